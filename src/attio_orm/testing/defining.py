"""From declared models to a workspace that has what they declare: for the sandbox."""

from __future__ import annotations

from collections.abc import Container, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attio_orm.caller_warnings import warn
from attio_orm.errors import Problem, SchemaDriftWarning, ValidationError
from attio_orm.models.declared import declared_object
from attio_orm.records.base import Record, mapper_of
from attio_orm.schema.answers import read_choice, read_list, read_object, with_attributes
from attio_orm.schema.declared import DeclaredObject
from attio_orm.schema.definitions import Choice, ObjectSchema, kind_and_slug
from attio_orm.schema.planner import SchemaChange, place_of, plan
from attio_orm.schema.refusals import refusals
from attio_orm.testing.defining_activities import define_activity, is_activity
from attio_orm.types.references import ReferenceAttribute
from attio_sandbox.errors import Refusal

if TYPE_CHECKING:
    from attio_sandbox import Workspace


def define_models(workspace: Workspace, models: Sequence[type[Record]]) -> None:
    """Make the objects, lists, attributes, options and statuses of models, where they lack.

    Warns of an attribute that is there and is not required or unique, as the class declares it.
    Raises one ``ValidationError`` for all that Attio would refuse; then nothing is made.
    """
    needed = dict.fromkeys(each for model in models for each in _needed_models(model))
    events = [model for model in needed if is_activity(model)]
    declared = [
        # what others refer to has to be there, and no more of it is asked for
        declared_object(model)
        if model in models
        else replace(declared_object(model), attributes=())
        for model in needed
        if model not in events
    ]
    known, choices = _look_up(workspace, declared)
    planned = plan(declared, known, choices)
    problems: list[Problem] = []
    homes = [change for change in planned.plan if not change.attribute]
    with workspace.setup.together():
        _carry_out(workspace, homes, declared, problems)
        problems += planned.problems
        if not problems:
            rest = [change for change in planned.plan if change.attribute]
            _carry_out(workspace, rest, declared, problems)
            for model in events:
                with _noting(problems, model.__name__, kind_and_slug(mapper_of(model).object)[1]):
                    define_activity(workspace, model, attributes=model in models)
        # what no single write shows, as a pair whose sides disagree; the rest is told already
        told = {each.attribute for each in problems}
        foreseen = refusals(planned, declared, known, choices)
        problems += [each for each in foreseen if each.attribute not in told]
        if problems:
            raise ValidationError(problems)
    differing = {(each.kind, each.object, each.attribute) for each in planned.plan.differences}
    for model in models:
        if model not in events:
            _warn_of(model, differing, known)


def _look_up(
    workspace: Workspace, declared: Iterable[DeclaredObject]
) -> tuple[dict[str, ObjectSchema], dict[str, dict[str, list[Choice]]]]:
    """What there is of what is declared, and the choices of its attributes."""
    objects = [read_object(each) for each in workspace.look_up("/v2/objects")]
    owners = [*objects, *(read_list(each) for each in workspace.look_up("/v2/lists"))]
    by_place = {place_of(each.kind, each.slug): each for each in owners}
    slugs = {each.id: each.slug for each in objects}
    known: dict[str, ObjectSchema] = {}
    choices: dict[str, dict[str, list[Choice]]] = {}
    for each in declared:
        place = place_of(each.kind, each.slug)
        if place not in by_place:
            continue
        where = f"/v2/{each.kind}/{each.slug}/attributes"
        owner = with_attributes(by_place[place], workspace.look_up(where), slugs)
        known[place] = owner
        for attribute in each.attributes:
            there = owner.attributes.get(attribute.slug)
            if there is None or not there.has_choices or not attribute.options:
                continue
            word = "statuses" if there.type == "status" else "options"
            # Archived ones are known as well: another of the same title is refused.
            found = workspace.look_up(
                f"{where}/{there.slug}/{word}", params={"show_archived": "true"}
            )
            choices.setdefault(place, {})[there.slug] = [read_choice(one) for one in found]
    return known, choices


def _carry_out(
    workspace: Workspace,
    changes: Iterable[SchemaChange],
    declared: Iterable[DeclaredObject],
    problems: list[Problem],
) -> None:
    names = _names(declared)
    refused: set[tuple[str, str]] = set()
    for change in changes:
        key = change.object, change.attribute
        if key in refused:  # the options of an attribute that could not be made
            continue
        before = len(problems)
        with _noting(problems, names[key], change.attribute or kind_and_slug(change.object)[1]):
            workspace.setup.write(change.request.method, change.request.path, change.request.json)
        if len(problems) > before:
            refused.add(key)


def _names(declared: Iterable[DeclaredObject]) -> dict[tuple[str, str], str]:
    """What messages call each object and attribute."""
    names: dict[tuple[str, str], str] = {}
    for each in declared:
        place = place_of(each.kind, each.slug)
        names.setdefault((place, ""), each.where)
        for attribute in each.attributes:
            names.setdefault((place, attribute.slug), attribute.where)
    return names


@contextmanager
def _noting(problems: list[Problem], where: str, slug: str) -> Generator[None]:
    """Note what Attio would refuse, and go on: all of it is told at once."""
    try:
        yield
    except ValueError as error:
        refusal, said = error.__cause__, str(error)
        if isinstance(refusal, Refusal):
            said = f"Attio would refuse it: {refusal.explained}"
            if any(issue.path[-1:] == ("api_slug",) for issue in refusal.issues):
                said = (
                    f"{slug!r} is not a valid slug: it takes lower-case letters of ASCII and "
                    f"digits, with single underscores between them."
                )
        problems.append(Problem(where, said))


def _warn_of(
    model: type[Record],
    differing: Container[tuple[str, str, str]],
    known: Mapping[str, ObjectSchema],
) -> None:
    """Warn where an attribute that is there is not as strict as the class says."""
    mapper = mapper_of(model)
    if mapper.on_drift == "ignore":
        return
    kind, slug = kind_and_slug(mapper.object)
    target = 'target="lists", ' if kind == "lists" else ""
    for attribute in mapper.attributes.values():
        for word, is_declared in (
            ("required", attribute.is_required),
            ("unique", attribute.is_unique),
        ):
            # an attribute that is stricter than its declaration does no harm; the rest is drift
            if not is_declared or (word, mapper.object, attribute.slug) not in differing:
                continue
            change = (
                "It is one of Attio's own, and stays as it is: leave it out of the declaration."
                if known[mapper.object].attributes[attribute.slug].is_system
                else f'Change it with connection.api.attributes.update("{slug}", '
                f'"{attribute.slug}", {target}is_{word}=True), or leave it out of the declaration.'
            )
            warn(
                f"{model.__name__}.{attribute.name} is declared {word}=True, and in the workspace "
                f"it is not: define() leaves what is there as it is. {change}",
                SchemaDriftWarning,
            )


def _needed_models(model: type[Record]) -> Iterable[type[Record]]:
    for attribute in mapper_of(model).attributes.values():
        if isinstance(attribute, ReferenceAttribute):
            yield from attribute.models()  # a reference to an object that is not there is refused
    yield model
