"""What ``attio-orm`` understands, and what runs for it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from attio_orm.cli import doctor, serving, tour
from attio_orm.cli.terminal import wrapped

INTERRUPTED = 130  # what a shell makes of Ctrl-C


class Command(Protocol):
    """What the module of a command has. All are imported for the help, so they import late."""

    HELP: str
    DESCRIPTION: str
    EXAMPLE: str

    def add_options(self, parser: argparse.ArgumentParser, /) -> None:
        """Teach its parser the options of the command."""

    def run(self, options: argparse.Namespace, /) -> int:
        """Do it; gives the exit status."""
        ...


COMMANDS: Final[Mapping[str, Command]] = {"tour": tour, "sandbox": serving, "doctor": doctor}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status. ``arguments`` stands in for those of the process."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status = _run(options, parser)
        sys.stdout.flush()  # a reader that is gone is noticed here, not when Python ends
    except BrokenPipeError:  # e.g. `attio-orm tour | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if options.version:
        from importlib.metadata import version  # not argparse's own: it wants the version at once

        print(f"attio-orm {version('attio-orm')}")
        return 0
    if options.command is None:
        parser.print_help()
        return 0
    return COMMANDS[options.command].run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="attio-orm", description="An ORM for the Attio CRM, with a local Attio to run it on."
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    width = max(shutil.get_terminal_size().columns - 2, 20)  # as argparse has it
    for name, command in COMMANDS.items():
        command.add_options(
            commands.add_parser(
                name,
                help=command.HELP,
                usage=f"attio-orm {name} [options]",  # argparse's own is wider than 40 columns
                description="\n".join(wrapped(command.DESCRIPTION, width)),
                epilog=f"example:\n  {command.EXAMPLE}",
                formatter_class=argparse.RawDescriptionHelpFormatter,  # an example stays one line
            )
        )
    return parser
