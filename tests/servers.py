"""Servers of a test's own, which it may stop, empty and start again."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis

from models import migrate, redis_server
from models.db import Database
from models.fleet import Fleet


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


class OwnRedis:
    """A Redis server in a folder, at a socket; it keeps nothing when it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = redis_server.url(folder)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> OwnRedis:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start, and wait until it answers."""
        program = redis_server.executable()
        assert program is not None
        self._process = subprocess.Popen(redis_server.command(program, self._folder), stdout=subprocess.DEVNULL)  # noqa: S603  # a server of our own
        until = time.monotonic() + 10
        while problem := Fleet(self.url).problem():
            assert time.monotonic() < until, problem
            time.sleep(0.05)

    def stop(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)

    def empty(self) -> None:
        """Have it forget everything."""
        with redis.Redis.from_url(self.url.replace("redis+socket://", "unix://")) as client:
            client.flushall()


class OwnPostgres:
    """A PostgreSQL cluster in a folder, at a port of its own, which trusts whoever asks from this machine.

    It does not wait for the disk, unless that is to be measured: then it is `lasting`.
    """

    def __init__(self, folder: Path, lasting: bool = False) -> None:
        self._data, self._port, self._lasting = folder / "cluster", free_port(), lasting
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.url = f"postgresql://{self._user}@127.0.0.1:{self._port}/postgres"
        self._folder = folder

    @staticmethod
    def programs() -> Path | None:
        """Where PostgreSQL's programs are, if they are installed."""
        found = shutil.which("initdb")
        return Path(found).resolve().parent if found else None

    def __enter__(self) -> OwnPostgres:
        self._folder.mkdir(exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self._folder, self._user)
        self._run("initdb", "--auth=trust", f"--username={self._user}", "--no-sync", str(self._data))
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(subprocess.CalledProcessError):
            self.stop()

    def start(self) -> None:
        """Start, and wait until it answers."""
        where = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder}"
        where += "" if self._lasting else " -c fsync=off"
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", str(self._folder / "log"), "-o", where, "start")

    def stop(self) -> None:
        """Stop as an administrator does who cannot wait: connections are cut."""
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "fast", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        programs = self.programs()
        assert programs is not None
        user = self._user if os.getuid() == 0 else None
        command = [str(programs / program), *arguments]
        subprocess.run(command, check=True, user=user, stdout=subprocess.DEVNULL, cwd="/", timeout=60)  # noqa: S603  # our own server


@contextmanager
def some_database(folder: Path, url: str) -> Iterator[str]:
    """The database named, or else a PostgreSQL server of its own in a folder; brought up to date."""
    if not url:
        folder.chmod(0o711)  # PostgreSQL's own user has to come through
        with OwnPostgres(folder / "postgresql", lasting=True) as own, some_database(folder, own.url) as found:
            yield found
        return
    database = Database(url)
    migrate.upgrade(database)
    database.close()
    yield url
