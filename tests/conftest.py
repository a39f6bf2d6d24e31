"""What tests of the service stand on: databases of their own, a queue's server of their own, an S3 server of their own.

SQLite is always there. PostgreSQL is the server that JIAOKAN_TEST_POSTGRES names, or one on this machine that lets its
user in; without it those tests are skipped by name. Each test has a fresh database.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis
import s3fs  # type: ignore[import-untyped]
from botocore.exceptions import EndpointConnectionError  # type: ignore[import-untyped]
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from models import migrate, redis_server
from models.db import Database
from tests.servers import OwnRedis

# The same examples at every run; JIAOKAN_TEST_WIDE=1 draws new ones, which is how new cases are found.
settings.register_profile("steady", derandomize=True)
settings.register_profile("wide")
settings.load_profile("wide" if os.environ.get("JIAOKAN_TEST_WIDE") else "steady")

POSTGRES = os.environ.get("JIAOKAN_TEST_POSTGRES", "postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of the newest shape, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of an empty database of the newest shape on the server, to be copied; skips where there is no server."""
    name = f"jiaokan_test_{secrets.token_hex(4)}"
    try:
        _postgres(f"CREATE DATABASE {name}")
    except SQLAlchemyError:
        pytest.skip("no PostgreSQL to test with: set JIAOKAN_TEST_POSTGRES to postgresql://USER@HOST/postgres")
    try:
        database = Database(_address(name))
        migrate.upgrade(database)
        database.close()
        yield name
    finally:
        _postgres(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database on each kind of server."""
    if request.param == "sqlite":
        copy = tmp_path / "jiaokan.sqlite"
        shutil.copy(request.getfixturevalue("sqlite_template"), copy)
        yield f"sqlite:///{copy}"
        return
    template = request.getfixturevalue("postgres_template")
    name = f"{template}_{secrets.token_hex(4)}"
    _postgres(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _address(name)
    finally:
        _postgres(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """The way to a fresh database."""
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of the tests' own, listening on a socket in a folder of theirs."""
    folder = tmp_path_factory.mktemp("redis")
    place = folder / "redis.sock"
    command = [str(redis_server.executable()), "--port", "0", "--unixsocket", str(place), "--dir", str(folder)]
    server = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)  # noqa: S603  # a server of our own
    try:
        _answering(place)
        yield f"redis+socket://{place}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def redis_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server for one test alone, which may do to it what it likes."""
    with OwnRedis(tmp_path_factory.mktemp("own-redis")) as server:
        yield server.url


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 server of the tests' own, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603  # our own
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def s3_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket on the tests' S3 server, and the environment in which a client finds it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for _ in range(100):
        with suppress(OSError, EndpointConnectionError):
            s3fs.S3FileSystem(skip_instance_cache=True).makedirs("jiaokan", exist_ok=True)
            return "s3://jiaokan"
        time.sleep(0.1)
    pytest.fail("the S3 server of the tests does not answer")


def _answering(place: Path) -> None:
    with redis.Redis(unix_socket_path=str(place)) as client:
        for _ in range(100):
            try:
                if client.ping():
                    return
            except redis.ConnectionError:
                time.sleep(0.05)
    pytest.fail("the Redis server of the tests does not answer")


def _address(name: str) -> str:
    return f"{POSTGRES.rpartition('/')[0]}/{name}"


def _postgres(statement: str) -> None:
    engine = create_engine(
        POSTGRES.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT",
        connect_args={"connect_timeout": 3},
    )  # fmt: skip
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
