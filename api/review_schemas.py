"""What goes in and out at the review station as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.languages import Told
from api.schemas import Asked, Number, Value
from models.decisions import Asks, DecisionKind

Box = tuple[float, float, float, float]
Text = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Sent = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
_MOST_FEN = 10**18
_MOST_SKIPPED = 500


class FilterAsked(Asked):
    """Which questions; amounts are in fen, of either sign. `skip` are the numbers of questions not to be asked now."""

    batch: Number | None = None
    document: Number | None = None
    form: Text = Field(default="", examples=["公开05"])
    asks: Asks | None = Field(default=None, description="The kind of doubt.")
    entity: Text = Field(default="", examples=["某省财政厅"])
    least: int | None = Field(default=None, ge=0, le=_MOST_FEN)
    most: int | None = Field(default=None, ge=0, le=_MOST_FEN)
    skip: list[Number] = Field(default_factory=list, max_length=_MOST_SKIPPED)


class DecisionAsked(Asked):
    """What a person says about a document, a cell, or a label of its row.

    `seen` is the number of the last decision about it that the person saw, 0 for none: if another is there, nothing is
    decided and the answer, 409, tells what it says. Sending again with the same `idempotency` decides once.
    """

    kind: DecisionKind
    key: str = Field(min_length=1, max_length=2000, examples=["g05-r02-c1"], description="The cell, or the question.")
    field: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_-]*$")] = ""
    after: str = Field(default="", max_length=4000, examples=["515892.00"])
    note: str = Field(default="", max_length=2000)
    seen: int | None = Field(default=None, ge=0, le=2**53 - 1)
    reading: Number | None = Field(default=None, description="What was looked at; 409 if it was read anew since.")
    doubted: bool = Field(
        default=False,
        description="It was being asked about when looked at; 409 if answered otherwise since.",
    )
    undoes: Number | None = Field(default=None, description="For undo: the decision that is taken back.")
    idempotency: Sent | None = Field(default=None, examples=["b7c1f0aa42d94f6e"])


class DecisionOut(Value):
    """What came of a decision: what it settled elsewhere, and how the document stands now."""

    decision: int = Field(description="Its number.", examples=[118])
    again: bool = Field(default=False, description="It had been sent before.")
    question: int | None = Field(default=None, description="The question about the cell, open or answered.")
    answered: bool = Field(description="Nothing is asked about the cell any more.")
    settled: list[int] = Field(description="Other questions that are answered by it.", examples=[[7, 9]])
    opened: list[int] = Field(description="Questions that it raised.", examples=[[]])
    left: int = Field(description="Questions of the document that are still open.", examples=[3])


class PictureOut(Value):
    """A picture of a page and the size of that page in points."""

    href: str
    width: float
    height: float


class PageOut(PictureOut):
    """A page as filed, and straightened if it was."""

    number: int
    straight: PictureOut | None = None


class PlaceOut(Value):
    """A place on a page: boxes in points of the page as filed, and of the straightened one where there is one."""

    page: int
    box: Box | None = None
    straight: Box | None = None


class TermOut(Value):
    """A figure of a sum: `value`, a plain decimal in its table's unit, counts times `sign` and `scale`."""

    cell: str
    table: str
    name: str
    column: str
    value: str
    sign: int
    scale: str


class BalanceOut(Value):
    """A sum the cell takes part in: left equals right within `room`. All numbers are plain decimals."""

    check: str
    kind: str
    formula: str
    left: list[TermOut]
    right: list[TermOut]
    room: str


class WitnessOut(Value):
    """Another place that says the same, or should: its text, its figure, and where it stands."""

    kind: Literal["table", "narrative", "last-year"]
    document: int
    cell: str
    text: str
    value: str
    agrees: bool
    page: int
    place: PlaceOut | None = Field(default=None, description="Where a sentence stands; of a cell, ask for its place.")


class GridCellOut(Value):
    """A cell of the rows around; `seen` is the last decision about it."""

    cell: str
    column: int
    value: str
    status: str
    seen: int


class GridRowOut(Value):
    """A row of the table around the cell."""

    line_no: str
    code: str
    name: str
    cells: list[GridCellOut]


class SaidOut(Value):
    """A decision about the cell: by whom, when, what; nothing of it is told to a person who is to enter it blindly."""

    number: int
    who: str
    mine: bool
    at: datetime
    kind: DecisionKind
    after: str
    note: str
    undone: bool


class HolderOut(Value):
    """Who is looking at a question, until when."""

    who: str
    mine: bool
    until: datetime


class DocumentRef(Value):
    """The document a question is about."""

    id: int
    name: str
    batch: int
    batch_name: str
    entity: str
    year: str
    kind: str
    pages: int


class QuestionOut(Value):
    """A question with all that it takes to answer it."""

    id: int
    key: str
    open: bool
    asks: Asks | Literal[""]
    reason: Told
    worth: float
    reading: int = Field(description="What was read; a decision about it says so.")
    document: DocumentRef
    table: str = ""
    table_page: str = Field(default="", description="The name under which its table has a page.", examples=["公开03.2"])
    title: str = ""
    unit: str = ""
    code: str = ""
    row: str = ""
    line_no: str = ""
    column: str = ""
    raw: str = ""
    value: str = Field(default="", description="What the machine reads: what ENTER accepts.")
    status: str = ""
    blind: bool = False
    missing: str = Field(default="", description="The form that no table was found for, where that is asked about.")
    alternatives: list[str] = Field(default_factory=list, description="Plain decimals, the likeliest first.")
    balances: list[BalanceOut] = Field(default_factory=list)
    place: PlaceOut | None = None
    mates: list[PlaceOut] = Field(
        default_factory=list, description="The other cells of its row and column on the page."
    )
    page: PageOut | None = None
    lines: list[str] = Field(default_factory=list, description="The text around, where there is no page to look at.")
    witnesses: list[WitnessOut] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list)
    rows: list[GridRowOut] = Field(default_factory=list)
    seen: int = Field(default=0, description="The last decision about it.")
    said: list[SaidOut] = Field(default_factory=list)
    holder: HolderOut | None = None


class NextOut(Value):
    """The next question, which is yours for 15 minutes; none, if nothing is left to ask with this filter."""

    question: QuestionOut | None = None


class WaitingOut(Value):
    """An open question in a list, and who is looking at it."""

    id: int
    document: int
    name: str
    form: str
    table: str
    page: int
    asks: str
    reason: Told
    worth: float
    fen: int | None = Field(description="The amount as it stands, in fen.")
    who: str
    until: datetime | None


class LastOut(Value):
    """The last decision of who asks that still stands, which is what can be taken back; 0 if there is none."""

    decision: int
    document: int
    key: str
