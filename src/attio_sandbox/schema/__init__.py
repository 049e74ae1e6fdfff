"""What a workspace defines: objects, lists, attributes, options, members, and who has acted."""

from attio_sandbox.schema.catalog import Catalog
from attio_sandbox.schema.definitions import Attribute, Collection, List, Member, Object, Option
from attio_sandbox.schema.schema import Schema

__all__ = ["Attribute", "Catalog", "Collection", "List", "Member", "Object", "Option", "Schema"]
