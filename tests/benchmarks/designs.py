"""What hydration is compared with: the least that could be done, and the ways usually taken.

``f2`` decodes the needed fields of a page into structs and remembers nothing else: no change
tracking, no list that notices its changes, no undeclared attribute, no text with parts. It is the
floor. Flat pydantic models made from decoded dictionaries are what a careful client would write,
nested models what a generated one has.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import msgspec
from pydantic import BaseModel, TypeAdapter

from tests.benchmarks.pages import ATTRIBUTES

try:
    from orjson import loads
except ImportError:  # a peer, not a dependency of the tests
    loads = json.loads
    DECODER = "json"
else:
    DECODER = "orjson"

Reading = Callable[[Any], Any]


class Struct(msgspec.Struct):
    """Structs of the floor have no defaults for what Attio always sends."""


class Text(Struct, gc=False):
    value: str


class Name(Struct, gc=False):
    full_name: str


class Email(Struct, gc=False):
    email_address: str


class Phone(Struct, gc=False):
    phone_number: str


class Reference(Struct, gc=False):
    target_record_id: str


class Location(Struct, gc=False):
    line_1: str | None
    line_2: str | None
    locality: str | None
    region: str | None
    postcode: str | None
    country_code: str | None
    latitude: str | None
    longitude: str | None


class Timestamp(Struct, gc=False):
    value: datetime


class Actor(Struct, gc=False):
    referenced_actor_id: str | None


class Interaction(Struct, gc=False):
    interacted_at: datetime


class Choice(Struct, gc=False):
    title: str


class Select(Struct, gc=False):
    option: Choice


class Status(Struct, gc=False):
    status: Choice


class Number(Struct, gc=False):
    value: float


class Checkbox(Struct, gc=False):
    value: bool


class Currency(Struct, gc=False):
    currency_value: float


class Date(Struct, gc=False):
    value: date


class Values(Struct):
    name: list[Name] = []
    email_addresses: list[Email] = []
    phone_numbers: list[Phone] = []
    job_title: list[Text] = []
    description: list[Text] = []
    company: list[Reference] = []
    primary_location: list[Location] = []
    linkedin: list[Text] = []
    avatar_url: list[Text] = []
    created_at: list[Timestamp] = []
    created_by: list[Actor] = []
    last_interaction: list[Interaction] = []
    strongest_connection_strength: list[Select] = []
    lead_status: list[Status] = []
    score: list[Number] = []
    is_customer: list[Checkbox] = []
    rating: list[Number] = []
    deal_value: list[Currency] = []
    birthday: list[Date] = []
    tags: list[Select] = []


class Id(Struct, gc=False):
    record_id: str


class Record(Struct, weakref=True):
    id: Id
    values: Values


class Page(Struct):
    data: list[Record]


decode_structs = msgspec.json.Decoder(Page).decode

_FIRST: dict[str, Callable[[Any], Any]] = {
    "name": lambda value: value.full_name,
    "company": lambda value: value.target_record_id,
    "primary_location": lambda value: value,
    "created_by": lambda value: value.referenced_actor_id,
    "last_interaction": lambda value: value.interacted_at,
    "strongest_connection_strength": lambda value: value.option.title,
    "lead_status": lambda value: value.status.title,
    "deal_value": lambda value: value.currency_value,
}
_EACH: dict[str, Callable[[Any], Any]] = {
    "email_addresses": lambda value: value.email_address,
    "phone_numbers": lambda value: value.phone_number,
    "tags": lambda value: value.option.title,
}


def structs_reader(names: tuple[str, ...]) -> Reading:
    """What reads these attributes of a struct, as plain values."""

    def getter(name: str) -> Reading:
        if name in _EACH:
            part = _EACH[name]
            return lambda record: [part(value) for value in getattr(record.values, name)]
        part = _FIRST.get(name, lambda value: value.value)
        return lambda record: part(found[0]) if (found := getattr(record.values, name)) else None

    getters = [getter(name) for name in names]
    return lambda record: [get(record) for get in getters]


# -- flat pydantic -------------------------------------------------------------------------------


class FlatPerson(BaseModel):
    """One model per record, its values flattened by hand before it is made."""

    __slots__ = ("__weakref__",)

    record_id: str
    name: str | None = None
    email_addresses: list[str] = []
    phone_numbers: list[str] = []
    job_title: str | None = None
    description: str | None = None
    company: str | None = None
    primary_location: tuple[str | None, ...] | None = None
    linkedin: str | None = None
    avatar_url: str | None = None
    created_at: datetime | None = None
    created_by: str | None = None
    last_interaction: datetime | None = None
    strongest_connection_strength: str | None = None
    lead_status: str | None = None
    score: float | None = None
    is_customer: bool | None = None
    rating: int | None = None
    deal_value: float | None = None
    birthday: date | None = None
    tags: list[str] = []


def _one(key: str) -> Reading:
    return lambda values: values[0][key] if values else None


def _many(key: str) -> Reading:
    return lambda values: [value[key] for value in values]


def _title(key: str) -> Reading:
    return lambda values: values[0][key]["title"] if values else None


def _place(values: Any) -> Any:
    if not values:
        return None
    value = values[0]
    return tuple(value[name] for name in Location.__match_args__)


_FLAT: dict[str, Reading] = {
    **{name: _one("value") for name in ATTRIBUTES},
    "name": _one("full_name"),
    "email_addresses": _many("email_address"),
    "phone_numbers": _many("phone_number"),
    "company": _one("target_record_id"),
    "primary_location": _place,
    "created_by": _one("referenced_actor_id"),
    "last_interaction": _one("interacted_at"),
    "strongest_connection_strength": _title("option"),
    "lead_status": _title("status"),
    "deal_value": _one("currency_value"),
    "tags": lambda values: [value["option"]["title"] for value in values],
}


def flat_values(record: dict[str, Any]) -> dict[str, Any]:
    """The values of a decoded record, flattened."""
    values = record["values"]
    flat = {name: read(values.get(name, ())) for name, read in _FLAT.items()}
    flat["record_id"] = record["id"]["record_id"]
    return flat


def flat_person(record: dict[str, Any]) -> FlatPerson:
    """A decoded record as a flat model."""
    return FlatPerson.model_validate(flat_values(record))


# -- nested pydantic -----------------------------------------------------------------------------

NESTED = """name:full_name:str email_addresses:email_address:str phone_numbers:phone_number:str
job_title:value:str description:value:str company:target_record_id:str linkedin:value:str
avatar_url:value:str created_at:value:datetime created_by:referenced_actor_id:str
last_interaction:interacted_at:datetime score:value:float is_customer:value:bool rating:value:int
deal_value:currency_value:float birthday:value:date"""


def nested_adapter() -> TypeAdapter[Any]:
    """What validates a page into nested models, one for each value, made when it is asked for."""
    from typing import Literal

    from pydantic import create_model

    class By(BaseModel):
        type: str | None
        id: str | None

    class Value(BaseModel):
        active_from: datetime
        active_until: datetime | None
        created_by_actor: By
        attribute_type: Literal[
            "personal-name", "email-address", "phone-number", "text", "record-reference",
            "timestamp", "actor-reference", "interaction", "number", "checkbox", "rating",
            "currency", "date", "select", "status", "location",
        ]  # fmt: skip

    class OptionId(BaseModel):
        workspace_id: str
        object_id: str
        attribute_id: str

    class Option(BaseModel):
        id: OptionId
        title: str
        is_archived: bool

    class WithOption(Value):
        option: Option

    class WithStatus(Value):
        status: Option

    kinds = {
        "str": str,
        "datetime": datetime,
        "float": float,
        "bool": bool,
        "int": int,
        "date": date,
    }
    fields: dict[str, Any] = {
        "strongest_connection_strength": (list[WithOption], []),
        "tags": (list[WithOption], []),
        "lead_status": (list[WithStatus], []),
    }
    place = {name: (str | None, None) for name in Location.__match_args__}
    fields["primary_location"] = (list[create_model("Place", __base__=Value, **place)], [])
    for line in NESTED.split():
        slug, part, kind = line.split(":")
        model = create_model(f"Value_{slug}", __base__=Value, **{part: (kinds[kind] | None, None)})
        fields[slug] = (list[model], [])
    values = create_model("Values", **fields)

    class RecordId(BaseModel):
        workspace_id: str
        object_id: str
        record_id: str

    record = create_model(
        "Record", id=(RecordId, ...), created_at=(datetime, ...), web_url=(str, ...),
        values=(values, ...),
    )  # fmt: skip
    return TypeAdapter(create_model("Page", data=(list[record], ...)))
