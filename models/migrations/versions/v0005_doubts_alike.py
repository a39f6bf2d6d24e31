"""What is doubtful about a question, to show alike ones together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Walk forward; questions asked before join groups once their documents are settled again."""
    op.add_column("questions", sa.Column("pair", sa.String(length=16), server_default="", nullable=False))
    op.add_column("questions", sa.Column("raw", sa.Text(), server_default="", nullable=False))
    op.add_column("questions", sa.Column("look", sa.JSON(), server_default="{}", nullable=False))
    open_ = sa.text("closed_at IS NULL")
    op.create_index("ix_questions_open_pair", "questions", ["pair", "id"], sqlite_where=open_, postgresql_where=open_)
