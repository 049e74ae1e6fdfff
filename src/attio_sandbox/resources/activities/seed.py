"""The phone calls of the made-up CRM."""

from __future__ import annotations

from random import Random
from typing import Any

from attio_sandbox.records.writes import create
from attio_sandbox.seeding import Seeding
from attio_sandbox.timestamps import format_timestamp

CALLS = 24
_SUMMARIES = (
    "Wants an offer before the end of the month.",
    "Asked who else in their trade uses it.",
    "No time today; call again on Thursday.",
    "Went through the contract, clause by clause.",
)


def seed(seeding: Seeding) -> None:
    """Add phone calls with people, and the attributes that they have in this CRM."""
    seeding.catalog.add_system_activity()
    activity = seeding.schema.activity("phone_calls")
    people = [seeding.schema.object("people").num]
    for slug, title, kind in (
        ("person", "Person", "record-reference"),
        ("called_at", "Called at", "timestamp"),
        ("minutes", "Minutes", "number"),
        ("summary", "Summary", "text"),
    ):
        seeding.catalog.attribute(
            owner=activity.num,
            slug=slug,
            title=title,
            type=kind,
            is_required=False,
            is_unique=False,
            is_multi=False,
            allowed=people if kind == "record-reference" else [],
        )
    pick = Random("attio-orm crm phone calls")  # of its own: it moves nothing that others draw
    changes = seeding.changes
    for _ in range(CALLS):
        person, since = pick.choice(seeding.people)
        changes.now = format_timestamp(seeding.after(since, pick))
        values: dict[str, Any] = {
            "person": {"target_object": "people", "target_record_id": person},
            "called_at": changes.now,
            "minutes": pick.randint(1, 45),
            "summary": pick.choice(_SUMMARIES),
        }
        changes.actor = pick.choice(seeding.members)
        create(changes, activity, values, seeding.ids.new())
    changes.flush()
