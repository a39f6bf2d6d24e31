"""What Prometheus is told of the whole service: computed from the facts in the database at the time of asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from redis import RedisError

from models.db import Database, Session
from models.fleet import Fleet
from models.store import figures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(database: Database, fleet: Fleet) -> bytes:
    """The figures as Prometheus reads them; those of the queue are missing while Redis is away."""
    registry = CollectorRegistry()
    registry.register(_Facts(database, fleet))
    return generate_latest(registry)


class _Facts(Collector):
    def __init__(self, database: Database, fleet: Fleet) -> None:
        self._database, self._fleet = database, fleet

    def collect(self) -> Iterator[Metric]:
        """All families of figures."""
        with self._database.snapshot() as session:
            yield from _kept(session)
        try:
            depth, workers = self._fleet.depth(), len(self._fleet.workers())
        except (RedisError, OSError):
            return
        waiting = {str(priority): count for priority, count in depth.items()}
        yield _family("jiaokan_queue_depth", "Tasks that wait in the queue.", "priority", waiting)
        yield _family("jiaokan_workers", "Workers that are alive.", "", {"": workers})


def _kept(session: Session) -> Iterator[Metric]:
    found = figures.by_state(session)
    states = {state.value: count for state, count in found.items()}
    yield _family("jiaokan_readings", "Files read by one engine, by how far they are.", "state", states)
    share = figures.straight_through(found)
    yield _family("jiaokan_straight_through_share", "Settled files that asked no person anything.", "", {"": share})
    pages = figures.pages(session)
    yield _family("jiaokan_pages_unfinished", "Pages that are not finished, by how far they are.", "state", pages)
    questions = {"": figures.open_questions(session)}
    yield _family("jiaokan_questions_open", "Questions that wait for a person.", "", questions)


def _family(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=[label] if label else [])
    for key, value in values.items():
        family.add_metric([key] if label else [], value)
    return family
