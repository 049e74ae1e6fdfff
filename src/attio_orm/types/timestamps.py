"""The one routine that reads Attio's timestamps, and the one that writes them."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import to_builtins


def parse_timestamp(text: str) -> datetime:
    """The moment in Attio's text, in UTC; nanoseconds are cut to microseconds, never rounded.

    Text without a zone is taken as UTC, as Attio does. Raises ``ValueError``.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is UTC:  # of "Z" it is this very object: no conversion for Attio's answers
        return moment
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is out of range in UTC") from None


def format_timestamp(moment: datetime) -> str:
    """The text Attio takes for an aware moment: UTC, to the microsecond."""
    # the form of Attio's answers, which end in Z, where ``isoformat`` has +00:00
    if moment.tzinfo is UTC and moment.microsecond and type(moment) is datetime:
        text: str = to_builtins(moment)  # the same text, in a fifth of the time
        return text
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def iso_format(moment: datetime) -> str:
    """What ``moment.isoformat()`` gives; of a moment in UTC in a fifth of the time."""
    if moment.tzinfo is UTC and type(moment) is datetime:
        text: str = to_builtins(moment)
        return text[:-1] + "+00:00"
    return moment.isoformat()
