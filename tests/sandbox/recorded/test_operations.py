"""facts.md 15: what came to Attio between its descriptions of March and of October 2026."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from attio_sandbox.resources.registry import ROUTER
from tests.sandbox.specification import Specification

NEW = [
    "DELETE /v2/objects/{object}",
    "PATCH /v2/notes/{note_id}",
    "PATCH /v2/meetings/{meeting_id}",
    "PUT /v2/meetings/{meeting_id}",
    "DELETE /v2/meetings/{meeting_id}",
    "POST /v2/objects/{object}/records/merge",
    "PUT /v2/objects/{object}/records/{record_id}/attributes/{attribute}/values",
    "PUT /v2/lists/{list}/entries/{entry_id}/attributes/{attribute}/values",
    "GET /v2/objects/{object}/views",
    "GET /v2/lists/{list}/views",
    "GET /v2/emails",
    "POST /v2/sequences/unsubscribed_emails",
    "POST /v2/sql",
]  # and 12 of activities, 6 of files


@pytest.fixture(scope="module")
def now(shared: Path) -> Specification:
    return Specification(shared)


@pytest.fixture(scope="module")
def march(shared: Path) -> set[str]:
    paths = json.loads((shared / "attio-api/openapi.json").read_text("utf-8"))["paths"]
    methods = ("get", "post", "put", "patch", "delete")
    return {f"{m.upper()} {path}" for path, found in paths.items() for m in found if m in methods}


def test_what_is_new(now: Specification, march: set[str]) -> None:
    """facts.md 15: 31 new operations; of the 67 of March that of SCIM alone is not listed."""
    assert len(march) == 67
    assert march - set(now.operations) == {"GET /scim/v2/Schemas"}
    new = set(now.operations) - march
    assert len(new) == 31
    kinds = Counter(name.split("/")[2] for name in new - set(NEW))
    assert kinds == {"activities": 12, "files": 6}
    assert set(NEW) < new


def test_stages(now: Specification) -> None:
    """facts.md 15: 61 stable, 23 beta, 13 alpha."""
    stages = Counter(operation.stage for operation in now.operations.values())
    assert stages == {"stable": 61, "beta": 23, "alpha": 13}


def test_the_sandbox_has_the_old_and_the_new(now: Specification, march: set[str]) -> None:
    """facts.md 15: nothing was removed, so that what was made for March goes on."""
    for name in sorted(march | set(now.operations)):
        method, path = name.replace("{target}", "objects").split()
        match = ROUTER.find(method, path)  # which raises what answers 404
        assert match.route.method == method
        assert match.route.path.count("/") == path.count("/"), name
