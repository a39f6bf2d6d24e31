"""`jiaokan corpus`: make documents, measure the product on them, race it against a stock set-up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the subcommands to the parser of `jiaokan corpus`."""
    commands = parser.add_subparsers(dest="corpus_command", required=True, metavar="COMMAND")
    make = commands.add_parser("make", help="write random documents of one level and what they hold")
    make.add_argument(
        "--level", required=True, help="born-digital, broken-tounicode, level1, level1-garbled, level2 ..."
    )
    make.add_argument("--count", type=int, default=3)
    make.add_argument("--seed", type=int, default=1)
    make.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> int:
    """Run the chosen subcommand; the exit status."""
    return {"make": _make}[args.corpus_command](args)


def _make(args: argparse.Namespace) -> int:
    from corpus import make  # noqa: PLC0415  # loads OpenCV, which `--help` need not wait for

    if args.level not in make.LEVELS:
        sys.stderr.write(f"There is no level {args.level}; choose from {', '.join(make.LEVELS)}\n")
        return 2
    for path in make.make(args.level, args.count, args.seed, args.out):
        sys.stdout.write(f"{path}\n")
    return 0


def main() -> int:
    """Run without the product: `python -m corpus.command make ...`."""
    parser = argparse.ArgumentParser(prog="corpus")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
