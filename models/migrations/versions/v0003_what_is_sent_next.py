"""Indexes by which the next pages and openings are found, however many wait; none that is written and never read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Walk forward; there is no way back but a backup."""
    op.drop_index("ix_cells_row_code_form_reading_id", "cells")
    op.drop_index("ix_readings_unread", "readings")
    lane = ["priority", "batch_id", "id"]
    _part("ix_readings_unread", lane, "page_count IS NOT NULL AND read_at IS NULL AND failure = ''")
    _part("ix_readings_unopened", lane, "page_count IS NULL AND sent_at IS NULL AND failure = ''")
    _part("ix_readings_opening", ["id"], "page_count IS NULL AND sent_at IS NOT NULL AND failure = ''")


def _part(name: str, columns: list[str], where: str) -> None:
    op.create_index(name, "readings", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
