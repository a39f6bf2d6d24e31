"""What goes in and out as JSON, with examples; the pages show the same values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.languages import Told
from models.archive import ExportFormat, Role, State
from models.rows import LONGEST_NAME

_LARGEST = 2**53 - 1
_PRINTED = r"^[^\x00-\x1f\x7f]*$"


def _number(value: object) -> object:
    """JSON's truths and texts are no numbers, though Python takes them for some."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("number_type", "Input should be a valid number")
    return value


Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Name = Annotated[Words, StringConstraints(max_length=LONGEST_NAME)]
Key = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
NUMBER = BeforeValidator(_number)
Number = Annotated[int, Field(ge=1, le=_LARGEST), NUMBER]
IdPath = Annotated[int, Path(ge=1, le=_LARGEST)]
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
After = Annotated[int | None, Query(ge=1, le=_LARGEST, description="Go on after the one with this number.")]
From = Annotated[int, Query(ge=0, le=_LARGEST, description="Go on after the one with this number.")]
Filter = Annotated[str, Query(max_length=200, pattern=_PRINTED)]


class Value(BaseModel):
    """What goes out."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Asked(BaseModel):
    """What comes in; words we do not know are refused, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProblemOut(BaseModel):
    """What went wrong and what to do (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["not found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no such batch, or it is not yours"])
    instance: str = Field(examples=["/api/batches/7"])
    request: str = Field(description="The number of this request in the logs.", examples=["5d3c…"])
    errors: list[dict[str, str]] = Field(
        default_factory=list,
        description="What is wrong with each value sent.",
        examples=[[{"where": "body.name", "what": "Field required"}]],
    )


class UserOut(Value):
    """A person."""

    id: int = Field(examples=[3])
    name: str = Field(examples=["档案员"])
    role: Role
    language: str = Field(examples=["zh"])
    created_at: datetime
    disabled_at: datetime | None = None


class UserAsked(Asked):
    """A person to be added."""

    name: Name = Field(examples=["档案员"])
    role: Role = Field(examples=[Role.REVIEWER])
    password: str = Field(min_length=10, max_length=200, examples=["four words nobody guesses"])


class UserChanged(Asked):
    """What is to change about a person; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: str | None = Field(default=None, min_length=10, max_length=200)


class TokenAsked(Asked):
    """A token for scripts."""

    name: Name = Field(examples=["nightly upload"])
    days: Annotated[int, Field(ge=1, le=3650), NUMBER] | None = Field(
        default=365, description="How long it is valid; null: until revoked."
    )


class TokenOut(Value):
    """A token as lists show it: its beginning only."""

    id: int = Field(examples=[4])
    name: str = Field(examples=["nightly upload"])
    shown: str = Field(examples=["jk_Ab3x"])
    created_at: datetime
    expires_at: datetime | None = None
    used_at: datetime | None = None
    revoked_at: datetime | None = None


class TokenMade(TokenOut):
    """A new token; `token` is told this once and kept nowhere."""

    token: str = Field(examples=["jk_Ab3x…"])


class AuditOut(Value):
    """A line of the record."""

    id: int = Field(examples=[118])
    at: datetime
    user_id: int | None
    action: str = Field(examples=["batch cancelled"])
    subject: str = Field(examples=["batch 7"])
    request: str = Field(examples=["5d3c…"])
    address: str = Field(examples=["10.0.0.7"])
    details: dict[str, Any] = Field(examples=[{"documents": 3}])


class BatchAsked(Asked):
    """A batch to be opened; the same `key` again gives the same batch, so sending twice does no harm."""

    name: Words = Field(examples=["2023 部门决算"])
    key: Key | None = Field(default=None, examples=["archive-2023-07"])


class BatchOut(Value):
    """A batch, and how far it is: documents by state, pages, questions, files that are still being unpacked."""

    id: int = Field(examples=[7])
    name: str = Field(examples=["2023 部门决算"])
    owner: str = Field(examples=["档案员"])
    created_at: datetime
    state: State
    finished: bool = Field(description="Nothing is left for a machine to do.")
    documents: dict[State, int] = Field(examples=[{"done": 118, "needs-review": 7, "failed": 1}])
    total: int = Field(description="All documents.", examples=[126])
    pages: int = Field(default=0, examples=[1512])
    pages_finished: int = Field(default=0, examples=[1403])
    questions: int = Field(default=0, examples=[31])
    refused: int = Field(default=0, description="Files that are not read.", examples=[2])
    unpacking: int = Field(default=0, description="ZIPs whose files are not taken yet.", examples=[0])


class FileOutcome(Value):
    """What came of a file that was sent."""

    name: str = Field(examples=["财政厅/2023.pdf"])
    outcome: Literal["accepted", "duplicate", "refused", "unpacking"] = Field(examples=["accepted"])
    document_id: int | None = Field(default=None, examples=[91])
    same_as: str = Field(default="", description="The name under which the same bytes are in the batch already.")
    reason: Told = Field(default="", description="Why a file is refused, and what to do.")
    upload_id: int | None = Field(default=None, description="The ZIP that is being unpacked.")


class RefusalOut(Value):
    """A file of a batch that is not read."""

    name: str = Field(examples=["财政厅/readme.docx"])
    reason: Told = Field(examples=["this is an Office file: save it as PDF and add that"])
    at: datetime


class UploadAsked(Asked):
    """A large file that will be sent in pieces; the same name and size again goes on where it was left."""

    name: str = Field(min_length=1, max_length=1000, examples=["2023.zip"])
    size: Number = Field(examples=[1073741824])


class UploadOut(Value):
    """An upload in pieces, and how much of it is here; the next piece begins at `offset`."""

    id: int = Field(examples=[12])
    batch_id: int = Field(examples=[7])
    name: str = Field(examples=["2023.zip"])
    size: int = Field(examples=[1073741824])
    offset: int = Field(examples=[67108864])
    piece: int = Field(description="The largest piece that is taken, in bytes.", examples=[67108864])
    state: Literal["receiving", "unpacking", "taken", "failed"]
    reason: Told = ""
    result: FileOutcome | None = Field(default=None, description="With the last piece: what came of the file.")


class DocumentOut(Value):
    """A document, how far it is, and what settling found."""

    id: int = Field(examples=[91])
    batch_id: int = Field(examples=[7])
    name: str = Field(examples=["财政厅/2023.pdf"])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    size: int = Field(examples=[482133])
    state: State
    failure: Told = Field(description="Why it failed, and what to do.", examples=[""])
    pages: int | None = Field(examples=[12])
    entity: str = Field(examples=["某省财政厅"])
    year: str = Field(examples=["2023"])
    tables: str = Field(examples=["公开01 公开02"])
    cells: int = Field(examples=[840])
    flagged: int = Field(examples=[3])
    questions: int = Field(examples=[2])


class PagesOut(Value):
    """The pages of a document: how many, read, being read, and what is wrong with which."""

    pages: int = Field(examples=[12])
    finished: int = Field(examples=[12])
    reading: int = Field(examples=[0])
    problems: dict[int, Told] = Field(examples=[{"4": "the page is blotted: scan it anew"}])


class CellOut(Value):
    """A cell as lists show it; all of a cell stands in the export."""

    position: int = Field(examples=[17])
    cell_id: str = Field(examples=["g05-r02-c1"])
    table_code: str = Field(examples=["公开01"])
    form: str = Field(examples=["G5"])
    page: int = Field(examples=[3])
    row_code: str = Field(examples=["2010301"])
    row_name: str = Field(examples=["行政运行"])
    column_name: str = Field(examples=["支出决算数"])
    value: str = Field(examples=["515892.00"])
    status: str = Field(examples=["read"])
    confidence: float = Field(examples=[0.9998])
    reason: Told = Field(examples=[""])


class DocumentWhole(DocumentOut):
    """A document with its pages and the batch it is in."""

    batch: str = Field(examples=["2023 部门决算"])
    progress: PagesOut
    finished: bool


class Done(Value):
    """How many documents something was done to."""

    documents: int = Field(examples=[3])


class ExportAsked(Asked):
    """A frozen version to be made: of a batch, of chosen documents, or of everything you may see."""

    name: Words = Field(examples=["2023, first version"])
    format: ExportFormat = Field(default=ExportFormat.CSV)
    batch: Number | None = None
    documents: list[Number] | None = Field(default=None, min_length=1, max_length=10_000)
    with_flagged: bool = Field(default=True, description="Whether cells nobody has confirmed are in it, marked so.")

    @model_validator(mode="after")
    def _one_scope(self) -> ExportAsked:
        if self.batch is not None and self.documents is not None:
            raise ValueError("name a batch or documents, not both")
        return self


class ExportOut(Value):
    """A frozen version: its hash, its size, and how many decisions it rests on once it is made."""

    id: int = Field(examples=[5])
    name: str = Field(examples=["2023, first version"])
    format: ExportFormat
    scope: dict[str, Any] = Field(examples=[{"batch": 7}])
    with_flagged: bool
    created_at: datetime
    finished_at: datetime | None = None
    sha256: str | None = None
    size: int | None = None
    decisions: int = 0
    failure: Told = ""


class Health(BaseModel):
    """Whether the service can do its work; `problems` say what cannot be reached and what to do."""

    status: Literal["ok", "not ready"]
    problems: dict[str, str] = Field(default_factory=dict, examples=[{"database": "the database does not answer …"}])


class Me(UserOut):
    """Who asks."""
