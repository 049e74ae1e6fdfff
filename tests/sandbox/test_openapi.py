"""The replies against the response schemas of Attio's specification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, record_id
from tests.sandbox.helpers import LOCATION, OWNER
from tests.sandbox.specification import lenient


@pytest.fixture(scope="module")
def document(shared: Path) -> Any:
    return lenient(json.loads((shared / "attio-api" / "openapi.json").read_text()))


class Checked(Client):
    """A client that validates every reply it gets."""

    def __init__(self, workspace: Workspace, document: Any) -> None:
        super().__init__(workspace)
        self.document = document
        self.seen: set[tuple[str, str, int]] = set()

    def operation(self, method: str, path: str) -> tuple[str, Any]:
        parts = path.split("/")
        literal = sorted(self.document["paths"], key=lambda template: template.count("{"))
        for template in literal:
            names = template.split("/")
            fits = len(names) == len(parts) and all(
                n == p or n.startswith("{") for n, p in zip(names, parts, strict=True)
            )
            if fits and method.lower() in self.document["paths"][template]:
                return template, self.document["paths"][template][method.lower()]
        raise AssertionError(f"{method} {path} is not in the specification")

    def send(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        answer = super().send(method, path, body, **params)
        template, operation = self.operation(method, path)
        self.seen.add((method, template, answer.status))
        response = operation["responses"].get(str(answer.status))
        assert response is not None, (method, template, answer)
        schema = response["content"]["application/json"]["schema"]
        if answer.status >= 400:
            # The codes of the specification are one a status; live ones are many.
            schema["properties"]["code"].pop("enum", None)
            schema["properties"]["type"].pop("enum", None)
        whole = {**schema, "components": self.document["components"]}
        problems = [
            f"{error.json_path}: {error.message[:300]}"
            for error in Draft202012Validator(whole).iter_errors(answer.json)
        ]
        assert problems == [], (method, template)
        return answer


@pytest.fixture
def checked(document: Any, clock: Clock) -> Iterator[Checked]:
    workspace = Workspace(clock=clock)
    yield Checked(workspace, document)
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
    company = record_id(api.create("companies", domains=["acme.test"], name="Acme",
                                   funding_raised_usd=5, categories=["SaaS"]))  # fmt: skip
    person = api.create("people", name="Lovelace, Ada", email_addresses=["ada@acme.example.com"],
                        company="acme.test", phone_numbers=["+19725550123"])  # fmt: skip
    key = record_id(person)
    thing = api.create(
        "things", text="x", number=1.5, checkbox=True, currency=1, date="2026", timestamp="2026",
        rating=3, location=LOCATION, domain="a.test", email_address="a@x.example.com",
        phone_number="+19725550123", actor_reference=OWNER, select="High", status="Open",
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
