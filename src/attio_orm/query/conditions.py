"""One lookup as Attio's comparisons: the attribute, the operator and the value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from msgspec import Struct

from attio_orm.errors import Problem, ValidationError
from attio_orm.query.expressions import Expr
from attio_orm.query.lookups import IN_EVERY_VALUE, OPERATORS, RECORD_ID
from attio_orm.query.paths import Target, check_lookup, did_you_mean
from attio_orm.query.q import Q, iterable
from attio_orm.values.actors import Actor
from attio_orm.values.choices import check_choice
from attio_orm.values.codec import clean_text, show
from attio_orm.values.codecs import codec_for
from attio_orm.values.references import Reference, as_uuid

# How many values one $in takes at most.
CHUNK: Final = 500

_MEMBER: Final = "workspace-member"
# Types whose values Attio stores in one form, which pieces of them are brought into too.
_NORMALISED: Final = frozenset({"domain", "email-address", "phone-number"})
_SEVERAL: Final = (list, tuple, set, frozenset, dict)

JSON: TypeAlias = dict[str, Any]
T = TypeVar("T")


class NeedsMembers(Exception):
    """The query names a workspace member by e-mail, and no members were given to look it up."""


class Options(Struct, frozen=True):
    """What compiling depends on, beside the query and the schema.

    ``members`` maps e-mail addresses in lower case to member ids, ``None`` while unknown;
    ``record_id_in`` is false in workspaces that refuse ``$in`` on record ids.
    """

    members: Mapping[str, str] | None = None
    record_id_in: bool = True


class Alternatives(Struct, frozen=True):
    """Comparisons of which one must hold: pairs of Attio's JSON and whether it is to be true.

    Without any, nothing matches. ``negated`` turns the whole around. ``bounds`` are the two
    comparisons that the only alternative is made of, where each can be negated by itself.
    """

    terms: Sequence[tuple[JSON, bool]]
    negated: bool = False
    bounds: tuple[JSON, JSON] | None = None


def condition(target: Target, value: object, options: Options) -> Alternatives:
    """The comparisons for a lookup. Raises ``UnsupportedLookup`` and ``ValidationError``."""
    lookup = target.lookup
    if lookup in ("exact", "not") and value is None:
        return _empty(target, negated=lookup == "not")
    if lookup == "isnull":
        if not isinstance(value, bool):
            raise _invalid(target, value, "isnull takes True or False")
        return _empty(target, negated=not value)
    check_lookup(target)
    if lookup == "in":
        return _one_of(target, value, options)
    if lookup == "range":
        return _range(target, value)
    _check_single(target, value)
    if lookup in ("contains", "startswith", "endswith"):
        return _only(_comparison(target, {OPERATORS[lookup]: _fragment(target, value)}))
    if lookup in ("exact", "not"):
        equal = next(_equalities(target, [_operand(target, value, options)], options))
        return Alternatives([(equal, True)], negated=lookup == "not")
    return _only(_comparison(target, {OPERATORS[lookup]: _scalar(target, value)}))


def _only(comparison: JSON) -> Alternatives:
    return Alternatives([(comparison, True)])


# -- the lookups that are more than one operator --------------------------------------------------


def _empty(target: Target, *, negated: bool) -> Alternatives:
    if target.table is RECORD_ID and not target.hops:
        return Alternatives([], negated)
    return Alternatives([(_not_empty(target), False)], negated)


def _one_of(target: Target, values: object, options: Options) -> Alternatives:
    several = iterable(values)
    if several is None:
        raise _invalid(target, values, "in takes a list of values, or anything else to iterate")
    operands, with_none = _operands(target, several, options)
    found = _equalities(target, operands, options)
    terms = [(comparison, True) for comparison in found]
    if with_none:
        return Alternatives([*terms, *_empty(target, negated=False).terms])
    return Alternatives(terms)


def _operands(
    target: Target, values: Iterable[object], options: Options
) -> tuple[dict[Operand, object], bool]:
    """What to be equal to, each once with the value that was given; and whether none will do."""
    members = list(values)
    present = [each for each in members if each is not None]
    operands: dict[Operand, object] = {}
    for each in present:
        _check_single(target, each)
        operands.setdefault(_operand(target, each, options), each)
    return operands, len(present) < len(members)


def distinct_values(target: Target, values: Iterable[object], options: Options) -> list[object]:
    """The values of a list for ``in`` that differ for Attio; ``None`` comes last."""
    operands, with_none = _operands(target, values, options)
    return [*operands.values(), *([None] if with_none else [])]


def takes_in(target: Target, options: Options) -> bool:
    """Whether Attio compares with several values at once (``$in``) there."""
    if target.table is RECORD_ID and not options.record_id_in:
        return False
    return "$in" in target.table.properties[target.part or target.table.default or ""]


def _range(target: Target, value: object) -> Alternatives:
    several = iterable(value)
    if several is None:
        raise _invalid(target, value, "range takes a pair, (lowest, highest)")
    pair = list(several)
    if len(pair) != 2:
        raise _invalid(target, value, f"range takes exactly two values, and got {len(pair)}")
    if any(each is None for each in pair):
        raise _invalid(target, value, "both ends of a range need a value; use gte or lte for one")
    for each in pair:
        _check_single(target, each)
    low, high = (_scalar(target, each) for each in pair)
    both = _comparison(target, {"$gte": low, "$lte": high})
    if target.many:
        # Of several values it is one that has to lie between: the bounds belong together.
        return _only(both)
    bounds = _comparison(target, {"$gte": low}), _comparison(target, {"$lte": high})
    return Alternatives([(both, True)], bounds=bounds)


# -- right-hand sides -----------------------------------------------------------------------------


class Operand(Struct, frozen=True):
    """One value to be equal to; ``kind`` is the object or actor type that goes with an id."""

    value: Any
    kind: str | None = None


def _operand(target: Target, value: object, options: Options) -> Operand:
    if target.table.type == "actor-reference":
        return _actor(target, value, options)
    if target.table.type == "record-reference" and target.part != "target_object":
        return _reference(target, value)
    return Operand(_scalar(target, value))


def _scalar(target: Target, value: object) -> Any:
    if value is None:
        raise _invalid(target, value, f"{target.lookup} needs a value; use isnull for none")
    if target.table is RECORD_ID:
        return _record_id(target, value)
    attribute = target.attribute
    assert attribute is not None
    codec = codec_for(attribute.type)
    scalar = _checked(target, value, lambda: codec.filter_value(target.part, value, attribute.spec))
    if attribute.choices is not None and target.part in (None, target.table.default):
        choices = attribute.choices
        return _checked(target, value, lambda: check_choice(scalar, choices))
    return scalar


def _fragment(target: Target, value: object) -> str:
    if value is None:
        raise _invalid(target, value, f"{target.lookup} needs a text; use isnull for none")
    if target.table.type in _NORMALISED and isinstance(value, str):
        return str(_scalar(target, value))
    return _checked(target, value, lambda: clean_text(value, "compare it with a text (str)."))


def _record_id(target: Target, value: object) -> str:
    reference = _as_reference(target, value)
    if reference is not None:
        if reference.object != target.object:
            raise _invalid(
                target, value, f"a record of {target.object} is needed, not of {reference.object}"
            )
        value = reference.id
    record_id = as_uuid(value)
    if record_id is None:
        raise _invalid(target, value, "an id is a UUID: give one, such as a record's .id")
    return record_id


def _reference(target: Target, value: object) -> Operand:
    attribute = target.attribute
    assert attribute is not None
    allowed = attribute.spec.allowed_objects
    reference = _as_reference(target, value)
    if reference is not None and allowed and reference.object not in allowed:
        related = attribute.target() if attribute.target else None
        wanted = f"a {related.model_name} ({related.object})" if related else " or ".join(allowed)
        raise _invalid(
            target,
            value,
            f"{target.slug!r} refers to {wanted}, and this is a record of {reference.object!r}",
        )
    if reference is None and isinstance(value, str) and as_uuid(value) is None:
        advice = "compare it with a saved instance or a record's id (a UUID)"
        if attribute.target and "name" in attribute.target().names():
            advice += f", or by an attribute of the record: {target.name}__name={show(value)}"
        raise _invalid(target, value, advice)
    codec = codec_for("record-reference")
    record_id = _checked(target, value, lambda: codec.filter_value(None, value, attribute.spec))
    if reference is not None and reference.object:
        return Operand(record_id, reference.object)
    return Operand(record_id, allowed[0] if len(allowed) == 1 else None)


def _as_reference(target: Target, value: object) -> Reference | None:
    if isinstance(value, Reference):
        return value
    if isinstance(value, type) and hasattr(value, "_reference"):
        raise _invalid(target, value, "give an instance, not the class")
    refer: Callable[[], Reference] | None = getattr(value, "_reference", None)
    return _checked(target, value, refer) if refer is not None else None


def _actor(target: Target, value: object, options: Options) -> Operand:
    attribute = target.attribute
    assert attribute is not None
    codec = codec_for(attribute.type)
    found = _checked(target, value, lambda: codec.filter_value(None, value, attribute.spec))
    if as_uuid(found):
        return Operand(found, value.type if isinstance(value, Actor) else _MEMBER)
    if options.members is None:
        raise NeedsMembers(f"{target.path}: {found}")
    member = options.members.get(found)
    if member is None:
        raise _invalid(
            target,
            value,
            "no member of the workspace has this e-mail address. "
            f"{did_you_mean(found, options.members)}".strip(),
        )
    return Operand(member, _MEMBER)


def _check_single(target: Target, value: object) -> None:
    if _is_condition(value):
        raise _invalid(
            target,
            value,
            "Attio compares an attribute with a value, not with another: give a value",
        )
    if type(value) in _SEVERAL:
        several = "in" in target.table.lookups(target.part) and target.lookup != "in"
        raise _invalid(
            target,
            value,
            "it takes one value" + (f"; for several use {target.name}__in" if several else ""),
        )


def _is_condition(value: object) -> bool:
    return isinstance(value, (Q, Expr))


def _checked(target: Target, value: object, convert: Callable[[], T]) -> T:
    try:
        return convert()
    except ValidationError as error:
        problems = [Problem(target.path, problem.message, value) for problem in error.problems]
    raise ValidationError(problems)


def _invalid(target: Target, value: object, advice: str) -> ValidationError:
    advice = advice.strip().removesuffix(".")
    text = f"{show(value)} does not fit: {advice}{'' if advice.endswith('?') else '.'}"
    return ValidationError([Problem(target.path, text, value)])


# -- Attio's JSON ---------------------------------------------------------------------------------


def _equalities(target: Target, operands: Iterable[Operand], options: Options) -> Iterator[JSON]:
    """Comparisons of which one must hold, for the value to be one of ``operands``."""
    kinds: dict[str | None, list[Any]] = {}
    for operand in operands:
        kinds.setdefault(operand.kind, []).append(operand.value)
    step = CHUNK if takes_in(target, options) else 1
    for kind, values in kinds.items():
        for start in range(0, len(values), step):
            chunk = values[start : start + step]
            one = {"$eq": chunk[0]} if len(chunk) == 1 else {"$in": chunk}
            yield _comparison(target, one, kind)


def _comparison(target: Target, operators: JSON, kind: str | None = None) -> JSON:
    table = target.table
    property = target.part or table.default
    assert property is not None
    # A kind, where there is one, is half of the comparison: Attio wants both in one place.
    if table.paired:
        properties = {"referenced_actor_type": kind, property: operators["$eq"]}
    elif kind is not None:
        properties = {"target_object": kind, property: operators}
    else:
        properties = {property: operators}
    if target.hops:
        return _at_path(target, properties)
    if property == table.default and table.type != "record-reference" and kind is None:
        return {target.slug: operators}
    return {target.slug: properties}


def _not_empty(target: Target) -> JSON:
    table = target.table
    there = {"$not_empty": True}
    property = None if target.part in IN_EVERY_VALUE else target.part
    if not target.hops:
        return {target.slug: {property: there} if property else there}
    property = property or table.presence
    return _at_path(target, {property: there} if property else there)


def _at_path(target: Target, constraints: JSON) -> JSON:
    segments = [*target.hops, (target.object, target.slug)]
    return {"path": [list(segment) for segment in segments], "constraints": constraints}
