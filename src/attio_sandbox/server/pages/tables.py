"""Records and entries in a table or on a board, with what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attio_sandbox.filters import totals as added
from attio_sandbox.filters.totals import Sum, Totals
from attio_sandbox.server.pages.amounts import money
from attio_sandbox.server.pages.cells import Cell, cell, label, moment
from attio_sandbox.server.pages.content import CHOICES, KINDS, PageContent, Row, Target
from attio_sandbox.server.pages.queries import (
    OPERATORS,
    PAGE,
    Find,
    QueryError,
    TableQuery,
    is_sortable,
    operators_of,
)

COLUMNS = 6
CARDS = 20
LANES = 30
_CARD_LINES = 3
_SHOWN_VALUES = 3
_UNSEEN = ("interaction",)
_OWN = ("record_id", "created_at", "created_by")
_AMOUNTS = ("currency", "number")


class Tables:
    """Reads the records of an object or activity, or the entries of a list, as a query asks.

    Raises ValueError where there is no such one.
    """

    def __init__(self, content: PageContent, target: Target, slug: str, query: TableQuery) -> None:
        self.content = content
        self.kind = KINDS[target]
        self.slug = slug
        self.query = query
        self.attributes = content.attributes(target, slug)
        self._path = f"/v2/{target}/{slug}/{self.kind.rows}/query"

    def table(self) -> Row:
        """Give a page of rows, and the totals of all that the query takes.

        What Attio would refuse gives no rows, and `problem` says why.
        """
        query = self.query
        try:
            filter_ = query.filter(self.attributes, self._find)
            asked = {
                "filter": filter_,
                "sorts": query.sorts(self.attributes),
                "limit": PAGE + 1,
                "offset": (query.number - 1) * PAGE,
            }
            found = self._rows(asked)
            totals = self._totals(filter_)
        except ValueError as error:
            return {**self._asked(), "problem": _said(error), "columns": [], "rows": []}
        shown = found[:PAGE]
        columns = self._columns(shown)
        rows = self._shown(shown, columns)
        first = (query.number - 1) * PAGE + 1
        return {
            **self._asked(),
            "problem": "",
            "columns": [self._head(each) for each in columns],
            "name_link": self._name_link(),
            "hidden": len(self._candidates()) - len(columns),
            "rows": rows,
            "totals": self._said_totals(totals, columns),
            "paging": {
                "first": first,
                "last": first + len(rows) - 1,
                "count": totals.count,
                "before": query.link(number=query.number - 1) if query.number > 1 else None,
                "after": query.link(number=query.number + 1) if len(found) > PAGE else None,
            },
        }

    def board(self, group: str) -> Row:
        """Give a lane for each status, or option, of an attribute: its count, sums and newest rows.

        Raises ValueError where there is no such attribute of one choice.
        """
        by = next((each for each in self.lanes if each["api_slug"] == group), None)
        if by is None:
            raise ValueError(
                f"There is no board of {self.slug!r} by {group!r}: a board needs a status, or a "
                "select of one option."
            )
        asked = {**self._asked(), "by": by, "by_links": self._by_links()}
        try:
            filter_ = self.query.filter(self.attributes, self._find)
            totals = self._totals(filter_, group)
            counts = {each.option: each for each in totals.groups}
            options = self.content.options(self.kind.target, self.slug, by)
            # Archived ones are there as long as something has them.
            lanes = [each for each in options if not each["is_archived"] or each["id"] in counts]
            if None in counts:
                lanes.append({"id": None, "title": f"No {by['title'].lower()}", "tone": None})
            found = [
                self._lane_rows(filter_, by, lane) if lane["id"] in counts else []
                for lane in lanes[:LANES]
            ]
        except ValueError as error:
            return {**asked, "problem": _said(error), "lanes": [], "hidden_lanes": 0}
        every = [each for rows in found for each in rows]
        candidates = [each for each in self._candidates() if each is not by]
        columns = _fullest(candidates, [self._values(each) for each in every], _CARD_LINES)
        cards = iter(self._shown(every, columns))
        shown: list[Row] = []
        for lane, rows in zip(lanes, found, strict=False):
            group_ = counts.get(lane["id"])
            count = 0 if group_ is None else group_.count
            operator = "empty" if lane["id"] is None else "is"
            value = "" if lane["id"] is None else lane["title"]
            shown.append(
                {
                    **lane,
                    "count": count,
                    "sums": self._said_sums([] if group_ is None else group_.sums),
                    "cards": [next(cards) for _ in rows],
                    "link": self.query.where(by["api_slug"], operator, value),
                }
            )
        return {
            **asked,
            "problem": "",
            "lanes": shown,
            "hidden_lanes": len(lanes) - len(shown),
            "totals": self._said_totals(totals, []),
            "columns": columns,
        }

    @property
    def lanes(self) -> list[Row]:
        """The attributes that a board can be made of: statuses first.

        What no request can write, as the strength of connections, is empty here: a board of it
        would be one lane of all records.
        """
        found = [
            each
            for each in self.attributes
            if each["type"] in CHOICES
            and each["is_writable"]
            and not each["is_multiselect"]
            and not each["is_archived"]
        ]
        return sorted(found, key=lambda each: str(each["type"]), reverse=True)

    # What is asked for

    def _asked(self) -> Row:
        titles = {each["api_slug"]: each["title"] for each in self.attributes}
        return {
            "slug": self.slug,
            "target": self.kind.target,
            "kind": self.kind,
            "title": self.content.name(self.kind.target, self.slug),
            "query": self.query,
            "conditions": [
                {
                    "title": titles.get(each.slug, each.slug),
                    "words": OPERATORS[each.operator].words,
                    "value": each.value,
                    "without": self.query.without(each),
                }
                for each in self.query.conditions
            ],
            "filterable": [
                {**each, "operators": operators_of(each)}
                # Names first: Attio has the id in front, which few look for.
                for each in sorted(self.attributes, key=lambda each: each["api_slug"] in _OWN)
                if not each["is_archived"] and each["type"] not in _UNSEEN
            ],
            "operators": OPERATORS,
            "choices": self._titles(),
            "boards": self.lanes,
        }

    def _by_links(self) -> list[Row]:
        link = self.query.link()
        return [
            {
                "slug": each["api_slug"],
                "title": each["title"],
                "link": f"{link}{'&' if len(link) > 1 else ''}group={each['api_slug']}",
            }
            for each in self.lanes
        ]

    def _titles(self) -> dict[str, list[str]]:
        """The texts that a condition on an attribute may be about, where there are a few."""
        found: dict[str, list[str]] = {}
        for each in self.attributes:
            if each["type"] in CHOICES:
                options = self.content.options(self.kind.target, self.slug, each)
                found[each["api_slug"]] = [one["title"] for one in options]
            elif each["type"] == "actor-reference":
                found[each["api_slug"]] = [*self.content.member_names().values()]
            elif each["type"] == "checkbox":
                found[each["api_slug"]] = ["yes", "no"]
        return {slug: titles[:200] for slug, titles in found.items()}

    @property
    def _find(self) -> Find:
        return Find(self.content.find_member, self._label_of)

    def _label_of(self, attribute: Mapping[str, Any]) -> tuple[str, str, str] | None:
        allowed = attribute["config"]["record_reference"]["allowed_object_ids"]
        ids: list[str] = allowed or []
        slugs = [
            str(each["slug"]) for each in self.content.collections()["objects"] if each["id"] in ids
        ]
        if len(slugs) != 1:
            return None
        has_name = any(
            each["api_slug"] == "name" for each in self.content.attributes("objects", slugs[0])
        )
        return (self.slug, slugs[0], "name") if has_name else None

    # What is found

    def _rows(self, asked: Row) -> list[Row]:
        found: list[Row] = self.content.workspace.look_up(self._path, json=asked)
        return found

    def _lane_rows(self, filter_: Row, by: Row, lane: Row) -> list[Row]:
        slug = by["api_slug"]
        is_in: Row = {slug: lane["id"]}
        if lane["id"] is None:
            is_in = {"$not": {slug: {"$not_empty": True}}}
        return self._rows(
            {
                "filter": {"$and": [filter_, is_in]},
                "sorts": [{"attribute": "created_at", "direction": "desc"}],
                "limit": CARDS,
            }
        )

    def _totals(self, filter_: Row, by: str | None = None) -> Totals:
        return self.content.workspace.setup.add_up(
            self.slug, target=self.kind.target, filter=filter_, by=by
        )

    def _values(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Mapping[str, Any] = row[self.kind.values]
        return found

    def _candidates(self) -> list[Row]:
        # A record's name is its heading.
        hidden = _OWN if self.kind.has_parents else (*_OWN, "name")
        return [
            each
            for each in self.attributes
            if each["api_slug"] not in hidden
            and each["type"] not in _UNSEEN
            and not each["is_archived"]
        ]

    def _columns(self, rows: Sequence[Row]) -> list[Row]:
        candidates = self._candidates()
        if self.query.shows_all:
            return candidates
        # What is asked about is shown, whatever else has more values.
        asked = {self.query.sort, *(each.slug for each in self.query.conditions)}
        chosen = _fullest(candidates, [self._values(each) for each in rows], COLUMNS)
        return [each for each in candidates if each in chosen or each["api_slug"] in asked]

    def _head(self, attribute: Row) -> Row:
        slug = attribute["api_slug"]
        return {
            "slug": slug,
            "title": attribute["title"],
            "is_amount": attribute["type"] in _AMOUNTS,
            "link": self.query.sorted_by(slug) if is_sortable(attribute) else "",
        }

    def _name_link(self) -> str:
        # The heading of a record is its name; that of an entry is its parent's, not a value.
        named = not self.kind.has_parents and any(
            each["api_slug"] == "name" and is_sortable(each) for each in self.attributes
        )
        return self.query.sorted_by("name") if named else ""

    def _shown(self, rows: Sequence[Row], columns: Sequence[Row]) -> list[Row]:
        target, content = self.kind.target, self.content
        parents = [_reference(each) for each in rows] if self.kind.has_parents else []
        slugs = {each["api_slug"] for each in columns}
        named = (v for each in rows for v in _first_values(self._values(each), slugs))
        names = content.names([*named, *parents])
        tones = content.tones(target, self.slug, columns)
        shown: list[Row] = []
        for index, each in enumerate(rows):
            values = self._values(each)
            if parents:
                heading = cell(parents[index], names)
            else:
                key = each["id"]["record_id"]
                name = label(values, self.attributes, key)
                heading = Cell(name, self.slug, key, target=target)
            cells = _cells(columns, values, names, tones)
            created = moment(each["created_at"])
            shown.append({"heading": heading, "cells": cells, "created_at": created})
        return shown

    # What it adds up to

    def _said_totals(self, totals: Totals, columns: Sequence[Row]) -> Row:
        shown = {each["api_slug"] for each in columns}
        by_column: dict[str, list[str]] = {}
        for each in totals.sums:
            by_column.setdefault(each.attribute, []).append(money(each.amount, each.currency))
        return {
            "count": totals.count,
            "columns": {slug: texts for slug, texts in by_column.items() if slug in shown},
            "others": self._said_sums(
                [each for each in totals.sums if each.attribute not in shown]
            ),
            "most": added.MOST_ADDED if totals.is_too_many else None,
        }

    def _said_sums(self, sums: Iterable[Sum]) -> list[Row]:
        titles = {each["api_slug"]: each["title"] for each in self.attributes}
        return [
            {"title": titles[each.attribute], "text": money(each.amount, each.currency)}
            for each in sums
        ]


def _said(error: ValueError) -> str:
    """The message for people: without the endpoint that nobody has called."""
    text = str(error)
    return text if isinstance(error, QueryError) else text.partition(": ")[2] or text


def _reference(entry: Mapping[str, Any]) -> Row:
    return {
        "attribute_type": "record-reference",
        "target_object": entry["parent_object"],
        "target_record_id": entry["parent_record_id"],
    }


def _first_values(values: Mapping[str, Any], slugs: Iterable[str]) -> list[Row]:
    return [value for slug in slugs for value in values.get(slug, [])[:_SHOWN_VALUES]]


def _cells(
    columns: Iterable[Row],
    values: Mapping[str, Any],
    names: Mapping[str, str],
    tones: Mapping[str, int],
) -> list[Row]:
    shown: list[Row] = []
    for column in columns:
        found = values.get(column["api_slug"], [])
        shown.append(
            {
                "title": column["title"],
                "is_amount": column["type"] in _AMOUNTS,
                "cells": [cell(value, names, tones=tones) for value in found[:_SHOWN_VALUES]],
                "more": len(found[_SHOWN_VALUES:]),
            }
        )
    return shown


def _fullest(candidates: Sequence[Row], rows: Iterable[Mapping[str, Any]], most: int) -> list[Row]:
    """The attributes that most of these rows have a value of, in their own order."""
    filled: Counter[str] = Counter(
        slug for values in rows for slug, found in values.items() if found
    )
    # A status or money says most about a record: of what is filled alike these go first.
    ranked = sorted(
        candidates,
        key=lambda each: (-filled[each["api_slug"]], each["type"] not in ("status", "currency")),
    )[:most]
    return [each for each in candidates if each in ranked]
