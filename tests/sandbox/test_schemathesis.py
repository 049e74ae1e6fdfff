"""Requests that schemathesis makes of the description, good and bad, against the ASGI app."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from attio_sandbox import Workspace
from tests.sandbox.scene import PLAN, SAMPLES, Scene
from tests.sandbox.specification import Operation, Specification

schemathesis = pytest.importorskip("schemathesis")
server = pytest.importorskip("attio_sandbox.server")
EXAMPLES = 10
MODES = schemathesis.GenerationMode
NAMES = {
    "object": "people",
    "list": "hiring",
    "target": "objects",
    "identifier": "deals",
    "activity": "demos",
}


@pytest.fixture(scope="module")
def application() -> Iterator[Any]:
    workspace = Workspace(billing_plan=PLAN)
    found = server.Application(workspace)
    yield found
    found.close()
    workspace.close()


@pytest.fixture(scope="module")
def known(application: Any) -> dict[str, str]:
    """A path segment that names something, for each name of the specification's paths."""
    ids = Scene(application.workspaces[0]).ids
    return {**ids, **NAMES, "attribute": "stage", "option": "x", "status": "Lead"}


def inlined(schema: Any, defs: Any, depth: int = 0) -> Any:
    """A schema with what it refers to in its place: OpenAPI resolves from the document's root."""
    if isinstance(schema, list):
        return [inlined(each, defs, depth) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        # filters of webhooks may hold filters: deep enough is any depth
        return (
            inlined(defs[schema["$ref"].rpartition("/")[2]], defs, depth + 1) if depth < 9 else {}
        )
    return {key: inlined(each, defs, depth) for key, each in schema.items() if key != "$defs"}


def described(operation: Operation) -> dict[str, Any]:
    """An operation as OpenAPI has it."""
    parameters: list[dict[str, Any]] = [
        {"name": each, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for each in operation.names
    ]
    for each, schema in operation.query.items():
        found = inlined(schema, schema["$defs"])
        required = each in operation.required
        parameters.append({"name": each, "in": "query", "required": required, "schema": found})
    document: dict[str, Any] = {"parameters": parameters, "responses": {"200": {"description": ""}}}
    if operation.takes_a_body:
        kind = "multipart/form-data" if operation.is_form else "application/json"
        body: Any = {"type": "object"}  # of what is not described
        if operation.body is not None:
            body = inlined(operation.body, operation.body["$defs"])
        document["requestBody"] = {"required": True, "content": {kind: {"schema": body}}}
    return document


@pytest.fixture(scope="module")
def schema(shared: Path, application: Any) -> Any:
    paths: dict[str, Any] = {}
    for operation in Specification(shared).operations.values():
        paths.setdefault(operation.template, {})[operation.method.lower()] = described(operation)
    info = {"title": "Attio", "version": "2026-10"}
    found = schemathesis.openapi.from_dict({"openapi": "3.1.0", "info": info, "paths": paths})
    found.app = application
    return found


@pytest.mark.parametrize("mode", [MODES.POSITIVE, MODES.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_crashes(
    name: str, mode: Any, schema: Any, application: Any, known: dict[str, str]
) -> None:
    """Never a 5xx: an answer of Attio's form, whatever is sent."""
    method, path = name.split()
    operation = schema[path][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    def send(case: Any) -> None:
        for key in case.path_parameters or {}:
            if len(str(case.path_parameters[key])) % 2:
                case.path_parameters[key] = known[key]
        token = application.workspaces[0].token
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code < 500, (case.as_curl_command(), answer.text)
        if answer.status_code >= 400:
            assert answer.json()["status_code"] == answer.status_code

    if mode == MODES.POSITIVE or has_input(operation):
        send()


def has_input(operation: Any) -> bool:
    """Whether an operation takes a body or a query: any text is a fit path segment."""
    raw = operation.definition.raw
    return "requestBody" in raw or any(each["in"] == "query" for each in raw.get("parameters", ()))
