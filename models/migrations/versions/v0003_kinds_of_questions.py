"""What kind of doubt a question is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Walk forward; questions asked before are told apart once their documents are settled again."""
    op.add_column("questions", sa.Column("asks", sa.String(length=20), server_default="", nullable=False))
