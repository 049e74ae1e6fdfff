"""Sequences of e-mails: all that Attio has of them is who may not be written to any more."""

from __future__ import annotations

from collections.abc import Iterable

from attio_orm.api.base import Json, path, rows, write
from attio_orm.effects import Operation
from attio_orm.transport import MISSING, Transport
from attio_orm.transport.requests import Doubt, Missing


def unsubscribe(
    transport: Transport, /, email_addresses: Iterable[str] | str
) -> Operation[list[Json]]:
    """Keep addresses out of every sequence: those that run end. 1,000 at most.

    One address may be given as it is. Gives each as ``{"email_address": ..., "created_at": ...}``.
    Who is there already stays, so that this may be repeated. See
    https://docs.attio.com/rest-api.
    """
    some = [email_addresses] if isinstance(email_addresses, str) else list(email_addresses)
    sent = {"data": {"email_addresses": some}}
    return write(
        transport, "POST", path("sequences", "unsubscribed_emails"), sent, rows, settle=_again
    )


def _again(doubt: Doubt) -> Operation[Missing]:
    """Send it again, whether it arrived or not: Attio ignores who is there already."""
    return MISSING
    yield
