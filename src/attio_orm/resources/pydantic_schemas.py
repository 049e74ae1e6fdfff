"""Resources for pydantic and FastAPI: fields of models, and their JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attio_orm.errors import AttioError
from attio_orm.guards import is_mapping
from attio_orm.resources.base import BaseResource, fields_of
from attio_orm.types.pydantic_schemas import JsonSchema, is_input, refused, schema

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


def resource_schema(model: type[BaseResource]) -> CoreSchema:
    """The class as a field: takes an instance, or the values of a new one; writes its dump."""
    return schema(model, _read, _write, named=True)


def _read(model: type[BaseResource], value: object) -> BaseResource:
    if isinstance(value, model):
        return value
    if not is_mapping(value):
        raise refused(f"Input should be a {model.__name__}, or an object with its fields")
    try:
        return model(**value)
    except (AttioError, TypeError) as error:
        raise refused(str(error)) from None


def _write(value: Any, info: Any) -> Any:
    return dict(value) if info.mode == "json" else value


def resource_json_schema(model: type[BaseResource], handler: Any) -> JsonSchema:
    """What a field of the class takes, or what is written of one."""
    reading = is_input(handler)
    properties: dict[str, JsonSchema] = {}
    if not reading:
        properties = {"id": {"type": "string", "format": "uuid"}}
    for name, field in fields_of(model).items():
        if reading and field.written == "never":
            continue
        properties[name] = (
            {"type": "array", "items": field.schema} if field.is_several else dict(field.schema)
        )
    return {"title": model.__name__, "type": "object", "properties": properties}
