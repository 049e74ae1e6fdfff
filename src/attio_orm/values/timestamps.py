"""Moments in time, and the one routine that reads Attio's timestamps."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, refuse, show

_ADVICE = "give an aware datetime, e.g. datetime(2026, 3, 1, 10, tzinfo=UTC)."
_NAIVE = (
    "has no time zone, so it does not say which moment is meant: use datetime(..., "
    "tzinfo=UTC), or value.astimezone() where it is local time."
)
_ZONED = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(?P<fraction>\.[0-9]+)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)


def parse_timestamp(text: str) -> datetime:
    """The moment in Attio's text, in UTC; nanoseconds are cut to microseconds, never rounded.

    Text without a zone is taken as UTC, as Attio does. Raises ``ValueError``.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is UTC:
        return moment
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_timestamp(moment: datetime) -> str:
    """The text Attio takes for an aware moment: UTC, to the microsecond."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def aware(value: object, advice: str = _ADVICE) -> datetime:
    """The moment a user means, in UTC; a naive one is refused."""
    if isinstance(value, datetime):
        if value.utcoffset() is None:
            raise ValidationError(f"{show(value)} {_NAIVE}")
        try:
            moment = value.astimezone(UTC)
        except OverflowError:
            raise ValidationError(f"{show(value)} is out of range in UTC: {advice}") from None
        # a subclass, such as pandas' Timestamp, may carry more than a datetime holds
        return moment if type(moment) is datetime else _exact(moment)
    if isinstance(value, date):
        raise ValidationError(f"{show(value)} is a date, not a moment: {advice}")
    if not isinstance(value, str):
        refuse(value, advice)
    text = clean_line(value, advice)
    found = re.fullmatch(_ZONED, text)
    if found is None:
        raise ValidationError(f"{show(text)} is no timestamp: {advice}")
    if found["zone"] is None:
        raise ValidationError(f"{show(text)} {_NAIVE}")
    try:
        return parse_timestamp(text)
    except (ValueError, OverflowError) as error:
        raise ValidationError(f"{show(text)} is no timestamp ({error}): {advice}") from None


def _exact(moment: datetime) -> datetime:
    return datetime(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
        UTC,
    )


def moment_to_compare(value: object, advice: str = _ADVICE) -> str:
    """The text of a moment in a filter, in UTC; of a text its fraction stays, to the nanosecond."""
    moment = aware(value, advice)
    found = re.fullmatch(_ZONED, value.strip()) if isinstance(value, str) else None
    if found is None:
        return format_timestamp(moment)
    return f"{moment.replace(microsecond=0).isoformat()[:-6]}{found['fraction'] or ''}Z"


class TimestampWire(Struct, gc=False, tag_field="attribute_type", tag="timestamp"):
    """A timestamp value as Attio sends it."""

    value: str | None = None


class TimestampCodec(Codec[datetime]):
    """Timestamps, as aware ``datetime`` in UTC.

    https://docs.attio.com/docs/attribute-types/attribute-types-timestamp
    """

    type = "timestamp"
    shape = TimestampWire

    def read(self, wire: TimestampWire) -> datetime | None:
        """The moment."""
        return None if wire.value is None else parse_timestamp(wire.value)

    def coerce(self, value: object, attr: AttributeSpec) -> datetime:
        """An aware ``datetime``, or an ISO 8601 text with a zone."""
        return aware(value)

    def write(self, value: datetime) -> Any:
        """The moment as ISO 8601 in UTC, to the microsecond."""
        return format_timestamp(value)

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The moment as ISO 8601 in UTC."""
        return moment_to_compare(value)
