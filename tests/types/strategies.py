"""Values that users may assign, by attribute type."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from attio_orm.values import Actor, Location, Money, PersonalName, PhoneNumber, Reference

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
LINE = TEXT.map(str.strip).filter(bool)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
HOST = st.tuples(
    st.lists(LABEL, min_size=1, max_size=3), st.sampled_from(["com", "dev", "io"])
).map(lambda t: ".".join([*t[0], t[1]]))
EMAIL = st.tuples(st.from_regex(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9]+)?", fullmatch=True), HOST).map(
    "@".join
)
PHONE = st.from_regex(r"\+1202[2-9][0-9]{6}", fullmatch=True)  # that the plan has
UUID = st.uuids().map(str)
AMOUNT = st.decimals(-(10**9), 10**9, places=4)
NAME = st.builds(PersonalName, LINE, LINE) | st.builds(PersonalName, LINE)
MOMENT = st.datetimes(
    dt.datetime(1, 1, 2),
    dt.datetime(9999, 12, 30),
    timezones=st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-10))]),
)
LOCATION = st.builds(
    Location,
    line_1=LINE,
    locality=st.none() | LINE,
    country_code=st.none() | st.sampled_from(["GB", "US", "XK", "AN"]),
    latitude=st.none() | st.floats(-90, 90) | st.sampled_from(["51.5007", "-90.0"]),
    longitude=st.none() | st.floats(-180, 180) | st.sampled_from(["-0.1246", "180"]),
)
ACTOR = UUID | st.builds(Actor, st.just("workspace-member"), UUID)
REFERENCE = UUID | st.builds(Reference, st.just("companies"), UUID)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXT,
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53),
    "rating": st.integers(0, 5),
    "checkbox": st.booleans(),
    "currency": AMOUNT | AMOUNT.map(float) | AMOUNT.map(lambda a: Money(a, "EUR")),
    "date": st.dates(),
    "timestamp": MOMENT,
    "select": LINE,
    "status": LINE,
    "record-reference": REFERENCE,
    "actor-reference": ACTOR,
    "location": LOCATION,
    "domain": HOST | HOST.map(lambda h: f"https://{h.upper()}/about?x=1"),
    "email-address": EMAIL,
    "phone-number": PHONE | PHONE.map(PhoneNumber),
    "personal-name": NAME | st.tuples(LINE, LINE).map(", ".join).filter(lambda t: t.strip(", ")),
}

NUMBERS = (
    st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.fractions().map(lambda f: Decimal(f.numerator))
)
