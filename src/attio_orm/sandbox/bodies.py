"""Checks of request bodies, with the codes and messages of a zod schema."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, TypeGuard

from attio_orm.sandbox.errors import BODY_MESSAGE, Issue, invalid

Path = tuple[str | int, ...]
UUID_FORM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I | re.ASCII)


def is_map(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a decoded JSON value is an array."""
    return isinstance(value, list)


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell whether a decoded JSON value is a number, which a boolean is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_uuid(text: str) -> bool:
    """Tell whether `text` has the form of a UUID."""
    return UUID_FORM.fullmatch(text) is not None


def kind_of(value: object) -> str:
    """Name the JSON kind of a decoded value: string, number, boolean, null, array, object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "array" if isinstance(value, (list, tuple)) else "object"


def bad_text(text: str) -> str | None:
    """Say what makes `text` impossible to store, or give None where nothing does."""
    if "\x00" in text:
        return "String must not contain NUL"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "String must not contain lone surrogates"
    return None


class Field(ABC):
    """What one value of a body must be."""

    @abstractmethod
    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Add to `issues` what is wrong with `value`, which stands at `path`."""


def _mismatch(expected: str, value: Any, path: Path) -> Issue:
    return Issue("invalid_type", path, f"Expected {expected}, received {kind_of(value)}")


class Anything(Field):
    """Any value at all."""

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Accept everything."""


class Text(Field):
    """A string, with bounds on its length in characters and a pattern."""

    def __init__(
        self,
        *,
        minimum: int = 0,
        maximum: int | None = None,
        pattern: re.Pattern[str] | None = None,
    ) -> None:
        """Take the bounds and the pattern that the whole string must have."""
        self.minimum = minimum
        self.maximum = maximum
        self.pattern = pattern

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check kind, length, pattern and that the text can be stored."""
        if not isinstance(value, str):
            issues.append(_mismatch("string", value, path))
            return
        if len(value) < self.minimum:
            message = f"String must contain at least {self.minimum} character(s)"
            issues.append(Issue("too_small", path, message))
        elif self.maximum is not None and len(value) > self.maximum:
            message = f"String must contain at most {self.maximum} character(s)"
            issues.append(Issue("too_big", path, message))
        elif self.pattern is not None and self.pattern.fullmatch(value) is None:
            issues.append(Issue("invalid_string", path, "Invalid"))
        elif (problem := bad_text(value)) is not None:
            issues.append(Issue("invalid_string", path, problem))


class Whole(Field):
    """A whole number between two bounds, both included."""

    def __init__(self, minimum: int, maximum: int | None = None) -> None:
        """Take the bounds."""
        self.minimum = minimum
        self.maximum = maximum

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check kind, wholeness and bounds."""
        if not is_number(value):
            issues.append(_mismatch("number", value, path))
        elif isinstance(value, float) and not value.is_integer():
            issues.append(Issue("invalid_type", path, "Expected integer, received float"))
        elif value < self.minimum:
            message = f"Number must be greater than or equal to {self.minimum}"
            issues.append(Issue("too_small", path, message))
        elif self.maximum is not None and value > self.maximum:
            message = f"Number must be less than or equal to {self.maximum}"
            issues.append(Issue("too_big", path, message))


class Flag(Field):
    """A boolean."""

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the kind."""
        if not isinstance(value, bool):
            issues.append(_mismatch("boolean", value, path))


class OneOf(Field):
    """One of some strings."""

    def __init__(self, *choices: str) -> None:
        """Take the strings that are allowed."""
        self.choices = choices

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check that the value is one of the choices."""
        expected = " | ".join(f"'{choice}'" for choice in self.choices)
        if not isinstance(value, str):
            issues.append(_mismatch(expected, value, path))
        elif value not in self.choices:
            message = f"Invalid enum value. Expected {expected}, received {value!r}"
            issues.append(Issue("invalid_enum_value", path, message))


class Nullable(Field):
    """Another field, or null."""

    def __init__(self, inner: Field) -> None:
        """Take the field that is checked where the value is not null."""
        self.inner = inner

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the inner field unless the value is null."""
        if value is not None:
            self.inner.find(value, path, issues)


class Listing(Field):
    """An array whose items are all of one field."""

    def __init__(self, item: Field, minimum: int = 0) -> None:
        """Take the field of the items and the least number of them."""
        self.item = item
        self.minimum = minimum

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the kind, the number of items, and each item."""
        if not is_list(value):
            issues.append(_mismatch("array", value, path))
            return
        if len(value) < self.minimum:
            message = f"Array must contain at least {self.minimum} element(s)"
            issues.append(Issue("too_small", path, message))
        for index, item in enumerate(value):
            self.item.find(item, (*path, index), issues)


class Shape(Field):
    """An object with named fields; a strict one refuses keys that it does not name."""

    def __init__(
        self,
        required: Mapping[str, Field],
        optional: Mapping[str, Field] | None = None,
        *,
        strict: bool = False,
    ) -> None:
        """Take the fields that must be there and those that may be."""
        self.required = required
        self.optional = optional or {}
        self.strict = strict

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the kind, each field, and the names."""
        if not is_map(value):
            issues.append(_mismatch("object", value, path))
            return
        for name, field in self.required.items():
            if name in value:
                field.find(value[name], (*path, name), issues)
            else:
                issues.append(Issue("invalid_type", (*path, name), "Required"))
        for name, field in self.optional.items():
            if name in value:
                field.find(value[name], (*path, name), issues)
        if self.strict:
            extra = [k for k in value if k not in self.required and k not in self.optional]
            if extra:
                names = ", ".join(f"'{name}'" for name in extra)
                message = f"Unrecognized key(s) in object: {names}"
                issues.append(Issue("unrecognized_keys", path, message))


class Variants(Field):
    """A value that one of several fields accepts."""

    def __init__(self, *fields: Field) -> None:
        """Take the fields to try, in order."""
        self.fields = fields

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Accept what any field accepts, else report one `invalid_union`."""
        for field in self.fields:
            found: list[Issue] = []
            field.find(value, path, found)
            if not found:
                return
        issues.append(Issue("invalid_union", path, "Invalid input"))


def check(field: Field, value: Any, message: str = BODY_MESSAGE, path: Path = ()) -> None:
    """Raise the 400 `validation_type` Refusal where `value` is not what `field` asks for."""
    issues: list[Issue] = []
    field.find(value, path, issues)
    if issues:
        raise invalid(message, issues)


def wrapped(data: Field) -> Shape:
    """Give the shape of a write body, which Attio wraps in `data`."""
    return Shape({"data": data})
