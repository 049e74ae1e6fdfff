"""Activities: list, create, get, update, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5

from attio_sandbox.bodies import SLUG, OneOf, Shape, Text, is_map, wrapped
from attio_sandbox.errors import EMPTY_PAYLOAD, Refusal, bad_body, invalid, slug_conflict
from attio_sandbox.records.removal import Removal
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call
from attio_sandbox.requests.calls import Handler
from attio_sandbox.requests.paging import cursor_body, next_cursor, read_cursor, read_window
from attio_sandbox.schema import Activity, Schema
from attio_sandbox.schema.standard import ACTIVITY_BASES

_FIELDS = {"api_slug": SLUG, "singular_noun": Text(minimum=1), "plural_noun": Text(minimum=1)}
_CREATE = wrapped(Shape({**_FIELDS, "extends": OneOf(*ACTIVITY_BASES)}))
_UPDATE = wrapped(Shape({}, _FIELDS))
_COLUMNS = {"api_slug": "slug", "singular_noun": "name", "plural_noun": "plural"}
# The default is known, the largest page is not (facts.md 2).
_PAGE = 100


def activity_document(activity: Activity, schema: Schema) -> dict[str, Any]:
    """Give an activity as the API shows it."""
    return {
        "id": {"workspace_id": schema.workspace_id, "activity_id": activity.id},
        "api_slug": activity.slug,
        "singular_noun": activity.singular,
        "plural_noun": activity.plural,
        # What was asked for, alone: whether calls are shown as interactions too is not known.
        "extends": [
            {
                "schema_id": str(uuid5(UUID(schema.workspace_id), activity.base)),
                "schema_slug": activity.base,
            }
        ],
        "is_system_activity": activity.is_system,
        "created_at": activity.created_at,
    }


def within_plan(handler: Callable[[Call], bytes]) -> Handler:
    """Give a handler that makes no record of an activity which the plan does not have."""

    def answer(call: Call) -> bytes:
        if not call.activity.is_system:
            _check_plan(call)
        return handler(call)

    return answer


def _check_plan(call: Call) -> None:
    # Custom activities need a paid feature (facts.md 2.4); of which plan is not known.
    if not call.settings.is_enterprise:
        raise Refusal(
            403,
            "billing_error",
            "The plan of this workspace has no custom activities. In the sandbox, "
            "billing_plan=enterprise switches them on.",
            kind="auth_error",
        )


def _answer(call: Call, activity: Activity) -> bytes:
    return json_body({"data": activity_document(activity, call.schema)})


def list_activities(call: Call) -> bytes:
    """Answer GET /v2/activities, by id as other lists of Attio are."""
    limit, _ = read_window(call, _PAGE, _PAGE)
    cursor = read_cursor(call.params, str)
    after = cursor[0] if cursor else ""
    found = sorted((each.id, each) for each in call.schema.activities if each.id > after)
    shown = [activity_document(each, call.schema) for _, each in found[:limit]]
    return cursor_body(shown, next_cursor(found, limit, 0))


def get_activity(call: Call) -> bytes:
    """Answer GET /v2/activities/{activity}."""
    return _answer(call, call.activity)


def create_activity(call: Call) -> bytes:
    """Answer POST /v2/activities."""
    data = call.checked(_CREATE)["data"]
    _check_plan(call)
    _check_slug(call, data["api_slug"])
    made = call.catalog.activity(
        data["api_slug"], data["singular_noun"], data["plural_noun"], data["extends"]
    )
    call.emit("activity.created", {"activity_id": made.id})
    return _answer(call, made)


def update_activity(call: Call) -> bytes:
    """Answer PATCH /v2/activities/{activity}; what it extends stays."""
    found = call.activity
    sent = call.json.get("data") if is_map(call.json) else None
    if is_map(sent) and "extends" in sent:
        raise bad_body("What an activity extends cannot be changed", ("data", "extends"))
    data = call.checked(_UPDATE)["data"]
    changed = [(column, data[name]) for name, column in _COLUMNS.items() if name in data]
    if not changed:
        raise invalid(EMPTY_PAYLOAD)
    if found.is_system:
        raise _is_system("update")
    _check_slug(call, data.get("api_slug", found.slug), found)
    call.catalog.change("holders", found.num, changed)
    call.emit("activity.updated", {"activity_id": found.id})
    return _answer(call, found)


def delete_activity(call: Call) -> bytes:
    """Answer DELETE /v2/activities/{activity}, which takes its records along."""
    found = call.activity
    if found.is_system:
        raise _is_system("delete")
    Removal(call.database, call.schema, call.foreign_keys, found).run()
    call.emit("activity.deleted", {"activity_id": found.id})
    return b"{}"


def _check_slug(call: Call, slug: str, own: Activity | None = None) -> None:
    taken = call.schema.find_activity(slug)
    if taken is not None and taken is not own:  # its own slug may be sent again
        raise slug_conflict(f'An activity with api_slug "{slug}" already exists.')


def _is_system(what: str) -> Refusal:
    return Refusal(400, "system_edit_unauthorized", f"Cannot {what} a system activity.")
