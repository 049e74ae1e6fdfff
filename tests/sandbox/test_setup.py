"""Arranging a workspace from Python."""

from __future__ import annotations

import pytest

from attio_sandbox import Workspace
from tests.sandbox.helpers import Told


def test_definitions_that_attio_would_refuse(ws: Workspace) -> None:
    with pytest.raises(ValueError, match="slug and names are unique"):
        ws.define_object("people", "Person", "People")
    with pytest.raises(ValueError, match="'not a type'"):
        ws.define_attribute("deals", api_slug="x", type="not a type")
    with pytest.raises(ValueError, match="There is already another select option"):
        ws.define_attribute("deals", api_slug="x", type="select", options=["a", "a"])


def test_set_up_is_no_request(ws: Workspace) -> None:
    ws.define_object("things", "Thing", "Things")
    ws.define_attribute("things", api_slug="name", type="select", options=["a"])
    ws.load("things", [{"name": "a"}])
    assert ws.requests == []


def test_set_up_says_what_is_wrong(ws: Workspace) -> None:
    with pytest.raises(ValueError, match='Parent object with slug/ID "ghosts" not found'):
        ws.define_list("hiring", "Hiring", "ghosts")
    with pytest.raises(ValueError, match="List with slug/ID"):
        ws.define_attribute("ghost", target="lists", api_slug="x", type="text")


def test_what_is_arranged_together_is_made_whole_or_not_at_all(ws: Workspace) -> None:
    told = Told(ws, "object-attribute.created")

    def arrange() -> None:
        with ws.setup.together():
            ws.define_object("things", "Thing", "Things")
            with pytest.raises(ValueError, match="'not a type'"):  # undone by itself
                ws.define_attribute("things", api_slug="x", type="not a type")
            ws.define_attribute("things", api_slug="size", type="text")
            ws.define_attribute("things", api_slug="kind", type="select", options=["a", "a"])

    with pytest.raises(ValueError, match="There is already another select option"):
        arrange()
    assert "things" not in [each["api_slug"] for each in ws.look_up("/v2/objects")]
    assert told.take() == []

    with ws.setup.together():
        ws.define_object("things", "Thing", "Things")
        ws.define_attribute("things", api_slug="kind", type="select", options=["a"])
        assert told.take() == [], "nobody is told of what may be undone"
        ws.load("things", [{"kind": "a"}])
    assert ws.count("things") == 1
    assert len(told.take()) == 1


def test_an_attribute_is_made_with_all_its_options_or_not_at_all(ws: Workspace) -> None:
    before = ws.look_up("/v2/objects/deals/attributes")
    with pytest.raises(ValueError, match="There is already another"):
        ws.define_attribute("deals", api_slug="x", type="select", options=["a", "b", "a"])
    assert ws.look_up("/v2/objects/deals/attributes") == before
