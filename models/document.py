"""The nouns: what a page showed, what stands in a table, what follows from it. Frozen values without behaviour.

Lengths are PDF points (1/72 inch). The origin is the top left corner of the page as it is displayed, y grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models.decisions import Asks
from models.geometry import Box, Mesh

CELLS_WAIT = "个单元格待核对"
"""How a question ends that only counts cells, each of which is asked about by itself."""


class Origin(StrEnum):
    """Where the characters of a page come from."""

    BORN_DIGITAL = "born-digital"
    SCAN = "scan"
    GARBLED_TEXT = "garbled-text"
    TEXT_DUMP = "text-dump"
    MIXED = "mixed"


class DocumentKind(StrEnum):
    """What sort of disclosure a document is: 决算, 预算, 绩效自评 or something else."""

    FINAL_ACCOUNT = "final-account"
    BUDGET = "budget"
    PERFORMANCE = "performance"
    OTHER = "other"


class DocumentStatus(StrEnum):
    """What is left to do about a document."""

    CLEAN = "clean"
    NEEDS_REVIEW = "needs-review"
    FAILED = "failed"


class CellStatus(StrEnum):
    """How a cell's value came about; READ and REPAIRED are promises, FLAGGED is a question."""

    READ = "read"
    REPAIRED = "repaired"
    FLAGGED = "flagged"
    REVIEWED = "reviewed"


class CheckResult(StrEnum):
    """How an identity came out."""

    PASS = "pass"  # noqa: S105  # a result, not a password
    FAIL = "fail"
    SOURCE_INCONSISTENT = "source-inconsistent"
    NOT_CHECKABLE = "not-checkable"


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character as read, with what else it may be.

    `alternatives` holds (character, probability), best first, without `char` itself; the empty string stands for
    "no character here". `x0` and `x1` are its horizontal extent in points of the straightened page.
    """

    char: str
    probability: float
    x0: float
    x1: float
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Rereading:
    """What another reading of a place says, with the probability of its worst character, and what kind it was."""

    text: str
    probability: float
    kind: str


@dataclass(frozen=True, slots=True)
class Token:
    """A run of characters read together: one box of the text detector, or one run of a text layer.

    `probability` is that of the worst character. `glyphs` is empty where the source knows no single characters.
    `again` holds what other readings of the same place say: another crop of it, or an alphabet of figures only.
    """

    text: str
    box: Box
    probability: float = 1.0
    glyphs: tuple[Glyph, ...] = ()
    again: tuple[Rereading, ...] = ()


@dataclass(frozen=True, slots=True)
class GridCell:
    """A cell of a ruled grid with the tokens that stand in it, in reading order; rows and columns count from 0."""

    row: int
    column: int
    row_span: int
    column_span: int
    box: Box
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as ruled on one page, merged cells with their spans. Boxes are those of the straightened page."""

    box: Box
    row_count: int
    column_count: int
    cells: tuple[GridCell, ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal taken off a page: where it stood on the page as filed, and its picture as PNG."""

    box: Box
    picture: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """What one page showed. Tokens and grids stand on the straightened page; `mesh` leads back (None: it is the same).

    `layer` keeps the tokens of a text layer that is not believed, as a further witness.
    """

    number: int
    width: float
    height: float
    origin: Origin
    tokens: tuple[Token, ...]
    grids: tuple[Grid, ...] = ()
    layer: tuple[Token, ...] = ()
    mesh: Mesh | None = None
    seals: tuple[Seal, ...] = ()
    engine: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read at one place; empty text: nothing is printed there.

    `box` lies on the page as filed and is None for text dumps. `again` holds what further readings of the place say.
    `decided`: a person read it.
    """

    text: str = ""
    page: int = 0
    box: Box | None = None
    glyphs: tuple[Glyph, ...] = ()
    probability: float = 1.0
    again: tuple[Rereading, ...] = ()
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of running text outside the tables, in reading order."""

    text: str
    page: int
    box: Box | None = None
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Column:
    """A data column: its 栏次, its canonical name (the printed header path for tables without a form), and its block.

    `block` counts the side-by-side parts of a table from 0, left to right.
    """

    number: str
    name: str
    header: str = ""
    block: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One item of a block: printed line (from 0, counted over all pages), 行次, 科目代码 and item as read."""

    line: int
    block: int = 0
    line_no: Reading = Reading()
    code: Reading = Reading()
    name: Reading = Reading()


@dataclass(frozen=True, slots=True)
class Cell:
    """A data cell as read: indices of its row and column in the table, and what stands there (blank cells too).

    `doubt` says what the layout was unsure of (two amounts in one cell, a guessed column); empty if nothing.
    """

    cell_id: str
    row: int
    column: int
    reading: Reading
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read, its pages joined; `form` is the code of the form or empty, `code` is that, or T1, T2 …

    Cells stand row by row and there is one for each row and each column of the row's block.
    """

    code: str
    title: str
    form: str
    unit: str
    pages: tuple[int, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    cells: tuple[Cell, ...]
    declared_empty: bool = False
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document as read: what the pages showed, laid out as tables and lines. Stored once, never edited."""

    page_count: int
    origin: Origin
    tables: tuple[Table, ...]
    lines: tuple[Line, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """An identity that was tried; `left`, `right`, `difference` and `tolerance` are in the unit of its first term."""

    check_id: str
    kind: str
    formula: str
    left: Decimal | None
    right: Decimal | None
    tolerance: Decimal | None
    result: CheckResult
    cell_ids: tuple[str, ...] = ()

    @property
    def difference(self) -> Decimal | None:
        return None if self.left is None or self.right is None else self.left - self.right


@dataclass(frozen=True, slots=True)
class Repair:
    """A changed value or label. `proof` names the check ids or reference entries that only this repair satisfies."""

    cell_id: str
    field: str
    raw: str
    repaired: str
    kind: str
    proof: str
    unique: bool
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure stated in the narrative, and the cells that state the same."""

    page: int
    section: str
    name: str
    value: Decimal
    unit: str
    status: CellStatus
    raw: str
    sentence_no: int
    agrees_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledCell:
    """A data cell with what it was settled to; `value` is in the table's unit, None where nothing is printed.

    `confidence` is what a calibrated curve makes of `score`, all that speaks for the value in nats, for its `sort`.
    `asks` says why a person is asked (`models.decisions.Asks`), None where nobody is.
    """

    cell: Cell
    value: Decimal | None
    status: CellStatus
    confidence: float
    reason: str = ""
    alternatives: tuple[str, ...] = ()
    score: float = 0.0
    sort: str = ""
    asks: Asks | None = None


@dataclass(frozen=True, slots=True)
class SettledRow:
    """The labels of a row after repair."""

    line_no: str
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class SettledTable:
    """A table as settled; rows and cells stand in the order of `table.rows` and `table.cells`."""

    table: Table
    rows: tuple[SettledRow, ...]
    cells: tuple[SettledCell, ...]


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that follows from a document as read and what people decided: computed by `settle`, never edited.

    `orphans` are the numbers of decisions that match nothing in it.
    """

    entity: str
    year: str
    kind: DocumentKind
    status: DocumentStatus
    tables: tuple[SettledTable, ...]
    checks: tuple[Check, ...] = ()
    repairs: tuple[Repair, ...] = ()
    facts: tuple[Fact, ...] = ()
    questions: tuple[str, ...] = ()
    orphans: tuple[int, ...] = ()
