"""Calendar dates."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.values.codec import AttributeSpec, Codec, clean_line, refuse, show
from attio_orm.values.timestamps import aware, moment_to_compare

_ADVICE = 'give a datetime.date, e.g. date(2026, 3, 1), or "2026-03-01".'
_PARTIAL = r"[0-9]{4}(-[0-9]{2}){0,2}"
_UNZONED = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ][0-9]{2}(:?[0-9]{2}){0,2}([.,][0-9]+)?"


def day(value: object, advice: str = _ADVICE) -> date:
    """The date a user means; of a moment with a zone its date in UTC, as Attio takes it."""
    if isinstance(value, datetime):
        return aware(value, advice).date()
    if isinstance(value, date):
        return value if type(value) is date else date(value.year, value.month, value.day)
    if not isinstance(value, str):
        refuse(value, advice)
    text = clean_line(value, advice)
    unzoned = re.fullmatch(_UNZONED, text)
    if unzoned:
        text = unzoned[1]
    if not re.fullmatch(_PARTIAL, text):
        try:
            return aware(text, advice).date()
        except ValidationError:
            raise ValidationError(f"{show(text)} is no date: {advice}") from None
    try:
        return date.fromisoformat(f"{text}{'-01-01'[len(text) - 4 :]}")
    except ValueError as error:
        raise ValidationError(f"{show(value)} is no date ({error}): {advice}") from None


def entered_to_compare(value: object) -> str:
    """What ``active_from`` is compared with: a date's or a moment's text."""
    advice = "compare active_from with a date or an aware datetime."
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
    """Dates, as ``date``.

    https://docs.attio.com/docs/attribute-types/attribute-types-date
    """

    type = "date"
    shape = DateWire

    def read(self, wire: DateWire) -> date | None:
        """The date."""
        return None if wire.value is None else date.fromisoformat(wire.value[:10])

    def coerce(self, value: object, attr: AttributeSpec) -> date:
        """A ``date``, an aware ``datetime``, or an ISO 8601 text."""
        return day(value)

    def write(self, value: date) -> Any:
        """The date as ``YYYY-MM-DD``."""
        return value.isoformat()

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> Any:
        """The date as ``YYYY-MM-DD``."""
        return day(value).isoformat()
