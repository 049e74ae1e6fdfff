"""The lists, entries and saved views of the made-up CRM."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from attio_orm.sandbox.catalog import Catalog
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.timestamps import format_moment
from attio_orm.sandbox.writes import create, update

_PIPELINE_STAGES = ("Prospecting", "Qualified", "Proposal", "Negotiation", "Closed")
_HIRING_STAGES = ("Applied", "Screening", "Interview", "Offer", "Hired", "Rejected")
_PRIORITIES = ("Low", "Medium", "High", "Urgent")
_SKILLS = ("Python", "TypeScript", "SQL", "Sales", "Design", "Writing", "日本語", "Français")
_NEXT_STEPS = (
    "Send the proposal", "Call back on Monday", "Book a demo", "Wait for legal", "Ask for budget",
)  # fmt: skip
_VIEWS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("objects", "people", "VPs", {"job_title": {"$contains": "VP"}}),
    ("objects", "companies", "SaaS", {"categories": "SaaS"}),
    ("objects", "deals", "Open deals", {"$or": [{"stage": "Lead"}, {"stage": "In Progress"}]}),
    ("lists", "sales_pipeline", "Urgent", {"priority": "Urgent"}),
    (
        "lists",
        "hiring",
        "Engineers",
        {
            "path": [["hiring", "parent_record"], ["people", "job_title"]],
            "constraints": {"value": {"$contains": "Engineer"}},
        },
    ),
)

Parents = Sequence[tuple[str, datetime]]


class _Attribute(NamedTuple):
    slug: str
    title: str
    type: str
    is_multi: bool = False
    options: tuple[str, ...] = ()


_PIPELINE = (
    _Attribute("stage", "Stage", "status", options=_PIPELINE_STAGES),
    _Attribute("priority", "Priority", "select", options=_PRIORITIES),
    _Attribute("owner", "Owner", "actor-reference"),
    _Attribute("amount", "Amount", "currency"),
    _Attribute("close_date", "Close date", "date"),
    _Attribute("next_step", "Next step", "text"),
)
_HIRING = (
    _Attribute("stage", "Stage", "status", options=_HIRING_STAGES),
    _Attribute("skills", "Skills", "select", is_multi=True, options=_SKILLS),
    _Attribute("score", "Score", "rating"),
    _Attribute("referred_by", "Referred by", "record-reference"),
)


class ListStory:
    """Tells two lists into a workspace whose records are there already."""

    def __init__(
        self, catalog: Catalog, changes: Changes, pick: random.Random, end: datetime
    ) -> None:
        """Take where things are written, what decides, and the time when all has happened."""
        self.catalog = catalog
        self.changes = changes
        self.pick = pick
        self.end = end

    def tell(self, companies: Parents, people: Parents) -> None:
        """Add the lists, their entries, and the views."""
        schema = self.changes.schema
        admin = schema.members[0].id
        access = [{"workspace_member_id": admin, "level": "full-access"}]
        self._add_list(
            "sales_pipeline", "Sales pipeline", "companies", "full-access", [], _PIPELINE
        )
        self._add_list("hiring", "Hiring", "people", "read-and-write", access, _HIRING)
        self.changes.schema = self.catalog.read()
        # Some records are in a list twice.
        chosen = self.pick.sample(companies, 240)
        for parent in chosen + self.pick.sample(chosen, 20):
            self._add_pipeline_entry(*parent)
        chosen = self.pick.sample(people, 300)
        for parent in chosen + self.pick.sample(chosen, 15):
            self._add_hiring_entry(*parent, people)
        self.changes.flush()
        for target, slug, title, filter_ in _VIEWS:
            found = self.changes.schema
            holder = found.find_list(slug) if target == "lists" else found.find_object(slug)
            assert holder is not None
            self.catalog.view(holder.num, title, msgspec.json.encode(filter_).decode())

    def _add_list(
        self,
        slug: str,
        name: str,
        parent: str,
        access: str,
        members: Sequence[Any],
        attributes: Sequence[_Attribute],
    ) -> None:
        schema = self.changes.schema
        object_ = schema.object(parent)
        self.catalog.list(slug, name, object_.num, access, members, self.changes.actor)
        found = self.catalog.read().find_list(slug)
        assert found is not None
        for attribute in attributes:
            is_money, is_link = attribute.type == "currency", attribute.type == "record-reference"
            num, _ = self.catalog.attribute(
                owner=found.num,
                slug=attribute.slug,
                title=attribute.title,
                type=attribute.type,
                is_required=False,
                is_unique=False,
                is_multi=attribute.is_multi,
                currency="EUR" if is_money else None,
                display_type="symbol" if is_money else None,
                allowed=[schema.object("people").num] if is_link else [],
            )
            for title in attribute.options:
                self.catalog.option(num, title, celebration=title in ("Closed", "Hired"))

    def _moment(self, since: datetime) -> datetime:
        return since + self.pick.random() * (self.end - since)

    def _add_entry(
        self, slug: str, parent: str, since: datetime, values: dict[str, Any], stages: Sequence[str]
    ) -> None:
        """Add an entry that went through some stages, one after the other."""
        changes, moment = self.changes, self._moment(since)
        list_ = changes.schema.find_list(slug)
        assert list_ is not None
        number = changes.record_number(list_.parent, parent)
        changes.now = format_moment(moment)
        first = {**values, "stage": stages[0]}
        draft = create(changes, list_, first, self.catalog.ids.new(), parent=number)
        for stage in stages[1 : self.pick.randint(1, len(stages))]:
            moment = self._moment(moment + timedelta(seconds=1))
            changes.now = format_moment(moment)
            update(changes, draft, {"stage": stage}, overwrite=False)

    def _add_pipeline_entry(self, parent: str, since: datetime) -> None:
        pick = self.pick
        values: dict[str, Any] = {"priority": pick.choice(_PRIORITIES)}
        if pick.random() < 0.8:
            values["owner"] = pick.choice(self.changes.schema.members).email
        if pick.random() < 0.7:
            values["amount"] = pick.randint(1, 200) * 500
            values["close_date"] = f"2026-0{pick.randint(1, 9)}-{pick.randint(10, 28)}"
        if pick.random() < 0.5:
            values["next_step"] = pick.choice(_NEXT_STEPS)
        self._add_entry("sales_pipeline", parent, since, values, _PIPELINE_STAGES)

    def _add_hiring_entry(self, parent: str, since: datetime, people: Parents) -> None:
        pick = self.pick
        values: dict[str, Any] = {"skills": pick.sample(_SKILLS, pick.randint(0, 3))}
        if pick.random() < 0.6:
            values["score"] = pick.randint(0, 5)
        if pick.random() < 0.2:
            by, _ = pick.choice(people)
            values["referred_by"] = {"target_object": "people", "target_record_id": by}
        end = pick.choice((_HIRING_STAGES[:5], (*_HIRING_STAGES[:3], "Rejected")))
        self._add_entry("hiring", parent, since, values, end)
