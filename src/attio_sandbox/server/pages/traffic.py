"""What came in and what went out: the last requests, the webhooks, and their deliveries."""

from __future__ import annotations

import shlex
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote, urlencode

import msgspec

from attio_sandbox.requests.replies import Recorded
from attio_sandbox.resources.webhooks.messages import WebhookDelivery
from attio_sandbox.resources.webhooks.posting import KEPT_BYTES
from attio_sandbox.server.pages.cells import BODY_BYTES, moment, pretty
from attio_sandbox.server.pages.content import PageContent, Row
from attio_sandbox.server.pages.secrets import HIDDEN, is_secret, without_secret_members

SHOWN = 100
# The variables of the commands that are shown: no page holds a token.
TOKEN_VARIABLE = "ATTIO_API_KEY"
# Half of what is kept, so that a secret which is cut there is not shown.
_ANSWER_BYTES = KEPT_BYTES // 2
_WITH_DATA = ("POST", "PUT", "PATCH")


class News(NamedTuple):
    """What there is since a page was made; `is_whole` where it is all that there is to show."""

    items: list[Row]
    is_whole: bool


class Traffic:
    """Reads the log of one workspace; `origin` is where its API is, for commands."""

    def __init__(self, content: PageContent, origin: str) -> None:
        self.content = content
        self.origin = origin

    def webhooks(self) -> list[Row]:
        """Give the webhooks, with the event types that they are told of."""
        found = self.content.workspace.look_up("/v2/webhooks", params={"limit": "100"})
        return [
            {
                "url": each["target_url"],
                "status": each["status"],
                "created_at": moment(each["created_at"]),
                "events": [
                    one["event_type"] + (" (filtered)" if one["filter"] else "")
                    for one in each["subscriptions"]
                ],
            }
            for each in found
        ]

    def deliveries(self, after: str = "") -> News:
        """Give the last attempts to deliver to webhooks, newest first, or those after one."""
        keys, is_whole = _after(
            [(_delivery_key(each), each) for each in self._last_deliveries()], after
        )
        return News([self._delivery(key, each) for key, each in keys], is_whole)

    def _last_deliveries(self) -> list[WebhookDelivery]:
        return list(self.content.workspace.webhooks.deliveries)[: -SHOWN - 1 : -1]

    def _delivery(self, key: str, each: WebhookDelivery) -> Row:
        return {
            "key": key,
            "at": f"{each.sent_at:%Y-%m-%d %H:%M:%S}",
            "event": each.event.get("event_type", ""),
            "url": each.target_url,
            "attempt": each.attempt,
            "status": each.status,
            "error": each.error,
            "is_accepted": each.is_accepted,
            "headers": "\n".join(f"{name}: {value}" for name, value in each.headers.items()),
            "body": pretty(each.body, self.content.hide),
            "answer": pretty(
                each.answer,
                self.content.hide,
                most=_ANSWER_BYTES,
                is_whole=len(each.answer) < KEPT_BYTES,
            ),
        }

    def requests(self, after: str = "") -> News:
        """Give the last requests with their bodies, newest first, or those after one."""
        last = list(self.content.workspace.requests)[: -SHOWN - 1 : -1]
        keys, is_whole = _after([(_request_key(each), each) for each in last], after)
        return News([self._request(key, each) for key, each in keys], is_whole)

    def _request(self, key: str, each: Recorded) -> Row:
        hide = self.content.hide
        return {
            "key": key,
            "at": "" if each.at is None else f"{each.at:%Y-%m-%d %H:%M:%S}",
            "method": each.method,
            "path": self._shown_path(each.path),
            "params": _shown_params(each.params),
            "status": each.status,
            "milliseconds": f"{each.elapsed * 1000:.1f}",
            "asked": "" if each.json is None else pretty(each.json, hide, is_request=True),
            "answered": "" if not each.reply else pretty(each.reply, hide),
            "curl": self._curl(each),
        }

    def _shown_path(self, path: str) -> str:
        """The path as it was sent, or decoded where a secret hides in it."""
        hide, decoded = self.content.hide, unquote(path)
        return path if hide(decoded) == decoded else hide(decoded)

    def _curl(self, each: Recorded) -> str:
        """The command that sends a request again, with the token in a variable.

        Secrets in it are left out, as everywhere; a body that is too long to read is too.
        """
        url = f"{self.origin}{self._shown_path(each.path)}"
        params = _shown_params(each.params)
        if params:
            url += "?" + urlencode(params, safe="…").replace("%E2%80%A6", HIDDEN)
        # Before it is quoted: a quote in a secret is written otherwise in a shell.
        url = self.content.hide(url)
        command = "curl" if each.method == "GET" else f"curl -X {shlex.quote(each.method)}"
        lines = [f"{command} {shlex.quote(url)}"]
        lines.append(f'-H "Authorization: Bearer ${TOKEN_VARIABLE}"')
        if each.json is not None and each.method in _WITH_DATA:
            lines.append("-H 'Content-Type: application/json'")
            text = msgspec.json.encode(each.json).decode("utf-8", "replace")
            if len(text) > BODY_BYTES:
                lines.append("-d @body.json")
            else:
                hidden = without_secret_members(self.content.hide(text), is_request=True)
                lines.append(f"-d {shlex.quote(hidden)}")
        elif each.reply is not None and each.size > len(each.reply):
            lines.append("--data-binary @body")  # a file, or not JSON: that is not kept
        return " \\\n  ".join(lines)


def _shown_params(params: Mapping[str, str]) -> dict[str, str]:
    return {name: HIDDEN if is_secret(name) else value for name, value in params.items()}


def _after(items: Iterable[tuple[str, Any]], key: str) -> tuple[list[tuple[str, Any]], bool]:
    """Give what stands before the item of that key, and whether that is all there is."""
    found: list[tuple[str, Any]] = []
    for each in items:
        if each[0] == key:
            return found, False
        found.append(each)
    return found, True


# What tells one apart from all others while it is kept, and says nothing of what is in it.


def _request_key(each: Recorded) -> str:
    parts = (each.at, each.elapsed, each.method, each.path, each.size)
    return f"r{zlib.crc32(repr(parts).encode('utf-8', 'replace')):08x}"


def _delivery_key(each: WebhookDelivery) -> str:
    parts = (each.sent_at, each.attempt, each.target_url, each.headers.get("Idempotency-Key"))
    return f"d{zlib.crc32(repr(parts).encode('utf-8', 'replace')):08x}"
