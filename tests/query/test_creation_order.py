"""Pages in the order of creation go by the attribute, from which a record's own time may differ.

facts.md 16, Records: `values.created_at` is 12 to 120 seconds earlier than the `created_at` of a
record that was made in the web application, and up to 185 milliseconds later for the API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import Raw

from attio_orm import Company, ListEntry, Person
from attio_orm.attributes import Number
from attio_orm.records.rows import moment_of
from attio_orm.testing import SandboxHandle
from attio_orm.transport import WireRequest, WireResponse
from tests.colours import Colour

NUMBER = 60
AHEAD = {"0": 12.0, "1": 120.0, "2": 47.0, "3": -0.185}  # others as the attribute has it


class Pipeline(ListEntry, list="sales", parent=Company):
    size: Number


class Apart:
    """The sandbox's backend, whose rows have a `created_at` that is not that of their values."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def _apart(self, request: WireRequest, response: WireResponse) -> WireResponse:
        if not request.path.partition("?")[0].endswith("/query"):
            return response
        body = json.loads(response.body)
        for row in body["data"]:
            key = row["id"].get("record_id") or row["id"]["entry_id"]
            moment = datetime.fromisoformat(row["created_at"])
            moment += timedelta(seconds=AHEAD.get(key[0], 0.0))
            row["created_at"] = f"{moment:%Y-%m-%dT%H:%M:%S.%f}000Z"
        return WireResponse(response.status, response.headers, json.dumps(body).encode())

    def send(self, request: WireRequest, /) -> WireResponse:
        return self._apart(request, self.inner.send(request))

    async def asend(self, request: WireRequest, /) -> WireResponse:
        return self._apart(request, await self.inner.asend(request))

    def close(self) -> None:
        self.inner.close()

    async def aclose(self) -> None:
        await self.inner.aclose()


@pytest.fixture
def apart(attio_sandbox: SandboxHandle) -> Iterator[SandboxHandle]:
    """People and entries of thirty moments, two of each moment."""
    attio_sandbox.define(Pipeline)
    workspace, clock = attio_sandbox.workspace, attio_sandbox.clock
    clock.freeze()
    (acme,) = workspace.load("companies", [{"name": "Acme"}])
    for moment in range(0, NUMBER, 2):
        workspace.load("people", [{"job_title": f"{moment + n:02}"} for n in range(2)])
        workspace.load_entries("sales", [(acme, {"size": moment + n}) for n in range(2)])
        clock.move(1)
    transport = attio_sandbox.connection.transport
    backend = Apart(transport.backend)
    transport.backend = backend
    yield attio_sandbox
    transport.backend = backend.inner


def moments(found: list[Any]) -> list[int]:
    """When each of these was made, in the order of what made them."""
    return [int(each.job_title if isinstance(each, Person) else each.size) // 2 for each in found]


IN_ORDER = [number // 2 for number in range(NUMBER)]
MODELS = pytest.mark.parametrize("model", [Person, Pipeline], ids=["records", "entries"])


@MODELS
@pytest.mark.parametrize("page_size", [1, 2, 7, 500])
@pytest.mark.usefixtures("apart")
async def test_a_pass_misses_and_repeats_nothing(
    model: Any, page_size: int, colour: Colour
) -> None:
    for ahead in (1, 3):
        found = await colour.items(model.objects.iterator(page_size, ahead))
        assert moments(found) == IN_ORDER
        assert len({each.id for each in found}) == NUMBER
        found = await colour.items(model.objects.reverse().iterator(page_size, ahead))
        assert moments(found) == IN_ORDER[::-1]
        assert len({each.id for each in found}) == NUMBER


@MODELS
@pytest.mark.usefixtures("apart")
def test_a_token_goes_on_behind_the_last(model: Any) -> None:
    stream = model.objects.iterator(7)
    found = [next(stream) for _ in range(25)]
    found += list(model.objects.iterator(7, after=stream.token))
    assert moments(found) == IN_ORDER
    assert len({each.id for each in found}) == NUMBER


@MODELS
@pytest.mark.usefixtures("apart")
async def test_slices_meet(model: Any, colour: Colour) -> None:
    query = model.objects.all()
    found = await colour.items(query[:13]) + await colour.items(query[13:40])
    found += await colour.items(query[40:])
    assert moments(found) == IN_ORDER
    assert len({each.id for each in found}) == NUMBER


async def test_parts_of_a_long_list_are_put_in_order(apart: SandboxHandle, colour: Colour) -> None:
    titles = [f"{number:02}" for number in range(NUMBER)]
    titles += [f"nobody {number}" for number in range(1000)]
    found = await colour.items(Person.objects.filter(job_title__in=titles).iterator(7))
    assert moments(found) == IN_ORDER
    queries = [each for each in apart.requests if each.path.endswith("/people/records/query")]
    assert len({json.dumps(each.json["filter"])[:200] for each in queries}) > 1, "several parts"


@pytest.mark.usefixtures("apart")
async def test_a_record_says_its_own_time(colour: Colour) -> None:
    found = await colour.items(Person.objects.all())
    first = {str(each.id)[0]: each for each in found}
    for digit, person in first.items():
        (value,) = person.raw["created_at"]
        made = datetime.fromisoformat(value["value"])
        assert person.created_at == made + timedelta(seconds=AHEAD.get(digit, 0.0))


@pytest.mark.parametrize(
    ("values", "moment"),
    [
        (b'{"created_at":[{"value":"2026-01-01T00:00:00Z"}]}', "2026-01-01T00:00:00Z"),
        (b'{"a":[{"value":"\\ud800"}],"created_at":[{"value":"2026-01-01T00:00:00Z"}]}',
         "2026-01-01T00:00:00Z"),
        (b'{"created_at":[]}', "2026-02-02T00:00:00Z"),
        (b'{"created_at":[{"value":null}]}', "2026-02-02T00:00:00Z"),
        (b'{"created_at":"now"}', "2026-02-02T00:00:00Z"),
        (b"{}", "2026-02-02T00:00:00Z"),
        (b"null", "2026-02-02T00:00:00Z"),
    ],
    ids=["there", "beside bad text", "empty", "null", "a text", "none", "no values"],
)  # fmt: skip
def test_the_time_of_the_row_stands_in(values: bytes, moment: str) -> None:
    assert moment_of(Raw(values), "2026-02-02T00:00:00Z") == moment
    assert moment_of(None, moment) == moment
