"""Activities and their records through the API."""

from __future__ import annotations

from typing import Any

from attio_sandbox import Workspace
from tests.sandbox.client import Answer, Client

ACTIVITIES = "/v2/activities"
DEMO = {
    "api_slug": "demos",
    "singular_noun": "Demo",
    "plural_noun": "Demos",
    "extends": "interactions",
}


def records(activity: str = "phone_calls", *more: str) -> str:
    """The path of the records of an activity, or of one of them."""
    return "/".join((f"{ACTIVITIES}/{activity}/records", *more))


def log(api: Client, activity: str = "phone_calls", **values: Any) -> Any:
    """Make a record of an activity."""
    return api.data("POST", records(activity), {"data": {"values": values}})


def try_log(api: Client, activity: str = "phone_calls", **values: Any) -> Answer:
    return api.send("POST", records(activity), {"data": {"values": values}})


def change(api: Client, method: str, key: str, **values: Any) -> Answer:
    return api.send(method, records("phone_calls", key), {"data": {"values": values}})


def upsert(api: Client, matching: str, **values: Any) -> Answer:
    body = {"data": {"values": values}}
    return api.send("PUT", records(), body, matching_attribute=matching)


def query(api: Client, activity: str = "phone_calls", **body: Any) -> list[Any]:
    found: list[Any] = api.data("POST", f"{records(activity)}/query", body)
    return found


def define(ws: Workspace, activity: str = "phone_calls") -> None:
    """Give an activity an attribute of each of several types."""

    def add(slug: str, type: str, **more: Any) -> None:
        ws.define_attribute(activity, target="activities", api_slug=slug, type=type, **more)

    add("subject", "text")
    add("number", "text", is_unique=True)
    add("minutes", "number")
    add("tags", "select", is_multiselect=True, options=["Inbound", "Outbound", "Missed"])
    add("person", "record-reference", allowed_objects=["people"])
    add("companies", "record-reference", is_multiselect=True, allowed_objects=["companies"])
