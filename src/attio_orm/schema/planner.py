"""What a workspace lacks of what is declared: pure functions, from the two to a plan of changes.

Nothing is deleted or narrowed: what is there and differs stays, and the plan says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, overload

from msgspec import Struct
from msgspec.structs import replace

from attio_orm.api.base import path
from attio_orm.conditions.paths import PARENT
from attio_orm.errors import Problem
from attio_orm.schema.declared import DeclaredAttribute, DeclaredObject, titled
from attio_orm.schema.definitions import LISTS, Choice, Kind, ObjectSchema
from attio_orm.transport.dry_run import PlannedRequest
from attio_orm.types.base import AttributeSchema

ChangeKind: TypeAlias = Literal[
    "create_object", "create_list", "create_attribute", "add_option", "add_status", "set_default"
]
DifferenceKind: TypeAlias = Literal[
    "renamed", "archived", "retyped", "cardinality", "required", "unique", "currency", "targets",
    "pair", "option", "parent",
]  # fmt: skip
Choices: TypeAlias = Mapping[str, Sequence[Choice]]
"""The options or statuses of an object's attributes by their slugs, archived ones included."""


class SchemaChange(Struct, frozen=True):
    """One change: ``kind`` says which, ``object`` and ``attribute`` are slugs.

    ``kind`` is create_object, create_list, create_attribute, add_option, add_status or set_default.
    ``object`` is ``lists/`` and a slug for a list, ``attribute`` empty where the change is of the
    object itself. ``before`` is what the workspace has (``None``: nothing), ``after`` what it will
    have: an ``ObjectSchema``, ``AttributeSchema`` or ``Choice``, whose id is empty where Attio has
    still to make it. ``request`` is what is sent.
    """

    kind: ChangeKind
    object: str
    attribute: str
    before: ObjectSchema | AttributeSchema | Choice | None
    after: ObjectSchema | AttributeSchema | Choice
    request: PlannedRequest

    def __str__(self) -> str:
        after = self.after
        if isinstance(after, ObjectSchema):
            names = after.singular if after.kind == "lists" else f"{after.singular}, {after.plural}"
            of = f" of {after.parents[0]}" if after.parents else ""
            return f"+ {self.object}: {names}{of}"
        if isinstance(after, Choice):
            word = "status" if self.kind == "add_status" else "option"
            return f"+ {self.object}.{self.attribute}: {word} {after.title!r}"
        if self.kind == "set_default":
            return f"~ {self.object}.{self.attribute}: default {after.default_value!r}"
        return f"+ {self.object}.{self.attribute}: {_described(after)}"


def _described(attribute: AttributeSchema) -> str:
    said = [f"several {attribute.type}" if attribute.is_multi else attribute.type]
    if attribute.currency:
        said[0] += f" in {attribute.currency}"
    if attribute.allowed_objects:
        said[0] += f" to {' or '.join(attribute.allowed_objects)}"
    if attribute.relationship:
        said.append(f"and back as {'.'.join(attribute.relationship)}")
    said += ["required"] * attribute.is_required + ["unique"] * attribute.is_unique
    return ", ".join(said)


class SchemaDifference(Struct, frozen=True):
    """What is there and is not as declared; it stays as it is, and the plan names it."""

    kind: DifferenceKind
    object: str
    attribute: str
    message: str

    def __str__(self) -> str:
        return f"! {self.object}.{self.attribute}: {self.message}"


class SchemaPlan(Sequence[SchemaChange]):
    """The changes that make a workspace have what models declare, in the order they are sent.

    ``differences`` are what is there and differs, which ``apply()`` leaves as it is; ``str()`` is
    a line for each of both.
    """

    def __init__(
        self, changes: Iterable[SchemaChange] = (), differences: Iterable[SchemaDifference] = ()
    ) -> None:
        self._changes = tuple(changes)
        self.differences = tuple(differences)

    @overload
    def __getitem__(self, index: int) -> SchemaChange: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SchemaChange]: ...
    def __getitem__(self, index: int | slice) -> SchemaChange | Sequence[SchemaChange]:
        return self._changes[index]

    def __len__(self) -> int:
        return len(self._changes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SchemaPlan):
            return NotImplemented
        return (self._changes, self.differences) == (other._changes, other.differences)

    __hash__ = None  # type: ignore[assignment]  # what changes hold cannot be hashed

    def __str__(self) -> str:
        return "\n".join(map(str, (*self._changes, *self.differences))) or "(nothing to change)"

    def __repr__(self) -> str:
        return f"<SchemaPlan of {len(self)} changes>\n{self}"


class Planned(Struct, frozen=True):
    """A plan, and what no plan can be made of, with its reason."""

    plan: SchemaPlan
    problems: Sequence[Problem] = ()


def place_of(kind: Kind, slug: str) -> str:
    """The slug of an object, or ``lists/`` and that of a list."""
    return slug if kind == "objects" else f"{LISTS}{slug}"


def plan(
    declared: Sequence[DeclaredObject],
    known: Mapping[str, ObjectSchema],
    choices: Mapping[str, Choices],
) -> Planned:
    """What the workspace lacks; ``known`` and ``choices`` are by place, as far as they are there.

    Objects come first, as references among them may go either way, then attributes with their
    options in the order of the declaration.
    """
    there = dict(known)
    homes: list[SchemaChange] = []
    problems: list[Problem] = []
    for each in declared:
        place = place_of(each.kind, each.slug)
        if place in there:
            continue
        if each.kind == "lists" and not each.parents:
            said = "does not say what its entries are about: declare it with parent=Company, for "
            problems.append(Problem(each.where, f"{said}one."))
            continue
        home = _home(each)
        homes.append(home)
        assert isinstance(home.after, ObjectSchema)
        there[place] = home.after
    sides = _other_sides(declared, there)
    held: dict[str, dict[str, Sequence[Choice]]] = {}
    changes: list[SchemaChange] = []
    differences: list[SchemaDifference] = []
    for each in declared:
        place = place_of(each.kind, each.slug)
        owner = there.get(place)
        if owner is None:
            continue
        own = {slug for of, slug in sides if of == place}
        titles = held.setdefault(place, dict(choices.get(place, {})))
        found, differing = changes_of(each, owner, titles, made_by_others=own)
        there[place] = _with(owner, titles, found)  # another class may be about the same
        changes += found
        differences += differing
    return Planned(SchemaPlan([*homes, *changes], differences), problems)


def _with(
    owner: ObjectSchema, titles: dict[str, Sequence[Choice]], changes: Iterable[SchemaChange]
) -> ObjectSchema:
    """What an object or list will be; ``titles`` gets what its attributes will list."""
    made: dict[str, AttributeSchema] = {}
    for change in changes:
        if isinstance(change.after, AttributeSchema):
            made[change.attribute] = change.after
            titles.setdefault(change.attribute, ())
        elif isinstance(change.after, Choice):
            titles[change.attribute] = [*titles.get(change.attribute, ()), change.after]
    return replace(owner, attributes={**owner.attributes, **made})


def _other_sides(
    declared: Sequence[DeclaredObject], there: Mapping[str, ObjectSchema]
) -> set[tuple[str, str]]:
    """The attributes, by place and slug, that come with the pairs which others declare."""
    found: set[tuple[str, str]] = set()
    for each in declared:
        place = place_of(each.kind, each.slug)
        owner = there.get(place)
        known: Collection[str] = () if owner is None else owner.attributes
        for attribute in each.attributes:
            pair = attribute.pair
            # of a pair that both sides declare, the first makes both
            is_new = attribute.slug not in known and (place, attribute.slug) not in found
            if pair is not None and is_new:
                found.add((pair.object, pair.attribute))
    return found


def other_side(
    attribute: AttributeSchema, place: str, *, id: str = "", title: str = "", is_multi: bool = False
) -> AttributeSchema | None:
    """The other attribute of a pair, as Attio makes it with the first; ``None`` where none is."""
    if attribute.relationship is None:
        return None
    slug = attribute.relationship[1]
    return AttributeSchema(
        id, slug, title or titled(slug), "record-reference", is_multi=is_multi,
        allowed_objects=(place,), relationship=(place, attribute.slug),
    )  # fmt: skip


def _home(declared: DeclaredObject) -> SchemaChange:
    place = place_of(declared.kind, declared.slug)
    parents = declared.parents[:1]
    after = ObjectSchema(
        "", declared.slug, declared.singular, declared.plural, kind=declared.kind, parents=parents
    )
    if declared.kind == "objects":
        return SchemaChange(
            "create_object", place, "", None, after,
            object_request(declared.slug, declared.singular, declared.plural),
        )  # fmt: skip
    return SchemaChange(
        "create_list", place, "", None, after,
        list_request(declared.slug, declared.singular, parents[0], "full-access", ()),
    )  # fmt: skip


def object_request(slug: str, singular: str, plural: str) -> PlannedRequest:
    """What makes an object."""
    sent = {"api_slug": slug, "singular_noun": singular, "plural_noun": plural}
    return _post(path("objects"), sent)


def list_request(
    slug: str, name: str, parent: str, access: str | None, members: Sequence[Mapping[str, str]]
) -> PlannedRequest:
    """What makes a list."""
    sent = {
        "name": name,
        "api_slug": slug,
        "parent_object": parent,
        "workspace_access": access,
        "workspace_member_access": list(members),
    }
    return _post(path("lists"), sent)


def _post(where: str, sent: Mapping[str, Any]) -> PlannedRequest:
    return PlannedRequest("POST", where, json={"data": dict(sent)}, purpose="write")


def changes_of(
    declared: DeclaredObject,
    known: ObjectSchema,
    choices: Choices,
    *,
    made_by_others: Collection[str] = (),
) -> tuple[list[SchemaChange], list[SchemaDifference]]:
    """What one object or list lacks, and what it has otherwise than declared.

    ``choices`` are by slug, of the attributes that declare some and are there.
    The slugs that are ``made_by_others`` come with the other side of their pair.
    """
    place = place_of(known.kind, known.slug)
    by_id = {each.id: each for each in known.attributes.values() if each.id}
    changes: list[SchemaChange] = []
    differences: list[SchemaDifference] = []
    if declared.parents and known.parents and not set(declared.parents) & set(known.parents):
        said = (
            f"its entries are about {' or '.join(known.parents)}, and {declared.where} says "
            f"{' or '.join(declared.parents)}, which Attio cannot change"
        )
        differences.append(SchemaDifference("parent", place, PARENT, said))
    for each in declared.attributes:
        if each.slug == PARENT and known.kind == "lists":  # each entry of a list has it
            continue
        there = by_id.get(each.id or "") or known.attributes.get(each.slug)
        if there is None:
            if each.slug not in made_by_others:
                changes += _new(each, known)
            continue
        found = list(_differences(each, there))
        titles = choices.get(there.slug)  # where they were not read, nothing can be lacking
        if titles is not None and not there.is_archived and there.type == each.type:
            found += _archived_titles(each, titles)
            taken = {choice.title for choice in titles}
            lacking = [title for title in dict.fromkeys(each.options) if title not in taken]
            changes += [choice_change(known, there.slug, there.type, title) for title in lacking]
        differences += [SchemaDifference(kind, place, there.slug, said) for kind, said in found]
    return changes, differences


def _new(declared: DeclaredAttribute, owner: ObjectSchema) -> list[SchemaChange]:
    """An attribute with its options, and then what can only be said when these are there."""
    place = place_of(owner.kind, owner.slug)
    has_titles = declared.default is not None and bool(declared.options)
    config: dict[str, Any] = {}
    currency = (declared.currency or "USD") if declared.type == "currency" else None
    if currency is not None:
        config["currency"] = {
            "default_currency_code": currency, "display_type": declared.display,
        }  # fmt: skip
    if declared.allowed_objects:
        config["record_reference"] = {"allowed_objects": list(declared.allowed_objects)}
    sent: dict[str, Any] = {
        "title": declared.title,
        "description": declared.description,
        "api_slug": declared.slug,
        "type": declared.type,
        "is_required": declared.is_required,
        "is_unique": declared.is_unique,
        "is_multiselect": declared.is_multi,
        "config": config,
    }
    pair = declared.pair
    if pair is not None:
        sent["relationship"] = {
            "object": pair.object,
            "title": titled(pair.attribute),
            "api_slug": pair.attribute,
            "is_multiselect": pair.is_multi,
        }
    if declared.default is not None and not has_titles:
        sent["default_value"] = dict(declared.default)
    after = AttributeSchema(
        "", declared.slug, declared.title, declared.type, declared.is_multi, declared.is_required,
        declared.is_unique, allowed_objects=declared.allowed_objects, currency=currency,
        default_value=declared.default,
        relationship=None if pair is None else (pair.object, pair.attribute),
        description=declared.description,
        display=None if currency is None else declared.display,
    )  # fmt: skip
    made = replace(after, default_value=None) if has_titles else after
    where = path(owner.kind, owner.slug, "attributes")
    changes = [
        SchemaChange("create_attribute", place, declared.slug, None, made, _post(where, sent))
    ]
    changes += [
        choice_change(owner, declared.slug, declared.type, title) for title in declared.options
    ]
    if has_titles:
        sent = {"default_value": dict(declared.default or {})}
        request = PlannedRequest(
            "PATCH", f"{where}/{declared.slug}", json={"data": sent}, purpose="write"
        )
        changes.append(SchemaChange("set_default", place, declared.slug, made, after, request))
    return changes


def choice_change(
    owner: ObjectSchema,
    attribute: str,
    type: str,
    title: str,
    *,
    celebrate: bool = False,
    target: str | None = None,
) -> SchemaChange:
    """A new option, or a new status."""
    is_status = type == "status"
    sent: dict[str, Any] = {"title": title}
    if celebrate:
        sent["celebration_enabled"] = True
    if target is not None:
        sent["target_time_in_status"] = target
    where = path(
        owner.kind, owner.slug, "attributes", attribute, "statuses" if is_status else "options"
    )
    return SchemaChange(
        "add_status" if is_status else "add_option",
        place_of(owner.kind, owner.slug), attribute, None,
        Choice("", title, celebrate=celebrate, target=target), _post(where, sent),
    )  # fmt: skip


def _differences(
    declared: DeclaredAttribute, there: AttributeSchema
) -> Iterable[tuple[DifferenceKind, str]]:
    if there.slug != declared.slug:
        yield "renamed", f"it was {declared.slug!r}, which {declared.where} still says: change that"
    if there.is_archived:
        yield "archived", f"it is archived: restore it, or leave {declared.where} out"
        return
    if there.type != declared.type:
        yield "retyped", f"it is of type {there.type}, and {declared.where} says {declared.type}"
        return
    if there.is_multi != declared.is_multi:
        says = "one and the class says several" if declared.is_multi else "several, the class one"
        yield "cardinality", f"it holds {says}, which Attio cannot change"
    if declared.is_required and not there.is_required:
        yield "required", f"it is not required, and {declared.where} says so"
    if declared.is_unique and not there.is_unique:
        yield "unique", f"it is not unique, and {declared.where} says so"
    if declared.currency and there.currency and declared.currency != there.currency:
        yield (
            "currency",
            f"it keeps {there.currency}, and {declared.where} says {declared.currency}",
        )
    allowed = there.allowed_objects
    missing = [each for each in declared.allowed_objects if allowed and each not in allowed]
    if missing:
        yield "targets", f"it refers to {' or '.join(allowed)} alone, not to {' or '.join(missing)}"
    pair = declared.pair
    if pair is not None and there.relationship != (pair.object, pair.attribute):
        yield (
            "pair",
            (
                f"{pair.object}.{pair.attribute} is not its other side, and Attio makes pairs of "
                f"new attributes alone"
            ),
        )


def _archived_titles(
    declared: DeclaredAttribute, choices: Sequence[Choice]
) -> Iterable[tuple[DifferenceKind, str]]:
    active = {choice.title for choice in choices if not choice.is_archived}
    for choice in choices:
        if choice.is_archived and choice.title in declared.options and choice.title not in active:
            yield "option", f"{choice.title!r} is archived: restore it, or leave it out"
