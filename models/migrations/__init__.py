"""The steps from one shape of the database to the next; only forward. `models.migrate` walks them."""
