"""The tasks of the made-up CRM."""

from __future__ import annotations

from datetime import timedelta

from attio_sandbox.seeding import END, Seeding
from attio_sandbox.timestamps import format_timestamp

TASKS = 300
_TASKS = (
    "Send the contract",
    "Call back about the demo",
    "Ask for the budget",
    "Check the renewal date",
    "Prepare slides",
    "Introduce to support",
)


def seed(seeding: Seeding) -> None:
    """Add tasks about people, companies and deals; half of them are done."""
    for _ in range(TASKS):
        _add_task(seeding)


def _add_task(seeding: Seeding) -> None:
    pick = seeding.activities
    links = [seeding.some_record() for _ in range(pick.choice((0, 1, 1, 1, 2)))]
    since = max((met for _, met in links), default=END - timedelta(days=300))
    created = seeding.after(since, pick)
    deadline = created + timedelta(days=pick.randint(1, 60))
    is_done = pick.random() < 0.5
    task = seeding.database.insert(
        "tasks",
        id=seeding.ids.new(),
        content=pick.choice(_TASKS),
        deadline_at=format_timestamp(deadline) if pick.random() < 0.8 else None,
        completed_at=format_timestamp(seeding.after(created, pick)) if is_done else None,
        actor=pick.choice(seeding.members),
        created_at=format_timestamp(created),
    )
    numbers = list(dict.fromkeys(num for num, _ in links))
    assignees = pick.sample(seeding.members, pick.choice((0, 1, 1, 2)))
    for table, named in (("task_links", numbers), ("task_assignees", assignees)):
        seeding.database.run_many(
            f"INSERT INTO {table} VALUES (?, ?, ?)",
            [(task, place, num) for place, num in enumerate(named)],
        )
