"""What every instance is outside of the mapping: a ``dict``, a pickle, a copy, a pydantic field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from attio_orm.models import serializing

if TYPE_CHECKING:
    from attio_orm.models.selecting import Names


class PlainForms:
    """The plain forms of an instance. None of them sends a request."""

    __slots__ = ()

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        include: Names | None = None,
        exclude: Names | None = None,
    ) -> dict[str, Any]:
        """Id, ``created_at``, ``web_url`` and the attributes; an unloaded relation as its id.

        ``include`` and ``exclude`` are names (or slugs), or a ``dict`` of names that says by
        relation what of the related records: ``{"name": True, "company": {"name"}}``.
        Raises ``UnknownAttributeError`` for a name that the model does not have.
        """
        return serializing.dump(_model(self), mode, include=include, exclude=exclude)

    def __reduce__(self) -> tuple[Any, ...]:
        return serializing.reduce(_model(self))

    def __copy__(self) -> Self:
        made: Self = serializing.detached_copy(_model(self))
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made: Self = serializing.detached_copy(_model(self))
        return made

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        model: Any = cls
        return serializing.core_schema(model)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        model: Any = cls
        return serializing.json_schema(model)


def _model(instance: PlainForms) -> Any:
    return instance
