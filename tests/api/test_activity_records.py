"""Activities and their records against the sandbox, and what is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm.api.facade import Api
from attio_orm.errors import (
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    UniquenessConflictError,
)
from attio_orm.testing.backend import SandboxBackend
from attio_orm.transport.pipeline import Transport
from attio_sandbox import Workspace
from tests.api.calls import DEMO, ID, OTHER
from tests.api.fakes import fake
from tests.api.local import transport_to


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    workspace = Workspace(billing_plan="enterprise")
    define = workspace.define_attribute
    define("phone_calls", target="activities", api_slug="subject", type="text")
    define("phone_calls", target="activities", api_slug="number", type="text", is_unique=True)
    define(
        "phone_calls",
        target="activities",
        api_slug="tags",
        type="select",
        is_multiselect=True,
        options=["In", "Out", "Missed"],
    )
    yield workspace
    workspace.close()


@pytest.fixture
def api(workspace: Workspace) -> Api:
    return Api(transport_to(workspace))


def tags(record: Any) -> list[str]:
    return [value["option"]["title"] for value in record["values"]["tags"]]


def test_activities(api: Api) -> None:
    made = api.activities.create(DEMO)
    assert api.activities.get("demos") == made
    assert api.activities.get(made["id"]["activity_id"]) == made
    first, cursor = api.activities.list(limit=1)
    second, end = api.activities.list(limit=1, cursor=cursor)
    assert {each["api_slug"] for each in first + second} == {"phone_calls", "demos"}
    assert end is None
    assert api.activities.update("demos", singular_noun="Show") == made | {"singular_noun": "Show"}
    with pytest.raises(ConflictError):
        api.activities.create(DEMO)
    with pytest.raises(InvalidRequestError):
        api.activities.update("demos", extends="calls")
    with pytest.raises(InvalidRequestError):
        api.activities.create(DEMO, api_slug="x", extends="meetings")
    with pytest.raises(BadRequestError) as caught:
        api.activities.delete("phone_calls")
    assert caught.value.code == "system_edit_unauthorized"
    assert api.activities.delete("demos") is None
    with pytest.raises(NotFoundError):
        api.activities.get("demos")


def test_activities_of_ones_own_need_a_plan(workspace: Workspace, api: Api) -> None:
    workspace.is_enterprise = False
    with pytest.raises(ForbiddenError) as caught:
        api.activities.create(DEMO)
    assert caught.value.code == "billing_error"


def test_records(api: Api) -> None:
    made = api.activity_records.create("phone_calls", {"subject": "Hi", "number": "1"})
    key = made["id"]["record_id"]
    assert api.activity_records.get("phone_calls", key) == made
    with pytest.raises(UniquenessConflictError):
        api.activity_records.create("phone_calls", {"number": "1"})
    same = api.activity_records.assert_("phone_calls", "number", {"number": "1", "tags": ["In"]})
    assert (same["id"], tags(same)) == (made["id"], ["In"])
    added = api.activity_records.update("phone_calls", key, {"tags": ["Out"]})
    assert tags(added) == ["Out", "In"]
    whole = api.activity_records.overwrite("phone_calls", key, {"tags": ["Missed"]})
    assert tags(whole) == ["Missed"]
    assert api.activity_records.query("phone_calls", filter={"subject": "Hi"}) == [whole]
    assert api.activity_records.query("phone_calls", {"limit": 1}, offset=1) == []
    assert api.activity_records.delete("phone_calls", key) is None
    with pytest.raises(NotFoundError):
        api.activity_records.get("phone_calls", key)


async def _twins(api: Api) -> None:
    made = await api.activity_records.acreate("phone_calls", {"number": "1"})
    assert await api.activity_records.aquery("phone_calls") == [made]
    key = made["id"]["record_id"]
    again = await api.activity_records.aassert_("phone_calls", "number", {"number": "1"})
    assert again["id"] == made["id"]
    assert tags(await api.activity_records.aupdate("phone_calls", key, {"tags": ["In"]})) == ["In"]
    assert (await api.activities.alist())[0][0]["api_slug"] == "phone_calls"
    assert await api.activity_records.adelete("phone_calls", key) is None


def test_the_twins(api: Api) -> None:
    asyncio.run(_twins(api))


@pytest.mark.parametrize("verb", ["get", "update", "overwrite"])
def test_a_record_of_another_id_is_refused(verb: str) -> None:
    _, transport = fake(data={"id": {"activity_id": OTHER, "record_id": OTHER}})
    values: tuple[Any, ...] = () if verb == "get" else ({"subject": "x"},)
    records = Api(transport).activity_records
    with pytest.raises(InvalidResponseError):
        getattr(records, verb)("demos", ID, *values)


def _repeating(workspace: Workspace) -> Api:
    backend = SandboxBackend(workspace)
    return Api(Transport(backend, api_key=workspace.token, base="sandbox://", max_attempts=3))


def test_what_may_have_arrived_is_not_sent_again(workspace: Workspace) -> None:
    api = _repeating(workspace)
    key = api.activity_records.create("phone_calls", {"number": "1"})["id"]["record_id"]
    writes: list[tuple[Any, tuple[Any, ...]]] = [
        (api.activity_records.create, ("phone_calls", {"number": "2"})),
        (api.activity_records.assert_, ("phone_calls", "number", {"number": "1"})),
        (api.activity_records.update, ("phone_calls", key, {"subject": "x"})),
        (api.activity_records.overwrite, ("phone_calls", key, {"subject": "x"})),
        (api.activities.create, (DEMO,)),
        (api.activities.update, ("demos", {"singular_noun": "Show"})),
    ]
    for verb, args in writes:
        workspace.faults.fail_next("drop_after", match="/activities")
        before = len(workspace.requests)
        with pytest.raises(OutcomeUnknownError):
            verb(*args)
        assert len(workspace.requests) == before + 1


def test_reads_are_sent_again(workspace: Workspace) -> None:
    api = _repeating(workspace)
    key = api.activity_records.create("phone_calls", {"number": "1"})["id"]["record_id"]
    for verb, args in (
        (api.activity_records.query, ("phone_calls",)),
        (api.activity_records.get, ("phone_calls", key)),
        (api.activities.list, ()),
        (api.activities.get, ("phone_calls",)),
    ):
        workspace.faults.fail_next("drop_after", match="/activities")
        assert verb(*args)
