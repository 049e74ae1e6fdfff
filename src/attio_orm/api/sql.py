"""SQL over objects and lists: a beta of Attio for enterprise plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.api.answers import Json, row
from attio_orm.api.requests import path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def query(transport: Transport, /, sql: str) -> Operation[Json]:
    """The ``rows`` that a ``SELECT`` gives; it has 30 seconds and reads only.

    See https://docs.attio.com/rest-api.
    """
    return transport.send(Request("POST", path("sql"), json={"sql": sql}, decode=row))
