"""Amounts that stand in the wrong place: one column off, fallen into a neighbouring row, swapped between two rows.

A move is made only where it mends at least two identities that fail as read, breaks none, and no other move that has to
do with the same cells or identities mends as many, unless it moves several amounts more; all else stays where it was
read and is asked about. The text itself is not touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from models.document import Cell, Reading, Repair, Table
from worker.core.amounts import parse
from worker.core.board import LEAST_GAIN, Board, Move, Tried
from worker.core.checks import Figure, attempt
from worker.core.memo import Memo
from worker.core.misreading import digits
from worker.core.relations import Constraint

MOST_MOVES = 40
MOST_PLACED = 3
MOST_COLUMNS = 8
TELLING = 4
MOST_PAIRS = 14
FEW = 4
MANY_MORE = 2
MOST_ALIKE = 6


def rearrange(
    tables: Sequence[Table], wanted: Sequence[Constraint], figures: Mapping[str, Figure], memo: Memo
) -> tuple[tuple[Table, ...], tuple[Move, ...]]:
    """The tables with amounts moved to where the identities prove that they belong, and the moves."""
    board = Board(tables, wanted, figures)
    made: list[Move] = []
    while board.failing and len(made) < MOST_MOVES:
        move = _best(board, memo.keeper(Tried))
        if move is None:
            break
        board.make(move)
        made.append(move)
    moved = tuple(tables)
    for move in made:
        moved = _moved(moved, move)
    return moved, tuple(made)


def _best(board: Board, tried: Tried) -> Move | None:
    """The move that mends most; None where none mends enough, or where two that exclude each other mend as much."""
    weighed: dict[frozenset[tuple[str, str]], Move] = {}
    tried.begin(board)
    for move in _proposals(board):
        content = frozenset(move.sources)
        if content in weighed or any(source and not board.of_cell[cell] for cell, source in move.sources):
            continue
        if move.cells & board.fixed or not board.may_mend(move.cells):
            continue
        mended, broken = tried.of(board, move)
        if len(mended) >= LEAST_GAIN and not broken and _telling(board, move, mended):
            weighed[content] = replace(move, mended=tuple(sorted(mended)))
    ranked = sorted(weighed.values(), key=lambda m: (-len(m.mended), m.amounts, m.sources))
    for move in ranked:
        rivals = [m for m in ranked if m is not move and (m.cells & move.cells or set(m.mended) & set(move.mended))]
        if all(_is_worse(m, move) for m in rivals):
            return move
    return None


def _is_worse(rival: Move, move: Move) -> bool:
    """Whether a move mends less than another, or as much by moving several amounts more."""
    if len(rival.mended) == len(move.mended):
        return rival.amounts >= move.amounts + MANY_MORE
    return len(rival.mended) < len(move.mended)


def _telling(board: Board, move: Move, mended: frozenset[str]) -> bool:
    """Whether the moved amounts are long enough for their sums not to agree by chance."""
    longest = max((len(digits(board.figures[s].value or Decimal(0))) for _, s in move.sources if s), default=0)
    return longest >= TELLING or len(mended) > LEAST_GAIN


def _proposals(board: Board) -> Iterator[Move]:
    rows: dict[tuple[int, int], None] = {}
    for check_id in sorted(board.failing):
        for cell_id in board.wanted[check_id].cell_ids:
            place = board.places[cell_id]
            rows.setdefault((place.table, place.cell.row))
    standing = _standing(board)
    for table, row in rows:
        yield from _sideways(board, table, row, standing)
        yield from _vertical(board, table, row)
        yield from _swapped(board, table, row)
    yield from _columns(board)
    yield from _fallen(board)


def _line(board: Board, table: int, row: int) -> list[str]:
    """The cells of a row from left to right."""
    return board.lines.get((table, row), [])


_Standing = Mapping[tuple[int, int, tuple[int, ...]], Sequence[list[str]]]
"""The rows of a block, by its table and number, that show their amounts under the same columns."""


def _standing(board: Board) -> _Standing:
    found: defaultdict[tuple[int, int, tuple[int, ...]], list[list[str]]] = defaultdict(list)
    for index, table in enumerate(board.tables):
        for row, one in enumerate(table.rows):
            line = _line(board, index, row)
            shown = tuple(i for i, cell in enumerate(line) if board.shows(cell))
            found[index, one.block, shown].append(line)
    return found


def _sideways(board: Board, table: int, row: int, standing: _Standing) -> Iterator[Move]:
    """Every other way of setting a row's few amounts under its columns in the same order.

    Also for all rows of the block together that show their amounts under the same columns: a torn page shifts several.
    """
    line = _line(board, table, row)
    shown = [i for i, cell in enumerate(line) if board.shows(cell)]
    if not 0 < len(shown) <= MOST_PLACED or len(line) > MOST_COLUMNS:
        return
    same = standing[table, board.tables[table].rows[row].block, tuple(shown)]
    alike = [other for other in same if other[0] != line[0]] if len(same) <= MOST_ALIKE else []
    if not board.may_mend(cell for one in (line, *alike) for cell in one):
        return
    for chosen in combinations(range(len(line)), len(shown)):
        if list(chosen) != shown:
            yield Move(_placed(line, shown, chosen), "shifted-column")
            if alike:
                together = [part for one in (line, *alike) for part in _placed(one, shown, chosen)]
                yield Move(tuple(together), "shifted-column")


def _placed(line: Sequence[str], shown: Sequence[int], chosen: Sequence[int]) -> tuple[tuple[str, str], ...]:
    """Where the content of each cell of a row comes from when its amounts stand under the chosen columns."""
    to = dict(zip(chosen, shown, strict=True))
    return tuple(
        (cell, line[to[i]] if i in to else "")
        for i, cell in enumerate(line)
        if to.get(i, -1) != (i if i in shown else -1)
    )


def _vertical(board: Board, table: int, row: int) -> Iterator[Move]:
    """A single amount, or all amounts of a row, to the row above or below where nothing stands."""
    line = _line(board, table, row)
    shown = [cell for cell in line if board.shows(cell)]
    for other in _beside(board, table, row):
        pairs = [(cell, board.at.get((table, other, board.places[cell].cell.column))) for cell in shown]
        free = [(cell, to) for cell, to in pairs if to is not None and not board.shows(to)]
        for cell, to in free:
            yield Move(((to, cell), (cell, "")), "shifted-row")
        if len(free) == len(shown) > 1:
            yield Move(tuple(p for cell, to in free for p in ((to, cell), (cell, ""))), "shifted-row")


def _beside(board: Board, table: int, row: int) -> list[int]:
    """The rows of the same block above and below."""
    rows = board.tables[table].rows
    block = [i for i, r in enumerate(rows) if r.block == rows[row].block]
    place = block.index(row)
    return block[max(0, place - 1) : place] + block[place + 1 : place + 2]


def _swapped(board: Board, table: int, row: int) -> Iterator[Move]:
    """The amounts of two rows that stand below each other, exchanged."""
    for other in _beside(board, table, row):
        mine, theirs = _line(board, table, row), _line(board, table, other)
        if len(mine) == len(theirs):
            pairs = [(a, b) for a, b in zip(mine, theirs, strict=True) if board.shows(a) or board.shows(b)]
            if row < other and pairs:
                sources = [
                    part
                    for a, b in pairs
                    for part in ((a, b if board.shows(b) else ""), (b, a if board.shows(a) else ""))
                ]
                yield Move(tuple(sources), "swapped-rows")


def _columns(board: Board) -> Iterator[Move]:
    """Several amounts moved between two columns, by which both columns' sums are off by the same."""
    sums = [c for c in (board.wanted[i] for i in sorted(board.failing)) if c.kind in ("hierarchy", "column-sum")]
    gaps = [_gap(board, one) for one in sums]
    by_gap: defaultdict[Decimal, list[Constraint]] = defaultdict(list)
    for one, gap in zip(sums, gaps, strict=True):
        by_gap[gap].append(one)
    for short, gap in zip(sums, gaps, strict=True):
        for over in by_gap.get(-gap, ()) if gap else ():
            yield from _between(board, short, over, gap)


def _gap(board: Board, constraint: Constraint) -> Decimal:
    trial = attempt(constraint, board.figures, ())
    return trial.residual if trial is not None else Decimal(0)


def _between(board: Board, short: Constraint, over: Constraint, gap: Decimal) -> Iterator[Move]:
    """The fewest amounts that add up to what one column lacks, each beside a blank of the other column."""
    targets = {_stands(board, t.cell_id): t.cell_id for t in short.right}
    pairs = [
        (targets[at], t.cell_id)
        for t in over.right
        if (at := _stands(board, t.cell_id)) in targets
        and board.shows(t.cell_id)
        and not board.shows(targets[at])
        and targets[at] != t.cell_id
    ]
    for count in range(1, FEW + 1):
        fitting = [
            some
            for some in combinations(pairs[:MOST_PAIRS], count)
            if sum((board.figures[source].value or Decimal(0) for _, source in some), Decimal(0)) == gap
        ]
        if len(fitting) == 1:
            yield Move(tuple(p for to, source in fitting[0] for p in ((to, source), (source, ""))), "shifted-column")
        if fitting:
            return


def _stands(board: Board, cell_id: str) -> tuple[int, int]:
    """The table and row that a cell stands in."""
    place = board.places[cell_id]
    return place.table, place.cell.row


def _fallen(board: Board) -> Iterator[Move]:
    """An amount that no identity knows, in a row without a label, to the blank that identities want to hold it."""
    strays: dict[Decimal, list[str]] = defaultdict(list)
    for cell_id, place in board.places.items():
        row = board.tables[place.table].rows[place.cell.row]
        unnamed = not row.name.text.strip() and not row.code.text.strip()
        if unnamed and board.shows(cell_id) and not board.of_cell[cell_id]:
            strays[board.figures[cell_id].value or Decimal(0)].append(cell_id)
    if not strays:
        return
    for check_id in sorted(board.failing):
        constraint = board.wanted[check_id]
        for term in constraint.signed:
            blank = not board.shows(term.cell_id) and not board.figures[term.cell_id].broken
            if not blank or not term.sign:
                continue
            value = -_gap(board, constraint) / (term.sign * term.scale)
            for stray in strays.get(value, ()):
                if board.places[stray].table == board.places[term.cell_id].table:
                    yield Move(((term.cell_id, stray), (stray, "")), "shifted-row")


def _moved(tables: Sequence[Table], move: Move) -> tuple[Table, ...]:
    """The tables after a move: readings change places, cells keep their ids."""
    readings = {c.cell_id: c.reading for t in tables for c in t.cells}
    new = {cell: readings[source] if source else _emptied(readings[cell]) for cell, source in move.sources}
    return tuple(
        replace(
            t, cells=tuple(replace(c, reading=new[c.cell_id], doubt="") if c.cell_id in new else c for c in t.cells)
        )
        if any(c.cell_id in new for c in t.cells)
        else t
        for t in tables
    )


def _emptied(reading: Reading) -> Reading:
    return replace(reading, text="", glyphs=(), probability=1.0)


def move_repairs(before: Sequence[Table], moves: Iterable[Move]) -> list[Repair]:
    """A repair row for each cell whose content changed: what stood there as read, what stands there now, and the proof.

    `before` are the tables as read; a figure may move more than once.
    """
    texts = {c.cell_id: c.reading.text.strip() for t in before for c in t.cells}
    now = dict(texts)
    proofs: dict[str, tuple[str, tuple[str, ...]]] = {}
    for move in moves:
        arrived = {cell: now[source] if source else "" for cell, source in move.sources}
        now.update(arrived)
        proofs.update(dict.fromkeys(arrived, (move.kind, move.mended)))
    return [
        Repair(cell, "value", texts[cell], plain(now[cell]), kind, " ".join(mended), unique=True)
        for cell, (kind, mended) in proofs.items()
    ]


def plain(text: str) -> str:
    """An amount's text as a plain decimal; other text as it is."""
    amount = parse(text)
    return f"{amount.value:f}" if amount is not None else text


def _named(table: Table, cell: Cell, field: str) -> str:
    """What to call a cell's column or row."""
    if field == "column":
        return table.columns[cell.column].name or f"第{cell.column + 1}列"
    row = table.rows[cell.row]
    return "".join(row.name.text.split()) or row.code.text or f"第{row.line + 1}行"


def move_reasons(tables: Sequence[Table], moves: Iterable[Move]) -> dict[str, str]:
    """Why the content of a cell changed, in words, by cell."""
    cells = {c.cell_id: (t, c) for t in tables for c in t.cells}
    reasons = {}
    for move in moves:
        field = "column" if move.kind == "shifted-column" else "row"
        for cell_id, source in move.sources:
            where = _named(*cells[source or cell_id], field)
            words = f"原读在“{where}”" if source else "此处所读金额属于别处"
            english = f"was read under “{where}”" if source else "the amount read here belongs elsewhere"
            held = "、".join(move.mended)
            reasons[cell_id] = f"{words}：移动后{held}成立 | {english}: {held} failed and hold now"
    return reasons
