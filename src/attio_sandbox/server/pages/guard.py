"""Who may look: whoever is on this machine, and elsewhere whoever has the workspace's token."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress

from starlette.requests import Request

from attio_sandbox.workspace import Workspace

# What a proxy adds: the request then comes from another machine, whatever the socket says.
_PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def is_loopback(host: str) -> bool:
    """Tell whether an address, or a name of the host, is this machine and reached from it alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        name = host.lower().rstrip(".")
        return name == "localhost" or name.endswith(".localhost")


def is_local(request: Request) -> bool:
    """Tell whether a request came from this machine to an address that only it can reach.

    The Host header must be such an address too: a page of a web site whose name was made to point
    here (DNS rebinding) sends that name.
    """
    server, client = request.scope.get("server"), request.client
    if not server or client is None or any(name in request.headers for name in _PROXIED):
        return False
    if not (is_loopback(str(server[0])) and is_loopback(client.host)):
        return False
    return is_loopback(_host_name(request.headers.get("host", "")))


def may_look(request: Request, workspace: Workspace) -> bool:
    """Tell whether a request may see a workspace: it is local, or has the workspace's own token.

    Tokens with fewer scopes do not count. A browser sends the token as the user name or the
    password of HTTP Basic.
    """
    if is_local(request):
        return True
    wanted = workspace.token.encode()
    # All of them are compared, so that the time tells nothing.
    return any([hmac.compare_digest(each, wanted) for each in _given(request)])


def _given(request: Request) -> list[bytes]:
    scheme, _, text = request.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        return [text.strip().encode()]
    if scheme.lower() != "basic":
        return []
    try:
        user, _, password = base64.b64decode(text.strip(), validate=True).partition(b":")
    except binascii.Error:
        return []
    return [user, password]


def _host_name(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
