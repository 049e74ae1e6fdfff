"""Checks of request bodies, with the codes and messages of a zod schema."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from attio_sandbox.errors import (
    BODY_MESSAGE,
    Issue,
    Refusal,
    bad_body,
    enum_text,
    invalid,
    missing_issue,
    option_issue,
    type_issue,
    union_issue,
)
from attio_sandbox.timestamps import EPOCH, read_timestamp

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
    return isinstance(value, (int, float)) and not isinstance(value, bool)  # True is an int


def is_uuid(text: str) -> bool:
    """Tell whether `text` has the form of a UUID."""
    return UUID_FORM.fullmatch(text) is not None


def kind_of(value: object) -> str:
    """Name the JSON kind of a decoded value: string, number, boolean, null, array, object."""
    if value is None:
        return "null"
    if isinstance(value, bool):  # before numbers, as it is one
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "array" if isinstance(value, (list, tuple)) else "object"


def bad_text(text: str) -> str | None:
    """Say what makes `text` impossible to store, or give None where nothing does."""
    # Functions of SQLite end a text at a NUL, and a lone surrogate has no UTF-8.
    if "\x00" in text:
        return "String must not contain NUL"
    if not text.isascii():  # most are, and need no look
        try:
            text.encode()
        except UnicodeEncodeError:
            return "String must not contain lone surrogates"
    return None


class Field(ABC):
    """What one value of a body must be."""

    def expects(self) -> str | None:
        """Give the type that Attio names where the value is missing, None for a union."""
        return None

    @abstractmethod
    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Add to `issues` what is wrong with `value`, which stands at `path`."""


def _mismatch(expected: str, value: Any, path: Path) -> Issue:
    return type_issue(path, expected, kind_of(value))


def extra_issue(path: Path, names: Iterable[str]) -> Issue:
    """Give the issue of members that a strict object does not have."""
    listed = ", ".join(f"'{name}'" for name in names)
    return Issue("unrecognized_keys", path, f"Unrecognized key(s) in object: {listed}")


class Anything(Field):
    """Any value at all."""

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Accept everything."""


@dataclass(frozen=True, slots=True)
class Text(Field):
    """A string, with bounds on its length in characters and a pattern for the whole of it."""

    minimum: int = 0
    maximum: int | None = None
    pattern: re.Pattern[str] | None = None

    def expects(self) -> str | None:
        """Name the type."""
        return "string"

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


@dataclass(frozen=True, slots=True)
class Whole(Field):
    """A whole number between two bounds, both included."""

    minimum: int
    maximum: int | None = None

    def expects(self) -> str | None:
        """Name the type."""
        return "number"

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check kind, wholeness and bounds."""
        if not is_number(value):
            issues.append(_mismatch("number", value, path))
        elif isinstance(value, float) and not value.is_integer():
            issues.append(type_issue(path, "integer", "float"))
        elif value < self.minimum:
            message = f"Number must be greater than or equal to {self.minimum}"
            issues.append(Issue("too_small", path, message))
        elif self.maximum is not None and value > self.maximum:
            message = f"Number must be less than or equal to {self.maximum}"
            issues.append(Issue("too_big", path, message))


class Flag(Field):
    """A boolean."""

    def expects(self) -> str | None:
        """Name the type."""
        return "boolean"

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the kind."""
        if not isinstance(value, bool):
            issues.append(_mismatch("boolean", value, path))


class Agreed(Flag):
    """A boolean that has to be true."""

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the kind, and that it is true."""
        if value is False:
            issues.append(Issue("invalid", path, "Invalid literal value, expected true"))
        else:
            Flag.find(self, value, path, issues)


class OneOf(Field):
    """One of some strings."""

    def __init__(self, *choices: str) -> None:
        self.choices = choices

    def expects(self) -> str | None:
        """Name the type."""
        return enum_text(self.choices)

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check that the value is one of the choices."""
        if not isinstance(value, str):
            issues.append(_mismatch(enum_text(self.choices), value, path))
        elif value not in self.choices:
            issues.append(option_issue(path, self.choices, value))


@dataclass(frozen=True, slots=True)
class Nullable(Field):
    """Another field, or null."""

    inner: Field

    def expects(self) -> str | None:
        """Name the type."""
        return self.inner.expects()

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the inner field unless the value is null."""
        if value is not None:
            self.inner.find(value, path, issues)


@dataclass(frozen=True, slots=True)
class Listing(Field):
    """An array of `minimum` to `maximum` items, which are all of one field."""

    item: Field
    minimum: int = 0
    maximum: int | None = None

    def expects(self) -> str | None:
        """Name the type."""
        return "array"

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the kind, the number of items, and each item."""
        if not is_list(value):
            issues.append(_mismatch("array", value, path))
            return
        if len(value) < self.minimum:
            message = f"Array must contain at least {self.minimum} element(s)"
            issues.append(Issue("too_small", path, message))
        elif self.maximum is not None and len(value) > self.maximum:
            message = f"Array must contain at most {self.maximum} element(s)"
            issues.append(Issue("too_big", path, message))
        for index, item in enumerate(value):
            self.item.find(item, (*path, index), issues)


@dataclass(frozen=True, slots=True)
class Shape(Field):
    """An object with named fields; a strict one refuses keys that it does not name.

    Attio is strict where its description says so (facts.md 16): a record, an attribute, a task.
    """

    required: Mapping[str, Field]
    optional: Mapping[str, Field] = field(default_factory=dict[str, Field])
    strict: bool = False

    def expects(self) -> str | None:
        """Name the type."""
        return "object"

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Check the kind, each field, and the names."""
        if not is_map(value):
            issues.append(_mismatch("object", value, path))
            return
        for name, inner in self.required.items():
            if name in value:
                inner.find(value[name], (*path, name), issues)
            else:
                issues.append(missing_issue((*path, name), inner.expects()))
        for name, inner in self.optional.items():
            if name in value:
                inner.find(value[name], (*path, name), issues)
        if self.strict:
            extra = [k for k in value if k not in self.required and k not in self.optional]
            if extra:
                issues.append(extra_issue(path, extra))


class Variants(Field):
    """A value that one of several fields accepts: a union."""

    def __init__(self, *fields: Field) -> None:
        self.fields = fields

    def find(self, value: Any, path: Path, issues: list[Issue]) -> None:
        """Accept what any field accepts, else report that it is none of them."""
        for each in self.fields:
            found: list[Issue] = []  # what is wrong by each of them helps nobody
            each.find(value, path, found)
            if not found:
                return
        issues.append(union_issue(path))


# Of any version: some of Attio's ids are not random (facts.md 13).
UUID = Text(pattern=UUID_FORM)
SLUG = Text(minimum=1, maximum=255, pattern=re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*", re.ASCII))


def check(shape: Field, value: Any, message: str = BODY_MESSAGE, path: Path = ()) -> None:
    """Raise the 400 `validation_type` Refusal where `value` is not what `shape` asks for."""
    issues: list[Issue] = []
    shape.find(value, path, issues)
    if issues:
        raise invalid(message, issues)


def wrapped(data: Field) -> Shape:
    """Give the shape of a write body, which Attio wraps in `data`."""
    return Shape({"data": data})


def bad_timestamp(path: Path, message: str = "Invalid date") -> Refusal:
    """Give the 400 of a time in a body."""
    return bad_body(message, path, "invalid_date")


def checked_timestamp(text: str, path: Path) -> str:
    """Give a time of a body as the API shows it; raises the 400 of text that is not a time."""
    found = read_timestamp(text)
    if found is None:
        raise bad_timestamp(path)
    return found


def checked_creation(text: str | None, now: str) -> str:
    """Give the `created_at` that a body may set, from 1970 to `now`, which is the default."""
    if text is None:
        return now
    path = ("data", "created_at")
    found = checked_timestamp(text, path)
    if not EPOCH <= found <= now:
        raise bad_timestamp(path, "Dates before 1970 or in the future are not allowed")
    return found
