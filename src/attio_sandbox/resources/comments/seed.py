"""The comments of the made-up CRM."""

from __future__ import annotations

from attio_sandbox.seeding import Seeding
from attio_sandbox.timestamps import format_timestamp

THREADS = 200
_COMMENTS = (
    "Can somebody pick this up?",
    "I met them last week, all fine.",
    "Let's wait until the quarter ends.",
    "Done.",
    "Moved to next month, they are still hiring.",
    "Who owns this now?",
)


def seed(seeding: Seeding) -> None:
    """Add threads of one to three comments to people, companies and deals."""
    pick = seeding.activities
    for _ in range(THREADS):
        num, since = seeding.some_record()
        moment = seeding.after(since, pick)
        head = seeding.ids.new()
        thread = seeding.database.insert(
            "threads", id=head, record=num, created_at=format_timestamp(moment)
        )
        for index in range(pick.choice((1, 1, 2, 3))):
            seeding.database.insert(
                "comments",
                id=seeding.ids.new() if index else head,  # a thread has the id of its first
                thread=thread,
                content=pick.choice(_COMMENTS),
                actor=pick.choice(seeding.members),
                created_at=format_timestamp(moment),
            )
            moment = seeding.after(moment, pick)
