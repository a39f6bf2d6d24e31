"""Pictures of pages for people to look at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
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
