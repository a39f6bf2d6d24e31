"""Whatever happens to workers, queue, database and store: every document done, none lost, none twice, equal exports.

They start servers and take minutes: they run with `-m long`, see docs/operations.md.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.client import Client
from models import migrate
from models.archive import State
from models.db import Database
from models.rows import Document, Page, Reading
from models.store import listing
from tests.doors import TOKEN, admit
from tests.recorded import recorded
from tests.servers import OwnPostgres, OwnRedis
from tests.serving import serving
from tests.topology import Topology, end, offspring

pytestmark = pytest.mark.long
PAGES = 5
SHORT, LONG = 8, 60
POSTGRES = pytest.mark.skipif(OwnPostgres.programs() is None, reason="PostgreSQL's programs are not installed")


def files(count: int) -> dict[str, bytes]:
    return {f"{number:03d}.pdf": recorded(number, PAGES, "seconds 0.05") for number in range(count)}


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Callable[[int], bytes]:
    """What is exported of so many files if nothing happens."""
    made: dict[int, bytes] = {}

    def export(count: int) -> bytes:
        if count not in made:
            folder = tmp_path_factory.mktemp("undisturbed")
            copy = shutil.copy(sqlite_template, folder / "jiaokan.sqlite")
            with OwnRedis(folder) as server, Topology(folder, f"sqlite:///{copy}", server.url, f"{folder}/s") as found:
                found.worker()
                batch = found.batch("batch", files(count))
                found.wait(300)
                made[count] = found.export(batch)
        return made[count]

    return export


@pytest.fixture
def topology(tmp_path: Path, database_url: str, redis_server_url: str) -> Iterator[Topology]:
    with Topology(tmp_path, database_url, redis_server_url, str(tmp_path / "store")) as found:
        yield found


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path_factory.mktemp("own")) as server:
        yield server


@pytest.fixture
def on_sqlite(tmp_path: Path, sqlite_template: Path, own_redis: OwnRedis) -> Iterator[Topology]:
    copy = shutil.copy(sqlite_template, tmp_path / "jiaokan.sqlite")
    with Topology(tmp_path, f"sqlite:///{copy}", own_redis.url, str(tmp_path / "store")) as found:
        yield found


def conclude(topology: Topology, batch: int, count: int, expected: bytes) -> None:
    """None lost, none twice, counts right, and the export of an undisturbed run."""
    found = topology.documents(batch)
    assert sorted(document.name for document in found) == sorted(files(count))
    assert {document.state for document in found} <= {State.DONE, State.NEEDS_REVIEW}, found
    with topology.database.snapshot() as session:
        progress = listing.progress(session, batch)
        assert progress is not None
        assert (progress.pages, progress.pages_finished) == (count * PAGES, count * PAGES)
        assert sum(progress.documents.values()) == count
        assert session.scalar(select(func.count()).select_from(Page)) == count * PAGES
        assert session.scalars(select(Page.problem).where(Page.problem != "")).all() == []
        assert session.scalar(select(func.count()).select_from(Reading)) == count
        assert session.scalar(select(func.count()).select_from(Document)) == count
    assert topology.export(batch) == expected


def begun(topology: Topology, share: float = 0.2) -> None:
    """Wait until a part of all pages is read."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with topology.database.snapshot() as session:
            read = session.scalar(select(func.count()).where(Page.finished_at.is_not(None))) or 0
            known = session.scalar(select(func.count()).select_from(Page)) or 0
        if known and read >= share * known:
            return
        time.sleep(0.05)
    raise AssertionError("nothing was read")


def at_work(topology: Topology) -> list[int]:
    """Wait, for a while, until living workers read pages, and which do: one that is only starting is no great loss."""
    living = {worker.pid for worker in topology.workers if worker.poll() is None}
    until = time.monotonic() + 8
    while time.monotonic() < until and topology.left():
        with topology.database.snapshot() as session:
            begun = session.scalars(select(Page.worker).where(Page.started_at.is_not(None), Page.finished_at.is_(None)))
            if found := living & {int(worker.split(":")[1]) for worker in begun}:
                return sorted(found)
        time.sleep(0.02)
    return sorted(living)


def kill_some(topology: Topology, times: int, chance: random.Random) -> int:
    """Kill -9 a worker or one of its processes, so often or until all is done; a worker that is gone is replaced."""
    killed = 0
    while killed < times and topology.left():
        reading = chance.choice(at_work(topology))
        time.sleep(chance.uniform(0.0, 0.1))
        victim = chance.choice([reading, *offspring(reading)])
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed += 1
        if victim == reading:
            next(worker for worker in topology.workers if worker.pid == reading).wait(10)
            topology.worker()
    return killed


@pytest.mark.parametrize(("each", "times"), [(SHORT, 6), (LONG, 100)])
def test_workers_killed_outright(
    topology: Topology, undisturbed: Callable[[int], bytes], each: int, times: int
) -> None:
    """So often as that: while there are kills to come, more files are brought into the batch."""
    topology.worker()
    topology.worker()
    chance = random.Random(times)  # noqa: S311  # no secret: which process is killed
    count = killed = 0
    while killed < times:
        count += each
        batch = topology.batch("batch", files(count))
        killed += kill_some(topology, times - killed, chance)
    assert killed == times
    topology.wait(400)
    conclude(topology, batch, count, undisturbed(count))


def test_a_worker_killed_takes_its_processes_along(on_sqlite: Topology) -> None:
    worker = on_sqlite.worker()
    on_sqlite.batch("batch", files(2))
    on_sqlite.wait(60)
    pool = offspring(worker.pid)
    readers = [pid for one in pool for pid in offspring(one)]
    assert readers
    worker.kill()
    worker.wait(10)
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}/cmdline").exists() for pid in (*pool, *readers)):
        assert time.monotonic() < until, "processes were left behind"
        time.sleep(0.1)


@pytest.mark.parametrize("count", [SHORT, LONG])
def test_redis_emptied_and_restarted(
    on_sqlite: Topology, own_redis: OwnRedis, undisturbed: Callable[[int], bytes], count: int
) -> None:
    on_sqlite.worker()
    batch = on_sqlite.batch("batch", files(count))
    begun(on_sqlite)
    own_redis.empty()
    begun(on_sqlite, 0.5)
    own_redis.stop()
    time.sleep(2)
    own_redis.start()
    on_sqlite.wait(200)
    conclude(on_sqlite, batch, count, undisturbed(count))


@POSTGRES
@pytest.mark.parametrize(("count", "seconds"), [(SHORT, 4.0), (LONG, 30.0)])
def test_postgresql_stopped(
    tmp_path_factory: pytest.TempPathFactory,
    own_redis: OwnRedis,
    undisturbed: Callable[[int], bytes],
    count: int,
    seconds: float,
) -> None:
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True).strip())  # noqa: S607  # a path postgres may enter
    try:
        with OwnPostgres(folder) as server:
            database = Database(server.url)
            migrate.upgrade(database)
            database.close()
            logs = tmp_path_factory.mktemp("topology")
            with Topology(logs, server.url, own_redis.url, str(logs / "store")) as topology:
                topology.worker()
                batch = topology.batch("batch", files(count))
                begun(topology)
                server.stop()
                time.sleep(seconds)
                server.start()
                topology.wait(200)
                conclude(topology, batch, count, undisturbed(count))
    finally:
        shutil.rmtree(folder)


def test_the_store_refuses_to_be_written(on_sqlite: Topology, undisturbed: Callable[[int], bytes]) -> None:
    on_sqlite.worker()
    batch = on_sqlite.batch("batch", files(SHORT))
    begun(on_sqlite)
    new = on_sqlite.folder / "store" / "new"
    new.rename(new.with_name("away"))
    new.write_text("a file where a folder should be")
    time.sleep(4)
    new.unlink()
    new.with_name("away").rename(new)
    on_sqlite.wait(200)
    conclude(on_sqlite, batch, SHORT, undisturbed(SHORT))


def test_a_full_disk(tmp_path: Path, on_sqlite: Topology, undisturbed: Callable[[int], bytes]) -> None:
    """A disk of its own for the store and the database, filled up and freed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)]
    if os.getuid() or subprocess.run(mount, check=False, capture_output=True).returncode:  # noqa: S603  # fixed arguments
        pytest.skip("only root may mount a small disk to fill")
    try:
        _fill_and_free(disk, on_sqlite, undisturbed(SHORT))
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)  # noqa: S603, S607  # what was mounted above


def fill(path: Path) -> None:
    """Write until there is no more room."""
    with path.open("wb", buffering=0) as filling:
        while True:
            filling.write(bytes(1 << 16))


def _fill_and_free(disk: Path, topology: Topology, expected: bytes) -> None:
    url = f"sqlite:///{shutil.copy(topology.folder / 'jiaokan.sqlite', disk / 'jiaokan.sqlite')}"
    with Topology(topology.folder, url, topology.redis_url, str(disk / "store")) as full:
        full.worker()
        batch = full.batch("batch", files(SHORT))
        begun(full)
        with pytest.raises(OSError, match="No space left"):
            fill(disk / "filling")
        time.sleep(4)
        (disk / "filling").unlink()
        full.wait(200)
        conclude(full, batch, SHORT, expected)


def test_the_same_batch_sent_twice_at_once_to_two_servers(
    topology: Topology, undisturbed: Callable[[int], bytes]
) -> None:
    admit(topology.database)
    topology.worker()
    place = (topology.database_url, topology.redis_url, topology.folder / "store")
    with serving(*place, empty=False) as one, serving(*place, empty=False) as other, ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(push, server.url, topology.folder) for server in (one, other, one, other)]
        (batch,) = {each.result()[0] for each in sent}
        outcomes = [each.result()[1] for each in sent]
    for name in files(SHORT):
        assert sorted(outcome[name] for outcome in outcomes) == ["accepted", "duplicate", "duplicate", "duplicate"]
    topology.wait(120)
    conclude(topology, batch, SHORT, undisturbed(SHORT))


def push(url: str, folder: Path) -> tuple[int, dict[str, str]]:
    """Send a batch, as a script does; its number, and what came of each file."""
    with Client(url, TOKEN) as client:
        batch = client.open_batch("batch", key="one").id
        outcomes: dict[str, str] = {}
        for name, content in files(SHORT).items():
            path = folder / f"{threading.get_ident()} {name}"
            path.write_bytes(content)
            outcomes[name] = client.add(batch, name, path).outcome
    return batch, outcomes


def test_clocks_that_jump(on_sqlite: Topology, tmp_path: Path, undisturbed: Callable[[int], bytes]) -> None:
    """One worker's clock is hours ahead, then hours behind, and both workers are killed in between."""
    clock = tmp_path / "clock"
    clock.write_text("7200")
    right = on_sqlite.worker()
    on_sqlite.extra = {"JIAOKAN_TEST_CLOCK": str(clock)}
    wrong = on_sqlite.worker()
    batch = on_sqlite.batch("batch", files(SHORT))
    begun(on_sqlite)
    end(wrong, signal.SIGKILL)
    clock.write_text("-7200")
    on_sqlite.worker()
    begun(on_sqlite, 0.5)
    end(right, signal.SIGKILL)
    clock.write_text("0")
    on_sqlite.wait(200)
    conclude(on_sqlite, batch, SHORT, undisturbed(SHORT))
