"""The snapshot file: a workspace's schema as JSON, to start from without a request."""

from __future__ import annotations

import os
from collections.abc import Iterable

import msgspec
from msgspec import Struct, field

from attio_orm.errors import ValidationError
from attio_orm.schema.definitions import Choice, ObjectSchema

FORMAT = "attio-orm schema"
VERSION = 1


class Known(Struct, frozen=True):
    """One object or list, and the choices of its attributes by slug."""

    schema: ObjectSchema
    choices: dict[str, list[Choice]] = field(default_factory=dict[str, list[Choice]])


class _Head(Struct, frozen=True):
    format: str = ""
    version: int = 0


class _Snapshot(Struct, frozen=True):
    format: str
    version: int
    known: list[Known]


def write(path: str | os.PathLike[str], known: Iterable[Known]) -> None:
    """Write the file whole or not at all, in a fixed order so that two compare as text."""
    ordered = sorted(known, key=lambda one: (one.schema.kind, one.schema.slug))
    packed = msgspec.json.encode(_Snapshot(FORMAT, VERSION, ordered))
    name = os.fspath(path)
    # with the process in its name, as two of them may write the same file at one time
    unfinished = f"{name}.{os.getpid()}.unfinished"
    try:
        with open(unfinished, "wb") as file:
            file.write(msgspec.json.format(packed, indent=2) + b"\n")
        os.replace(unfinished, name)
    except BaseException:  # an interrupt leaves nothing behind either
        if os.path.exists(unfinished):
            os.remove(unfinished)
        raise


def read(path: str | os.PathLike[str]) -> list[Known]:
    """What the file holds. Raises ``ValidationError`` where it is missing or not a snapshot."""
    name = os.fspath(path)
    try:
        with open(name, "rb") as file:
            content = file.read()
    except OSError as error:
        raise _refused(name, f"cannot be read: {error.strerror or error}") from error
    try:
        # only the head: the rest has another form where another version or program wrote it
        head = msgspec.json.decode(content, type=_Head)
        if head.format != FORMAT:
            raise _refused(name, "is not a schema snapshot of attio-orm")
        if head.version != VERSION:
            raise _refused(
                name, f"has the snapshot version {head.version}, and this attio-orm reads {VERSION}"
            )
        return msgspec.json.decode(content, type=_Snapshot).known
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise _refused(name, f"is not a schema snapshot of attio-orm: {error}") from error


def _refused(name: str, why: str) -> ValidationError:
    return ValidationError(
        f'The file "{name}" {why}. Make it again: connect without schema=..., then '
        f'connection.schema.save("{name}").'
    )
