"""Whether the service can do its work: alive, and ready."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import Ways, public
from api.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Alive")
@public
def healthz() -> Health:
    """This process answers; nothing else is asked."""
    return Health(status="ok")


@router.get("/readyz", summary="Ready", responses={503: {"model": Health, "description": "What cannot be reached."}})
@public
def readyz(kit: Ways, response: Response) -> Health:
    """Database, store and queue were asked just now; what is told of each says what to do."""
    asked = {"database": kit.database.problem(), "store": kit.blobs.problem(), "queue": kit.queue_problem()}
    problems = {name: problem for name, problem in asked.items() if problem}
    if problems:
        response.status_code = 503
    return Health(status="not ready" if problems else "ok", problems=problems)
