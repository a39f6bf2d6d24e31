"""`jiaokan push`: a folder to a service, and what came of it back, for scripts."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from api.client import Client, ServiceError
from api.schemas import BatchOut, FileOutcome
from models.archive import State
from models.kinds import is_companion, is_hidden
from worker.folder import OutputError, check, replacing

_DONE, _SOME_FAILED, _CANNOT_START = 0, 1, 2
_SCHEMES = ("http://", "https://")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to send, where to, and what to bring back."""
    parser.add_argument("folder", metavar="DIR", type=Path, help="a folder, or one file or ZIP")
    parser.add_argument("--server", metavar="URL", required=True, help="the service, such as https://jiaokan.example")
    parser.add_argument("--name", default="", help="what the batch is called (default: the name of the folder)")
    parser.add_argument("--wait", action="store_true", help="wait until all is read")
    parser.add_argument("--out", metavar="DIR", type=Path, help="write the export there as `jiaokan extract` does")


def run(args: argparse.Namespace) -> int:
    """Send; 0 if all was taken (and read, with --wait), 1 if something was not, 2 if nothing could start."""
    token = os.environ.get("JIAOKAN_TOKEN", "")
    if not args.server.startswith(_SCHEMES):
        return _refuse("--server begins with http:// or https://")
    if not token:
        return _refuse("no token: make one on the page of your account, and put it into JIAOKAN_TOKEN")
    if not args.folder.exists():
        return _refuse(f"there is no such file or folder: {args.folder}")
    try:
        if args.out is not None:
            check(args.out.resolve())
        with Client(args.server, token) as client:
            return _push(client, args)
    except (ServiceError, OutputError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or 'the disk'}: {error.strerror}")


def _push(client: Client, args: argparse.Namespace) -> int:
    files = dict(_files(args.folder))
    if not files:
        return _refuse(f"there is nothing to send in {args.folder}")
    name = args.name or args.folder.resolve().name
    client.me()
    batch = client.open_batch(name, _key(name, files))
    have = {document.name: document.sha256 for document in client.documents(batch.id)}
    refused = 0
    for number, (called, path) in enumerate(files.items(), 1):
        if have.get(called) == _digest(path):
            continue
        outcome = client.add(batch.id, called, path)
        refused += outcome.outcome == "refused"
        _tell(f"[{number}/{len(files)}] {_said(outcome)}")
    _tell(f"batch {batch.id}: {args.server.rstrip('/')}/batches/{batch.id}")
    failed = 0
    if args.wait or args.out is not None:
        failed = _failed(client.wait(batch.id, _progress))
    if args.out is not None:
        _bring(client, batch, args.out)
    return _SOME_FAILED if refused or failed else _DONE


def _bring(client: Client, batch: BatchOut, out: Path) -> None:
    """The export of the batch as a folder, which takes its place when it is complete."""
    export = client.export(batch.name, batch=batch.id)
    with TemporaryDirectory(prefix="jiaokan-") as scratch, replacing(out) as staging:
        packed = Path(scratch) / "export.zip"
        client.download(export, packed)
        with ZipFile(packed) as archive:
            archive.extractall(staging)
    _tell(f"{out}: version {export.id}, SHA-256 {export.sha256}")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What to send, by name in the batch; hidden files and what is no document stay."""
    if folder.is_file():
        yield folder.name, folder
        return
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(map(is_hidden, parts)) and not is_companion(path.name):
            yield "/".join(parts), path


def _key(name: str, files: dict[str, Path]) -> str:
    """The same for the same folder: pushing once more goes on with the same batch."""
    told = "\n".join([name, *(f"{called} {path.stat().st_size}" for called, path in files.items())])
    return f"push-{hashlib.sha256(told.encode(errors='surrogateescape')).hexdigest()[:40]}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _failed(batch: BatchOut) -> int:
    return batch.documents.get(State.FAILED, 0) + batch.refused


def _said(outcome: FileOutcome) -> str:
    more = outcome.reason or outcome.same_as
    return f"{outcome.name}: {outcome.outcome}{f' ({more})' if more else ''}"


def _progress(batch: BatchOut) -> None:
    states = ", ".join(f"{count} {state.value}" for state, count in batch.documents.items())
    _tell(f"{batch.pages_finished} of {batch.pages} pages; {states}")


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _refuse(why: str) -> int:
    _tell(f"jiaokan: {why}")
    return _CANNOT_START
