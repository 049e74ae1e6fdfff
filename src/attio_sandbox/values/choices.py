"""Select options and statuses."""

from __future__ import annotations

from typing import Any

from attio_sandbox.errors import bad_value, value_not_found
from attio_sandbox.schema import Attribute, Option, Schema
from attio_sandbox.values.base import (
    EQ,
    SINCE,
    Body,
    Cells,
    Lookups,
    Property,
    Stored,
    ValueType,
    fragment,
    named,
    unwrap_text,
)


def option_document(attribute: Attribute, option: Option, schema: Schema) -> dict[str, Any]:
    """Give an option or a status as the API shows it."""
    document: dict[str, Any] = {
        "id": {
            "workspace_id": schema.workspace_id,
            "object_id": attribute.owner_id,  # of a list it is called so too (facts.md 0)
            "attribute_id": attribute.id,
            "status_id" if attribute.type == "status" else "option_id": option.id,
        },
        "title": option.title,
        "is_archived": option.is_archived,
    }
    if attribute.type == "status":
        document["target_time_in_status"] = option.target_time
        document["celebration_enabled"] = option.celebration
    return document


class ChoiceType(ValueType):
    """What select and status share: the body is the number of the option."""

    member: str

    def read(self, raw: Any, attribute: Attribute, lookups: Lookups) -> Stored | None:
        """Take a title or UUID, bare or under the type's own member; archived ones are unknown."""
        text = unwrap_text(raw, self.member, attribute)
        if not text:
            message = "String must contain at least 1 character(s)"
            raise bad_value(attribute.slug, message, self.member, code="too_small")
        # Never made on the way: an unknown title is a mistake (facts.md 4.1).
        option = attribute.find_option(text, archived=False)
        if option is None:
            raise value_not_found(unknown_option(attribute, text))
        # The time of entry is what filters on `active_from` compare.
        return Stored(option.num, option.num, Cells(number=option.num, s1=lookups.now))

    def render(self, body: Body, schema: Schema) -> str:
        """Give the option as it is now, as its title may have changed since."""
        assert isinstance(body, int)
        attribute, option = schema.options[body]
        return fragment(**{self.member: option_document(attribute, option, schema)})


def unknown_option(attribute: Attribute, title: str) -> str:
    """Give Attio's message for an option or status that there is none of."""
    if attribute.type == "status":
        return f'Cannot find status attribute with status option title "{title}".'
    return f'Cannot find select attribute with select option title "{title}".'


class SelectType(ChoiceType):
    """One or several of the attribute's options."""

    name = "select"
    member = "option"
    default = "option"
    properties = named(
        option=Property("number", "option", EQ), active_from=Property("s1", "since", SINCE)
    )
    can_be_multi = True


class StatusType(ChoiceType):
    """One of the attribute's statuses."""

    name = "status"
    member = "status"
    default = "status"
    properties = named(
        status=Property("number", "option", EQ), active_from=Property("s1", "since", SINCE)
    )
