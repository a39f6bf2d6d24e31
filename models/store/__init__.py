"""Every query, as a function that takes a session: what happens to people, batches, readings, results and reviews.

Functions that change something neither commit nor send: the caller's transaction does, see `models.db`. What a person
may see is a parameter (`viewer`) of the functions that list things.
"""
