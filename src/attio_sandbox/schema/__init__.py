"""What a workspace defines: objects, lists, activities, attributes, members, who has acted."""

from attio_sandbox.schema.catalog import Catalog
from attio_sandbox.schema.definitions import (
    Activity,
    Attribute,
    Collection,
    List,
    Member,
    Object,
    Option,
)
from attio_sandbox.schema.schema import Schema

__all__ = [
    "Activity",
    "Attribute",
    "Catalog",
    "Collection",
    "List",
    "Member",
    "Object",
    "Option",
    "Schema",
]
