"""Pictures of pages for people to look at; questions in the order of worth for each filter; requests sent twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Walk forward; there is no way back but a backup."""
    op.create_table(
        "pictures",
        sa.Column("reading_id", ID, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("straight", sa.Boolean(), nullable=False),
        sa.Column("blob", sa.String(length=64), nullable=True),
        sa.Column("width", sa.Double(), nullable=False),
        sa.Column("height", sa.Double(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["reading_id"], ["readings.id"], name="fk_pictures_reading_id"),
        sa.PrimaryKeyConstraint("reading_id", "number", "straight", name="pk_pictures"),
    )
    op.create_index("ix_pictures_blob", "pictures", ["blob"])
    for name, columns in (
        ("reading", ["reading_id", "worth", "id"]),
        ("form", ["form", "worth", "id"]),
        ("asks", ["asks", "worth", "id"]),
        ("fen", ["fen"]),
    ):
        _partial(f"ix_questions_open_{name}", "questions", columns, "closed_at IS NULL")
    op.add_column("decisions", sa.Column("sent_as", sa.String(length=64), nullable=True))
    op.create_index("ix_decisions_undoes", "decisions", ["undoes"])
    sent = ["user_id", "sent_as", "key", "field"]
    _partial("ix_decisions_sent_as", "decisions", sent, "sent_as IS NOT NULL", unique=True)


def _partial(name: str, table: str, columns: list[str], where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
