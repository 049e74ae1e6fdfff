"""One request on its way: its route, what a handler gets of it, pages, its answer."""

from attio_sandbox.requests.calls import WORKSPACE, Call, Calls, Settings, Token
from attio_sandbox.requests.replies import Reply, json_reply
from attio_sandbox.requests.routes import Match, Resource, Route

__all__ = [
    "WORKSPACE", "Call", "Calls", "Match", "Reply", "Resource", "Route", "Settings", "Token",
    "json_reply",
]  # fmt: skip
