"""`jiaokan corpus`: make documents, score exports, measure the product, race it against a stock set-up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_SCORED = "born-digital broken-tounicode level1 level1-garbled level2 level3 level4"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to the parser of `jiaokan corpus`."""
    commands = parser.add_subparsers(dest="corpus_command", required=True, metavar="COMMAND")
    make = commands.add_parser("make", help="write random documents of one level and what they hold")
    make.add_argument("--level", required=True, help=f"one of {_SCORED}")
    make.add_argument("--count", type=int, default=3, help="documents to make (default 3)")
    make.add_argument("--out", type=Path, required=True, help="folder for the PDFs and their truth/")
    report = commands.add_parser("report", help="make fresh documents, extract them, and say what was right")
    report.add_argument("--levels", nargs="+", default=_SCORED.split(), help=f"some of {_SCORED} (default: all)")
    report.add_argument("--count", type=int, default=10, help="documents of each level (default 10)")
    report.add_argument("--out", type=Path, default=Path("corpus-report"), help="folder for documents and report")
    report.add_argument("--without-repair", action="store_true", help="flag what would be restored, for comparison")
    calibrate = commands.add_parser("calibrate", help="count on made documents what confidence is worth")
    calibrate.add_argument("folders", nargs="+", type=Path, help="folders that `corpus make` or `corpus report` wrote")
    calibrate.add_argument("--out", type=Path, default=Path("calibration.csv"), help="the curve to write")
    confusions = commands.add_parser("confusions", help="count on made documents which digit is read for which")
    confusions.add_argument("folders", nargs="+", type=Path, help="folders that `corpus make` or `corpus report` wrote")
    confusions.add_argument("--out", type=Path, default=Path("confusions.csv"), help="the table to write")
    resettle = commands.add_parser("resettle", help="settle documents read before once more, and say what was right")
    resettle.add_argument("folders", nargs="+", type=Path, help="folders that `corpus make` or `corpus report` wrote")
    resettle.add_argument("--out", type=Path, default=Path("corpus-report"), help="folder for the report")
    resettle.add_argument("--without-repair", action="store_true", help="flag what would be restored, for comparison")
    solver = commands.add_parser("solver", help="time the repair alone on growing tables")
    solver.add_argument("--most", type=int, default=16, help="largest account, in times the usual one (default 16)")
    bench = commands.add_parser("bench", help="race `jiaokan extract` against stock PaddleOCR and Camelot")
    bench.add_argument("--count", type=int, default=1, help="documents of level 1 and of level 2 (default 1 each)")
    bench.add_argument("--out", type=Path, default=Path("corpus-bench"), help="folder for documents and results")
    judge = commands.add_parser("score", help="compare an export with a truth folder")
    judge.add_argument("truth", type=Path, help="folder with cells.csv and documents.csv")
    judge.add_argument("export", type=Path, help="folder that `jiaokan extract` wrote")
    picture = commands.add_parser("picture", help="draw a page beside the table read from it")
    picture.add_argument("pdf", type=Path, help="the document")
    picture.add_argument("export", type=Path, help="folder that `jiaokan extract` wrote")
    picture.add_argument("--page", type=int, default=1, help="the page (default 1)")
    picture.add_argument("--out", type=Path, default=Path("page-beside-table.png"), help="the PNG to write")
    for each in (make, report, bench, calibrate, confusions, resettle, solver):
        each.add_argument("--seed", type=int, default=1, help="the same seed makes the same documents (default 1)")
        each.add_argument("--jobs", type=int, default=2, help="processes at once (default 2)")


def run(args: argparse.Namespace) -> int:
    """Run the chosen subcommand; the exit status, 2 when it could not start."""
    known = _SCORED.split()
    wanted = args.levels if args.corpus_command == "report" else [getattr(args, "level", known[0])]
    unknown = [level for level in wanted if level not in known]
    if unknown:
        sys.stderr.write(f"There is no level {unknown[0]}; choose from {_SCORED}\n")
        return 2
    try:
        return _COMMANDS[args.corpus_command](args)
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 2


def _make(args: argparse.Namespace) -> int:
    from corpus.make import make  # noqa: PLC0415  # loads OpenCV, which `--help` need not wait for

    for path in make(args.level, args.count, args.seed, args.out, args.jobs):
        sys.stdout.write(f"{path}\n")
    return 0


def _report(args: argparse.Namespace) -> int:
    from corpus.report import Plan, report  # noqa: PLC0415  # loads slowly

    results = report(Plan(args.levels, args.count, args.seed, args.jobs, not args.without_repair), args.out)
    return 0 if all(r.reached for r in results) else 1


def _calibrate(args: argparse.Namespace) -> int:
    from corpus.calibrate import SHARES, collect, write_curve  # noqa: PLC0415  # loads slowly

    found = collect(args.folders, SHARES, args.jobs, args.seed)
    if not found:
        raise RuntimeError("no documents with truth/cells.csv there: make some with `jiaokan corpus make`")
    write_curve(args.out, found)
    wrong = sum(not sample.right for sample in found)
    sys.stdout.write(f"{len(found)} cells, {wrong} of them wrong: curve written to {args.out}\n")
    return 0


def _confusions(args: argparse.Namespace) -> int:
    from corpus.confusions import count  # noqa: PLC0415  # loads slowly
    from models.confusions import written  # noqa: PLC0415  # the same

    found = count(args.folders, args.jobs)
    args.out.write_text(written(found), encoding="utf-8")
    sys.stdout.write(f"{sum(found.counts.values())} misread digits: table written to {args.out}\n")
    return 0


def _resettle(args: argparse.Namespace) -> int:
    from corpus.report import markdown, save  # noqa: PLC0415  # loads slowly
    from corpus.resettle import resettle  # noqa: PLC0415  # the same

    results = resettle(args.folders, args.jobs, repair=not args.without_repair)
    save(results, args.out)
    sys.stdout.write(markdown(results))
    return 0 if results and all(r.reached for r in results) else 1


def _solver(args: argparse.Namespace) -> int:
    from corpus.solver import growing  # noqa: PLC0415  # loads slowly

    for line in growing(args.most, args.seed):
        sys.stdout.write(f"{line}\n")
    return 0


def _bench(args: argparse.Namespace) -> int:
    from corpus.bench import bench  # noqa: PLC0415  # loads slowly

    bench(args.count, args.seed, args.out, args.jobs)
    return 0


def _score(args: argparse.Namespace) -> int:
    from corpus.score import score_export  # noqa: PLC0415  # loads slowly

    found = score_export(args.truth, args.export)
    for fault in found.faults:
        sys.stdout.write(
            f"{'SILENT ' if fault.silent else ''}{fault.kind}: {fault.document} {fault.table} {fault.row} "
            f"[{fault.column}] expected {fault.expected or 'nothing'}, got {fault.got or 'nothing'} {fault.reason}\n"
        )
    sys.stdout.write(
        f"{found.money} money cells: {100 * found.exact_share:.2f} % exact, {found.silent_per_10000:.1f} silent errors "
        f"per 10,000, {100 * found.straight_share:.2f} % straight through, {100 * found.flag_rate:.2f} % flagged; "
        f"{found.documents} documents: entity right in {found.entity_right}, year in {found.year_right}, "
        f"{found.failed} failed\n"
    )
    return 1 if found.silent else 0


def _picture(args: argparse.Namespace) -> int:
    from corpus.picture import draw  # noqa: PLC0415  # loads slowly

    draw(args.pdf, args.export, args.page, args.out)
    return 0


_COMMANDS = {
    "make": _make,
    "report": _report,
    "calibrate": _calibrate,
    "confusions": _confusions,
    "resettle": _resettle,
    "solver": _solver,
    "bench": _bench,
    "score": _score,
    "picture": _picture,
}


def main() -> int:
    """Run without the product: `python -m corpus.command make ...`."""
    parser = argparse.ArgumentParser(prog="corpus")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
