"""科目代码 that cannot be what is printed, and what proves the right ones: names, the order of codes, other tables.

A code in doubt is one of no level's length, with characters that are no digits, printed twice, or out of the order in
which codes go up. It is restored to the one code that the same name bears in another table of the document (公开06: in
the form), that is one slip of the reading away and fits between the sound codes above and below.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from models.document import Row, Table
from models.forms import Form, Item
from models.reference import functional_names
from worker.core.accounts import CLASS_DIGITS, ECONOMIC_FORM, GROUP_DIGITS
from worker.core.glyphs import confused
from worker.core.likeness import likeness
from worker.core.names import LIKE_ENOUGH, MARKS, bare, closeness, is_total, spellings

CODE_LENGTHS = (3, 5, 7)
LEAST_NAME, LEAST_CUT = 3, 6
SHORTEST_CUT = 4
NEARLY = 0.8
"""How alike a misread name must be to that of a code one slip away."""
AGREEING = 2
_PARTED = re.compile(r"[.．·\-－]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with a code: its place, the code as printed, its name as compared, whether it is sound."""

    table: int
    row: int
    printed: str
    name: str
    block: int = 0
    sound: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """A code to be put right: where, what it becomes and what proves it."""

    table: int
    row: int
    raw: str
    code: str
    proof: str


def joined_code(text: str) -> str:
    """A printed code without blanks and marks before it, its 类, 款 and 项 joined where dots or dashes part them."""
    plain = "".join(text.split()).lstrip(MARKS)
    digits = _PARTED.sub("", plain)
    return digits if digits.isdigit() and len(digits) in CODE_LENGTHS else plain


def restore_codes(tables: Sequence[Table], forms: Sequence[Form | None]) -> list[Restored]:
    """The codes of a document's forms that are proven to be misread or cut."""
    entries = [_entries(i, table) if form else [] for i, (table, form) in enumerate(zip(tables, forms, strict=True))]
    economic = {i for i, form in enumerate(forms) if form is not None and form.code == ECONOMIC_FORM}
    found: list[Restored] = []
    for index, (mine, form) in enumerate(zip(entries, forms, strict=True)):
        if form is not None and index in economic:
            found += _by_form(mine, form)
        else:
            others = [e for i, other in enumerate(entries) if i != index and i not in economic for e in other]
            found += _by_others(mine, others, tables)
    return found


def _entries(index: int, table: Table) -> list[Entry]:
    """The rows that print a code, block after block, each with whether its code is sound."""
    found: list[Entry] = []
    for block in sorted({row.block for row in table.rows}):
        rows = sorted((row.line, i) for i, row in enumerate(table.rows) if row.block == block)
        found += _with_soundness([_entry(index, i, table.rows[i]) for _, i in rows if _has_code(table.rows[i])])
    times = Counter(e.printed for e in found)
    return [replace(e, sound=e.sound and times[e.printed] == 1) for e in found]


def _has_code(row: Row) -> bool:
    return bool(row.code.text.strip()) and not is_total(row.name.text)


def _entry(table: int, index: int, row: Row) -> Entry:
    return Entry(table, index, joined_code(row.code.text), bare(row.name.text), row.block)


def _with_soundness(entries: Sequence[Entry]) -> list[Entry]:
    """The entries of one block; sound are codes of a level's length that stand in a longest run of codes going up."""
    fit = [k for k, e in enumerate(entries) if e.printed.isdigit() and len(e.printed) in CODE_LENGTHS]
    times = Counter(entries[k].printed for k in fit)
    fit = [k for k in fit if times[entries[k].printed] == 1]
    rising = {fit[k] for k in rising_run([entries[k].printed for k in fit])}
    return [replace(e, sound=k in rising) for k, e in enumerate(entries)]


def rising_run(codes: Sequence[str]) -> list[int]:
    """The places of a longest run of codes that go up."""
    tails: list[str] = []
    ends: list[int] = []
    before: list[int] = []
    for place, code in enumerate(codes):
        at = bisect_left(tails, code)
        before.append(ends[at - 1] if at else -1)
        tails[at:] = [code, *tails[at + 1 :]]
        ends[at:] = [place, *ends[at + 1 :]]
    run = []
    place = ends[-1] if ends else -1
    while place >= 0:
        run.append(place)
        place = before[place]
    return run[::-1]


def _by_form(mine: Sequence[Entry], form: Form) -> Iterator[Restored]:
    """Codes of 公开06 by the form's own items."""
    known = {item.code: item for item in form.items if item.code}
    for k, entry in enumerate(mine):
        if entry.sound and entry.printed in known and closeness(entry.name, known[entry.printed]) >= LIKE_ENOUGH:
            continue
        items = [item for item in form.items if item.code and _is_named(entry.name, item)]
        fitting = {item.code: item for item in items if slipped(entry.printed, item.code) or _is_cut(entry, item.code)}
        fitting = {code: item for code, item in fitting.items() if _has_room(code, k, mine, known)}
        if len(fitting) == 1:
            code, item = next(iter(fitting.items()))
            yield Restored(entry.table, entry.row, entry.printed, code, f"表式项目：{code} {item.name}")


def _is_named(name: str, item: Item) -> bool:
    return any(same_name(name, bare(wording)) for wording in spellings(item))


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for look-alikes, a lost first character, or an end cut by the column."""
    short, long = sorted((one, other), key=len)
    if short == long or confused(short, long):
        return True
    lost_first = len(short) >= LEAST_NAME and len(long) == len(short) + 1 and long.endswith(short)
    return lost_first or (len(short) >= LEAST_CUT and long.startswith(short))


def _has_room(code: str, place: int, mine: Sequence[Entry], known: Container[str] | None = None) -> bool:
    """Whether a code fits between the sound codes above and below, and no other row has it."""
    others = [(k, e) for k, e in enumerate(mine) if e.sound and k != place and (known is None or e.printed in known)]
    if any(e.printed == code for _, e in others):
        return False
    sound = [(k, e.printed) for k, e in others if e.block == mine[place].block]
    above = [printed for k, printed in sound if k < place]
    below = [printed for k, printed in sound if k > place]
    return (not above or above[-1] < code) and (not below or code < below[0])


def _by_others(mine: Sequence[Entry], others: Sequence[Entry], tables: Sequence[Table]) -> Iterator[Restored]:
    """Codes by what the document's other tables print for the name."""
    for k, entry in enumerate(mine):
        witnesses = [e for e in others if e.sound and e.name and same_name(entry.name, e.name)]
        if not witnesses and not entry.sound:
            witnesses = [e for e in others if e.sound and likeness(entry.name, e.name) >= NEARLY]
        if any(e.printed == entry.printed for e in witnesses) and entry.sound:
            continue
        fitting: dict[str, list[Entry]] = {}
        for e in witnesses:
            if e.printed != entry.printed and _may_be(entry, e) and _has_room(e.printed, k, mine):
                fitting.setdefault(e.printed, []).append(e)
        if len(fitting) != 1 or any(e.printed == entry.printed for e in witnesses if not entry.sound):
            continue
        code, told = next(iter(fitting.items()))
        if not entry.sound or _outweighed(entry, code, told, others, mine[k + 1 : k + 2]):
            where = "、".join(dict.fromkeys(tables[e.table].code for e in told))
            yield Restored(entry.table, entry.row, entry.printed, code, f"{where}中{told[0].name}的代码{code}")


def _may_be(entry: Entry, witness: Entry) -> bool:
    """Whether a code may be that of a witness: a slip away, or badly misread or cut where it cannot be right itself.

    Then the name must be the same to the letter and the 类 too, and no name that many accounts bear: 行政运行 stands
    under every 款 of an office.
    """
    if slipped(entry.printed, witness.printed) or _is_cut(entry, witness.printed):
        return True
    same = len(entry.name) >= LEAST_NAME and entry.name == witness.name and not _is_common(entry.name)
    return not entry.sound and same and entry.printed[:CLASS_DIGITS] == witness.printed[:CLASS_DIGITS]


@cache
def _borne() -> Counter[str]:
    """How many accounts of the reference list bear each name."""
    return Counter(bare(name) for name in functional_names().values())


def _is_common(name: str) -> bool:
    return _borne()[name] > 1


def _is_cut(entry: Entry, code: str) -> bool:
    """Whether a code that cannot be right may be one of which only the 类 is left."""
    return not entry.sound and len(entry.printed) == CLASS_DIGITS and code.startswith(entry.printed)


def _outweighed(
    entry: Entry, code: str, told: Sequence[Entry], others: Sequence[Entry], below: Sequence[Entry]
) -> bool:
    """Whether a code that looks sound is one against others: never printed elsewhere, and unknown with this name.

    The others are two tables, and of the same 款, for 行政运行 stands under many; or the code below begins as theirs.
    """
    elsewhere = any(e.printed == entry.printed for e in others)
    listed = bare(functional_names().get(entry.printed, "")) == entry.name
    same_group = len(code) > GROUP_DIGITS and entry.printed[:GROUP_DIGITS] == code[:GROUP_DIGITS]
    agreed = len({e.table for e in told}) >= AGREEING and same_group
    heads = any(e.printed.startswith(code) for e in below)
    return (agreed or heads) and not elsewhere and not listed


def slipped(printed: str, code: str) -> bool:
    """Whether a code may have been read as `printed`: cut, one digit lost, doubled or wrong, two swapped, or unread."""
    if len(printed) == len(code):
        wrong = [k for k, (a, b) in enumerate(zip(printed, code, strict=True)) if a != b]
        if all(not printed[k].isdigit() for k in wrong) or len(wrong) == 1:
            return True
        first = wrong[0]
        pair = wrong == [first, first + 1]
        return pair and printed[first] == code[first + 1] and printed[first + 1] == code[first]
    if len(printed) >= SHORTEST_CUT and code.startswith(printed):
        return True
    short, long = sorted((printed, code), key=len)
    return len(long) == len(short) + 1 and any(short == long[:k] + long[k + 1 :] for k in range(len(long)))
