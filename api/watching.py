"""How far something is, told as it happens: server-sent events. Whatever changes in the database is told, nothing else.

All who watch the same thing in one language share a watcher, which asks the database once a second while anybody is
there.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from api.batches import one_batch, one_document
from api.deps import Calls, Kit, Person, allowed
from api.errors import ProblemError
from api.languages import language
from api.schemas import BatchOut, DocumentWhole, IdPath
from models.db import DatabaseAwayError, Session

router = APIRouter(prefix="/api", tags=["progress"])
ASK_SECONDS = 1.0
_QUIET_SECONDS = 15.0
_LONGEST_SECONDS = 300.0
"""Then the browser comes again by itself, and whether it still may is looked at anew."""
_log = logging.getLogger(__name__)
Look = Callable[[Session], BatchOut | DocumentWhole]
_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "event": {"enum": ["progress", "end"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
        "retry": {"type": "integer"},
    },
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"text/event-stream": {"itemSchema": _EVENT}},
        "description": "Events `progress` with the same JSON as the plain address; `end` when nothing is left to do.",
    }
}


@dataclass
class _Watcher:
    """Asks for one thing, tells all who watch it."""

    look: Look
    told: str = ""
    finished: bool = False
    watching: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    task: asyncio.Task[None] | None = None


class Watchers:
    """The watchers of this process, by what they watch."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._by_name: dict[str, _Watcher] = {}

    async def events(self, name: str, look: Look) -> AsyncIterator[str]:
        """The events for one browser, from how things stand now to the end."""
        watcher = self._by_name.setdefault(name, _Watcher(look))
        watcher.watching += 1
        if watcher.task is None:
            watcher.task = asyncio.create_task(self._ask(watcher))
        try:
            async for event in _tell(watcher):
                yield event
        finally:
            watcher.watching -= 1
            if not watcher.watching:
                self._by_name.pop(name, None)
                watcher.task.cancel()

    async def _ask(self, watcher: _Watcher) -> None:
        while not watcher.finished:
            try:
                found = await run_in_threadpool(self._look, watcher.look)
            except ProblemError:
                watcher.finished = True
            except DatabaseAwayError as error:
                _log.warning("%s", error)
            else:
                watcher.told, watcher.finished = found.model_dump_json(), found.finished
            async with watcher.changed:
                watcher.changed.notify_all()
            await asyncio.sleep(ASK_SECONDS)

    def _look(self, look: Look) -> BatchOut | DocumentWhole:
        with self._kit.database.snapshot() as session:
            return look(session)


async def _tell(watcher: _Watcher) -> AsyncIterator[str]:
    yield "retry: 2000\n\n"
    told, quiet = "", 0.0
    begun = asyncio.get_running_loop().time()
    while asyncio.get_running_loop().time() - begun < _LONGEST_SECONDS:
        if watcher.told != told:
            told, quiet = watcher.told, 0.0
            yield f"event: progress\ndata: {told}\n\n"
        if watcher.finished:
            yield "event: end\ndata: {}\n\n"
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * ASK_SECONDS), watcher.changed:
                await watcher.changed.wait()
        quiet += ASK_SECONDS
        if quiet >= _QUIET_SECONDS:
            quiet = 0.0
            yield ": still here\n\n"


def _stream(request: Request, name: str, look: Look) -> StreamingResponse:
    watchers: Watchers = request.app.state.watchers
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(
        watchers.events(f"{language(request)} {name}", look), media_type="text/event-stream", headers=headers
    )


@router.get("/batches/{batch_id}/events", response_class=StreamingResponse, responses=_EVENTS, summary="Watch a batch")
@allowed()
async def watch_batch(call: Calls, batch_id: IdPath) -> StreamingResponse:
    """Server-sent events, until nothing is left for a machine to do."""
    await run_in_threadpool(_check, call.kit, lambda session: one_batch(session, call.who, batch_id))
    return _stream(call.request, f"batch {batch_id}", _batch_look(call.who, batch_id))


@router.get(
    "/documents/{document_id}/events", response_class=StreamingResponse, responses=_EVENTS, summary="Watch a document"
)
@allowed()
async def watch_document(call: Calls, document_id: IdPath) -> StreamingResponse:
    """Server-sent events, until the document is settled or has failed."""
    await run_in_threadpool(_check, call.kit, lambda session: one_document(session, call.who, document_id))
    return _stream(call.request, f"document {document_id}", _document_look(call.who, document_id))


def _batch_look(who: Person, batch_id: int) -> Look:
    return lambda session: one_batch(session, who, batch_id)


def _document_look(who: Person, document_id: int) -> Look:
    return lambda session: one_document(session, who, document_id)


def _check(kit: Kit, look: Look) -> None:
    """Raises ProblemError where the person may not see it."""
    with kit.database.snapshot() as session:
        look(session)
