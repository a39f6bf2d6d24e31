"""The service's doors in a test: an application on a database and store of the test's own, and people to knock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from api.deps import Kit
from api.waking import Waker
from models.archive import Role
from models.blobs import Blobs
from models.db import Database
from models.passwords import digest, hashed
from models.queue import Priority, Task
from models.rows import ApiToken
from models.settings import Settings
from models.store import people

PASSWORD = "correct horse battery"  # noqa: S105  # a password of tests
_HASHED = hashed(PASSWORD)
TOKEN = "jk_" + "x" * 40
PDF = b"%PDF-1.7\nnot much of a file\n%%EOF\n"


@dataclass
class Doors:
    """The application, what it stands on, and what it sent."""

    app: FastAPI
    kit: Kit
    sent: list[tuple[Task, tuple[int, ...], Priority]] = field(default_factory=list)
    woken: list[int] = field(default_factory=list)

    def client(self, token: str = "") -> TestClient:
        """A script with a token, or nobody."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return TestClient(self.app, headers=headers, follow_redirects=False)

    def person(self, name: str, role: Role = Role.UPLOADER) -> str:
        """Add a person; their token."""
        token = f"jk_{digest(name)}"
        with self.kit.database.transaction() as session:
            user = people.add_user(session, name, role, _HASHED)
            assert user is not None
            row = ApiToken(
                user_id=user.id, name="tests", token=digest(token), shown=token[:7], created_at=user.created_at
            )
            people.add_token(session, row)
        return token

    def browser(self, name: str) -> Browser:
        """A browser in which this person has logged in."""
        client = TestClient(self.app, follow_redirects=False, headers={"accept-language": "en"})
        before = hidden(client.get("/login").text, "before")
        answer = client.post("/login", data={"name": name, "password": PASSWORD, "before": before})
        assert answer.status_code == 303, answer.text
        page = client.get("/").text
        return Browser(client, hidden(page, "csrf"))


@dataclass(frozen=True)
class Browser:
    """A logged-in browser and what its forms carry."""

    client: TestClient
    csrf: str


def admit(database: Database) -> None:
    """Let a test in, as an admin with the token TOKEN."""
    with database.transaction() as session:
        user = people.add_user(session, "管理员", Role.ADMIN, _HASHED)
        assert user is not None
        row = ApiToken(user_id=user.id, name="x", token=digest(TOKEN), shown="jk_", created_at=user.created_at)
        people.add_token(session, row)


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, page[:2000]
    return found[1]


@contextmanager
def doors(database: Database, folder: Path, **settings: object) -> Iterator[Doors]:
    """The application on this database, its store in a folder."""
    sent: list[tuple[Task, tuple[int, ...], Priority]] = []
    woken: list[int] = []

    def send(task: Task, *numbers: int, priority: Priority) -> None:
        sent.append((task, numbers, priority))

    kit = Kit(
        settings=Settings(**settings),  # type: ignore[arg-type]  # any of them
        database=database,
        blobs=Blobs(str(folder / "store")),
        send=send,
        waker=Waker(lambda: woken.append(1), 0.0),
        queue_problem=lambda: "",
        figures=lambda: b"jiaokan_workers 1\n",
    )
    yield Doors(create_app(kit=kit), kit, sent, woken)
    kit.waker.close()
