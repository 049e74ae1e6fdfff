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
    exclude_automated_participants: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Operation[tuple[list[Json], str | None]]:
    """A page of e-mails (25 unless told, 50 at most) and the cursor of the page after it.

    Give ``participants``, ``domain``, or ``linked_object`` with ``linked_record_ids``; of several
    any is enough. Several participants or records are given with commas; times are ISO 8601. A page
    may be short, or empty, while there is a cursor: go on until it is ``None``. See
    https://docs.attio.com/rest-api.
    """
    params = {
        "participants": participants,
        "domain": domain,
        "sent_after": sent_after,
        "sent_before": sent_before,
        "linked_object": linked_object,
        "linked_record_ids": linked_record_ids,
        "exclude_automated_participants": exclude_automated_participants,
        "limit": limit,
        "cursor": cursor,
    }
    return read(transport, path("emails"), page, params)
