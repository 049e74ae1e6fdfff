"""A bare client of a workspace for these tests: JSON in, JSON out."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from attio_sandbox import Workspace

RECORDS = "/v2/objects/{}/records"
# An id that nothing has.
GHOST = "00000000-0000-4000-8000-000000000000"


class Answer(NamedTuple):
    status: int
    json: Any

    @property
    def code(self) -> str:
        return f"{self.status} {self.json['code']}"


class Client:
    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.headers = {"Authorization": f"Bearer {workspace.token}"}

    def send(self, method: str, path: str, body: Any = None, **params: str) -> Answer:
        raw = b"" if body is None else json.dumps(body).encode()
        reply = self.workspace.handle(method, path, params=params, headers=self.headers, body=raw)
        return Answer(reply.status, json.loads(reply.body))

    def data(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        answer = self.send(method, path, body, **params)
        assert answer.status == 200, answer.json
        return answer.json["data"]

    def create(self, slug: str, **values: Any) -> Any:
        return self.data("POST", RECORDS.format(slug), {"data": {"values": values}})

    def try_create(self, slug: str, **values: Any) -> Answer:
        return self.send("POST", RECORDS.format(slug), {"data": {"values": values}})

    def read(self, slug: str, key: str) -> Any:
        return self.data("GET", f"{RECORDS.format(slug)}/{key}")

    def values(self, slug: str, key: str, attribute: str) -> list[Any]:
        found: list[Any] = self.read(slug, key)["values"][attribute]
        return found

    def change(self, method: str, slug: str, key: str, **values: Any) -> Answer:
        return self.send(method, f"{RECORDS.format(slug)}/{key}", {"data": {"values": values}})

    def patch(self, slug: str, key: str, **values: Any) -> Any:
        answer = self.change("PATCH", slug, key, **values)
        assert answer.status == 200, answer.json
        return answer.json["data"]

    def put(self, slug: str, key: str, **values: Any) -> Any:
        answer = self.change("PUT", slug, key, **values)
        assert answer.status == 200, answer.json
        return answer.json["data"]

    def upsert(self, slug: str, matching: str, **values: Any) -> Answer:
        body = {"data": {"values": values}}
        return self.send("PUT", RECORDS.format(slug), body, matching_attribute=matching)

    def query(self, slug: str, filter: Any = None, **body: Any) -> list[Any]:
        if filter is not None:
            body["filter"] = filter
        found: list[Any] = self.data("POST", f"{RECORDS.format(slug)}/query", body)
        return found

    def try_query(self, slug: str, filter: Any = None, **body: Any) -> Answer:
        if filter is not None:
            body["filter"] = filter
        return self.send("POST", f"{RECORDS.format(slug)}/query", body)

    def ids(self, slug: str, filter: Any = None, **body: Any) -> list[str]:
        return [record_id(record) for record in self.query(slug, filter, **body)]

    def add_entry(self, slug: str, parent: Any, **values: Any) -> Any:
        body = entry_body(parent, values)
        return self.data("POST", f"/v2/lists/{slug}/entries", {"data": body})

    def entries(self, slug: str, filter: Any = None, **body: Any) -> list[Any]:
        if filter is not None:
            body["filter"] = filter
        found: list[Any] = self.data("POST", f"/v2/lists/{slug}/entries/query", body)
        return found

    def history(self, slug: str, key: str, attribute: str, **params: str) -> list[Any]:
        path = f"{RECORDS.format(slug)}/{key}/attributes/{attribute}/values"
        found: list[Any] = self.data("GET", path, **{"show_historic": "true", **params})
        return found


def record_id(record: Any) -> str:
    key: str = record["id"]["record_id"]
    return key


def entry_id(entry: Any) -> str:
    key: str = entry["id"]["entry_id"]
    return key


def entry_body(parent: Any, values: Any, parent_object: str = "people") -> dict[str, Any]:
    """The data of a new entry of `parent`, a record or its id."""
    key = parent if isinstance(parent, str) else record_id(parent)
    return {"parent_record_id": key, "parent_object": parent_object, "entry_values": values}


def own(values: list[Any]) -> list[dict[str, Any]]:
    """The members of values that are their type's own."""
    shared = ("active_from", "active_until", "created_by_actor", "attribute_type")
    return [{k: v for k, v in value.items() if k not in shared} for value in values]


def plain(values: list[Any]) -> list[Any]:
    """The one member that tells values of a type apart."""
    names = (
        "value", "email_address", "domain", "phone_number", "full_name", "target_record_id",
        "currency_value", "referenced_actor_id",
    )  # fmt: skip
    found: list[Any] = []
    for value in values:
        choice = value.get("option") or value.get("status")
        found.append(choice["title"] if choice else next(value[n] for n in names if n in value))
    return found


def with_token(workspace: Workspace, token: str) -> Client:
    """A client that sends another token than the workspace's own."""
    found = Client(workspace)
    found.headers = {"Authorization": f"Bearer {token}"}
    return found
