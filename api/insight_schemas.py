"""What is told about reviewing as JSON: policies, shares with their intervals, backlog, pace, curves."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from api.languages import Told
from api.schemas import NUMBER, Asked, Value
from models.decisions import Policy
from models.statistics import Bin, Pace, Share

_MOST_YUAN = Decimal(10) ** 15
PartOf = Annotated[float, Field(ge=0, le=1, examples=[0.05]), NUMBER]


class PolicyOut(Value):
    """When a second person enters a cell too, and how many cells are drawn to measure quality."""

    above_yuan: Decimal | None = Field(
        description="From this amount in yuan on; null: for no amount.", examples=["1000000"]
    )
    flagged_share: PartOf = Field(description="This share of the cells that are asked about.")
    sample_share: PartOf = Field(description="This share of the cells that nobody doubts is looked at by a person.")


class PolicyAsked(Asked):
    """What is to change about a policy; what is left out stays."""

    above_yuan: Decimal | None = Field(
        default=None, ge=0, le=_MOST_YUAN, max_digits=18, decimal_places=2, examples=["1000000"]
    )
    flagged_share: PartOf = 0.0
    sample_share: PartOf = 0.0

    def on(self, policy: Policy) -> Policy:
        """The policy with what was sent put in."""
        kept = policy.kept()
        kept.update({name: getattr(self, name) for name in self.model_fields_set})
        return Policy.of(kept)


class ShareOut(Value):
    """A share: so many of so many, with its 95 % interval (Wilson's); null where there is nothing to count."""

    hits: int = Field(examples=[2])
    trials: int = Field(examples=[400])
    share: float | None = Field(examples=[0.005])
    low: float = Field(examples=[0.0014])
    high: float = Field(examples=[0.018])

    @staticmethod
    def of(share: Share) -> ShareOut:
        """As it is told."""
        return ShareOut(hits=share.hits, trials=share.trials, share=share.value, low=share.low, high=share.high)


class QualityOut(Value):
    """How many of the cells that nobody doubted are wrong, as estimated from those drawn and entered by people."""

    policy: PolicyOut | None = None
    entered: int = Field(description="Drawn cells that a person has entered.", examples=[402])
    waiting: int = Field(description="Those where another person has still to confirm an error.", examples=[2])
    errors: ShareOut = Field(description="Confirmed errors among the others.")


class ThroughOut(Value):
    """How much went through without a person."""

    documents: int = Field(examples=[126])
    documents_straight: int = Field(description="Done, and nobody had to decide anything.", examples=[97])
    cells: int = Field(examples=[126000])
    cells_straight: int = Field(description="Never asked about, other than to measure quality.", examples=[125100])
    cells_repaired: int = Field(description="Restored by their sums.", examples=[540])
    share: float | None = Field(description="Cells straight through, of all cells.", examples=[0.9929])


class DayOut(Value):
    """The questions of a day (UTC)."""

    day: dt.date = Field(examples=["2026-03-09"])
    opened: int = Field(examples=[40])
    closed: int = Field(examples=[52])
    open: int = Field(description="Open at the end of the day.", examples=[131])


class ReasonOut(Value):
    """Why people are asked, and how often; of one person: how often they answered."""

    asks: str = Field(examples=["contradicted"])
    asked: int = Field(examples=[31])
    open: int = Field(examples=[4])


class PaceOut(Value):
    """How people work; breaks of more than 5 minutes are left out."""

    decisions: int = Field(examples=[212])
    timed: int = Field(description="Decisions that followed another one without a break.", examples=[204])
    minutes: float = Field(description="The time these took.", examples=[19.4])
    minutes_per_hundred: float | None = Field(description="Minutes for 100 questions.", examples=[9.5])

    @staticmethod
    def of(pace: Pace) -> PaceOut:
        """As it is told."""
        return PaceOut(
            decisions=pace.decisions, timed=pace.timed, minutes=round(pace.seconds / 60, 2),
            minutes_per_hundred=pace.minutes_per_hundred,
        )  # fmt: skip


class ReviewerOut(Value):
    """A reviewer's figures, told to admins and to themself."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["档案员"])
    pace: PaceOut
    agreement: ShareOut


class BinOut(Value):
    """A point of a reliability curve."""

    low: float = Field(examples=[0.98])
    high: float = Field(examples=[0.99])
    confidence: float = Field(description="The mean confidence of these readings.", examples=[0.986])
    right: ShareOut

    @staticmethod
    def of(found: Bin) -> BinOut:
        """As it is told."""
        return BinOut(low=found.low, high=found.high, confidence=found.confidence, right=ShareOut.of(found.right))


class InsightOut(Value):
    """Figures about reviewing: of everything or a batch, of all or of one reviewer."""

    batch: int | None = Field(examples=[7])
    batch_name: str = Field(examples=["2023 部门决算"])
    reviewer: int | None = Field(examples=[3])
    reviewer_name: str = Field(examples=["档案员"])
    through: ThroughOut | None = Field(description="Null for one reviewer: it is nobody's work.")
    backlog: list[DayOut]
    reasons: list[ReasonOut]
    quality: QualityOut
    agreement: ShareOut = Field(description="Second entries that agree with the first, which they did not see.")
    pace: PaceOut
    reviewers: list[ReviewerOut]
    reliable_questions: list[BinOut] = Field(description="Questions are no random draw of all cells.")
    reliable_samples: list[BinOut]


class RowOut(Value):
    """What came of a line of a file of decisions."""

    row: int = Field(description="The line, as spreadsheets count; the header is 1.", examples=[2])
    number: int | None = Field(description="The decision's number in the file.", examples=[118])
    document: str = Field(examples=["财政厅/2023.pdf"])
    outcome: Literal["taken", "already there", "orphaned", "refused"]
    reason: Told = Field(default="", description="Why it was refused, or what became of an orphan.")
    decision: int | None = Field(default=None, description="Its number here.", examples=[421])


class ImportOut(Value):
    """What came of a file of decisions: how many lines came to what, and each of them."""

    taken: int = Field(examples=[40])
    already_there: int = Field(examples=[2])
    orphaned: int = Field(description="They match no cell; kept if they are about the very same file.", examples=[1])
    refused: int = Field(examples=[0])
    rows: list[RowOut]


class OrphanOut(Value):
    """A decision that matches nothing in what the document was read to."""

    number: int = Field(examples=[118])
    kind: str = Field(examples=["value"])
    who: str = Field(examples=["校对员"])
    at: dt.datetime
    table: str = Field(examples=["公开05"])
    row: str = Field(examples=["2010301 行政运行"])
    column: str = Field(examples=["基本支出"])
    page: int = Field(examples=[3])
    before: str = Field(examples=["515892.00"])
    after: str = Field(examples=["515982.00"])
    note: str = Field(examples=[""])
