"""SQL over objects and lists: a beta of Attio for enterprise plans."""

from __future__ import annotations

from attio_orm.api.base import Json, path, row
from attio_orm.effects import Operation
from attio_orm.transport import Request, Transport


def query(transport: Transport, /, sql: str) -> Operation[Json]:
    """The ``rows`` that a ``SELECT`` gives; it has 30 seconds and reads only.

    See https://docs.attio.com/rest-api.
    """
    # a POST that only reads: it may be repeated, and is not noted in dry runs
    return transport.send(Request("POST", path("sql"), json={"sql": sql}, decode=row))
