"""The schema in memory stays in step with the file, whoever writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from attio_sandbox import Workspace
from attio_sandbox.schema import Schema
from tests.sandbox.client import Client, plain, record_id
from tests.sandbox.helpers import attributes

TEXT = {
    "title": "Nick", "description": None, "api_slug": "nick", "type": "text",
    "is_required": False, "is_unique": False, "is_multiselect": False, "config": {},
}  # fmt: skip


def check(ws: Workspace) -> None:
    """What is in memory is what a reading of the whole file gives."""
    kept = ws._engine.schema
    read = Schema(kept.database)
    for part in ("meta", "objects", "lists", "attributes", "options", "members", "actors"):
        assert getattr(kept, part) == getattr(read, part), part


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Workspace, Workspace]]:
    """Two workspaces on one file, as of two processes."""
    first, second = Workspace(tmp_path / "a.db"), Workspace(tmp_path / "a.db")
    yield first, second
    first.close()
    second.close()


def test_after_every_kind_of_change(ws: Workspace, api: Client) -> None:
    check(ws)
    ws.define_object("cars", "Car", "Cars")
    ws.define_list("hiring", "Hiring", "people")
    ws.define_attribute("cars", api_slug="size", type="select", options=["S", "M"])
    ws.define_attribute("hiring", target="lists", api_slug="step", type="status", statuses=["New"])
    pair = {"object": "people", "api_slug": "cars", "is_multiselect": True}
    ws.define_attribute("cars", api_slug="owner", type="record-reference", relationship=pair)
    ws.setup.add_member("kim@acme.example.com")
    ws.access.add_token(["note:read"])
    check(ws)
    api.data("PATCH", "/v2/objects/cars", {"data": {"api_slug": "autos"}})
    api.data("PATCH", "/v2/lists/hiring", {"data": {"api_slug": "hires"}})
    size = f"{attributes('autos')}/size"
    api.data("PATCH", size, {"data": {"api_slug": "length", "is_archived": True}})
    api.data("PATCH", f"{attributes('autos')}/length", {"data": {"is_archived": False}})
    api.data("PATCH", f"{attributes('autos')}/length/options/S", {"data": {"title": "XS"}})
    check(ws)
    assert api.send("GET", size).status == 404
    key = record_id(api.create("autos", length="XS"))
    assert plain(api.values("autos", key, "length")) == ["XS"]


def test_what_a_refused_request_had_made_is_gone(ws: Workspace, api: Client) -> None:
    # The attribute is made, and then its other side is refused.
    pair = {"object": "people", "title": "x", "api_slug": "name", "is_multiselect": True}
    data = TEXT | {"type": "record-reference", "relationship": pair}
    assert api.send("POST", attributes("deals"), {"data": data}).code == "409 slug_conflict"
    check(ws)
    assert api.send("GET", f"{attributes('deals')}/nick").status == 404
    assert api.send("POST", attributes("deals"), {"data": TEXT}).status == 200
    check(ws)


def test_another_process_makes_attributes(two: tuple[Workspace, Workspace]) -> None:
    for number in range(4):
        writer, reader = two[number % 2], two[1 - number % 2]
        slug = f"nick_{number}"
        assert Client(reader).try_create("people", **{slug: "Ada"}).code == "400 value_not_found"
        writer.define_attribute("people", api_slug=slug, type="text")
        key = record_id(Client(reader).create("people", **{slug: "Ada"}))
        assert plain(Client(writer).values("people", key, slug)) == ["Ada"]
        for workspace in two:
            check(workspace)


def test_another_process_renames_options_and_archives(two: tuple[Workspace, Workspace]) -> None:
    first, second = two
    first.define_attribute("people", api_slug="tag", type="select", options=["old"])
    key = record_id(Client(second).create("people", tag="old"))
    path = f"{attributes('people')}/tag"
    Client(first).data("PATCH", f"{path}/options/old", {"data": {"title": "new"}})
    assert plain(Client(second).values("people", key, "tag")) == ["new"]
    Client(second).data("PATCH", path, {"data": {"is_archived": True}})
    assert "tag" not in Client(first).read("people", key)["values"]
