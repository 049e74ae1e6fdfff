"""`attio-orm sandbox`: a workspace over HTTP until it is stopped."""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from attio_orm.cli.token_files import read_token, write_token

if TYPE_CHECKING:
    from attio_sandbox import Workspace

HELP: str = "serve a local Attio over HTTP, to any client"
DESCRIPTION: str = (
    "Serves a workspace that answers as Attio does, and a page that shows it, until it is stopped. "
    "Webhooks are delivered, to http:// targets as well. "
    'Needs: pip install "attio-orm[server]"'
)
EXAMPLE: str = "attio-orm sandbox --seed crm --data crm.db"
PORT = 8787
VARIABLE = "ATTIO_SANDBOX_TOKEN"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Teach a parser the options of the command."""
    parser.add_argument("--port", type=_port, default=PORT, help="default: %(default)s; 0: any")
    parser.add_argument(
        "--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--data", metavar="FILE", help="keep the workspace in this file; otherwise in memory"
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        metavar="crm|empty|FILE.json",
        help="fill a new workspace with a made-up CRM, or with what a file holds",
    )
    parser.add_argument(
        "--limits", choices=("attio",), help="attio: refuse more requests a second than Attio takes"
    )
    parser.add_argument(
        "--enrichment", action="store_true", help="link people to companies by e-mail domain"
    )
    parser.add_argument(
        "--billing-plan",
        choices=("enterprise",),
        help="have what only that plan has: SQL, and activities of your own",
    )
    parser.add_argument(
        "--reserved-emails",
        choices=("allow",),
        help="allow: take e-mail addresses of people that Attio refuses, as those under .test",
    )
    tokens = parser.add_mutually_exclusive_group()
    tokens.add_argument(
        "--token",
        help=f"the access token; otherwise that of ${VARIABLE}, or of the data file, or a new one",
    )
    tokens.add_argument(
        "--token-file",
        metavar="FILE",
        help="read the access token from this file, or write it there if there is none",
    )
    parser.add_argument(
        "--log", action="store_true", help="print each request: method, path, status, milliseconds"
    )


def run(options: argparse.Namespace) -> int:
    """Serve a workspace until SIGINT or SIGTERM; gives the exit status."""
    from attio_sandbox import WorkspaceFileError  # here: other commands do without

    try:
        from attio_sandbox.server import AddressError, Server
    except ImportError as error:
        return _refused(error)
    try:
        workspace, shown = _open(options)
    except (WorkspaceFileError, OSError, ValueError) as error:
        return _refused(error)
    stopped = threading.Event()
    before = {
        each: signal.signal(each, _stopping(stopped)) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        log = _say if options.log else None
        with Server(workspace, host=options.host, port=options.port, log=log) as server:
            _greet(server.url, shown, options)
            while not stopped.wait(None if os.name == "posix" else 0.5):
                pass  # elsewhere a wait without end would not notice Ctrl-C
        print("Stopped." if options.data is None else f"Stopped; {options.data} has everything.")
    except AddressError as error:
        return _refused(error)
    finally:  # the server has ended: no request is cut off by the closing
        workspace.close()
        for each, handler in before.items():
            signal.signal(each, handler)
    return 0


def _open(options: argparse.Namespace) -> tuple[Workspace, _Shown]:
    """The workspace, and how its token is told: never where it was meant to stay out of sight."""
    from attio_sandbox import Workspace

    file = None if options.token_file is None else Path(options.token_file)
    kept = None if file is None else read_token(file)
    named = os.environ.get(VARIABLE) or None  # set but empty is as good as not set
    workspace = Workspace(
        options.data,
        seed=options.seed,
        token=options.token if options.token is not None else kept or named,
        limits=options.limits,
        enrichment=options.enrichment,
        reserved_emails=options.reserved_emails,
        billing_plan=options.billing_plan,
    )
    try:
        if file is not None and kept is None:
            try:
                write_token(file, workspace.token)
            except OSError as error:
                raise OSError(
                    f"The token file {str(file)!r} cannot be written: {error.strerror}. Check that "
                    "its directory exists and may be written to."
                ) from error
    except BaseException:
        workspace.close()
        raise
    # Whoever makes a webhook here wants it delivered, and the app that gets it runs on http://.
    workspace.allow_http_targets = True
    if file is not None:
        return workspace, _Shown(f"in {file}", f'"$(cat {shlex.quote(str(file))})"')
    if options.token is None and named is not None:
        return workspace, _Shown(f"that of ${VARIABLE}", f'"${VARIABLE}"')
    return workspace, _Shown(workspace.token, workspace.token)


class _Shown(NamedTuple):
    """The token as the greeting has it, and as the line to try has it."""

    text: str
    in_shell: str


def _greet(url: str, token: _Shown, options: argparse.Namespace) -> None:
    kept = "in memory: it is gone when this stops" if options.data is None else f"in {options.data}"
    print(f"Attio sandbox  {url}  (open it in a browser to look inside)")
    print(f"Access token   {token.text}")
    print(f"Data           {kept}\n")
    bearer = token.in_shell
    header = f"'Authorization: Bearer {bearer}'"
    if bearer != token.text:  # the shell puts it in
        header = f"'Authorization: Bearer '{bearer}"
    print(f"  curl -H {header} {url}/v2/objects\n")
    print("Stop it with Ctrl-C.", flush=True)


def _say(line: str) -> None:
    # Who stopped reading the log is still served.
    with suppress(OSError, ValueError):
        print(line, flush=True)


def _refused(error: Exception) -> int:
    print(f"attio-orm sandbox: {error}", file=sys.stderr)
    return 1


def _stopping(stopped: threading.Event) -> Callable[[int, object], None]:
    """What a signal does: stop; a second one ends the process as it always did."""

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stopped.set()  # the main thread does the rest, outside of the handler

    return stop


def _seed(text: str) -> str | Path:
    if text in ("crm", "empty"):
        return text
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a seed: give crm, empty, or the path of a JSON file"
        )
    return Path(text)


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return number
