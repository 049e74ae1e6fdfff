"""Names that attributes go by in other libraries: of an id, a relation's id, a part of a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attio_orm.types.base import CODECS
from attio_orm.types.references import REFERENCE

# what the id of a record is called elsewhere
_IDS: Final = frozenset({"pk", "uuid", "guid", "record_id"})

# a name that more attributes could be meant by says too little
_MOST: Final = 3


def meant(name: str, attributes: Mapping[str, str]) -> list[tuple[str, ...]]:
    """The names, one after another, that ``name`` stands for: ``("company", "id")``.

    ``attributes`` are the names that there are, with their types.
    """
    if name in _IDS:
        return [("id",)]
    relation = name.removesuffix("_id")
    if relation != name and attributes.get(relation) == REFERENCE:
        return [(relation, "id")]
    found: list[tuple[str, ...]] = []
    for attribute, kind in attributes.items():
        codec = CODECS.get(kind)
        # since when a value is set, and the name of who set it, is said of many: it names none
        if codec is None or name == "active_from" or name in codec.lookups.looked_up:
            continue
        if name in codec.lookups.parts:
            whole = name == codec.lookups.default
            found.append((attribute,) if whole else (attribute, name))
    return found if len(found) <= _MOST else []
