"""Records and values as the JSON that Attio sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from attio_orm.sandbox.documents import decode_document
from attio_orm.sandbox.schema import Attribute, Object, Schema
from attio_orm.sandbox.values.base import Body
from attio_orm.sandbox.values.registry import TYPES

SYSTEM_ACTOR = '{"type":"system","id":null}'
SYSTEM_SLUGS = ("record_id", "created_at", "created_by")

RecordRow = tuple[str, str, int, bytes]


def actor_document(schema: Schema, num: int) -> dict[str, str | None]:
    """Give an actor as the API shows it."""
    kind, key = schema.actors[num]
    return {"type": kind, "id": key}


class Renderer:
    """Renders the records of one object, whose heads and empty arrays it prepares once."""

    def __init__(self, object_: Object, schema: Schema) -> None:
        """Prepare what is the same for all records of the object."""
        self.schema = schema
        self.object = object_
        self._head = (
            f'{{"id":{{"workspace_id":"{schema.workspace_id}","object_id":"{object_.id}",'
            '"record_id":"'
        )
        slug = schema.meta["slug"]
        self._url = f'"web_url":"https://app.attio.com/{slug}/{object_.url_path}/'
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
                attribute.slug if attribute.slug in SYSTEM_SLUGS else None,
            )
            for attribute in object_.active
        ]

    def _rendering(self, attribute: Attribute) -> Callable[[Body, Schema], str] | None:
        plain = attribute.type not in ("select", "status", "record-reference")
        return None if plain else TYPES[attribute.type].render

    def record(self, row: RecordRow) -> str:
        """Give the JSON of one record from its id, created_at, actor and document."""
        key, created, actor, data = row
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
        return (
            f'{self._head}{key}"}},"created_at":"{created}",{self._url}{key}",'
            f'"values":{{{",".join(parts)}}}}}'
        )

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


def renderer(object_: Object, schema: Schema) -> Renderer:
    """Give the renderer of an object, made once for each state of the schema."""
    found: Renderer | None = schema.plans.get(object_.num)
    if found is None:
        found = schema.plans[object_.num] = Renderer(object_, schema)
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
