"""SCIM: what an identity provider may read."""

from __future__ import annotations

from attio_orm.api.base import Json, read, whole
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def schemas(transport: Transport, /) -> Operation[Json]:
    """The SCIM schemas, as a whole SCIM list response (not wrapped in ``data``).

    See https://docs.attio.com/rest-api/endpoint-reference/scim-schemas/list-scim-schemas.
    """
    # the one path that is not below /v2
    return read(transport, "/scim/v2/Schemas", whole, purpose="introspect")
