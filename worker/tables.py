"""Page to grids of cells: Camelot finds the ruled grid, the tokens are put into its cells by geometry.

Camelot's text is not used: it knows no probabilities and gives a fused token to one cell. Its boxes have their origin
at the bottom left of the page; everything here has it at the top left.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from contextlib import closing
from io import BytesIO
from typing import Any, Literal

import pypdfium2  # type: ignore[import-untyped]  # ships no types
from camelot.handlers import PARSERS, PDFHandler
from camelot.parsers.lattice import Lattice

from models.document import Grid, GridCell, Token
from models.geometry import Box
from worker.filling import filled
from worker.stopwatch import step

log = logging.getLogger(__name__)

Engine = Literal["combined", "vector"]
FLAVOUR = "jiaokan-lattice"
LAYOUT = {"boxes_flow": None}  # no reading order: for a page of 1,200 cells it takes Camelot ten seconds


class _Ruled(Lattice):
    """Camelot's lattice parser for pages of accounts: a form that was filed empty is a table, too."""

    def _reject_table(self, table: Any) -> bool:  # noqa: ARG002  # Camelot's signature
        return False

    def _document_has_no_text(self) -> bool:
        return False


PARSERS[FLAVOUR] = _Ruled


@step("tables")
def grids(pdf: bytes, tokens: Sequence[Token], page: int = 1, engine: Engine = "combined") -> tuple[Grid, ...]:
    """The ruled tables of a page, top to bottom, with the page's tokens in their cells.

    `pdf` shows the straightened page, its rules as vector strokes where `engine` is "vector" (fast, and right for a
    page that textlayer wrote); "combined" looks at the rendered page as well. Tokens outside every grid are left out.
    A page that Camelot cannot make sense of has no grids; the reason is logged.
    """
    return tuple(filled(grid, tokens) for grid in skeletons(pdf, page, engine))


def skeletons(pdf: bytes, page: int = 1, engine: Engine = "combined") -> tuple[Grid, ...]:
    """The ruled tables of a page without their tokens."""
    framed = _framed(pdf, page)
    if framed is None:
        log.warning("no grids on page %d: this is no PDF with such a page", page)
        return ()
    try:
        with warnings.catch_warnings(), PDFHandler(framed, pages="1") as handler:
            warnings.simplefilter("ignore")
            found = list(handler.parse(flavor=FLAVOUR, engine=engine, layout_kwargs=LAYOUT))
    except Exception as error:  # whatever a broken page makes a PDF parser raise, the page can go on
        log.warning("no grids on page %d: Camelot stopped with %s: %s", page, type(error).__name__, error)
        return ()
    made = [_grid(table) for table in found]
    return tuple(sorted((grid for grid in made if grid is not None), key=lambda grid: (grid.box.y0, grid.box.x0)))


def _framed(pdf: bytes, page: int) -> bytes | None:
    """A PDF of the page alone, what is shown of it being all there is; None if PDFium finds no such page.

    Camelot measures from the corner of the MediaBox, all others from that of the CropBox; and a file it cannot open, it
    leaves behind open.
    """
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        return None
    with closing(document), closing(pypdfium2.PdfDocument.new()) as single:
        if page > len(document):
            return None
        single.import_pages(document, [page - 1])
        with closing(single[0]) as shown:
            shown.set_mediabox(*shown.get_cropbox())
        stream = BytesIO()
        single.save(stream)
        return stream.getvalue()


def _grid(table: Any) -> Grid | None:
    """A Camelot table as a Grid without tokens; None where too little of it is left."""
    height = float(table.pdf_size[1])
    rows = [(height - float(top), height - float(bottom)) for top, bottom in table.rows]
    columns = [(float(left), float(right)) for left, right in table.cols]
    if not rows or not columns:
        return None
    edges = _Edges(table.cells)
    cells = tuple(_cells(edges, rows, columns))
    box = Box(columns[0][0], rows[0][0], columns[-1][1], rows[-1][1])
    return Grid(box, len(rows), len(columns), cells)


class _Edges:
    """Which sides of the unit cells of a Camelot table are ruled."""

    def __init__(self, cells: Sequence[Sequence[Any]]) -> None:
        self._cells = cells
        self.row_count, self.column_count = len(cells), len(cells[0])

    def right(self, row: int, column: int) -> bool:
        """Whether a rule stands between a unit cell and its right neighbour; there always is one at the border."""
        if column + 1 >= self.column_count:
            return True
        return bool(self._cells[row][column].right or self._cells[row][column + 1].left)

    def below(self, row: int, column: int) -> bool:
        """Whether a rule stands between a unit cell and the one below it; there always is one at the border."""
        if row + 1 >= self.row_count:
            return True
        return bool(self._cells[row][column].bottom or self._cells[row + 1][column].top)


def _cells(
    edges: _Edges, rows: Sequence[tuple[float, float]], columns: Sequence[tuple[float, float]]
) -> list[GridCell]:
    """Unit cells not parted by a rule, merged to rectangles."""
    taken: set[tuple[int, int]] = set()
    cells = []
    for row in range(edges.row_count):
        for column in range(edges.column_count):
            if (row, column) in taken:
                continue
            right = column
            while not edges.right(row, right) and (row, right + 1) not in taken:
                right += 1
            bottom = row
            while _open_below(edges, bottom, column, right):
                bottom += 1
            taken.update((r, c) for r in range(row, bottom + 1) for c in range(column, right + 1))
            box = Box(columns[column][0], rows[row][0], columns[right][1], rows[bottom][1])
            cells.append(GridCell(row, column, bottom - row + 1, right - column + 1, box))
    return cells


def _open_below(edges: _Edges, row: int, left: int, right: int) -> bool:
    """Whether a run of merged unit cells goes on in the row below, all of it and nothing more."""
    if any(edges.below(row, column) for column in range(left, right + 1)):
        return False
    if any(edges.right(row + 1, column) for column in range(left, right)):
        return False
    starts = left == 0 or edges.right(row + 1, left - 1)
    return starts and edges.right(row + 1, right)
