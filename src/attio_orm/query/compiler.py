"""From conditions to Attio's filters and sorts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, tzinfo
from enum import Enum
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.conditions.calendar import Days, Stretch, stretch_meant, stretch_of
from attio_orm.conditions.expressions import Expr, Order
from attio_orm.conditions.lookups import IN_EVERY_VALUE, OPERATORS, PERIODS, RECORD_ID
from attio_orm.conditions.paths import ResolvedPath, Resolver, describe, resolve, takes
from attio_orm.conditions.q import Chosen, Q, iterable
from attio_orm.conditions.tree import (
    MAX_DEPTH,
    Comparison,
    Condition,
    Group,
    Junction,
    Leaf,
    Not,
    RawFilter,
    too_deep,
)
from attio_orm.errors import Problem, UnsupportedLookup, ValidationError
from attio_orm.guards import is_dict, is_list
from attio_orm.records.loading import MOST_IDS
from attio_orm.schema.definitions import Member
from attio_orm.types.actors import MEMBER, Actor
from attio_orm.types.base import JsonValue, codec_for
from attio_orm.types.checks import as_uuid, native
from attio_orm.types.choices import check_choice
from attio_orm.types.references import REFERENCE, HasReference, Reference, reference_to
from attio_orm.types.text import clean_text
from attio_orm.wording import did_you_mean, show

# Types whose values Attio stores in one form, which pieces of them are brought into too.
_NORMALISED: Final = frozenset({"domain", "email-address", "phone-number"})
_SEVERAL: Final = (list, tuple, set, frozenset, dict)

Filter: TypeAlias = dict[str, Any]
Sort: TypeAlias = dict[str, Any]
Terms: TypeAlias = list[Filter]

# One side of a comparison: ``gt``, ``gte``, ``lt`` or ``lte``, and Attio's value for it.
Bound: TypeAlias = tuple[str, JsonValue]

T = TypeVar("T")


class NeedsMembers(Exception):
    """The query names a workspace member by e-mail, and no members are known to look it up in."""


class UnknownMember(ValidationError):
    """No member that is known has the e-mail address or name."""


class UnknownTitle(ValidationError):
    """An attribute has no option or status of this title, as far as they are known."""

    path: ResolvedPath | None = None


class Options(Struct, frozen=True):
    """What the values depend on, beside the query and the schema.

    ``members`` are those of the workspace, ``None`` while unknown; ``zone`` is where the days are
    that moments are compared with.
    """

    members: Sequence[Member] | None = None
    zone: tzinfo = UTC


class Operand(Struct, frozen=True):
    """One value to be equal to; ``kind`` is the object or actor type that goes with an id."""

    value: JsonValue
    kind: str | None = None


class Between(Struct, frozen=True):
    """What lies between two bounds, which is what equal to a day means."""

    low: Bound
    high: Bound


def operand(path: ResolvedPath, value: object, options: Options) -> Operand | Between:
    """What an attribute is compared with for equality."""
    if path.type == "actor-reference":
        return _actor(path, value, options)
    if path.type == REFERENCE and path.part != "target_object":
        return _reference(path, value)
    within = _days(path, value, options)
    if within is not None:
        return within
    found = scalar(path, value)
    if "$eq" in path.table.properties[_property(path)]:
        return Operand(found)
    return Between(("gte", found), ("lte", found))  # what Attio has no $eq for


def scalar(path: ResolvedPath, value: object) -> JsonValue:
    """The JSON of one value, by the codec of the attribute's type."""
    if value is None:
        raise invalid(path, value, f"{path.lookup} needs a value; use isnull for none")
    if path.table is RECORD_ID:
        return _record_id(path, value)
    attribute = path.attribute
    assert attribute is not None
    codec = codec_for(attribute.type)
    found = _checked(path, value, lambda: codec.filter_value(path.part, value, attribute.spec))
    # where the titles are known, the error names them; Attio's names only what it was given
    if attribute.choices is None or path.part not in (None, path.table.default):
        return found
    try:
        choices = attribute.choices
        return _checked(path, value, lambda: check_choice(str(found), choices))
    except ValidationError as error:
        unknown = UnknownTitle(error.problems)
    unknown.path = path
    raise unknown


def fragment(path: ResolvedPath, value: object) -> str:
    """A piece of a text, for ``contains`` and its like."""
    if value is None:
        raise invalid(path, value, f"{path.lookup} needs a text; use isnull for none")
    if path.type in _NORMALISED and isinstance(value, str):
        return str(scalar(path, value))
    return _checked(path, value, lambda: clean_text(value, "compare it with a text (str)."))


def _record_id(path: ResolvedPath, value: object) -> str:
    reference = _as_reference(path, value)
    if reference is not None:
        if reference.object != path.object:  # its id would match nothing, without an error
            raise invalid(
                path, value, f"a record of {path.object} is needed, not of {reference.object}"
            )
        value = reference.id
    record_id = as_uuid(value)
    if record_id is None:
        raise invalid(path, value, "an id is a UUID: give one, such as a record's .id")
    return record_id


def _reference(path: ResolvedPath, value: object) -> Operand:
    attribute = path.attribute
    assert attribute is not None
    allowed = attribute.spec.allowed_objects
    reference = _as_reference(path, value)
    if reference is not None and allowed and reference.object not in allowed:
        related = attribute.target() if attribute.target else None
        wanted = f"a {related.model_name} ({related.object})" if related else " or ".join(allowed)
        raise invalid(
            path,
            value,
            f"{path.slug!r} refers to {wanted}, and this is a record of {reference.object!r}",
        )
    if reference is None and isinstance(value, str) and as_uuid(value) is None:
        advice = "compare it with a saved instance or a record's id (a UUID)"
        if attribute.target and "name" in attribute.target().names():
            advice += f", or by an attribute of the record: {path.name}__name={show(value)}"
        raise invalid(path, value, advice)
    codec = codec_for(REFERENCE)
    record_id = _checked(path, value, lambda: codec.filter_value(None, value, attribute.spec))
    if reference is not None and reference.object:
        return Operand(record_id, reference.object)
    # of several objects it may be any: the id is unique without its object
    return Operand(record_id, allowed[0] if len(allowed) == 1 else None)


def _as_reference(path: ResolvedPath, value: object) -> Reference | None:
    if isinstance(value, Reference):
        return value
    if isinstance(value, type) and issubclass(value, HasReference):
        raise invalid(path, value, "give an instance, not the class")
    if isinstance(value, HasReference):
        return _checked(path, value, lambda: reference_to(value))
    return None


def _unknown_member(path: ResolvedPath, value: object, what: str, close: str) -> UnknownMember:
    refusal = invalid(
        path,
        value,
        f"no member of the workspace has this {what} (connection.schema.forget() lets them be read "
        f"anew). {close}".strip(),
    )
    return UnknownMember(refusal.problems)


def _actor(path: ResolvedPath, value: object, options: Options) -> Operand:
    attribute = path.attribute
    assert attribute is not None
    codec = codec_for(attribute.type)
    found = str(_checked(path, value, lambda: codec.filter_value(None, value, attribute.spec)))
    if as_uuid(found):
        return Operand(found, value.type if isinstance(value, Actor) else MEMBER)
    members = options.members
    if members is None:  # Attio compares members by their ids alone
        raise NeedsMembers(f"{path.path}: {found}")
    member = next((each.id for each in members if each.email.lower() == found), None)
    if member is None:
        close = did_you_mean(found, [each.email for each in members])
        raise _unknown_member(path, value, "e-mail address", close)
    return Operand(member, MEMBER)


def refuse_several(path: ResolvedPath, value: object) -> None:
    """Raise ``ValidationError`` for several values, or a condition, where one value is meant."""
    given: object = value
    if isinstance(given, Q | Expr):
        raise invalid(
            path, value, "Attio compares an attribute with a value, not with another: give a value"
        )
    if type(value) in _SEVERAL:
        several = "in" in path.table.lookups[path.part] and path.lookup != "in"
        raise invalid(
            path,
            value,
            "it takes one value" + (f"; for several use {path.name}__in" if several else ""),
        )


def invalid(path: ResolvedPath, value: object, advice: str) -> ValidationError:
    """The error for a value that does not fit a lookup, with what would."""
    advice = advice.strip().removesuffix(".")
    text = f"{show(value)} does not fit: {advice}{'' if advice.endswith('?') else '.'}"
    return ValidationError([Problem(path.path, text, value)])


def _checked(path: ResolvedPath, value: object, convert: Callable[[], T]) -> T:
    try:
        return convert()
    except ValidationError as error:
        problems = [Problem(path.path, problem.message, value) for problem in error.problems]
    raise ValidationError(problems)  # out here, where the codec's own error is not its context


# -- days, where moments are compared -------------------------------------------------------------


def _days(path: ResolvedPath, value: object, options: Options) -> Between | None:
    """The whole days that a value stands for: a period's, or a date's where moments are compared.

    Those of a period are of its own zone.
    """
    is_moment = _property(path) in path.table.moments
    if isinstance(value, Days):
        if not (is_moment or _counts_days(path)):
            return None
        return _within(path, value.stretch, replace(options, zone=value.tz))
    days = stretch_meant(value) if is_moment else None
    return None if days is None else _within(path, days, options)


def _bound(path: ResolvedPath, lookup: str, value: object, options: Options) -> Bound:
    """``gt``, ``gte``, ``lt`` or ``lte`` as Attio takes it; of a day, at the edge meant."""
    within = _days(path, value, options)
    if within is None:
        return lookup, scalar(path, value)
    if lookup in ("gte", "lte"):
        return within.low if lookup == "gte" else within.high
    # "before" ends where the days begin, and "after" begins where they are over
    side, edge = within.low if lookup == "lt" else within.high
    return {"gte": "lt", "lt": "gte", "lte": "gt"}[side], edge


def _within(path: ResolvedPath, days: Stretch, options: Options) -> Between:
    """From where the days begin to where they end."""
    low = "gte", _edge(path, days.first, options)
    if days.after is not None:
        return Between(low, ("lt", _edge(path, days.after, options)))
    last = date.max if _counts_days(path) else datetime.max.replace(tzinfo=UTC)
    return Between(low, ("lte", scalar(path, last)))


def _edge(path: ResolvedPath, day: date, options: Options) -> JsonValue:
    """The moment at which a day begins, or the day itself where days are compared."""
    # of ``active_from`` Attio documents the form of a date, which it takes for midnight in UTC
    if _counts_days(path) or (path.part == "active_from" and options.zone is UTC):
        return scalar(path, day)
    begins = datetime.combine(day, time(), options.zone)
    try:
        begins = begins.astimezone(UTC)
    except OverflowError:  # the first day of the calendar, east of Greenwich
        begins = datetime.min.replace(tzinfo=UTC)
    return scalar(path, begins)


def _counts_days(path: ResolvedPath) -> bool:
    return _property(path) in path.table.days


def _property(path: ResolvedPath) -> str:
    """The property of the value that is compared."""
    return path.part or path.table.default or ""


# -- first step: the values -----------------------------------------------------------------------


class Present(Leaf, frozen=True):
    """That there is a value."""

    path: ResolvedPath


class OneOf(Leaf, frozen=True):
    """That a value is one of ``operands``, which differ; ``or_none``: or that there is none."""

    path: ResolvedPath
    operands: Sequence[Operand | Between]
    or_none: bool = False


class Compared(Leaf, frozen=True):
    """That a value compares so by all of these lookups."""

    path: ResolvedPath
    operands: Mapping[str, JsonValue]


ALL: Final = Group("and", ())
NONE: Final = Group("or", ())


def convert(group: Group, options: Options, depth: int = 0) -> Group:
    """The same condition of ``Present``, ``OneOf`` and ``Compared``, with values as Attio has them.

    Raises ``UnsupportedLookup`` and ``ValidationError``, and ``NeedsMembers`` where an e-mail
    address is to be looked up and there are no members.
    """
    # one after the other: what settles the group spares what comes behind it
    return _settled(group.junction, (_converted(each, options, depth) for each in group.terms))


def _converted(condition: Condition, options: Options, depth: int) -> Condition:
    if isinstance(condition, Group):
        return convert(condition, options, depth + 1)
    if isinstance(condition, Not):
        return _opposite(_leaf(condition.term, options), depth)
    return _leaf(condition, options)


def _settled(junction: Junction, terms: Iterable[Condition]) -> Group:
    """A group. "and" with what cannot match is nothing, "or" with all is all."""
    found: list[Condition] = []
    for term in terms:
        if not isinstance(term, Group) or term.terms:
            found.append(term)
        elif term.junction != junction:
            return term
    return Group(junction, found)


def _leaf(leaf: Leaf, options: Options) -> Condition:
    if isinstance(leaf, RawFilter):
        return leaf if leaf.filter else ALL
    assert isinstance(leaf, Comparison)
    path, value = leaf.path, native(leaf.operand)
    lookup = path.lookup
    is_looked_up = path.part in path.table.looked_up
    if is_looked_up and (value is None or lookup == "isnull"):  # who is there has both
        path = replace(path, part=None)
    # whether $eq takes a null is not documented: what is empty is what is not $not_empty
    if lookup in ("exact", "not") and value is None:
        return _presence(path, there=lookup == "not")
    if lookup == "isnull":
        if not isinstance(value, bool):
            raise invalid(path, value, "isnull takes True or False")
        return _presence(path, there=not value)
    if lookup not in path.table.lookups[path.part]:  # Attio has no operator for it
        raise UnsupportedLookup(
            f"{path.path}: Attio cannot compare {describe(path)} with {lookup!r}. {takes(path)}"
        )
    if is_looked_up:
        return _by_members(path, value, options)
    if lookup == "in":
        return _one_of(path, value, options)
    if lookup == "range":
        return _between(path, _ends(path, value, options))
    refuse_several(path, value)
    if lookup in PERIODS:
        days = _checked(path, value, lambda: stretch_of(lookup, value))
        return _between(path, _within(path, days, options))
    if lookup in ("contains", "startswith", "endswith"):
        return Compared(path, {lookup: fragment(path, value)})
    if lookup in ("exact", "not"):
        found = operand(path, value, options)
        equal = _between(path, found) if isinstance(found, Between) else OneOf(path, (found,))
        return equal if lookup == "exact" else Not(equal)
    return Compared(path, dict([_bound(path, lookup, value, options)]))


_MATCHES: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "exact": str.__eq__,
    "contains": str.__contains__,
    "startswith": str.startswith,
    "endswith": str.endswith,
}


def _by_members(path: ResolvedPath, value: object, options: Options) -> Condition:
    """A condition on the name or e-mail address of an actor: on the ids of the members it means."""
    assert path.part is not None
    lookup = "exact" if path.lookup in ("not", "in") else path.lookup
    wanted = [value]
    if path.lookup == "in":
        several = iterable(value)
        if several is None:
            raise invalid(path, value, "in takes a list of values, or anything else to iterate")
        wanted = [native(each) for each in several]
    texts: list[str] = []
    for each in wanted:
        if each is not None:
            refuse_several(path, each)
            texts.append(fragment(path, each))
    or_none = len(texts) < len(wanted)
    members = options.members
    if texts and members is None:
        raise NeedsMembers(path.path)
    ids: dict[str, None] = {}
    for text in texts:
        # without regard to case, as Attio compares them
        meant = text.strip().casefold()
        found = [
            each.id
            for each in members or ()
            if _MATCHES[lookup](getattr(each, path.part).casefold(), meant)
        ]
        if not found and lookup == "exact":
            known = [getattr(each, path.part) for each in members or ()]
            noun = "e-mail address" if path.part == "email" else path.part
            close = did_you_mean(text, [each for each in known if each])
            raise _unknown_member(path, text, noun, close)
        ids.update(dict.fromkeys(found))
    if not (ids or or_none):
        return NONE
    bare = replace(path, part=None)
    condition = OneOf(bare, tuple(Operand(each, MEMBER) for each in ids), or_none)
    return Not(condition) if path.lookup == "not" else condition


def _between(path: ResolvedPath, found: Between) -> Compared:
    return Compared(path, dict((found.low, found.high)))


def _presence(path: ResolvedPath, *, there: bool) -> Condition:
    if _is_always_there(path):
        return ALL if there else NONE
    return Present(path) if there else Not(Present(path))


def _is_always_there(path: ResolvedPath) -> bool:
    return path.table is RECORD_ID and not path.hops  # every record has an id


def _one_of(path: ResolvedPath, values: object, options: Options) -> Condition:
    if isinstance(values, Chosen) and path.resolver is not None:
        values = values.pick(partial(path.resolver.choices, path.slug))
    several = iterable(values)
    if several is None:
        raise invalid(path, values, "in takes a list of values, or anything else to iterate")
    operands: dict[Operand | Between, None] = {}
    or_none = False
    for each in map(native, several):
        if each is None:
            or_none = not _is_always_there(path)
        else:
            refuse_several(path, each)
            operands[operand(path, each, options)] = None
    return OneOf(path, tuple(operands), or_none) if operands or or_none else NONE


def _ends(path: ResolvedPath, value: object, options: Options) -> Between:
    within = _days(path, value, options) if isinstance(value, Days) else None
    if within is not None:
        return within
    several = iterable(value)
    if several is None:
        raise invalid(path, value, "range takes a pair, (lowest, highest)")
    pair = [native(each) for each in several]
    if len(pair) != 2:
        raise invalid(path, value, f"range takes exactly two values, and got {len(pair)}")
    if any(each is None for each in pair):
        raise invalid(path, value, "both ends of a range need a value; use gte or lte for one")
    for each in pair:
        refuse_several(path, each)
    low, high = pair
    return Between(_bound(path, "gte", low, options), _bound(path, "lte", high, options))


# -- second step: "not", which Attio takes of single comparisons -----------------------------------


def _opposite(condition: Condition, depth: int) -> Condition:
    """The opposite of one comparison, or of a filter in Attio's language."""
    if isinstance(condition, Not):
        return condition.term
    if isinstance(condition, Group):  # all or nothing
        return NONE if condition.junction == "and" else ALL
    if isinstance(condition, RawFilter):
        return _opposite_of_raw(dict(condition.filter), depth)
    return Not(condition)


def _opposite_of_raw(raw: Filter, depth: int) -> Condition:
    # $not is only sure to work around one comparison. What is certain to be a junction is taken
    # apart; anything else is one comparison, as little is known of the language.
    junction: Junction
    if "path" not in raw and len(raw) != 1:
        junction, terms = "or", [{name: each} for name, each in raw.items()]
    elif _has_filters(raw, "$and"):
        junction, terms = "or", raw["$and"]
    elif _has_filters(raw, "$or"):
        junction, terms = "and", raw["$or"]
    else:
        opposite = raw["$not"] if is_dict(raw.get("$not")) else {"$not": raw}
        return RawFilter(opposite) if opposite else ALL
    if depth > MAX_DEPTH:
        raise too_deep()
    return _settled(junction, (_opposite_of_raw(term, depth + 1) for term in terms))


def _has_filters(raw: Filter, name: str) -> bool:
    terms = raw.get(name)
    return is_list(terms) and all(map(is_dict, terms))  # else Attio says what is wrong with it


# -- third step: Attio's JSON ----------------------------------------------------------------------


class Nothing(Enum):
    """The type of ``NOTHING``: what cannot match anything is not asked for."""

    NOTHING = "no record can match"


NOTHING: Final = Nothing.NOTHING


def write_filter(condition: Condition, *, record_id_in: bool = True) -> Filter | Nothing:
    """Attio's filter of what ``convert`` gave; ``{}`` where all records match.

    ``record_id_in`` is false in workspaces that refuse ``$in`` on record ids.
    """
    junction, terms = _written(condition, record_id_in)
    if not terms and junction == "or":
        return NOTHING
    return _joined(junction, terms) if terms else {}


def _joined(junction: Junction, terms: Terms) -> Filter:
    return {f"${junction}": terms} if len(terms) > 1 else terms[0]


def _written(condition: Condition, record_id_in: bool) -> tuple[Junction, Terms]:
    """The filters of a condition, and what joins them."""
    if isinstance(condition, Group):
        found: Terms = []
        for term in condition.terms:
            junction, terms = _written(term, record_id_in)
            found += terms if junction == condition.junction else [_joined(junction, terms)]
        return condition.junction, found
    negated = isinstance(condition, Not)
    leaf = condition.term if isinstance(condition, Not) else condition
    if isinstance(leaf, RawFilter):
        return "and", [dict(leaf.filter)]
    if isinstance(leaf, OneOf):
        terms = list(_equalities(leaf, record_id_in))
        if leaf.or_none:
            terms.append({"$not": _not_empty(leaf.path)})
        if negated:
            terms = [_not(term) for term in terms]
        for each in leaf.operands:
            if isinstance(each, Between):
                inner = _between(leaf.path, each)
                terms.append(_joined(*_written(Not(inner) if negated else inner, record_id_in)))
        return "and" if negated else "or", terms
    if isinstance(leaf, Present):
        terms = [_not_empty(leaf.path)]
    else:
        assert isinstance(leaf, Compared)
        terms = _comparisons(leaf, apart=negated)
    return ("or", [_not(term) for term in terms]) if negated else ("and", terms)


def _not(term: Filter) -> Filter:
    """The opposite of a filter."""
    return term.get("$not") or {"$not": term}


def _comparisons(compared: Compared, *, apart: bool) -> Terms:
    path = compared.path
    operators = {OPERATORS[lookup]: value for lookup, value in compared.operands.items()}
    # One value lies outside of a range where it is on either side, and each side is one plain
    # comparison. Of several values it is one that has to lie between: the bounds belong together.
    if apart and not path.many:
        return [_comparison(path, {each: value}) for each, value in operators.items()]
    return [_comparison(path, operators)]


def takes_in(path: ResolvedPath, record_id_in: bool) -> bool:
    """Whether Attio compares with several values at once (``$in``) there."""
    if path.table is RECORD_ID and not record_id_in:
        return False
    return "$in" in path.table.properties[_property(path)]


def _equalities(one_of: OneOf, record_id_in: bool) -> Iterator[Filter]:
    """Comparisons with single values, of which one must hold."""
    path = one_of.path
    kinds: dict[str | None, list[Any]] = {}
    for each in one_of.operands:
        if isinstance(each, Operand):
            kinds.setdefault(each.kind, []).append(each.value)
    # one $eq each where there is no $in, which few types have
    step = MOST_IDS if takes_in(path, record_id_in) else 1
    for kind, values in kinds.items():
        for start in range(0, len(values), step):
            chunk = values[start : start + step]
            one = {"$eq": chunk[0]} if len(chunk) == 1 else {"$in": chunk}
            yield _comparison(path, one, kind)


def _comparison(path: ResolvedPath, operators: Filter, kind: str | None = None) -> Filter:
    table = path.table
    property = path.part or table.default
    assert property is not None
    # A kind, where there is one, is half of the comparison: Attio wants both in one place.
    if table.paired:
        properties = {"referenced_actor_type": kind, property: operators["$eq"]}
    elif kind is not None:
        properties = {"target_object": kind, property: operators}
    else:
        properties = {property: operators}
    if path.hops:
        return _at_path(path, properties)
    if property == table.default and path.type != REFERENCE and kind is None:
        return {path.slug: operators}  # as the pages of Attio's documentation write it
    return {path.slug: properties}


def _not_empty(path: ResolvedPath) -> Filter:
    table = path.table
    there = {"$not_empty": True}
    property = None if path.part in IN_EVERY_VALUE else path.part
    if not path.hops:
        return {path.slug: {property: there} if property else there}
    property = property or table.presence  # Attio's constraints on a path name a property
    return _at_path(path, {property: there} if property else there)


def _at_path(path: ResolvedPath, constraints: Filter) -> Filter:
    return {"path": _segments(path), "constraints": constraints}


def _segments(path: ResolvedPath) -> list[list[str]]:
    return [list(segment) for segment in (*path.hops, (path.object, path.slug))]


# -- sorts ----------------------------------------------------------------------------------------


def compile_sorts(order: Sequence[Order], resolver: Resolver) -> list[Sort]:
    """Attio's sorts.

    Raises ``UnknownAttributeError``, and ``UnsupportedLookup`` for what has no order.
    """
    return [_sort(each, resolver) for each in order]


def _sort(order: Order, resolver: Resolver) -> Sort:
    if order.path == "?":
        raise UnsupportedLookup("Attio cannot sort at random. Shuffle the list of records instead.")
    path = resolve(order.path, resolver, is_condition=False)
    _check_sortable(path)
    sort: Sort = {"direction": "desc" if order.descending else "asc"}
    if path.hops:
        sort["path"] = _segments(path)
    else:
        sort["attribute"] = path.slug
    if path.part:
        sort["field"] = path.part
    return sort


def _check_sortable(path: ResolvedPath) -> None:
    if path.name != path.path or path.lookup != "exact":
        raise UnsupportedLookup(
            f"{path.path}: records are sorted by an attribute or a part of it, and "
            f"{path.path.removeprefix(f'{path.name}__')!r} is a lookup. Write {path.name!r}."
        )
    if path.part in path.table.looked_up:
        raise UnsupportedLookup(
            f"{path.path}: Attio does not sort by {describe(path)}. Sort by another attribute, or "
            f"in Python."
        )
    if path.part or path.table.sortable:
        return
    compared = [part for part in path.table.parts if part not in path.table.looked_up]
    if path.type == REFERENCE:
        advice = f"Sort by an attribute of the record, such as {path.path}__name."
    elif compared:
        parts = ", ".join(f"{path.path}__{part}" for part in compared)
        advice = f"Sort by a part of it: {parts}."
    else:
        advice = "Sort by another attribute."
    raise UnsupportedLookup(f"{path.path}: {describe(path)} has no order of its own. {advice}")
