"""Search over names, domains, e-mail addresses, phone numbers and social handles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_sandbox.records.documents import decode_document
from attio_sandbox.schema import Attribute, Object, Schema
from attio_sandbox.storage import Database
from attio_sandbox.values import TYPES
from attio_sandbox.values.base import members
from attio_sandbox.values.phones import clean_phone

# facts.md 6; of other objects the label alone.
_SEARCHED = {
    "people": (
        "name", "email_addresses", "phone_numbers", "angellist", "facebook", "instagram",
        "linkedin", "twitter",
    ),
    "companies": (
        "name", "domains", "angellist", "facebook", "instagram", "linkedin", "twitter",
    ),
}  # fmt: skip
_LISTED = {
    "people": (("email_addresses", "email_address"), ("phone_numbers", "phone_number")),
    "companies": (("domains", "domain"),),
}


def search(
    database: Database,
    schema: Schema,
    objects: Sequence[Object],
    query: str,
    limit: int,
    *,
    until: str | None = None,
) -> list[dict[str, Any]]:
    """Give the records that have each word of `query` somewhere, best first.

    Words match anywhere and in any case; a name that is or starts with the query comes first.
    An empty query gives the newest records; records made after `until` are not found yet. Nothing
    here is fuzzy, unlike Attio's own search.
    """
    found: list[tuple[int, str, dict[str, Any]]] = []
    whole = " ".join(query.casefold().split())
    for object_ in objects:
        for key, created, data in _rows(database, object_, whole, limit, until):
            result = _result(schema, object_, key, data)
            text = result["record_text"].casefold()
            rank = 0 if text == whole else 1 if text.startswith(whole) else 2
            found.append((rank, created, result))
    # By rank, and within it the newest first: sorting is stable.
    found.sort(key=lambda item: item[1], reverse=True)
    found.sort(key=lambda item: item[0])
    return [result for _, _, result in found[:limit]]


def _rows(
    database: Database, object_: Object, whole: str, limit: int, until: str | None
) -> list[tuple[str, str, bytes]]:
    attributes = _attributes(object_)
    numbers = ", ".join(str(attribute.num) for attribute in attributes)
    sql = "SELECT r.id, r.created_at, r.doc FROM records r WHERE r.object = ?"
    values: list[Any] = [object_.num]
    if until is not None:
        sql += " AND r.created_at <= ?"
        values.append(until)
    # A number is searched as it is stored, without the spaces that people write.
    for word in whole.split():
        sql += (
            " AND r.num IN (SELECT record FROM cells"
            f" WHERE attribute IN ({numbers}) AND (instr(folded, ?) OR instr(folded, ?)))"
        )
        values += [word, clean_phone(word) or word]
    label = object_.label
    # Ranked in SQL as well, as no more than a page is read of each object.
    if whole and label is not None:
        sql += (
            " ORDER BY coalesce((SELECT instr(c.folded, ?) = 0 FROM cells c"
            " WHERE c.record = r.num AND c.attribute = ?"
            " ORDER BY c.position LIMIT 1), 1), r.created_at DESC"
        )
        values += [whole, label.num]
    else:
        sql += " ORDER BY r.created_at DESC"
    return database.rows(f"{sql} LIMIT ?", [*values, limit])


def _attributes(object_: Object) -> list[Attribute]:
    names = _SEARCHED.get(object_.slug)
    if names is None:
        return [] if object_.label is None else [object_.label]
    found = (object_.find(name) for name in names)
    return [attribute for attribute in found if attribute and not attribute.is_archived]


def _result(schema: Schema, object_: Object, key: str, data: bytes) -> dict[str, Any]:
    document = decode_document(data)

    def found(attribute: Attribute | None) -> list[dict[str, Any]]:
        if attribute is None:
            return []
        kind = TYPES[attribute.type]
        return [
            members(kind.render(body, schema)) for _, _, body in document.get(attribute.num, [])
        ]

    labels = found(object_.label)
    text = next(
        (
            labels[0][name]
            for name in ("full_name", "value", "email_address")
            if labels and name in labels[0]
        ),
        "",
    )
    result: dict[str, Any] = {
        "id": {"workspace_id": schema.workspace_id, "object_id": object_.id, "record_id": key},
        "record_text": text,
        "record_image": None,
        "object_slug": object_.slug,
    }
    for slug, member in _LISTED.get(object_.slug, ()):
        result[slug] = [value[member] for value in found(object_.find(slug))]
    return result
