"""Attributes of an object or a list: list, create, get, update."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from attio_orm.sandbox.bodies import (
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
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.endpoints.holders import holder_of
from attio_orm.sandbox.endpoints.objects import SLUG
from attio_orm.sandbox.errors import (
    BODY_MESSAGE,
    EMPTY_PAYLOAD,
    Issue,
    Refusal,
    invalid,
    slug_conflict,
    value_not_found,
)
from attio_orm.sandbox.filters.compiler import PARENT_SLUG
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.schema import Attribute, Holder, List, Object, Schema
from attio_orm.sandbox.timestamps import is_duration
from attio_orm.sandbox.values.registry import CREATABLE, TYPES
from attio_orm.sandbox.writes import read_values, render_default

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
        {"object": Text(), "title": Text(), "api_slug": SLUG, "is_multiselect": Flag()},
        strict=True,
    )
)
_CREATE = wrapped(
    Shape(
        {
            "title": Text(),
            "description": Nullable(Text()),
            "api_slug": SLUG,
            "type": OneOf(*CREATABLE),
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
_RENAMED = {
    "title": "title",
    "description": "description",
    "api_slug": "slug",
    "is_required": "is_required",
    "is_unique": "is_unique",
    "is_archived": "is_archived",
}


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


def _tell(call: Call, what: str, holder: Holder, key: str) -> None:
    kind = "list" if isinstance(holder, List) else "object"
    call.emit(f"{kind}-attribute.{what}", {f"{kind}_id": holder.id, "attribute_id": key})


def _answer(call: Call, key: str) -> bytes:
    changes = call.changes()
    changes.schema = call.catalog.read()
    found = next(a for a in changes.schema.attributes.values() if a.id == key)
    return json_body({"data": attribute_document(found, changes)})


def list_attributes(call: Call) -> bytes:
    """Answer GET /v2/{target}/{identifier}/attributes."""
    owner = holder_of(call)
    shown = owner.attributes if call.flag("show_archived") else owner.active
    changes = call.changes()
    return json_body({"data": [attribute_document(a, changes) for a in shown[call.page()]]})


def get_attribute(call: Call) -> bytes:
    """Answer GET /v2/{target}/{identifier}/attributes/{attribute}."""
    found = holder_of(call).attribute(call.names["attribute"])
    return json_body({"data": attribute_document(found, call.changes())})


def create_attribute(call: Call) -> bytes:
    """Answer POST /v2/{target}/{identifier}/attributes."""
    owner = holder_of(call)
    data = call.checked(_CREATE)["data"]
    _check_flags(owner, data)
    _check_slug(owner, data["api_slug"])
    currency = data["config"].get("currency", {})
    allowed = _allowed(call, data["config"])
    target = _related(call, owner, data, allowed)
    if target is not None:
        allowed = [target.num]
    is_currency = data["type"] == "currency"
    num, key = call.catalog.attribute(
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
    _tell(call, "created", owner, key)
    if target is not None:
        relation = data["relationship"]
        other, other_key = call.catalog.attribute(
            owner=target.num,
            slug=relation["api_slug"],
            title=relation["title"],
            type="record-reference",
            is_required=False,
            is_unique=False,
            is_multi=relation["is_multiselect"],
            allowed=[owner.num],
        )
        call.catalog.pair(num, other)
        _tell(call, "created", target, other_key)
    if data.get("default_value") is not None:
        schema = call.catalog.read()
        _check_default(call, schema, schema.attributes[num], data["default_value"])
        text = msgspec.json.encode(data["default_value"]).decode()
        call.catalog.change("attributes", num, [("default_value", text)])
    return _answer(call, key)


def update_attribute(call: Call) -> bytes:
    """Answer PATCH /v2/{target}/{identifier}/attributes/{attribute}."""
    owner = holder_of(call)
    found = owner.attribute(call.names["attribute"])
    data = call.checked(_UPDATE)["data"]
    if not data:
        raise invalid(EMPTY_PAYLOAD)
    if found.is_system:
        raise Refusal(400, "system_edit_unauthorized", "Cannot update a System attribute.")
    if data.get("api_slug", found.slug) != found.slug:
        _check_slug(owner, data["api_slug"])
    if data.get("is_unique"):
        _check_unique(owner, found.type)
    columns = [(column, data[name]) for name, column in _RENAMED.items() if name in data]
    config = data.get("config", {})
    if "currency" in config and found.type == "currency":
        columns.append(("currency", config["currency"]["default_currency_code"]))
        columns.append(("display_type", config["currency"]["display_type"]))
    if "record_reference" in config and found.type == "record-reference" and found.pair is None:
        allowed = msgspec.json.encode(_allowed(call, config)).decode()
        columns.append(("allowed", allowed))
    if "default_value" in data:
        default = data["default_value"]
        _check_default(call, call.schema, found, default)
        text = None if default is None else msgspec.json.encode(default).decode()
        columns.append(("default_value", text))
    call.catalog.change("attributes", found.num, columns)
    _tell(call, "updated", owner, found.id)
    return _answer(call, found.id)


def _is_closed(owner: Holder) -> bool:
    """Tell whether it is people or companies, whose attributes can do less."""
    return isinstance(owner, Object) and owner.slug in ("people", "companies")


def _check_slug(owner: Holder, slug: str, taken: Iterable[str] = ()) -> None:
    is_reserved = isinstance(owner, List) and slug == PARENT_SLUG
    if slug in owner.by_name or slug in taken or is_reserved:
        raise slug_conflict(
            "An attribute with the same API slug already exists on this object. "
            "Please choose a different API slug."
        )


def _check_unique(owner: Holder, kind: str) -> None:
    if isinstance(owner, List) or _is_closed(owner) or not TYPES[kind].can_be_unique:
        raise invalid("Cannot set attribute as unique.")


def _check_flags(owner: Holder, data: dict[str, Any]) -> None:
    kind = TYPES[data["type"]]
    if data["is_unique"]:
        _check_unique(owner, kind.name)
    if data["is_multiselect"] and not kind.can_be_multi:
        message = f"Attributes of type {kind.name} cannot be multiselect"
        raise invalid(BODY_MESSAGE, [Issue("invalid", ("data", "is_multiselect"), message)])
    if kind.name == "status" and _is_closed(owner):
        message = f"Status attributes are not supported on {owner.slug}"
        raise invalid(BODY_MESSAGE, [Issue("invalid", ("data", "type"), message)])


def _allowed(call: Call, config: dict[str, Any]) -> list[int]:
    found: list[int] = []
    for name in config.get("record_reference", {}).get("allowed_objects", ()):
        target = call.schema.find_object(name)
        if target is None:
            raise value_not_found(f'Object with slug/ID "{name}" not found.')
        found.append(target.num)
    return found


def _related(call: Call, owner: Holder, data: dict[str, Any], allowed: list[int]) -> Object | None:
    """Give the object on the other side of a relationship, where one is asked for."""
    relation = data.get("relationship")
    if relation is None:
        return None
    if data["type"] != "record-reference":
        message = "Only record-reference attributes can have a relationship"
        raise invalid(BODY_MESSAGE, [Issue("invalid", ("data", "relationship"), message)])
    if isinstance(owner, List):
        message = "Attributes of lists cannot have a relationship"
        raise invalid(BODY_MESSAGE, [Issue("invalid", ("data", "relationship"), message)])
    target = call.schema.find_object(relation["object"])
    if target is None:
        raise value_not_found(f'Object with slug/ID "{relation["object"]}" not found.')
    if allowed not in ([], [target.num]):
        message = "allowed_objects must contain just the object of the relationship"
        raise invalid(BODY_MESSAGE, [Issue("invalid", ("data", "config"), message)])
    taken = {data["api_slug"]} if target is owner else set[str]()
    _check_slug(target, relation["api_slug"], taken)
    return target


def _check_default(call: Call, schema: Schema, attribute: Attribute, default: Any) -> None:
    """Refuse a default that the attribute cannot have, before it is stored."""
    if default is None:
        return
    path = ("data", "default_value")
    if _is_closed(schema.holders[attribute.owner]):
        message = "Default values are not supported on people and companies"
        raise invalid(BODY_MESSAGE, [Issue("invalid", path, message)])
    if default["type"] == "dynamic":
        template = default["template"]
        fits = (attribute.type == "actor-reference" and template == "current-user") or (
            attribute.type in ("date", "timestamp") and is_duration(template)
        )
        if not fits:
            message = f"Invalid dynamic default for an attribute of type {attribute.type}"
            raise invalid(BODY_MESSAGE, [Issue("invalid", (*path, "template"), message)])
        return
    changes = call.changes()
    changes.schema = schema
    try:
        read_values(attribute, default["template"], changes)
    except Refusal as refusal:
        refusal.issues = tuple(
            issue._replace(path=(*path, "template", *issue.path[3:])) for issue in refusal.issues
        )
        raise


def _routes(target: str, scope: str) -> tuple[Route, ...]:
    path = f"/v2/{{target:{target}}}/{{identifier}}/attributes"
    read, write = (f"{scope}:read",), (f"{scope}:read-write",)
    return (
        Route("GET", path, list_attributes, scopes=read),
        Route("POST", path, create_attribute, writes=True, scopes=write),
        Route("GET", f"{path}/{{attribute}}", get_attribute, scopes=read),
        Route("PATCH", f"{path}/{{attribute}}", update_attribute, writes=True, scopes=write),
    )


ROUTES = (*_routes("objects", "object_configuration"), *_routes("lists", "list_configuration"))
