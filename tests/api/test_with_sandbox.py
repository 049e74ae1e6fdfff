"""The API modules against the sandbox, which is written from Attio's documents alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from attio_orm.api.facade import Api
from attio_orm.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    UniquenessConflictError,
)
from attio_sandbox import Workspace
from tests.api.local import transport_to


@pytest.fixture
def api() -> Iterator[Api]:
    workspace = Workspace()
    yield Api(transport_to(workspace))
    workspace.close()


def test_objects(api: Api) -> None:
    made = api.objects.create(api_slug="ships", singular_noun="Ship", plural_noun="Ships")
    assert made["api_slug"] == "ships"
    assert api.objects.update("ships", singular_noun="Vessel")["singular_noun"] == "Vessel"
    assert api.objects.get("ships")["plural_noun"] == "Ships"
    assert {"people", "deals", "ships"} <= {one["api_slug"] for one in api.objects.list()}
    with pytest.raises(ConflictError):
        api.objects.create(api_slug="ships", singular_noun="Ship", plural_noun="Ships")
    kept = api.records.create("ships", {})["id"]["record_id"]
    api.objects.delete("ships")
    for gone in (lambda: api.objects.get("ships"), lambda: api.records.get("ships", kept)):
        with pytest.raises(NotFoundError):
            gone()
    with pytest.raises(InvalidRequestError):
        api.objects.delete("people")


def test_attributes_with_their_options(api: Api) -> None:
    made = api.attributes.create("deals", title="Source", api_slug="source", type="select")
    assert made["type"] == "select"
    title = "n/a? 100% 🎉"
    option = api.options.create("deals", "source", title=title)
    assert api.options.list("deals", "source") == [option]
    assert api.options.update("deals", "source", title, is_archived=True)["is_archived"]
    assert api.options.list("deals", "source") == []
    assert len(api.options.list("deals", "source", show_archived=True)) == 1
    api.attributes.update("deals", "source", is_archived=True)
    assert "source" not in [a["api_slug"] for a in api.attributes.list("deals")]
    assert api.attributes.list("deals", show_archived=True, limit=1) != []
    assert api.attributes.get("deals", "source")["is_archived"]


def test_statuses(api: Api) -> None:
    api.statuses.create("deals", "stage", title="On hold")
    api.statuses.update("deals", "stage", "Won 🎉", title="Won")
    titles = [one["title"] for one in api.statuses.list("deals", "stage")]
    assert titles == ["Lead", "In Progress", "Won", "Lost", "On hold"]


def test_records(api: Api) -> None:
    ada = api.records.create("people", {"email_addresses": ["ada@lovelace.dev"]})
    id = ada["id"]["record_id"]
    with pytest.raises(UniquenessConflictError):
        api.records.create("people", {"email_addresses": ["ada@lovelace.dev"]})
    same = api.records.assert_(
        "people",
        "email_addresses",
        {"email_addresses": ["ada@lovelace.dev"], "job_title": "Countess"},
    )
    assert same["id"] == ada["id"]
    api.records.update("people", id, {"email_addresses": ["a@b.example.com"]})
    mails = [v["email_address"] for v in api.records.get("people", id)["values"]["email_addresses"]]
    assert mails == ["a@b.example.com", "ada@lovelace.dev"]
    api.records.overwrite(
        "people", id, {"email_addresses": ["a@b.example.com"], "job_title": "Poet"}
    )
    found = api.records.query("people", filter={"job_title": "Poet"}, limit=5)
    assert [one["id"] for one in found] == [ada["id"]]
    titles = api.records.values("people", id, "job_title", show_historic=True)
    assert [one["value"] for one in titles] == ["Countess", "Poet"]
    [hit] = api.records.search("b.example", ["people"])
    assert hit["id"]["record_id"] == id
    assert api.records.delete("people", id) is None
    with pytest.raises(NotFoundError):
        api.records.get("people", id)


async def _twins(api: Api) -> None:
    made = await api.records.acreate("companies", {"name": "Acme"})
    id = made["id"]["record_id"]
    assert (await api.records.aget("companies", id))["id"] == made["id"]
    assert await api.records.adelete("companies", id) is None
    assert await api.records.aquery("companies") == []


def test_the_twins(api: Api) -> None:
    import asyncio

    asyncio.run(_twins(api))


def test_members_and_self(api: Api) -> None:
    [owner] = api.members.list()
    assert owner["email_address"] == "owner@sandbox.example"
    assert api.members.get(owner["id"]["workspace_member_id"]) == owner
    assert api.self_.get()["active"] is True
