"""The made-up CRM of `seed="crm"` while it is told: the same records, ids and times each time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from attio_sandbox.records.changes import Changes
from attio_sandbox.schema import Catalog
from attio_sandbox.timestamps import to_datetime

END = datetime(2026, 1, 1, tzinfo=UTC)
START = END - timedelta(days=730)


class SeededCompany(NamedTuple):
    """A company of the made-up CRM: its id, name, domain, and when it was created."""

    id: str
    name: str
    domain: str
    since: datetime


class Seeding:
    """What the resources share while each adds its part, in the order of the registry.

    Everything is drawn from `random`, and ids from a seeded source: a part that draws once more
    changes all that come after it, and with them what tests know of the CRM.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.schema = catalog.schema
        self.database = catalog.schema.database
        self.ids = catalog.ids
        self.random = random.Random("attio-orm crm")
        # A generator of its own for what hangs on records, so that the records stay as they are
        # when there is more of that.
        self.activities = random.Random("attio-orm crm activities")
        self.changes = Changes(self.database, self.schema, "", 0)
        self.companies: list[SeededCompany] = []
        self.people: list[tuple[str, datetime]] = []

    def after(self, since: datetime, by: random.Random | None = None) -> datetime:
        """Give a time between `since` and the end of the story."""
        return since + (by or self.random).random() * (END - since)

    def some_record(self) -> tuple[int, datetime]:
        """Give the number of a person, company or deal, and when it was created."""
        slug = self.activities.choice(("people", "people", "companies", "deals"))
        num, created_at = self.activities.choice(self._records[slug])
        return num, to_datetime(created_at)

    @cached_property
    def members(self) -> list[int]:
        """The actor numbers of the members."""
        actors = self.schema.actors.items()
        return [num for num, (kind, _) in actors if kind == "workspace-member"]

    @cached_property
    def _records(self) -> dict[str, list[tuple[int, str]]]:
        return {
            slug: self.database.rows(
                "SELECT num, created_at FROM records WHERE object = ? ORDER BY num",
                (self.schema.object(slug).num,),
            )
            for slug in ("people", "companies", "deals")
        }
