"""The tables of the database. Rows hold facts; how far something is follows from them.

Times are UTC. `readings.state` is computed by the database itself from the row's other columns, so it cannot drift.
Rows of `decisions` and `audit` are only ever added: triggers refuse anything else (see the first migration).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Computed, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.columns import At, Base, BigId, Count, Details, Id, MaybeAt, Moment, Sha256, Words

LONGEST_NAME = 200
"""Of a person or a token, in characters."""


def _part(name: str, *columns: str, where: str) -> Index:
    """An index of the rows of which that is so, on both kinds of database."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class User(Base):
    """A person; `name` is kept as written, `login` folded for comparison."""

    __tablename__ = "users"
    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    password: Mapped[Words]
    role: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(5), default="zh", server_default="zh")
    created_at: Mapped[At]
    disabled_at: Mapped[MaybeAt]


class LoginSession(Base):
    """A browser that is logged in; `token` is the SHA-256 of what its cookie holds."""

    __tablename__ = "sessions"
    token: Mapped[Sha256] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    csrf: Mapped[Sha256]
    created_at: Mapped[At]
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    address: Mapped[Words]
    agent: Mapped[Words]


class ApiToken(Base):
    """A token for scripts; kept as its SHA-256, `shown` is its beginning, for lists."""

    __tablename__ = "api_tokens"
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    token: Mapped[Sha256] = mapped_column(unique=True)
    shown: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[At]
    expires_at: Mapped[MaybeAt]
    used_at: Mapped[MaybeAt]
    revoked_at: Mapped[MaybeAt]


class LoginFailure(Base):
    """A log-in that failed; enough of them, and the name or the address has to wait."""

    __tablename__ = "login_failures"
    __table_args__ = (Index(None, "login", "at"), Index(None, "address", "at"))
    id: Mapped[Id]
    login: Mapped[str] = mapped_column(String(LONGEST_NAME))
    address: Mapped[str] = mapped_column(String(100))
    at: Mapped[At]


class File(Base):
    """Bytes that were brought in once, whatever they are called in whichever batch."""

    __tablename__ = "files"
    sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[At]


class Batch(Base):
    """What a person brought in together; `key` makes sending it twice the same batch."""

    __tablename__ = "batches"
    __table_args__ = (UniqueConstraint("owner_id", "key"),)
    id: Mapped[Id]
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(100))
    policy: Mapped[Details]
    created_at: Mapped[At]
    cancelled_at: Mapped[MaybeAt]


class Upload(Base):
    """A file or ZIP on its way in, piece by piece; `sha256` once whole, `taken_at` once its files are in the batch."""

    __tablename__ = "uploads"
    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batches.id"), index=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(Text)
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[At]
    sent_at: Mapped[MaybeAt]
    taken_at: Mapped[MaybeAt]
    failure: Mapped[Words]


class UploadPart(Base):
    """A piece of an upload that is in the store under `key`; how much has come is the end of the last without a gap."""

    __tablename__ = "upload_parts"
    upload_id: Mapped[int] = mapped_column(BigId, ForeignKey("uploads.id"), primary_key=True, autoincrement=False)
    offset: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    size: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[At]


class Refusal(Base):
    """A file of a batch that is not read, and why."""

    __tablename__ = "refusals"
    __table_args__ = (UniqueConstraint("batch_id", "name"),)
    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batches.id"))
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[Words]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[At]


_STATE = """CASE
 WHEN failure <> '' THEN 'failed'
 WHEN settled_for = settle_asked_at THEN outcome
 WHEN settle_asked_at IS NOT NULL THEN 'settling'
 WHEN started_at IS NOT NULL THEN 'reading'
 ELSE 'queued' END"""


class Reading(Base):
    """A file being read, or read, by one version of the engine.

    `batch_id` is the batch that asked first, `priority` 0 goes before 9. `document` is the blob of what was read.
    `sent_at` is when the task to open it was sent, or, where the sweep sends it, the one to settle it (None: it has yet
    to); `settle_asked_at` is when it was last to be settled. The settling that answered puts the same time into
    `settled_for`, and into `outcome` what it found: done, needs-review or failed.
    """

    __tablename__ = "readings"
    __table_args__ = (
        UniqueConstraint("sha256", "engine"),
        Index(None, "state", "id"),
        Index("ix_readings_progress", "id", "state", "read_at", "page_count"),
        _part("ix_readings_unread", "priority", "batch_id", "id",
              where="page_count IS NOT NULL AND read_at IS NULL AND failure = ''"),
        _part("ix_readings_unopened", "priority", "batch_id", "id",
              where="page_count IS NULL AND sent_at IS NULL AND failure = ''"),
        _part("ix_readings_opening", "id", where="page_count IS NULL AND sent_at IS NOT NULL AND failure = ''"),
    )  # fmt: skip
    id: Mapped[Id]
    sha256: Mapped[Sha256] = mapped_column(ForeignKey("files.sha256"))
    engine: Mapped[str] = mapped_column(String(200))
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batches.id"))
    priority: Mapped[int] = mapped_column(Integer)
    page_count: Mapped[int | None] = mapped_column(Integer)
    document: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[At]
    sent_at: Mapped[MaybeAt]
    started_at: Mapped[MaybeAt]
    read_at: Mapped[MaybeAt]
    settle_asked_at: Mapped[MaybeAt]
    settled_for: Mapped[MaybeAt]
    outcome: Mapped[str] = mapped_column(String(20), default="", server_default="")
    failure: Mapped[Words]
    deaths: Mapped[Count]
    state: Mapped[str] = mapped_column(String(20), Computed(_STATE, persisted=True))


class Page(Base):
    """One page of a reading: a fact once finished. `seconds` holds the time of each step, `blob` the page as read."""

    __tablename__ = "pages"
    __table_args__ = (
        _part("ix_pages_unsent", "reading_id", "number", where="sent_at IS NULL AND finished_at IS NULL"),
        _part("ix_pages_out", "sent_at", where="sent_at IS NOT NULL AND finished_at IS NULL"),
    )  # fmt: skip
    reading_id: Mapped[int] = mapped_column(BigId, ForeignKey("readings.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sent_at: Mapped[MaybeAt]
    started_at: Mapped[MaybeAt]
    finished_at: Mapped[MaybeAt]
    attempts: Mapped[Count]
    deaths: Mapped[Count]
    worker: Mapped[Words]
    blob: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[Words]
    seconds: Mapped[Details]


class Picture(Base):
    """A page as people look at it, filed or straightened, and its size in points; without `blob` it has a problem."""

    __tablename__ = "pictures"
    reading_id: Mapped[int] = mapped_column(BigId, ForeignKey("readings.id"), primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    straight: Mapped[bool] = mapped_column(primary_key=True)
    blob: Mapped[str | None] = mapped_column(String(64), index=True)
    width: Mapped[float]
    height: Mapped[float]
    problem: Mapped[Words]
    made_at: Mapped[At]


class Document(Base):
    """A file of a batch under its name there; `reading_id` is the reading it shows, the newest asked for."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("batch_id", "name"), Index(None, "batch_id", "id"),
                      Index("ix_documents_progress", "batch_id", "reading_id", "cancelled_at"))  # fmt: skip
    id: Mapped[Id]
    batch_id: Mapped[int] = mapped_column(BigId, ForeignKey("batches.id"))
    sha256: Mapped[Sha256] = mapped_column(ForeignKey("files.sha256"), index=True)
    reading_id: Mapped[int] = mapped_column(BigId, ForeignKey("readings.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    added_at: Mapped[At]
    cancelled_at: Mapped[MaybeAt]


class Extraction(Base):
    """What a reading is settled to: computed from it and the decisions up to `decision_id`, replaced with each."""

    __tablename__ = "extractions"
    __table_args__ = (
        Index(None, "entity", "year"),
        _part("ix_extractions_asking", "reading_id", "questions", where="questions > 0"),
    )
    reading_id: Mapped[int] = mapped_column(BigId, ForeignKey("readings.id"), primary_key=True, autoincrement=False)
    blob: Mapped[Sha256]
    decision_id: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[str] = mapped_column(String(100))
    settled_at: Mapped[At]
    entity: Mapped[str] = mapped_column(Text)
    year: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    origin: Mapped[str] = mapped_column(String(20))
    tables: Mapped[Words]
    cells: Mapped[Count]
    flagged: Mapped[Count]
    repaired: Mapped[Count]
    questions: Mapped[Count]


class Cell(Base):
    """A cell of an extraction that prints something or is flagged, for lists; the whole stands in the blob."""

    __tablename__ = "cells"
    __table_args__ = (
        _part("ix_cells_flagged", "reading_id", "position", where="status = 'flagged'"),
    )  # fmt: skip
    reading_id: Mapped[int] = mapped_column(BigId, ForeignKey("readings.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    cell_id: Mapped[str] = mapped_column(String(60))
    table_code: Mapped[str] = mapped_column(String(20))
    form: Mapped[str] = mapped_column(String(20))
    page: Mapped[int] = mapped_column(Integer)
    row_code: Mapped[str] = mapped_column(Text)
    row_name: Mapped[str] = mapped_column(Text)
    column_name: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    fen: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(10))
    confidence: Mapped[float]
    reason: Mapped[Words]


_OPEN = "closed_at IS NULL"


class Question(Base):
    """A doubt about a reading, from when it arose until settling no longer has it; `asks` is of what kind.

    `pair` is the doubtful character and what else it may be, `raw` what was read, `look` where to see it.
    """

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("reading_id", "key"),
        _part("ix_questions_open", "worth", "id", where=_OPEN),
        _part("ix_questions_open_reading", "reading_id", "worth", "id", where=_OPEN),
        _part("ix_questions_open_form", "form", "worth", "id", where=_OPEN),
        _part("ix_questions_open_asks", "asks", "worth", "id", where=_OPEN),
        _part("ix_questions_open_fen", "fen", where=_OPEN),
        _part("ix_questions_open_pair", "pair", "id", where=_OPEN),
    )  # fmt: skip
    id: Mapped[Id]
    reading_id: Mapped[int] = mapped_column(BigId, ForeignKey("readings.id"))
    key: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(String(20))
    table_code: Mapped[str] = mapped_column(String(20))
    page: Mapped[int] = mapped_column(Integer)
    fen: Mapped[int | None] = mapped_column(BigInteger)
    asks: Mapped[str] = mapped_column(String(20), default="", server_default="")
    reason: Mapped[str] = mapped_column(Text)
    worth: Mapped[float]
    pair: Mapped[str] = mapped_column(String(16), default="", server_default="")
    raw: Mapped[Words]
    look: Mapped[Details]
    opened_at: Mapped[At]
    closed_at: Mapped[MaybeAt]


class Claim(Base):
    """Who is looking at a question, and until when it is theirs."""

    __tablename__ = "claims"
    question_id: Mapped[int] = mapped_column(BigId, ForeignKey("questions.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    expires_at: Mapped[At]


class Decision(Base):
    """What a reviewer said; never changed. It is about the file, so it outlives a reading.

    `key` is the cell or question, `place` where it stands (form, row, column, page, box) to find it in another reading,
    `seen` what was shown, `undoes` the decision that this one takes back, `sent_as` the key under which a browser sent
    it, which it does again if it got no answer.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index(None, "sha256", "id"),
        Index(None, "reading_id", "key"),
        Index("ix_decisions_sent_as", "user_id", "sent_as", "key", "field", unique=True,
              sqlite_where=text("sent_as IS NOT NULL"), postgresql_where=text("sent_as IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[Id]
    sha256: Mapped[Sha256] = mapped_column(ForeignKey("files.sha256"))
    reading_id: Mapped[int] = mapped_column(BigId, ForeignKey("readings.id"))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    at: Mapped[At]
    kind: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(Text)
    field: Mapped[Words]
    before: Mapped[Words]
    after: Mapped[Words]
    note: Mapped[Words]
    place: Mapped[Details]
    seen: Mapped[Details]
    undoes: Mapped[int | None] = mapped_column(BigId, ForeignKey("decisions.id"), index=True)
    sent_as: Mapped[str | None] = mapped_column(String(64))


class Export(Base):
    """A frozen version of what was known; `manifest` is the blob that lists its documents and decisions."""

    __tablename__ = "exports"
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(String(20))
    scope: Mapped[Details]
    with_flagged: Mapped[bool]
    created_at: Mapped[At]
    sent_at: Mapped[MaybeAt]
    started_at: Mapped[MaybeAt]
    finished_at: Mapped[MaybeAt]
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None] = mapped_column(BigInteger)
    manifest: Mapped[str | None] = mapped_column(String(64))
    decisions: Mapped[Count]
    failure: Mapped[Words]


class Audit(Base):
    """Who did what, when, from where; never changed."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "subject", "id"),)
    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(Moment, index=True)
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"), index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    request: Mapped[Words]
    address: Mapped[Words]
    details: Mapped[Details]
