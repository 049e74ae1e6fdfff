"""Records as plain data and as JSON, against pydantic models that hold and give the same."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from attio_orm.types.pydantic_schemas import as_json
from attio_orm.values import Actor, Interaction, Location, Money
from tests.benchmarks.hydrating import Contact, Library, pages_of, reader
from tests.benchmarks.measuring import Result, Work, interleaved
from tests.benchmarks.pages import ATTRIBUTES

RECORDS = 1_000
ROUNDS = 15
# a relation that is not loaded is its id, in a dump and in a model of pydantic's alike
READ = [each for each in ATTRIBUTES if each != "company"]


class Open(Contact, object="people", strict=False):
    """The same as most models are: the workspace may have more than it declares."""


class Name(BaseModel):
    first_name: str
    last_name: str
    full_name: str


class Place(BaseModel):
    line_1: str | None
    line_2: str | None
    line_3: str | None
    line_4: str | None
    locality: str | None
    region: str | None
    postcode: str | None
    country_code: str | None
    latitude: str | None
    longitude: str | None


class By(BaseModel):
    type: str
    id: str | None


class Happened(BaseModel):
    interaction_type: str | None
    interacted_at: datetime | None
    owner_actor: By | None


class Amount(BaseModel):
    amount: Decimal
    currency: str | None


class InPython(BaseModel):
    """What a record gives as ``dict``, its composite values as models of their own."""

    id: str
    created_at: datetime
    web_url: str | None
    name: str | None
    email_addresses: list[str]
    phone_numbers: list[str]
    job_title: str | None
    description: str | None
    company: str | None
    primary_location: Place | None
    linkedin: str | None
    avatar_url: str | None
    created_by: By | None
    last_interaction: Happened | None
    strongest_connection_strength: str | None
    lead_status: str | None
    score: float | None
    is_customer: bool | None
    rating: int | None
    deal_value: Amount | None
    birthday: date | None
    tags: list[str]


class HappenedInJson(Happened):
    interacted_at: str | None  # type: ignore[assignment]


class AmountInJson(Amount):
    amount: float  # type: ignore[assignment]


class InJson(InPython):
    """What a record gives in JSON; moments, whose form is another in pydantic, as texts."""

    created_at: str  # type: ignore[assignment]
    name: Name | None  # type: ignore[assignment]
    last_interaction: HappenedInJson | None
    deal_value: AmountInJson | None


def _as_dicts(dumped: dict[str, Any]) -> dict[str, Any]:
    """A dump whose composite values are in parts, as a model of pydantic's gives them."""
    found = dict(dumped)
    for name, value in dumped.items():
        if isinstance(value, Money):
            found[name] = {"amount": value.amount, "currency": value.currency}
        elif isinstance(value, Interaction):
            found[name] = as_json(value) | {"interacted_at": value.interacted_at}
        elif isinstance(value, Location | Actor):
            found[name] = as_json(value)
    return found


def _records(model: type[Any], library: Library, records: int) -> list[Any]:
    """Records that nothing was read of."""
    return library.hydrate(pages_of(records), None, model)


def dumps(*, records: int = RECORDS, rounds: int = ROUNDS) -> Result:
    """What a record costs as a dict, as JSON data and as JSON."""
    library = Library()
    strict, opened = _records(Contact, library, records), _records(Open, library, records)
    read = reader(READ)
    for each in (*strict, *opened):
        read(each)
    in_python = [InPython(**_as_dicts(each.model_dump())) for each in strict]
    in_json = [InJson(**each.model_dump(mode="json")) for each in strict]
    many: dict[str, tuple[Sequence[Any], Callable[[Any], Any]]] = {}
    for name, found in (("attio_orm", opened), ("attio_orm, strict", strict)):
        many[f"{name}, dict"] = found, lambda each: each.model_dump()
        many[f"{name}, JSON data"] = found, lambda each: each.model_dump(mode="json")
        many[f"{name}, JSON"] = found, lambda each: each.model_dump_json()
    many["pydantic, dict"] = in_python, lambda each: each.model_dump()
    many["pydantic, JSON data"] = in_json, lambda each: each.model_dump(mode="json")
    many["pydantic, JSON"] = in_json, lambda each: each.model_dump_json()

    def each_of(records: Sequence[Any], dump: Callable[[Any], Any]) -> Work:
        def work() -> None:
            for each in records:
                dump(each)

        return work

    cases = {name: each_of(*case) for name, case in many.items()}
    taken = interleaved(cases, rounds, clock=time.process_time, units=records)
    result = Result(
        "dumps",
        f"{records:,} people of 20 attributes, all read before, against models of pydantic's that "
        f"hold and give the same; the first dump of records that nothing was read of apart",
        "µs a record",
    )
    result.add_all({name: seconds * 1e6 for name, seconds in taken.items()})
    firsts: dict[str, list[float]] = {"python": [], "json": []}
    for _ in range(rounds):
        for mode, times in firsts.items():
            fresh = _records(Open, Library(), records)
            begun = time.process_time()
            for each in fresh:
                each.model_dump(mode=mode)
            times.append((time.process_time() - begun) / records)
    result.add("first dump, dict", sorted(firsts["python"])[rounds // 2] * 1e6)
    result.add("first dump, JSON data", sorted(firsts["json"])[rounds // 2] * 1e6)
    for name in ("attio_orm", "attio_orm, strict"):
        result.compare(f"{name}, dict", "pydantic, dict", 1.5)
        result.compare(f"{name}, JSON data", "pydantic, JSON data", 1.5)
        result.compare(f"{name}, JSON", "pydantic, JSON", 2.0)
    result.require(
        "The dicts are equal, composite values taken apart",
        [_as_dicts(each.model_dump()) for each in opened]
        == [each.model_dump() for each in in_python],
    )
    wanted = [each.model_dump(mode="json") for each in in_json]
    result.require(
        "The JSON data are equal", [each.model_dump(mode="json") for each in opened] == wanted
    )
    result.require(
        "The JSON is equal once it is read",
        [json.loads(each.model_dump_json()) for each in opened]
        == [json.loads(each.model_dump_json()) for each in in_json],
    )
    _compare_responses(result, opened, in_json, rounds)
    return result


def _compare_responses(
    result: Result, records: Sequence[Any], models: Sequence[Any], rounds: int
) -> None:
    """FastAPI's answers with these, by the processor time of the application, without a client."""
    try:
        from fastapi import FastAPI
    except ImportError:
        return
    app = FastAPI()
    routes: dict[str, tuple[Any, Sequence[Any]]] = {
        "FastAPI, attio_orm": (list[Open], records),
        "FastAPI, pydantic": (list[InJson], models),
        "FastAPI without a response model, attio_orm": (None, records),
        "FastAPI without a response model, pydantic": (None, models),
    }
    loop = asyncio.new_event_loop()
    bodies: dict[str, bytes] = {}
    cases: dict[str, Work] = {}
    for at, (name, (response_model, found)) in enumerate(routes.items()):

        async def answer(found: Sequence[Any] = found) -> Any:
            return found

        app.get(f"/{at}", response_model=response_model)(answer)

        def ask(name: str = name, path: str = f"/{at}") -> None:
            bodies[name] = loop.run_until_complete(_get(app, path))

        cases[name] = ask
    taken = interleaved(cases, rounds, clock=time.process_time, units=len(records))
    result.add_all({name: seconds * 1e6 for name, seconds in taken.items()})
    for name in ("FastAPI", "FastAPI without a response model"):
        mine, theirs = f"{name}, attio_orm", f"{name}, pydantic"
        result.compare(mine, theirs, 1.5)
        result.require(
            f"{name}: the answers are equal once they are read",
            json.loads(bodies[mine]) == json.loads(bodies[theirs]),
        )
    loop.close()


async def _get(app: Any, path: str) -> bytes:
    """The body that an ASGI application answers a GET with."""
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": [],
        "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
    }  # fmt: skip
    body = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return bytes(body)
