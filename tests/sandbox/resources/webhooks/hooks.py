"""Making webhooks through the API."""

from __future__ import annotations

from typing import Any

from tests.sandbox.client import Answer, Client

HOOKS = "/v2/webhooks"
URL = "https://app.test/hook"


def subscription(event: str = "record.created", filter: Any = None) -> dict[str, Any]:
    return {"event_type": event, "filter": filter}


def try_add(api: Client, *subscriptions: Any, url: Any = URL) -> Answer:
    return api.send(
        "POST", HOOKS, {"data": {"target_url": url, "subscriptions": list(subscriptions)}}
    )


def add(api: Client, *subscriptions: Any, url: str = URL) -> Any:
    answer = try_add(api, *subscriptions or (subscription(),), url=url)
    assert answer.status == 200, answer.json
    return answer.json["data"]


def key_of(webhook: Any) -> str:
    key: str = webhook["id"]["webhook_id"]
    return key


def equals(field: str, value: str) -> dict[str, str]:
    return {"field": field, "operator": "equals", "value": value}


def differs(field: str, value: str) -> dict[str, str]:
    return {"field": field, "operator": "not_equals", "value": value}
