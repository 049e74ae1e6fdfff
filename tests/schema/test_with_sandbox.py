"""Introspection of a sandbox workspace, which is written from Attio's documents alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from attio_orm.effects import run
from attio_orm.schema import Schema
from attio_sandbox import Workspace
from tests.api.local import transport_to

STANDARD = ["people", "companies", "deals", "users", "workspaces"]


@pytest.fixture
def schema(workspace: Workspace) -> Schema:
    return Schema(transport_to(workspace))


def test_the_standard_objects_take_six_requests(workspace: Workspace, schema: Schema) -> None:
    assert list(run(schema.ensure_many(STANDARD))) == STANDARD
    assert len(workspace.requests) == 6


def test_a_relationship_and_its_flags(schema: Schema) -> None:
    company = schema.fetch("people").attributes["company"]
    assert (company.type, company.is_multi) == ("record-reference", False)
    assert company.allowed_objects == ("companies",)
    assert company.relationship == ("companies", "team")
    people = schema["people"].attributes
    assert people["email_addresses"].is_multi
    assert people["email_addresses"].is_unique
    assert not people["avatar_url"].is_writable
    deals = schema.fetch("deals").attributes
    assert deals["stage"].is_required
    assert deals["value"].currency == "USD"


def test_stages_and_members(schema: Schema) -> None:
    assert list(run(schema.options("deals", "stage"))) == ["Lead", "In Progress", "Won 🎉", "Lost"]
    assert [member.email for member in run(schema.members())] == ["owner@sandbox.example"]


def test_what_is_defined_later_is_found(workspace: Workspace, schema: Schema) -> None:
    schema.fetch("people")
    workspace.define_object("ships", "Ship", "Ships")
    workspace.define_attribute("ships", api_slug="class", type="select", options=["A", "B"])
    assert "class" in schema.fetch("ships").attributes
    assert list(run(schema.options("ships", "class"))) == ["A", "B"]


def test_a_snapshot_of_it_all(workspace: Workspace, schema: Schema, tmp_path: Path) -> None:
    schema.save(tmp_path / "schema.json")
    workspace.requests.clear()
    loaded = Schema.load(tmp_path / "schema.json", transport_to(workspace))
    assert run(loaded.ensure_many(STANDARD)) == run(schema.ensure_many(STANDARD))
    for owner in STANDARD:
        for slug, attribute in loaded[owner].attributes.items():
            if attribute.has_choices:
                assert run(loaded.choices(owner, slug)) == run(schema.choices(owner, slug))
    assert len(workspace.requests) == 0
