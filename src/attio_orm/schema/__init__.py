"""What a workspace has: objects, attributes, options, statuses and members, asked for once."""

from attio_orm.schema.records import AttributeSchema, Choice, Kind, Member, ObjectSchema, View
from attio_orm.schema.workspace import Schema

__all__ = ["AttributeSchema", "Choice", "Kind", "Member", "ObjectSchema", "Schema", "View"]
