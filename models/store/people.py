"""People, their log-ins and their tokens. Secrets arrive hashed; what is compared is hashes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models.archive import Role
from models.db import at
from models.rows import LONGEST_NAME, ApiToken, LoginFailure, LoginSession, User
from models.store.once import insert_once

_USED = timedelta(minutes=1)
"""A token's last use is noted to the minute, so that not every request writes."""


@dataclass(frozen=True, slots=True)
class Failures:
    """How many log-ins failed lately under one name, and from one address."""

    by_login: int
    by_address: int


def login_of(name: str) -> str:
    """A name as it is compared: width, case, space around it and what is not printed do not count."""
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return "".join(sign for sign in folded if sign.isprintable())[:LONGEST_NAME]


def add_user(session: Session, name: str, role: Role, password: str) -> User | None:
    """A new person with a hashed password; None if the name is taken."""
    login = login_of(name)
    values = {"login": login, "name": name.strip(), "role": role.value, "password": password, "created_at": at(session)}
    return user_by_name(session, name) if insert_once(session, User, values) else None


def user_by_name(session: Session, name: str) -> User | None:
    """The person of that name, disabled or not."""
    return session.scalar(select(User).where(User.login == login_of(name)))


def user_by_id(session: Session, user_id: int) -> User | None:
    """The person with that number, disabled or not."""
    return session.get(User, user_id)


def users(session: Session) -> Sequence[User]:
    """All people, by name."""
    return session.scalars(select(User).order_by(User.login)).all()


def disable_user(session: Session, user_id: int) -> None:
    """Shut a person out: sessions end, tokens are revoked, what they did stays."""
    session.execute(update(User).where(User.id == user_id, User.disabled_at.is_(None)).values(disabled_at=at(session)))
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))
    session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=at(session))
    )


def set_password(session: Session, user_id: int, password: str) -> None:
    """Another hashed password; whoever is logged in has to log in again."""
    session.execute(update(User).where(User.id == user_id).values(password=password))
    session.execute(delete(LoginSession).where(LoginSession.user_id == user_id))


def start_session(session: Session, row: LoginSession) -> None:
    """Remember a browser that has logged in."""
    session.add(row)
    session.flush()


def logged_in(session: Session, token: str) -> tuple[LoginSession, User] | None:
    """Whose session a hashed cookie is, if it has not run out and the person is not disabled."""
    query = (
        select(LoginSession, User)
        .join(User, User.id == LoginSession.user_id)
        .where(LoginSession.token == token, LoginSession.expires_at > at(session), User.disabled_at.is_(None))
    )
    found = session.execute(query).one_or_none()
    return None if found is None else (found[0], found[1])


def end_session(session: Session, token: str) -> None:
    """Log a browser out."""
    session.execute(delete(LoginSession).where(LoginSession.token == token))


def forget_old(session: Session, failures_before: datetime) -> None:
    """Drop sessions that have run out and failures nobody asks for any more."""
    session.execute(delete(LoginSession).where(LoginSession.expires_at <= at(session)))
    session.execute(delete(LoginFailure).where(LoginFailure.at < failures_before))


def add_token(session: Session, row: ApiToken) -> int:
    """Remember a token; its number."""
    session.add(row)
    session.flush()
    return row.id


def tokens(session: Session, user_id: int) -> Sequence[ApiToken]:
    """A person's tokens, newest first, the revoked ones too."""
    return session.scalars(select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())).all()


def revoke_token(session: Session, token_id: int, user_id: int) -> bool:
    """Revoke a token of one's own; False if there is none such."""
    query = update(ApiToken).where(ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
    return session.scalar(query.values(revoked_at=at(session)).returning(ApiToken.id)) is not None


def token_user(session: Session, token: str) -> User | None:
    """Whose hashed token this is, if it is valid and the person is not disabled."""
    query = (
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.token == token, ApiToken.revoked_at.is_(None), User.disabled_at.is_(None))
        .where(ApiToken.expires_at.is_(None) | (ApiToken.expires_at > at(session)))
    )
    found = session.execute(query).one_or_none()
    return None if found is None else found[1]


def note_use(session: Session, token: str) -> None:
    """Note that a token was used, at most once a minute."""
    query = update(ApiToken).where(
        ApiToken.token == token, ApiToken.used_at.is_(None) | (ApiToken.used_at < at(session) - _USED)
    )
    session.execute(query.values(used_at=at(session)))


def note_failure(session: Session, name: str, address: str) -> None:
    """Remember a log-in that failed, whether there is a person of that name or not."""
    session.add(LoginFailure(login=login_of(name), address=address[:100], at=at(session)))


def failures(session: Session, name: str, address: str, since: datetime) -> Failures:
    """How many log-ins failed since then."""
    recent = select(func.count()).select_from(LoginFailure).where(LoginFailure.at >= since)
    by_login = session.scalar(recent.where(LoginFailure.login == login_of(name)))
    return Failures(by_login or 0, session.scalar(recent.where(LoginFailure.address == address[:100])) or 0)


def forgive(session: Session, name: str) -> None:
    """Forget a name's failures once it has logged in."""
    session.execute(delete(LoginFailure).where(LoginFailure.login == login_of(name)))


def set_language(session: Session, user_id: int, language: str) -> None:
    """The language in which a person is spoken to."""
    session.execute(update(User).where(User.id == user_id).values(language=language))


def set_role(session: Session, user_id: int, role: Role) -> None:
    """What a person may do from now on."""
    session.execute(update(User).where(User.id == user_id).values(role=role.value))


def enable_user(session: Session, user_id: int) -> None:
    """Let a person in again; they log in anew, tokens that were revoked stay so."""
    session.execute(update(User).where(User.id == user_id).values(disabled_at=None))


def use_is_stale(session: Session, token: str) -> bool:
    """Whether the last use of a token was noted long enough ago to be noted again."""
    used = session.scalar(select(ApiToken.used_at).where(ApiToken.token == token))
    return used is None or used < at(session) - _USED
