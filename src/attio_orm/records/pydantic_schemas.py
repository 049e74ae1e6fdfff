"""Models for pydantic and FastAPI: records from plain data and as such, and their JSON schema."""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter
from pydantic_core import InitErrorDetails, core_schema
from pydantic_core import ValidationError as Refused

from attio_orm import wording
from attio_orm.errors import ValidationError
from attio_orm.guards import is_dict, is_list, is_mapping
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.serialization import dump
from attio_orm.types.base import STRING, STRING_OR_NULL, AnyAttribute
from attio_orm.types.pydantic_schemas import (
    NULL,
    JsonSchema,
    any_of,
    attribute_json_schema,
    component,
    is_input,
    name_of,
    refused,
    schema,
)
from attio_orm.types.references import ReferenceAttribute

if TYPE_CHECKING:
    from pydantic import GetJsonSchemaHandler
    from pydantic_core import CoreSchema

_UUID: JsonSchema = {"type": "string", "format": "uuid"}
_MOMENT: JsonSchema = {"type": "string", "format": "date-time"}
_GIVEN = ("id", "created_at", "web_url")

# The models whose JSON schema is being made: relations lead back to them.
_open: ContextVar[tuple[type[Record], ...]] = ContextVar("attio_orm_json_schemas", default=())


def model_schema(model: type[Record]) -> CoreSchema:
    """The model as a field: takes an instance, or what makes a new one; writes its dump."""
    return schema(model, _read, _write, named=True)


def _read(model: type[Record], value: object) -> Record:
    """An instance as it is; of a mapping a new one, by what the class declares and nothing else.

    A field lets in what comes from outside: it must not reach attributes that nobody declared.
    """
    if isinstance(value, model):
        return value
    mapper, name = mapper_of(model), model.__name__
    if not is_mapping(value) or not mapper.object:
        raise refused(f"Input should be a {name}, or an object with the attributes of a new one")
    values: dict[Any, Any] = dict(value)
    found: list[InitErrorDetails] = []
    for each in [each for each in values if each not in mapper.by_name and each not in _GIVEN]:
        hint = wording.did_you_mean(str(each), sorted(mapper.attributes))
        text = f"{name} declares no {wording.show(each)}. {hint}".rstrip()
        found.append(_problem(each, text, values.pop(each)))
    made = None
    try:
        made = model(**values)
    except ValidationError as error:
        for problem in error.problems:
            at = problem.attribute or next(iter(values))
            found.append(_problem(at, problem.message, values.get(at)))
    if made is None or found:
        raise Refused.from_exception_data(name, found)
    return made


def _problem(attribute: object, message: str, value: object) -> InitErrorDetails:
    return InitErrorDetails(type=refused(message), loc=(str(attribute),), input=value)


def _write(value: Record, info: Any) -> dict[str, Any]:
    found = dump(value, info.mode, info.include, info.exclude)
    return _without_none(found) if info.exclude_none else found


def _without_none(data: Any) -> Any:
    if is_dict(data):
        return {name: _without_none(each) for name, each in data.items() if each is not None}
    return [_without_none(each) for each in data] if is_list(data) else data


def json_schema_of(model: type[Record], mode: Any) -> JsonSchema:
    """``Model.model_json_schema()``."""
    return TypeAdapter(model).json_schema(mode=mode)


def model_json_schema(model: type[Record], handler: GetJsonSchemaHandler) -> JsonSchema:
    """The JSON schema of what ``model_dump(mode="json")`` gives, or of what a new one is made of.

    Of a record as Attio has it: a place or a phone number of a new one, not understood yet, is
    dumped as it was given.
    """
    reading, mapper = is_input(handler), mapper_of(model)
    token = _open.set((*_open.get(), model))
    try:
        attributes = {
            name: _attribute(attribute, handler)
            for name, attribute in mapper.attributes.items()
            if attribute.is_writable or not reading
        }
    finally:
        _open.reset(token)
    found: JsonSchema = {"title": model.__name__, "type": "object"}
    if vars(model).get("__doc__"):
        found["description"] = inspect.cleandoc(str(model.__doc__))
    if reading:
        return found | {"properties": attributes, "additionalProperties": False}
    given: dict[str, JsonSchema] = {
        "id": any_of(_UUID, NULL),
        "created_at": any_of(_MOMENT, NULL),
        "web_url": STRING_OR_NULL,
    }
    if not mapper.has_page:
        del given["web_url"]
    return found | {"properties": {**given, **attributes}, "required": list(given)}


def _attribute(attribute: AnyAttribute, handler: GetJsonSchemaHandler) -> JsonSchema:
    if isinstance(attribute, ReferenceAttribute):
        one = _reference(attribute, handler)
    else:
        one = [attribute_json_schema(attribute, handler)]
    if attribute.is_multi:
        return {"type": "array", "items": any_of(*one)}
    return any_of(*one, NULL)


def _reference(
    relation: ReferenceAttribute[Any, Any, Any], handler: GetJsonSchemaHandler
) -> list[JsonSchema]:
    """An id, or the related record where it is loaded."""
    if is_input(handler):
        # by its id, or by a value of one of its attributes, in Attio's own form
        target = {"type": "object", "properties": {"target_object": STRING}}
        return [_UUID, target | {"required": ["target_object"]}]
    models = relation.models()
    if not models:
        return [_UUID, {"type": "object"}]
    return [_UUID, *(_related(each, handler) for each in models)]


def _related(model: type[Record], handler: GetJsonSchemaHandler) -> JsonSchema:
    if model in _open.get():
        return handler(core_schema.definition_reference_schema(name_of(model)))
    return component(model, handler)
