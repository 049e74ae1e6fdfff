"""E-mails: a workspace of the sandbox has no mailbox, so that every page is empty."""

from __future__ import annotations

from attio_sandbox.bodies import is_uuid
from attio_sandbox.errors import bad_param, invalid
from attio_sandbox.requests import WORKSPACE, Call, Resource, Route
from attio_sandbox.requests.paging import cursor_body, read_cursor, read_window
from attio_sandbox.timestamps import read_timestamp

_DEFAULT, _MAXIMUM = 25, 50  # facts.md 8


def list_emails(call: Call) -> bytes:
    """Answer GET /v2/emails: checks what is asked for, and finds nothing."""
    params = call.params
    read_window(call, _DEFAULT, _MAXIMUM)
    read_cursor(params)
    for name in ("sent_after", "sent_before"):
        if name in params and read_timestamp(params[name]) is None:
            raise bad_param("Invalid date", name, "invalid_date")
    slug, records = params.get("linked_object"), params.get("linked_record_ids")
    if (slug is None) != (records is None):
        missing = "linked_object" if slug is None else "linked_record_ids"
        message = "linked_object and linked_record_ids must be given together"
        raise bad_param(message, missing)
    if slug is not None and records is not None:
        call.schema.object(slug)
        if not all(is_uuid(each.strip()) for each in records.split(",")):
            raise bad_param("Invalid uuid", "linked_record_ids", "invalid_string")
    elif not params.get("participants") and not params.get("domain"):
        raise invalid(
            "E-mails are listed by linked_object and linked_record_ids, participants or domain: "
            "give at least one of them."
        )
    return cursor_body([], None)


_READ = ("email:read", "record_permission:read", "object_configuration:read")
RESOURCE = Resource(
    routes=(Route("GET", "/v2/emails", list_emails, scopes=_READ, levels=(WORKSPACE,)),)
)
