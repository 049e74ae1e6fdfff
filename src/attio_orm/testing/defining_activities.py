"""Activities of a sandbox, with their attributes: Attio's API has no way to make the latter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import inflection

from attio_orm.records.base import Record, mapper_of
from attio_orm.schema.definitions import kind_and_slug

if TYPE_CHECKING:
    from attio_sandbox import Workspace


def is_activity(model: type[Record]) -> bool:
    """Whether a model stands for an activity."""
    return kind_and_slug(mapper_of(model).object)[0] == "activities"


def define_activity(workspace: Workspace, model: type[Record], *, attributes: bool) -> None:
    """Make the activity of a model where it lacks and, if wanted, the attributes it declares.

    Raises ``ValueError`` where Attio would refuse it.
    """
    _, slug = kind_and_slug(mapper_of(model).object)
    if slug not in {each["api_slug"] for each in workspace.look_up("/v2/activities")}:
        singular = inflection.titleize(inflection.underscore(model.__name__))
        workspace.define_activity(slug, singular, inflection.pluralize(singular))
    if not attributes:
        return
    there = {
        each["api_slug"]: each for each in workspace.look_up(f"/v2/activities/{slug}/attributes")
    }
    for attribute in mapper_of(model).attributes.values():
        known = there.get(attribute.slug)
        if known is not None:
            if attribute.options and known["type"] == attribute.type:
                workspace.define_choices(
                    slug, attribute.slug, attribute.options, target="activities"
                )
            continue
        titles = attribute.options
        workspace.define_attribute(
            slug,
            target="activities",
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
