"""`jiaokan user`: people of the service, for who has the server itself: the first admin, a forgotten password."""

from __future__ import annotations

import argparse
import getpass
import sys

from pydantic import ValidationError

from models.archive import Role
from models.db import Database, DatabaseAwayError, Session
from models.passwords import hashed, wrong_with
from models.rows import LONGEST_NAME, User
from models.settings import Settings
from models.store import audit, people
from models.store.audit import Actor

_DONE, _REFUSED = 0, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to do, and about whom."""
    parser.add_argument("action", choices=("add", "password", "disable", "list"), help="what to do")
    parser.add_argument("name", nargs="?", default="", help="the person's name, which is also what they log in with")
    parser.add_argument(
        "--role", type=Role, choices=tuple(Role), default=Role.ADMIN, help="what they may do (default: admin)"
    )
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input, for scripts"
    )


def run(args: argparse.Namespace) -> int:
    """Do it; 2 if it cannot be done, saying why."""
    try:
        database = Database(Settings().database_url.get_secret_value())
    except ValidationError as error:
        return _refuse("; ".join(f"JIAOKAN_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()))
    try:
        with database.transaction() as session:
            return _list(session) if args.action == "list" else _act(session, args)
    except ValueError as error:
        return _refuse(str(error))
    except DatabaseAwayError as error:
        return _refuse(f"{error}; a new database is made with: jiaokan migrate")
    finally:
        database.close()


def _act(session: Session, args: argparse.Namespace) -> int:
    """Raises ValueError, saying why, if it cannot be done."""
    if not args.name.strip():
        raise ValueError("whom? give the name")
    user = people.user_by_name(session, args.name)
    if args.action == "add":
        return _add(session, args, user)
    if user is None:
        raise ValueError(f"there is nobody called {args.name}: `jiaokan user list` tells who is")
    if args.action == "disable":
        people.disable_user(session, user.id)
        return _noted(session, "shut out", user.id, f"{user.name} is shut out")
    people.set_password(session, user.id, hashed(_password(args)))
    return _noted(session, "password set", user.id, f"{user.name} has another password")


def _add(session: Session, args: argparse.Namespace, user: User | None) -> int:
    if user is not None:
        raise ValueError(f"{user.name} is there already: `jiaokan user password` sets another password")
    if len(args.name) > LONGEST_NAME or not args.name.isprintable():
        raise ValueError(f"a name is one line of at most {LONGEST_NAME} characters")
    added = people.add_user(session, args.name, args.role, hashed(_password(args)))
    if added is None:
        raise ValueError(f"{args.name} was added by somebody else meanwhile")
    return _noted(session, "person added", added.id, f"{added.name} may log in, as {args.role.value}")


def _noted(session: Session, action: str, user_id: int, told: str) -> int:
    audit.note(session, Actor(), action, f"person {user_id}", {"by": "jiaokan user"})
    sys.stdout.write(f"{told}\n")
    return _DONE


def _list(session: Session) -> int:
    for user in people.users(session):
        out = ", shut out" if user.disabled_at else ""
        sys.stdout.write(f"{user.name}\t{user.role}{out}\n")
    return _DONE


def _password(args: argparse.Namespace) -> str:
    """The password as typed, twice, or as piped in. Raises ValueError if it will not do."""
    if args.password_stdin or not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("password: ")
        if password != getpass.getpass("once more: "):
            raise ValueError("these were two different passwords")
    wrong = wrong_with(password, args.name)
    if wrong:
        raise ValueError(wrong)
    return password


def _refuse(why: str) -> int:
    sys.stderr.write(f"jiaokan: {why}\n")
    return _REFUSED
