"""The files of an upload brought into its batch: a ZIP unpacked, each file known by its content, or refused."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.archive import Blob
from models.blobs import NotStoredError
from models.files import Item, Refusal
from models.queue import Priority
from models.store import batches, uploads
from models.store.batches import Ask, Incoming
from worker.children import Failure
from worker.desk import Desk
from worker.intake import Intake
from worker.sweep import send_next

_log = logging.getLogger(__name__)
_PLACE = "upload"
_GATHER_PAGES = 5
"""How long unpacking may take, in what a page may take; half of what the task may."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    batch_id: int
    name: str
    sha256: str

    @property
    def place(self) -> str:
        """What the upload is called on this disk: of its name only the ending, which helps to tell what it is."""
        ending = Path(self.name).suffix
        return _PLACE + (ending if re.fullmatch(r"\.[A-Za-z0-9]{1,5}", ending) else "")

    def named(self, found: str) -> str:
        """The name in the batch of what was found at that place."""
        return self.name + found.removeprefix(self.place)


def take_in(desk: Desk, upload_id: int) -> None:
    """Put the files of an upload into its batch; those that cannot be read are refused, each with its reason."""
    waiting = desk.patiently(lambda: _load(desk, upload_id))
    if waiting is None:
        return
    folder = Path(tempfile.mkdtemp(dir=desk.scratch))
    try:
        found = _gathered(desk, waiting, folder)
        if isinstance(found, Intake):
            kept = [(item, desk.patiently(lambda item=item: _kept(desk, item))) for item in found.items]  # type: ignore[misc]  # mypy does not see through the default
            desk.patiently(lambda: _save(desk, upload_id, waiting, kept, found.refusals))
        else:
            refused = [Refusal(waiting.place, found, waiting.sha256)]
            desk.patiently(lambda: _save(desk, upload_id, waiting, [], refused))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    send_next(desk)


def _load(desk: Desk, upload_id: int) -> _Waiting | None:
    with desk.database.snapshot() as session:
        upload = uploads.upload_of(session, upload_id)
        if upload is None or upload.sha256 is None or upload.taken_at is not None:
            return None
        return _Waiting(upload.batch_id, upload.name, upload.sha256)


def _gathered(desk: Desk, waiting: _Waiting, folder: Path) -> Intake | str:
    """What the upload holds, or why that cannot be told. Its name never becomes a path."""
    place = folder / waiting.place
    try:
        desk.patiently(lambda: desk.blobs.fetch(waiting.sha256, place))
    except NotStoredError as error:
        return str(error)
    seconds = desk.settings.page_seconds * _GATHER_PAGES
    arguments = ([place], desk.settings.limits(), folder)
    outcome = desk.call(desk.work.gather, arguments, seconds, "JIAOKAN_PAGE_SECONDS")
    if isinstance(outcome, Intake):
        return outcome
    return outcome.message if isinstance(outcome, Failure) else "nothing came of this upload: please report it"


def _kept(desk: Desk, item: Item) -> Blob:
    with item.path.open("rb") as file:
        return desk.blobs.put_file(file)


def _save(
    desk: Desk, upload_id: int, waiting: _Waiting, kept: Sequence[tuple[Item, Blob]], refused: Sequence[Refusal]
) -> None:
    with desk.database.transaction() as session:
        for item, blob in kept:
            file = Incoming(waiting.named(item.name), blob, item.kind.value)
            batches.add_file(session, waiting.batch_id, file, Ask(desk.settings.engine(), Priority.BATCH))
        for one in refused:
            batches.refuse(session, waiting.batch_id, waiting.named(one.name), one.error, one.sha256)
        uploads.taken(session, upload_id)
