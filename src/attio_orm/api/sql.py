"""SQL over objects and lists: a beta of Attio for enterprise plans."""

from __future__ import annotations

from typing import cast

from msgspec import DecodeError

from attio_orm.api.base import Json, path, row
from attio_orm.effects import Operation
from attio_orm.errors import ValidationError
from attio_orm.transport import Request, Transport


def query(transport: Transport, /, sql: str) -> Operation[Json]:
    """The ``rows`` that a ``SELECT`` gives; it has 30 seconds and reads only.

    See https://docs.attio.com/rest-api.
    """
    # a POST that only reads: it may be repeated, and is not noted in dry runs
    return transport.send(Request("POST", path("sql"), json={"sql": sql}, decode=row))


def select(transport: Transport, /, sql: str) -> Operation[list[Json]]:
    """The rows themselves; ``ValidationError`` where it is not a text that can be sent."""
    if not isinstance(sql, str) or not sql.strip():
        shown = "an empty one" if isinstance(sql, str) else type(sql).__name__
        raise ValidationError(
            f'Give a statement as text, such as "SELECT name FROM people", not {shown}.'
        )
    return transport.send(Request("POST", path("sql"), json={"sql": sql}, decode=_rows))


def _rows(body: bytes) -> list[Json]:
    found = row(body).get("rows")
    if not isinstance(found, list) or not all(
        isinstance(each, dict) for each in cast(list[object], found)
    ):
        raise DecodeError('"rows" is not a list of objects')
    return cast(list[Json], found)
