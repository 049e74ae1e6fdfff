"""The facade against Attio's description of its API, as of October 2026."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from tests.api.calls import CALLS, Sent
from tests.sandbox.specification import Operation, Specification


@pytest.fixture(scope="module")
def specification(shared: Path) -> Specification:
    return Specification(shared)


def operation_of(specification: Specification, call: Sent) -> Operation:
    return specification.operation(call.method, f"/v2{call.path}")


# What is in facts.md and not in the description, by its text: the query parameters of requests that
# are not described.
ALSO: Mapping[str, set[str]] = {
    # facts.md 2 and 4
    "GET /v2/objects/{object}/records/{record_id}/attributes/{attribute}/values": {
        "show_historic", "limit", "offset",
    },
    # facts.md 2: "cursor only"
    "GET /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}/transcript": {"cursor"},
}  # fmt: skip


def test_every_operation_is_reached(specification: Specification) -> None:
    """All 97, and what else the facade sends is none of Attio's."""
    reached = {operation_of(specification, call).name for call in CALLS}
    assert set(specification.operations) - reached == {
        "GET /v2/files/{file_id}/download", "POST /v2/files/upload",
    }  # fmt: skip
    assert len(specification.operations) == 97


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_parameters_are_those_of_the_description(call: Sent, specification: Specification) -> None:
    operation = operation_of(specification, call)
    given = set(dict(parse_qsl(call.path.partition("?")[2])))
    assert given <= set(operation.query) | ALSO.get(operation.name, set())
    assert operation.required <= given


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_bodies_are_those_of_the_description(call: Sent, specification: Specification) -> None:
    operation = operation_of(specification, call)
    if not operation.takes_a_body:
        assert call.body is None
    elif operation.body is not None:
        assert specification.problems(operation.body, call.body) == []
