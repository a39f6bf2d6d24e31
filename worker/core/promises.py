"""Which forms a final account owes: the nine, or those its own table of contents lists."""

from __future__ import annotations

from models.document import Document
from models.forms import Form, all_forms
from worker.core.headers import LONGEST_TITLE, form_by_title


def missing_forms(document: Document) -> tuple[Form, ...]:
    """The forms owed that are neither found nor declared empty, in the order of their codes.

    A document that lists some forms owes those; one that lists none owes all nine.
    """
    there = {table.form for table in document.tables}
    titles = {line.text for line in document.lines if "表" in line.text and len(line.text) <= LONGEST_TITLE}
    listed = {match.form.code for match in map(form_by_title, sorted(titles)) if match}
    owed = listed or {form.code for form in all_forms()}
    return tuple(form for form in all_forms() if form.code in owed and form.code not in there)
