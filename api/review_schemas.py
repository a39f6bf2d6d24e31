"""What goes in and out at the review station as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, WithJsonSchema

from api.languages import Told
from api.schemas import NUMBER, Asked, Number, Value
from models.decisions import Asks, DecisionKind

Box = Annotated[
    tuple[float, float, float, float],
    WithJsonSchema({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4}),
]
Text = Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Sent = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
_NO_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no text with a NUL."""
Fen = Annotated[int, Field(ge=0, le=10**18), NUMBER]
_MOST_SKIPPED = 500


class FilterAsked(Asked):
    """Which questions; amounts are in fen, of either sign. `skip` are the numbers of questions not to be asked now."""

    batch: Number | None = None
    document: Number | None = None
    form: Text = Field(default="", examples=["公开05"])
    asks: Asks | None = Field(default=None, description="The kind of doubt.")
    entity: Text = Field(default="", examples=["某省财政厅"])
    least: Fen | None = None
    most: Fen | None = None
    skip: list[Number] = Field(default_factory=list, max_length=_MOST_SKIPPED, examples=[[9, 12]])


class DecisionAsked(Asked):
    """What a person says about a document, a cell, or a label of its row.

    `seen` is the number of the last decision about it that the person saw, 0 for none: if another is there, nothing is
    decided and the answer, 409, tells what it says. Sending again with the same `idempotency` decides once.
    """

    kind: DecisionKind
    key: str = Field(
        min_length=1,
        max_length=2000,
        pattern=_NO_NUL,
        examples=["g05-r02-c1"],
        description="The cell, or the question.",
    )
    field: Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_-]*$")] = ""
    after: str = Field(default="", max_length=4000, pattern=_NO_NUL, examples=["515892.00"])
    note: str = Field(default="", max_length=2000, pattern=_NO_NUL)
    seen: Annotated[int, Field(ge=0, le=2**53 - 1), NUMBER] | None = None
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

    href: str = Field(examples=["/api/documents/91/pages/3/picture?view=filed&v=fa88d374b9cf"])
    width: float = Field(examples=[595.3])
    height: float = Field(examples=[841.9])


class PageOut(PictureOut):
    """A page as filed, and straightened if it was."""

    number: int = Field(examples=[3])
    straight: PictureOut | None = None


class PlaceOut(Value):
    """A place on a page: boxes in points of the page as filed, and of the straightened one where there is one."""

    page: int = Field(examples=[3])
    box: Box | None = None
    straight: Box | None = None


class TermOut(Value):
    """A figure of a sum: `value`, a plain decimal in its table's unit, counts times `sign` and `scale`."""

    cell: str = Field(examples=["g05-r02-c1"])
    table: str = Field(examples=["公开05"])
    name: str = Field(examples=["行政运行"])
    column: str = Field(examples=["支出决算数"])
    value: str = Field(examples=["515892.00"])
    sign: int = Field(examples=[1])
    scale: str = Field(examples=["1"])


class BalanceOut(Value):
    """A sum the cell takes part in: left equals right within `room`. All numbers are plain decimals."""

    check: str = Field(examples=["g05-col-0001"])
    kind: str = Field(examples=["column-sum"])
    formula: str = Field(examples=["515892.00 + 1200.00 = 517092.00"])
    left: list[TermOut]
    right: list[TermOut]
    room: str = Field(examples=["0.01"])


class WitnessOut(Value):
    """Another place that says the same, or should: its text, its figure, and where it stands."""

    kind: Literal["table", "narrative", "last-year"]
    document: int = Field(examples=[91])
    cell: str = Field(examples=["g03-r02-c1"])
    text: str = Field(examples=["行政运行"])
    value: str = Field(examples=["515892.00"])
    agrees: bool
    page: int = Field(examples=[2])
    place: PlaceOut | None = Field(default=None, description="Where a sentence stands; of a cell, ask for its place.")


class GridCellOut(Value):
    """A cell of the rows around; `seen` is the last decision about it."""

    cell: str = Field(examples=["g05-r02-c1"])
    column: int = Field(examples=[1])
    value: str = Field(examples=["515892.00"])
    status: str = Field(examples=["read"])
    seen: int = Field(examples=[0])


class GridRowOut(Value):
    """A row of the table around the cell."""

    line_no: str = Field(examples=["2"])
    code: str = Field(examples=["2010301"])
    name: str = Field(examples=["行政运行"])
    cells: list[GridCellOut]


class SaidOut(Value):
    """A decision about the cell: by whom, when, what; nothing of it is told to a person who is to enter it blindly."""

    number: int = Field(examples=[118])
    who: str = Field(examples=["档案员"])
    mine: bool
    at: datetime
    kind: DecisionKind
    after: str = Field(examples=["515982.00"])
    note: str = Field(examples=["the stamp hides a digit"])
    undone: bool


class HolderOut(Value):
    """Who is looking at a question, until when."""

    who: str = Field(examples=["档案员"])
    mine: bool
    until: datetime


class DocumentRef(Value):
    """The document a question is about."""

    id: int = Field(examples=[91])
    name: str = Field(examples=["财政厅/2023.pdf"])
    batch: int = Field(examples=[7])
    batch_name: str = Field(examples=["2023 部门决算"])
    entity: str = Field(examples=["某省财政厅"])
    year: str = Field(examples=["2023"])
    kind: str = Field(examples=["final-account"])
    pages: int = Field(examples=[12])


class QuestionOut(Value):
    """A question with all that it takes to answer it."""

    id: int = Field(examples=[9])
    key: str = Field(examples=["g05-r02-c1"])
    open: bool
    asks: Asks | Literal[""]
    reason: Told = Field(examples=["contradicted by its column"])
    worth: float = Field(examples=[515892.0])
    reading: int = Field(description="What was read; a decision about it says so.", examples=[91])
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
    alternatives: list[str] = Field(
        default_factory=list, description="Plain decimals, the likeliest first.", examples=[["515982.00"]]
    )
    balances: list[BalanceOut] = Field(default_factory=list)
    place: PlaceOut | None = None
    mates: list[PlaceOut] = Field(
        default_factory=list, description="The other cells of its row and column on the page."
    )
    page: PageOut | None = None
    lines: list[str] = Field(
        default_factory=list, description="The text around, where there is no page to look at.",
        examples=[["行政运行\t515892.00"]],
    )  # fmt: skip
    witnesses: list[WitnessOut] = Field(default_factory=list)
    columns: list[str] = Field(default_factory=list, examples=[["合计", "基本支出", "项目支出"]])
    rows: list[GridRowOut] = Field(default_factory=list)
    seen: int = Field(default=0, description="The last decision about it.")
    said: list[SaidOut] = Field(default_factory=list)
    holder: HolderOut | None = None


class NextOut(Value):
    """The next question, which is yours for 15 minutes; none, if nothing is left to ask with this filter."""

    question: QuestionOut | None = None


class WaitingOut(Value):
    """An open question in a list, and who is looking at it."""

    id: int = Field(examples=[9])
    document: int = Field(examples=[91])
    name: str = Field(examples=["财政厅/2023.pdf"])
    form: str = Field(examples=["G5"])
    table: str = Field(examples=["公开05"])
    page: int = Field(examples=[3])
    asks: str = Field(examples=["contradicted"])
    reason: Told = Field(examples=["contradicted by its column"])
    worth: float = Field(examples=[515892.0])
    fen: int | None = Field(description="The amount as it stands, in fen.", examples=[51589200])
    who: str = Field(examples=[""])
    until: datetime | None


class LastOut(Value):
    """The last decision of who asks that still stands, which is what can be taken back; 0 if there is none."""

    decision: int = Field(examples=[118])
    document: int = Field(examples=[91])
    key: str = Field(examples=["g05-r02-c1"])
