"""The store: whole or not there, in a folder and on S3, errors in words."""

from __future__ import annotations

import errno
import hashlib
import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.blobs import Blobs, NotStoredError, StoreError, TooLargeError, Writer


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """An empty store of each kind."""
    if request.param == "folder":
        return Blobs(str(tmp_path / "store"))
    url: str = request.getfixturevalue("s3_url")
    return Blobs(f"{url}/{tmp_path.name}")


def names(blobs: Blobs) -> list[str]:
    found = blobs._files.find(blobs._root, withdirs=False)
    return sorted(name.removeprefix(f"{blobs._root}/").partition("/")[0] for name in found)


def test_what_is_put_comes_back(blobs: Blobs) -> None:
    blob = blobs.put([b"ab", b"", b"c"])
    assert blob.sha256 == hashlib.sha256(b"abc").hexdigest()
    assert blob.size == 3
    assert blobs.put_bytes(b"abc") == blobs.put_file(io.BytesIO(b"abc")) == blob
    assert blobs.get(blob.sha256) == b"".join(blobs.stream(blob.sha256)) == b"abc"
    assert b"".join(blobs.stream(blob.sha256, 1, 2)) == b"b"
    assert blobs.has(blob.sha256)
    assert blobs.size(blob.sha256) == 3
    assert names(blobs) == ["blobs"]
    blobs.remove(blob.sha256)
    blobs.remove(blob.sha256)
    assert not blobs.has(blob.sha256)


def test_nothing_is_nothing(blobs: Blobs, tmp_path: Path) -> None:
    absent = hashlib.sha256(b"").hexdigest()
    blobs.put([b"another"])
    for ask in (blobs.get, blobs.size, lambda sha256: list(blobs.stream(sha256))):
        with pytest.raises(NotStoredError, match="restore it from a backup"):
            ask(absent)
    with pytest.raises(NotStoredError, match="not a hash"):
        blobs.get("../../etc/passwd")
    blob = blobs.put([])
    assert blob.sha256 == absent
    assert blobs.get(absent) == b""
    blobs.fetch(absent, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == b""


def test_a_store_that_is_gone_may_come_back(tmp_path: Path, s3_url: str) -> None:
    for gone in (Blobs(str(tmp_path / "unmounted")), Blobs(f"{s3_url}-gone/x")):
        for ask in (gone.get, gone.size, lambda sha256, store=gone: list(store.stream(sha256))):
            with pytest.raises(StoreError, match="the store does not exist") as told:
                ask("a" * 64)
            assert not isinstance(told.value, NotStoredError)


def test_half_a_stream_leaves_nothing(blobs: Blobs) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError("the sender is gone")

    with pytest.raises(ConnectionResetError):
        blobs.put(broken())
    with pytest.raises(TooLargeError, match="more than 5 bytes"):
        blobs.put([b"1234", b"56"], most=5)
    assert names(blobs) == []


def test_an_upload_is_joined_from_its_parts(blobs: Blobs) -> None:
    keys = []
    for piece in (b"one", b"two"):
        writer = blobs.part_writer(most=10)
        writer.write(piece)
        key, size = blobs.keep_part(writer)
        assert size == 3
        keys.append(key)
    blob = blobs.join_parts(keys)
    assert blobs.get(blob.sha256) == b"onetwo"
    for key in [*keys, *keys]:
        blobs.remove_part(key)
    assert names(blobs) == ["blobs"]
    assert blobs.problem() == ""


def test_a_large_stream_takes_little_memory(blobs: Blobs, tmp_path: Path) -> None:
    piece = bytes(range(256)) * 4096
    tracemalloc.start()
    blob = blobs.put(piece for _ in range(96))
    blobs.fetch(blob.sha256, tmp_path / "large")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert blob.size == (tmp_path / "large").stat().st_size == 96 * len(piece)
    assert peak < 64 << 20


def test_damage_is_noticed(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    blob = blobs.put_bytes(b"abc")
    (tmp_path / "blobs" / blob.sha256[:2] / blob.sha256).write_bytes(b"abd")
    with pytest.raises(StoreError, match="damaged"):
        blobs.get(blob.sha256)


def test_a_full_disk_says_so_and_keeps_no_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Blobs(str(tmp_path))

    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, _piece: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            self._file.close()

    def writer(self: Writer, *arguments: Any) -> None:
        original(self, *arguments)
        self._file = Full(self._file)

    original = Writer.__init__
    monkeypatch.setattr(Writer, "__init__", writer)
    with pytest.raises(StoreError, match="No space left on device"):
        blobs.put([b"abc"])
    assert "No space left" in blobs.problem()
    assert names(blobs) == []


def test_a_store_that_is_away_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert "check its space" in Blobs(str(tmp_path / "file")).problem()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "none")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert "the store cannot write" in Blobs("s3://nowhere/x").problem()
