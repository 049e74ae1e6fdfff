"""Every resource of the API, and what they make together: the table of routes, the tables."""

from attio_sandbox.requests.routes import Router
from attio_sandbox.resources import (
    access,
    activities,
    attributes,
    comments,
    emails,
    entries,
    files,
    lists,
    meetings,
    members,
    notes,
    objects,
    records,
    scim,
    sequences,
    sql,
    tasks,
    views,
    webhooks,
)
from attio_sandbox.schema import schema

# The made-up CRM is told in this order: members write, records are listed and written about.
RESOURCES = (
    access.RESOURCE,
    members.RESOURCE,
    webhooks.RESOURCE,
    objects.RESOURCE,
    attributes.RESOURCE,
    records.RESOURCE,
    lists.RESOURCE,
    entries.RESOURCE,
    views.RESOURCE,
    notes.RESOURCE,
    tasks.RESOURCE,
    comments.RESOURCE,
    meetings.RESOURCE,
    files.RESOURCE,
    emails.RESOURCE,
    sequences.RESOURCE,
    scim.RESOURCE,
    sql.RESOURCE,
    activities.RESOURCE,
)

ROUTER = Router(route for each in RESOURCES for route in each.routes)
# What set-up finds: the endpoints, and its own.
SETUP_ROUTER = Router(route for each in RESOURCES for route in (*each.routes, *each.arranging))
TABLES = schema.TABLES + "".join(each.tables for each in RESOURCES)
FOREIGN_KEYS = tuple(key for each in RESOURCES for key in each.foreign_keys)
