"""Indexes for what is sent next and for how far batches are, however many wait; none that nothing reads."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Walk forward; there is no way back but a backup."""
    op.drop_index("ix_cells_row_code_form_reading_id", "cells")
    op.drop_index("ix_readings_batch_id_state", "readings")
    op.create_index("ix_readings_progress", "readings", ["id", "state", "read_at", "page_count"])
    op.create_index("ix_documents_progress", "documents", ["batch_id", "reading_id", "cancelled_at"])
    _part("ix_extractions_asking", ["reading_id", "questions"], "questions > 0", "extractions")
    op.drop_index("ix_readings_unread", "readings")
    lane = ["priority", "batch_id", "id"]
    _part("ix_readings_unread", lane, "page_count IS NOT NULL AND read_at IS NULL AND failure = ''")
    _part("ix_readings_unopened", lane, "page_count IS NULL AND sent_at IS NULL AND failure = ''")
    _part("ix_readings_opening", ["id"], "page_count IS NULL AND sent_at IS NOT NULL AND failure = ''")


def _part(name: str, columns: list[str], where: str, table: str = "readings") -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
