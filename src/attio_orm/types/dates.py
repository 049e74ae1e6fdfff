"""Calendar dates and moments."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import ClassVar

from msgspec import Struct

from attio_orm.conditions.expressions import CalendarExpr, MomentExpr
from attio_orm.conditions.lookups import EQUAL, ORDERED, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.types.base import Attribute, AttributeSpec, Codec, JsonValue
from attio_orm.types.checks import native, refuse
from attio_orm.types.text import clean_line
from attio_orm.types.timestamps import format_timestamp, parse_timestamp
from attio_orm.wording import show

_ADVICE = "give an aware datetime, e.g. datetime(2026, 3, 1, 10, tzinfo=UTC)."
_NAIVE = (
    "has no time zone, so it does not say which moment is meant: use datetime(..., "
    "tzinfo=UTC), or value.astimezone() where it is local time."
)
_ZONED = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(?P<fraction>\.[0-9]+)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(:?[0-9]{2})?)?"
)


def aware(value: object, advice: str = _ADVICE) -> datetime:
    """The moment a user means, in UTC; a naive one is refused."""
    value = native(value)
    if isinstance(value, datetime):
        try:
            offset = value.utcoffset()
        except ValueError:  # pandas' NaT, which is a datetime by its class alone
            raise ValidationError(f"{show(value)} is not a moment: {advice}") from None
        if offset is None:
            raise ValidationError(f"{show(value)} {_NAIVE}")
        try:
            moment = value.astimezone(UTC)
        except OverflowError:
            raise ValidationError(f"{show(value)} is out of range in UTC: {advice}") from None
        # a subclass, such as pandas' Timestamp, may carry more than a datetime holds
        if type(moment) is not datetime:
            moment = datetime.combine(moment.date(), moment.time(), UTC)
        return moment
    if isinstance(value, date):  # asked only here, as every datetime is a date too
        raise ValidationError(f"{show(value)} is a date, not a moment: {advice}")
    if not isinstance(value, str):
        refuse(value, advice)
    text = clean_line(value, advice)
    found = re.fullmatch(_ZONED, text)
    if found is None:
        raise ValidationError(f"{show(text)} is not a valid timestamp: {advice}")
    if found["zone"] is None:
        raise ValidationError(f"{show(text)} {_NAIVE}")
    try:
        return parse_timestamp(text)
    except (ValueError, OverflowError) as error:
        wrong = f"{show(text)} is not a valid timestamp ({error}): {advice}"
        raise ValidationError(wrong) from None


def moment_to_compare(value: object, advice: str = _ADVICE) -> str:
    """The text of a moment in a filter, in UTC; of a text its fraction stays, to the nanosecond."""
    moment = aware(value, advice)
    found = re.fullmatch(_ZONED, value.strip()) if isinstance(value, str) else None
    if found is None:
        return format_timestamp(moment)
    # a datetime ends at microseconds: a moment copied from Attio, with nine digits, would not match
    return f"{moment.replace(microsecond=0).isoformat()[:-6]}{found['fraction'] or ''}Z"


class TimestampWire(Struct, gc=False, tag_field="attribute_type", tag="timestamp"):
    """A timestamp value as Attio sends it."""

    value: str | None = None


class TimestampCodec(Codec[datetime]):
    """Timestamps, as aware ``datetime`` in UTC."""

    type = "timestamp"
    json_schema: ClassVar = {"type": "string", "format": "date-time"}
    shape = TimestampWire
    lookups = TypeLookups("value", {"value": EQUAL | ORDERED}, moments=("value",))

    def read(self, wire: TimestampWire) -> datetime | None:
        return None if wire.value is None else parse_timestamp(wire.value)

    def coerce(self, value: object, attr: AttributeSpec) -> datetime:
        """An aware ``datetime``, or an ISO 8601 text with a zone."""
        return aware(value)

    def write(self, value: datetime) -> JsonValue:
        return format_timestamp(value)

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The moment as ISO 8601 in UTC."""
        return moment_to_compare(value)


_DAY_ADVICE = 'give a datetime.date, e.g. date(2026, 3, 1), or "2026-03-01".'
_PARTIAL = r"[0-9]{4}(-[0-9]{2}){0,2}"
_UNZONED = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}(:?[0-9]{2}){0,2}([.,][0-9]+)?"


def day(value: object, advice: str = _DAY_ADVICE) -> date:
    """The date a user means; of a moment with a zone its date in UTC, as Attio takes it."""
    value = native(value)
    if isinstance(value, datetime):
        return aware(value, advice).date()  # Attio too goes to UTC before it drops the time
    if isinstance(value, date):
        return value if type(value) is date else date(value.year, value.month, value.day)
    if not isinstance(value, str):
        refuse(value, advice)
    text = clean_line(value, advice)
    unzoned = re.fullmatch(_UNZONED, text)
    if unzoned:  # nothing to convert then: the date is meant that is written
        text = unzoned[1]
    if not re.fullmatch(_PARTIAL, text):
        try:
            return aware(text, advice).date()
        except ValidationError:
            raise ValidationError(f"{show(text)} is not a valid date: {advice}") from None
    try:
        # a year or a month begins with its first day, as Attio fills it up
        return date.fromisoformat(f"{text}{'-01-01'[len(text) - 4 :]}")
    except ValueError as error:
        raise ValidationError(f"{show(value)} is not a valid date ({error}): {advice}") from None


def entered_to_compare(value: object) -> str:
    """What ``active_from`` is compared with: a date's or a moment's text."""
    advice = "compare active_from with a date or an aware datetime."
    value = native(value)
    if isinstance(value, datetime):
        return moment_to_compare(value, advice)
    if isinstance(value, str):
        is_day = re.fullmatch(_PARTIAL, value.strip()) is not None
    else:
        is_day = isinstance(value, date)
    if is_day:
        return day(value, advice).isoformat()
    return moment_to_compare(value, advice)


class DateWire(Struct, gc=False, tag_field="attribute_type", tag="date"):
    """A date value as Attio sends it."""

    value: str | None = None


class DateCodec(Codec[date]):
    """Dates, as ``date``."""

    type = "date"
    json_schema: ClassVar = {"type": "string", "format": "date"}
    shape = DateWire
    lookups = TypeLookups("value", {"value": EQUAL | ORDERED}, days=("value",))

    def read(self, wire: DateWire) -> date | None:
        return None if wire.value is None else date.fromisoformat(wire.value[:10])

    def coerce(self, value: object, attr: AttributeSpec) -> date:
        """A ``date``, an aware ``datetime``, or an ISO 8601 text."""
        return day(value)

    def write(self, value: date) -> JsonValue:
        return value.isoformat()

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The date as ``YYYY-MM-DD``."""
        return day(value).isoformat()


class DateExpr(CalendarExpr[date | str]):
    """A calendar date; texts are ``YYYY-MM-DD``."""


class TimestampExpr(MomentExpr[date | str]):
    """A moment; datetimes need a time zone, and a date means that whole day."""


class DateAttribute(Attribute[DateExpr, date | None, date | None]):
    """A calendar date, as ``datetime.date``.

    See https://docs.attio.com/docs/attribute-types/attribute-types-date.
    """

    codec = DateCodec()
    expression = DateExpr


class TimestampAttribute(Attribute[TimestampExpr, datetime | None, datetime | None]):
    """A moment, as an aware ``datetime`` in UTC.

    See https://docs.attio.com/docs/attribute-types/attribute-types-timestamp.
    """

    codec = TimestampCodec()
    expression = TimestampExpr


ATTRIBUTES = (DateAttribute, TimestampAttribute)
