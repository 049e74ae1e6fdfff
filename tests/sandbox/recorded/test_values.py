"""Values that the real Attio refuses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from attio_sandbox.values import phones
from tests.sandbox.client import RECORDS, Client, entry_body, plain, record_id

RESERVED = ["test", "example", "invalid", "localhost"]
# Of the right length, and in no numbering plan.
IMPOSSIBLE = ["+11234567890", "+15558675309", "+447700900123"]
VALID = ["+12025550123", "+442079460000"]


@pytest.fixture
def lenient(clock: Clock) -> Iterator[Client]:
    """A client of a workspace that takes reserved addresses."""
    workspace = Workspace(clock=clock, reserved_emails="allow")
    yield Client(workspace)
    workspace.close()


@pytest.fixture
def no_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Without the extra `sandbox`."""
    phones._library.cache_clear()
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    yield
    phones._library.cache_clear()


def check_refused(answer: Any, path: str) -> None:
    assert answer.code == "400 validation_type"
    (issue,) = answer.json["validation_errors"]
    assert (issue["code"], issue["path"]) == ("invalid", [path])


@pytest.mark.parametrize("number", IMPOSSIBLE)
def test_a_number_that_the_plan_does_not_have(api: Client, number: str) -> None:
    """facts.md 16, Values that are refused: possible is not enough, it must be valid."""
    for form in (number, {"original_phone_number": number}):
        check_refused(api.try_create("people", phone_numbers=[form]), "original_phone_number")
    national = {"original_phone_number": "(555) 867-5309", "country_code": "US"}
    check_refused(api.try_create("people", phone_numbers=[national]), "original_phone_number")
    assert api.query("people") == []


def test_numbers_for_tests_that_are_taken(api: Client) -> None:
    """facts.md 16, Values that are refused: what the numbering plan has is taken."""
    assert plain(api.create("people", phone_numbers=VALID)["values"]["phone_numbers"]) == VALID


@pytest.mark.usefixtures("no_tables")
def test_without_the_tables_the_length_decides(api: Client) -> None:
    """facts.md 16, Values that are refused: by length only, where nothing knows the plans."""
    api.create("people", phone_numbers=IMPOSSIBLE)
    for number in ("+112345", "+1234567890123456"):
        check_refused(api.try_create("people", phone_numbers=[number]), "original_phone_number")


@pytest.mark.parametrize("top", RESERVED)
@pytest.mark.parametrize("domain", ["acme.{}", "mail.acme.{}", "ACME.{}"])
def test_a_person_cannot_have_a_reserved_address(
    api: Client, ada: str, domain: str, top: str
) -> None:
    """facts.md 16, Values that are refused: e-mail addresses of people under reserved names."""
    address = f"kim@{domain.format(top)}"
    for form in (address, {"email_address": address}):
        check_refused(api.try_create("people", email_addresses=[form]), "email_address")
        for method in ("PATCH", "PUT"):
            answer = api.change(method, "people", ada, email_addresses=[form])
            check_refused(answer, "email_address")
        answer = api.upsert("people", "email_addresses", email_addresses=[form])
        check_refused(answer, "email_address")
    assert plain(api.values("people", ada, "email_addresses")) == ["ada@acme.example.com"]


def test_every_email_attribute_of_people_refuses_them(ws: Workspace, api: Client) -> None:
    """facts.md 16, Values that are refused: of people, whichever their attribute is."""
    ws.define_attribute("people", api_slug="private_mail", type="email-address")
    answer = api.try_create("people", private_mail=["kim@acme.test"])
    assert answer.json["message"] == (
        'An invalid value was passed to attribute with slug "private_mail".'
    )
    check_refused(answer, "email_address")
    history = {"value": "kim@acme.test", "active_from": "2020-01-01", "active_until": None}
    key = record_id(api.create("people"))
    path = f"{RECORDS.format('people')}/{key}/attributes/private_mail/values"
    body = {"data": {"values": [history], "replace_history": True}}
    check_refused(api.send("PUT", path, body), "email_address")
    said = r"An invalid value was passed .*\.test is reserved \(use one under example\.com\)"
    with pytest.raises(ValueError, match=said):
        ws.load("people", [{"email_addresses": ["kim@acme.test"]}])


@pytest.mark.parametrize(
    "address", ["kim@example.com", "kim@acme.example.com", "kim@test.dev", "kim@contest.org"]
)
def test_what_is_not_reserved_is_taken(api: Client, address: str) -> None:
    """facts.md 16, Values that are refused: `example.com` is accepted."""
    values = api.create("people", email_addresses=[address])["values"]
    assert plain(values["email_addresses"]) == [address]


def test_who_is_no_person_may_have_them(ws: Workspace, api: Client, ada: str, hiring: str) -> None:
    """facts.md 16, Values that are refused: of people; not of users, objects, lists, domains."""
    api.create("users", user_id="u1", primary_email_address="u1@app.example")
    api.create("companies", domains=["acme.example"])
    ws.define_object("partners", "Partner", "Partners")
    ws.define_attribute("partners", api_slug="mail", type="email-address")
    api.create("partners", mail="kim@partner.test")
    ws.define_attribute("hiring", target="lists", api_slug="referrer", type="email-address")
    body = entry_body(ada, {"referrer": "kim@partner.test"})
    assert api.send("POST", f"/v2/lists/{hiring}/entries", {"data": body}).status == 200


def test_members_are_exempt(ws: Workspace, api: Client) -> None:
    """facts.md 16, Values that are refused: of people; members are none."""
    ws.setup.add_member("kim@acme.test")
    addresses = [each["email_address"] for each in api.data("GET", "/v2/workspace_members")]
    assert addresses == ["owner@sandbox.example", "kim@acme.test"]
    api.create("deals", name="D", stage="Lead", owner="kim@acme.test")


def test_a_reserved_address_can_be_asked_for(api: Client) -> None:
    """facts.md 16, Values that are refused: a filter writes nothing, and finds nobody."""
    assert api.query("people", {"email_addresses": "kim@acme.test"}) == []
    match = {"target_object": "people", "email_addresses": ["kim@acme.test"]}
    assert api.try_create("companies", team=[match]).code == "400 value_not_found"


def test_the_setting_takes_them(lenient: Client, api: Client) -> None:
    """facts.md 16, Values that are refused: `?reserved_emails=allow` takes them."""
    for top in RESERVED:
        lenient.create("people", email_addresses=[f"kim@acme.{top}"])
    lenient.workspace.load("people", [{"email_addresses": ["lee@acme.test"]}])
    lenient.workspace.reserved_emails = False
    answer = lenient.try_create("people", email_addresses=["kim@other.test"])
    check_refused(answer, "email_address")
    api.workspace.reserved_emails = True
    api.create("people", email_addresses=["kim@acme.test"])


def test_the_seeded_workspace_has_nothing_that_is_refused(crm: Client) -> None:
    """facts.md 16, Values that are refused: the seeds are of what Attio takes."""
    people: list[Any] = []
    while page := crm.query("people", limit=500, offset=len(people)):
        people += page
    mails = [each for p in people for each in plain(p["values"]["email_addresses"])]
    assert len(mails) > 1_000
    assert {mail.rpartition(".")[2] for mail in mails} <= {"com", "dev"}
