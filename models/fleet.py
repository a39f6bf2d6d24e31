"""Who works on what at this moment, told in Redis: hints that let the sweep find lost work in seconds.

Nothing rests on them. Without them, or where they are wrong, work that was lost is found by the times in the database
(`models.store.dispatch.lost`), only later; and work that was not lost may be done twice, which does no harm.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import cast

import redis

from models.queue import QUEUE, Task

_ALIVE_SECONDS = 30
BEAT_SECONDS = 5.0
_ALIVE, _DOING, _DUE, _MARK = "jiaokan:alive:", "jiaokan:doing", "jiaokan:due:", "jiaokan:mark"
_STEPS = 10
_SEPARATOR = "\x06\x16"
"""How kombu names the list of a queue for each priority but the first."""
_LISTS = tuple(f"{QUEUE}{_SEPARATOR}{priority}" if priority else QUEUE for priority in range(_STEPS))
_DID = """
redis.call('HDEL', KEYS[1], ARGV[1])
local waiting = 0
for place = 2, #KEYS do waiting = waiting + redis.call('LLEN', KEYS[place]) end
return waiting
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A task that a worker has taken from the queue."""

    worker: str
    task: Task
    numbers: tuple[int, ...]
    priority: int


class Fleet:
    """The workers as they tell of themselves. Raises redis.RedisError where the server is away."""

    def __init__(self, redis_url: str) -> None:
        address = redis_url.replace("redis+socket://", "unix://", 1)
        self._redis = redis.Redis.from_url(address, socket_timeout=5, socket_connect_timeout=5, decode_responses=True)
        self._did = self._redis.register_script(_DID)

    def beat(self, worker: str) -> None:
        """This worker is alive."""
        self._redis.set(_ALIVE + worker, "1", ex=_ALIVE_SECONDS)

    def leave(self, worker: str) -> None:
        """This worker ends."""
        self._redis.delete(_ALIVE + worker)

    def took(self, task_id: str, taken: Taken) -> None:
        """A worker has taken a task; a second taking of the same task replaces the first."""
        told = [taken.worker, taken.task.value, taken.numbers, taken.priority]
        self._redis.hset(_DOING, task_id, json.dumps(told))

    def did(self, task_id: str) -> int:
        """A task was done, or given back; how many wait in the queue, for that is asked after each."""
        return int(self._did(keys=(_DOING, *_LISTS), args=(task_id,)))

    def workers(self) -> set[str]:
        """The names of the workers that are alive."""
        return {str(key).removeprefix(_ALIVE) for key in self._redis.scan_iter(f"{_ALIVE}*", count=1000)}

    def forsaken(self) -> list[Taken]:
        """The tasks whose workers are gone; each is told once."""
        doing, alive = self._doing(), self.workers()
        found = {task_id: taken for task_id, taken in doing.items() if taken.worker not in alive}
        return [taken for task_id, taken in found.items() if self._redis.hdel(_DOING, task_id)]

    def idle(self) -> bool:
        """Whether the queue is empty and no worker has a task, other than the sweep that asks."""
        at_work = [taken for taken in self._doing().values() if taken.task is not Task.SWEEP]
        return not at_work and not sum(self.depth().values())

    def emptied(self) -> bool:
        """Whether the server has lost everything since this was last asked."""
        return bool(self._redis.set(_MARK, "1", nx=True))

    def due(self, what: str, seconds: float) -> bool:
        """Whether it is time to do something that is done so often; of all who ask, one is told so."""
        return bool(self._redis.set(_DUE + what, "1", nx=True, px=int(seconds * 1000)))

    def depth(self) -> dict[int, int]:
        """How many tasks wait in the queue, by priority."""
        with self._redis.pipeline(transaction=False) as pipe:
            for name in _LISTS:
                pipe.llen(name)
            return dict(enumerate(cast(list[int], pipe.execute())))

    def problem(self) -> str:
        """What is wrong with the server, in words; empty if it answers."""
        try:
            self._redis.ping()
        except (redis.RedisError, OSError) as error:
            return f"Redis does not answer ({error}): check JIAOKAN_REDIS_URL and the server"
        return ""

    def close(self) -> None:
        """Close the connections; after a fork the child's own are opened when used."""
        self._redis.close()

    def _doing(self) -> dict[str, Taken]:
        found: dict[str, Taken] = {}
        for task_id, told in cast(dict[str, str], self._redis.hgetall(_DOING)).items():
            worker, task, numbers, priority = json.loads(told)
            found[task_id] = Taken(worker, Task(task), tuple(numbers), priority)
        return found
