"""E-mails: who wrote to whom and when, without the content. Read only."""

from __future__ import annotations

from attio_orm.api.base import Json, page, path, read
from attio_orm.effects import Operation
from attio_orm.transport import Transport


def list_(
    transport: Transport,
    /,
    *,
    participants: str | None = None,
    domain: str | None = None,
    sent_after: str | None = None,
    sent_before: str | None = None,
    linked_object: str | None = None,
    linked_record_ids: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Operation[tuple[list[Json], str | None]]:
    """A page of e-mails (50 at most) and the cursor of the page after it.

    Several participants or records are given with commas; times are ISO 8601. See
    https://docs.attio.com/rest-api.
    """
    params = {
        "participants": participants,
        "domain": domain,
        "sent_after": sent_after,
        "sent_before": sent_before,
        "linked_object": linked_object,
        "linked_record_ids": linked_record_ids,
        "limit": limit,
        "cursor": cursor,
    }
    return read(transport, path("emails"), page, params)
