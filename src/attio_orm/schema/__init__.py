"""What a workspace has: objects, attributes, options, statuses and members; and its changes."""

from attio_orm.schema.definitions import Choice, Kind, Member, ObjectSchema, View
from attio_orm.schema.editable import Schema
from attio_orm.types.base import AttributeSchema

__all__ = ["AttributeSchema", "Choice", "Kind", "Member", "ObjectSchema", "Schema", "View"]
