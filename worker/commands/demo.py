"""`jiaokan demo`: a small sample archive, made here and now, goes the whole way."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import cast

from worker.commands.extract import Request, extract

_MAKER = "corpus.make"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the sample and its tables go."""
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("out"), help="the export (default: out)")
    parser.add_argument(
        "--sample",
        metavar="DIR",
        type=Path,
        default=Path("build/sample"),
        help="the sample documents (default: build/sample)",
    )


def run(args: argparse.Namespace) -> int:
    """Make the sample, extract it, say where to look."""
    # By name: the corpus stands above the commands, which must not know it.
    sample = cast(Callable[[Path], list[Path]], importlib.import_module(_MAKER).sample)
    sys.stderr.write(f"Making the sample archive in {args.sample} ...\n")
    args.sample.mkdir(parents=True, exist_ok=True)
    documents = sample(args.sample)
    status = extract(Request(tuple(documents), args.out))
    sys.stdout.write(f"The documents it was read from:                      {args.sample}\n")
    return status
