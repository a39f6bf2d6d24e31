"""What a run of the service costs in processor time, by who takes it."""

from __future__ import annotations

import os
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import cast

from redis import Redis
from sqlalchemy import text

from tests.topology import Topology, offspring

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor's time.

    `celery` is the workers' first processes, `pool` the processes that run tasks, `children` those that read and settle
    for them (with their start and replacement), `postgresql` everything of that server that is not another client's.
    """

    celery: float
    pool: float
    children: float
    redis: float
    postgresql: float

    def __sub__(self, before: Cost) -> Cost:
        return Cost(*(now - then for now, then in zip(astuple(self), astuple(before), strict=True)))

    def told(self, pages: int) -> str:
        """In milliseconds a page: what queue and database cost, of what that is made up, and the rest."""
        celery, pool, children, redis, postgresql = (1000 * one / pages for one in astuple(self))
        return (
            f"{celery + pool + redis + postgresql:.1f} for queue and database (tasks {pool:.1f}, Celery {celery:.1f}, "
            f"PostgreSQL {postgresql:.1f}, Redis {redis:.1f}); {children:.1f} for children that read and settle"
        )


def own_seconds(pid: int) -> tuple[float, float]:
    """The processor's time of a process, and of those it has started that have ended."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    user, system, ended_user, ended_system = (int(one) / _TICK for one in ticks)
    return user + system, ended_user + ended_system


def all_seconds(pid: int) -> float:
    """The processor's time of a process and all below it."""
    return sum(own_seconds(pid)) + sum(all_seconds(one) for one in offspring(pid))


@dataclass(frozen=True)
class Meter:
    """Reads what a run has cost so far. PostgreSQL has to be on this machine and serve nothing else."""

    topology: Topology
    backends: frozenset[int]
    postmaster: int

    @classmethod
    def of(cls, topology: Topology) -> Meter:
        """To be made when the workers are connected and nobody else is."""
        if topology.database.is_sqlite:
            return cls(topology, frozenset(), 0)
        topology.database.close()
        with topology.database.engine.connect() as connection:
            found = frozenset(connection.scalars(text(f"{_CLIENTS} AND datname = current_database()")))
            (mine,) = connection.scalars(text("SELECT pg_backend_pid()"))
        status = Path(f"/proc/{mine}/status").read_text()
        return cls(topology, found - {mine}, int(status.split("PPid:")[1].split()[0]))

    def read(self) -> Cost:
        """So far."""
        pools = [pid for worker in self.topology.workers for pid in offspring(worker.pid)]
        return Cost(
            celery=sum(sum(own_seconds(worker.pid)) for worker in self.topology.workers),
            pool=sum(own_seconds(pid)[0] for pid in pools),
            children=sum(all_seconds(pid) - own_seconds(pid)[0] for pid in pools),
            redis=all_seconds(self._redis()),
            postgresql=self._postgresql(),
        )

    def _redis(self) -> int:
        """The number of its process."""
        with Redis.from_url(self.topology.redis_url, decode_responses=True) as client:
            return int(cast(dict[str, int], client.info("server"))["process_id"])

    def _postgresql(self) -> float:
        if not self.postmaster:
            return 0.0
        with self.topology.database.engine.connect() as connection:
            others = frozenset(connection.scalars(text(_CLIENTS))) - self.backends
            return all_seconds(self.postmaster) - sum(all_seconds(pid) for pid in others)


_CLIENTS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
