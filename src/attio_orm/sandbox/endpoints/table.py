"""Every route that the workspace answers."""

from __future__ import annotations

from attio_orm.sandbox.endpoints import (
    attributes,
    comments,
    emails,
    entries,
    files,
    lists,
    meetings,
    members,
    merges,
    notes,
    oauth,
    objects,
    options,
    recordings,
    records,
    scim,
    tasks,
    threads,
    values,
    views,
    webhooks,
)
from attio_orm.sandbox.routes import Router

ROUTER = Router(
    (
        *members.ROUTES,
        *oauth.ROUTES,
        *webhooks.ROUTES,
        *objects.ROUTES,
        *attributes.ROUTES,
        *options.ROUTES,
        *records.ROUTES,
        *lists.ROUTES,
        *entries.ROUTES,
        *views.ROUTES,
        *values.ROUTES,
        *merges.ROUTES,
        *notes.ROUTES,
        *tasks.ROUTES,
        *threads.ROUTES,
        *comments.ROUTES,
        *meetings.ROUTES,
        *recordings.ROUTES,
        *files.ROUTES,
        *emails.ROUTES,
        *scim.ROUTES,
    )
)
