"""What a workspace has: objects, attributes, options, statuses and members; and its changes."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from attio_orm.schema.definitions import Choice, Kind, Member, ObjectSchema, View
from attio_orm.schema.editable import Schema
from attio_orm.types.base import AttributeSchema

if TYPE_CHECKING:
    from attio_orm.schema.editors import AttributeEditor, ChoiceEditor, ModelSchema

__all__ = [
    "AttributeEditor", "AttributeSchema", "Choice", "ChoiceEditor", "Kind", "Member",
    "ModelSchema", "ObjectSchema", "Schema", "View",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # most programs never change a workspace
    if name not in ("AttributeEditor", "ChoiceEditor", "ModelSchema"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module("attio_orm.schema.editors"), name)
    return found
