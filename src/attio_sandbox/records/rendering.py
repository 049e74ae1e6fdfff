"""Records, entries and values as the JSON that Attio sends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from attio_sandbox.records.documents import RecordRow, decode_document
from attio_sandbox.schema import Activity, Attribute, Collection, List, Object, Schema
from attio_sandbox.values import TYPES
from attio_sandbox.values.base import Body

# Their bodies are numbers and ids, shown with what they stand for now; all others are JSON.
_RENDERED = ("select", "status", "record-reference")
# Columns of the row of a record, and in no document.
SYSTEM_SLUGS = ("record_id", "created_at", "created_by")


def actor_document(schema: Schema, num: int) -> dict[str, str | None]:
    """Give an actor as the API shows it."""
    kind, key = schema.actors[num]
    return {"type": kind, "id": key}


# By hand and not by an encoder: bodies are JSON already, and a page of 500 records has some 10,000
# values, whose text around them is the same for each attribute.
class Renderer(ABC):
    """Renders what one object, list or activity holds; heads and empty arrays are prepared once."""

    def __init__(self, collection: Collection, schema: Schema) -> None:
        self.schema = schema
        self._actors = {
            num: msgspec.json.encode(actor_document(schema, num)).decode() for num in schema.actors
        }
        # Every attribute is there, empty or not (facts.md 4.0): a record begins with this, and
        # puts what it has in its place.
        self._empty = [f'"{attribute.slug}":[]' for attribute in collection.active]
        # Columns of the row, and in no document: the place, the text in front of the value, which.
        self._system: list[tuple[int, str, str]] = []
        # Of each other attribute by its number: its place, the text in front of its values, and
        # behind each; option and reference bodies need their type to render.
        self._plan: dict[int, tuple[int, str, str, Callable[[Body, Schema], str] | None]] = {}
        for place, attribute in enumerate(collection.active):
            head = f'"{attribute.slug}":['
            if attribute.is_system and attribute.slug in SYSTEM_SLUGS:
                self._system.append((place, head, attribute.slug))
                continue
            tail = f',"attribute_type":"{attribute.type}"}}'
            render = TYPES[attribute.type].render if attribute.type in _RENDERED else None
            self._plan[attribute.num] = place, head, tail, render

    @abstractmethod
    def record(self, row: RecordRow) -> str:
        """Give the JSON of one record or entry."""

    def _values(self, row: RecordRow) -> str:
        key, created, actor, data, _ = row
        parts = self._empty.copy()
        for place, head, slug in self._system:
            parts[place] = f"{head}{self.system_value(slug, key, created, actor)}]"
        for num, values in decode_document(data).items():
            planned = self._plan.get(num)
            if planned is None:
                continue  # archived: kept, and not shown
            place, head, tail, render = planned
            items = ",".join(
                [
                    f'{{"active_from":"{since}","active_until":null,"created_by_actor":'
                    f"{self._actors[by]},{body if render is None else render(body, self.schema)}"
                    f"{tail}"
                    for since, by, body in values
                ]
            )
            parts[place] = f"{head}{items}]"
        return ",".join(parts)

    def system_value(self, slug: str, key: str, created: str, actor: int) -> str:
        """Give the one value of record_id, created_at or created_by, from columns of the row.

        Who made the record made these, as its other first values (facts.md 16).
        """
        if slug == "record_id":
            own = f'"value":"{key}","attribute_type":"text"'
        elif slug == "created_at":
            own = f'"value":"{created}","attribute_type":"timestamp"'
        else:
            kind, by = self.schema.actors[actor]
            shown = "null" if by is None else f'"{by}"'
            own = (
                f'"referenced_actor_type":"{kind}","referenced_actor_id":{shown},'
                '"attribute_type":"actor-reference"'
            )
        return (
            f'{{"active_from":"{created}","active_until":null,'
            f'"created_by_actor":{self._actors[actor]},{own}}}'
        )

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


class _ActivityRecords(Renderer):
    def __init__(self, activity: Activity, schema: Schema) -> None:
        super().__init__(activity, schema)
        self._head = (
            f'{{"id":{{"workspace_id":"{schema.workspace_id}","activity_id":"{activity.id}",'
            '"record_id":"'
        )

    def record(self, row: RecordRow) -> str:
        key, created, _, _, _ = row
        # They have no web address (facts.md 2.4).
        return f'{self._head}{key}"}},"created_at":"{created}","values":{{{self._values(row)}}}}}'


def renderer(collection: Collection, schema: Schema) -> Renderer:
    """Give the renderer of a collection, made once for each state of the schema."""

    def make() -> Renderer:
        if isinstance(collection, List):
            return _Entries(collection, schema)
        if isinstance(collection, Activity):
            return _ActivityRecords(collection, schema)
        assert isinstance(collection, Object)
        return _Records(collection, schema)

    return schema.cached((Renderer, collection.num), make)


def data_body(items: Iterable[str]) -> bytes:
    """Give the body `{"data":[...]}` of items that are JSON already."""
    return f'{{"data":[{",".join(items)}]}}'.encode()


def one_body(item: str) -> bytes:
    """Give the body `{"data":...}` of an item that is JSON already."""
    return f'{{"data":{item}}}'.encode()


def json_body(value: Any) -> bytes:
    """Give any value as compact JSON."""
    return msgspec.json.encode(value)
