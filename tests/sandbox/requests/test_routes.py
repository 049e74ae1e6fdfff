"""Which paths lead to an endpoint."""

from __future__ import annotations

import pytest

from tests.sandbox.client import GHOST, Client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/v2"), ("GET", "/v1/objects"), ("GET", "/v2/ghosts"),
        ("GET", "/v2/objects/"), ("GET", "//v2/objects"), ("GET", "v2/objects"),
        # What Attio does not have: facts.md section 12.
        ("GET", "/v2/objects/people/records"), ("POST", "/v2/batch"),
        ("POST", "/v2/objects/people/records/bulk"), ("POST", "/v2/objects/people/records/count"),
        ("DELETE", "/v2/lists/hiring"), ("DELETE", "/v2/objects/people/attributes/name"),
        ("DELETE", "/v2/objects/companies/attributes/categories/options/SAAS"),
        ("POST", "/v2/workspace_members"), ("GET", "/v2/me"),
        ("POST", "/v2/objects/people/records/import"), ("HEAD", "/v2/objects"),
        ("PUT", "/v2/objects/people"), ("PATCH", "/v2/self"),
        ("PUT", f"/v2/objects/people/records/{GHOST}/restore"),
    ],
)  # fmt: skip
def test_routes_that_are_not_there(api: Client, method: str, path: str) -> None:
    answer = api.send(method, path, {})
    assert answer.code == "404 not_found"
    assert answer.json["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "slug", ["%00", "%ff", "a%2Fb", "..", "%27%3B%20DROP%20TABLE%20cells", "é"]
)
def test_strange_path_names(api: Client, slug: str) -> None:
    assert api.send("GET", f"/v2/objects/{slug}").code == "404 not_found"
