"""When a meeting is, from a body; and how the API shows its times."""

from __future__ import annotations

from typing import Any, NamedTuple

from attio_sandbox.bodies import Path, bad_timestamp
from attio_sandbox.errors import bad_body
from attio_sandbox.timestamps import (
    find_zone,
    from_local,
    has_offset,
    read_date,
    read_timestamp,
    to_local,
)


class Point(NamedTuple):
    """A start or an end: a time as the API shows it with its zone, or a date."""

    text: str
    zone: str | None


def read_point(raw: dict[str, Any], is_all_day: bool, name: str) -> Point:
    """Give the `start` or `end` of a body; raises the 400 where it is of the other kind.

    A time without an offset is meant in its `timezone`; a time zone that does not exist is UTC.
    """
    path: Path = ("data", name)
    if ("date" in raw) is not is_all_day:
        message = "A date is expected where is_all_day is true, a datetime where it is false"
        raise bad_body(message, path, "invalid")
    if is_all_day:
        date = read_date(raw["date"], partial=False)
        if date is None:
            raise bad_timestamp((*path, "date"))
        return Point(date, None)
    moment = read_timestamp(raw["datetime"], partial=False)
    zone_name: str | None = raw.get("timezone")
    zone = find_zone(zone_name)
    if moment is not None and zone is not None and not has_offset(raw["datetime"]):
        moment = from_local(moment, zone)
    if moment is None:
        raise bad_timestamp((*path, "datetime"))
    return Point(moment, "UTC" if zone_name is not None and zone is None else zone_name)


def point_document(point: Point, is_all_day: bool) -> dict[str, str | None]:
    """Give a start or an end as the API shows it: in its zone where it has one, else in UTC."""
    if is_all_day:
        return {"date": point.text}
    text = to_local(point.text, find_zone(point.zone)).isoformat(timespec="milliseconds")
    return {"datetime": text.replace("+00:00", "Z"), "timezone": point.zone}
