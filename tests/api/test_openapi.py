"""The facade against Attio's own specification of its API."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest

from tests.api.calls import CALLS, Sent

METHODS = ("get", "post", "put", "patch", "delete")

# What facts.md lists and the specification of March 2026 does not have yet.
NEWER = {
    "records.write_values",
    "records.merge",
    "entries.write_values",
    "files.list",
    "files.get",
    "files.create",
    "files.delete",
    "views.list",
    "emails.list",
    "sql.query",
    "activities.list",
    "activities.get",
    "activities.create",
    "activities.update",
    "activities.delete",
    "activity_records.query",
    "activity_records.get",
    "activity_records.create",
    "activity_records.assert_",
    "activity_records.update",
    "activity_records.overwrite",
    "activity_records.delete",
}


# What was otherwise then: a meeting needed an external_ref, a thread came whole.
CHANGED = {"meetings.create", "threads.get"}


def _specification() -> dict[str, Any] | None:
    file = Path(__file__).parents[3] / "shared" / "attio-api" / "openapi.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else None


SPECIFICATION = _specification()
pytestmark = pytest.mark.skipif(
    SPECIFICATION is None, reason="needs ../shared/attio-api/openapi.json"
)


def operations() -> dict[tuple[str, str], dict[str, Any]]:
    paths: dict[str, dict[str, Any]] = (SPECIFICATION or {}).get("paths", {})
    return {
        (method.upper(), path): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in METHODS
    }


def template_of(call: Sent) -> tuple[str, str] | None:
    """The operation that a call reaches; of several, the one with the fewest parameters."""
    path = "/v2" + call.path.partition("?")[0]
    fitting = [
        (method, template)
        for method, template in operations()
        if method == call.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    return min(fitting, key=lambda one: one[1].count("{"), default=None)


def test_every_operation_is_reached() -> None:
    reached = {template_of(call) for call in CALLS}
    reached.add(("GET", "/scim/v2/Schemas"))  # test_facade.py: it is not under /v2
    assert set(operations()) - reached == set()
    assert len(operations()) == 67


def test_only_what_is_newer_reaches_nothing() -> None:
    assert {call.verb for call in CALLS if template_of(call) is None} == NEWER


def specified() -> list[Sent]:
    return [call for call in CALLS if call.verb not in NEWER | CHANGED]


@pytest.mark.parametrize("call", specified(), ids=str)
def test_parameters_are_those_of_the_specification(call: Sent) -> None:
    operation = operations()[template_of(call) or ("", "")]
    known = {p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"}
    given = dict(parse_qsl(call.path.partition("?")[2]))
    assert set(given) <= set(known)
    assert {name for name, p in known.items() if p.get("required")} <= set(given)


@pytest.mark.parametrize("call", specified(), ids=str)
def test_bodies_are_those_of_the_specification(call: Sent) -> None:
    operation = operations()[template_of(call) or ("", "")]
    body = operation.get("requestBody")
    if body is None:
        assert call.body is None
        return
    schema = body["content"]["application/json"]["schema"]
    root = {"components": (SPECIFICATION or {}).get("components", {}), **schema}
    jsonschema.Draft202012Validator(root).validate(call.body)
