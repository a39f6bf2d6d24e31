"""Children that hang, crash and grow harm only their own job."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.children import Children, Failure, FailureKind, Job

LIMIT_MIB = 300


@pytest.fixture
def children() -> Iterator[Children]:
    with Children(count=2, threads=1, megabytes=LIMIT_MIB) as pool:
        yield pool


def job(key: int, function: str, *arguments: object, seconds: float = 30.0) -> Job:
    return Job((key,), f"tests.fake_pages.{function}", arguments, seconds, "JIAOKAN_PAGE_SECONDS")


def outcomes(pool: Children, *jobs: Job) -> dict[int, object]:
    for one in jobs:
        pool.submit(one)
    return {done.key[0]: outcome for done, outcome in pool.finished()}


def kind_of(outcome: object) -> FailureKind:
    assert isinstance(outcome, Failure), outcome
    return outcome.kind


def test_values_come_home_to_their_jobs(children: Children) -> None:
    found = outcomes(children, *(job(number, "echo", number * 10) for number in range(7)))
    assert found == {number: number * 10 for number in range(7)}


def test_the_others_finish_beside_one_that_hangs_and_one_that_crashes(children: Children) -> None:
    jobs = [job(0, "hang", seconds=2.0), job(1, "die"), *(job(n, "echo", n) for n in range(2, 6))]
    started = time.monotonic()
    found = outcomes(children, *jobs)
    assert time.monotonic() - started < 20
    assert {n: found[n] for n in range(2, 6)} == {n: n for n in range(2, 6)}
    assert kind_of(found[0]) is FailureKind.TIME
    assert "JIAOKAN_PAGE_SECONDS" in str(found[0])
    assert kind_of(found[1]) is FailureKind.DIED
    assert "SIGSEGV" in str(found[1])


def test_starting_and_loading_take_nothing_of_a_jobs_time(children: Children) -> None:
    slow = Job((0,), "tests.slow_to_load.echo", (7,), 3.0, "JIAOKAN_PAGE_SECONDS", tries=1)
    assert outcomes(children, slow) == {0: 7}


def test_memory_is_limited_whether_it_grows_or_bursts(children: Children) -> None:
    found = outcomes(children, job(0, "explode"), job(1, "burst"), job(2, "echo", "well"))
    assert kind_of(found[0]) is kind_of(found[1]) is FailureKind.MEMORY
    assert "JIAOKAN_CHILD_MEGABYTES" in str(found[0])
    assert found[2] == "well"


def test_a_crash_is_tried_once_more(children: Children, tmp_path: Path) -> None:
    assert outcomes(children, job(0, "die_once", tmp_path / "mark")) == {0: "second try"}


def test_what_a_job_raises_is_told(children: Children) -> None:
    found = outcomes(children, job(0, "fault"), job(1, "unreadable"), job(2, "unpicklable"), job(3, "nowhere"))
    assert kind_of(found[0]) is FailureKind.ERROR
    assert "KeyError" in str(found[0])
    assert found[1] == Failure(FailureKind.UNREADABLE, "the page is blotted: scan it anew")
    assert kind_of(found[2]) is FailureKind.DIED
    assert kind_of(found[3]) is FailureKind.ERROR


def test_threads_are_set_and_children_retire() -> None:
    with Children(count=1, threads=3, megabytes=LIMIT_MIB, retire_after=2) as pool:
        found = outcomes(pool, *(job(number, "whoami", None) for number in range(4)))
    processes = {found[number][0] for number in found}  # type: ignore[index]  # whoami gives pairs
    assert {found[number][1] for number in found} == {"3"}  # type: ignore[index]  # whoami gives pairs
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_small_keys_go_first_and_withdrawn_jobs_never_start() -> None:
    with Children(count=1, threads=1, megabytes=LIMIT_MIB) as pool:
        for number in (3, 1, 2):
            pool.submit(job(number, "echo", number))
        assert [gone.key for gone in pool.withdraw((3,))] == [(3,)]
        assert [done.key[0] for done, _ in pool.finished()] == [1, 2]


def test_leaving_the_block_ends_a_hung_child_at_once() -> None:
    def interrupted() -> None:
        with Children(count=2, threads=1, megabytes=LIMIT_MIB) as pool:
            pool.submit(job(0, "echo", 0))
            pool.submit(job(1, "hang", seconds=600.0))
            for _ in pool.finished():
                assert len(multiprocessing.active_children()) == 2
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not multiprocessing.active_children()
