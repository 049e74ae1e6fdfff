"""E-mails: who wrote to whom and when. Attio gives no content."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attio_orm.api import emails
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import ForbiddenError, UnsupportedLookup, ValidationError
from attio_orm.pickles import public_in
from attio_orm.records.base import Record
from attio_orm.resources.endpoints import Asked, Endpoints, Listing, Page
from attio_orm.resources.fields import (
    MOMENT,
    STRING,
    Field,
    dump_record,
    line,
    read_moment,
    reference_of,
)
from attio_orm.resources.participants import Correspondent, dump_participant, read_correspondent
from attio_orm.resources.places import addresses, read_link, several_records
from attio_orm.resources.related import Related
from attio_orm.resources.resource import Resource
from attio_orm.types.dates import aware
from attio_orm.types.domains import host_of, is_host
from attio_orm.types.timestamps import format_timestamp
from attio_orm.wording import show

# At these a domain says nothing of who somebody works for, so a member's address makes it nobody's.
_ANYBODYS = frozenset(
    ("aol.com", "gmail.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com", "icloud.com",
     "live.com", "me.com", "msn.com", "outlook.com", "proton.me", "protonmail.com", "web.de",
     "yahoo.com")
)  # fmt: skip


def _domain(value: Any) -> str:
    host = host_of(line(value, "domain")) if isinstance(value, str) else ""
    if not is_host(host):
        raise ValidationError(f'{show(value)} is not a domain: give one such as "acme.com".')
    return host


class _EmailEndpoints(Endpoints["Email"]):
    key = "email_id"
    noun = "e-mail"
    listing = Listing(
        "cursor",
        50,
        lookups={
            "linked_record": several_records,
            "participants": addresses,
            "domain": _domain,
            "sent_after": aware,
            "sent_before": aware,
        },
        needs=("linked_record", "participants", "domain"),
        alone=("linked_record", "participants", "domain"),
    )

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        filters = asked.filters
        if isinstance(connection, BaseConnection):  # and not explain(), which sends nothing
            yield from _refuse_own(connection, filters.get("participants"), filters.get("domain"))
        linked = [reference_of(each) for each in filters.get("linked_record", ())]
        after, before = filters.get("sent_after"), filters.get("sent_before")
        return (
            yield from emails.list_(
                connection.transport,
                participants=",".join(filters.get("participants", ())) or None,
                domain=filters.get("domain"),
                sent_after=None if after is None else format_timestamp(after),
                sent_before=None if before is None else format_timestamp(before),
                linked_object=linked[0].object if linked else None,
                linked_record_ids=",".join(each.id for each in linked) or None,
                limit=asked.limit,
                cursor=asked.cursor,
            )
        )


class Email(Resource):
    """An e-mail that was synced, without its content. Read only.

    ``direction`` is inbound or outbound. Found by ``linked_record=`` (one, or several of one
    object), ``participants=`` or ``domain=``, one of them at a time as Attio finds what meets any,
    with ``sent_after=`` and ``sent_before=``; newest first. Attio gives none by its id, and has to
    switch e-mails on for your workspace and app. See https://docs.attio.com/rest-api.
    """

    _endpoints = _EmailEndpoints()

    sent_at: Field[datetime, datetime] = Field("sent_at", read=read_moment, schema=MOMENT)
    direction: Field[str, str] = Field("direction", schema=STRING)
    subject: Field[str | None, str] = Field("subject_line", schema=STRING)
    participants: Field[list[Correspondent], list[Correspondent]] = Field(
        "participants",
        read=read_correspondent,
        is_several=True,
        dump=dump_participant,
        schema={"type": "object"},
    )
    linked_records: Field[list[Record], list[Record]] = Field(
        "linked_records", read=read_link, is_several=True, dump=dump_record, schema=STRING
    )


def _refuse_own(
    connection: BaseConnection, participants: tuple[str, ...] | None, domain: str | None
) -> Operation[None]:
    """Raise ``UnsupportedLookup`` for addresses and domains of the workspace: Attio ignores them.

    The members are asked for once, and kept; a token that may not read them lets all pass.
    """
    if participants is None and domain is None:
        return
    try:
        found = yield from connection.schema.members()
    except ForbiddenError:
        return
    own = {each.email.casefold() for each in found}
    domains = {each.rpartition("@")[2] for each in own} - _ANYBODYS
    ignored = [domain] if domain in domains else []
    for each in participants or ():
        if each in own or each.rpartition("@")[2] in domains:
            ignored.append(each)
    if ignored:
        raise UnsupportedLookup(
            f"{', '.join(map(str, ignored))} is of the own workspace, and Attio ignores that when "
            f"it looks for e-mails. Ask for the people outside, or by linked_record=."
        )


def emails_of(record: Record) -> Related[Email]:
    """The e-mails that have to do with a record."""
    return Related(record, Email, "linked_record")


public_in("attio_orm", Email)
