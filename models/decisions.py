"""What people decide about a document, and when two of them are asked. Frozen values without behaviour.

A decision is a reading by a person: it is added to what the machine read, and `worker.core.settle` computes from both
what stands in the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from models.confusions import Confusions
from models.names import Names


class DecisionKind(StrEnum):
    """What a reviewer said; UNDO takes back the decision it names."""

    VALUE = "value"
    LABEL = "label"
    ILLEGIBLE = "illegible"
    SOURCE_WRONG = "source-wrong"
    STRUCTURE = "structure"
    DOCUMENT = "document"
    UNDO = "undo"


class Asks(StrEnum):
    """Why a person is asked about a cell.

    A SECOND person enters what one has entered before, without seeing it; a THIRD where two entries differ. A SAMPLE is
    a cell nobody doubts, drawn to measure quality; a SIBLING is one like a cell in which such a sample found an error.
    """

    UNSURE = "unsure"
    CONTRADICTED = "contradicted"
    MISSHAPEN = "misshapen"
    LAYOUT = "layout"
    LABEL = "label"
    SECOND = "second"
    THIRD = "third"
    SAMPLE = "sample"
    SIBLING = "sibling"
    DOCUMENT = "document"


BLIND = (Asks.SECOND, Asks.THIRD)
"""Whoever is asked this does not see what others entered."""
LABELS = ("row_code", "row_name", "line_no")
"""The labels of a row that a person may correct: the `field` of a LABEL."""
ABOUT = ("entity", "year", "kind", "accepted")
"""What may be said of a document: the `field` of a DOCUMENT."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands: what it takes to find it in another reading of the document.

    `box` is x0, y0, x1, y1 in points of the page as filed, from its top left; `raw` is what was read there.
    """

    form: str = ""
    table_code: str = ""
    row_code: str = ""
    row_name: str = ""
    line_no: str = ""
    column_no: str = ""
    column_name: str = ""
    page: int = 0
    box: tuple[float, float, float, float] | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """One thing that one person said about a file, in the reading of that number.

    What `key`, `field` and `after` hold follows from the kind (docs/review.md). `straight` tells that nothing was
    doubted about the cell when it was entered.
    """

    number: int
    kind: DecisionKind
    key: str
    after: str = ""
    field: str = ""
    person: int = 0
    before: str = ""
    place: Place | None = None
    undoes: int | None = None
    reading: int = 0
    note: str = ""
    straight: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """When a second person enters a cell too, without seeing the first entry.

    For amounts from `above_yuan` on (None: for no amount), for a share of the cells that are asked about, 0 to 1; and
    how large a share of the cells that nobody doubts is drawn as a sample of quality.
    """

    above_yuan: Decimal | None = None
    flagged_share: float = 0.0
    sample_share: float = 0.0

    @staticmethod
    def of(kept: Mapping[str, Any]) -> Policy:
        """The policy that a batch keeps; raises ValueError for one that is none."""
        above = kept.get("above_yuan")
        try:
            amount = None if above in (None, "") else Decimal(str(above))
        except InvalidOperation as error:
            raise ValueError(f"above_yuan: {above!r} is no amount") from error
        if amount is not None and not (amount.is_finite() and amount >= 0):
            raise ValueError("above_yuan: must not be negative")
        return Policy(amount, _share(kept, "flagged_share"), _share(kept, "sample_share"))

    def kept(self) -> dict[str, Any]:
        """The policy as a batch keeps it."""
        above = None if self.above_yuan is None else f"{self.above_yuan:f}"
        return {"above_yuan": above, "flagged_share": self.flagged_share, "sample_share": self.sample_share}

    def stricter(self, other: Policy) -> Policy:
        """The policy that asks for all that either asks for."""
        amounts = [one for one in (self.above_yuan, other.above_yuan) if one is not None]
        return Policy(
            min(amounts, default=None),
            max(self.flagged_share, other.flagged_share),
            max(self.sample_share, other.sample_share),
        )


@dataclass(frozen=True, slots=True)
class Learned:
    """Characters read for others, which weigh readings, and names people confirmed, which suggest and prove nothing."""

    confusions: Confusions = field(default_factory=Confusions)
    names: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Review:
    """What people decided about a document, when two of them are asked, and its file's SHA-256, which draws samples.

    `learned` is what people's decisions about other documents of the archive teach.
    """

    decisions: Sequence[Decision] = ()
    policy: Policy = field(default_factory=Policy)
    seed: str = ""
    learned: Learned = field(default_factory=Learned)


def _share(kept: Mapping[str, Any], name: str) -> float:
    try:
        share = float(kept.get(name) or 0.0)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: {kept[name]!r} is no share") from error
    if not 0 <= share <= 1:
        raise ValueError(f"{name}: a share lies between 0 and 1")
    return share
