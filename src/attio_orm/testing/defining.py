"""From declared models to a workspace that has what they declare: for the sandbox."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import inflection

from attio_orm.caller_warnings import warn
from attio_orm.conditions.paths import PARENT
from attio_orm.errors import Problem, SchemaDriftWarning, ValidationError
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.rows import RowEndpoint, endpoint_of
from attio_orm.types.base import AnyAttribute
from attio_orm.types.references import ReferenceAttribute
from attio_sandbox.errors import Refusal

if TYPE_CHECKING:
    from attio_sandbox import Workspace


def define_models(workspace: Workspace, models: Sequence[type[Record]]) -> None:
    """Make the objects, lists, attributes, options and statuses of models, where they lack.

    Warns of an attribute that is there and is not required or unique, as the class declares it.
    Raises one ``ValidationError`` for all that Attio would refuse; then nothing is made.
    """
    problems: list[Problem] = []
    with workspace.setup.together():
        # all objects first: references among the models may go either way
        for model in dict.fromkeys(needed for each in models for needed in _needed_models(each)):
            with _noting(problems, model.__name__, endpoint_of(mapper_of(model).object).slug):
                _define_home(workspace, model)
        for model in models if not problems else ():
            _define_attributes(workspace, model, problems)
        if problems:
            raise ValidationError(problems)


def _define_attributes(workspace: Workspace, model: type[Record], problems: list[Problem]) -> None:
    endpoint = endpoint_of(mapper_of(model).object)
    found = workspace.look_up(f"/v2/{endpoint.kind}/{endpoint.slug}/attributes")
    known = {each["api_slug"]: each for each in found}
    for attribute in mapper_of(model).attributes.values():
        if attribute.slug == PARENT and endpoint.is_list:  # each entry of a list has it
            continue
        there = known.get(attribute.slug)
        with _noting(problems, f"{model.__name__}.{attribute.name}", attribute.slug):
            if there is None:
                _define_attribute(workspace, endpoint, attribute)
                continue
            if attribute.options and there["type"] == attribute.type:
                workspace.define_choices(
                    endpoint.slug, attribute.slug, attribute.options, target=endpoint.kind
                )
            _compare(model, endpoint, attribute, there)


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


def _define_home(workspace: Workspace, model: type[Record]) -> None:
    """The object of a model, or its list and that one's parent object."""
    endpoint = endpoint_of(mapper_of(model).object)
    if endpoint.slug in {each["api_slug"] for each in workspace.look_up(f"/v2/{endpoint.kind}")}:
        return
    singular = inflection.titleize(inflection.underscore(model.__name__))
    if endpoint.kind == "activities":
        workspace.define_activity(endpoint.slug, singular, inflection.pluralize(singular))
        return
    if not endpoint.is_list:
        workspace.define_object(endpoint.slug, singular, inflection.pluralize(singular))
        return
    parents = mapper_of(model).attributes["parent"].allowed_objects
    if not parents:
        raise ValueError(
            "does not say what its entries are about: declare it with parent=Company, for one."
        )
    workspace.define_list(endpoint.slug, singular, parents[0])


def _define_attribute(workspace: Workspace, endpoint: RowEndpoint, attribute: AnyAttribute) -> None:
    titles = attribute.options
    workspace.define_attribute(
        endpoint.slug,
        target=endpoint.kind,
        api_slug=attribute.slug,
        title=inflection.titleize(attribute.slug),
        type=attribute.type,
        is_multiselect=attribute.is_multi,
        is_required=attribute.is_required,
        is_unique=attribute.is_unique,
        options=titles if attribute.type == "select" else (),
        statuses=titles if attribute.type == "status" else (),
        allowed_objects=list(attribute.allowed_objects) or None,
        currency=attribute.currency or "USD",
    )


def _compare(
    model: type[Record], endpoint: RowEndpoint, attribute: AnyAttribute, there: Mapping[str, object]
) -> None:
    """Warn where an attribute that is there is not as strict as the class says."""
    for name in ("is_required", "is_unique"):
        # an attribute that is stricter than its declaration does no harm
        if not getattr(attribute, name) or there[name] or mapper_of(model).on_drift == "ignore":
            continue
        word = name.removeprefix("is_")
        change = (
            "It is one of Attio's own, and stays as it is: leave it out of the declaration."
            if there["is_system_attribute"]
            else f'Change it with connection.api.attributes.update("{endpoint.slug}", '
            f'"{attribute.slug}", {name}=True), or leave it out of the declaration.'
        )
        warn(
            f"{model.__name__}.{attribute.name} is declared {word}=True, and in the workspace it "
            f"is not: define() leaves what is there as it is. {change}",
            SchemaDriftWarning,
        )


def _needed_models(model: type[Record]) -> Iterable[type[Record]]:
    for attribute in mapper_of(model).attributes.values():
        if isinstance(attribute, ReferenceAttribute):
            yield from attribute.models()  # a reference to an object that is not there is refused
    yield model
