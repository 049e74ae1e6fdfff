"""`attio-orm sandbox`: a workspace over HTTP until it is stopped."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from attio_sandbox import Workspace

HELP: str = "serve a local Attio over HTTP, to any client"
DESCRIPTION: str = (
    "Serves a workspace that answers as Attio does, and a page that shows it, until it is stopped. "
    "Webhooks are delivered, to http:// targets as well. "
    'Needs: pip install "attio-orm[server]"'
)
PORT = 8787


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
        "--seed", choices=("crm", "empty"), help="crm: fill a new workspace with a made-up CRM"
    )
    parser.add_argument(
        "--limits", choices=("attio",), help="attio: refuse more requests a second than Attio takes"
    )
    parser.add_argument(
        "--enrichment", action="store_true", help="link people to companies by e-mail domain"
    )
    parser.add_argument("--token", help="the access token; otherwise the one of the file, or new")


def run(options: argparse.Namespace) -> int:
    """Serve a workspace until SIGINT or SIGTERM; gives the exit status."""
    from attio_sandbox import WorkspaceFileError  # here: other commands do without

    try:
        from attio_sandbox.server import AddressError, Server
    except ImportError as error:
        return _refused(error)
    try:
        workspace = _open(options)
    except (WorkspaceFileError, ValueError) as error:
        return _refused(error)
    stopped = threading.Event()
    before = {
        each: signal.signal(each, _stopping(stopped)) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        with Server(workspace, host=options.host, port=options.port) as server:
            _greet(server.url, workspace, options)
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


def _open(options: argparse.Namespace) -> Workspace:
    from attio_sandbox import Workspace

    workspace = Workspace(
        options.data,
        seed=options.seed,
        token=options.token,
        limits=options.limits,
        enrichment=options.enrichment,
    )
    # Whoever makes a webhook here wants it delivered, and the app that gets it runs on http://.
    workspace.allow_http_targets = True
    return workspace


def _greet(url: str, workspace: Workspace, options: argparse.Namespace) -> None:
    token = workspace.token
    kept = "in memory: it is gone when this stops" if options.data is None else f"in {options.data}"
    print(f"Attio sandbox  {url}  (open it in a browser to look inside)")
    print(f"Access token   {token}")
    print(f"Data           {kept}\n")
    print(f"  curl -H 'Authorization: Bearer {token}' {url}/v2/objects\n")
    print("Stop it with Ctrl-C.", flush=True)


def _refused(error: Exception) -> int:
    print(f"attio-orm sandbox: {error}", file=sys.stderr)
    return 1


def _stopping(stopped: threading.Event) -> Callable[[int, object], None]:
    """What a signal does: stop; a second one ends the process as it always did."""

    def stop(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        stopped.set()  # the main thread does the rest, outside of the handler

    return stop


def _port(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return number
