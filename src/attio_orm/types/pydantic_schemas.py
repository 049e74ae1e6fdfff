"""Values for pydantic: how it reads and writes them, and what a JSON schema says of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import msgspec
from pydantic import TypeAdapter
from pydantic_core import PydanticCustomError, core_schema

from attio_orm.errors import ValidationError
from attio_orm.types.base import CHOICES, CODECS, AnyAttribute, AnyClass, AttributeSchema, Codec
from attio_orm.types.checks import refuse

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic_core import CoreSchema

JsonSchema: TypeAlias = dict[str, Any]

NULL: JsonSchema = {"type": "null"}

_CODECS: dict[AnyClass, Codec[Any]] = {
    codec.value_class: codec for codec in CODECS.values() if codec.value_class is not None
}


def schema(
    kind: AnyClass,
    read: Callable[[Any, Any], Any],
    write: Callable[[Any, Any], Any],
    *,
    named: bool,
) -> CoreSchema:
    """What validates by ``read(kind, value)`` and serialises by ``write(value, info)``.

    JSON schemas refer to a ``named`` one by the name of its class, and describe it once.
    """
    validate = partial(read, kind)
    vars(validate)["__name__"] = kind.__name__  # what errors call it, as a member of a union
    return core_schema.no_info_plain_validator_function(
        validate,
        ref=name_of(kind) if named else None,
        serialization=core_schema.plain_serializer_function_ser_schema(write, info_arg=True),
    )


def name_of(kind: AnyClass) -> str:
    """What schemas know a class by; in the form of pydantic, which makes a short name of it."""
    return f"{kind.__module__}.{kind.__qualname__}:{id(kind)}"


def refused(message: str) -> PydanticCustomError:
    """The error that says just this, in place of the value."""
    text: Any = message  # literal, says pydantic, which is about what it fills in: nothing here
    return PydanticCustomError("attio_orm", text)


def any_of(*schemas: JsonSchema) -> JsonSchema:
    """What any of the schemas takes; of no schema at all, anything."""
    found = list(schemas)
    if {} in found:
        return {}
    return {"anyOf": found} if len(found) > 1 else found[0]


def is_input(handler: GetJsonSchemaHandler) -> bool:
    """Whether the JSON schema is of what is read, and not of what is written."""
    return handler.mode == "validation"


# -- one value ------------------------------------------------------------------------------------


def value_schema(kind: AnyClass) -> CoreSchema:
    """The value class as a field: takes what an attribute takes, and writes what it dumps."""
    codec = _codec_of(kind)
    return schema(kind, _read, _write, named=codec is None or "title" in codec.json_schema)


def _codec_of(kind: AnyClass) -> Codec[Any] | None:
    return next((_CODECS[base] for base in kind.__mro__ if base in _CODECS), None)


def _read(kind: AnyClass, value: object) -> Any:
    if isinstance(value, kind):
        return value
    codec = _codec_of(kind)
    try:
        if codec is not None:
            return codec.parse(value, AttributeSchema("", "value", "", codec.type))
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            refuse(value, f"give a {kind.__name__}, or its parts ({error}).")
    except ValidationError as error:
        raise refused(str(error)) from None


def _write(value: Any, info: Any) -> Any:
    return as_json(value) if info.mode == "json" else value


def as_json(value: Any) -> Any:
    """The value as plain JSON data: what ``model_dump(mode="json")`` has of it."""
    codec = _codec_of(value.__class__)
    return msgspec.to_builtins(value) if codec is None else codec.dump(value)


def value_json_schema(kind: AnyClass, handler: GetJsonSchemaHandler) -> JsonSchema:
    """The JSON schema of the value class."""
    codec = _codec_of(kind)
    if codec is None:
        found: JsonSchema = msgspec.json.schema_components((kind,))[1][kind.__name__]
        return found
    return _one(codec, is_input(handler))


def _one(codec: Codec[Any], reading: bool) -> JsonSchema:
    found = dict(codec.json_schema)
    if not reading:
        return found
    if "required" in found:  # what may be null may be left out as well
        parts = found["properties"]
        found["required"] = [each for each in found["required"] if "anyOf" not in parts[each]]
    title = {"title": found.pop("title")} if "title" in found and codec.json_inputs else {}
    return title | any_of(found, *codec.json_inputs)


def list_schema(kind: AnyClass, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
    """The list of an attribute as a field: a list of its own, without repeats."""
    arguments = get_args(source)
    items = handler.generate_schema(arguments[0]) if arguments else None
    return core_schema.no_info_after_validator_function(kind, core_schema.list_schema(items))


# -- one attribute --------------------------------------------------------------------------------


def attribute_json_schema(attribute: AnyAttribute, handler: GetJsonSchemaHandler) -> JsonSchema:
    """The JSON schema of one value of an attribute that is not a relation."""
    codec = attribute.codec
    if attribute.type in CHOICES and attribute.checked_options:
        return {"type": "string", "enum": list(attribute.options)}
    if codec.value_class is not None and "title" in codec.json_schema:
        return component(codec.value_class, handler)
    return _one(codec, is_input(handler))


def component(kind: AnyClass, handler: GetJsonSchemaHandler) -> JsonSchema:
    """The reference to a class that JSON schemas have by its name."""
    # in another schema, as the handler would pass over what this one says of itself
    return handler(core_schema.definitions_schema(TypeAdapter(kind).core_schema, []))
