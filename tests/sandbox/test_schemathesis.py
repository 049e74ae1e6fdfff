"""Requests that schemathesis makes of the specification, good and bad, against the ASGI app."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from attio_sandbox import Workspace
from tests.sandbox.scene import SAMPLES, Scene

schemathesis = pytest.importorskip("schemathesis")
server = pytest.importorskip("attio_sandbox.server")
EXAMPLES = 10
MODES = schemathesis.GenerationMode
NAMES = {"object": "people", "list": "hiring", "target": "objects", "identifier": "deals"}


@pytest.fixture(scope="module")
def application() -> Iterator[Any]:
    workspace = Workspace()
    found = server.Application(workspace)
    yield found
    found.close()
    workspace.close()


@pytest.fixture(scope="module")
def known(application: Any) -> dict[str, str]:
    """A path segment that names something, for each name of the specification's paths."""
    ids = Scene(application.workspaces[0]).ids
    return {**ids, **NAMES, "attribute": "stage", "option": "x", "status": "Lead"}


@pytest.fixture(scope="module")
def schema(shared: Path, application: Any) -> Any:
    found = schemathesis.openapi.from_dict(
        json.loads((shared / "attio-api" / "openapi.json").read_text())
    )
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
