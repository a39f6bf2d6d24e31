"""People, sessions, tokens, throttling."""

from __future__ import annotations

from datetime import timedelta

from models.archive import Role
from models.db import Database, at
from models.rows import ApiToken, LoginSession
from models.store import people
from tests.archives import hash_of, later, person


def test_a_name_is_taken_once_however_it_is_written(database: Database) -> None:
    with database.transaction() as session:
        person(session, "Wang Fang", Role.ADMIN)
        assert people.add_user(session, " \uff57ang FANG", Role.UPLOADER, "") is None
        found = people.user_by_name(session, "WANG fang ")
        assert found is not None
        assert (found.name, found.role) == ("Wang Fang", Role.ADMIN)


def test_a_session_ends_with_its_time_its_cookie_or_its_person(database: Database) -> None:
    with database.transaction() as session:
        user = person(session)
        expires = at(session) + timedelta(hours=1)
        for name in ("a", "b"):
            row = LoginSession(
                token=hash_of(name), user_id=user.id, csrf="", created_at=at(session), expires_at=expires
            )
            people.start_session(session, row)
        found = people.logged_in(session, hash_of("a"))
        assert found is not None
        assert found[1].id == user.id
        assert people.logged_in(session, hash_of("c")) is None
        later(session, hours=1)
        assert people.logged_in(session, hash_of("a")) is None
        later(session, minutes=-1)
        assert people.logged_in(session, hash_of("a")) is not None
        people.end_session(session, hash_of("a"))
        assert people.logged_in(session, hash_of("a")) is None
        people.disable_user(session, user.id)
        assert people.logged_in(session, hash_of("b")) is None


def test_a_token_is_revoked_by_its_owner_only(database: Database) -> None:
    with database.transaction() as session:
        user, other = person(session), person(session, "other")
        row = ApiToken(user_id=user.id, name="script", token=hash_of("t"), shown="jk_t", created_at=at(session))
        number = people.add_token(session, row)
        found = people.token_user(session, hash_of("t"))
        assert found is not None
        assert found.id == user.id
        people.note_use(session, hash_of("t"))
        assert not people.revoke_token(session, number, other.id)
        assert people.revoke_token(session, number, user.id)
        assert people.token_user(session, hash_of("t")) is None
        (kept,) = people.tokens(session, user.id)
        session.refresh(kept)
        assert kept.used_at == kept.revoked_at == at(session)


def test_failures_count_by_name_and_by_address_until_forgiven(database: Database) -> None:
    with database.transaction() as session:
        start = at(session)
        people.note_failure(session, "a", "::1")
        later(session, minutes=5)
        people.note_failure(session, "A", "::2")
        people.note_failure(session, "b", "::2")
        assert people.failures(session, "a", "::2", start) == people.Failures(2, 2)
        assert people.failures(session, "a", "::1", at(session)) == people.Failures(1, 0)
        people.forgive(session, "a")
        assert people.failures(session, "a", "::2", start) == people.Failures(0, 1)
        people.forget_old(session, at(session) + timedelta(seconds=1))
        assert people.failures(session, "b", "::2", start) == people.Failures(0, 0)
