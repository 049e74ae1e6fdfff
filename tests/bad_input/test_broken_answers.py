"""Every way in, with every kind of broken 2xx answer: a right result or an error of the library."""

from __future__ import annotations

import json
import pickle
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

import pytest

import attio_orm
from attio_orm import Company, ListEntry, OutcomeUnknownError, Person
from attio_orm.api.facade import Api
from attio_orm.attributes import Number, Select, Text
from attio_orm.errors import APIError, AttioError
from attio_orm.records.base import Record, mapper_of
from attio_orm.transport import Transport, WireRequest, WireResponse
from attio_orm.values import RawValue
from tests.api.calls import CALLS, ID, Sent
from tests.bad_input.world import Middle, check_clear
from tests.colours import Colour

Break = Callable[[bytes], bytes]
DEEP = 20_000


class Pipeline(ListEntry, list="sales", parent=Company):
    size: Number
    note: Text
    kind: Select[str] = Select(options=["a", "b"])


# -- what is broken of an answer ------------------------------------------------------------------


def constant(body: bytes) -> Break:
    return lambda good: body


def replaced(old: str, new: bytes) -> Break:
    """Each text of the records, or whatever is between these words, is this instead."""
    return lambda good: good.replace(old.encode(), new)


def data(change: Callable[[dict[str, Any]], object]) -> Break:
    """Each object of an answer's ``data``, changed."""

    def broken(good: bytes) -> bytes:
        answer = json.loads(good)
        found = answer.get("data", answer) if isinstance(answer, dict) else answer
        for each in found if isinstance(found, list) else [found]:
            if isinstance(each, dict):
                change(each)
        return json.dumps(answer).encode()

    return broken


def members(**changed: Any) -> Break:
    """These members of each object have other values; those that are ``...`` are not there."""

    def change(each: dict[str, Any]) -> None:
        each.update(changed)
        for name in [name for name, value in changed.items() if value is ...]:
            del each[name]

    return data(change)


def ids(value: object) -> Break:
    """Each id of each object is this."""
    return data(
        lambda each: (
            each.update(id=dict.fromkeys(each["id"], value))
            if isinstance(each.get("id"), dict)
            else None
        )
    )


def each_value(value: object) -> Break:
    """Each attribute of each record has this for its values."""

    def change(each: dict[str, Any]) -> None:
        for name in ("values", "entry_values"):
            if isinstance(each.get(name), dict):
                each[name] = dict.fromkeys(each[name], value)

    return data(change)


def in_texts(content: bytes) -> Break:
    """The text that is in every record's values has this in it."""
    return replaced("Countess", b"Coun" + content + b"tess")


def in_numbers(content: bytes) -> Break:
    return replaced("12345", content)


def truncated(good: bytes) -> bytes:
    return good[: len(good) * 2 // 3]


def doubled(good: bytes) -> bytes:
    """Every member of the outermost object twice."""
    return b'{"data":null,' + good[1:] if good[:1] == b"{" else good


NESTED: Any = "core"
for _ in range(300):
    NESTED = [NESTED]

BROKEN: dict[str, Break] = {
    "empty": constant(b""),
    "blank": constant(b" \n"),
    "null": constant(b"null"),
    "true": constant(b"true"),
    "a number": constant(b"5"),
    "a text": constant(b'"x"'),
    "a list": constant(b"[]"),
    "a list of lists": constant(b"[[]]"),
    "an object": constant(b"{}"),
    "null data": constant(b'{"data": null}'),
    "text data": constant(b'{"data": "x"}'),
    "number data": constant(b'{"data": 5}'),
    "object data": constant(b'{"data": {}}'),
    "no rows": constant(b'{"data": []}'),
    "null rows": constant(b'{"data": [null]}'),
    "text rows": constant(b'{"data": ["x"]}'),
    "list rows": constant(b'{"data": [[]]}'),
    "empty rows": constant(b'{"data": [{}]}'),
    "odd cursor": constant(b'{"data": [], "pagination": {"next_cursor": {}}}'),
    "no UTF-8": constant(b"\xff\xfe\x00"),
    "NaN": constant(b"NaN"),
    "deep lists": constant(b"[" * 5 * DEEP),
    "closed deep lists": constant(b"[" * DEEP + b"]" * DEEP),
    "deep objects": constant(b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "deep data": constant(b'{"data":' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "300 levels of data": constant(b'{"data":' + b"[" * 300 + b"]" * 300 + b"}"),
    "300 levels in data": constant(b'{"data":{"a":' + b"[" * 300 + b"]" * 300 + b"}}"),
    "half": truncated,
    "members twice": doubled,
    "a web page": constant(b"<html><body>Sign in</body></html>"),
    "no id": members(id=...),
    "null id": members(id=None),
    "text id": members(id="x"),
    "number ids": ids(5),
    "null ids": ids(None),
    "empty ids": ids(""),
    "odd ids": ids("../x?\n"),
    "null created_at": members(created_at=None),
    "odd created_at": members(created_at="yesterday"),
    "number created_at": members(created_at=5),
    "odd web_url": members(web_url={}),
    "null values": members(values=None, entry_values=None),
    "list values": members(values=[], entry_values=[]),
    "text values": members(values="x", entry_values="x"),
    "deep values": members(values={"job_title": NESTED}, entry_values={"note": NESTED}),
    "no values": members(values=..., entry_values=...),
    "null for values": each_value(None),
    "objects for values": each_value({"value": "x"}),
    "texts for values": each_value("x"),
    "numbers for values": each_value(5),
    "null in values": each_value([None]),
    "texts in values": each_value(["x"]),
    "odd types in values": each_value([{"attribute_type": {}, "value": {}}]),
    "deep in values": each_value([{"attribute_type": "text", "value": NESTED}]),
    "odd times in values": data(
        lambda each: each.update(active_from="soon", active_until=5, created_by_actor="me")
    ),
    "no times in values": members(active_from=..., active_until=..., created_by_actor=...),
    "odd hits": members(object_slug=5),
    "no slugs": members(api_slug=None, title=None, type=None),
    "odd slugs": members(api_slug="od\"d\\\n\x7f", title=[]),
    "odd config": members(config=[], relationship=5, default_value=NESTED),
    "half a surrogate pair": in_texts(rb"\ud83d"),
    "surrogates the wrong way round": in_texts(rb"\udc00\ud800"),
    "a text that is no UTF-8": in_texts(b"\xff\xc3"),
    "a control character": in_texts(b"\x01"),
    "a huge number": in_numbers(b"1e400"),
    "a huge negative number": in_numbers(b"-1e400"),
    "many digits": in_numbers(b"9" * 400),
    "too many digits": in_numbers(b"9" * 5_000),
    "not a number": in_numbers(b"NaN"),
}  # fmt: skip


# -- the ways in ----------------------------------------------------------------------------------


@dataclass
class Scene:
    """A workspace of which all is known, records of it, and the colour to work in."""

    middle: Middle
    colour: Colour
    connection: Any
    ada: Any
    acme: Any
    entry: Any
    number: int = 0

    @property
    def unique(self) -> str:
        self.number += 1
        return f"n{self.number}"

    async def call(self, owner: Any, method: str, /, *args: Any, **kwargs: Any) -> Any:
        return await self.colour.call(owner, method, *args, **kwargs)


@pytest.fixture
def scene(middle: Middle, colour: Colour) -> Iterator[Scene]:
    middle.handle.define(Pipeline)
    with middle.connect(max_attempts=1) as connection:
        acme = Company.objects.create(name="Acme", domains=["acme.com"])
        ada = Person.objects.create(
            name="Countess, Ada",
            email_addresses=["ada@acme.com"],
            job_title="Countess",
            company=acme,
        )
        entry = Pipeline.objects.create(parent=acme, size=12345, note="Countess", kind="a")
        Pipeline.objects.first()
        list(connection.schema.choices("lists/sales", "kind"))
        connection.schema.members()
        yield Scene(middle, colour, connection, ada, acme, entry)


async def save(scene: Scene) -> Any:
    scene.ada.job_title = "Countess " + scene.unique
    scene.ada.email_addresses.append(f"{scene.unique}@acme.com")
    await scene.call(scene.ada, "save")
    return scene.ada


async def save_entry(scene: Scene) -> Any:
    scene.entry.note = "Countess " + scene.unique
    await scene.call(scene.entry, "save")
    return scene.entry


async def checked_save(scene: Scene) -> Any:
    scene.ada.job_title = "Countess " + scene.unique
    await scene.call(scene.ada, "save", on_conflict="raise")
    return scene.ada


async def delete(scene: Scene) -> None:
    spoil, scene.middle.spoil = scene.middle.spoil, None
    made = await scene.call(Person.objects, "create", name="Gone")
    scene.middle.spoil = spoil
    await scene.call(made, "delete")


async def lazy_relation(scene: Scene) -> Any:
    spoil, scene.middle.spoil = scene.middle.spoil, None
    with scene.connection.session():
        ada = await scene.call(Person.objects, "get", id=scene.ada.id)
        scene.middle.spoil = spoil
        if scene.colour.is_async:
            await ada.aload("company")
        return ada.company


async def back_reference(scene: Scene) -> Any:
    with scene.connection.session():
        found = await scene.call(Company.objects.includes("team"), "first")
        return None if found is None else (found, *found.team)


async def deferred(scene: Scene) -> Any:
    with scene.connection.session():
        ada = Person.ref(scene.ada.id)
        await scene.call(ada, "refresh")
        return ada


async def fresh_schema(scene: Scene) -> Any:
    scene.connection.schema.forget()
    try:
        return await scene.call(Person.objects.filter(job_title="Countess"), "first")
    finally:
        await settled(scene)


async def settled(scene: Scene) -> None:
    """Ask anew for what was asked for in vain."""
    scene.middle.spoil = None
    scene.connection.schema.forget()
    await scene.call(Pipeline.objects, "first")


async def choices(scene: Scene) -> Any:
    scene.connection.schema.forget("lists/sales")
    try:
        return await scene.call(Pipeline.objects.filter(kind="a"), "first")
    finally:
        await settled(scene)


async def members_list(scene: Scene) -> Any:
    scene.connection.schema.forget()
    try:
        found = Company.objects.filter(created_by="owner@sandbox.example")
        return await scene.call(found, "first")
    finally:
        await settled(scene)


async def scan(scene: Scene) -> Any:
    return await scene.colour.items(Person.objects.order_by("name").iterator(page_size=2))


def of(owner: Any, method: str, *args: Any, **kwargs: Any) -> Callable[[Scene], Awaitable[Any]]:
    async def call(scene: Scene) -> Any:
        return await scene.call(owner(scene), method, *args, **kwargs)

    return call


def people(scene: Scene) -> Any:
    return Person.objects


def entries(scene: Scene) -> Any:
    return Pipeline.objects


WAYS: dict[str, Callable[[Scene], Awaitable[Any]]] = {
    "all": lambda scene: scene.colour.items(Person.objects.all()),
    "iterator": scan,
    "get": of(lambda scene: Person.objects.filter(job_title="Countess"), "get"),
    "get(id)": lambda scene: scene.call(Person.objects, "get", id=scene.ada.id),
    "first": of(people, "first"),
    "last": of(people, "last"),
    "values": of(people, "values", "name", "job_title", "company", "created_at"),
    "values_list": of(people, "values_list", "id", "company__name"),
    "in_bulk": lambda scene: scene.call(Person.objects, "in_bulk", [scene.ada.id]),
    "count": of(people, "count"),
    "exists": of(people, "exists"),
    "page": of(people, "page", 1, 2),
    "search": of(people, "search", "Countess"),
    "search across": of(
        lambda scene: attio_orm, "search", "Acme", Person, Company
    ),
    "history": of(attrgetter("ada"), "history", "job_title"),
    "history of a relation": of(attrgetter("ada"), "history", "company"),
    "refresh": of(attrgetter("ada"), "refresh"),
    "save": save,
    "save with a check": checked_save,
    "create": of(people, "create", name="Grace", job_title="Countess"),
    "bulk_create": of(people, "bulk_create", [{"name": "Bulk"}, {"name": "Bulk too"}]),
    "upsert": of(people, "upsert", "email_addresses", email_addresses=["x@acme.com"], name="Up"),
    "get_or_create": of(
        people, "get_or_create", email_addresses="y@acme.com", defaults={"name": "Y"}
    ),
    "delete": delete,
    "includes": lambda scene: scene.colour.items(Person.objects.includes("company")),
    "includes many": back_reference,
    "a lazy relation": lazy_relation,
    "ref": deferred,
    "the schema": fresh_schema,
    "the choices": choices,
    "the members": members_list,
    "a view": of(lambda scene: Person.objects.view("Countesses"), "first"),
    "entries": lambda scene: scene.colour.items(Pipeline.objects.all()),
    "entry by id": lambda scene: scene.call(Pipeline.objects, "get", id=scene.entry.id),
    "entries in bulk": lambda scene: scene.call(Pipeline.objects, "in_bulk", [scene.entry.id]),
    "count of entries": of(entries, "count"),
    "entry save": save_entry,
    "entry refresh": of(attrgetter("entry"), "refresh"),
    "entry history": of(attrgetter("entry"), "history", "size"),
    "entry create": lambda scene: scene.call(
        Pipeline.objects, "create", parent=scene.acme, note="Countess", size=12345
    ),
    "entry upsert": lambda scene: scene.call(
        Pipeline.objects, "upsert", "parent", parent=scene.acme, note="Countess"
    ),
    "entries of a record": of(attrgetter("acme.entries"), "all"),
}  # fmt: skip


def touch(found: Any) -> None:
    """Look at all that there is of a result."""
    if isinstance(found, Record):
        for name in mapper_of(type(found)).attributes:
            read(lambda name=name: getattr(found, name))
        for look in (
            lambda: found.created_at,
            lambda: found.raw,
            lambda: found.changes,
            lambda: hash(found),
            lambda: repr(found),
            lambda: found.model_dump(),
            lambda: json.dumps(found.model_dump(mode="json")),
            lambda: pickle.dumps(found),
        ):
            read(look)
    elif isinstance(found, dict):
        for each in found.values():
            touch(each)
    elif isinstance(found, list | tuple):
        for each in found:
            touch(each)


def read(look: Callable[[], object]) -> None:
    with suppress(AttioError):
        look()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
async def test_only_errors_of_the_library_come_out(
    scene: Scene, way: Callable[[Scene], Awaitable[Any]]
) -> None:
    foreign: dict[str, str] = {}
    for name, broken in BROKEN.items():
        scene.middle.spoil = partial(_broken, broken)
        try:
            touch(await way(scene))
        except AttioError:
            pass
        except Exception as error:
            foreign[name] = f"{type(error).__name__}: {error}"[:200]
        finally:
            scene.middle.spoil = None
    assert not foreign, "\n".join(f"{name}: {error}" for name, error in foreign.items())


def _broken(broken: Break, request: WireRequest, response: WireResponse) -> WireResponse:
    return WireResponse(response.status, response.headers, broken(response.body))


ROW = {
    "id": {"workspace_id": ID, "object_id": ID, "record_id": ID},
    "created_at": "2026-01-01T00:00:00.000000000Z",
    "values": {"job_title": [{"attribute_type": "text", "value": "Countess 12345"}]},
}


@pytest.mark.parametrize("call", CALLS, ids=str)
async def test_only_errors_of_the_library_come_out_of_the_api(call: Sent, colour: Colour) -> None:
    """What is JSON comes as it is, whatever it says; the rest is refused."""
    resource, verb = call.verb.split(".")
    foreign: dict[str, str] = {}
    for name, broken in BROKEN.items():
        for data in (ROW, [ROW]):
            answer = {"data": data, "pagination": {"next_cursor": None}}
            transport = Transport(
                Answering(broken(json.dumps(answer).encode())),
                api_key="token",
                base="https://attio.example",
                max_attempts=1,
            )
            try:
                api = getattr(Api(transport), resource)
                json.dumps(await colour.call(api, verb, *call.args, **call.keywords))
            except AttioError:
                pass
            except Exception as error:
                foreign[name] = f"{type(error).__name__}: {error}"[:200]
    assert not foreign, "\n".join(f"{name}: {error}" for name, error in foreign.items())


@pytest.mark.parametrize("status", [400, 401, 404, 409, 418, 500])
async def test_refusals_with_broken_bodies(status: int, colour: Colour) -> None:
    refusal = {"status_code": status, "code": "odd", "message": "Countess 12345"}
    refusal |= {"validation_errors": [{"path": ["a", 5, None], "message": {}}]}
    for broken in BROKEN.values():
        transport = Transport(
            Answering(broken(json.dumps(refusal).encode()), status),
            api_key="a-token",
            base="https://attio.example",
            max_attempts=1,
        )
        with pytest.raises(APIError) as caught:
            await colour.call(Api(transport).records, "get", "people", ID)
        assert caught.value.status == status
        assert f"{caught.value!r}{caught.value.errors!r}"


@dataclass
class Answering:
    """A backend that answers everything with this."""

    body: bytes
    status: int = 200

    def send(self, request: WireRequest, /) -> WireResponse:
        return WireResponse(self.status, {"content-type": "application/json"}, self.body)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        return self.send(request)

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


MADE: dict[str, Callable[[Scene], Awaitable[Any]]] = {
    "create": WAYS["create"],
    "save": lambda scene: scene.call(Person(name="Countess, New"), "save"),
    "entry": WAYS["entry create"],
}
NOTHING_MADE = {
    name: BROKEN[name]
    for name in (
        "empty", "null", "a list", "null data", "text data", "object data", "null rows", "NaN",
        "deep lists", "closed deep lists", "deep objects", "deep data", "300 levels of data",
        "half", "a web page", "no id", "null id", "number ids", "null ids", "empty ids",
        "number created_at", "list values", "text values",
    )
}  # fmt: skip


@pytest.mark.parametrize("way", MADE.values(), ids=MADE)
async def test_a_create_that_is_answered_without_a_record_is_unknown(
    scene: Scene, way: Callable[[Scene], Awaitable[Any]]
) -> None:
    """It was carried out, after all, and must not be taken for one that failed."""
    wrong: dict[str, str] = {}
    for name, broken in NOTHING_MADE.items():

        def spoil(
            request: WireRequest, response: WireResponse, broken: Break = broken
        ) -> WireResponse:
            is_made = request.method == "POST" and request.path.endswith(("/records", "/entries"))
            return _broken(broken, request, response) if is_made else response

        scene.middle.spoil = spoil
        scene.middle.sent.clear()
        try:
            wrong[name] = f"{await way(scene)!r}"
        except OutcomeUnknownError as error:
            check_clear(error, "may or may not exist")
            assert sum(each.method == "POST" and each.path.endswith(("/records", "/entries"))
                       for each in scene.middle.sent) == 1  # fmt: skip
        except Exception as error:
            wrong[name] = f"{type(error).__name__}: {error}"[:200]
    assert not wrong, "\n".join(f"{name}: {each}" for name, each in wrong.items())


async def test_what_a_broken_answer_leaves_behind(scene: Scene) -> None:
    """A save that was not acknowledged: the change stays, and the next save brings it."""
    ada, failed = scene.ada, 0
    for broken in BROKEN.values():
        ada.job_title = title = f"Countess {scene.unique}"
        scene.middle.spoil = partial(_broken, broken)
        before = (ada.id, ada.created_at, ada.raw)
        try:
            await scene.call(ada, "save")
        except AttioError:
            failed += 1
            assert (ada.id, ada.created_at, ada.raw) == before
            assert ada.changes["job_title"].new == title
        finally:
            scene.middle.spoil = None
        await scene.call(ada, "save")  # what was not acknowledged is sent again
        await scene.call(ada, "refresh")
        assert (ada.job_title, ada.is_changed) == (title, False)
    assert failed > 30


# -- one odd thing breaks nothing else ------------------------------------------------------------


async def test_the_rest_of_a_page_is_read(scene: Scene) -> None:
    """One text, one number, one value of one record is odd; the others are as they are."""
    scene.middle.handle.workspace.load(
        "people", [{"name": f"Person, {n}", "job_title": f"Title {n}"} for n in range(20)]
    )
    expected = [p.job_title for p in await scene.colour.items(Person.objects.all())]
    for name, content, read_as in (
        ("half a pair", rb"\ud83d", "\ufffd"),
        ("the wrong way round", rb"\udc00\ud800", "\ufffd\ufffd"),
        ("no UTF-8", b"\xff", "\ufffd"),
        ("a control character", b"\x01", "\x01"),
    ):
        scene.middle.spoil = partial(_broken, replaced("Title 7", b"Title " + content))
        scene.middle.sent.clear()
        found = [p.job_title for p in await scene.colour.items(Person.objects.all())]
        wanted = [title.replace("Title 7", f"Title {read_as}") for title in expected]
        assert found == wanted, name
        assert len(scene.middle.sent) == 1, "asking again would bring the same page"


@pytest.mark.parametrize(
    ("digits", "data"),
    [
        (b"1e400", "1e400"),
        (b"-1e400", "-1e400"),
        (b"NaN", "NaN"),
        (b"9" * 400, int("9" * 400)),
        (b"9" * 5_000, "9" * 5_000),
    ],
    ids=["huge", "negative", "NaN", "many digits", "too many digits"],
)
async def test_a_number_beyond_floats_is_raw(scene: Scene, digits: bytes, data: Any) -> None:
    await scene.call(Pipeline.objects, "create", parent=scene.acme, size=6, note="Six")
    scene.middle.spoil = partial(_broken, in_numbers(digits))
    with scene.connection.session():
        first, second = await scene.colour.items(Pipeline.objects.all())
    assert (second.size, second.note, first.note) == (6.0, "Six", "Countess")
    assert isinstance(first.size, RawValue)
    assert first.size.data["value"] == data
    assert first.raw["size"][0]["value"] == data
    json.dumps(first.model_dump(mode="json"))


async def test_a_value_that_is_nested_too_deeply_is_raw(scene: Scene) -> None:
    scene.middle.spoil = partial(_broken, BROKEN["deep in values"])
    with scene.connection.session():
        ada = await scene.call(Person.objects, "get", id=scene.ada.id)
        assert isinstance(ada.job_title, RawValue)
        assert ada.job_title.data["value"].startswith('[{"attribute_type": "text", "value": [[')
        assert ada.raw["job_title"] == ada.job_title.data["value"]
        hash(ada.job_title)
