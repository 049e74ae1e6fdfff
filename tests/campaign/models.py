"""What the campaign writes to: an object and a list, and each attribute's values on the wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from attio_orm import ListEntry, Model
from attio_orm.attributes import (
    Currency,
    Date,
    Domains,
    EmailAddresses,
    Location,
    MultiSelect,
    Number,
    Select,
    Status,
    Text,
    Timestamp,
)
from attio_orm.testing import SandboxHandle

NUMBERS = 1_500
"""More than there are values in a round."""


class Client(Model, object="clients"):
    code: Text = Text(unique=True)
    name: Text
    batch: Text
    mark: Text
    amount: Number
    price: Currency
    due: Date
    seen: Timestamp
    place: Location
    grade: Select
    mails: EmailAddresses
    sites: Domains
    labels: MultiSelect


class Pipeline(ListEntry, list="pipeline", parent=Client):
    mark: Text
    remark: Text
    worth: Number
    until: Date
    stage: Status[str] = Status()
    mails: EmailAddresses


class Kind(NamedTuple):
    """How the value number n is written in Python and in JSON, and how it is read from JSON."""

    python: Callable[[int], Any]
    wire: Callable[[int], Any]
    read: Callable[[dict[str, Any]], int]


_DAY, _MOMENT = date(1700, 1, 1), datetime(2000, 1, 1, tzinfo=UTC)
_PARTS = (
    "line_1", "line_2", "line_3", "line_4", "region", "postcode", "country_code", "latitude",
    "longitude",
)  # fmt: skip


def _moment(n: int) -> datetime:
    return _MOMENT + timedelta(minutes=n)


def _day(n: int) -> date:
    return _DAY + timedelta(days=n)


def _plain(key: str) -> Callable[[dict[str, Any]], int]:
    return lambda row: int(row[key])


_TEXT = Kind("text {}".format, "text {}".format, lambda row: int(row["value"].split()[1]))
_NUMBER = Kind(int, int, _plain("value"))
_DATE = Kind(
    _day, lambda n: str(_day(n)), lambda row: (date.fromisoformat(row["value"]) - _DAY).days
)

_SELECT = _TEXT._replace(read=lambda row: int(row["option"]["title"].split()[1]))

SINGLE: dict[str, Kind] = {
    "name": _TEXT,
    "amount": _NUMBER,
    "price": Kind(int, int, _plain("currency_value")),
    "due": _DATE,
    "seen": Kind(
        _moment,
        lambda n: _moment(n).isoformat(),
        lambda row: round(
            (datetime.fromisoformat(row["value"][:19] + "+00:00") - _MOMENT).total_seconds() / 60
        ),
    ),
    "place": Kind(
        lambda n: {"locality": f"Town {n}"},
        lambda n: {**dict.fromkeys(_PARTS), "locality": f"Town {n}"},
        lambda row: int(row["locality"].split()[1]),
    ),
    "grade": _SELECT,
    "remark": _TEXT,
    "worth": _NUMBER,
    "until": _DATE,
    "stage": _TEXT._replace(read=lambda row: int(row["status"]["title"].split()[1])),
}
"""The attributes of one value."""

MULTI: dict[str, Kind] = {
    "mails": Kind(
        "m{}@mail.com".format,
        "m{}@mail.com".format,
        lambda row: int(row["email_address"].split("@")[0][1:]),
    ),
    "sites": Kind("s{}.com".format, "s{}.com".format, lambda row: int(row["domain"][1:-4])),
    "labels": _SELECT,
}
"""The attributes of many values."""

KINDS = {**SINGLE, **MULTI}

SINGLES: dict[type[Model], list[str]] = {
    Client: [slug for slug in SINGLE if hasattr(Client, slug)],
    Pipeline: [slug for slug in SINGLE if hasattr(Pipeline, slug)],
}
MULTIS: dict[type[Model], list[str]] = {Client: ["mails", "sites", "labels"], Pipeline: ["mails"]}


def define(handle: SandboxHandle) -> None:
    """Make the object and the list, with an option for each number."""
    handle.define(Client, Pipeline)
    titles = [_TEXT.wire(n) for n in range(NUMBERS)]
    for slug in ("grade", "labels"):
        handle.workspace.define_choices("clients", slug, titles)
    handle.workspace.define_choices("pipeline", "stage", titles, target="lists")
