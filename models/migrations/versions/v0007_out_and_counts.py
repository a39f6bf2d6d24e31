"""An index of the pages that are out, without those that wait: however many wait, finding the next costs the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Walk forward; there is no way back but a backup."""
    op.drop_index("ix_pages_unfinished", "pages")
    out = sa.text("sent_at IS NOT NULL AND finished_at IS NULL")
    op.create_index("ix_pages_out", "pages", ["sent_at"], sqlite_where=out, postgresql_where=out)
