"""People get a company by their e-mail domain, after the response, where that is switched on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from attio_sandbox import Clock, Workspace
from attio_sandbox.records.enrichment import FREE_MAIL
from attio_sandbox.values.hosts import read_host
from tests.sandbox.client import Client, own, plain, record_id
from tests.sandbox.helpers import Told


@pytest.fixture
def ws(clock: Clock) -> Iterator[Workspace]:
    # Reserved names, as each is a root of its own: all of example.com have one.
    workspace = Workspace(clock=clock, enrichment=True, reserved_emails="allow")
    yield workspace
    workspace.close()


def company_of(api: Client, person: str) -> list[str]:
    found: list[str] = plain(api.values("people", person, "company"))
    return found


def test_a_person_is_linked_after_the_response(api: Client, clock: Clock) -> None:
    acme = record_id(api.create("companies", name="Acme", domains=["acme.test"]))
    created = api.create("people", email_addresses=["ada@acme.test"])
    ada = record_id(created)
    assert created["values"]["company"] == []
    clock.move(0.249)
    assert company_of(api, ada) == []
    clock.move(0.001)
    (value,) = api.values("people", ada, "company")
    assert value["target_record_id"] == acme
    assert value["created_by_actor"] == {"type": "system", "id": None}
    assert value["active_from"] == "2026-02-03T10:11:12.770000000Z"
    assert plain(api.values("companies", acme, "team")) == [ada]


def test_webhooks_are_told_of_what_the_system_did(ws: Workspace, api: Client, clock: Clock) -> None:
    told = Told(ws, "record.updated", "record.created")
    ada = record_id(api.create("people", email_addresses=["ada@acme.test"]))
    assert len(told.take()) == 1
    clock.move(5)
    api.query("people")
    events = told.take()
    assert {event["actor"]["type"] for event in events} == {"system"}
    assert [event["event_type"] for event in events] == [
        "record.created", "record.updated",
    ]  # fmt: skip
    assert events[1]["id"]["record_id"] == ada


def test_a_missing_company_is_made(api: Client, clock: Clock) -> None:
    ada, bob = (
        record_id(api.create("people", email_addresses=[f"{name}@eu.shop.test"]))
        for name in ("ada", "bob")
    )
    clock.move(5)
    (company,) = api.query("companies")
    assert own(company["values"]["domains"]) == [
        {"domain": "shop.test", "root_domain": "shop.test"}
    ]
    assert own(company["values"]["created_by"]) == [
        {"referenced_actor_type": "system", "referenced_actor_id": None}
    ]
    assert company_of(api, ada) == company_of(api, bob) == [record_id(company)]


def test_the_exact_domain_is_preferred_to_its_root(api: Client, clock: Clock) -> None:
    api.create("companies", domains=["acme.test"])
    shop = record_id(api.create("companies", domains=["shop.acme.test"]))
    ada = record_id(api.create("people", email_addresses=["ada@shop.acme.test"]))
    clock.move(5)
    assert company_of(api, ada) == [shop]


def test_free_mail_names_no_company(api: Client, clock: Clock) -> None:
    ada = record_id(api.create("people", email_addresses=["ada@gmail.com"]))
    both = ["bob@Outlook.com", "bob@acme.test"]
    bob = record_id(api.create("people", email_addresses=both))
    cy = record_id(api.create("people", name="Cy"))
    clock.move(5)
    assert company_of(api, ada) == company_of(api, cy) == []
    (company,) = api.query("companies")
    assert company_of(api, bob) == [record_id(company)]
    assert plain(company["values"]["domains"]) == ["acme.test"]


def test_who_has_a_company_or_is_gone_is_left_alone(api: Client, clock: Clock) -> None:
    labs = record_id(api.create("companies", name="Labs"))
    target = {"target_object": "companies", "target_record_id": labs}
    ada = record_id(api.create("people", email_addresses=["ada@acme.test"], company=target))
    bob = record_id(api.create("people", email_addresses=["bob@acme.test"]))
    cy = record_id(api.create("people", email_addresses=["cy@acme.test"]))
    api.patch("people", bob, company=target)
    api.send("DELETE", f"/v2/objects/people/records/{cy}")
    clock.move(5)
    assert company_of(api, ada) == company_of(api, bob) == [labs]
    assert api.ids("companies") == [labs]


def test_a_company_that_needs_more_values_is_not_made(
    ws: Workspace, api: Client, clock: Clock
) -> None:
    ws.define_attribute("companies", api_slug="tier", type="text", is_required=True)
    ada = record_id(api.create("people", email_addresses=["ada@acme.test"]))
    clock.move(5)
    assert company_of(api, ada) == []
    assert api.query("companies") == []


def test_upsert_enriches_whom_it_creates_and_updates_do_not(api: Client, clock: Clock) -> None:
    dan = record_id(api.create("people", name="Dan"))
    clock.move(5)
    api.patch("people", dan, email_addresses=["dan@late.test"])
    new = api.upsert("people", "email_addresses", email_addresses=["eve@acme.test"])
    api.upsert("people", "email_addresses", email_addresses=["dan@late.test"])
    clock.move(5)
    assert company_of(api, dan) == []
    assert len(company_of(api, record_id(new.json["data"]))) == 1


def test_what_is_due_survives_a_refused_request_and_a_new_start(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "crm.db"
    first = Workspace(path, clock=clock, enrichment=True, reserved_emails="allow")
    ada = record_id(Client(first).create("people", email_addresses=["ada@acme.test"]))
    first.close()
    clock.move(5)
    second = Workspace(path, clock=clock, enrichment=True, reserved_emails="allow")
    api = Client(second)
    assert api.try_create("people", name=5).code == "400 validation_type"
    assert len(company_of(api, ada)) == 1
    second.close()


def test_it_is_off_unless_it_is_switched_on(clock: Clock) -> None:
    workspace = Workspace(clock=clock, reserved_emails="allow")
    api = Client(workspace)
    ada = record_id(api.create("people", email_addresses=["ada@acme.test"]))
    clock.move(3600)
    workspace.enrichment = True
    assert company_of(api, ada) == []
    assert api.query("companies") == []
    workspace.close()


def test_free_mail_is_a_list_of_domains() -> None:
    assert {domain for domain in FREE_MAIL if read_host(domain) != domain} == set()
    assert {"gmail.com", "yahoo.co.uk"} <= FREE_MAIL
