"""What ``attio-orm`` understands, and what runs for it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from attio_orm.cli.serving import add_options

INTERRUPTED = 130  # what a shell makes of Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; gives the exit status. ``arguments`` stands in for those of the process."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        status = _run(options, parser)
        sys.stdout.flush()
    except BrokenPipeError:  # e.g. `attio-orm tour | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    return status


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    if options.version:
        from importlib.metadata import version

        print(f"attio-orm {version('attio-orm')}")
        return 0
    if options.command is None:
        parser.print_help()
        return 0
    if options.command == "sandbox":
        from attio_orm.cli.serving import serve

        return serve(options)
    from attio_orm.cli.tour import guide

    guide(sys.stdout)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="attio-orm", description="An ORM for the Attio CRM, with a local Attio to run it on."
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(
        "tour",
        help="see it work, on a workspace made up for it; needs no account",
        description="Opens a sandbox full of people, companies and deals, and shows step by step "
        "what the library does with it: the code, what it prints, and the requests it took.",
    )
    add_options(
        commands.add_parser(
            "sandbox",
            help="serve a local Attio over HTTP, to any client",
            description="Serves a workspace that answers as Attio does, and a page that shows it, "
            "until it is stopped. Webhooks are delivered, to http:// targets as well. "
            'Needs: pip install "attio-orm[server]"',
        )
    )
    return parser
