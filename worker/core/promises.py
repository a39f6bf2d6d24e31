"""What a final account owes and does not show: forms of the nine, or of its own list, and the totals of a form."""

from __future__ import annotations

from collections import Counter

from models.document import Document, SettledTable
from models.forms import Form, all_forms, form_by_code
from worker.core.headers import LONGEST_TITLE, form_by_title
from worker.core.names import bare, spellings
from worker.core.totals import TOTALS


def missing_forms(document: Document) -> tuple[Form, ...]:
    """The forms owed that are neither found nor declared empty, in the order of their codes.

    A document that lists some forms owes those; one that lists none owes all nine.
    """
    there = {table.form for table in document.tables}
    titles = {line.text for line in document.lines if "表" in line.text and len(line.text) <= LONGEST_TITLE}
    listed = {match.form.code for match in map(form_by_title, sorted(titles)) if match}
    owed = listed or {form.code for form in all_forms()}
    return tuple(form for form in all_forms() if form.code in owed and form.code not in there)


def missing_totals(settled: SettledTable) -> tuple[str, ...]:
    """The names of the form's totals that no row of the table bears: a last line may have been lost at a page break.

    Nothing where the table is no form or prints no figure.
    """
    if not settled.table.form or not any(cell.value is not None for cell in settled.cells):
        return ()
    items = [item for item in form_by_code(settled.table.form).items if not item.code and item.name.endswith(TOTALS)]
    printed = Counter(bare(row.name) for row in settled.rows)
    owed = Counter(item.name for item in items)
    borne = {item.name: sum(printed[bare(name)] for name in set(spellings(item))) for item in items}
    return tuple(name for name, times in owed.items() if borne[name] < times)
