"""The console command `jiaokan`: finds a subcommand by its name and loads it only then."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol, cast

COMMANDS = {
    "extract": ("worker.commands.extract", "read documents and write their tables, cell by cell, as CSV"),
    "demo": ("worker.commands.demo", "make a small sample archive and extract it, to see what comes out"),
    "serve": ("worker.commands.serve", "the whole service on this machine: HTTP server, worker and queue"),
    "api": ("worker.commands.api", "the service's HTTP server alone"),
    "worker": ("worker.commands.worker", "read and settle what the service's queue holds"),
    "doctor": ("worker.commands.doctor", "check everything the service needs, and say what to do"),
    "user": ("worker.commands.user", "people of the service: add one, set a password, shut one out"),
    "push": ("worker.commands.push", "send a folder to a service, wait, and bring the tables back"),
    "decisions": ("worker.commands.decisions", "what people decided, from a service to a CSV file or from one to it"),
    "learn": ("worker.commands.learn", "what people corrected, as lists of confusions and names for later readings"),
    "migrate": ("worker.commands.migrate", "bring the service's database to the shape this version expects"),
    "corpus": ("corpus.command", "make test documents of known figures, and measure how well they are read"),
}
_SERVICE = tuple(
    f"worker.commands.{name}" for name in ("api", "decisions", "doctor", "migrate", "push", "serve", "user")
)
DONE, SOME_FAILED, CANNOT_START, INTERRUPTED = 0, 1, 2, 130


class Command(Protocol):
    """What the module of a subcommand offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the subcommand's options."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; the exit status."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `jiaokan ARGUMENTS`; the exit status: 0 all done, 1 some failed, 2 nothing could start, 130 interrupted."""
    name, rest = _choose(sys.argv[1:] if argv is None else argv)
    module, purpose = COMMANDS[name]
    try:
        command = cast(Command, importlib.import_module(module))
        parser = argparse.ArgumentParser(prog=f"jiaokan {name}", description=f"{purpose[0].upper()}{purpose[1:]}.")
        command.add_arguments(parser)
        return command.run(parser.parse_args(rest))
    except ModuleNotFoundError as error:
        extra = "corpus" if name == "corpus" else "service" if module in _SERVICE else "read"
        _say(f"jiaokan {name} needs the package {error.name}: python3 -m pip install 'jiaokan[{extra}]'")
        return CANNOT_START
    except KeyboardInterrupt:
        _say("interrupted: nothing was written")
        return INTERRUPTED
    except BrokenPipeError:  # Whoever read our output has gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SOME_FAILED


def _choose(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The subcommand and its arguments; exits with help, the version or a usage error."""
    lines = "\n".join(f"  {name:<9} {purpose}" for name, (_, purpose) in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="jiaokan",
        usage="jiaokan [--help] [--version] COMMAND ...",
        description="Turns archives of departmental final accounts into datasets that can be trusted cell by cell.",
        epilog=f"commands:\n{lines}\n\n`jiaokan COMMAND --help` tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.add_argument("command", choices=tuple(COMMANDS), metavar="COMMAND", help="what to do, see below")
    chosen = parser.parse_args(argv[:1])
    return chosen.command, argv[1:]


def _version() -> str:
    try:
        return f"jiaokan {version('jiaokan')}"
    except PackageNotFoundError:
        return "jiaokan (not installed)"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
