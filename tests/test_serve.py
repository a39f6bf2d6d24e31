"""The whole service by one command: it says where it is, keeps its parts running, and stops cleanly."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import migrate
from models.db import Database
from tests.servers import free_port
from tests.topology import end, offspring
from worker.commands import doctor
from worker.household import Household, Member

RUN = "import sys; from worker.cli import main; sys.exit(main())"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    named = {"DATABASE_URL": f"sqlite:///{tmp_path}/data/jiaokan.sqlite", "STORE_URL": str(tmp_path / "data" / "store")}
    return {**os.environ, **{f"JIAOKAN_{name}": value for name, value in named.items()}}


@pytest.fixture
def serving(tmp_path: Path, environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    with (tmp_path / "out").open("wb") as out:
        command = [sys.executable, "-c", RUN, "serve", f"--port={port}", "--jobs=1"]
        started = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)  # noqa: S603  # our own
        yield started, port
        end(started, signal.SIGKILL)


def answer(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as told:  # our own server
        status: int = told.status
        return status


def said(folder: Path, what: str, seconds: float = 60.0) -> str:
    """All that was said, once it holds this."""
    until = time.monotonic() + seconds
    while what not in (text := (folder / "out").read_text(errors="replace")):
        assert time.monotonic() < until, text
        time.sleep(0.1)
    return text


def test_serve_from_nothing_to_a_clean_stop(serving: tuple[subprocess.Popen[bytes], int], tmp_path: Path) -> None:
    process, port = serving
    text = said(tmp_path, "stop with Ctrl-C")
    assert f"jiaokan serves at http://127.0.0.1:{port}" in text
    assert "jiaokan user add NAME --role admin" in text
    assert (answer(port, "/healthz"), answer(port, "/readyz")) == (200, 200)
    said(tmp_path, "ready.")
    redis, worker, _api = offspring(process.pid)
    os.kill(worker, signal.SIGKILL)
    until = time.monotonic() + 30
    while len(offspring(process.pid)) < 3 or worker in offspring(process.pid):
        assert time.monotonic() < until, "the worker was not started again"
        time.sleep(0.1)
    everything = [redis, *offspring(process.pid)]
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not [pid for pid in everything if Path(f"/proc/{pid}").exists()]
    assert "stopping" in said(tmp_path, "stopping")


def test_a_port_that_is_taken_is_told(
    serving: tuple[subprocess.Popen[bytes], int], tmp_path: Path, environment: dict[str, str]
) -> None:
    _, port = serving
    said(tmp_path, "stop with Ctrl-C")
    command = [sys.executable, "-c", RUN, "serve", f"--port={port}"]
    second = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)  # noqa: S603  # our own
    assert second.returncode == 2
    assert f"port {port} of 127.0.0.1 cannot be used" in second.stderr.decode()


def test_a_part_that_ends_again_and_again_is_given_up() -> None:
    with Household() as household:
        household.add(Member("short", [sys.executable, "-c", "pass"], {}))
        until = time.monotonic() + 30
        while not (told := household.keep()):
            assert time.monotonic() < until
            time.sleep(0.05)
    assert told.startswith("short ends again and again")


def test_the_doctor_finds_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis_server_url: str
) -> None:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", f"sqlite:///{tmp_path}/jiaokan.sqlite")
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("JIAOKAN_STORE_URL", str(tmp_path / "file" / "store"))
    monkeypatch.setenv("JIAOKAN_THREADS", "64")
    monkeypatch.setenv("JIAOKAN_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("JIAOKAN_WEIGHTS", str(tmp_path))
    arguments = argparse.ArgumentParser()
    doctor.add_arguments(arguments)
    assert doctor.run(arguments.parse_args([])) == 1
    lines = capsys.readouterr().out.splitlines()
    wrong = {line.split()[1].rstrip(":") for line in lines if line.startswith("wrong")}
    assert wrong == {"database", "queue", "store", "threads", "weights"}
    assert any("run `jiaokan migrate`" in line for line in lines)
    migrate.upgrade(database := Database(f"sqlite:///{tmp_path}/jiaokan.sqlite"))
    database.close()
    monkeypatch.setenv("JIAOKAN_REDIS_URL", redis_server_url)
    monkeypatch.setenv("JIAOKAN_STORE_URL", str(tmp_path / "store"))
    assert doctor.run(arguments.parse_args(["--no-reading"])) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "all is well"
