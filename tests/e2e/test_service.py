"""The processes of a deployment together: batches in, documents done, whatever their files do."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, make_url, select

from models import migrate
from models.archive import UNFINISHED, State
from models.decisions import Asks, Policy
from models.rows import Extraction, Page, Question
from models.store import again, batches
from tests.recorded import recorded
from tests.servers import OwnPostgres, free_port
from tests.topology import Topology, end


@pytest.fixture
def topology(tmp_path: Path, database_url: str, redis_server_url: str) -> Iterator[Topology]:
    with Topology(tmp_path, database_url, redis_server_url, str(tmp_path / "store")) as found:
        yield found


def test_a_batch_from_queued_to_exported(topology: Topology) -> None:
    worker = topology.worker()
    files = {f"{number}.pdf": recorded(number, pages=5) for number in range(4)}
    files["deadly.pdf"] = recorded(90, 3, "page 2 dies")
    files["blotted.pdf"] = recorded(91, 3, "page 2 unreadable")
    files["locked.pdf"] = recorded(92, 3, "unopenable")
    files["worthless.pdf"] = recorded(93, 1, "page 1 unreadable")
    batch = topology.batch("2023", files)
    topology.wait(60)
    found = {document.name: document for document in topology.documents(batch)}
    assert {found[f"{number}.pdf"].state for number in range(4)} <= {State.DONE, State.NEEDS_REVIEW}
    assert {found[name].state for name in ("deadly.pdf", "blotted.pdf")} == {State.NEEDS_REVIEW}
    assert found["locked.pdf"].failure == "this one cannot be opened: leave it"
    assert "blotted" in found["worthless.pdf"].failure
    assert topology.export(batch) == topology.export(batch)
    assert end(worker, signal.SIGTERM) == 0
    told = logged(topology.folder)
    assert [found["deadly.pdf"].id] in [one["documents"] for one in told if "ended its reading" in str(one["message"])]
    settled = [one["documents"] for one in told if one["message"] == "settled"]
    assert sorted(settled) == sorted([one.id] for name, one in found.items() if name != "locked.pdf")


def logged(folder: Path) -> list[dict[str, Any]]:
    """What the workers logged."""
    lines = (folder / "workers.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith('{"at"')]


def test_a_batch_is_settled_again_a_few_documents_at_a_time(topology: Topology) -> None:
    topology.worker()
    batch = topology.batch("2023", {f"{number}.pdf": recorded(number, 1) for number in range(40)})
    topology.wait(60)
    with topology.database.transaction() as session:
        before = session.scalar(select(func.max(Extraction.settled_at)))
        assert again.settle_batch(session, batch) == 40
    topology.wake()
    topology.wait(60)
    with topology.database.snapshot() as session:
        earliest = session.scalar(select(func.min(Extraction.settled_at)))
    assert before is not None
    assert earliest is not None
    assert earliest > before


def test_a_changed_policy_settles_its_batch_again(topology: Topology) -> None:
    topology.worker()
    batch = topology.batch("2023", {f"{number}.pdf": recorded(number, 3) for number in range(3)})
    topology.wait(60)
    with topology.database.transaction() as session:
        batches.set_policy(session, batch, Policy(sample_share=1.0))
        assert again.settle_batch(session, batch) == 3
    assert topology.left() == {State.SETTLING: 3}
    topology.wait(60)
    with topology.database.snapshot() as session:
        drawn = set(session.scalars(select(Question.reading_id).where(Question.asks == Asks.SAMPLE.value)))
    assert len(drawn) == 3


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_topology_of_a_deployment(tmp_path: Path, database_url: str, redis_server_url: str, s3_url: str) -> None:
    """Two workers, a real PostgreSQL, a real Redis, a store on S3; a worker answers Prometheus."""
    port = free_port()
    (tmp_path / "figures").mkdir()
    figures = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures")}
    with Topology(tmp_path, database_url, redis_server_url, s3_url, figures) as found:
        found.worker(1, str(port))
        found.worker(1)
        files = {f"{number}.pdf": recorded(number, 4) for number in range(6)}
        batch = found.batch("2023", {**files, "deadly.pdf": recorded(90, 3, "page 2 dies", "page 3 unreadable")})
        found.wait(120)
        assert {document.state for document in found.documents(batch)} <= {State.DONE, State.NEEDS_REVIEW}
        assert found.export(batch)[:2] == b"PK"
        with found.database.snapshot() as session:
            workers = set(session.scalars(select(Page.worker)))
        assert len(workers) == 2
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as told:
            text = told.read().decode()
        assert 'jiaokan_task_seconds_count{task="jiaokan.read_page"}' in text
        assert 'jiaokan_page_seconds_count{step="read"}' in text
        assert {"jiaokan_page_retries_total 2.0", "jiaokan_pages_set_aside_total 2.0"} <= set(text.splitlines())


def test_a_large_batch_does_not_starve_a_small_one(topology: Topology) -> None:
    topology.worker()
    large = topology.batch("large", {f"{number}.pdf": recorded(number, 12, "seconds 0.05") for number in range(40)})
    until = time.monotonic() + 60
    while not topology.left().get(State.READING) and time.monotonic() < until:
        time.sleep(0.1)
    small = topology.batch("small", {f"{number}.pdf": recorded(900 + number, 2) for number in range(3)})
    topology.wait_for(small, 60)
    unread = [one for one in topology.documents(large) if one.state in UNFINISHED]
    assert len(unread) > len(topology.documents(large)) / 2


def test_what_was_backed_up_is_there_again(tmp_path: Path, topology: Topology) -> None:
    """As docs/operations.md tells: first the database, then the store; restored, the export is the same."""
    worker = topology.worker()
    batch = topology.batch("2023", {f"{number}.pdf": recorded(number, 3) for number in range(3)})
    topology.wait(60)
    before = topology.export(batch)
    end(worker)
    saved = back_up(topology, tmp_path)
    shutil.copytree(tmp_path / "store", tmp_path / "store-again")
    with Topology(tmp_path, saved, topology.redis_url, str(tmp_path / "store-again")) as restored:
        assert migrate.problem(restored.database) == ""
        restored.worker()
        assert restored.export(batch) == before
    if not topology.database.is_sqlite:
        name = make_url(saved).database
        with topology.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


def back_up(topology: Topology, folder: Path) -> str:
    """Back up a database and restore it beside; the address of what was restored."""
    url = make_url(topology.database_url)
    if topology.database.is_sqlite:
        with closing(sqlite3.connect(url.database or "")) as old, closing(sqlite3.connect(folder / "again")) as new:
            old.backup(new)
        return f"sqlite:///{folder / 'again'}"
    programs = OwnPostgres.programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed")
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    dump = str(folder / "backup.dump")
    again = url.set(drivername="postgresql", database=f"{url.database}_again")
    with topology.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {again.database} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {again.database}")
    restored = again.render_as_string(hide_password=False)
    for command in (
        [programs / "pg_dump", "--format=custom", f"--file={dump}", plain],
        [programs / "pg_restore", f"--dbname={restored}", dump],
    ):
        subprocess.run([str(one) for one in command], check=True, timeout=60)  # noqa: S603  # PostgreSQL's own
    return restored
