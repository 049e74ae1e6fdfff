"""When a meeting starts and ends: a moment in its zone, or a day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from attio_orm.errors import ValidationError
from attio_orm.guards import is_dict
from attio_orm.types.checks import native, refuse

MeetingTime = datetime | date


def read_time(wire: object) -> MeetingTime | None:
    """What Attio's ``start`` or ``end`` says: a ``datetime`` in its zone (UTC without one), a day.

    A zone that this machine does not know is shown as the offset that the time has. Raises
    ``ValueError`` for a text that is not a time.
    """
    if not is_dict(wire):
        return None
    day, moment, zone = wire.get("date"), wire.get("datetime"), wire.get("timezone")
    if isinstance(day, str):
        return date.fromisoformat(day)
    if not isinstance(moment, str):
        return None
    found = datetime.fromisoformat(moment)
    known = _zone(zone) if isinstance(zone, str) else None
    if found.tzinfo is None:  # Attio means such a text in its zone
        return found.replace(tzinfo=known or UTC)
    if known is not None:
        return found.astimezone(known)
    return found.astimezone(UTC) if not found.utcoffset() else found


def write_time(value: object, *, is_all_day: bool, name: str) -> dict[str, Any]:
    """What Attio takes for it. Raises ``ValidationError`` where it is of the other kind."""
    value = native(value)
    if is_all_day:
        if not isinstance(value, date) or isinstance(value, datetime):
            refuse(value, f"{name} of a meeting of whole days is a date: date(2026, 12, 1).")
        return {"date": value.isoformat()}
    if not isinstance(value, datetime):
        refuse(
            value,
            f"{name} is a datetime with a time zone; is_all_day=True makes a meeting of whole days "
            f"of dates, whose end is the day after the last.",
        )
    if value.utcoffset() is None:
        refuse(
            value,
            f'{name} needs a time zone: datetime(..., tzinfo=UTC) or ZoneInfo("Europe/Berlin").',
        )
    zone = getattr(value.tzinfo, "key", None)  # of a ZoneInfo, the name that Attio keeps
    return {"datetime": value.isoformat(), "timezone": zone if isinstance(zone, str) else None}


def check_order(start: MeetingTime, end: MeetingTime) -> None:
    """Raise ``ValidationError`` if a meeting ends before it starts, or has no whole days."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        if end < start:
            raise ValidationError(f"The meeting ends at {end} before it starts at {start}.")
    elif end <= start:  # dates, as both are of one kind
        raise ValidationError(
            f"A meeting of whole days ends the day after its last one: {end} is not after {start}."
        )


def _zone(name: str) -> Any:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # few programs read meetings

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
