"""From the name of a lookup (``company__name__contains``) to the attribute and lookup it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.errors import UnknownAttributeError, UnsupportedLookup
from attio_orm.hydration import PARENT
from attio_orm.query.lookups import HABITS, LOOKUPS, RECORD_ID, TYPES, UNKNOWN, TypeLookups

if TYPE_CHECKING:
    from attio_orm.values.codec import AttributeSpec

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

    def names(self) -> list[str]:
        """The names of all attributes."""
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
    """An attribute: its slug, type and what it refers to.

    ``target`` gives the resolver of the object that a record-reference leads to, and is ``None``
    where that is not one object. Then ``reach`` gives that of one of its objects by its slug,
    ``None`` for any other one, and ``objects`` are the slugs that are known. ``choices`` are the
    titles of a select or status (or a mapping of them to their ids), archived ones included, where
    they are known.
    """

    slug: str
    type: str
    is_multi: bool
    spec: AttributeSpec
    target: Callable[[], Resolver] | None = None
    is_archived: bool = False
    choices: Sequence[str] | Mapping[str, str] | None = None
    reach: Callable[[str], Resolver | None] | None = None
    objects: Sequence[str] = ()


class Target(Struct, frozen=True):
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
    def name(self) -> str:
        """The path without its lookup, for messages."""
        return self.path.removesuffix(f"__{self.lookup}")


def resolve(path: str, resolver: Resolver) -> Target:
    """The attribute, part and lookup that ``path`` names, starting from ``resolver``.

    Raises ``UnknownAttributeError``, and ``UnsupportedLookup`` for what is no lookup at all
    (whether Attio has it for the type, ``check_lookup`` says).
    """
    names: Sequence[str] = path.split("__")
    hops: tuple[tuple[str, str], ...] = ()
    many = False
    while True:
        if names[0] == "id":  # of the record asked for, or of one that was reached by its object
            if getattr(resolver, "is_list", False):
                raise UnsupportedLookup(
                    f"{path}: Attio has no filter by the id of a list entry. Use get(id=...) for "
                    f"one, in_bulk([...]) for several, or filter by its parent: parent=..."
                )
            target = Target(
                path, resolver.object, "record_id", RECORD_ID,
                hops=hops, many=many, resolver=resolver,
            )  # fmt: skip
            return _with_lookup(target, names[1:])
        attribute, used = _find(resolver, names)
        if attribute is None:
            raise UnknownAttributeError(_unknown(path, names, hops, resolver))
        if attribute.is_archived:
            raise UnknownAttributeError(
                f"{path}: the attribute {attribute.slug!r} of {resolver.object} is archived, and "
                "Attio does not filter or sort by it. Restore it in Attio's settings, or leave "
                "it out."
            )
        rest = names[used:]
        many = many or attribute.is_multi
        target = Target(
            path,
            resolver.object,
            attribute.slug,
            _table(attribute),
            attribute,
            hops,
            many=many,
            resolver=resolver,
        )
        if attribute.slug == PARENT and attribute.type == "record-reference":
            rest = _of_parent(target, rest)
        elif attribute.type != "record-reference" or not rest or rest[0] in _OF_REFERENCES:
            return _with_part(target, rest)
        elif len(rest) == 1 and rest[0] in LOOKUPS:
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


# What follows a relation and belongs to the reference itself: ``id`` is its everyday name.
_OF_REFERENCES: Final = {
    "id": "target_record_id",
    "target_record_id": "target_record_id",
    "target_object": "target_object",
}


def _of_parent(target: Target, rest: Sequence[str]) -> Sequence[str]:
    """What follows the parent of a list entry, which Attio compares by its attributes alone."""
    if rest and rest[0] == "target_object":
        raise UnsupportedLookup(
            f"{target.path}: every entry of a list has a parent of the same object, so that there "
            f"is nothing to tell apart. Leave it out."
        )
    if not rest or (len(rest) == 1 and rest[0] in LOOKUPS):
        return ["id", *rest]
    return ["id", *rest[1:]] if rest[0] == "target_record_id" else rest


def _reached(
    target: Target, attribute: Resolved, rest: Sequence[str]
) -> tuple[Resolver, Sequence[str]]:
    """The object that a relation leads to, and what follows: of several, the next name tells."""
    if attribute.target is not None:
        return attribute.target(), rest
    relation = target.path.removesuffix("__" + "__".join(rest))
    try:
        found = attribute.reach(rest[0]) if attribute.reach is not None else None
    except NeedsObject as need:
        need.refusal = _ambiguous(target.path, relation, attribute, rest)
        raise
    if found is None:
        raise _no_object(target.path, relation, attribute, rest)
    further = rest[1:]
    if not further or (len(further) == 1 and further[0] in LOOKUPS and further[0] != "id"):
        raise UnsupportedLookup(
            f"{target.path}: {rest[0]!r} is an object, and has no value of its own. Go on to an "
            f"attribute of its records, such as {relation}__{rest[0]}__{_example(found)}; for the "
            f"records that refer to one, write {relation}__target_object={rest[0]!r}."
        )
    return found, further


def _no_object(
    path: str, relation: str, attribute: Resolved, rest: Sequence[str]
) -> UnsupportedLookup:
    """The refusal of what is none of the objects a relation may lead to."""
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
    objects = list(attribute.objects)
    named = _either(objects)
    example = "__".join((relation, objects[0] if objects else "companies", *rest))
    kinds = f"records of {named}" if objects else "records of any object"
    hint = did_you_mean(rest[0], objects) if objects else ""
    return UnsupportedLookup(
        f"{path}: {relation!r} may refer to {kinds}, so that the object has to be named before "
        f"{rest[0]!r}: {example}. {hint}".rstrip()
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
    if rest[0] in _table(attribute).parts:
        rest = rest[1:]
    return not rest or (len(rest) == 1 and rest[0] in LOOKUPS)


def _table(attribute: Resolved) -> TypeLookups:
    if attribute.slug == "record_id":
        return RECORD_ID
    return TYPES.get(attribute.type, UNKNOWN)


def _with_part(target: Target, rest: Sequence[str]) -> Target:
    if rest and target.table.type == "record-reference" and rest[0] in _OF_REFERENCES:
        return _with_lookup(replace(target, part=_OF_REFERENCES[rest[0]]), rest[1:])
    if rest and rest[0] in target.table.parts:
        return _with_lookup(replace(target, part=rest[0]), rest[1:])
    return _with_lookup(target, rest)


def _with_lookup(target: Target, rest: Sequence[str]) -> Target:
    lookup = rest[0] if rest else "exact"
    if len(rest) > 1 or lookup not in LOOKUPS:
        raise UnsupportedLookup(_misspelt(target, rest))
    return replace(target, lookup=lookup)


def check_lookup(target: Target) -> None:
    """Raise ``UnsupportedLookup`` where Attio has no operator for the target's lookup."""
    if target.lookup not in target.table.lookups(target.part):
        raise UnsupportedLookup(
            f"{target.path}: Attio cannot compare {describe(target)} with "
            f"{target.lookup!r}. {takes(target)}"
        )


def describe(target: Target) -> str:
    """The attribute or part in words: ``'job_title' (text)``."""
    kind = target.table.type or (target.attribute.type if target.attribute else "")
    if target.part:
        return f"{target.part!r} of {target.slug!r} ({kind})"
    name = "id" if target.table is RECORD_ID else target.slug
    return f"{name!r} ({kind})"


def takes(target: Target) -> str:
    """What can be asked of the attribute, as a sentence or two."""
    table = target.table
    sentence = f"It takes {', '.join(table.lookups(target.part))}."
    if target.part or table is RECORD_ID:
        return sentence
    parts = [name for name in table.parts if name != table.default]
    if table.type == "record-reference":
        assert target.resolver is not None
        attribute = target.attribute
        if attribute and attribute.target:
            example = _example(attribute.target())
        elif attribute and attribute.objects:
            example = f"{attribute.objects[0]}__name"
        else:
            example = "id"
        return f"{sentence} Or name an attribute of the record: {target.name}__{example}."
    if table.type in ("", "actor-reference") or not parts:
        return sentence
    verb = "Name a part of it" if table.default is None else "Or name a part of it"
    return f"{sentence} {verb}: {', '.join(f'{target.name}__{part}' for part in parts)}."


def _example(resolver: Resolver) -> str:
    names = resolver.names()
    return "name" if "name" in names else (names[0] if names else "id")


def _misspelt(target: Target, rest: Sequence[str]) -> str:
    wrong = "__".join(rest)
    parts = [] if target.part or target.table is RECORD_ID else target.table.parts
    what = "a lookup" if not parts else "a lookup or a part"
    name = target.path.removesuffix(wrong).removesuffix("__")
    return (
        f"{target.path}: {wrong!r} is not {what} of {describe(target)}. "
        f"{_advice(name, wrong, parts)}{takes(replace(target, path=name))}"
    )


def _advice(name: str, wrong: str, candidates: Iterable[str]) -> str:
    plain = wrong.replace("__", "_").lower()
    habit = HABITS.get(plain)
    if habit is not None:
        return f"Write {name}__{habit}. "
    negated = plain.removeprefix("not_")
    if negated != plain and (negated in LOOKUPS or negated in HABITS):
        return f"Write ~Q({name}__{HABITS.get(negated, negated)}=...), or exclude(...). "
    return did_you_mean(plain, [*LOOKUPS, *candidates])


def did_you_mean(wrong: str, candidates: Iterable[str]) -> str:
    """``Did you mean 'a' or 'b'? `` for names close to ``wrong``, else an empty text."""
    from difflib import get_close_matches

    known = list(dict.fromkeys(candidates))
    close = get_close_matches(wrong, known, n=3, cutoff=0.6)
    if not close:  # ``email`` for ``email_addresses``
        close = [name for name in known if wrong in name.split("_")][:3]
    return f"Did you mean {' or '.join(map(repr, close))}? " if close else ""


def _unknown(
    path: str, names: Sequence[str], hops: Sequence[tuple[str, str]], resolver: Resolver
) -> str:
    known = resolver.names()
    candidates = [*known, "id", *(LOOKUPS if hops else ())]
    listed = ", ".join(known[:_LISTED]) + (" and more" if len(known) > _LISTED else "")
    where = f"{path}: " if len(names) > 1 or hops else ""
    return (
        f"{where}{resolver.model_name} ({resolver.object}) has no attribute {names[0]!r}. "
        f"{did_you_mean(names[0], candidates) or f'It has: {listed}.'}"
    ).rstrip()
