"""Notes, tasks and comments of the made-up CRM: the same ones each time."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from attio_orm.sandbox import markdown
from attio_orm.sandbox.activities.moments import to_datetime
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.storage import Database
from attio_orm.sandbox.timestamps import format_moment

NOTES, TASKS, THREADS = 400, 300, 200
_TITLES = ("First call", "Demo", "Pricing", "Follow-up", "Renewal", "Kick-off", "Open questions")
_NOTES = (
    "# Summary\n\n- Wants a **pilot** in spring\n- Budget is ==not signed off==\n\n"
    "Next: send the [proposal](https://example.com/proposal).",
    "## Open questions\n\n1. Single sign-on?\n2. Data in the EU\n3. ~~Invoices in yen~~ solved",
    "Spoke for *twenty* minutes. Happy with the product, unhappy with the reports.",
    "### People\n\n- Decides: the CFO\n- Uses it: the whole sales team",
    "Asked for references from their own trade.",
)
_TASKS = (
    "Send the contract",
    "Call back about the demo",
    "Ask for the budget",
    "Check the renewal date",
    "Prepare slides",
    "Introduce to support",
)
_COMMENTS = (
    "Can somebody pick this up?",
    "I met them last week, all fine.",
    "Let's wait until the quarter ends.",
    "Done.",
    "Moved to next month, they are still hiring.",
    "Who owns this now?",
)


def fill_activities(database: Database, schema: Schema, ids: Ids, end: datetime) -> None:
    """Hang notes, tasks and comments on people, companies and deals, none later than `end`."""
    _Story(database, schema, ids, end).tell()


class _Story:
    def __init__(self, database: Database, schema: Schema, ids: Ids, end: datetime) -> None:
        self.database = database
        self.ids = ids
        self.end = end
        self.random = random.Random("attio-orm crm activities")
        self.members = [
            num for num, (kind, _) in schema.actors.items() if kind == "workspace-member"
        ]
        self.records: dict[str, list[tuple[int, str]]] = {
            slug: database.rows(
                "SELECT num, created_at FROM records WHERE object = ? ORDER BY num",
                (schema.object(slug).num,),
            )
            for slug in ("people", "companies", "deals")
        }

    def tell(self) -> None:
        for _ in range(NOTES):
            self._add_note()
        for _ in range(TASKS):
            self._add_task()
        for _ in range(THREADS):
            self._add_thread()

    def _record(self) -> tuple[int, datetime]:
        slug = self.random.choice(("people", "people", "companies", "deals"))
        num, created_at = self.random.choice(self.records[slug])
        return num, to_datetime(created_at)

    def _after(self, moment: datetime) -> datetime:
        return moment + self.random.random() * (self.end - moment)

    def _add_note(self) -> None:
        num, since = self._record()
        text = self.random.choice(_NOTES)
        self.database.insert(
            "INSERT INTO notes (id, record, title, plaintext, markdown, actor, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                self.ids.new(),
                num,
                self.random.choice(_TITLES),
                markdown.to_plaintext(text),
                markdown.normalise(text),
                self.random.choice(self.members),
                format_moment(self._after(since)),
            ),
        )

    def _add_task(self) -> None:
        links = [self._record() for _ in range(self.random.choice((0, 1, 1, 1, 2)))]
        since = max((met for _, met in links), default=self.end - timedelta(days=300))
        created = self._after(since)
        deadline = created + timedelta(days=self.random.randint(1, 60))
        is_done = self.random.random() < 0.5
        task = self.database.insert(
            "INSERT INTO tasks (id, content, deadline_at, completed_at, actor, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                self.ids.new(),
                self.random.choice(_TASKS),
                format_moment(deadline) if self.random.random() < 0.8 else None,
                format_moment(self._after(created)) if is_done else None,
                self.random.choice(self.members),
                format_moment(created),
            ),
        )
        numbers = list(dict.fromkeys(num for num, _ in links))
        assignees = self.random.sample(self.members, self.random.choice((0, 1, 1, 2)))
        self.database.run_many(
            "INSERT INTO task_links VALUES (?, ?, ?)",
            [(task, place, num) for place, num in enumerate(numbers)],
        )
        self.database.run_many(
            "INSERT INTO task_assignees VALUES (?, ?, ?)",
            [(task, place, actor) for place, actor in enumerate(assignees)],
        )

    def _add_thread(self) -> None:
        num, since = self._record()
        moment = self._after(since)
        thread = self.database.insert(
            "INSERT INTO threads (id, record, created_at) VALUES (?, ?, ?)",
            (self.ids.new(), num, format_moment(moment)),
        )
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self.database.insert(
                "INSERT INTO comments (id, thread, content, actor, created_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (
                    self.ids.new(),
                    thread,
                    self.random.choice(_COMMENTS),
                    self.random.choice(self.members),
                    format_moment(moment),
                ),
            )
            moment = self._after(moment)
