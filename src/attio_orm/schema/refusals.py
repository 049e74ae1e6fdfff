"""What Attio would refuse of a plan, found before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attio_orm.conditions.paths import PARENT
from attio_orm.errors import Problem
from attio_orm.schema.declared import DeclaredAttribute, DeclaredObject
from attio_orm.schema.definitions import LISTS, Choice, ObjectSchema
from attio_orm.schema.planner import Choices, Planned, SchemaChange, place_of
from attio_orm.types.currency import CURRENCIES

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
    return [*found, *_of_sides(declared, known)]


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


def of_slug(slug: object) -> Iterator[str]:
    """What is wrong with the slug of something new."""
    if not (isinstance(slug, str) and _SLUG.fullmatch(slug)):
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
    if declared.currency is not None and declared.currency not in CURRENCIES:
        yield (
            f"is in {declared.currency!r}, which is not among Attio's currencies: give one of "
            f"{', '.join(sorted(CURRENCIES))}."
        )
    if declared.default is not None and place in _CLOSED:
        yield f"has a default, and Attio takes none on {place}: set the value in code."
    elif lacking := [each for each in _default_titles(declared) if each not in declared.options]:
        yield (
            f"has the default {', '.join(map(repr, lacking))}, which is not among its options: "
            f"list it there as well."
        )
    yield from (_no_target(each) for each in declared.allowed_objects if each not in there)
    pair = declared.pair
    if pair is None:
        return
    if place.startswith(LISTS):
        yield (
            "has back=..., and the other side of a pair would have to refer to entries of a list, "
            "which no attribute of Attio does: leave back= out."
        )
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


def _default_titles(declared: DeclaredAttribute) -> list[Any]:
    """The titles that a default names: there are none of a new attribute but its own."""
    if declared.default is None or declared.type not in ("select", "status"):
        return []
    template: list[Any] = declared.default["template"]
    return template


def _of_sides(
    declared: Sequence[DeclaredObject], known: Mapping[str, ObjectSchema]
) -> Iterator[Problem]:
    """What is wrong with new pairs whose other side is declared too, or is that of two of them."""
    every: dict[tuple[str, str], DeclaredAttribute] = {}
    for each in declared:
        for attribute in each.attributes:
            every.setdefault((place_of(each.kind, each.slug), attribute.slug), attribute)
    makers: dict[tuple[str, str], tuple[str, str]] = {}
    for own, attribute in every.items():
        pair = attribute.pair
        if pair is None or not pair.object or _is_there(known, own):
            continue
        side = (pair.object, pair.attribute)
        maker, other = makers.setdefault(side, own), every.get(side)
        said = None
        if maker != own:
            said = (
                f'"{pair.attribute}" of "{pair.object}", which is the other side of '
                f"{every[maker].where}: name another slug with back=."
            )
        elif other is not None and not _is_there(known, side):
            said = _of_side(other, own, is_multi=pair.is_multi)
        if said is not None:
            yield Problem(attribute.where, f"is to be a pair with {said}")


def _is_there(known: Mapping[str, ObjectSchema], at: tuple[str, str]) -> bool:
    owner = known.get(at[0])
    return owner is not None and at[1] in owner.attributes


def _of_side(other: DeclaredAttribute, own: tuple[str, str], *, is_multi: bool) -> str | None:
    """How the other side of a pair is declared otherwise than the first one says."""
    place, slug = own
    if other.type != "record-reference":
        return f"{other.where}, which is declared as {other.type}: name another slug with back=."
    if other.allowed_objects and place not in other.allowed_objects:
        return f"{other.where}, which does not refer to {place}: name another slug with back=."
    if other.pair is not None and (other.pair.object, other.pair.attribute) != own:
        return f"{other.where}, which has back={other.pair.attribute!r}: say back={slug!r} there."
    if other.is_multi != is_multi:
        holds = "several" if other.is_multi else "one"
        return f"{other.where}, which holds {holds}: say back_many={other.is_multi} here."
    return None


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
