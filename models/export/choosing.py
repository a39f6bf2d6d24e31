"""An extraction without what is not certain: for datasets that must hold nothing a person has yet to look at. Pure."""

from __future__ import annotations

from dataclasses import replace

from models.document import CellStatus, Check, Extraction, Fact


def without_flagged(extraction: Extraction) -> Extraction:
    """The extraction with its flagged cells left out, and all that rests on them: checks, repairs, agreements."""
    gone = {
        cell.cell.cell_id
        for settled in extraction.tables
        for cell in settled.cells
        if cell.status is CellStatus.FLAGGED
    }
    if not gone:
        return extraction
    tables = tuple(
        replace(settled, cells=tuple(cell for cell in settled.cells if cell.cell.cell_id not in gone))
        for settled in extraction.tables
    )
    return replace(
        extraction,
        tables=tables,
        checks=tuple(check for check in extraction.checks if not _rests(check, gone)),
        repairs=tuple(repair for repair in extraction.repairs if repair.cell_id not in gone),
        facts=tuple(_fact(fact, gone) for fact in extraction.facts),
    )


def _rests(check: Check, gone: set[str]) -> bool:
    return not gone.isdisjoint(check.cell_ids)


def _fact(fact: Fact, gone: set[str]) -> Fact:
    return replace(fact, agrees_with=tuple(cell for cell in fact.agrees_with if cell not in gone))
