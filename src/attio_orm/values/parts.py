"""Text that has parts: the base of e-mail addresses, names, phone numbers, domains and options."""

from __future__ import annotations

from typing import Any, TypeVar

S = TypeVar("S", bound="TextWithParts")


class TextWithParts(str):
    """A ``str`` that remembers what it is made of. Immutable; equal to the plain text."""

    __slots__ = ("wire",)

    wire: Any

    @classmethod
    def from_wire(cls: type[S], text: str, wire: Any) -> S:
        """An instance from what Attio sent; nothing is checked."""
        self = str.__new__(cls, text)
        self.wire = wire
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), str.__str__(self), self.wire)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return self.__reduce__()

    def __copy__(self: S) -> S:
        return self

    def __deepcopy__(self: S, memo: Any) -> S:
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"

    def __str__(self) -> str:
        return str.__str__(self)


def _restore(cls: type[S], text: str, wire: Any) -> S:
    return cls.from_wire(text, wire)
