"""From declared models to a workspace that has what they declare: for the sandbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import inflection

from attio_orm.errors import SchemaDriftWarning
from attio_orm.hydration import PARENT
from attio_orm.models.notices import warn
from attio_orm.models.targets import Target, target_of

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model
    from attio_orm.sandbox import Workspace


def define_models(workspace: Workspace, models: Sequence[type[Model]]) -> None:
    """Make the objects, lists, attributes, options and statuses of models, where they lack.

    Warns of an attribute that is there and is not required or unique, as the class declares it.
    Raises ``ValueError`` where Attio would refuse something.
    """
    for model in models:
        for needed in _needed_models(model):
            _define_home(workspace, needed)
    for model in models:
        target = target_of(model._object)
        found = workspace.look_up(f"/v2/{target.kind}/{target.slug}/attributes")
        known = {each["api_slug"]: each for each in found}
        for attribute in model._attributes.values():
            if attribute.slug == PARENT and target.is_list:
                continue
            there = known.get(attribute.slug)
            if there is None:
                _define_attribute(workspace, target, attribute)
                continue
            if attribute.options and there["type"] == attribute.type:
                workspace.define_choices(
                    target.slug, attribute.slug, attribute.options, target=target.kind
                )
            _compare(model, target, attribute, there)


def _define_home(workspace: Workspace, model: type[Model]) -> None:
    """The object of a model, or its list and that one's parent object."""
    target = target_of(model._object)
    if target.slug in {each["api_slug"] for each in workspace.look_up(f"/v2/{target.kind}")}:
        return
    singular = inflection.titleize(inflection.underscore(model.__name__))
    if not target.is_list:
        workspace.define_object(target.slug, singular, inflection.pluralize(singular))
        return
    parents = model._attributes["parent"].allowed_objects
    if not parents:
        raise ValueError(
            f"{model.__name__} does not say what its entries are about: declare it with "
            f"parent=Company, for one."
        )
    workspace.define_list(target.slug, singular, parents[0])


def _define_attribute(workspace: Workspace, target: Target, attribute: AnyAttribute) -> None:
    titles: Sequence[str] = attribute.options
    workspace.define_attribute(
        target.slug,
        target=target.kind,
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
    model: type[Model], target: Target, attribute: AnyAttribute, there: Mapping[str, Any]
) -> None:
    """Warn where an attribute that is there is not as strict as the class says."""
    for name in ("is_required", "is_unique"):
        if not getattr(attribute, name) or there[name] or model._on_drift == "ignore":
            continue
        word = name.removeprefix("is_")
        change = (
            "It is one of Attio's own, and stays as it is: leave it out of the declaration."
            if there["is_system_attribute"]
            else f'Change it with connection.api.attributes.update("{target.slug}", '
            f'"{attribute.slug}", {name}=True), or leave it out of the declaration.'
        )
        warn(
            f"{model.__name__}.{attribute.name} is declared {word}=True, and in the workspace it "
            f"is not: define() leaves what is there as it is. {change}",
            SchemaDriftWarning,
        )


def _needed_models(model: type[Model]) -> Iterable[type[Model]]:
    from attio_orm.descriptors import Relation

    for attribute in model._attributes.values():
        if isinstance(attribute, Relation):
            yield from attribute.models()
    yield model
