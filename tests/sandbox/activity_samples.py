"""An activity with a record, and a good request for each operation of activities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attio_sandbox import Workspace
from tests.sandbox.activities import DEMO, log
from tests.sandbox.client import Client, record_id
from tests.sandbox.scene import Sample

_NEW = {**DEMO, "api_slug": "visits", "singular_noun": "Visit", "plural_noun": "Visits"}


def add_activity(workspace: Workspace, api: Client) -> dict[str, str]:
    """Make the activity and the record of the samples, in a workspace of any plan; their ids."""
    workspace.is_enterprise = True
    activity = workspace.define_activity("demos", "Demo", "Demos", extends="interactions")
    add = workspace.define_attribute
    add("demos", target="activities", api_slug="subject", type="text")
    add("demos", target="activities", api_slug="number", type="text", is_unique=True)
    return {
        "activity": activity,
        "activity_record_id": record_id(log(api, "demos", subject="Reports", number="1")),
    }


def _values(**values: Any) -> dict[str, Any]:
    return {"data": {"values": values}}


_A = "/v2/activities"
_ONE = f"{_A}/{{activity}}"
_RECORDS = f"{_ONE}/records"
_RECORD = f"{_RECORDS}/{{record_id}}"


def _one(ids: dict[str, str]) -> dict[str, str]:
    return {"activity": ids["activity"]}


def _record(ids: dict[str, str]) -> dict[str, str]:
    return {"activity": "demos", "record_id": ids["activity_record_id"]}


_QUERY = {
    "filter": {"subject": {"$contains": "Rep"}},
    "sorts": [{"attribute": "created_at", "direction": "desc"}],
    "limit": 10,
    "offset": 0,
}

# By the operation, each of the ids that `add_activity` gave.
ACTIVITY_SAMPLES: dict[str, Callable[[dict[str, str]], Sample]] = {
    f"GET {_A}": lambda _: Sample({}, None, {"limit": "10"}),
    f"POST {_A}": lambda _: Sample({}, {"data": _NEW}),
    f"GET {_ONE}": lambda ids: Sample(_one(ids)),
    f"PATCH {_ONE}": lambda ids: Sample(_one(ids), {"data": {"singular_noun": "Show"}}),
    f"DELETE {_ONE}": lambda ids: Sample(_one(ids)),
    f"POST {_RECORDS}/query": lambda ids: Sample(_one(ids), _QUERY),
    f"POST {_RECORDS}": lambda ids: Sample(_one(ids), _values(subject="Prices")),
    f"PUT {_RECORDS}": lambda ids: Sample(
        _one(ids), _values(number="1", subject="Prices"), {"matching_attribute": "number"}
    ),
    f"GET {_RECORD}": lambda ids: Sample(_record(ids)),
    f"PATCH {_RECORD}": lambda ids: Sample(_record(ids), _values(subject="Prices")),
    f"PUT {_RECORD}": lambda ids: Sample(_record(ids), _values(subject="Prices")),
    f"DELETE {_RECORD}": lambda ids: Sample(_record(ids)),
}
