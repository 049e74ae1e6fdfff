"""Workspaces over HTTP: an ASGI app, the server that runs it, and a page to look at.

Needs the extra `server`; without it the import raises ImportError, which says what to install.
"""

from importlib import import_module

for _name in ("jinja2", "starlette", "uvicorn"):
    try:
        import_module(_name)
    except ModuleNotFoundError as error:
        raise ImportError(
            f"The sandbox is served over HTTP with {_name}, which is not installed: "
            'pip install "attio-orm[server]"',
            name=_name,
        ) from error

from attio_sandbox.server.application import Application  # noqa: E402
from attio_sandbox.server.serving import AddressError, Server  # noqa: E402

__all__ = ["AddressError", "Application", "Server"]
