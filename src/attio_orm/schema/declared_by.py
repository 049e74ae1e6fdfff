"""Who knows what models declare: handed in from above, as nothing here knows a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from attio_orm.errors import ValidationError

if TYPE_CHECKING:
    from attio_orm.schema.declared import DeclaredObject


class Declarations(Protocol):
    """Knows what models declare; the mapping of a connection is one."""

    def place_of(self, model: type[Any], /) -> str:
        """The slug of the object that a model stands for, or ``lists/`` and that of its list."""
        ...

    def declared(self, model: type[Any], /) -> DeclaredObject:
        """What a model declares."""
        ...

    def differs(self, place: str, /) -> None:
        """An object or list is not any more as its models say: they are to be told so."""
        ...


class NoDeclarations:
    """That of a schema without a connection, which has no models."""

    def place_of(self, model: type[Any], /) -> NoReturn:
        """Raises ``ValidationError``."""
        raise ValidationError(f"{model.__name__} is of no connection: use connection.schema.")

    def declared(self, model: type[Any], /) -> NoReturn:
        """Raises ``ValidationError``."""
        self.place_of(model)

    def differs(self, place: str, /) -> None:
        """Nobody is to be told."""
