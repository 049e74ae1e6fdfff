"""Every route that the workspace answers."""

from __future__ import annotations

from attio_orm.sandbox.endpoints import attributes, members, objects, options, records, values
from attio_orm.sandbox.routes import Router

ROUTER = Router(
    (
        *members.ROUTES,
        *objects.ROUTES,
        *attributes.ROUTES,
        *options.ROUTES,
        *records.ROUTES,
        *values.ROUTES,
    )
)
