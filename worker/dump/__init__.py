"""A text dump of an earlier OCR or conversion run, laid out: running text and tab-separated tables told apart.

A dump knows no pages and no places: everything stands on page 1 and boxes are None. Nothing it says is dropped: what
is no table is a line, what fits no column keeps its place with a doubt.
"""

from __future__ import annotations

from collections import Counter

from models.document import Document, Line, Origin, Table
from worker.dump import assemble, heads
from worker.dump.assemble import PAGE, Draft
from worker.dump.blocks import Fields, Prose, is_stripped, parts


def decode(data: bytes) -> str:
    """The text of a dump: UTF-8 with or without byte-order mark, UTF-16 by its mark, else GB 18030; never fails."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")


def lay_out_dump(text: str) -> Document:
    """The tables and lines of a dump, in its order."""
    stripped = is_stripped(text)
    drafts: list[Draft | str] = []
    above: list[Prose] = []
    for part in parts(text):
        if isinstance(part, Prose):
            drafts.append(part.text)
            above.append(part)
            continue
        rows = _below_heading(part.rows, drafts, above)
        if rows:
            _take(drafts, above, rows, stripped=stripped)
            above = []
    tables, lines = _told_apart(drafts)
    return Document(1, Origin.TEXT_DUMP, tuple(tables), tuple(Line(text, PAGE) for text in lines))


def _below_heading(rows: tuple[Fields, ...], drafts: list[Draft | str], above: list[Prose]) -> tuple[Fields, ...]:
    """Takes rows such as 部门 and 金额单位 from the top of a block and files them as running text."""
    while rows and heads.is_beside_table(rows[0]):
        text = " ".join(field for field in rows[0] if field)
        drafts.append(text)
        above.append(Prose(text))
        rows = rows[1:]
    return rows


def _take(drafts: list[Draft | str], above: list[Prose], rows: tuple[Fields, ...], *, stripped: bool) -> None:
    """Joins a block to the table before it, or begins a table with it."""
    last = next((draft for draft in reversed(drafts) if isinstance(draft, Draft)), None)
    if last and all(line.is_furniture for line in above) and assemble.goes_on(last, rows):
        assemble.extend(last, rows)
        return
    draft = assemble.draft_of(heads.heading([line.text for line in above]), rows, stripped=stripped)
    if last and last.form and last.form is draft.form and draft.heading.continued:
        last.body += draft.body
        return
    drafts.append(draft)


def _told_apart(drafts: list[Draft | str]) -> tuple[list[Table], list[str]]:
    tables: list[Table] = []
    lines: list[str] = []
    times: Counter[str] = Counter()
    for draft in drafts:
        if isinstance(draft, str):
            lines.append(draft)
            continue
        code = draft.form.code if draft.form else ""
        serial = times[code] + 1
        table = (
            assemble.table_of_form(draft, draft.form, serial)
            if draft.form
            else assemble.table_as_printed(draft, serial)
        )
        if table:
            times[code] += 1
            tables.append(table)
        else:
            lines += [" ".join(field for field in row if field) for row in draft.body]
    return tables, lines
