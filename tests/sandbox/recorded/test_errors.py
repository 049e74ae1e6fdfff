"""The bodies of errors, as the real Attio was recorded to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import GHOST, RECORDS, Client, entry_body, record_id, with_token

PEOPLE = RECORDS.format("people")
ATTRIBUTES = "/v2/objects/deals/attributes"
LIST = {
    "name": "Hiring", "api_slug": "hiring", "parent_object": "people",
    "workspace_access": "full-access", "workspace_member_access": [],
}  # fmt: skip
GENERIC = "Body payload validation error."
TYPES = [
    "text", "number", "checkbox", "currency", "date", "timestamp", "rating", "status", "select",
    "record-reference", "actor-reference", "location", "domain", "email-address", "phone-number",
    "interaction", "personal-name",
]  # fmt: skip


def errors(answer: Any) -> list[Any]:
    assert answer.code == "400 validation_type", answer.json
    found: list[Any] = answer.json["validation_errors"]
    return found


def paths(answer: Any) -> list[list[Any]]:
    return [each["path"] for each in errors(answer)]


def missing(*path: str | int, expected: str) -> dict[str, Any]:
    return {
        "code": "invalid_type", "path": list(path), "message": "Required",
        "expected": expected, "received": "undefined",
    }  # fmt: skip


def wrong(*path: str | int, expected: str, received: str) -> dict[str, Any]:
    return {
        "code": "invalid_type", "path": list(path), "expected": expected, "received": received,
        "message": f"Expected {expected}, received {received}",
    }  # fmt: skip


def test_a_missing_member_names_what_was_expected(api: Client) -> None:
    """facts.md 16, Validation errors: `Required`, with `expected` and `received`."""
    found = errors(api.send("POST", "/v2/lists", {"data": {}}))
    assert sorted(found, key=lambda issue: str(issue["path"])) == [
        missing("data", "api_slug", expected="string"),
        missing("data", "name", expected="string"),
        missing("data", "parent_object", expected="string"),
        missing(
            "data", "workspace_access",
            expected="'full-access' | 'read-and-write' | 'read-only'",
        ),
        missing("data", "workspace_member_access", expected="array"),
    ]  # fmt: skip
    assert errors(api.send("POST", "/v2/lists", {})) == [missing("data", expected="object")]


def test_all_problems_of_a_body_are_listed(api: Client) -> None:
    """facts.md 16, Validation errors: all problems are listed, not the first alone."""
    body = {"title": 5, "description": None, "is_required": "no", "config": [], "extra": 1}
    found = errors(api.send("POST", ATTRIBUTES, {"data": body}))
    assert found[:2] == [
        wrong("data", "title", expected="string", received="number"),
        missing("data", "api_slug", expected="string"),
    ]
    assert found[2]["expected"] == " | ".join(f"'{name}'" for name in TYPES)
    assert found[3:] == [
        wrong("data", "is_required", expected="boolean", received="string"),
        missing("data", "is_unique", expected="boolean"),
        missing("data", "is_multiselect", expected="boolean"),
        wrong("data", "config", expected="object", received="array"),
        {
            "code": "unrecognized_keys", "path": ["data"],
            "message": "Unrecognized key(s) in object: 'extra'",
        },
    ]  # fmt: skip


def test_all_attributes_of_a_wrong_form_are_listed(api: Client) -> None:
    """facts.md 16, Validation errors: the generic body, for JSON that fits no input form."""
    answer = api.try_create(
        "people", job_title=5, name=True, email_addresses="a@b.com", phone_numbers=["+1", 7]
    )
    assert answer.json["message"] == GENERIC
    assert errors(answer) == [
        wrong("data", "values", "job_title", expected="string", received="number"),
        wrong("data", "values", "name", expected="string", received="boolean"),
        wrong("data", "values", "email_addresses", expected="array", received="string"),
        wrong("data", "values", "phone_numbers", 1, expected="string", received="number"),
    ]


def test_every_item_of_a_list_is_told(api: Client, acme: str) -> None:
    """facts.md 16, Validation errors: all problems are listed, inside of lists too."""
    guest = {"is_organizer": True, "status": "accepted"}
    meeting = {
        "title": "T", "description": "", "is_all_day": False,
        "start": {"datetime": "2026-03-01T10:00:00Z"}, "end": {"datetime": "2026-03-01T11:00:00Z"},
        "participants": [guest | {"email_address": "kim"}, guest | {"name": "Lee"}, guest],
    }  # fmt: skip
    assert paths(api.send("POST", "/v2/meetings", {"data": meeting})) == [
        ["data", "participants", 0, "email_address"],
        ["data", "participants", 2],
    ]
    addresses = {"email_addresses": ["kim", "kim@acme.example.com", "lee"]}
    answer = api.send("POST", "/v2/sequences/unsubscribed_emails", {"data": addresses})
    assert paths(answer) == [["data", "email_addresses", 0], ["data", "email_addresses", 2]]
    value = {"value": "Acme", "active_from": "2020-01-01"}
    history = {"values": [value] * 401, "replace_history": False}
    path = f"{RECORDS.format('companies')}/{acme}/attributes/name/values"
    found = paths(api.send("PUT", path, {"data": history}))
    assert found[:2] == [["data", "values"], ["data", "values", 0, "active_until"]]
    assert (len(found), found[-1]) == (403, ["data", "replace_history"])


def test_what_is_missing_says_so_wherever_it_is_found_out(api: Client, acme: str) -> None:
    """facts.md 16, Validation errors: no `Required` without `expected` and `received`."""
    meeting = {
        "title": "T", "description": "", "is_all_day": False,
        "start": {"datetime": "2026-03-01T10:00:00Z"}, "end": {"datetime": "2026-03-01T11:00:00Z"},
        "participants": [{"is_organizer": True, "status": "accepted", "name": "Lee"}],
    }  # fmt: skip
    key = api.data("POST", "/v2/meetings", {"data": meeting})["id"]["meeting_id"]
    calls = f"/v2/meetings/{key}/call_recordings"
    answer = api.send("POST", calls, {"data": {}})
    assert errors(answer) == [missing("data", "video_url", expected="string")]
    said = {"speech": "Hi", "start_time": "0", "speaker": {"name": "Kim"}}
    assert errors(api.send("POST", calls, {"data": {"transcript": [said]}})) == [
        wrong("data", "transcript", 0, "start_time", expected="number", received="string"),
        missing("data", "transcript", 0, "end_time", expected="number"),
    ]
    fields = {"object": "companies", "record_id": acme}
    form = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    )
    headers = {**api.headers, "content-type": "multipart/form-data; boundary=x"}
    reply = api.workspace.handle(
        "POST", "/v2/files/upload", headers=headers, body=f"{form}--x--\r\n".encode()
    )
    assert json.loads(reply.body)["validation_errors"] == [missing("file", expected="string")]


def test_entries_name_their_own_member(api: Client, ada: str, hiring: str) -> None:
    """facts.md 16, Validation errors: the path of the generic body begins at the body."""
    answer = api.send("POST", f"/v2/lists/{hiring}/entries", {"data": entry_body(ada, {"note": 5})})
    assert errors(answer) == [
        wrong("data", "entry_values", "note", expected="string", received="number")
    ]


@pytest.mark.parametrize(
    ("slug", "values", "problems"),
    [
        (
            "name",
            [{"value": "Ada"}],
            [missing(part, expected="string") for part in ("first_name", "last_name", "full_name")],
        ),
        (
            "phone_numbers",
            ["+1"],
            [{"code": "invalid", "path": ["original_phone_number"],
              "message": "Invalid phone number"}],
        ),
        (
            "email_addresses",
            [{"email_address": "kim"}],
            [{"code": "invalid", "path": ["email_address"], "message": "Invalid email address"}],
        ),
        ("job_title", {"value": 5}, [wrong("value", expected="string", received="number")]),
        ("company", {}, [missing("target_object", expected="string")]),
        (
            "company",
            {"target_object": "companies"},
            [{"code": "invalid", "path": [], "message": "Invalid input"}],
        ),
    ],
    ids=["name", "phone", "email", "text", "reference", "half a reference"],
)  # fmt: skip
def test_a_value_error_is_of_its_attribute(
    api: Client, slug: str, values: Any, problems: list[Any]
) -> None:
    """facts.md 16, Validation errors: the sentence names the slug, paths begin at the value."""
    answer = api.try_create("people", **{slug: values})
    sentence = f'An invalid value was passed to attribute with slug "{slug}".'
    assert answer.json["message"] == sentence
    assert errors(answer) == problems


def test_all_problems_of_a_location_are_listed(api: Client) -> None:
    """facts.md 16, Validation errors: all problems are listed, inside of a value too."""
    place = {"line_1": 1, "country_code": "XX", "planet": "Earth"}
    found = errors(api.try_create("people", primary_location=place))
    assert [(each["path"], each["code"]) for each in found] == [
        (["line_1"], "invalid_type"),
        (["line_2"], "invalid_type"),
        (["line_3"], "invalid_type"),
        (["line_4"], "invalid_type"),
        (["locality"], "invalid_type"),
        (["region"], "invalid_type"),
        (["postcode"], "invalid_type"),
        (["country_code"], "invalid_option"),
        (["latitude"], "invalid_type"),
        (["longitude"], "invalid_type"),
        ([], "unrecognized_keys"),
    ]
    assert len(found[7]["options"]) > 200


def test_a_match_is_named_where_it_was_sent(api: Client) -> None:
    """facts.md 16, Validation errors: the value of another attribute is a part of this one's."""
    match = {"target_object": "companies", "domains": ["no dot"]}
    answer = api.try_create("people", company=match)
    assert answer.json["message"] == (
        'An invalid value was passed to attribute with slug "company".'
    )
    assert errors(answer) == [
        {"code": "invalid", "path": ["domains", "domain"], "message": "Invalid domain"}
    ]


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        (
            "/v2/webhooks",
            {"data": {"target_url": "https://example.com",
                      "subscriptions": [{"event_type": "note.created"}]}},
            ["data", "subscriptions", 0, "filter"],
        ),
        ("/v2/objects/records/search", {"query": "ada", "objects": ["people"]}, ["request_as"]),
        (
            f"{PEOPLE}/query",
            {"sorts": [{"attribute": "name"}]},
            ["sorts", 0],
        ),
    ],
    ids=["webhook", "search", "sort"],
)  # fmt: skip
def test_a_union_that_nothing_fits(
    api: Client, path: str, body: dict[str, Any], where: list[Any]
) -> None:
    """facts.md 16, Validation errors: `Invalid input`, also where the member is missing."""
    answer = api.send("POST", path, body)
    assert answer.json["message"] == GENERIC
    assert errors(answer) == [{"code": "invalid", "path": where, "message": "Invalid input"}]


def test_a_value_outside_an_enum_lists_the_options(api: Client) -> None:
    """facts.md 16, Validation errors: `invalid_option`, with an `options` array."""
    answer = api.send("POST", "/v2/lists", {"data": LIST | {"workspace_access": "all"}})
    (issue,) = errors(answer)
    assert issue["code"] == "invalid_option"
    assert issue["path"] == ["data", "workspace_access"]
    assert issue["options"] == ["full-access", "read-and-write", "read-only"]


def test_the_types_of_attributes_name_two_that_nobody_makes(api: Client) -> None:
    """facts.md 16, Validation errors: the options have `interaction` and `personal-name` too."""
    data = {
        "title": "X", "description": None, "api_slug": "x", "type": "colour", "config": {},
        "is_required": False, "is_unique": False, "is_multiselect": False,
    }  # fmt: skip
    (issue,) = errors(api.send("POST", ATTRIBUTES, {"data": data}))
    assert (issue["code"], issue["path"]) == ("invalid_option", ["data", "type"])
    assert issue["options"] == TYPES
    for kind in ("interaction", "personal-name"):
        answer = api.send("POST", ATTRIBUTES, {"data": data | {"type": kind}})
        assert errors(answer)[0]["path"] == ["data", "type"]
    assert api.send("GET", f"{ATTRIBUTES}/x").code == "404 not_found"


@pytest.mark.parametrize(
    ("body", "slug", "path"),
    [
        ({"filter": {"email": "a"}}, "email", ["email"]),
        ({"filter": {"$or": [{"name": "Ada"}, {"email": "a"}]}}, "email", ["$or", "1", "email"]),
        ({"filter": {"$not": {"$and": [{"x": 1}]}}}, "x", ["$not", "$and", "0", "x"]),
        (
            {"filter": {"path": [["people", "company"], ["companies", "size"]],
                        "constraints": {"value": 1}}},
            "size",
            ["path", "1", "1"],
        ),
        (
            {"sorts": [{"attribute": "name", "direction": "asc"},
                       {"attribute": "age", "direction": "asc"}]},
            "age",
            ["sorts", "1", "attribute"],
        ),
        (
            {"sorts": [{"path": [["people", "age"]], "direction": "asc"}]},
            "age",
            ["sorts", "0", "path", "0", "1"],
        ),
    ],
    ids=["plain", "or", "not", "path", "sort", "sort by path"],
)  # fmt: skip
def test_an_unknown_attribute_of_a_filter(
    api: Client, body: dict[str, Any], slug: str, path: list[str]
) -> None:
    """facts.md 16, Validation errors: no quotes, and a `path` of strings beside the message."""
    assert api.send("POST", f"{PEOPLE}/query", body).json == {
        "status_code": 400,
        "type": "invalid_request_error",
        "code": "unknown_filter_attribute_slug",
        "message": f"Unknown attribute slug: {slug}.",
        "path": path,
    }


def test_a_unique_value_in_use(api: Client, acme: str) -> None:
    """facts.md 16, Validation errors: the sentence of a uniqueness conflict."""
    answer = api.try_create("companies", domains=["acme.test"])
    assert answer.code == "400 uniqueness_conflict"
    assert answer.json["message"] == (
        'A value provided for attribute with slug "domains" conflicts with one already in the '
        "system. This attribute has a uniqueness constraint. Please ensure all values for this "
        "attribute do not exist on another record."
    )


def test_an_unknown_route_is_quoted_without_its_query(api: Client) -> None:
    """facts.md 16, Validation errors: `Could not find endpoint "GET ...".`"""
    answer = api.send("GET", PEOPLE, None, limit="5")
    assert answer.json == {
        "status_code": 404,
        "type": "invalid_request_error",
        "code": "not_found",
        "message": 'Could not find endpoint "GET /v2/objects/people/records".',
    }


@pytest.mark.parametrize("token", ["x", "a" * 63, "a" * 65], ids=["1", "63", "65"])
def test_a_key_of_the_wrong_length(ws: Workspace, token: str) -> None:
    """facts.md 16, Validation errors: the 401 of a key that has not 64 characters."""
    answer = with_token(ws, token).send("GET", "/v2/objects")
    assert (answer.code, answer.json["type"]) == ("401 unauthorized", "auth_error")
    assert answer.json["message"] == (
        "The API Key provided was invalid because it was the wrong length (API Keys should be 64 "
        "characters long). You might not have copied the entire API key from your Admin panel?"
    )


def test_other_401s_and_tokens_of_ones_own(ws: Workspace, api: Client) -> None:
    """facts.md 0.1: `unauthorized`; the wrong length is no reason where nothing was sent."""
    for client in (with_token(ws, "a" * 64), with_token(ws, "")):
        answer = client.send("GET", "/v2/objects")
        assert answer.code == "401 unauthorized"
        assert answer.json["message"] == "The access token is missing or invalid."
    assert api.send("GET", "/v2/objects").status == 200, "whatever its length"


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        ("GET", "/v2/objects/x", None, 'Object with slug/ID "x" not found.'),
        ("GET", "/v2/lists/x", None, 'List with slug/ID "x" not found.'),
        ("GET", f"{ATTRIBUTES}/x", None, 'Attribute with slug/ID "x" not found.'),
        ("GET", f"{PEOPLE}/{GHOST}", None, f'Record with ID "{GHOST}" not found.'),
        ("GET", f"/v2/notes/{GHOST}", None, f'Note with ID "{GHOST}" was not found.'),
        ("GET", f"/v2/tasks/{GHOST}", None, f'Could not find Task with ID "{GHOST}".'),
        ("GET", f"/v2/threads/{GHOST}", None, f'Thread with ID "{GHOST}" was not found.'),
        ("GET", f"/v2/comments/{GHOST}", None, f'Comment with ID "{GHOST}" was not found.'),
        ("GET", f"/v2/webhooks/{GHOST}", None, f'Webhook with ID "{GHOST}" was not found.'),
        (
            "GET", f"/v2/workspace_members/{GHOST}", None,
            f'Workspace member with ID "{GHOST}" not found.',
        ),
        (
            "POST", "/v2/lists", {"data": LIST | {"api_slug": "hiring"}},
            'A list with api_slug "hiring" already exists.',
        ),
        (
            "POST", "/v2/objects/companies/attributes/categories/options",
            {"data": {"title": "B2B"}},
            'There is already another select option with the title "B2B".',
        ),
        (
            "POST", RECORDS.format("companies"), {"data": {"values": {"categories": ["Nope"]}}},
            'Cannot find select attribute with select option title "Nope".',
        ),
        (
            "PUT", f"{PEOPLE}?matching_attribute=x", {"data": {"values": {}}},
            'No attribute was found for matching_attribute slug/ID "x".',
        ),
        (
            "PUT", f"{PEOPLE}?matching_attribute=job_title", {"data": {"values": {}}},
            "The matching attribute specified is not a unique attribute",
        ),
    ],
    ids=[
        "object", "list", "attribute", "record", "note", "task", "thread", "comment", "webhook",
        "member", "list slug", "option", "unknown option", "no matching attribute", "not unique",
    ],
)  # fmt: skip
def test_the_sentences_of_the_specification(
    api: Client, hiring: str, method: str, path: str, body: Any, message: str
) -> None:
    """facts.md 0.1: message templates."""
    path, _, query = path.partition("?")
    params = dict([query.split("=")]) if query else {}
    found = api.send(method, path, body, **params).json["message"]
    assert found.rstrip(".") == message.rstrip(".")


def test_a_required_value_is_named_by_the_id_of_its_attribute(api: Client) -> None:
    """facts.md 0.1: `missing_value`."""
    key = api.data("GET", f"{ATTRIBUTES}/name")["id"]["attribute_id"]
    answer = api.try_create("deals", stage="Lead", owner="owner@sandbox.example")
    assert answer.code == "400 missing_value"
    assert answer.json["message"] == (
        f'Required value for attribute with ID "{key}" was not provided.'
    )


def test_what_is_too_large_is_still_a_400(api: Client, acme: str) -> None:
    """facts.md 4.1: texts of up to 10 MB."""
    (issue,) = errors(api.try_create("companies", name="x" * 10_000_001))
    assert issue["path"] == ["value"]
    answer = api.send("POST", "/v2/lists", {"data": LIST | {"workspace_access": "x" * 10_000_001}})
    assert len(str(answer.json)) < 1_000, "what was sent is not sent back"
    assert record_id(api.read("companies", acme)) == acme
