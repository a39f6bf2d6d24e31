"""Documents as read, kept beside their PDFs, so that they can be settled again without being read again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from models.document import Document
from models.packing import pack, unpack_document

FOLDER = "readings"
DOCUMENTS_OF_A_PROCESS = 6


def documents(folder: Path, jobs: int) -> Iterator[tuple[str, Document]]:
    """The name of each PDF of a folder and what was read of it; what was read before is not read again."""
    paths = sorted(folder.glob("*.pdf"))
    missing = [path for path in paths if not kept(path).exists()]
    if missing:
        kept(missing[0]).parent.mkdir(exist_ok=True)
        with get_context("spawn").Pool(jobs, maxtasksperchild=DOCUMENTS_OF_A_PROCESS) as pool:
            for _ in pool.imap_unordered(_read, missing):
                pass
    for path in paths:
        yield path.name, unpack_document(kept(path).read_bytes())


def kept(path: Path) -> Path:
    """Where the reading of a PDF is kept."""
    return path.parent / FOLDER / f"{path.stem}.reading"


def keep(path: Path, document: Document) -> None:
    """Keep what was read of a PDF; nothing is seen of it before it is whole."""
    new = kept(path).with_suffix(".new")
    new.write_bytes(pack(document))
    new.replace(kept(path))


def _read(path: Path) -> None:
    from models.files import FileKind  # noqa: PLC0415  # in the child process only: loads the models
    from models.settings import Settings  # noqa: PLC0415  # the same
    from worker import pipeline  # noqa: PLC0415  # the same
    from worker.layout import lay_out  # noqa: PLC0415  # the same

    options = Settings().options(None, None)
    read = partial(pipeline.read_page, path, FileKind.PDF, options=options)
    count = pipeline.open_file(path, FileKind.PDF, options.limits)
    keep(path, lay_out([read(number) for number in range(1, count + 1)]))


def folders(roots: Iterable[Path]) -> list[Path]:
    """The folders among and below the given ones that hold PDFs and a truth to compare with."""
    found = [path.parent.parent for root in roots for path in sorted(root.rglob("truth/cells.csv"))]
    return list(dict.fromkeys(found))
