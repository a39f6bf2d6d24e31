"""`jiaokan decisions`: what people decided, from a service to a CSV file, or from such a file to a service."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from api.client import Client, ServiceError

_DONE, _SOME_REFUSED, _CANNOT_START = 0, 1, 2
_SCHEMES = ("http://", "https://")
_SHOWN = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which way, of what, and the file."""
    parser.add_argument("action", choices=("export", "import"), help="to the file, or from it")
    parser.add_argument("file", metavar="CSV", type=Path, help="the file")
    parser.add_argument("--server", metavar="URL", required=True, help="the service, such as https://jiaokan.example")
    subject = parser.add_mutually_exclusive_group(required=True)
    subject.add_argument("--batch", type=int, metavar="N", help="the batch of that number")
    subject.add_argument("--document", type=int, metavar="N", help="the document of that number, whichever its file is")


def run(args: argparse.Namespace) -> int:
    """Do it; 0 if all is there, 1 if lines were refused or match nothing, 2 if nothing could start."""
    token = os.environ.get("JIAOKAN_TOKEN", "")
    if not args.server.startswith(_SCHEMES):
        return _refuse("--server begins with http:// or https://")
    if not token:
        return _refuse("no token: make one on the page of your account, and put it into JIAOKAN_TOKEN")
    try:
        with Client(args.server, token) as client:
            if args.action == "export":
                client.decisions(args.file, batch=args.batch, document=args.document)
                return _DONE
            return _bring(client, args)
    except ServiceError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or 'the disk'}: {error.strerror}")


def _bring(client: Client, args: argparse.Namespace) -> int:
    told = client.import_decisions(args.file.read_bytes(), batch=args.batch, document=args.document)
    open_rows = [row for row in told.rows if row.reason]
    for row in open_rows[:_SHOWN]:
        _tell(f"line {row.row}: {row.outcome} ({row.reason})")
    if len(open_rows) > _SHOWN:
        _tell(f"… and {len(open_rows) - _SHOWN} more")
    _tell(
        f"{told.taken} taken, {told.already_there} already there, {told.orphaned} match nothing, {told.refused} refused"
    )
    return _SOME_REFUSED if told.refused or told.orphaned else _DONE


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def _refuse(why: str) -> int:
    _tell(f"jiaokan: {why}")
    return _CANNOT_START
