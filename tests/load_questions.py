"""How long the next question takes among a million: `python -m tests.load_questions POSTGRES-URL [--times 100]`.

The database at the URL is migrated and filled; it is best one of its own, thrown away afterwards. Documents have 30
questions each, batches 1 to 20,000 documents. Each filter is asked as a reviewer would: what comes next, claim it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text

from models import migrate
from models.archive import Role
from models.db import Database
from models.store import asking, figures, people
from models.store.asking import QuestionFilter

EACH = 30
_FILL = """
INSERT INTO files (sha256, size, kind, created_at)
 SELECT lpad(to_hex(n), 64, '0'), 1000, 'pdf', now() FROM generate_series(1, :documents) n;
INSERT INTO batches (id, owner_id, name, key, created_at)
 SELECT n, 1, 'batch ' || n, 'key ' || n, now() FROM generate_series(1, 40) n;
INSERT INTO readings (id, sha256, engine, batch_id, priority, page_count, created_at, started_at, read_at,
  settle_asked_at, settled_for, outcome)
 SELECT n, lpad(to_hex(n), 64, '0'), 'load', 1, 6, 30, now(), now(), now(), now(), now(), 'needs-review'
 FROM generate_series(1, :documents) n;
INSERT INTO documents (batch_id, sha256, reading_id, name, added_at)
 SELECT CASE WHEN n <= 10 THEN 1 WHEN n <= 20000 THEN 2 ELSE 3 + n % 38 END, lpad(to_hex(n), 64, '0'), n,
  'document ' || n || '.pdf', now() FROM generate_series(1, :documents) n;
INSERT INTO extractions (reading_id, blob, decision_id, version, settled_at, entity, year, kind, origin)
 SELECT n, '', 0, '1', now(), 'office ' || n % 3000, (2015 + n % 9)::text, 'final-account', 'scan'
 FROM generate_series(1, :documents) n;
INSERT INTO questions (reading_id, key, form, table_code, page, fen, reason, asks, worth, opened_at)
 SELECT n, 'c' || k, '公开0' || 1 + (n + k) % 9, 'T', 1 + k % 30,
  (power(10, 2 + random() * 10))::bigint * CASE WHEN k % 7 = 0 THEN -1 ELSE 1 END, 'does not add up; look at the page',
  (ARRAY['unsure', 'contradicted', 'misshapen', 'layout', 'label', 'second'])[1 + k % 6],
  CASE WHEN n <= 10 THEN random() * 0.001 ELSE random() * 100 END, now()
 FROM generate_series(1, :documents) n, generate_series(1, :each) k;
"""


def fill(database: Database, questions: int) -> None:
    """So many open questions, and reviewers."""
    with database.transaction() as session:
        for number in range(1, 21):
            people.add_user(session, f"reviewer {number}", Role.REVIEWER, "hashed")
    with database.engine.begin() as connection:
        for statement in _FILL.split(";\n"):
            if statement.strip():
                connection.execute(text(statement), {"documents": questions // EACH, "each": EACH})
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def timed(database: Database, user_id: int, chosen: QuestionFilter, times: int) -> tuple[Sequence[float], int]:
    """Seconds of each call, and how many questions were found; each is skipped afterwards, as answered ones are."""
    took: list[float] = []
    skipped: list[int] = []
    for _ in range(times):
        begun = time.perf_counter()
        with database.transaction() as session:
            wanted = replace(chosen, skipped=skipped[-200:])
            found = asking.next_question(session, user_id, wanted)
        took.append(time.perf_counter() - begun)
        if found is not None:
            skipped.append(found.id)
    return sorted(took), len(skipped)


FILTERS = {
    "none": QuestionFilter(),
    "form": QuestionFilter(form="公开05"),
    "reason": QuestionFilter(asks="layout"),
    "form and reason": QuestionFilter(form="公开05", asks="layout"),
    "second entries": QuestionFilter(asks="second"),
    "batch of 10 documents worth little": QuestionFilter(batch_id=1),
    "batch of 20,000 documents": QuestionFilter(batch_id=2),
    "batch of 350 documents": QuestionFilter(batch_id=7),
    "batch that holds nothing": QuestionFilter(batch_id=99),
    "entity": QuestionFilter(entity="office 77"),
    "entity in a batch": QuestionFilter(batch_id=2, entity="office 77"),
    "amount from 1 million yuan": QuestionFilter(least=10**8),
    "amount up to 2 yuan": QuestionFilter(most=200),
    "amount between 1.00 and 1.05 yuan": QuestionFilter(least=100, most=105),
    "amount nobody has": QuestionFilter(least=10**15),
    "batch of 20,000, amount nobody has": QuestionFilter(batch_id=2, least=10**15),
    "batch of 20,000, reason nobody gives": QuestionFilter(batch_id=2, asks="sample"),
}


def main() -> None:
    """Fill if need be, ask, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url")
    parser.add_argument("--questions", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=100)
    args = parser.parse_args()
    database = Database(args.database_url)
    migrate.upgrade(database)
    with database.snapshot() as session:
        empty = not figures.open_questions(session)
    if empty:
        fill(database, args.questions)
    for name, chosen in FILTERS.items():
        took, found = timed(database, 2, chosen, args.times)
        p95 = 1000 * took[int(0.95 * len(took))]
        sys.stdout.write(
            f"{name}: median {1000 * statistics.median(took):.1f} ms, p95 {p95:.1f} ms, {found} questions\n"
        )
    database.close()


if __name__ == "__main__":
    main()
