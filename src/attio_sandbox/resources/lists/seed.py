"""The lists, entries and saved views of the made-up CRM."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from attio_sandbox.records.writes import create, update
from attio_sandbox.resources.views import add_view
from attio_sandbox.seeding import Seeding
from attio_sandbox.timestamps import format_timestamp

_PIPELINE_STAGES = ("Prospecting", "Qualified", "Proposal", "Negotiation", "Closed")
_HIRING_STAGES = ("Applied", "Screening", "Interview", "Offer", "Hired", "Rejected")
_PRIORITIES = ("Low", "Medium", "High", "Urgent")
_SKILLS = ("Python", "TypeScript", "SQL", "Sales", "Design", "Writing", "日本語", "Français")
_NEXT_STEPS = (
    "Send the proposal", "Call back on Monday", "Book a demo", "Wait for legal", "Ask for budget",
)  # fmt: skip
_VIEWS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("objects", "people", "VPs", {"job_title": {"$contains": "VP"}}),
    ("objects", "companies", "SaaS", {"categories": "SAAS"}),
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


def seed(seeding: Seeding) -> None:
    """Add two lists with their entries, and the views, to records that are there already."""
    admin = seeding.schema.members[0].id
    access = [{"workspace_member_id": admin, "level": "full-access"}]
    _add_list(
        seeding, "sales_pipeline", "Sales pipeline", "companies", "full-access", [], _PIPELINE
    )
    _add_list(seeding, "hiring", "Hiring", "people", "read-and-write", access, _HIRING)
    # Some records are in a list twice.
    companies = seeding.random.sample([(each.id, each.since) for each in seeding.companies], 240)
    for parent in companies + seeding.random.sample(companies, 20):
        _add_pipeline_entry(seeding, *parent)
    people = seeding.random.sample(seeding.people, 300)
    for parent in people + seeding.random.sample(people, 15):
        _add_hiring_entry(seeding, *parent)
    seeding.changes.flush()
    for target, slug, title, filter_ in _VIEWS:
        collection = seeding.schema.find(target, slug)
        assert collection is not None
        add_view(seeding.catalog, collection, title, filter_)


def _add_list(
    seeding: Seeding,
    slug: str,
    name: str,
    parent: str,
    access: str,
    members: Sequence[Any],
    attributes: Sequence[_Attribute],
) -> None:
    catalog, schema = seeding.catalog, seeding.schema
    object_ = schema.object(parent)
    made = catalog.list(slug, name, object_.num, access, members, seeding.changes.actor)
    for attribute in attributes:
        is_money, is_link = attribute.type == "currency", attribute.type == "record-reference"
        added = catalog.attribute(
            owner=made.num,
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
            catalog.option(added.num, title, celebration=title in ("Closed", "Hired"))


def _add_entry(
    seeding: Seeding,
    slug: str,
    parent: str,
    since: datetime,
    values: dict[str, Any],
    stages: Sequence[str],
) -> None:
    """Add an entry that went through some stages, one after the other."""
    changes, moment = seeding.changes, seeding.after(since)
    list_ = changes.schema.find_list(slug)
    assert list_ is not None
    number = changes.record_number(list_.parent, parent)
    changes.now = format_timestamp(moment)
    first = {**values, "stage": stages[0]}
    draft = create(changes, list_, first, seeding.ids.new(), parent=number)
    for stage in stages[1 : seeding.random.randint(1, len(stages))]:
        moment = seeding.after(moment + timedelta(seconds=1))
        changes.now = format_timestamp(moment)
        update(changes, draft, {"stage": stage}, overwrite=False)


def _add_pipeline_entry(seeding: Seeding, parent: str, since: datetime) -> None:
    pick = seeding.random
    values: dict[str, Any] = {"priority": pick.choice(_PRIORITIES)}
    if pick.random() < 0.8:
        values["owner"] = pick.choice(seeding.schema.members).email
    if pick.random() < 0.7:
        values["amount"] = pick.randint(1, 200) * 500
        values["close_date"] = f"2026-0{pick.randint(1, 9)}-{pick.randint(10, 28)}"
    if pick.random() < 0.5:
        values["next_step"] = pick.choice(_NEXT_STEPS)
    _add_entry(seeding, "sales_pipeline", parent, since, values, _PIPELINE_STAGES)


def _add_hiring_entry(seeding: Seeding, parent: str, since: datetime) -> None:
    pick = seeding.random
    values: dict[str, Any] = {"skills": pick.sample(_SKILLS, pick.randint(0, 3))}
    if pick.random() < 0.6:
        values["score"] = pick.randint(0, 5)
    if pick.random() < 0.2:
        by, _ = pick.choice(seeding.people)
        values["referred_by"] = {"target_object": "people", "target_record_id": by}
    end = pick.choice((_HIRING_STAGES[:5], (*_HIRING_STAGES[:3], "Rejected")))
    _add_entry(seeding, "hiring", parent, since, values, end)
