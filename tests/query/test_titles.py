"""Titles of options and statuses in a filter: they mean the same whatever was asked before."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Deal, Model, ValidationError
from attio_orm.attributes import Select
from attio_orm.effects import run
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.transport import WireRequest, WireResponse
from tests.colours import Colour


class Thing(Model, on_drift="ignore"):
    kind: Select


@pytest.fixture(params=["known", "not known yet"])
def is_known(request: pytest.FixtureRequest) -> bool:
    return bool(request.param == "known")


@pytest.fixture
def things(attio_sandbox: SandboxHandle) -> SandboxHandle:
    workspace = attio_sandbox.workspace
    workspace.define_object("things", "Thing", "Things")
    titles = ["Red", "red", "Blue", "STRASSE", "İ"]
    workspace.define_attribute("things", api_slug="kind", type="select", options=titles)
    workspace.load("things", [{"kind": title} for title in titles])
    return attio_sandbox


def prepare(handle: SandboxHandle, object: str, attribute: str, *, is_known: bool) -> None:
    handle.connection.schema.forget()
    if is_known:
        run(handle.connection.schema.choices(object, attribute))


@pytest.mark.parametrize(
    ("given", "found"),
    [("Red", "Red"), ("red", "red"), ("Blue", "Blue"), ("blue", "Blue"), ("BLUE", "Blue"),
     ("straße", "STRASSE")],
)  # fmt: skip
async def test_the_exact_title_else_the_only_one_that_differs_in_case(
    things: SandboxHandle, colour: Colour, is_known: bool, given: str, found: str
) -> None:
    prepare(things, "things", "kind", is_known=is_known)
    for queryset in (
        Thing.objects.filter(kind=given),
        Thing.objects.filter(kind__in=[given]),
        Thing.objects.filter(Thing.kind == given),
    ):
        assert [each.kind for each in await colour.items(queryset)] == [found]
    others = await colour.items(Thing.objects.exclude(kind=given))
    assert (len(others), found in [each.kind for each in others]) == (4, False)


async def test_the_made_up_crm(crm: SandboxHandle, colour: Colour, is_known: bool) -> None:
    prepare(crm, "deals", "stage", is_known=is_known)
    counts = [
        await colour.call(Deal.objects.filter(stage=title), "count") for title in ("lead", "Lead")
    ]
    assert counts[0] == counts[1] > 0


async def test_what_two_titles_are_is_refused(things: SandboxHandle, colour: Colour) -> None:
    prepare(things, "things", "kind", is_known=True)
    with pytest.raises(ValidationError, match=r"'RED' is not one of.*did you mean 'Red' or 'red'"):
        await colour.items(Thing.objects.filter(kind="RED"))


async def test_the_good_case_asks_for_no_titles(things: SandboxHandle, colour: Colour) -> None:
    prepare(things, "things", "kind", is_known=False)
    things.connection.schema.fetch("things")
    with assert_num_requests(1):
        assert len(await colour.items(Thing.objects.filter(kind="Blue"))) == 1


class MindsCase:
    """The way to a workspace that tells case apart in titles, as Attio may do."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def _refused(self, request: WireRequest) -> WireResponse | None:
        if b'"kind":{"$eq":"blue"}' not in request.body:
            return None
        said = b'Cannot find select attribute with select option title \\"blue\\".'
        return WireResponse(
            400,
            {"content-type": "application/json"},
            b'{"status_code":400,"type":"invalid_request_error","code":"value_not_found",'
            b'"message":"' + said + b'"}',
        )

    def send(self, request: WireRequest) -> WireResponse:
        return self._refused(request) or self.inner.send(request)

    async def asend(self, request: WireRequest) -> WireResponse:
        return self._refused(request) or await self.inner.asend(request)

    def close(self) -> None:
        self.inner.close()

    async def aclose(self) -> None:
        await self.inner.aclose()


async def test_a_refused_title_is_sent_as_the_workspace_writes_it(
    things: SandboxHandle, colour: Colour
) -> None:
    prepare(things, "things", "kind", is_known=False)
    things.connection.transport.backend = MindsCase(things.connection.transport.backend)
    blue = Thing.objects.filter(kind="blue")
    assert [each.kind for each in await colour.items(blue)] == ["Blue"]
    assert await colour.call(blue.all(), "count") == 1
    assert await colour.call(blue.all(), "exists")
