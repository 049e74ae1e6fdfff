"""Each attribute type: what it takes, what it stores, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox import Workspace
from tests.sandbox.client import GHOST, Client, own, record_id
from tests.sandbox.helpers import LOCATION


@pytest.fixture
def things(ws: Workspace) -> Workspace:
    ws.define_object("things", "Thing", "Things")
    for kind in (
        "text", "number", "checkbox", "currency", "date", "timestamp", "rating", "location",
        "domain", "email-address", "phone-number", "actor-reference", "record-reference",
    ):  # fmt: skip
        ws.define_attribute("things", api_slug=kind.replace("-", "_"), type=kind, currency="EUR")
    ws.define_attribute("things", api_slug="select", type="select", options=["High", "high", "Low"])
    ws.define_attribute("things", api_slug="status", type="status", statuses=["Open", "Shut"])
    return ws


def text(value: str) -> dict[str, Any]:
    return {"value": value}


def email(original: str, local: str, domain: str, root: str) -> dict[str, Any]:
    return {
        "original_email_address": original,
        "email_address": f"{local}@{domain}",
        "email_domain": domain,
        "email_root_domain": root,
        "email_local_specifier": local,
    }


def phone(number: str, original: str, country: str | None) -> dict[str, Any]:
    return {
        "phone_number": number, "original_phone_number": original, "country_code": country
    }  # fmt: skip


TAKEN: list[tuple[str, Any, dict[str, Any]]] = [
    ("text", "Ships pumps", text("Ships pumps")),
    ("text", [{"value": "<b>'; DROP TABLE cells; --"}], text("<b>'; DROP TABLE cells; --")),
    ("number", 14, {"value": 14}),
    ("number", 14.0, {"value": 14}),
    ("number", {"value": 14.5}, {"value": 14.5}),
    ("number", 0.123_45, {"value": 0.123_45}),
    ("number", -1e300, {"value": -1e300}),
    ("checkbox", True, {"value": True}),
    ("checkbox", "false", {"value": False}),
    ("checkbox", [{"value": "true"}], {"value": True}),
    ("currency", 1250.5, {"currency_value": 1250.5, "currency_code": "EUR"}),
    ("currency", "1250.50", {"currency_value": 1250.5, "currency_code": "EUR"}),
    ("currency", {"currency_value": 99}, {"currency_value": 99, "currency_code": "EUR"}),
    (
        "currency",
        {"currency_value": 1.5, "currency_code": "EUR"},
        {"currency_value": 1.5, "currency_code": "EUR"},
    ),
    ("currency", 0.000_05, {"currency_value": 0.0001, "currency_code": "EUR"}),
    ("date", "2026", {"value": "2026-01-01"}),
    ("date", "2026-03", {"value": "2026-03-01"}),
    ("date", "2026-03-04T13:00", {"value": "2026-03-04"}),
    ("date", {"value": "2026-01-02T23:00:00-10:00"}, {"value": "2026-01-03"}),
    ("date", "9999-12-31", {"value": "9999-12-31"}),
    ("timestamp", "2026-03-01T10:00:00Z", {"value": "2026-03-01T10:00:00.000000000Z"}),
    ("timestamp", "2026", {"value": "2026-01-01T00:00:00.000000000Z"}),
    ("timestamp", "2026-03-01T10:00:00.5+02:00", {"value": "2026-03-01T08:00:00.500000000Z"}),
    ("timestamp", "2026-03-01T10:00:00.1234567899Z", {"value": "2026-03-01T10:00:00.123456789Z"}),
    ("rating", 0, {"value": 0}),
    ("rating", {"value": 5}, {"value": 5}),
    ("location", LOCATION, LOCATION | {"longitude": "-122.030332999"}),
    ("location", "Cupertino", dict.fromkeys(LOCATION) | {"locality": "Cupertino"}),
    ("domain", ["Shop.Acme.test"], {"domain": "shop.acme.test", "root_domain": "acme.test"}),
    (
        "domain",
        [{"domain": "https://me:x@www.acme.co.uk:8080/a?b#c"}],
        {"domain": "www.acme.co.uk", "root_domain": "acme.co.uk"},
    ),
    (
        "email_address",
        ["Kim@Mail.Acme.example.com"],
        email("Kim@Mail.Acme.example.com", "kim", "mail.acme.example.com", "example.com"),
    ),
    (
        "email_address",
        [{"email_address": "a+b@x.example.com"}],
        email("a+b@x.example.com", "a+b", "x.example.com", "example.com"),
    ),
    ("phone_number", ["+19725550123"], phone("+19725550123", "+19725550123", "US")),
    (
        "phone_number",
        [{"original_phone_number": "(972) 555-0123", "country_code": "US"}],
        phone("+19725550123", "(972) 555-0123", "US"),
    ),
    (
        "phone_number",
        [{"original_phone_number": "07400 123456", "country_code": "GB"}],
        phone("+447400123456", "07400 123456", "GB"),
    ),
    (
        "phone_number",
        [{"original_phone_number": "06 1234 5678", "country_code": "IT"}],
        phone("+390612345678", "06 1234 5678", "IT"),
    ),
    ("phone_number", ["+35312345678"], phone("+35312345678", "+35312345678", "IE")),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "given", "stored"), TAKEN)
def test_takes_and_normalises(
    things: Workspace, api: Client, slug: str, given: Any, stored: dict[str, Any]
) -> None:
    values = api.create("things", **{slug: given})["values"][slug]
    assert own(values) == [stored]
    assert values[0]["attribute_type"] == slug.replace("_", "-")


REFUSED: list[tuple[str, Any]] = [
    ("text", 5), ("text", {"value": 5}), ("text", {"text": "x"}), ("text", ["a", "b"]),
    ("text", {"value": "a", "attribute_type": "text"}), ("text", "nul \x00"), ("text", [None]),
    ("number", "14"), ("number", True), ("number", {"value": None}), ("number", 10**309),
    ("checkbox", "yes"), ("checkbox", 1), ("checkbox", {"value": None}),
    ("currency", "a lot"), ("currency", "NaN"), ("currency", "Infinity"),
    ("currency", " 5 "), ("currency", "1_000"), ("currency", "\uff11"),
    ("currency", True),
    ("currency", {"currency_value": 1, "currency_code": "USD"}), ("currency", "1\x002"),
    ("currency", {"currency_code": "EUR"}), ("currency", {"currency_value": 1, "currency": "EUR"}),
    ("currency", {"currency_value": 1, "currency_code": None}),
    ("date", "tomorrow"), ("date", "2026-02-30"), ("date", "10000-01-01"), ("date", 2026),
    ("timestamp", "2026-13-01"), ("timestamp", 1767225600), ("timestamp", ""),
    ("timestamp", "0001-01-01T00:00:00+23:00"), ("timestamp", "2026-01-01T00:00:00+99:00"),
    ("rating", 6), ("rating", -1), ("rating", 2.5), ("rating", "5"),
    ("location", {"locality": "Cupertino"}), ("location", LOCATION | {"latitude": 37.3}),
    ("location", LOCATION | {"latitude": "91"}), ("location", LOCATION | {"country_code": "XX"}),
    ("location", LOCATION | {"planet": "Earth"}), ("location", LOCATION | {"longitude": "180.5"}),
    ("location", 7), ("domain", ["no dot"]), ("domain", ["localhost"]),
    ("domain", [7]), ("domain", ["-a.test"]), ("domain", ["x" * 250 + ".test"]),
    ("email_address", ["kim"]), ("email_address", ["a@b@"]),
    ("email_address", ["a..b@x.example.com"]),
    ("email_address", ["a b@x.example.com"]), ("email_address", [{"email": "a@x.example.com"}]),
    ("phone_number", ["9725550123"]), ("phone_number", ["+1"]), ("phone_number", ["+0123456789"]),
    ("phone_number", [{"original_phone_number": "1", "country_code": "US"}]),
    ("phone_number", [{"original_phone_number": "+19725550123", "country_code": "ZZ"}]),
    ("phone_number", ["+1234567890123456"]), ("phone_number", ["+1972call"]),
    ("select", ""), ("select", 5), ("select", {"option": None}), ("status", True),
    ("actor_reference", "kim"), ("actor_reference", 5), ("actor_reference", {"id": "x"}),
    ("actor_reference", {"referenced_actor_type": "system", "referenced_actor_id": "x"}),
    ("actor_reference", {"referenced_actor_type": "workspace-member", "referenced_actor_id": "x"}),
    ("actor_reference", {"workspace_member_email_address": 5}),
    ("record_reference", 5), ("record_reference", "acme.test"), ("record_reference", {}),
    ("record_reference", {"target_object": "people"}),
    ("record_reference", {"target_object": "people", "target_record_id": "not-a-uuid"}),
    ("record_reference", {"target_object": "people", "target_record_id": "x", "name": ["y"]}),
    ("record_reference", {"target_object": "people", "email_addresses": "a@x.example.com"}),
    ("record_reference", {"target_object": "people", "email_addresses": ["a@x.dev", "b@x.dev"]}),
    ("record_reference", {"target_object": "people", "name": ["Ada"]}),
    *(
        ("record_reference", {"target_object": "people", "target_record_reference": reference})
        for reference in (
            "a@x.dev", {}, {"match": "a@x.dev"}, {"match": {}}, {"match": {"name": "Ada"}},
            {"match": {"job_title": "a", "description": "b"}}, {"match": {"job_title": ["a", "b"]}},
            {"match": {"job_title": "a"}, "if_multiple_matches": "use_first"},
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "given"), REFUSED)
def test_refuses_with_a_validation_error(
    things: Workspace, api: Client, slug: str, given: Any
) -> None:
    answer = api.try_create("things", **{slug: given})
    assert answer.code == "400 validation_type"
    assert answer.json["type"] == "invalid_request_error"
    is_form = answer.json["message"] == "Body payload validation error."
    issue = answer.json["validation_errors"][0]
    # JSON of no input form is refused with the body, all else as a value of the attribute.
    if is_form:
        assert issue["path"][:3] == ["data", "values", slug]
    else:
        sentence = f'An invalid value was passed to attribute with slug "{slug}".'
        assert answer.json["message"] == sentence
        assert "data" not in issue["path"]
    assert issue["message"]
    assert api.query("things") == []


def test_the_message_of_a_wrong_type_is_that_of_zod(api: Client) -> None:
    answer = api.try_create("companies", name=5)
    assert answer.json == {
        "status_code": 400,
        "type": "invalid_request_error",
        "code": "validation_type",
        "message": "Body payload validation error.",
        "validation_errors": [
            {
                "code": "invalid_type",
                "path": ["data", "values", "name"],
                "message": "Expected string, received number",
                "expected": "string",
                "received": "number",
            }
        ],
    }


@pytest.mark.parametrize(
    ("given", "first", "last", "full"),
    [
        ("Byron, Ada", "Ada", "Byron", "Ada Byron"),
        ("Ada", "Ada", "", "Ada"),
        ("Byron, Ada, Countess", "Ada, Countess", "Byron", "Ada, Countess Byron"),
        ({"first_name": "\u7f8e\u54b2", "last_name": "T", "full_name": "T.\u7f8e"},
         "\u7f8e\u54b2", "T", "T.\u7f8e"),
    ],
)  # fmt: skip
def test_personal_name(api: Client, given: Any, first: str, last: str, full: str) -> None:
    values = api.create("people", name=given)["values"]["name"]
    assert own(values) == [{"first_name": first, "last_name": last, "full_name": full}]


@pytest.mark.parametrize("given", [{"full_name": "Ada"}, 5, {"first_name": 1}])
def test_personal_name_needs_all_three_parts(api: Client, given: Any) -> None:
    assert api.try_create("people", name=given).code == "400 validation_type"


def test_an_empty_text_clears(api: Client) -> None:
    key = record_id(api.create("people", job_title="Countess", name="Ada", primary_location="Rome"))
    changed = api.patch("people", key, job_title="", name="", primary_location=" ")["values"]
    assert (changed["job_title"], changed["name"], changed["primary_location"]) == ([], [], [])


def test_a_text_of_ten_megabytes_is_the_longest(api: Client) -> None:
    assert api.try_create("companies", description="x" * 10_000_001).code == "400 validation_type"
    assert api.try_create("companies", description="x" * 10_000_000).status == 200


def test_lone_surrogates_and_broken_json_are_no_crash(ws: Workspace, api: Client) -> None:
    for body in (b'{"data":{"values":{"name":"\\ud800"}}}', b'{"data"', b"\xff", b"[" * 9_999):
        reply = ws.handle("POST", "/v2/objects/companies/records", headers=api.headers, body=body)
        assert reply.status == 400
        assert b"validation_type" in reply.body


def test_what_json_cannot_say_is_refused_by_load(ws: Workspace) -> None:
    for values in ({"name": "\ud800"}, {"funding_raised_usd": float("nan")}, {"name": object()}):
        with pytest.raises(ValueError, match="Row 0 of 'companies' was refused"):
            ws.load("companies", [values])


def test_a_bare_value_for_many_is_refused(api: Client) -> None:
    answer = api.try_create("companies", domains="acme.test")
    assert answer.code == "400 validation_type"
    assert answer.json["validation_errors"][0]["path"] == ["data", "values", "domains"]


def test_select_matches_by_exact_title_then_any_case_then_id(
    things: Workspace, api: Client
) -> None:
    def title(given: Any) -> str:
        value = api.create("things", select=given)["values"]["select"][0]
        found: str = value["option"]["title"]
        return found

    assert title("high") == "high"
    assert title("High") == "High"
    assert title("HIGH") == "High"
    assert title({"option": "low"}) == "Low"
    options = api.data("GET", "/v2/objects/things/attributes/select/options")
    assert title(options[1]["id"]["option_id"].upper()) == "high"
    answer = api.try_create("things", select="Middling")
    assert answer.code == "400 value_not_found"
    assert answer.json["message"] == (
        'Cannot find select attribute with select option title "Middling".'
    )


def test_status_reads_with_all_its_members(ws: Workspace, things: Workspace, api: Client) -> None:
    record = api.create("things", status={"status": "open"})
    (value,) = own(record["values"]["status"])
    attribute = api.data("GET", "/v2/objects/things/attributes/status")
    (first, _) = api.data("GET", "/v2/objects/things/attributes/status/statuses")
    assert value["status"].pop("id") == {
        "workspace_id": ws.workspace_id,
        "object_id": record["id"]["object_id"],
        "attribute_id": attribute["id"]["attribute_id"],
        "status_id": first["id"]["status_id"],
    }
    assert value["status"] == {
        "title": "Open",
        "is_archived": False,
        "target_time_in_status": None,
        "celebration_enabled": False,
    }
    assert api.try_create("things", status="Ajar").json["message"] == (
        'Cannot find status attribute with status option title "Ajar".'
    )


def test_an_archived_option_cannot_be_written(things: Workspace, api: Client) -> None:
    key = record_id(api.create("things", select="Low"))
    path = "/v2/objects/things/attributes/select/options/Low"
    api.data("PATCH", path, {"data": {"is_archived": True}})
    assert api.try_create("things", select="Low").code == "400 value_not_found"
    assert api.values("things", key, "select")[0]["option"]["is_archived"] is True


def test_actor_forms(ws: Workspace, things: Workspace, api: Client) -> None:
    member = ws.setup.add_member("Kim@acme.example.com", first_name="Kim")
    for form in (
        "kim@ACME.example.com",
        {"workspace_member_email_address": "kim@acme.example.com"},
        {"referenced_actor_type": "workspace-member", "referenced_actor_id": member},
    ):
        value = own(api.create("things", actor_reference=form)["values"]["actor_reference"])
        assert value == [
            {"referenced_actor_type": "workspace-member", "referenced_actor_id": member}
        ]
    unknown = {"referenced_actor_type": "workspace-member", "referenced_actor_id": ws.workspace_id}
    for form in ("nobody@acme.example.com", unknown):
        assert api.try_create("things", actor_reference=form).code == "400 value_not_found"


def test_reference_forms(things: Workspace, api: Client) -> None:
    acme = record_id(api.create("companies", name="Acme", domains=["acme.test"]))
    ada = record_id(api.create("people", email_addresses=["ada@acme.example.com"]))
    user = record_id(api.create("users", user_id="u1", primary_email_address="u@acme.example.com"))
    space = record_id(api.create("workspaces", workspace_id="w1"))

    def target(slug: str, attribute: str, form: Any, **more: Any) -> tuple[str, str]:
        value = api.create(slug, **{attribute: form}, **more)["values"][attribute][0]
        return value["target_object"], value["target_record_id"]

    by_id = {"target_object": "companies", "target_record_id": acme.upper()}
    by_match = {"target_object": "companies", "domains": [{"domain": "ACME.test"}]}
    by_record = {"target_object": "companies", "record_id": [{"value": acme}]}
    by_text = {"target_object": "companies", "name": ["Acme"]}
    bare, listed = ({"match": {"domains": value}} for value in ("acme.test", ["ACME.test"]))
    by_reference = {"target_object": "companies", "target_record_reference": bare}
    by_list = {"target_object": "companies", "target_record_reference": listed}
    for form in (by_id, by_match, by_record, by_text, by_reference, by_list):
        assert target("things", "record_reference", form) == ("companies", acme)
        assert target("people", "company", [form]) == ("companies", acme)
    assert target("people", "company", "acme.test") == ("companies", acme)
    assert target("companies", "team", ["ADA@acme.example.com"]) == ("people", ada)
    assert target("companies", "associated_workspaces", ["w1"]) == ("workspaces", space)
    assert target("workspaces", "users", ["u1"], workspace_id="w2") == ("users", user)


def test_references_that_lead_nowhere(things: Workspace, api: Client) -> None:
    api.create("people", job_title="CEO")
    api.create("people", job_title="CEO")
    for form, code in (
        ({"target_object": "companies", "target_record_id": GHOST}, "400 value_not_found"),
        ({"target_object": "companies", "domains": ["nowhere.test"]}, "400 value_not_found"),
        ({"target_object": "companies", "record_id": [GHOST]}, "400 value_not_found"),
        ({"target_object": "ghosts", "target_record_id": GHOST}, "400 value_not_found"),
        ({"target_object": "companies", "ghost": ["x"]}, "400 value_not_found"),
        ({"target_object": "people", "job_title": ["CEO"]}, "400 multiple_match_results"),
    ):
        assert api.try_create("things", record_reference=form).code == code
    assert api.try_create("people", company="nowhere.test").code == "400 value_not_found"
    wrong = {"target_object": "people", "job_title": ["CEO"]}
    assert api.try_create("people", company=wrong).code == "400 validation_type"
    # Deals take no string: a deal has nothing to match on.
    assert api.try_create("people", associated_deals=["x"]).code == "400 validation_type"


def test_interactions_and_other_read_only_attributes_cannot_be_written(api: Client) -> None:
    for slug in ("last_interaction", "record_id", "created_at", "avatar_url"):
        answer = api.try_create("people", **{slug: "x"})
        assert answer.code == "400 validation_type"
        assert answer.json["validation_errors"][0]["path"] == ["data", "values", slug]


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1))
def test_any_text_comes_back_as_it_was_sent(value: str) -> None:
    workspace = Workspace()
    api = Client(workspace)
    assert own(api.create("companies", name=value)["values"]["name"]) == [{"value": value}]
    assert len(api.query("companies", {"name": value})) == 1
    workspace.close()


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_numbers_keep_four_decimals(value: float) -> None:
    workspace = Workspace()
    key = workspace.load("companies", [{"funding_raised_usd": value}])[0]
    (stored,) = Client(workspace).values("companies", key, "funding_raised_usd")
    assert abs(stored["currency_value"] - value) <= max(0.000_050_1, abs(value) * 1e-15)
    workspace.close()
