"""People: logging in and out, tokens for scripts, who may do what, and the record of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from fastapi import APIRouter, Response

from api.deps import Acts, Kit, Reads, Who, Writes, allowed
from api.errors import ProblemError, missing
from api.schemas import (
    After,
    AuditOut,
    IdPath,
    Limit,
    Me,
    TokenAsked,
    TokenMade,
    TokenOut,
    UserAsked,
    UserChanged,
    UserOut,
)
from models.archive import Role
from models.db import Session, at
from models.passwords import digest, hashed, matches, new_secret, nobody, wrong_with
from models.rows import ApiToken, LoginSession, User
from models.store import audit, people
from models.store.audit import Actor

router = APIRouter(prefix="/api", tags=["people"])
_WINDOW = timedelta(minutes=15)
_MOST_BY_LOGIN, _MOST_BY_ADDRESS = 5, 30
_SHOWN = 7
_nobody: list[str] = []


def log_in(kit: Kit, name: str, password: str, browser: tuple[str, Actor]) -> tuple[str, User]:
    """Log a browser in; the secret for its cookie, and the person.

    Raises ProblemError: 401, or 429 after too many failures. A name that nobody has takes as long as a wrong
    password, and is told the same.
    """
    agent, who = browser
    with kit.database.snapshot() as session:
        _check_throttle(session, name, who.address)
        user = people.user_by_name(session, name)
        session.expunge_all()
    kept = user.password if user and user.disabled_at is None else _hash_of_nobody()
    right = matches(password, kept)
    with kit.database.transaction() as session:
        if not right or user is None:
            people.note_failure(session, name, who.address)
            audit.note(session, who, "log-in failed", f"person {user.id}" if user else "nobody")
        else:
            secret = _open(session, user, kit, (agent, who.address))
            audit.note(session, Actor(user.id, who.request, who.address), "logged in", f"person {user.id}")
            return secret, user
    raise ProblemError(401, "not logged in", "the name or the password is wrong")


def log_out(session: Session, who: Actor, secret: str) -> None:
    """Log a browser out."""
    people.end_session(session, digest(secret))
    audit.note(session, who, "logged out", f"person {who.user_id}")


def change_password(session: Session, who: Actor, user: User, old: str, new: str) -> None:
    """Another password for oneself; all browsers have to log in again."""
    if not matches(old, user.password):
        raise ProblemError(403, "not allowed", "the password you have now is another")
    _set_password(session, user, new)
    audit.note(session, who, "password changed", f"person {user.id}")


@router.get("/me", summary="Who asks")
@allowed()
def me(who: Who) -> Me:
    """Whose token or browser this is."""
    return Me.model_validate(who.user)


@router.get("/tokens", summary="Your tokens")
@allowed()
def list_tokens(session: Reads, who: Who) -> list[TokenOut]:
    """All of yours, the newest first, the revoked ones too."""
    return [TokenOut.model_validate(row) for row in people.tokens(session, who.id)]


@router.post("/tokens", status_code=201, summary="Make a token")
@allowed()
def make_token(session: Writes, who: Who, acts: Acts, asked: TokenAsked) -> TokenMade:
    """A token acts as you do. It is told once; only its hash is kept."""
    secret = new_secret("jk_")
    until = None if asked.days is None else at(session) + timedelta(days=asked.days)
    row = ApiToken(
        user_id=who.id, name=asked.name, token=digest(secret), shown=secret[:_SHOWN],
        created_at=at(session), expires_at=until,
    )  # fmt: skip
    number = people.add_token(session, row)
    audit.note(session, acts, "token made", f"token {number}", {"name": asked.name})
    return TokenMade.model_validate({**TokenOut.model_validate(row).model_dump(), "token": secret})


@router.delete("/tokens/{token_id}", status_code=204, summary="Revoke a token")
@allowed()
def revoke_token(session: Writes, who: Who, acts: Acts, token_id: IdPath) -> Response:
    """From now on nobody gets in with it."""
    if not people.revoke_token(session, token_id, who.id):
        raise missing("token")
    audit.note(session, acts, "token revoked", f"token {token_id}")
    return Response(status_code=204)


@router.get("/users", summary="All people")
@allowed(Role.ADMIN)
def list_users(session: Reads) -> list[UserOut]:
    """By name."""
    return [UserOut.model_validate(row) for row in people.users(session)]


@router.post("/users", status_code=201, summary="Add a person")
@allowed(Role.ADMIN)
def add_user(session: Writes, acts: Acts, asked: UserAsked) -> UserOut:
    """Names are compared without regard to case and width."""
    return UserOut.model_validate(add_person(session, acts, asked.name, asked.role, asked.password))


@router.patch("/users/{user_id}", summary="Change a person's role or password, shut out or let in")
@allowed(Role.ADMIN)
def change_user(session: Writes, who: Who, acts: Acts, user_id: IdPath, asked: UserChanged) -> UserOut:
    """Who is shut out loses browsers and tokens at once; what they did stays. One cannot shut oneself out."""
    user = people.user_by_id(session, user_id)
    if user is None:
        raise missing("person")
    if user.id == who.id and (asked.disabled or asked.role not in (None, Role.ADMIN)):
        raise ProblemError(409, "not yourself", "another admin has to do this: the service must not end up without one")
    _change(session, acts, user, asked)
    session.expire_all()
    return UserOut.model_validate(people.user_by_id(session, user_id))


@router.get("/audit", summary="Who did what")
@allowed(Role.ADMIN)
def list_audit(session: Reads, limit: Limit = 100, after: After = None) -> list[AuditOut]:
    """The record, the newest first; it only grows."""
    return [AuditOut.model_validate(row) for row in audit.entries(session, limit, after)]


def add_person(session: Session, who: Actor, name: str, role: Role, password: str) -> User:
    """A new person; raises ProblemError where the password will not do or the name is taken."""
    wrong = wrong_with(password, name)
    if wrong:
        raise ProblemError(422, "not as it should be", wrong)
    user = people.add_user(session, name, role, hashed(password))
    if user is None:
        raise ProblemError(409, "taken", "a person of this name is there already: choose another name")
    audit.note(session, who, "person added", f"person {user.id}", {"role": role.value})
    return user


def names(session: Session, numbers: Sequence[int | None]) -> dict[int, str]:
    """The names of people by number, for lists."""
    wanted = {number for number in numbers if number is not None}
    return {user.id: user.name for user in people.users(session) if user.id in wanted}


def _change(session: Session, acts: Actor, user: User, asked: UserChanged) -> None:
    subject = f"person {user.id}"
    if asked.password is not None:
        _set_password(session, user, asked.password)
        audit.note(session, acts, "password set", subject)
    if asked.role is not None and asked.role != user.role:
        people.set_role(session, user.id, asked.role)
        audit.note(session, acts, "role changed", subject, {"from": user.role, "to": asked.role.value})
    if asked.disabled is True:
        people.disable_user(session, user.id)
        audit.note(session, acts, "shut out", subject)
    elif asked.disabled is False:
        people.enable_user(session, user.id)
        audit.note(session, acts, "let in again", subject)


def _set_password(session: Session, user: User, new: str) -> None:
    wrong = wrong_with(new, user.name)
    if wrong:
        raise ProblemError(422, "not as it should be", wrong)
    people.set_password(session, user.id, hashed(new))


def _open(session: Session, user: User, kit: Kit, browser: tuple[str, str]) -> str:
    people.forgive(session, user.name)
    people.forget_old(session, at(session) - 2 * _WINDOW)
    secret = new_secret()
    row = LoginSession(
        token=digest(secret), user_id=user.id, csrf=digest(new_secret()), created_at=at(session),
        expires_at=at(session) + timedelta(hours=kit.settings.session_hours), agent=browser[0][:300],
        address=browser[1],
    )  # fmt: skip
    people.start_session(session, row)
    return secret


def _check_throttle(session: Session, name: str, address: str) -> None:
    failed = people.failures(session, name, address, at(session) - _WINDOW)
    if failed.by_login >= _MOST_BY_LOGIN or failed.by_address >= _MOST_BY_ADDRESS:
        wait = int(_WINDOW.total_seconds())
        detail = f"too many attempts failed: wait {wait // 60} minutes"
        raise ProblemError(429, "too many attempts", detail, {"Retry-After": str(wait)})


def _hash_of_nobody() -> str:
    if not _nobody:
        _nobody.append(nobody())
    return _nobody[0]
