"""Requests as such: tokens, routes, what is remembered, and many at once."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm.sandbox import Workspace
from attio_orm.sandbox.replies import Recorded
from tests.sandbox.client import RECORDS, Client, plain, record_id

KEY = "11111111-1111-4111-8111-111111111111"


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_tokens(ws: Workspace) -> None:
    def status(authorization: str | None, name: str = "Authorization") -> int:
        headers = {} if authorization is None else {name: authorization}
        return ws.handle("GET", "/v2/objects", headers=headers).status

    assert status(f"Bearer {ws.token}") == 200
    assert status(f"bearer  {ws.token}", "AUTHORIZATION") == 200
    assert status(basic(f"{ws.token}:")) == 200
    for wrong in (None, "", "Bearer", "Bearer x", ws.token, basic("x:"), "Basic %%%", "Basic /w==",
                  f"Token {ws.token}", "Bearer é"):  # fmt: skip
        assert status(wrong) == 401
    reply = ws.handle("GET", "/v2/objects")
    assert json.loads(reply.body) == {
        "status_code": 401,
        "type": "auth_error",
        "code": "unauthorized",
        "message": "The access token is missing or invalid.",
    }
    assert ws.token not in reply.body.decode()


def test_self_says_that_an_unknown_token_is_inactive(ws: Workspace) -> None:
    reply = ws.handle("GET", "/v2/self", headers={"Authorization": "Bearer x"})
    assert (reply.status, reply.body) == (200, b'{"active":false}')


def test_headers_of_replies(ws: Workspace, api: Client) -> None:
    reply = ws.handle("GET", "/v2/objects", headers=api.headers)
    assert reply.headers == {
        "content-type": "application/json; charset=utf-8",
        "content-length": str(len(reply.body)),
    }


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"), ("GET", "/v2"), ("GET", "/v1/objects"), ("GET", "/v2/ghosts"),
        ("GET", "/v2/objects/"), ("GET", "//v2/objects"), ("GET", "v2/objects"),
        # What Attio does not have: facts.md section 12.
        ("GET", "/v2/objects/people/records"), ("POST", "/v2/batch"),
        ("POST", "/v2/objects/people/records/bulk"), ("POST", "/v2/objects/people/records/count"),
        ("DELETE", "/v2/objects/people"), ("DELETE", "/v2/objects/people/attributes/name"),
        ("DELETE", "/v2/objects/companies/attributes/categories/options/SaaS"),
        ("POST", "/v2/workspace_members"), ("GET", "/v2/me"),
        ("POST", "/v2/objects/people/records/import"), ("HEAD", "/v2/objects"),
        ("PUT", "/v2/objects/people"), ("PATCH", "/v2/self"),
        ("PUT", f"/v2/objects/people/records/{KEY}/restore"),
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


def test_requests_are_remembered(ws: Workspace, api: Client) -> None:
    assert ws.requests == []
    api.data("GET", "/v2/objects/people/attributes", limit="1")
    api.create("people", name="Ada")
    ws.handle("POST", "/v2/objects", headers=api.headers, body=b"{not json")
    ws.handle("get", "/v2/nowhere")
    assert ws.requests == [
        Recorded("GET", "/v2/objects/people/attributes", {"limit": "1"}, None, 200),
        Recorded("POST", RECORDS.format("people"), {}, {"data": {"values": {"name": "Ada"}}}, 200),
        Recorded("POST", "/v2/objects", {}, None, 400),
        Recorded("GET", "/v2/nowhere", {}, None, 404),
    ]
    ws.requests.clear()
    api.data("GET", "/v2/objects")
    assert [request.path for request in ws.requests] == ["/v2/objects"]


def test_set_up_is_no_request(ws: Workspace) -> None:
    ws.define_object("things", "Thing", "Things")
    ws.define_attribute("things", api_slug="name", type="select", options=["a"])
    ws.load("things", [{"name": "a"}])
    assert ws.requests == []


def test_remembered_requests_are_bounded(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attio_orm.sandbox.replies.MAX_RECORDED", 5)
    for index in range(600):
        ws.handle("GET", f"/{index}")
    assert len(ws.requests) < 300
    assert [request.path for request in ws.requests[-5:]] == [f"/{i}" for i in range(595, 600)]


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
            api.create("people", name=name, email_addresses=[f"{name}@x.test"], company="acme.test")
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
            "people", email_addresses=["same@x.test"], job_title=str(number)
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
