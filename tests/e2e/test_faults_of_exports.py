"""Exports and the store while API, workers or S3 fail: a version is whole, or not there; nothing is half.

They start servers and take minutes: they run with `-m long`, see docs/operations.md.
"""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from models.archive import State
from models.rows import Export
from tests.doors import TOKEN, admit
from tests.recorded import recorded
from tests.refusing import Doorkeeper, Refusal, doorkeeper
from tests.servers import OwnRedis, free_port
from tests.serving import serving
from tests.topology import Topology, end

pytestmark = pytest.mark.long
DOCUMENTS = 40
BUCKET = "s3://jiaokan"


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRedis]:
    with OwnRedis(tmp_path_factory.mktemp("own")) as server:
        yield server


@pytest.fixture
def archive(tmp_path: Path, database_url: str, own_redis: OwnRedis) -> Iterator[Topology]:
    """A finished batch, and a worker."""
    with Topology(tmp_path, database_url, own_redis.url, str(tmp_path / "store")) as found:
        found.worker()
        found.batch("batch", {f"{number:03d}.pdf": recorded(number, 5) for number in range(DOCUMENTS)})
        found.wait(200)
        admit(found.database)
        yield found


def ask(url: str, name: str) -> None:
    """Ask for a version, once, whatever comes of it."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with suppress(httpx.TransportError):
        httpx.post(f"{url}/api/exports", json={"name": name, "format": "csv", "batch": 1}, headers=headers, timeout=10)


def made(topology: Topology, seconds: float = 120.0) -> list[Export]:
    """All versions that were asked for, once they are made."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with topology.database.snapshot() as session:
            found = list(session.scalars(select(Export).order_by(Export.id)))
            session.expunge_all()
        if all(export.finished_at for export in found):
            return found
        assert not [export.failure for export in found if export.failure]
        time.sleep(0.2)
    raise AssertionError([(export.id, export.failure, export.started_at) for export in found])


def whole(topology: Topology, export: Export) -> bytes:
    """The bytes of a version: as many as were told, and of that hash."""
    data = topology.blobs.get(export.sha256 or "")
    assert len(data) == export.size
    return data


def test_the_api_is_killed_while_versions_are_asked_for(archive: Topology) -> None:
    for number in range(6):
        with serving(archive.database_url, archive.redis_url, archive.folder / "store", empty=False) as server:
            asking = threading.Thread(target=ask, args=(server.url, f"version {number}"))
            asking.start()
            time.sleep(0.01 * number)
            server.kill()
            asking.join()
    with serving(archive.database_url, archive.redis_url, archive.folder / "store", empty=False) as server:
        ask(server.url, "the last")
        found = made(archive)
        assert len({whole(archive, export) for export in found}) == 1
        assert found[-1].name == "the last"


def test_a_worker_is_killed_while_it_makes_a_version(archive: Topology) -> None:
    expected = archive.export(1)
    for _ in range(3):
        with serving(archive.database_url, archive.redis_url, archive.folder / "store", empty=False) as server:
            ask(server.url, "again")
        begun(archive)
        end(archive.workers[-1], signal.SIGKILL)
        archive.worker()
        assert {whole(archive, export) for export in made(archive)} == {expected}
    for path in (archive.folder / "store" / "blobs").rglob("*"):
        if path.is_file():
            assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name, "a blob is whole, or it is not there"


def begun(topology: Topology) -> None:
    """Wait until a version is being made."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with topology.database.snapshot() as session:
            if session.scalar(select(Export.id).where(Export.started_at.is_not(None), Export.finished_at.is_(None))):
                return
        time.sleep(0.005)
    raise AssertionError("no version was begun")


def test_the_api_is_killed_while_a_version_is_downloaded(archive: Topology, tmp_path: Path) -> None:
    """What arrived before the kill stays, the rest is fetched from the next server, and the hash is right."""
    expected = archive.export(1)
    store, port, to = archive.folder / "store", free_port(), tmp_path / "version.zip"
    stop = threading.Event()
    kills: list[int] = []

    def keep_killing() -> None:
        while not stop.is_set():
            with serving(archive.database_url, archive.redis_url, store, port=port, empty=False) as server:
                stop.wait(0.05 * (1 + len(kills) % 5))
                if len(kills) < 5:
                    server.kill()
                    kills.append(server.process.pid)
                else:
                    stop.wait(60)

    killing = threading.Thread(target=keep_killing)
    killing.start()
    try:
        with archive.database.snapshot() as session:
            export = session.scalars(select(Export)).one()
            session.expunge_all()
        fetched = download(f"http://127.0.0.1:{port}", export, to)
    finally:
        stop.set()
        killing.join()
    assert len(kills) == 5
    assert fetched > 1, "it came in one piece: nothing was tested"
    assert to.read_bytes() == expected


def download(url: str, export: Export, to: Path) -> int:
    """Fetch a version as slowly as a bad line, going on after each break; in how many answers it came."""
    answers = 0
    until = time.monotonic() + 120
    to.touch()
    while (have := to.stat().st_size) < (export.size or 0):
        assert time.monotonic() < until
        headers = {"Authorization": f"Bearer {TOKEN}", "Range": f"bytes={have}-{have + 8191}"}
        with suppress(httpx.TransportError):
            answer = httpx.get(f"{url}/api/exports/{export.id}/file", headers=headers, timeout=10)
            assert answer.status_code == 206, answer.text
            with to.open("ab") as file:
                file.write(answer.content)
            answers += 1
        time.sleep(0.02)
    return answers


@pytest.fixture
def door(s3_url: str, s3_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doorkeeper]:
    """The way to a bucket on S3, past a doorkeeper."""
    assert s3_url == BUCKET
    with doorkeeper(s3_server) as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
        yield found


@pytest.fixture
def on_s3(tmp_path: Path, database_url: str, own_redis: OwnRedis, door: Doorkeeper) -> Iterator[Topology]:
    assert door.refusal is Refusal.NONE
    with Topology(tmp_path, database_url, own_redis.url, f"{BUCKET}/{tmp_path.name}") as found:
        yield found


@pytest.mark.parametrize("refusal", [Refusal.DENIED, Refusal.GONE])
def test_s3_refuses_for_a_while(on_s3: Topology, door: Doorkeeper, refusal: Refusal) -> None:
    on_s3.worker()
    batch = on_s3.batch("batch", {f"{number:03d}.pdf": recorded(number, 5, "seconds 0.05") for number in range(8)})
    until = time.monotonic() + 60
    while not on_s3.left().get(State.READING):
        assert time.monotonic() < until
        time.sleep(0.05)
    with refusing(door, refusal, 5.0):
        assert on_s3.left(), "all was done before the store refused"
    on_s3.wait(200)
    documents = on_s3.documents(batch)
    assert {document.state for document in documents} <= {State.DONE, State.NEEDS_REVIEW}, documents
    expected = on_s3.export(batch)
    with ThreadPoolExecutor(1) as pool:
        with refusing(door, refusal, 3.0):
            later = pool.submit(on_s3.export, batch, 120)
        assert later.result() == expected


@contextmanager
def refusing(door: Doorkeeper, refusal: Refusal, seconds: float) -> Iterator[None]:
    """A store that refuses from here on, for a while after the end, and was asked meanwhile."""
    door.refused, door.refusal = 0, refusal
    yield
    time.sleep(seconds)
    assert door.refused
    door.refusal = Refusal.NONE
