"""What a request does, in few names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attio_orm.telemetry.routes import WORDS, route_of

UUID = "9ec3a3d4-5b5e-4a3a-8a52-1d5a7a1a9b10"
PERSON = f"/v2/objects/people/records/{UUID}"


@pytest.mark.parametrize(
    ("request_line", "name", "template"),
    [
        ("POST /v2/objects/people/records/query", "query people", None),
        ("POST /v2/objects/people/records", "create people", None),
        (
            "PUT /v2/objects/people/records?matching_attribute=x",
            "upsert people",
            "…/people/records",
        ),
        (f"GET {PERSON}", "get people", "…/people/records/{id}"),
        (f"PATCH {PERSON}", "update people", "…/people/records/{id}"),
        (f"PUT {PERSON}", "update people", "…/people/records/{id}"),
        (f"DELETE {PERSON}", "delete people", "…/people/records/{id}"),
        (
            f"GET {PERSON}/attributes/job_title/values",
            "list people",
            "…/people/records/{id}/attributes/{id}/values",
        ),
        (f"GET {PERSON}/entries", "list entries", "…/people/records/{id}/entries"),
        ("POST /v2/objects/people/records/merge", "merge people", None),
        ("POST /v2/objects/records/search", "search records", None),
        ("GET /v2/objects/people", "get objects", None),
        (f"GET /v2/objects/{UUID}/attributes", "list attributes", "…/{id}/attributes"),
        (f"POST /v2/objects/{UUID}/records", "create records", "…/{id}/records"),
        ("POST /v2/lists/hiring/entries/query", "query hiring", None),
        ("GET /v2/notes", "list notes", None),
        (f"GET /v2/notes/{UUID}", "get notes", "/v2/notes/{id}"),
        ("GET /v2/self", "get self", None),
        ("POST /v2/sql", "query", None),
        ("POST /v2/files/upload", "upload files", None),
        ("GET /v2/objects/ada@lovelace.example.com", "get objects", "/v2/objects/{id}"),
        ("GET /v2/not-yet-known/ada", "get", "/v2/{id}/{id}"),
    ],
)
def test_a_request_is_named_without_ids(request_line: str, name: str, template: str | None) -> None:
    method, path = request_line.split()
    route = route_of(method, path)
    assert route.name == f"attio {name}"
    shown = (template or path).replace("…", f"/v2/{path.split('/')[2]}")
    assert route.template == shown


def test_all_that_attio_has_is_known(shared: Path) -> None:
    operations = json.loads((shared / "attio-api" / "operations-2026-10.json").read_text("utf-8"))
    words = {part for line in operations for part in line.split()[1].split("/") if part}
    assert {word for word in words if not word.startswith("{")} <= WORDS
