"""From the name of a lookup (``company__name__contains``) to the attribute and lookup it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.conditions.lookups import (
    CASELESS,
    LOOKUPS,
    LOOKUPS_ELSEWHERE,
    LOOKUPS_OF_RELATIONS,
    NEGATED_ELSEWHERE,
    ONLY_ELSEWHERE,
    RECORD_ID,
    UNKNOWN,
    TypeLookups,
)
from attio_orm.errors import UnknownAttributeError, UnsupportedLookup
from attio_orm.wording import did_you_mean, to_find

PARENT: Final = "parent_record"
"""Attio's name, in filters, for the record that a list entry is about."""

# Attio's limit on the segments of a path filter.
MAX_SEGMENTS: Final = 5
# How many names an error lists.
_LISTED: Final = 20


class Resolver(Protocol):
    """One object (or list) and its attributes, as lookups see them.

    Attributes go by their Python names, then by their slugs.
    """

    @property
    def object(self) -> str:
        """The slug."""
        ...

    @property
    def model_name(self) -> str:
        """The name of the class."""
        ...

    def attribute(self, name: str) -> Resolved | None:
        """The attribute of this name, if there is one."""
        ...

    @property
    def is_list(self) -> bool:
        """Whether it is a list, whose entries Attio does not filter by their ids."""
        ...

    @property
    def is_activity(self) -> bool:
        """Whether it is an activity, of which Attio tells no attributes."""
        ...

    def names(self) -> list[str]:
        """The names of all attributes."""
        ...

    def choices(self, slug: str) -> Sequence[Any]:
        """The options or statuses of an attribute."""
        ...

    def meant(self, name: str) -> list[tuple[str, ...]]:
        """The names, one after another, that one of other libraries stands for, if any."""
        ...


class NeedsObject(Exception):
    """It is not known whether the workspace has an object of this slug.

    ``refusal`` is the error where it has none.
    """

    def __init__(self, object: str) -> None:
        super().__init__(object)
        self.object = object
        self.refusal: Exception | None = None


class Resolved(Struct, frozen=True):
    """An attribute: its slug and type, the lookups of that, and what it refers to.

    ``spec`` is what is known of it besides; whoever converts values reads that.

    ``target`` gives the resolver of the object that a record-reference leads to, and is ``None``
    where that is not one object. Then ``reach`` gives that of one of its objects by its slug,
    ``None`` for any other one, and ``objects`` are the slugs that are known. ``choices`` are the
    titles of a select or status (or a mapping of them to their ids), archived ones included, where
    they are known.
    """

    slug: str
    type: str
    is_multi: bool
    spec: Any
    lookups: TypeLookups
    target: Callable[[], Resolver] | None = None
    is_archived: bool = False
    choices: Sequence[str] | Mapping[str, str] | None = None
    reach: Callable[[str], Resolver | None] | None = None
    objects: Sequence[str] = ()


class ResolvedPath(Struct, frozen=True):
    """What a lookup path means.

    ``hops`` are the (object, attribute) pairs of the relations before the last attribute;
    ``attribute`` is ``None`` for the id of the queried record; ``part`` names a part of the
    value, where the path does; ``many`` whether one record can have several values there.
    """

    path: str
    object: str
    slug: str
    table: TypeLookups
    attribute: Resolved | None = None
    hops: tuple[tuple[str, str], ...] = ()
    part: str | None = None
    lookup: str = "exact"
    many: bool = False
    resolver: Resolver | None = None

    @property
    def type(self) -> str:
        """The attribute's type."""
        if self.table is RECORD_ID or self.attribute is None:
            return "record id"
        return self.attribute.type

    @property
    def name(self) -> str:
        """The path without its lookup, for messages."""
        return self.path.removesuffix(f"__{self.lookup}")


def resolve(path: str, resolver: Resolver, *, is_condition: bool = True) -> ResolvedPath:
    """The attribute, part and lookup that ``path`` names, starting from ``resolver``.

    ``is_condition`` is false where it is a name to sort by or to read, for messages.
    Raises ``UnknownAttributeError``, and ``UnsupportedLookup`` for what is not a lookup
    (whether the type has it, an emitter says).
    """
    names: Sequence[str] = path.split("__")
    hops: tuple[tuple[str, str], ...] = ()
    many = False
    while True:
        if names[0] == "id":  # of the record asked for, or of one that was reached by its object
            if resolver.is_list:
                raise UnsupportedLookup(
                    f"{path}: Attio has no filter by the id of a list entry. Use get(id=...) for "
                    f"one, in_bulk([...]) for several, or filter by its parent: parent=..."
                )
            target = ResolvedPath(
                path, resolver.object, "record_id", RECORD_ID,
                hops=hops, many=many, resolver=resolver,
            )  # fmt: skip
            return _with_lookup(target, names[1:])
        attribute, used = _find(resolver, names)
        if attribute is None:
            ending = "=..." if is_condition else ""
            raise _refused(_unknown(path, names, hops, resolver, ending), resolver, names[0])
        if attribute.is_archived:
            said = (
                f"{path}: the attribute {attribute.slug!r} of {resolver.object} is archived, and "
                "Attio does not filter or sort by it. Restore it in Attio's settings, or leave "
                "it out."
            )
            raise _refused(said, resolver, names[0])
        rest = names[used:]
        many = many or attribute.is_multi
        target = ResolvedPath(
            path, resolver.object, attribute.slug, attribute.lookups, attribute,
            hops=hops, many=many, resolver=resolver,
        )  # fmt: skip
        if attribute.slug == PARENT and attribute.type == "record-reference":
            rest = _of_parent(target, rest)
        elif attribute.type != "record-reference" or not rest or rest[0] in _OF_REFERENCES:
            return _with_part(target, rest)
        elif len(rest) == 1 and rest[0] in LOOKUPS_OF_RELATIONS:
            return _with_lookup(target, rest)
        reached, rest = _reached(target, attribute, rest)
        hops = (*hops, (resolver.object, attribute.slug))
        if len(hops) >= MAX_SEGMENTS:
            raise UnsupportedLookup(
                f"{path}: Attio follows at most {MAX_SEGMENTS - 1} relations in one lookup. "
                "Query the records in between first and pass them with __in."
            )
        resolver = reached
        names = rest


def _refused(said: str, resolver: Resolver, name: str) -> UnknownAttributeError:
    error = UnknownAttributeError(said)
    # a strict class has no others, and names like these are somebody else's: not looked up
    if not (name.startswith("_") or getattr(resolver, "strict", False)):
        error.place = place_of(resolver)
    return error


def place_of(resolver: Resolver) -> str:
    """The slug of an object, or ``lists/`` or ``activities/`` and that of one of those."""
    if resolver.is_activity:
        return f"activities/{resolver.object}"
    return f"lists/{resolver.object}" if resolver.is_list else resolver.object


# What follows a relation and belongs to the reference itself: ``id`` is its everyday name.
_OF_REFERENCES: Final = {
    "id": "target_record_id",
    "target_record_id": "target_record_id",
    "target_object": "target_object",
}


def _of_parent(resolved: ResolvedPath, rest: Sequence[str]) -> Sequence[str]:
    """What follows the parent of a list entry, which Attio compares by its attributes alone."""
    if rest and rest[0] == "target_object":
        raise UnsupportedLookup(
            f"{resolved.path}: every entry of a list has a parent of the same object, so that "
            f"there is nothing to tell apart. Leave it out."
        )
    if not rest or (len(rest) == 1 and rest[0] in LOOKUPS_OF_RELATIONS):
        return ["id", *rest]
    return ["id", *rest[1:]] if rest[0] == "target_record_id" else rest


def _reached(
    resolved: ResolvedPath, attribute: Resolved, rest: Sequence[str]
) -> tuple[Resolver, Sequence[str]]:
    """The object that a relation leads to, and what follows: of several, the next name tells."""
    if attribute.target is not None:
        return attribute.target(), rest
    relation = resolved.path.removesuffix("__" + "__".join(rest))
    try:
        found = attribute.reach(rest[0]) if attribute.reach is not None else None
    except NeedsObject as need:
        # whoever asks Attio for the object raises this, should there be none
        need.refusal = _ambiguous(resolved.path, relation, attribute, rest)
        raise
    if found is None:
        raise _no_object(resolved.path, relation, attribute, rest)
    further = rest[1:]
    if not further or (len(further) == 1 and further[0] in LOOKUPS_OF_RELATIONS):
        raise UnsupportedLookup(
            f"{resolved.path}: {rest[0]!r} is an object, and has no value of its own. Go on to an "
            f"attribute of its records, such as {relation}__{rest[0]}__{_example(found)}; for the "
            f"records that refer to one, write {relation}__target_object={rest[0]!r}."
        )
    return found, further


def _no_object(
    path: str, relation: str, attribute: Resolved, rest: Sequence[str]
) -> UnsupportedLookup:
    """The refusal of what is not one of the objects a relation may lead to."""
    for slug in attribute.objects:
        resolver = attribute.reach(slug) if attribute.reach is not None else None
        if resolver is not None and (rest[0] == "id" or resolver.attribute(rest[0]) is not None):
            objects = [slug, *(each for each in attribute.objects if each != slug)]
            return _ambiguous(path, relation, replace(attribute, objects=objects), rest)
    if not attribute.objects:
        return _ambiguous(path, relation, attribute, rest)
    return UnsupportedLookup(
        f"{path}: {relation!r} refers to {_either(attribute.objects)}, and {rest[0]!r} is neither "
        f"one of these objects nor an attribute of theirs. "
        f"{did_you_mean(rest[0], attribute.objects)}".rstrip()
    )


def _either(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _ambiguous(
    path: str, relation: str, attribute: Resolved, rest: Sequence[str]
) -> UnsupportedLookup:
    objects = attribute.objects
    example = "__".join((relation, objects[0] if objects else "companies", *rest))
    return UnsupportedLookup(
        f"{path}: {relation!r} may refer to records of {_either(objects) or 'any object'}, so that "
        f"the object has to be named before {rest[0]!r}: {example}. "
        f"{did_you_mean(rest[0], objects)}".rstrip()
    )


def _find(resolver: Resolver, names: Sequence[str]) -> tuple[Resolved | None, int]:
    # Names may have "__" inside: the shortest one that makes sense with what follows it wins, so
    # that a resolver is not asked for "job_title__contains" before "job_title".
    first: tuple[Resolved | None, int] = (None, 0)
    for used in range(1, len(names) + 1):
        found = resolver.attribute("__".join(names[:used]))
        if found is not None and _fits(found, names[used:]):
            return found, used
        if found is not None and first[0] is None:
            first = found, used
    return first


def _fits(attribute: Resolved, rest: Sequence[str]) -> bool:
    if not rest or attribute.type == "record-reference":
        return True
    part = None
    if rest[0] in attribute.lookups.parts:
        part, rest = rest[0], rest[1:]
    lookups = LOOKUPS_OF_RELATIONS.union(attribute.lookups.lookups[part])
    return not rest or (len(rest) == 1 and rest[0] in lookups)


def _with_part(resolved: ResolvedPath, rest: Sequence[str]) -> ResolvedPath:
    if rest and resolved.type == "record-reference" and rest[0] in _OF_REFERENCES:
        return _with_lookup(replace(resolved, part=_OF_REFERENCES[rest[0]]), rest[1:])
    if rest and rest[0] in resolved.table.parts:
        return _with_lookup(replace(resolved, part=rest[0]), rest[1:])
    return _with_lookup(resolved, rest)


def _with_lookup(resolved: ResolvedPath, rest: Sequence[str]) -> ResolvedPath:
    lookup = rest[0] if rest else "exact"
    if len(rest) > 1 or lookup not in LOOKUPS:
        raise UnsupportedLookup(_misspelt(resolved, rest))
    return replace(resolved, lookup=lookup)


def describe(resolved: ResolvedPath) -> str:
    """The attribute or part in words: ``'job_title' (text)``."""
    if resolved.part:
        return f"{resolved.part!r} of {resolved.slug!r} ({resolved.type})"
    name = "id" if resolved.table is RECORD_ID else resolved.slug
    return f"{name!r} ({resolved.type})"


def takes(resolved: ResolvedPath) -> str:
    """What can be asked of the attribute, as a sentence or two."""
    table = resolved.table
    sentence = f"It takes {', '.join(table.lookups[resolved.part])}."
    if resolved.part or table is RECORD_ID:
        return sentence
    parts = [name for name in table.parts if name != table.default]
    if resolved.type == "record-reference":
        assert resolved.resolver is not None
        attribute = resolved.attribute
        if attribute and attribute.target:
            example = _example(attribute.target())
        elif attribute and attribute.objects:
            example = f"{attribute.objects[0]}__name"
        else:
            example = "id"
        return f"{sentence} Or name an attribute of the record: {resolved.name}__{example}."
    if table is UNKNOWN or not parts:
        return sentence
    verb = "Name a part of it" if table.default is None else "Or name a part of it"
    return f"{sentence} {verb}: {', '.join(f'{resolved.name}__{part}' for part in parts)}."


def _example(resolver: Resolver) -> str:
    names = resolver.names()
    return "name" if "name" in names else (names[0] if names else "id")


def _misspelt(resolved: ResolvedPath, rest: Sequence[str]) -> str:
    wrong = "__".join(rest)
    parts = [] if resolved.part or resolved.table is RECORD_ID else resolved.table.parts
    what = "a lookup" if not parts else "a lookup or a part"
    name = resolved.path.removesuffix(wrong).removesuffix("__")
    return (
        f"{resolved.path}: {wrong!r} is not {what} of {describe(resolved)}. "
        f"{_advice(name, wrong, resolved.table.lookups[resolved.part], parts)}"
        f"{takes(replace(resolved, path=name))}"
    )


def _advice(name: str, wrong: str, lookups: Sequence[str], parts: Sequence[str]) -> str:
    """What to write instead: never what the type does not take, nor what means another thing."""
    plain = wrong.replace("__", "_").lower()
    if plain in CASELESS and "contains" not in lookups:
        plain = "exact"  # what is not text has no upper and lower case
    if plain in ONLY_ELSEWHERE:
        return ONLY_ELSEWHERE[plain].format(name=name) if "contains" in lookups else ""
    if plain.removeprefix("not_") in ONLY_ELSEWHERE:
        return "Attio has no such comparison: compare the values in Python. "
    negated = NEGATED_ELSEWHERE.get(plain)
    if negated is not None:
        return _opposite(f"{name}__{negated}")
    lookup = LOOKUPS_ELSEWHERE.get(plain, plain)
    if lookup in lookups:
        return f"Write {name}__{lookup}. "
    negated = plain.removeprefix("not_")
    lookup = LOOKUPS_ELSEWHERE.get(negated, negated)
    if negated != plain and lookup in lookups:
        return f"Write ~Q({name}__{lookup}=...), or exclude(...). "
    return did_you_mean(plain, [*lookups, *parts])


def _unknown(
    path: str, names: Sequence[str], hops: Sequence[tuple[str, str]], resolver: Resolver, value: str
) -> str:
    known = resolver.names()
    listed = ", ".join(known[:_LISTED]) + (" and more" if len(known) > _LISTED else "")
    where = f"{path}: " if len(names) > 1 or hops else ""
    before = path.removesuffix("__".join(names))
    meant = resolver.meant(names[0])
    instead = [before + "__".join((*each, *names[1:])) + value for each in meant]
    if instead:
        advice = f"Write {' or '.join(instead)} instead."
    elif hops and len(names) == 1:
        advice = _after_relation(before, names[0], resolver)
    else:
        advice = did_you_mean(names[0], [*known, "id"])
    return (
        f"{where}{resolver.model_name} ({resolver.object}) has no attribute {names[0]!r}. "
        f"{advice or f'It has: {listed}.'}"
    ).rstrip() + (
        "" if instead or getattr(resolver, "strict", False) else f" {to_find(place_of(resolver))}"
    )


def _after_relation(before: str, wrong: str, resolver: Resolver) -> str:
    """What to write for what follows a relation: an attribute, or a lookup of the reference."""
    of_references = RECORD_ID.lookups[None]
    if wrong in NEGATED_ELSEWHERE:
        return _opposite(before + NEGATED_ELSEWHERE[wrong])
    lookup = LOOKUPS_ELSEWHERE.get(wrong)
    if lookup in of_references:
        return f"Write {before}{lookup}."
    name = resolver.attribute("name") if lookup else None
    if name is not None and lookup in name.lookups.lookups[None]:  # by which most are known
        return f"Write {before}name__{lookup}."
    if lookup or wrong in ONLY_ELSEWHERE:
        return ""
    # an attribute called as a lookup would be taken for one
    attributes = [each for each in resolver.names() if each not in LOOKUPS]
    return did_you_mean(wrong, [*attributes, "id", *of_references])


def _opposite(path: str) -> str:
    return f"Write {path}, which asks the opposite: False for True. "
