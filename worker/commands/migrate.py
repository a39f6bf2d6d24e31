"""`jiaokan migrate`: the database brought to the shape this version expects."""

from __future__ import annotations

import argparse
import sys

from models import migrate
from models.db import Database
from models.settings import Settings

_DONE, _CANNOT_START = 0, 2


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """There is nothing to choose: the settings name the database."""


def run(_args: argparse.Namespace) -> int:
    """Migrate; 0 if the database is up to date, 2 if it does not answer."""
    database = Database(Settings().database_url.get_secret_value())
    problem = database.problem()
    if problem:
        sys.stderr.write(f"jiaokan: {problem}\n")
        return _CANNOT_START
    before = migrate.problem(database)
    migrate.upgrade(database)
    database.close()
    sys.stdout.write("the database is up to date\n" if not before else "the database was brought up to date\n")
    return _DONE
