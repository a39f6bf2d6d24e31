"""A module that takes its time to load, as the reading models do on a busy machine."""

import time

time.sleep(4.0)


def echo(value: object) -> object:
    """At once, then."""
    return value
