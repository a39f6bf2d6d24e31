"""Whether the service can do its work: alive, and ready."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from api.deps import Ways, allowed, public
from api.schemas import Health
from models import migrate
from models.archive import Role
from models.metrics import CONTENT_TYPE

router = APIRouter(tags=["health"])
_FIGURES: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/healthz", summary="Alive")
@public
def healthz() -> Health:
    """This process answers; nothing else is asked."""
    return Health(status="ok")


@router.get("/readyz", summary="Ready", responses={503: {"model": Health, "description": "What cannot be reached."}})
@public
def readyz(kit: Ways, response: Response) -> Health:
    """Database, its version, store and queue were asked just now; what is told of each says what to do."""
    database = kit.database.problem() or migrate.problem(kit.database)
    asked = {"database": database, "store": kit.blobs.problem(), "queue": kit.queue_problem()}
    problems = {name: problem for name, problem in asked.items() if problem}
    if problems:
        response.status_code = 503
    return Health(status="not ready" if problems else "ok", problems=problems)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response, responses=_FIGURES)
@allowed(Role.ADMIN)
def metrics(kit: Ways) -> Response:
    """Computed from the facts in the database at this moment; Prometheus comes in with an admin's token."""
    return Response(kit.figures(), media_type=CONTENT_TYPE)
