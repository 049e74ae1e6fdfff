"""Faults to rehearse: error statuses, dropped connections, broken bodies."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Literal

from attio_orm.sandbox.errors import Refusal
from attio_orm.sandbox.replies import Reply, json_reply

Broken = Literal["drop_before", "drop_after", "truncate", "html", "empty", "malformed"]
BROKEN = ("drop_before", "drop_after", "truncate", "html", "empty", "malformed")
Matcher = str | Callable[[str, str], bool] | None

_PREFIX = re.compile(r"([A-Z]+) (/[\w/.-]*)")
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
_STATUSES: dict[int, tuple[str, str, str]] = {
    400: ("invalid_request_error", "validation_type", "Body payload validation error."),
    401: ("auth_error", "unauthorized", "The access token is missing or invalid."),
    403: ("auth_error", "unauthorized", "The access token lacks a scope for this request."),
    404: ("invalid_request_error", "not_found", "The requested resource was not found."),
    409: ("invalid_request_error", "slug_conflict", "The slug is already in use."),
    429: (
        "rate_limit_error",
        "rate_limit_exceeded",
        "Rate limit exceeded, please try again later",
    ),
}


class Dropped(Exception):
    """The connection was dropped; `after` tells whether the request had taken effect."""

    def __init__(self, *, after: bool = False) -> None:
        """Take whether the work was done before the connection went away."""
        moment = "after" if after else "before"
        super().__init__(f"The sandbox dropped the connection {moment} the request took effect.")
        self.after = after


@dataclass(slots=True)
class Fault:
    """One scripted fault, for `times` requests that `match` takes."""

    what: int | Broken
    times: int
    retry_after: str | int | None
    match: Matcher

    def takes(self, method: str, path: str) -> bool:
        """Tell whether the fault is for this request."""
        if self.match is None:
            return True
        if not isinstance(self.match, str):
            return self.match(method, path)
        found = _PREFIX.fullmatch(self.match)
        if found is not None:
            return method == found[1] and path.startswith(found[2])
        return re.search(self.match, f"{method} {path}") is not None

    def instead(self, now: datetime) -> Reply | None:
        """Give the answer sent in place of doing the work, None where the work is done."""
        if self.what == "drop_before":
            raise Dropped
        if self.what == "html":
            headers = {"content-type": "text/html", "content-length": str(len(_HTML))}
            return Reply(502, headers, _HTML)
        if not isinstance(self.what, int):
            return None
        kind, code, message = _STATUSES.get(
            self.what, ("api_error", "internal_error", "An unexpected error occurred.")
        )
        reply = json_reply(Refusal(self.what, code, message, kind=kind).body(), self.what)
        retry_after = self.retry_after
        if retry_after is None and self.what == 429:
            retry_after = format_datetime(now + timedelta(seconds=1), usegmt=True)
        if retry_after is not None:
            reply.headers["retry-after"] = str(retry_after)
        return reply

    def spoil(self, reply: Reply) -> Reply:
        """Give what is left of the answer once the work was done."""
        if self.what == "drop_after":
            raise Dropped(after=True)
        bodies = {
            "truncate": reply.body[: len(reply.body) // 2],
            "empty": b"",
            "malformed": b'{"data": [}',
        }
        # The length that was announced stays: a truncated body is one that ends early.
        length = len(reply.body) if self.what == "truncate" else len(bodies[str(self.what)])
        headers = {**reply.headers, "content-length": str(length)}
        return Reply(reply.status, headers, bodies[str(self.what)])


class Faults:
    """The faults that wait for their requests, first come, first served. Thread-safe."""

    def __init__(self) -> None:
        """Start without any."""
        self._lock = threading.RLock()  # a matcher may send requests of its own
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Queue a fault; raises ValueError for one that is not known."""
        what = fault.what
        known = 400 <= what <= 599 if isinstance(what, int) else what in BROKEN
        if not known or fault.times < 1:
            raise ValueError(
                f"fail_next({fault.what!r}, times={fault.times}) is not possible: give a status "
                f"from 400 to 599 or one of {', '.join(BROKEN)}, and times of at least 1."
            )
        with self._lock:
            self._waiting.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Give the fault of this request, if one waits for it, and count it."""
        with self._lock:
            for fault in list(self._waiting):
                if fault.takes(method, path) and fault in self._waiting:
                    fault.times -= 1
                    if not fault.times:
                        self._waiting.remove(fault)
                    return fault
        return None
