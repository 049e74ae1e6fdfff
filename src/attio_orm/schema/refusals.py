"""What Attio would refuse of a plan, found before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from attio_orm.conditions.paths import PARENT
from attio_orm.errors import Problem
from attio_orm.schema.declared import DeclaredAttribute, DeclaredObject
from attio_orm.schema.definitions import LISTS, Choice, ObjectSchema
from attio_orm.schema.planner import Choices, Planned, SchemaChange, place_of

_SLUG = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*", re.ASCII)
_CLOSED: Final = ("people", "companies")
"""The objects that take no unique attributes, statuses or defaults of one's own."""
STANDARD: Final = (*_CLOSED, "deals", "users", "workspaces")
_OF_ATTIO_ALONE: Final = ("interaction", "personal-name")


def refusals(
    planned: Planned,
    declared: Sequence[DeclaredObject],
    known: Mapping[str, ObjectSchema],
    choices: Mapping[str, Choices],
) -> list[Problem]:
    """What Attio would refuse of the changes, with what no plan can be made of."""
    found = list(planned.problems)
    new = {(change.object, change.attribute) for change in planned.plan if _makes(change)}
    there = {*known, *(change.object for change in planned.plan if not change.attribute)}
    for each in declared:
        place = place_of(each.kind, each.slug)
        if (place, "") in new:
            found += [Problem(each.where, said) for said in _of_home(each, there)]
        titles = choices.get(place, {})
        for attribute in each.attributes:
            if (place, attribute.slug) in new:
                found += [
                    Problem(attribute.where, said)
                    for said in _of_new(attribute, place, known, there)
                ]
            if attribute.options and attribute.slug != PARENT:
                found += [
                    Problem(attribute.where, said)
                    for said in of_titles(attribute.options, titles.get(attribute.slug, ()))
                ]
    return found


def _makes(change: SchemaChange) -> bool:
    return change.kind in ("create_object", "create_list", "create_attribute")


def _of_home(declared: DeclaredObject, there: set[str]) -> Iterator[str]:
    if declared.kind == "objects" and declared.slug in STANDARD:
        yield (
            f'is about the standard object "{declared.slug}", which is switched off here: activate '
            f"it in Attio's settings, under Objects (the API cannot)."
        )
    yield from of_slug(declared.slug)
    lacking = [parent for parent in declared.parents[:1] if parent not in there]
    if lacking:
        yield _no_target(lacking[0])


def of_slug(slug: str) -> Iterator[str]:
    """What is wrong with the slug of something new."""
    if not _SLUG.fullmatch(slug):
        yield (
            f"{slug!r} is not a valid slug: it takes lower-case letters of ASCII and digits, with "
            f"single underscores between them."
        )


def _of_new(
    declared: DeclaredAttribute, place: str, known: Mapping[str, ObjectSchema], there: set[str]
) -> Iterator[str]:
    yield from of_slug(declared.slug)
    if declared.type in _OF_ATTIO_ALONE:
        yield (
            f"is of type {declared.type}, and Attio makes attributes of that type itself alone: "
            f"use Text for one of your own."
        )
    if declared.is_unique and (place in _CLOSED or place.startswith(LISTS)):
        where = "lists" if place.startswith(LISTS) else place
        yield f"is unique=True, and Attio takes no unique attributes of your own on {where}."
    elif declared.is_unique and declared.type in ("select", "status"):
        yield f"is unique=True, and Attio takes no unique attribute of type {declared.type}."
    if declared.type == "status" and place in _CLOSED:
        yield f"is a Status, and Attio has none on {place}: use Select."
    if declared.default is not None and place in _CLOSED:
        yield f"has a default, and Attio takes none on {place}: set the value in code."
    yield from (_no_target(each) for each in declared.allowed_objects if each not in there)
    pair = declared.pair
    if pair is None:
        return
    if not pair.object:
        yield "has back=..., and Attio makes pairs of two objects alone: name one with to=."
        return
    yield from of_slug(pair.attribute)
    if (other := known.get(pair.object)) is not None and pair.attribute in other.attributes:
        yield (
            f'is to be a pair with "{pair.attribute}" of "{pair.object}", which is there already '
            f"and cannot become the other side of one: name another slug with back=, or leave "
            f"back= out."
        )


def _no_target(slug: str) -> str:
    return (
        f'refers to the object "{slug}", which the workspace does not have: apply its model as '
        f"well, in the same call."
    )


def of_titles(titles: Sequence[str], known: Sequence[Choice] = ()) -> Iterator[str]:
    """What is wrong with titles that are to be there, beside those that are."""
    seen: dict[str, str] = {}
    for choice in known:
        seen.setdefault(choice.title.casefold(), choice.title)
    taken = {choice.title for choice in known}
    new: set[str] = set()
    for title in titles:
        if not title.strip():
            yield "has an option without a title: give each a text."
            continue
        if title in new and title not in taken:
            yield f"lists {title!r} twice: titles are unique."
        other = seen.get(title.casefold(), title)
        if title not in taken and other != title:
            where = "is there" if other in taken else "is listed as well"
            yield (
                f"has the title {title!r}, and {other!r} {where}: they differ by case alone. Write "
                f"it as it stands there, or rename that one first."
            )
        new.add(title)
        seen.setdefault(title.casefold(), title)
