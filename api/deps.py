"""What endpoints stand on: the ways to database, store and queue, who asks, and who may.

Nothing is allowed that does not say so: an endpoint without `public` or `allowed` answers nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar, cast

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from api.errors import ProblemError
from api.languages import language, speak
from api.waking import Waker
from models.archive import Role
from models.blobs import Blobs
from models.db import Database, Session
from models.passwords import digest
from models.queue import Priority, Task
from models.rows import User
from models.settings import Settings
from models.store import people
from models.store.audit import Actor

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_MARK = "__jiaokan_access__"
_LOOKS_ITSELF = "__jiaokan_csrf__"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"
EVERYBODY = frozenset(Role)
PUBLIC: frozenset[Role] = frozenset()


class Send(Protocol):
    """Sends a task now. Raises QueueError."""

    def __call__(self, task: Task, *numbers: int, priority: Priority) -> object:
        """Send it."""


@dataclass(frozen=True, slots=True)
class Kit:
    """The ways to everything, one of each for the process."""

    settings: Settings
    database: Database
    blobs: Blobs
    send: Send
    waker: Waker
    queue_problem: Callable[[], str]
    figures: Callable[[], bytes]

    def unpack(self, upload_id: int) -> None:
        """Have a worker take the files of an upload; after the commit."""
        self.send(Task.TAKE_IN, upload_id, priority=Priority.PERSON)

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; over https browsers let no other place set it."""
        return "__Host-jiaokan" if self.secure else "jiaokan"

    @property
    def secure(self) -> bool:
        """Whether browsers come over https."""
        return self.settings.public_url.startswith("https:")


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks: the person, and what their browser's forms have to carry (empty for scripts, which send a token)."""

    user: User
    csrf: str

    @property
    def id(self) -> int:
        """The person's number."""
        return self.user.id

    @property
    def role(self) -> Role:
        """What the person may do."""
        return Role(self.user.role)


def public(endpoint: _Endpoint) -> _Endpoint:
    """Let everybody ask, logged in or not."""
    setattr(endpoint, _MARK, PUBLIC)
    return endpoint


def allowed(*roles: Role) -> Callable[[_Endpoint], _Endpoint]:
    """Let people of these roles ask; of any, if none is named. What they see is narrowed by the queries."""

    def mark(endpoint: _Endpoint) -> _Endpoint:
        setattr(endpoint, _MARK, frozenset(roles) or EVERYBODY)
        return endpoint

    return mark


def csrf_in_stream(endpoint: _Endpoint) -> _Endpoint:
    """Leave it to the endpoint to call `check_csrf`: what shows that our page sent it stands in a stream of its own."""
    setattr(endpoint, _LOOKS_ITSELF, True)
    return endpoint


def access(endpoint: object) -> frozenset[Role] | None:
    """The roles an endpoint lets in: none named for a public one, None where nothing was said."""
    return cast("frozenset[Role] | None", getattr(endpoint, _MARK, None))


def kit(request: Request) -> Kit:
    """The ways to everything."""
    return cast(Kit, request.app.state.kit)


async def guard(request: Request) -> None:
    """Find out who asks, and refuse whoever may not; stands before every endpoint."""
    endpoint = request.scope.get("endpoint")
    roles = access(endpoint)
    person = await run_in_threadpool(_identify, kit(request), request)
    request.state.person = person
    speak(language(request))
    if roles is None:
        raise ProblemError(403, "not opened", "nobody may use this address: it does not say who may")
    if person is not None and request.method not in SAFE and not getattr(endpoint, _LOOKS_ITSELF, False):
        check_csrf(person, await _shown(request) if person.csrf else "")
    if roles is PUBLIC:
        return
    if person is None:
        raise ProblemError(401, "not logged in", "log in, or send a valid token: Authorization: Bearer jk_…")
    if person.role not in roles:
        raise ProblemError(403, "not allowed", f"this needs the role {' or '.join(sorted(roles))}")


def current(request: Request) -> Person:
    """Who asks, where only people may."""
    person = request.state.person
    if person is None:
        raise ProblemError(401, "not logged in", "log in first")
    return cast(Person, person)


def actor(request: Request) -> Actor:
    """Who acts, for the record."""
    person = getattr(request.state, "person", None)
    return Actor(person.id if person else None, request.scope.get("request_id", ""), address(request))


def address(request: Request) -> str:
    """Where the request comes from; behind a proxy, what the server was told to believe of it."""
    return request.client.host if request.client else ""


def reading(request: Request) -> Iterator[Session]:
    """A session that reads."""
    with kit(request).database.snapshot() as session:
        yield session


def writing(request: Request) -> Iterator[Session]:
    """A session that is committed before the answer goes out."""
    with kit(request).database.transaction() as session:
        yield session


Reads = Annotated[Session, Depends(reading, scope="function")]
Writes = Annotated[Session, Depends(writing, scope="function")]


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a person: the ways to everything, who asks, and how that stands in the record."""

    request: Request
    kit: Kit
    who: Person
    acts: Actor


def call(request: Request) -> Call:
    """A request of a person, with all that answering it takes."""
    return Call(request, kit(request), current(request), actor(request))


Calls = Annotated[Call, Depends(call)]
Who = Annotated[Person, Depends(current)]
Ways = Annotated[Kit, Depends(kit)]
Acts = Annotated[Actor, Depends(actor)]


def _identify(ways: Kit, request: Request) -> Person | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        return _by_token(ways, token.strip()) if scheme.lower() == "bearer" else None
    cookie = request.cookies.get(ways.cookie, "")
    if not cookie:
        return None
    with ways.database.snapshot() as session:
        found = people.logged_in(session, digest(cookie))
        session.expunge_all()  # what is read here is looked at after the session has ended
    return None if found is None else Person(found[1], found[0].csrf)


def _by_token(ways: Kit, token: str) -> Person | None:
    kept = digest(token)
    with ways.database.snapshot() as session:
        user = people.token_user(session, kept)
        stale = user is not None and people.use_is_stale(session, kept)
        session.expunge_all()
    if stale:
        with ways.database.transaction(lasting=False) as session:
            people.note_use(session, kept)
    return None if user is None else Person(user, "")


def check_csrf(person: Person, given: str) -> None:
    """A request that changes something and comes with a cookie has to show that one of our pages sent it."""
    if not secrets.compare_digest(given.encode(), person.csrf.encode()):
        raise ProblemError(403, "not from our page", "the page is too old, or another site sent this: load it again")


async def _shown(request: Request) -> str:
    """What a request shows for that."""
    given = request.headers.get(CSRF_HEADER, "")
    if not given and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        given = str((await request.form()).get(CSRF_FIELD, ""))
    return given
