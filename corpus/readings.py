"""Pages as read, kept beside their PDFs: documents can be laid out and settled again without being read again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path

from models.document import Document, Page
from models.packing import pack, unpack_page

FOLDER = "readings"
DOCUMENTS_OF_A_PROCESS = 6


def documents(folder: Path, jobs: int) -> Iterator[tuple[str, Document]]:
    """The name of each PDF of a folder and what was read of it, laid out; what was read before is not read again."""
    from worker.layout import lay_out  # noqa: PLC0415  # loads Camelot, which `--help` need not wait for

    paths = sorted(folder.glob("*.pdf"))
    read_all(paths, jobs)
    for path in paths:
        yield path.name, lay_out([unpack_page(page.read_bytes()) for page in sorted(kept(path).glob("*.page"))])


def read_all(paths: Sequence[Path], jobs: int) -> None:
    """Read the PDFs that were not read before, in their order, and keep their pages beside them."""
    missing = [path for path in paths if not kept(path).exists()]
    if missing:
        with get_context("spawn").Pool(jobs, maxtasksperchild=DOCUMENTS_OF_A_PROCESS) as pool:
            for _ in pool.imap_unordered(_read, missing):
                pass


def kept(path: Path) -> Path:
    """The folder where the pages of a PDF are kept as read."""
    return path.parent / FOLDER / path.stem


def keep(path: Path, pages: Iterable[Page]) -> None:
    """Keep the pages of a PDF; nothing is seen of them before all are there."""
    new = kept(path).with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    for page in pages:
        (new / f"{page.number:04d}.page").write_bytes(pack(page))
    new.rename(kept(path))


def _read(path: Path) -> None:
    from models.files import FileKind  # noqa: PLC0415  # in the child process only: loads the models
    from models.settings import Settings  # noqa: PLC0415  # the same
    from worker import pipeline  # noqa: PLC0415  # the same

    options = Settings().options(None, None)
    count = pipeline.open_file(path, FileKind.PDF, options.limits)
    keep(path, (pipeline.read_page(path, FileKind.PDF, number, options) for number in range(1, count + 1)))


def folders(roots: Iterable[Path]) -> list[Path]:
    """The folders among and below the given ones that hold PDFs and a truth to compare with."""
    found = [path.parent.parent for root in roots for path in sorted(root.rglob("truth/cells.csv"))]
    return list(dict.fromkeys(found))
