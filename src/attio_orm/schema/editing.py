"""Operations that change what a workspace has: objects, lists, and all that models declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from attio_orm.api import objects
from attio_orm.effects import Operation
from attio_orm.errors import APIError, SchemaChangeError, TransportError, ValidationError
from attio_orm.keywords import UNSET, Unset
from attio_orm.schema.answers import read_list, read_object
from attio_orm.schema.declared import DeclaredObject
from attio_orm.schema.definitions import LISTS, ObjectSchema
from attio_orm.schema.planner import (
    SchemaChange,
    SchemaPlan,
    list_request,
    object_request,
    place_of,
    plan,
)
from attio_orm.schema.refusals import STANDARD, of_slug, refusals
from attio_orm.schema.sending import carry_out, patch_home
from attio_orm.schema.workspace import KnownSchema
from attio_orm.transport.dry_run import dry_run_of

Access: TypeAlias = Literal["full-access", "read-and-write", "read-only"]
_ACCESS: tuple[str, ...] = ("full-access", "read-and-write", "read-only")


def create_object(
    schema: KnownSchema, slug: str, singular: str, plural: str
) -> Operation[ObjectSchema]:
    """Make an object."""
    _check_slug(slug)
    if slug in STANDARD:
        raise ValidationError(
            f'"{slug}" is a standard object of Attio: activate it in Attio\'s settings, under '
            f"Objects (the API cannot)."
        )
    after = ObjectSchema("", slug, singular, plural)
    request = object_request(slug, singular, plural)
    answer = yield from carry_out(
        schema, SchemaChange("create_object", slug, "", None, after, request)
    )
    return after if answer is None else read_object(answer)


def update_object(
    schema: KnownSchema, slug: str, new_slug: str | None, singular: str | None, plural: str | None
) -> Operation[None]:
    """Change the slug or the nouns of an object."""
    owner = yield from schema.ensure(slug)
    given = {"api_slug": new_slug, "singular_noun": singular, "plural_noun": plural}
    sent = {name: value for name, value in given.items() if value is not None}
    _check_given(sent, slug)
    if new_slug is not None:
        _check_slug(new_slug)
    yield from patch_home(schema, owner, sent)


def delete_object(schema: KnownSchema, slug: str, confirm: str) -> Operation[None]:
    """Delete an object with all its records."""
    if confirm != slug:
        raise ValidationError(
            f"This deletes the object {slug!r} with all its records, for good: say so with "
            f"confirm={slug!r}, not {confirm!r}."
        )
    if slug in STANDARD:
        raise ValidationError(
            f'"{slug}" is a standard object of Attio, which the API does not delete: deactivate it '
            f"in Attio's settings, under Objects."
        )
    yield from objects.delete(schema.transport, slug)
    if not _is_dry(schema):
        schema.forget()  # references and pairs of others are gone as well


def create_list(
    schema: KnownSchema,
    slug: str,
    name: str,
    parent: str | type[Any],
    access: str | None,
    members: Mapping[str, str],
) -> Operation[ObjectSchema]:
    """Make a list of the records of one object."""
    _check_slug(slug)
    of = parent if isinstance(parent, str) else schema.declarations.place_of(parent)
    if of.startswith(LISTS):
        raise ValidationError(f"The parent of a list is an object, and {of!r} is a list.")
    shared = yield from _members(schema, access, members)
    if access != "full-access" and all(each["level"] != "full-access" for each in shared):
        raise ValidationError(
            'Somebody has to have full access to a list: access="full-access", or '
            'members={"ada@acme.com": "full-access"}.'
        )
    after = ObjectSchema("", slug, name, name, kind="lists", parents=(of,))
    request = list_request(slug, name, of, access, shared)
    change = SchemaChange("create_list", f"{LISTS}{slug}", "", None, after, request)
    answer = yield from carry_out(schema, change)
    return after if answer is None else read_list(answer)


def update_list(
    schema: KnownSchema,
    slug: str,
    name: str | None,
    new_slug: str | None,
    access: str | Unset | None,
    members: Mapping[str, str] | Unset,
) -> Operation[None]:
    """Change the name, the slug or the access of a list."""
    owner = yield from schema.ensure(slug, kind="lists")
    given = {"name": name, "api_slug": new_slug}
    sent: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if new_slug is not None:
        _check_slug(new_slug)
    shared = yield from _members(
        schema, None if isinstance(access, Unset) else access,
        {} if isinstance(members, Unset) else members,
    )  # fmt: skip
    if access is not UNSET:
        sent["workspace_access"] = access
    if members is not UNSET:
        sent["workspace_member_access"] = shared
    _check_given(sent, slug)
    yield from patch_home(schema, owner, sent)


def _check_given(sent: Mapping[str, object], slug: str) -> None:
    if not sent:
        raise ValidationError(f"Say what is to change of {slug!r}.")


def _check_slug(slug: str) -> None:
    for problem in of_slug(slug):
        raise ValidationError(problem)


def _is_dry(schema: KnownSchema) -> bool:
    return dry_run_of(schema.transport.sender) is not None


def _members(
    schema: KnownSchema, access: str | None, members: Mapping[str, str]
) -> Operation[list[dict[str, str]]]:
    """Who has access, by id; e-mail addresses are looked up among the members."""
    for level in (access, *members.values()):
        if level is not None and level not in _ACCESS:
            raise ValidationError(f"Access is one of {', '.join(_ACCESS)}, not {level!r}.")
    if any("@" in each for each in members):
        yield from schema.members()
        unknown = [each for each in members if "@" in each and not schema.member_by_email(each)]
        if unknown and (yield from schema.look_for_members()):
            unknown = [each for each in unknown if not schema.member_by_email(each)]
        if unknown:
            raise ValidationError(
                f"{', '.join(unknown)}: not a member of the workspace. Invite them in Attio, or "
                f"leave them out."
            )
    found: list[dict[str, str]] = []
    for each, level in members.items():
        member = schema.member_by_email(each) if "@" in each else None
        found.append({"workspace_member_id": member.id if member else each, "level": level})
    return found


# -- what models declare --------------------------------------------------------------------------


def apply(
    schema: KnownSchema, models: Iterable[type[Any]], *, only_plan: bool
) -> Operation[SchemaPlan]:
    """Make what the models declare and the workspace lacks; the plan of it."""
    declared = [schema.declarations.declared(model) for model in dict.fromkeys(models)]
    if not declared:
        raise ValidationError("Name the models to apply: connection.schema.apply(Deal, Project).")
    wanted: dict[str, list[str]] = {}
    for each in declared:  # several classes may be about one object
        titled = wanted.setdefault(place_of(each.kind, each.slug), [])
        titled += [attribute.slug for attribute in each.attributes if attribute.options]
    # what was read an hour ago may be wrong by now
    for is_last in (False, True):
        known, choices = yield from schema.read_anew(wanted, wanted)
        there = yield from read_targets(schema, declared, known)
        planned = plan(declared, there, choices)
        problems = refusals(planned, declared, there, choices)
        if not problems:
            break
        # once more: while it was read, somebody else may have made half of the same
        if is_last:
            raise ValidationError(problems)
    if not only_plan:
        yield from carry_out_all(schema, planned.plan)
    return planned.plan


def read_targets(
    schema: KnownSchema, declared: Sequence[DeclaredObject], known: Mapping[str, ObjectSchema]
) -> Operation[dict[str, ObjectSchema]]:
    """Beside what is known the objects that new attributes and lists refer to.

    Those of pairs with their attributes, of the others only that they are there.
    """
    there = dict(known)
    pairs: dict[str, None] = {}
    for each in declared:
        owner = there.get(place_of(each.kind, each.slug))
        for attribute in each.attributes:
            is_new = owner is None or attribute.slug not in owner.attributes
            if attribute.pair is not None and attribute.pair.object and is_new:
                pairs[attribute.pair.object] = None
    lacking = [each for each in pairs if each not in there]
    there.update((yield from schema.ensure_many(lacking)))
    for owner in (yield from schema.listed("objects")).values():
        there.setdefault(owner.slug, owner)
    return there


def carry_out_all(
    schema: KnownSchema, changes: Sequence[SchemaChange], *, first_raises: bool = False
) -> Operation[None]:
    """Send changes one after the other, in their order.

    Raises ``SchemaChangeError`` where one fails; where ``first_raises`` and nothing was done yet,
    the error itself.
    """
    for at, change in enumerate(changes):
        try:
            yield from carry_out(schema, change, takes_what_is_there=not first_raises)
        except (APIError, TransportError) as error:
            if first_raises and not at:
                raise
            done, left = changes[:at], changes[at + 1 :]
            raise SchemaChangeError(
                f"{at} of {len(changes)} changes are done, and this one failed: {change}: {error} "
                f"What was done stays; apply it again, and what is missing by then is made.",
                done=done, failed=change, left=left,
            ) from error  # fmt: skip


def of_kind(
    schema: KnownSchema, kind: Literal["objects", "lists"]
) -> Operation[list[ObjectSchema]]:
    """All objects, or all lists, with their attributes."""
    listed = yield from schema.listed(kind)
    found = yield from schema.ensure_many(listed, kind=kind)
    return list(found.values())
