"""Attributes of an object or a list: list, create, get, update."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from attio_sandbox.bodies import (
    SLUG,
    Anything,
    Flag,
    Listing,
    Nullable,
    OneOf,
    Shape,
    Text,
    Variants,
    wrapped,
)
from attio_sandbox.errors import (
    EMPTY_PAYLOAD,
    Refusal,
    bad_body,
    invalid,
    slug_conflict,
    value_not_found,
)
from attio_sandbox.filters.compiler import PARENT_SLUG
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.rendering import json_body
from attio_sandbox.records.writes import read_values, render_default
from attio_sandbox.requests import Call
from attio_sandbox.schema import Activity, Attribute, Collection, List, Object, Schema
from attio_sandbox.timestamps import is_duration
from attio_sandbox.values import CREATABLE, TYPES

# NTD is not a code of ISO 4217, and one of Attio's (facts.md 3).
_CURRENCIES = """
ARS AUD BRL BGN CAD CLP CNY COP CZK DKK EUR HKD HUF ISK INR ILS JPY KES KRW MYR MXN NTD NZD
NGN NOK XPF PEN PHP PLN GBP RWF SAR SGD ZAR SEK CHF THB AED UYU USD
"""
_CONFIG = Shape(
    {},
    {
        "currency": Shape(
            {
                "default_currency_code": OneOf(*_CURRENCIES.split()),
                "display_type": OneOf("code", "name", "narrowSymbol", "symbol"),
            }
        ),
        "record_reference": Shape({"allowed_objects": Listing(Text(), 1)}),
    },
)
_DEFAULT = Nullable(
    Variants(
        Shape({"type": OneOf("dynamic"), "template": Text()}),
        Shape({"type": OneOf("static"), "template": Listing(Anything())}),
    )
)
_RELATIONSHIP = Nullable(
    Shape(
        {"object": Text(), "title": Text(), "api_slug": SLUG, "is_multiselect": Flag()}, strict=True
    )
)
_CREATE = wrapped(
    Shape(
        {
            "title": Text(),
            "description": Nullable(Text()),
            "api_slug": SLUG,
            "type": OneOf(*TYPES),
            "is_required": Flag(),
            "is_unique": Flag(),
            "is_multiselect": Flag(),
            "config": _CONFIG,
        },
        {"default_value": _DEFAULT, "relationship": _RELATIONSHIP},
        strict=True,
    )
)
_UPDATE = wrapped(
    Shape(
        {},
        {
            "title": Text(),
            "description": Nullable(Text()),
            "api_slug": SLUG,
            "is_required": Flag(),
            "is_unique": Flag(),
            "default_value": _DEFAULT,
            "config": _CONFIG,
            "is_archived": Flag(),
        },
        strict=True,
    )
)
_SAME = ("title", "description", "is_required", "is_unique", "is_archived")
_COLUMNS = {"api_slug": "slug"} | {name: name for name in _SAME}


def attribute_document(attribute: Attribute, changes: Changes) -> dict[str, Any]:
    """Give an attribute as the API shows it."""
    schema = changes.schema
    allowed = [schema.objects_by_num[num].id for num in attribute.allowed]
    return {
        "id": _attribute_id(attribute, schema),
        "title": attribute.title,
        "description": attribute.description,
        "api_slug": attribute.slug,
        "type": attribute.type,
        "is_system_attribute": attribute.is_system,
        "is_writable": attribute.is_writable,
        "is_required": attribute.is_required,
        "is_unique": attribute.is_unique,
        "is_multiselect": attribute.is_multi,
        # The specification: must be true when is_required is true.
        "is_default_value_enabled": attribute.is_required or attribute.default_value is not None,
        "is_archived": attribute.is_archived,
        "default_value": render_default(attribute, changes),
        "relationship": _relationship(attribute, schema),
        "created_at": attribute.created_at,
        "config": {
            "currency": {
                "default_currency_code": attribute.currency,
                "display_type": attribute.display_type,
            },
            "record_reference": {"allowed_object_ids": allowed or None},
        },
    }


def _attribute_id(attribute: Attribute, schema: Schema) -> dict[str, str]:
    return {
        "workspace_id": schema.workspace_id,
        "object_id": attribute.owner_id,
        "attribute_id": attribute.id,
    }


def _relationship(attribute: Attribute, schema: Schema) -> dict[str, Any] | None:
    if attribute.pair is None:
        return None
    other = schema.attributes[attribute.pair]
    return {
        "id": _attribute_id(other, schema),
        "object_slug": schema.objects_by_num[other.owner].slug,
        "title": other.title,
        "api_slug": other.slug,
        "is_multiselect": other.is_multi,
    }


def _tell(call: Call, what: str, attribute: Attribute) -> None:
    kind = call.schema.collection(attribute.owner).noun
    ids = {f"{kind}_id": attribute.owner_id, "attribute_id": attribute.id}
    call.emit(f"{kind}-attribute.{what}", ids)


def _answer(call: Call, attribute: Attribute) -> bytes:
    return json_body({"data": attribute_document(attribute, call.changes())})


def list_attributes(call: Call) -> bytes:
    """Answer GET /v2/{target}/{identifier}/attributes."""
    owner = call.collection
    shown = owner.attributes if call.flag("show_archived") else owner.active
    changes = call.changes()
    return json_body({"data": [attribute_document(a, changes) for a in shown[call.page()]]})


def get_attribute(call: Call) -> bytes:
    """Answer GET /v2/{target}/{identifier}/attributes/{attribute}."""
    return _answer(call, call.collection.attribute(call.names["attribute"]))


def create_attribute(call: Call) -> bytes:
    """Answer POST /v2/{target}/{identifier}/attributes."""
    owner = call.collection
    data = call.checked(_CREATE)["data"]
    _check_flags(owner, data)
    _check_slug(owner, data["api_slug"])
    currency = data["config"].get("currency", {})
    allowed = _allowed(call, data["config"])
    target = _related(call, owner, data, allowed)
    if target is not None:
        allowed = [target.num]
    is_currency = data["type"] == "currency"
    made = call.catalog.attribute(
        owner=owner.num,
        slug=data["api_slug"],
        title=data["title"],
        description=data["description"],
        type=data["type"],
        is_required=data["is_required"],
        is_unique=data["is_unique"],
        is_multi=data["is_multiselect"],
        currency=currency.get("default_currency_code", "USD") if is_currency else None,
        display_type=currency.get("display_type", "symbol") if is_currency else None,
        allowed=allowed,
    )
    _tell(call, "created", made)
    if target is not None:
        relation = data["relationship"]
        other = call.catalog.attribute(
            owner=target.num,
            slug=relation["api_slug"],
            title=relation["title"],
            type="record-reference",
            is_required=False,
            is_unique=False,
            is_multi=relation["is_multiselect"],
            allowed=[owner.num],
        )
        # Both exist before either names the other.
        call.catalog.pair(made.num, other.num)
        _tell(call, "created", other)
    if data.get("default_value") is not None:
        # Checked by the attribute itself, so that it has to be there: a refusal undoes it.
        default = _checked_default(call, made, data["default_value"])
        text = msgspec.json.encode(default).decode()
        call.catalog.change("attributes", made.num, [("default_value", text)])
    return _answer(call, made)


def update_attribute(call: Call) -> bytes:
    """Answer PATCH /v2/{target}/{identifier}/attributes/{attribute}."""
    owner = call.collection
    found = owner.attribute(call.names["attribute"])
    data = call.checked(_UPDATE)["data"]
    if not data:
        raise invalid(EMPTY_PAYLOAD)
    if found.is_system:  # Attio's own, on standard objects and on others
        raise Refusal(400, "system_edit_unauthorized", "Cannot update a System attribute.")
    if data.get("api_slug", found.slug) != found.slug:
        _check_slug(owner, data["api_slug"])
    if data.get("is_unique"):
        _check_unique(owner, found.type)
    columns = [(column, data[name]) for name, column in _COLUMNS.items() if name in data]
    config = data.get("config", {})
    if "currency" in config and found.type == "currency":
        columns.append(("currency", config["currency"]["default_currency_code"]))
        columns.append(("display_type", config["currency"]["display_type"]))
    # What a relationship leads to is the other side's, and stays.
    if "record_reference" in config and found.type == "record-reference" and found.pair is None:
        allowed = msgspec.json.encode(_allowed(call, config)).decode()
        columns.append(("allowed", allowed))
    if "default_value" in data:
        default = _checked_default(call, found, data["default_value"])
        text = None if default is None else msgspec.json.encode(default).decode()
        columns.append(("default_value", text))
    call.catalog.change("attributes", found.num, columns)
    _tell(call, "updated", found)
    return _answer(call, found)


def _is_closed(owner: Collection) -> bool:
    # People and companies: no statuses, no defaults, nothing unique of one's own (facts.md 3).
    return isinstance(owner, Object) and owner.slug in ("people", "companies")


def _check_slug(owner: Collection, slug: str, taken: Iterable[str] = ()) -> None:
    # Filters on entries reach the parent record by that name (facts.md 5.3).
    is_reserved = isinstance(owner, List) and slug == PARENT_SLUG
    if slug in owner.by_name or slug in taken or is_reserved:
        raise slug_conflict(
            "An attribute with the same API slug already exists on this object. "
            "Please choose a different API slug."
        )


def _check_unique(owner: Collection, kind: str) -> None:
    if isinstance(owner, List) or _is_closed(owner) or not TYPES[kind].can_be_unique:
        raise invalid("Cannot set attribute as unique.")


def _check_flags(owner: Collection, data: dict[str, Any]) -> None:
    if data["type"] not in CREATABLE:
        # The enum that Attio names has these two, which nobody makes (facts.md 3 and 16).
        message = f"Attributes of type {data['type']} cannot be created"
        raise bad_body(message, ("data", "type"))
    kind = TYPES[data["type"]]
    if data["is_unique"]:
        _check_unique(owner, kind.name)
    if data["is_multiselect"] and not kind.can_be_multi:
        message = f"Attributes of type {kind.name} cannot be multiselect"
        raise bad_body(message, ("data", "is_multiselect"))
    if kind.name == "status" and _is_closed(owner):
        message = f"Status attributes are not supported on {owner.slug}"
        raise bad_body(message, ("data", "type"))


def _allowed(call: Call, config: dict[str, Any]) -> list[int]:
    found: list[int] = []
    for name in config.get("record_reference", {}).get("allowed_objects", ()):
        target = call.schema.find_object(name)
        if target is None:
            raise value_not_found(f'Object with slug/ID "{name}" not found.')
        found.append(target.num)
    return found


def _related(
    call: Call, owner: Collection, data: dict[str, Any], allowed: list[int]
) -> Object | None:
    """Give the object on the other side of a relationship, where one is asked for."""
    relation = data.get("relationship")
    if relation is None:
        return None
    if data["type"] != "record-reference":
        message = "Only record-reference attributes can have a relationship"
        raise bad_body(message, ("data", "relationship"))
    if isinstance(owner, List | Activity):
        message = f"Attributes of {owner.target} cannot have a relationship"
        raise bad_body(message, ("data", "relationship"))
    target = call.schema.find_object(relation["object"])
    if target is None:
        raise value_not_found(f'Object with slug/ID "{relation["object"]}" not found.')
    if allowed not in ([], [target.num]):
        message = "allowed_objects must contain just the object of the relationship"
        raise bad_body(message, ("data", "config"))
    # Of an object with itself, the two sides need two slugs.
    taken = {data["api_slug"]} if target is owner else set[str]()
    _check_slug(target, relation["api_slug"], taken)
    return target


def _checked_default(call: Call, attribute: Attribute, default: Any) -> Any:
    """Give a default as it is stored: options by their ids, as their titles may change.

    Raises the Refusal of one that the attribute cannot have.
    """
    if default is None:
        return None
    path = ("data", "default_value")
    if _is_closed(call.schema.collection(attribute.owner)):
        raise bad_body("Default values are not supported on people and companies", path)
    if default["type"] == "dynamic":
        template = default["template"]
        fits = (attribute.type == "actor-reference" and template == "current-user") or (
            attribute.type in ("date", "timestamp") and is_duration(template)
        )
        if not fits:
            message = f"Invalid dynamic default for an attribute of type {attribute.type}"
            raise bad_body(message, (*path, "template"))
        return default
    values = read_values(attribute, default["template"], call.changes(), (*path, "template"))
    if attribute.type not in ("select", "status"):
        return default
    options = [
        call.schema.options[value.body][1] for value in values if isinstance(value.body, int)
    ]
    return {"type": "static", "template": [option.id for option in options]}
