"""An export made once: written from one moment of the database, stored under its hash, with what it rests on.

The same documents, results and decisions give the same bytes, whoever asks and whenever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from models.archive import UNFINISHED, Blob, ExportFormat, State
from models.blobs import Blobs
from models.db import Database
from models.document import Origin
from models.export.choosing import without_flagged
from models.export.folder import Export
from models.export.parquet import ParquetExport
from models.export.workbook import WorkbookExport
from models.export.zipped import write_zip
from models.files import FileResult, Refusal, stems
from models.packing import unpack_extraction
from models.rows import Decision
from models.store import exports, people
from models.store.exports import Frozen, Held, NotHeld

_FAULT = "nothing came of this document, by a fault of jiaokan: have it read again"


class Writing(Protocol):
    """What writes one format into a folder: every result in the order of names, then the end."""

    def add(self, result: FileResult | Refusal) -> object:
        """Take a document."""

    def finish(self) -> object:
        """Write what is left."""


WRITERS: Mapping[ExportFormat, Callable[[Path], Writing]] = {
    ExportFormat.CSV: Export,
    ExportFormat.XLSX: WorkbookExport,
    ExportFormat.PARQUET: ParquetExport,
}


@dataclass(frozen=True, slots=True)
class _Contents:
    """What an export is made of, as of one moment."""

    documents: Sequence[Held]
    refused: Sequence[NotHeld]
    decisions: Sequence[Mapping[str, Any]]


def make_export(database: Database, blobs: Blobs, export_id: int) -> bool:
    """Make an export that was asked for; False if it is made already, has failed, or was never asked for.

    Raises StoreError or DatabaseAwayError where trying later may help.
    """
    with database.transaction() as session:
        wanted = exports.start_export(session, export_id)
        owner = people.user_by_id(session, wanted.user_id) if wanted else None
    if wanted is None or owner is None:
        return False
    with database.snapshot() as session:
        documents = exports.held(session, wanted.scope, owner)
        decisions = [_told(*one) for one in exports.decisions_behind(session, documents)]
        found = _Contents(documents, exports.not_held(session, wanted.scope, owner), decisions)
    kind = ExportFormat(wanted.format)
    with TemporaryDirectory(prefix="jiaokan-export-") as folder:
        writer = WRITERS[kind](Path(folder))
        for result in _results(found, blobs, wanted.with_flagged):
            writer.add(result)
        writer.finish()
        blob = _kept(Path(folder), kind, blobs)
    manifest = blobs.put_bytes(_manifest(found, blob, kind, wanted.with_flagged))
    with database.transaction() as session:
        return exports.freeze_export(session, export_id, Frozen(blob, manifest.sha256, len(found.decisions)))


def _results(found: _Contents, blobs: Blobs, with_flagged: bool) -> Iterator[FileResult | Refusal]:
    """Every document and refusal, in the order of their names; of several batches, with the batch before the name."""
    everything: list[Held | NotHeld] = [*found.documents, *found.refused]
    several = len({one.batch_id for one in everything}) > 1
    names = {_key(one): f"{one.batch_id} {one.batch.replace('/', '_')}/{one.name}" if several else one.name
             for one in everything}  # fmt: skip
    stem = stems(names[_key(one)] for one in found.documents)
    taken: set[str] = set()
    for one in sorted(everything, key=lambda one: (names[_key(one)], isinstance(one, NotHeld))):
        name = names[_key(one)]
        if name in taken:
            name = f"{name} (refused)"
        taken.add(name)
        if isinstance(one, NotHeld):
            yield Refusal(name, one.reason, one.sha256)
        else:
            yield _result(one, name, stem[name], blobs, with_flagged)


def _key(one: Held | NotHeld) -> tuple[int, str]:
    return one.batch_id, one.name


def _result(one: Held, name: str, stem: str, blobs: Blobs, with_flagged: bool) -> FileResult:
    if one.blob is None:
        error = one.failure or _unsettled(one.state)
        return FileResult(name, stem, one.sha256, one.pages, error=error)
    extraction = unpack_extraction(blobs.get(one.blob))
    if not with_flagged:
        extraction = without_flagged(extraction)
    origin = Origin(one.origin) if one.origin else None
    error = one.failure or (_FAULT if one.state == State.FAILED else "")
    return FileResult(name, stem, one.sha256, one.pages, origin, extraction, error)


def _unsettled(state: str) -> str:
    if state in UNFINISHED:
        return f"not finished when this version was made ({state}): export again when it is"
    return _FAULT


def _kept(folder: Path, kind: ExportFormat, blobs: Blobs) -> Blob:
    if kind is ExportFormat.XLSX:
        with (folder / "jiaokan.xlsx").open("rb") as file:
            return blobs.put_file(file)
    writer = blobs.writer()
    try:
        write_zip(folder, writer)
    except BaseException:
        writer.abandon()
        raise
    return blobs.keep(writer)


def _told(decision: Decision, who: str) -> Mapping[str, Any]:
    return {
        "decision": decision.id, "sha256": decision.sha256, "at": decision.at.isoformat(), "by": who,
        "kind": decision.kind, "key": decision.key, "field": decision.field, "before": decision.before,
        "after": decision.after, "note": decision.note, "undoes": decision.undoes,
    }  # fmt: skip


def _manifest(found: _Contents, blob: Blob, kind: ExportFormat, with_flagged: bool) -> bytes:
    documents = [
        {
            "batch": one.batch_id, "document": one.name, "sha256": one.sha256, "state": one.state,
            "engine": one.engine, "result": one.blob, "decisions_until": one.decision_id,
        }
        for one in found.documents
    ]  # fmt: skip
    told = {
        "jiaokan": version("jiaokan"), "format": kind.value, "with_flagged": with_flagged, "sha256": blob.sha256,
        "bytes": blob.size, "documents": documents,
        "refused": [{"batch": one.batch_id, "document": one.name, "reason": one.reason} for one in found.refused],
        "decisions": list(found.decisions),
    }  # fmt: skip
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()
