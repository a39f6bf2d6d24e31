"""An export made once from what is known at one moment, and frozen: the folder of EXPORT.md in a ZIP.

The same results give the same bytes: members in the order of their names, without the time of their making.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.blobs import NotStoredError
from models.document import Origin
from models.files import FileResult, Refusal, stems
from models.packing import unpack_extraction
from models.store import exports
from models.store.exports import Frozen
from models.store.sources import Source, sources
from worker.desk import Desk
from worker.export import Export

_NO_TIME = (1980, 1, 1, 0, 0, 0)
_MODE = 0o644 << 16


@dataclass(frozen=True, slots=True)
class _Made:
    zipped: Path
    manifest: bytes
    decisions: int


def make_export(desk: Desk, export_id: int) -> None:
    """Make an export that was asked for, unless it is there."""

    def load() -> list[Source] | None:
        with desk.database.transaction() as session:
            found = exports.start_export(session, export_id)
            return None if found is None else sources(session, found.scope)

    found = desk.patiently(load)
    if found is None:
        return
    folder = Path(tempfile.mkdtemp(dir=desk.scratch))
    try:
        made = _make(desk, found, folder)
        desk.patiently(lambda: _keep(desk, export_id, made))
    except NotStoredError as error:
        told = str(error)
        desk.patiently(lambda: _fail(desk, export_id, told))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def results(desk: Desk, found: list[Source]) -> Iterator[FileResult | Refusal]:
    """The documents of an export, one at a time."""
    stem = stems(source.name for source in found)
    for source in found:
        if source.blob is None:
            yield Refusal(source.name, source.failure or f"it is {source.state.value}", source.sha256)
            continue
        packed = desk.patiently(lambda blob=source.blob: desk.blobs.get(blob))  # type: ignore[misc]  # the default binds it
        extraction, error = unpack_extraction(packed), source.failure
        origin = Origin(source.origin) if source.origin else None
        yield FileResult(source.name, stem[source.name], source.sha256, source.pages, origin, extraction, error)


def _make(desk: Desk, found: list[Source], folder: Path) -> _Made:
    tables = folder / "export"
    tables.mkdir()
    export = Export(tables)
    for result in results(desk, found):
        export.add(result)
    export.finish()
    told = [[one.document_id, one.name, one.sha256, one.blob, one.decision_id] for one in found]
    manifest = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    return _Made(zip_folder(tables, folder / "export.zip"), manifest, sum(one.decisions for one in found))


def zip_folder(folder: Path, to: Path) -> Path:
    """A folder as a ZIP that depends on nothing but its content."""
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            member = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _NO_TIME)
            member.external_attr, member.compress_type = _MODE, zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(member, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target)
    return to


def _keep(desk: Desk, export_id: int, made: _Made) -> None:
    with made.zipped.open("rb") as file:
        blob = desk.blobs.put_file(file)
    manifest = desk.blobs.put_bytes(made.manifest)
    with desk.database.transaction() as session:
        exports.freeze_export(session, export_id, Frozen(blob, manifest.sha256, made.decisions))


def _fail(desk: Desk, export_id: int, reason: str) -> None:
    with desk.database.transaction() as session:
        exports.fail_export(session, export_id, reason)
