"""Requests of a workspace: large, odd, and many at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from attio_sandbox import Workspace
from tests.sandbox.client import RECORDS, Client, plain, record_id


def test_a_body_is_no_matter_for_get(ws: Workspace, api: Client) -> None:
    assert ws.handle("GET", "/v2/objects", headers=api.headers, body=b"{x").status == 200


def test_a_large_body(ws: Workspace, api: Client) -> None:
    body = json.dumps({"data": {"values": {"ghost": "x" * 50_000_000}}}).encode()
    reply = ws.handle("POST", RECORDS.format("people"), headers=api.headers, body=body)
    assert reply.status == 400


def together(count: int, work: Any) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def test_32_threads_lose_no_write(ws: Workspace, api: Client) -> None:
    company = record_id(api.create("companies", name="Acme", domains=["acme.test"]))

    def work(number: int) -> None:
        for turn in range(5):
            name = f"{number}-{turn}"
            api.create(
                "people", name=name, email_addresses=[f"{name}@x.example.com"], company="acme.test"
            )
            api.patch("companies", company, domains=[f"d{name}.test"])
            # No half of a write is seen: a person has a name, an e-mail and a company, or is not.
            for person in api.query("people", limit=3, offset=number):
                assert all(person["values"][s] for s in ("name", "email_addresses", "company"))

    together(32, work)
    assert len(api.query("people")) == 160
    assert len(api.values("companies", company, "team")) == 160
    assert len(api.values("companies", company, "domains")) == 161
    assert all(request.status == 200 for request in ws.requests)


def test_two_writers_of_one_unique_value(api: Client) -> None:
    def work(number: int) -> int:
        return api.try_create(
            "people", email_addresses=["same@x.example.com"], job_title=str(number)
        ).status

    statuses = together(16, work)
    assert sorted(statuses) == [200] + [400] * 15
    assert len(api.query("people")) == 1


def test_asserts_at_once_make_one_record(api: Client) -> None:
    def work(number: int) -> str:
        answer = api.upsert("companies", "domains", domains=["a.test"], name=str(number))
        return record_id(answer.json["data"])

    assert len(set(together(16, work))) == 1
    (company,) = api.query("companies")
    assert plain(company["values"]["name"])[0] in map(str, range(16))


def test_lone_surrogates_in_paths_and_parameters(ws: Workspace, api: Client) -> None:
    """No request over HTTP can hold one; in process they are question marks."""
    bad = "\ud800"
    for path in (f"/v2/{bad}", f"/v2/objects/{bad}", f"/v2/objects/people/records/{bad}"):
        assert api.send("GET", path).status in (400, 404)
    assert api.send(bad, "/v2/objects").status == 404
    answer = api.send("GET", "/v2/notes", limit=bad, **{bad: bad})
    assert answer.code == "400 validation_type"
    assert ws.requests[-1].params == {"limit": "?", "?": "?"}
    assert ws.handle("GET", "/v2/objects", headers={"authorization": f"Basic {bad}"}).status == 401
