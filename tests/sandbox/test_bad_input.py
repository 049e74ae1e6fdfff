"""Whatever is sent, the workspace answers as Attio would, and never crashes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id

WORDS = st.sampled_from(
    [
        "name", "email_addresses", "company", "stage", "owner", "value", "record_id", "created_at",
        "people", "companies", "deals", "first_name", "target_object", "target_record_id", "path",
        "constraints", "$and", "$or", "$not", "$eq", "$in", "$not_empty", "$contains", "$gte",
        "attribute", "direction", "asc", "data", "values", "filter", "sorts", "limit", "offset",
        "Lead", "owner@sandbox.example", "a@x.example.com", "+19725550123",
        "2026-01-01T00:00:00Z", "%",
        "'; DROP TABLE records; --", "<script>", "\x00", "é", "\u2028", "primary_location",
        "phone_numbers", "domains", "domain", "option", "active_from", "path", "query", "objects",
    ]
)  # fmt: skip
SCALARS = (
    WORDS
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.uuids().map(str)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(WORDS, JSON, max_size=3)
SLUG = st.sampled_from(["people", "companies", "deals", "users", "ghosts"])
RECORD = "/v2/objects/{}/records"


@cache
def client() -> tuple[Client, str]:
    api = Client(Workspace())
    api.create("companies", name="Acme", domains=["acme.test"], categories=["SAAS"])
    return api, record_id(api.create("people", name="Ada", company="acme.test"))


def sent(method: str, path: str, body: Any, **params: str) -> None:
    api, _ = client()
    status, found = api.send(method, path, body, **params)
    assert status in (200, 400, 404, 409)
    if status != 200:
        assert found["status_code"] == status
        assert found["type"] == "invalid_request_error"
        assert found["code"]
        assert found["message"]


@settings(max_examples=300)
@given(SLUG, OBJECTS)
def test_any_filter(slug: str, filter_: Any) -> None:
    sent("POST", f"{RECORD.format(slug)}/query", {"filter": filter_})


@given(SLUG, JSON)
def test_any_query(slug: str, body: Any) -> None:
    sent("POST", f"{RECORD.format(slug)}/query", body)


@given(SLUG, st.lists(OBJECTS, max_size=2))
def test_any_sorts(slug: str, sorts: Any) -> None:
    whole = [{"attribute": "name", "direction": "asc"} | sort for sort in sorts]
    sent("POST", f"{RECORD.format(slug)}/query", {"sorts": whole})


@settings(max_examples=300)
@given(st.sampled_from(["POST", "PATCH", "PUT", "assert"]), SLUG, OBJECTS)
def test_any_values(method: str, slug: str, values: Any) -> None:
    _, key = client()
    body = {"data": {"values": values}}
    if method == "assert":
        sent("PUT", RECORD.format(slug), body, matching_attribute="email_addresses")
    elif method == "POST":
        sent(method, RECORD.format(slug), body)
    else:
        sent(method, f"{RECORD.format('people')}/{key}", body)


@given(
    st.sampled_from(
        [
            ("POST", "/v2/objects"),
            ("PATCH", "/v2/objects/people"),
            ("POST", "/v2/objects/deals/attributes"),
            ("PATCH", "/v2/objects/deals/attributes/name"),
            ("POST", "/v2/objects/deals/attributes/stage/statuses"),
            ("POST", "/v2/objects/companies/attributes/categories/options"),
            ("POST", "/v2/objects/records/search"),
        ]
    ),
    JSON,
)
def test_any_body(route: tuple[str, str], body: Any) -> None:
    sent(*route, body if isinstance(body, list) else {"data": body})


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_path_name(name: str) -> None:
    _, key = client()
    for path in (f"/v2/objects/{name}", f"/v2/objects/people/records/{name}",
                 f"/v2/objects/people/records/{key}/attributes/{name}/values"):  # fmt: skip
        sent("GET", path, None)


@given(st.sampled_from(["limit", "offset", "show_archived", "show_historic"]), st.text(max_size=8))
def test_any_parameter(name: str, value: str) -> None:
    sent("GET", "/v2/objects/people/attributes", None, **{name: value})


@pytest.mark.parametrize(
    "number", ["1" * 5_000, "-" + "9" * 400, "1e999", "1e-999", "0." + "3" * 500]
)
def test_numbers_that_are_too_much(number: str) -> None:
    api, _ = client()
    for body in (
        f'{{"data":{{"values":{{"funding_raised_usd":{number}}}}}}}',
        f'{{"data":{{"values":{{"funding_raised_usd":"{number}"}}}}}}',
        f'{{"data":{{"values":{{"name":{number}}}}}}}',
    ):
        reply = api.workspace.handle(
            "POST", RECORD.format("companies"), headers=api.headers, body=body.encode()
        )
        assert reply.status in (200, 400)
        json.loads(reply.body)
    for body in ('{"filter":{"funding_raised_usd":%s}}', '{"limit":%s}', '{"offset":%s}'):
        reply = api.workspace.handle(
            "POST",
            f"{RECORD.format('companies')}/query",
            headers=api.headers,
            body=(body % number).encode(),
        )
        assert reply.status in (200, 400)
