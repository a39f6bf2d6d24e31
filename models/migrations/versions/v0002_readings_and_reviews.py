"""What is read, settled, asked, decided and exported; records of decisions and deeds can only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
STATE = """CASE
 WHEN failure <> '' THEN 'failed'
 WHEN settled_for = settle_asked_at THEN outcome
 WHEN settle_asked_at IS NOT NULL THEN 'settling'
 WHEN started_at IS NOT NULL THEN 'reading'
 ELSE 'queued' END"""
ONLY_GROW = ("decisions", "audit")


def upgrade() -> None:
    """Walk forward; there is no way back but a backup."""
    _readings()
    _pages()
    _documents()
    _extractions()
    _cells()
    _questions()
    _claims()
    _decisions()
    _exports()
    _audit()
    for table in ONLY_GROW:
        _only_grows(table)


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=200), nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("document", sa.String(length=64), nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("started_at", AT, nullable=True),
        sa.Column("read_at", AT, nullable=True),
        sa.Column("settle_asked_at", AT, nullable=True),
        sa.Column("settled_for", AT, nullable=True),
        sa.Column("outcome", sa.String(length=20), server_default="", nullable=False),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.Column("deaths", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=20), sa.Computed(STATE, persisted=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_readings_batch_id"),
        sa.ForeignKeyConstraint(["sha256"], ["files.sha256"], name="fk_readings_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_readings"),
        sa.UniqueConstraint("sha256", "engine", name="uq_readings_sha256_engine"),
    )
    op.create_index("ix_readings_batch_id_state", "readings", ["batch_id", "state"])
    op.create_index("ix_readings_state_id", "readings", ["state", "id"])
    op.create_index(
        "ix_readings_unread",
        "readings",
        ["batch_id", "id"],
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("reading_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("started_at", AT, nullable=True),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("deaths", sa.Integer(), server_default="0", nullable=False),
        sa.Column("worker", sa.Text(), server_default="", nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("seconds", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_pages_reading_id"),
        sa.PrimaryKeyConstraint("reading_id", "number", name="pk_pages"),
    )
    op.create_index(
        "ix_pages_unfinished",
        "pages",
        ["sent_at"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index(
        "ix_pages_unsent",
        "pages",
        ["reading_id", "number"],
        sqlite_where=sa.text("sent_at IS NULL AND finished_at IS NULL"),
        postgresql_where=sa.text("sent_at IS NULL AND finished_at IS NULL"),
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reading_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("cancelled_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_documents_batch_id"),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_documents_reading_id"),
        sa.ForeignKeyConstraint(["sha256"], ["files.sha256"], name="fk_documents_sha256"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("batch_id", "name", name="uq_documents_batch_id_name"),
    )
    op.create_index("ix_documents_batch_id_id", "documents", ["batch_id", "id"])
    op.create_index("ix_documents_reading_id", "documents", ["reading_id"])
    op.create_index("ix_documents_sha256", "documents", ["sha256"])


def _extractions() -> None:
    op.create_table(
        "extractions",
        sa.Column("reading_id", ID, autoincrement=False, nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=False),
        sa.Column("decision_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=100), nullable=False),
        sa.Column("settled_at", AT, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("year", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("tables", sa.Text(), server_default="", nullable=False),
        sa.Column("cells", sa.Integer(), server_default="0", nullable=False),
        sa.Column("flagged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("repaired", sa.Integer(), server_default="0", nullable=False),
        sa.Column("questions", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_extractions_reading_id"),
        sa.PrimaryKeyConstraint("reading_id", name="pk_extractions"),
    )
    op.create_index("ix_extractions_entity_year", "extractions", ["entity", "year"])


def _cells() -> None:
    op.create_table(
        "cells",
        sa.Column("reading_id", ID, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cell_id", sa.String(length=60), nullable=False),
        sa.Column("table_code", sa.String(length=20), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("row_code", sa.Text(), nullable=False),
        sa.Column("row_name", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_cells_reading_id"),
        sa.PrimaryKeyConstraint("reading_id", "position", name="pk_cells"),
    )
    op.create_index(
        "ix_cells_flagged",
        "cells",
        ["reading_id", "position"],
        sqlite_where=sa.text("status = 'flagged'"),
        postgresql_where=sa.text("status = 'flagged'"),
    )
    op.create_index("ix_cells_row_code_form_reading_id", "cells", ["row_code", "form", "reading_id"])


def _questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("reading_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("form", sa.String(length=20), nullable=False),
        sa.Column("table_code", sa.String(length=20), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("fen", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("worth", sa.Double(), nullable=False),
        sa.Column("opened_at", AT, nullable=False),
        sa.Column("closed_at", AT, nullable=True),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_questions_reading_id"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
        sa.UniqueConstraint("reading_id", "key", name="uq_questions_reading_id_key"),
    )
    op.create_index(
        "ix_questions_open",
        "questions",
        ["worth", "id"],
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("question_id", ID, autoincrement=False, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("expires_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_claims_question_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_claims_user_id"),
        sa.PrimaryKeyConstraint("question_id", name="pk_claims"),
    )
    op.create_index("ix_claims_user_id", "claims", ["user_id"])


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reading_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), server_default="", nullable=False),
        sa.Column("before", sa.Text(), server_default="", nullable=False),
        sa.Column("after", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("place", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("seen", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("undoes", ID, nullable=True),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_decisions_reading_id"),
        sa.ForeignKeyConstraint(["sha256"], ["files.sha256"], name="fk_decisions_sha256"),
        sa.ForeignKeyConstraint(["undoes"], ["decisions.id"], name="fk_decisions_undoes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_decisions_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_reading_id_key", "decisions", ["reading_id", "key"])
    op.create_index("ix_decisions_sha256_id", "decisions", ["sha256", "id"])
    op.create_index("ix_decisions_user_id", "decisions", ["user_id"])


def _exports() -> None:
    op.create_table(
        "exports",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("scope", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("with_flagged", sa.Boolean(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("sent_at", AT, nullable=True),
        sa.Column("started_at", AT, nullable=True),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("manifest", sa.String(length=64), nullable=True),
        sa.Column("decisions", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failure", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_exports_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_exports"),
    )
    op.create_index("ix_exports_user_id", "exports", ["user_id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("at", AT, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("request", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_audit_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_subject_id", "audit", ["subject", "id"])
    op.create_index("ix_audit_user_id", "audit", ["user_id"])


def _only_grows(table: str) -> None:
    """Refuse to change or delete rows of a table."""
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{deed.lower()} BEFORE {deed} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} only grows'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_grows()"
    )
