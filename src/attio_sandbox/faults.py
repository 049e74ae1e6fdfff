"""Faults to rehearse: error statuses, dropped connections, broken bodies."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal, get_args

import msgspec

from attio_sandbox.errors import Refusal
from attio_sandbox.records.races import write_conflict
from attio_sandbox.requests import Reply, json_reply

Broken = Literal[
    "drop_before", "drop_after", "truncate", "html", "empty", "malformed", "latency", "slow_body",
    "write_conflict",
]  # fmt: skip
BROKEN: tuple[str, ...] = get_args(Broken)
MAX_SECONDS = 60.0
Matcher = str | Callable[[str, str], bool] | None

# Without anything that only a regular expression has.
_PREFIX = re.compile(r"([A-Z]+) (/[\w/.-]*)")
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
_STATUSES: dict[int, tuple[str, str, str]] = {
    400: ("invalid_request_error", "validation_type", "Body payload validation error."),
    401: ("auth_error", "unauthorized", "The access token is missing or invalid."),
    403: ("auth_error", "unauthorized", "The access token lacks a scope for this request."),
    404: ("invalid_request_error", "not_found", "The requested resource was not found."),
    409: ("invalid_request_error", "slug_conflict", "The slug is already in use."),
    429: ("rate_limit_error", "rate_limit_exceeded", "Rate limit exceeded, please try again later"),
}


class Dropped(Exception):
    """The connection was dropped; `after` tells whether the request had taken effect."""

    def __init__(self, *, after: bool = False) -> None:
        moment = "after" if after else "before"
        super().__init__(f"The sandbox dropped the connection {moment} the request took effect.")
        self.after = after


@dataclass(slots=True)
class Fault:
    """One scripted fault, for `times` requests that `match` takes, or for a share of them all.

    `seconds` is how long the answer is held back, or its body takes.
    """

    what: int | Broken
    times: int | None
    retry_after: str | int | None
    match: Matcher
    seconds: float = 1.0
    share: float = 1.0
    seed: int = 0
    _random: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check it; raises ValueError for a fault that is not possible."""
        what = self.what
        known = 400 <= what <= 599 if isinstance(what, int) else what in BROKEN
        if not known or (self.times is not None and self.times < 1):
            raise ValueError(
                f"The fault {what!r}, times={self.times} is not possible: give a status from 400 "
                f"to 599 or one of {', '.join(BROKEN)}, and times of at least 1."
            )
        if not 0 < self.seconds <= MAX_SECONDS:
            raise ValueError(
                f"The fault {what!r} takes seconds above 0 and up to {MAX_SECONDS:g}, not "
                f"{self.seconds!r}."
            )
        if not 0 <= self.share <= 1:
            raise ValueError(f"The fault {what!r} takes a share from 0 to 1, not {self.share!r}.")
        after = str(self.retry_after if self.retry_after is not None else "")
        if not after.isascii() or (after and not after.isprintable()):
            raise ValueError(
                f"The Retry-After {after[:60]!r} cannot be sent: give seconds, or an HTTP date."
            )
        self._random = random.Random(self.seed)

    def takes(self, method: str, path: str) -> bool:
        """Tell whether the fault is for this request."""
        # Drawn only for requests that match, so that others do not change which ones fail.
        return self._matches(method, path) and (
            self.share >= 1 or self._random.random() < self.share
        )

    def _matches(self, method: str, path: str) -> bool:
        if self.match is None:
            return True
        if not isinstance(self.match, str):
            return self.match(method, path)
        found = _PREFIX.fullmatch(self.match)
        if found is not None:
            return method == found[1] and path.startswith(found[2])
        return re.search(self.match, f"{method} {path}") is not None

    @property
    def delay(self) -> float:
        """The seconds that pass before anything is done."""
        return self.seconds if self.what == "latency" else 0.0

    def instead(self, now: datetime) -> Reply | None:
        """Give the answer sent in place of doing the work, None where the work is done."""
        if self.what == "drop_before":
            raise Dropped
        if self.what == "html":
            headers = {"content-type": "text/html", "content-length": str(len(_HTML))}
            return Reply(502, headers, _HTML)
        if self.what == "write_conflict":
            return json_reply(write_conflict().body(), 409)
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
        if self.what == "latency":
            return reply
        if self.what == "slow_body":
            return replace(reply, spread=self.seconds)
        bodies = {
            "truncate": reply.body[: len(reply.body) // 2],
            "empty": b"",
            "malformed": b'{"data": [}',
        }
        # The length that was announced stays: a truncated body is one that ends early.
        length = len(reply.body) if self.what == "truncate" else len(bodies[str(self.what)])
        headers = {**reply.headers, "content-length": str(length)}
        return Reply(reply.status, headers, bodies[str(self.what)])


@dataclass(slots=True)
class Canned(Fault):
    """An answer that is given as it is, whatever the request; `what` is its status."""

    body: bytes = b""

    def __post_init__(self) -> None:
        """Check it; raises ValueError for what cannot be answered."""
        if not isinstance(self.what, int) or not 200 <= self.what <= 599:
            raise ValueError(f"An answer has a status from 200 to 599, not {self.what!r}.")
        if self.times is None or self.times < 1:
            raise ValueError(f"An answer is given once or more often, not times={self.times!r}.")

    def takes(self, method: str, path: str) -> bool:
        """Tell whether the answer is for this request."""
        return self._matches(method, path)

    def instead(self, now: datetime) -> Reply | None:
        """Give the answer."""
        if self.what in (204, 304):  # HTTP has no body for these, and a server cannot send one
            return Reply(int(self.what), {}, b"")
        return json_reply(self.body, int(self.what))


def _encoded(json: Any) -> bytes:
    if isinstance(json, bytes):
        return json
    try:
        return msgspec.json.encode(json)
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise ValueError(f"The answer cannot be sent as JSON: {error}") from error


class Faults:
    """Makes requests fail on purpose: first come, first served. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._is_closed = threading.Event()

    def fail_next(
        self,
        fault: int | Broken,
        *,
        times: int = 1,
        retry_after: str | int | None = None,
        match: Matcher = None,
        seconds: float = 1.0,
    ) -> None:
        """Make the next `times` requests that `match` takes fail.

        `fault` is an HTTP status (nothing is done), or `drop_before`, `drop_after` (done, then
        dropped), `truncate`, `empty`, `malformed` (done, then a broken body), `html` (a proxy's
        502, nothing done), `write_conflict` (the 409 of a record that another request changed
        meanwhile, nothing done), `latency` (real `seconds`, up to 60, pass first) or `slow_body`
        (the body takes `seconds`). `match` is `"METHOD /path/prefix"`, a regular expression
        searched in `"METHOD /path"`, or a callable of both.
        """
        self._add(Fault(fault, times, retry_after, match, seconds))

    def fail(
        self,
        fault: int | Broken,
        *,
        share: float = 1.0,
        seed: int = 0,
        retry_after: str | int | None = None,
        match: Matcher = None,
        seconds: float = 1.0,
    ) -> None:
        """Make a share (0 to 1) of all requests that `match` takes fail, until `heal()`.

        Which ones is up to a random generator that starts from `seed`, so that a run can be
        repeated. The rest is as in `fail_next`.
        """
        self._add(Fault(fault, None, retry_after, match, seconds, share, seed))

    def reply_next(
        self, json: Any, *, status: int = 200, match: Matcher = None, times: int = 1
    ) -> None:
        """Answer the next `times` requests that `match` takes with this body; nothing is done.

        `json` is the decoded body, or bytes that are sent as they are. `match` is as in
        `fail_next`. Raises ValueError if it is not a status of an answer, or not JSON.
        """
        self._add(Canned(status, times, None, match, body=_encoded(json)))

    def heal(self) -> None:
        """Forget the faults that wait, those of `fail_next` as well."""
        with self._lock:
            self._waiting.clear()

    def _add(self, fault: Fault) -> None:
        if isinstance(fault.match, str):
            try:  # here, and not at each request that comes
                re.compile(fault.match)
            except re.error as error:
                raise ValueError(
                    f"The match {fault.match!r} is neither METHOD /path nor a regular "
                    f"expression: {error}."
                ) from error
        elif fault.match is not None and not callable(fault.match):
            raise ValueError(f"match takes a text or a function of the request: {fault.match!r}.")
        with self._lock:
            self._waiting.append(fault)

    @property
    def are_waiting(self) -> bool:
        """Whether any fault waits for its requests."""
        return bool(self._waiting)

    @property
    def may_take_time(self) -> bool:
        """Whether a fault waits that lets real time pass inside `handle()`."""
        return any(fault.what == "latency" for fault in list(self._waiting))

    def wait(self, seconds: float) -> None:
        """Let real time pass, until `close()` at most."""
        self._is_closed.wait(seconds)

    def close(self) -> None:
        """End all waits."""
        self._is_closed.set()

    def take(self, method: str, path: str) -> Fault | None:
        """Give the fault of this request, if one waits for it, and count it."""
        for fault in list(self._waiting):
            # Outside the lock: a matcher may send requests, which another thread answers.
            if not fault.takes(method, path):
                continue
            with self._lock:
                # Another thread may have taken it for the last time since.
                if any(fault is each for each in self._waiting):
                    if fault.times is not None:
                        fault.times -= 1
                        if not fault.times:
                            self._waiting = [each for each in self._waiting if each is not fault]
                    return fault
        return None
