"""How long the figures about reviewing take in a large archive: a million questions, 200,000 decisions, on PostgreSQL.

    python -m tests.load_insight [--database postgresql://postgres@127.0.0.1/postgres]

Makes a database of its own beside the one that is named, fills it, times each query, and drops it.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from sqlalchemy import create_engine, text

from models import migrate
from models.archive import Role
from models.db import Database
from models.store import insight, people
from models.store.insight import Scope

NAME = "jiaokan_load_insight"
FILL = (
    """INSERT INTO batches (owner_id, name, key, policy, created_at)
       SELECT 1, 'batch ' || n, 'k' || n, '{}', now() FROM generate_series(1, 100) n""",
    """INSERT INTO files (sha256, size, kind, created_at)
       SELECT lpad(to_hex(n), 64, '0'), 1, 'pdf', now() FROM generate_series(1, :documents) n""",
    """INSERT INTO readings (sha256, engine, batch_id, priority, page_count, document, created_at, read_at,
                             settle_asked_at, settled_for, outcome, failure, deaths)
       SELECT lpad(to_hex(n), 64, '0'), 'e', 1 + n % 100, 6, 12, 'x', now(), now(), now(), now(), 'done', '', 0
       FROM generate_series(1, :documents) n""",
    """INSERT INTO documents (batch_id, sha256, reading_id, name, added_at)
       SELECT batch_id, sha256, id, id || '.pdf', now() FROM readings""",
    """INSERT INTO extractions (reading_id, blob, decision_id, version, settled_at, entity, year, kind, origin, tables,
                                cells, flagged, repaired, questions)
       SELECT id, 'x', 0, '1', now(), '', '', '', '', '', 1000, 4, 6, 10 FROM readings""",
    """INSERT INTO questions (reading_id, key, form, table_code, page, asks, reason, worth, opened_at, closed_at)
       SELECT 1 + n % :documents, 'c' || n, 'f', 't', 1,
              (ARRAY['unsure', 'contradicted', 'layout', 'sample', 'second'])[1 + n % 5], '', 1,
              now() - (n % 300) * interval '1 day', CASE WHEN n % 3 = 0 THEN now() - (n % 200) * interval '1 day' END
       FROM generate_series(1, :questions) n""",
    """INSERT INTO decisions (sha256, reading_id, user_id, at, kind, key, field, before, after, note, place, seen)
       SELECT lpad(to_hex(1 + n % :documents), 64, '0'), 1 + n % :documents, 1 + n % 10,
              now() - (:decisions - n) * interval '6 seconds', 'value', 'c' || n, '', '12.50', '12.50', '', '{}',
              json_build_object('asks', (ARRAY['unsure', 'contradicted', 'layout', 'sample', 'second'])[1 + n % 5],
                                'confidence', 0.9, 'straight', n % 5 = 3)
       FROM generate_series(1, :decisions) n""",
    "ANALYZE",
)
SIZES = {"documents": 100_000, "questions": 1_000_000, "decisions": 200_000}


def main() -> int:
    """Fill, time, drop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", default="postgresql://postgres@127.0.0.1:5432/postgres")
    server = parser.parse_args().database.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {NAME}"))
        connection.execute(text(f"CREATE DATABASE {NAME}"))
    database = Database(f"{server.rpartition('/')[0]}/{NAME}")
    try:
        migrate.upgrade(database)
        _fill(database)
        with database.snapshot() as session:
            begun = time.perf_counter()
            insight.looked_at_twice(session, Scope(7))
            sys.stdout.write(f"quality of a batch, on its page: {1000 * (time.perf_counter() - begun):.0f} ms\n")
        for scope in (Scope(), Scope(7), Scope(None, 3), Scope(7, 3)):
            _time(database, scope)
    finally:
        database.close()
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {NAME} WITH (FORCE)"))
        engine.dispose()
    return 0


def _fill(database: Database) -> None:
    with database.transaction() as session:
        for number in range(10):
            people.add_user(session, f"reviewer {number}", Role.REVIEWER, "x")
        session.flush()
        for statement in FILL:
            names = [name for name in SIZES if f":{name}" in statement]
            session.execute(text(statement), {name: SIZES[name] for name in names})


def _time(database: Database, scope: Scope) -> None:
    sys.stdout.write(f"batch {scope.batch_id or 'all'}, reviewer {scope.user_id or 'all'}\n")
    total = 0.0
    parts: tuple[Callable[..., object], ...] = (
        insight.through, insight.backlog, insight.reasons, insight.reasons_answered, insight.paces,
        insight.answered,
    )  # fmt: skip
    for part in parts:
        with database.snapshot() as session:
            begun = time.perf_counter()
            part(session, scope)
            took = time.perf_counter() - begun
        total += took
        sys.stdout.write(f"  {part.__name__:<18} {1000 * took:8.0f} ms\n")
    sys.stdout.write(f"  {'together':<18} {1000 * total:8.0f} ms\n")


if __name__ == "__main__":
    sys.exit(main())
