"""The replies of a longer story against the response schemas of Attio's description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Answer, Client, record_id
from tests.sandbox.helpers import LOCATION, OWNER
from tests.sandbox.specification import Specification


class Checked(Client):
    """A client that validates every reply it gets."""

    def __init__(self, workspace: Workspace, specification: Specification) -> None:
        super().__init__(workspace)
        self.specification = specification
        self.seen: set[tuple[str, int]] = set()

    def send(self, method: str, path: str, body: Any = None, **params: str) -> Answer:
        answer = super().send(method, path, body, **params)
        operation = self.specification.operation(method, path)
        self.seen.add((operation.name, answer.status))
        problems = self.specification.answer_problems(operation, answer.status, answer.json)
        assert problems == [], (method, path)
        return answer


@pytest.fixture
def checked(shared: Path, clock: Clock) -> Iterator[Checked]:
    workspace = Workspace(clock=clock)
    yield Checked(workspace, Specification(shared))
    workspace.close()


def test_every_reply_has_the_shape_of_the_specification(checked: Checked) -> None:
    api, ws = checked, checked.workspace
    api.data("GET", "/v2/objects")
    names = {"api_slug": "things", "singular_noun": "Thing", "plural_noun": "Things"}
    api.data("POST", "/v2/objects", {"data": names})
    assert api.send("POST", "/v2/objects", {"data": names}).status == 409
    api.data("GET", "/v2/objects/things")
    assert api.send("GET", "/v2/objects/ghosts").status == 404
    assert api.send("PATCH", "/v2/objects/things", {"data": {}}).status == 400
    api.data("PATCH", "/v2/objects/things", {"data": {"singular_noun": "T"}})
    for kind in (
        "text", "number", "checkbox", "currency", "date", "timestamp", "rating", "location",
        "domain", "email-address", "phone-number", "actor-reference", "record-reference",
    ):  # fmt: skip
        ws.define_attribute("things", api_slug=kind.replace("-", "_"), type=kind)
    ws.define_attribute("things", api_slug="select", type="select", options=["High"])
    ws.define_attribute("things", api_slug="status", type="status", statuses=["Open"])
    default = {"type": "static", "template": [5]}
    ws.define_attribute("things", api_slug="five", type="number", default_value=default)
    for slug in ("things", "people", "companies", "deals", "users", "workspaces"):
        api.data("GET", f"/v2/objects/{slug}/attributes")
    one = "/v2/objects/things/attributes/text"
    api.data("GET", one)
    api.data("PATCH", one, {"data": {"title": "Words"}})
    assert api.send("GET", "/v2/objects/things/attributes/ghost").status == 404
    system = "/v2/objects/people/attributes/name"
    assert api.send("PATCH", system, {"data": {"title": "x"}}).status == 400
    for kind, title in (("options", "Low"), ("statuses", "Shut")):
        path = f"/v2/objects/things/attributes/{'select' if kind == 'options' else 'status'}/{kind}"
        api.data("POST", path, {"data": {"title": title}})
        assert api.send("POST", path, {"data": {"title": title}}).status == 409
        api.data("PATCH", f"{path}/{title}", {"data": {"is_archived": True}})
        api.data("GET", path)
        assert api.send("PATCH", f"{path}/Ghost", {"data": {"title": "x"}}).status == 400
    company = record_id(api.create("companies", domains=["acme.example.com"], name="Acme",
                                   funding_raised_usd=5, categories=["SAAS"]))  # fmt: skip
    person = api.create("people", name="Lovelace, Ada", email_addresses=["ada@acme.example.com"],
                        company="acme.example.com", phone_numbers=["+12025550123"])  # fmt: skip
    key = record_id(person)
    thing = api.create(
        "things", text="x", number=1.5, checkbox=True, currency=1, date="2026", timestamp="2026",
        rating=3, location=LOCATION, domain="a.test", email_address="a@x.example.com",
        phone_number="+12025550123", actor_reference=OWNER, select="High", status="Open",
        record_reference={"target_object": "companies", "target_record_id": company},
    )  # fmt: skip
    assert sum(not values for values in thing["values"].values()) == 0
    assert api.try_create("people", name=5).status == 400
    api.upsert("people", "email_addresses", email_addresses=["ada@acme.example.com"])
    assert api.upsert("people", "ghost", name="x").status == 400
    api.patch("people", key, job_title="Countess")
    api.put("people", key, job_title="VP")
    api.read("people", key)
    assert api.send("GET", f"/v2/objects/people/records/{company}").status == 404
    assert api.change("PATCH", "people", key, name=5).status == 400
    assert len(api.query("people")) == len(api.query("things")) == 1
    assert api.try_query("people", {"name": {"$ne": 1}}).status == 400
    api.history("people", key, "job_title")
    assert (
        api.send("GET", f"/v2/objects/people/records/{key}/attributes/ghost/values").status == 404
    )
    search = {"query": "a", "objects": ["people", "companies"], "request_as": {"type": "workspace"}}
    assert len(api.data("POST", "/v2/objects/records/search", search)) == 2
    (member,) = api.data("GET", "/v2/workspace_members")
    api.data("GET", f"/v2/workspace_members/{member['id']['workspace_member_id']}")
    assert api.send("GET", f"/v2/workspace_members/{ws.workspace_id}").status == 404
    assert api.send("GET", "/v2/self").status == 200
    assert api.send("DELETE", f"/v2/objects/people/records/{key}").status == 200
    assert len(api.seen) >= 35
