"""ZIPs opened with care: names of members never become paths, and sizes are counted while unpacking, not believed."""

from __future__ import annotations

import lzma
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.files import Limits, Refusal, UnreadableError
from models.kinds import is_hidden

_CHUNK = 1 << 20
_RATIO_FROM = 16 << 20
_END = struct.Struct("<4s4H2LH")
_END_MARK = b"PK\x05\x06"
_LONGEST_COMMENT = 0xFFFF
_ENTRY_BYTES = 1024
"""A generous directory entry: 46 bytes and a name; more per file is no honest archive."""
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_OFFICE = {
    "[Content_Types].xml": "an Office file (Word, Excel or PowerPoint): save it as PDF and add that",
    "OFD.xml": "an OFD file: convert it to PDF and add that",
    "mimetype": "an OpenDocument or EPUB file: save it as PDF and add that",
}


class BombError(UnreadableError):
    """A ZIP, or one within it, that would unpack to more than it may."""


@dataclass(slots=True)
class Budget:
    """What a ZIP, with the ZIPs inside, may still unpack."""

    members: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Member:
    """A member as unpacked: its name in the ZIP, cleaned, and where its bytes are now."""

    name: str
    path: Path


def unpack(path: Path, limits: Limits, budget: Budget, folder: Path) -> Iterator[Member | Refusal]:
    """Unpack the files of a ZIP into `folder` under names of our own; a bad member becomes a refusal.

    Raises `UnreadableError` if the ZIP as a whole cannot be read, `BombError` if it unpacks to more than the limits.
    """
    _check_directory(path, limits)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UnreadableError("the ZIP is damaged or cut short: get it again from its source") from error
    with archive:
        entries = [(member_name(info), info) for info in archive.infolist() if not info.is_dir()]
        for name, what in _OFFICE.items():
            if any(entry == name for entry, _ in entries):
                raise UnreadableError(f"this is {what}")
        yield from _members(archive, entries, _Meter(path.stat().st_size, limits, budget), folder)


def member_name(info: zipfile.ZipInfo) -> str:
    """A member's name with forward slashes; names not marked as UTF-8 are UTF-8 or, from Chinese Windows, GB 18030.

    The bytes are decoded before backslashes are looked for: the second byte of a GBK character can be a backslash.
    """
    name = info.orig_filename.split("\0")[0]
    if not info.flag_bits & _UTF8_NAME:
        name = _decoded(name.encode("cp437", errors="replace")) or name
    return name.replace("\\", "/")


def _decoded(raw: bytes) -> str:
    """Bytes as UTF-8 or GB 18030; empty if they are neither.

    A few short GBK names are UTF-8 too, but then of Cyrillic or accented letters, and no Chinese character among them.
    """
    found = []
    for encoding in ("utf-8", "gb18030"):
        try:
            found.append(raw.decode(encoding))
        except UnicodeDecodeError:
            continue
    chinese = [name for name in found if name.isascii() or any(char >= "\u2e80" for char in name)]
    return next(iter(chinese + found), "")


class _Meter:
    """Counts what comes out of one ZIP against its limits."""

    def __init__(self, packed: int, limits: Limits, budget: Budget) -> None:
        self.limits = limits
        self._most = max(packed * limits.zip_ratio, _RATIO_FROM)
        self._budget = budget
        self._unpacked = 0

    def files(self, count: int, declared: int) -> None:
        self._budget.members -= count
        if self._budget.members < 0:
            raise BombError(f"the ZIP holds more than {self.limits.zip_members:,} files: split it")
        self._check(declared, declared)

    def add(self, count: int) -> None:
        self._unpacked += count
        self._budget.bytes -= count
        self._check(self._unpacked, 0)

    def _check(self, unpacked: int, still: int) -> None:
        if unpacked > self._most:
            raise BombError(
                f"the ZIP unpacks to more than {self.limits.zip_ratio} times its size, as ZIP bombs do: "
                "if it is sound, unpack it yourself and give the folder"
            )
        if self._budget.bytes < still:
            most = self.limits.zip_bytes >> 20
            raise BombError(f"the ZIP unpacks to more than {most:,} MiB: split it, or unpack it and give the folder")


def _members(
    archive: zipfile.ZipFile, entries: list[tuple[str, zipfile.ZipInfo]], meter: _Meter, folder: Path
) -> Iterator[Member | Refusal]:
    meter.files(len(entries), sum(info.file_size for _, info in entries))
    counts = Counter(name for name, _ in entries)
    told: set[str] = set()
    for name, info in sorted(entries, key=lambda entry: entry[0]):
        parts = [part for part in name.split("/") if part not in ("", ".", "..")]
        if any(map(is_hidden, parts)):
            continue
        shown = "/".join(parts) or "member"
        wrong = _wrong(name, info, counts[name])
        if not wrong:
            target = folder / f"{len(told):06d}"
            wrong = _write(archive, info, target, meter)
        if name in told:
            continue
        told.add(name)
        yield Refusal(shown, wrong) if wrong else Member(shown, target)


def _wrong(name: str, info: zipfile.ZipInfo, count: int) -> str:
    """What is wrong with a member before its bytes are looked at; empty if nothing."""
    if name.startswith("/") or re.match(r"[A-Za-z]:", name):
        return f"its name in the ZIP is an absolute path ({name}): pack the ZIP anew with relative names"
    if ".." in name.split("/"):
        return f"its name in the ZIP leads out of the archive ({name}): pack the ZIP anew from the folder itself"
    if count > 1:
        return f"its name stands {count} times in the ZIP, so which file is meant is unclear: rename and pack anew"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a symbolic link in the ZIP: pack the file itself"
    if info.flag_bits & _ENCRYPTED:
        return "it is locked with a password in the ZIP: unpack it and add the file itself"
    return ""


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, meter: _Meter) -> str:
    """Unpack a member, counting; what is wrong with it, or nothing."""
    try:
        with archive.open(info) as source, target.open("wb") as out:
            written = 0
            while chunk := source.read(_CHUNK):
                meter.add(len(chunk))
                written += len(chunk)
                if written > meter.limits.file_bytes:
                    return f"the file is larger than {meter.limits.file_bytes >> 20:,} MiB: split it"
                out.write(chunk)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return "it is damaged in the ZIP: get the ZIP again from its source"
    except NotImplementedError:
        return "it is packed by a method that is not supported: pack the ZIP anew with the usual one (deflate)"
    return ""


def _check_directory(path: Path, limits: Limits) -> None:
    """Refuse a ZIP by its end record before its directory, which is read at one go, can fill the memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
        tail = file.read()
    at = tail.rfind(_END_MARK)
    if at < 0 or at + _END.size > len(tail):
        raise UnreadableError("the ZIP is cut short (its directory is missing): get it again from its source")
    _, _, _, _, count, directory, _, _ = _END.unpack_from(tail, at)
    if count > limits.zip_members or directory > limits.zip_members * _ENTRY_BYTES:
        raise BombError(f"the ZIP holds more than {limits.zip_members:,} files: split it")
