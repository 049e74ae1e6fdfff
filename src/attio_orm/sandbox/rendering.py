"""Records, entries and values as the JSON that Attio sends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from attio_orm.sandbox.documents import decode_document
from attio_orm.sandbox.schema import Attribute, Holder, List, Object, Schema
from attio_orm.sandbox.values.base import Body
from attio_orm.sandbox.values.registry import TYPES

SYSTEM_ACTOR = '{"type":"system","id":null}'
SYSTEM_SLUGS = ("record_id", "created_at", "created_by")

RecordRow = tuple[str, str, int, bytes, str | None]
# The number of a record or entry, then its RecordRow: id, created_at, actor, document, parent's id.
SELECT_ROWS = (
    "SELECT r.num, r.id, r.created_at, r.actor, r.doc, p.id"
    " FROM records r LEFT JOIN records p ON p.num = r.parent"
)


def is_kept_by_row(attribute: Attribute) -> bool:
    """Tell whether the one value is a column of the row: record_id, created_at, created_by."""
    return attribute.is_system and attribute.slug in SYSTEM_SLUGS


def actor_document(schema: Schema, num: int) -> dict[str, str | None]:
    """Give an actor as the API shows it."""
    kind, key = schema.actors[num]
    return {"type": kind, "id": key}


class Renderer(ABC):
    """Renders what one object or list holds; heads and empty arrays are prepared once."""

    def __init__(self, holder: Holder, schema: Schema) -> None:
        """Prepare what is the same for all records or entries."""
        self.schema = schema
        self._actors = {
            num: msgspec.json.encode(actor_document(schema, num)).decode() for num in schema.actors
        }
        # Of each attribute: its number, the text in front of its values, the text for none, and
        # the text behind each value; option and reference bodies need their type to render.
        self._plan = [
            (
                attribute.num,
                f'"{attribute.slug}":[',
                f'"{attribute.slug}":[]',
                f',"attribute_type":"{attribute.type}"}}',
                self._rendering(attribute),
                attribute.slug if is_kept_by_row(attribute) else None,
            )
            for attribute in holder.active
        ]

    @abstractmethod
    def record(self, row: RecordRow) -> str:
        """Give the JSON of one record or entry."""

    def _rendering(self, attribute: Attribute) -> Callable[[Body, Schema], str] | None:
        plain = attribute.type not in ("select", "status", "record-reference")
        return None if plain else TYPES[attribute.type].render

    def _values(self, row: RecordRow) -> str:
        key, created, actor, data, _ = row
        document = decode_document(data)
        parts: list[str] = []
        for num, head, empty, tail, render, system in self._plan:
            if system is not None:
                parts.append(f"{head}{self._system_value(system, key, created, actor)}]")
                continue
            values = document.get(num)
            if values is None:
                parts.append(empty)
                continue
            items = ",".join(
                [
                    f'{{"active_from":"{since}","active_until":null,"created_by_actor":'
                    f"{self._actors[by]},{body if render is None else render(body, self.schema)}"
                    f"{tail}"
                    for since, by, body in values
                ]
            )
            parts.append(f"{head}{items}]")
        return ",".join(parts)

    def _system_value(self, slug: str, key: str, created: str, actor: int) -> str:
        if slug == "record_id":
            own = f'"value":"{key}","attribute_type":"text"'
        elif slug == "created_at":
            own = f'"value":"{created}","attribute_type":"timestamp"'
        else:
            kind, by = self.schema.actors[actor]
            own = (
                f'"referenced_actor_type":"{kind}","referenced_actor_id":'
                f"{'null' if by is None else f'''{chr(34)}{by}{chr(34)}'''}"
                ',"attribute_type":"actor-reference"'
            )
        return (
            f'{{"active_from":"{created}","active_until":null,'
            f'"created_by_actor":{SYSTEM_ACTOR},{own}}}'
        )

    def system_value(self, attribute: Attribute, row: RecordRow) -> str:
        """Give the one value of record_id, created_at or created_by."""
        return self._system_value(attribute.slug, *row[:3])

    def value(
        self, attribute: Attribute, since: str, until: str | None, actor: int, body: Body
    ) -> str:
        """Give one value, active or historic."""
        end = "null" if until is None else f'"{until}"'
        own = TYPES[attribute.type].render(body, self.schema)
        return (
            f'{{"active_from":"{since}","active_until":{end},"created_by_actor":'
            f'{self._actors[actor]},{own},"attribute_type":"{attribute.type}"}}'
        )


class _Records(Renderer):
    def __init__(self, object_: Object, schema: Schema) -> None:
        super().__init__(object_, schema)
        self._head = (
            f'{{"id":{{"workspace_id":"{schema.workspace_id}","object_id":"{object_.id}",'
            '"record_id":"'
        )
        slug = schema.meta["slug"]
        self._url = f'"web_url":"https://app.attio.com/{slug}/{object_.url_path}/'

    def record(self, row: RecordRow) -> str:
        key, created, _, _, _ = row
        return (
            f'{self._head}{key}"}},"created_at":"{created}",{self._url}{key}",'
            f'"values":{{{self._values(row)}}}}}'
        )


class _Entries(Renderer):
    def __init__(self, list_: List, schema: Schema) -> None:
        super().__init__(list_, schema)
        self._head = (
            f'{{"id":{{"workspace_id":"{schema.workspace_id}","list_id":"{list_.id}","entry_id":"'
        )
        self._parent = f'"parent_object":"{schema.objects_by_num[list_.parent].slug}"'

    def record(self, row: RecordRow) -> str:
        key, created, _, _, parent = row
        return (
            f'{self._head}{key}"}},"parent_record_id":"{parent}",{self._parent},'
            f'"created_at":"{created}","entry_values":{{{self._values(row)}}}}}'
        )


def renderer(holder: Holder, schema: Schema) -> Renderer:
    """Give the renderer of an object or list, made once for each state of the schema."""
    found: Renderer | None = schema.plans.get(holder.num)
    if found is None:
        if isinstance(holder, List):
            found = _Entries(holder, schema)
        else:
            assert isinstance(holder, Object)
            found = _Records(holder, schema)
        schema.plans[holder.num] = found
    return found


def data_body(items: Iterable[str]) -> bytes:
    """Give the body `{"data":[...]}` of items that are JSON already."""
    return f'{{"data":[{",".join(items)}]}}'.encode()


def one_body(item: str) -> bytes:
    """Give the body `{"data":...}` of an item that is JSON already."""
    return f'{{"data":{item}}}'.encode()


def json_body(value: Any) -> bytes:
    """Give any value as compact JSON."""
    return msgspec.json.encode(value)
