"""What commands that talk to a workspace have in common: options, exit statuses, errors."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from typing import Any, Final

from attio_orm.cli.terminal import Terminal, wrapped
from attio_orm.errors import (
    APIError,
    AttioError,
    NotConnectedError,
    TransportError,
    ValidationError,
)

DONE: Final = 0
NOTHING_OR_DIFFERENT: Final = 1
USAGE: Final = 2
REFUSED: Final = 3
NOT_REACHED: Final = 4


def add_shared_options(parser: ArgumentParser) -> None:
    """Teach a parser which workspace is meant, and how its answers are shown."""
    parser.add_argument("--profile", metavar="NAME", help="the workspace of this profile")
    parser.add_argument(
        "--url", help="another address than Attio's, such as sandbox:///crm.db or a served sandbox"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, errors on stderr as well")
    parser.add_argument(
        "--quiet", action="store_true", help="only what was found: no headings, no advice"
    )
    parser.add_argument("--no-color", action="store_true", help="no colours, as with NO_COLOR")


def place(options: Namespace) -> dict[str, Any]:
    """The arguments of ``connect()`` that the shared options stand for."""
    given = {"url": options.url, "profile": options.profile}
    return {name: value for name, value in given.items() if value is not None}


def terminal(options: Namespace) -> Terminal:
    """Standard output, with the colours that were asked for."""
    return Terminal(sys.stdout, colour=False if options.no_color else None)


def print_json(answer: object) -> None:
    """Print an answer for programs, on a line of its own."""
    print(json.dumps(answer))


def failed(error: AttioError, options: Namespace) -> int:
    """Tell of an error on stderr; gives the exit status that it stands for."""
    if options.json:
        told = {
            "type": type(error).__name__,
            "message": str(error),
            "status": getattr(error, "status", None),
            "code": getattr(error, "code", None),
        }
        print(json.dumps({"error": told}), file=sys.stderr)
    else:
        screen = Terminal(sys.stderr, colour=False)
        for line in f"attio-orm {options.command}: {error}".splitlines():
            for part in wrapped(line, screen.width):
                screen.line(part)
    return _status(error)


def _status(error: AttioError) -> int:
    match error:
        case APIError():
            return REFUSED
        case TransportError() | NotConnectedError():
            return NOT_REACHED
        case ValidationError():  # an address, a profile, a prefix
            return USAGE
        case _:
            return REFUSED
