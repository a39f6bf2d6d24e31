"""A worker that answers from recordings: `python -m tests.recorded_worker JOBS [METRICS-PORT]`.

Its clock is wrong by as many seconds as the file says that JIAOKAN_TEST_CLOCK names.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models import db, logs
from models.settings import Settings
from tests.recorded import PLUMBING, WORK
from worker import crew

_CLOCK = os.environ.get("JIAOKAN_TEST_CLOCK")


def _wrong_clock() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=float(Path(_CLOCK or "").read_text()))


if __name__ == "__main__":
    if _CLOCK:
        db.now = _wrong_clock
    logs.configure()
    work = PLUMBING if os.environ.get("JIAOKAN_TEST_SETTLE") == "recorded" else WORK
    sys.exit(crew.run(Settings(), work, int(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])))
