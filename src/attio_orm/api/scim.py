"""SCIM: what an identity provider may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attio_orm.api.answers import Json, whole
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


def schemas(transport: Transport, /) -> Operation[Json]:
    """The SCIM schemas, as a whole SCIM list response (not wrapped in ``data``).

    See https://docs.attio.com/rest-api/endpoint-reference/scim-schemas/list-scim-schemas.
    """
    return transport.send(Request("GET", "/scim/v2/Schemas", purpose="introspect", decode=whole))
