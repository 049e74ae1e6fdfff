"""A small workspace, another beside it, and a backend whose answers can be spoilt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from attio_orm import Company, Connection, Deal, Person, aconnect, connect
from attio_orm.testing import SandboxHandle
from attio_orm.testing.handle import open_sandbox
from attio_orm.transport import WireRequest, WireResponse

TOKEN = "s3cr3t-t0k3n-0123456789abcdef"

# What tells a reader what to do: an imperative at the start of a clause, or what is taken.
ADVICE = re.compile(
    r"(?:^|[.:;,?(] |\b(?:or|and|first) )"
    r"(?:activate|add|append|ask|await|`await|call|check|choose|combine|compare|compute|connect|"
    r"convert|copy|correct|create|declare|decode|did you mean|fetch|filter|find|free|give|grant|"
    r"is made|leave|load|look|make|match|name|narrow|pass|picked|put|query|read|refresh|remove|"
    r"restore|reverse|round|save|send|set|shorten|slice|sort|try|use|wait|write)\b"
    r"|\b(?:takes|needs|instead)\b|\b\w+\(.*\) (?:first|again|gives|asks|counts)\b",
    re.IGNORECASE | re.MULTILINE,
)
LONGEST = 600


def check_clear(error: BaseException, *said: str) -> str:
    """The message, which names what ``said`` names, gives advice, and is short and discreet."""
    message = str(error)
    for part in said:
        assert part in message, f"{part!r} is not in: {message}"
    assert ADVICE.search(message), f"no advice in: {message}"
    assert len(message) <= LONGEST, f"{len(message)} characters: {message}"
    assert TOKEN not in f"{message} {error!r}"
    return message


@dataclass
class World:
    """A sandbox with a few records, and a record of another one."""

    handle: SandboxHandle
    connection: Connection
    ada: Person
    acme: Company
    deal: Deal
    stranger: Company


@contextmanager
def opened() -> Iterator[World]:
    """A ``World``; its two connections are closed in the end."""
    with connect("sandbox://") as other:
        stranger = Company.objects.using(other).create(name="Stranger", domains=["else.dev"])
        with connect("sandbox://") as connection:
            handle = connection.sandbox
            assert handle is not None
            acme = Company.objects.create(name="Acme", domains=["acme.com"])
            ada = Person.objects.create(
                name="Lovelace, Ada",
                email_addresses=["ada@lovelace.dev"],
                job_title="Countess",
                company=acme,
            )
            deal = Deal.objects.create(
                name="Engine", stage="Lead", owner="owner@sandbox.example", value=5
            )
            yield World(handle, connection, ada, acme, deal, stranger)


Spoil = Callable[[WireRequest, WireResponse], WireResponse]


@dataclass
class Middle:
    """A backend between the library and a sandbox: counts requests and changes answers."""

    handle: SandboxHandle = field(default_factory=lambda: open_sandbox("sandbox://"))
    spoil: Spoil | None = None
    sent: list[WireRequest] = field(default_factory=list)

    def send(self, request: WireRequest, /) -> WireResponse:
        self.sent.append(request)
        response = self.handle.backend.send(request)
        return response if self.spoil is None else self.spoil(request, response)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        return self.send(request)

    def close(self) -> None:
        self.handle.backend.close()

    async def aclose(self) -> None:
        self.close()

    def connect(self, **options: Any) -> Connection:
        return connect(
            "https://attio.example", api_key=self.handle.token, transport=self, **options
        )

    async def aconnect(self, **options: Any) -> Connection:
        return await aconnect(
            "https://attio.example", api_key=self.handle.token, transport=self, **options
        )


def body(content: bytes, kind: str = "application/json", status: int = 200) -> Spoil:
    """A ``spoil`` that answers every request with this, after the work was done."""
    return lambda request, response: WireResponse(status, {"content-type": kind}, content)
