"""The service's doors: `create_app` puts them together. Starts without the OCR stack."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import cast

from fastapi import Depends, FastAPI
from starlette.staticfiles import StaticFiles

from api import (
    batches,
    decision_files,
    described,
    errors,
    exports,
    groups,
    health,
    insight,
    insight_pages,
    pages,
    people,
    people_pages,
    pictures,
    questions,
    station_pages,
    tables,
    uploads,
    watching,
)
from api.deps import Kit, Send, guard
from api.shelf import Shelf
from api.shield import Shield
from api.waking import Waker
from models import metrics, queue
from models.blobs import Blobs
from models.db import Database
from models.fleet import Fleet
from models.queue import Priority, Task
from models.settings import MEBIBYTE, Settings

_STATIC = Path(__file__).parent / "static"
_CONNECTIONS = 40
_COLLECTED = (10_000, 10, 200)
"""After so many new objects Python looks for cycles among them, every so many times also among older ones, and all."""
_ROUTERS = (
    health.router, people.router, uploads.streams, uploads.router, questions.router, pictures.router,
    decision_files.router, insight.router, insight_pages.router, batches.router,
    batches.documents_router, watching.router, station_pages.router,
    exports.router, exports.files, pages.streams, pages.router, people_pages.router, tables.router,
    groups.router, groups.pages,
)  # fmt: skip


def create_app(settings: Settings | None = None, kit: Kit | None = None) -> FastAPI:
    """The application; `kit` in place of what the settings name is for tests."""
    kit = kit or make_kit(settings or Settings())
    app = FastAPI(
        title=described.TITLE,
        version=version("jiaokan"),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(guard)],
        lifespan=_living,
        max_body_size=MEBIBYTE,
    )
    app.state.kit = kit
    app.state.watchers = watching.Watchers(kit)
    app.state.shelf = Shelf(kit.blobs)
    app.state.drawers = pictures.Drawers()
    app.state.error_page = pages.error_page
    for router in _ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=_STATIC), "static")
    errors.install(app)
    described.describe(app)
    app.add_middleware(Shield, secure=kit.secure)
    return app


def make_kit(settings: Settings) -> Kit:
    """The ways to everything that the settings name; nothing is connected yet. Raises QueueError without a queue."""
    celery = queue.make_app(settings.redis_url.get_secret_value(), settings.page_seconds, settings.child_megabytes)
    send = cast(Send, partial(queue.send, celery))
    fleet = Fleet(settings.redis_url.get_secret_value())
    database = Database(settings.database_url.get_secret_value(), _CONNECTIONS)
    return Kit(
        settings=settings,
        database=database,
        blobs=Blobs(settings.store_url),
        send=send,
        waker=Waker(lambda: send(Task.SWEEP, priority=Priority.SWEEP)),
        queue_problem=fleet.problem,
        figures=lambda: metrics.exposition(database, fleet),
    )


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    _seldom_collected()
    yield
    kit: Kit = app.state.kit
    for close in cast("tuple[Callable[[], None], ...]", (kit.waker.close, kit.database.close)):
        await asyncio.to_thread(close)


def _seldom_collected() -> None:
    """Have Python look through all objects for cycles seldom: the documents at hand are many, and make everybody wait.

    What a request leaves behind is still found while it is young.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED)
