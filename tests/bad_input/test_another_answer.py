"""The answer to another request: a record of another id, rows of another object."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from attio_orm import Company, InvalidResponseError, ListEntry, OutcomeUnknownError, Person
from attio_orm.api.facade import Api
from attio_orm.attributes import Number, Text
from attio_orm.transport import WireRequest, WireResponse, encode_json
from tests.api.calls import CALLS, ID, OTHER, Sent
from tests.api.fakes import fake
from tests.bad_input.world import Middle, check_clear
from tests.colours import COLOURS, Colour


class Pipeline(ListEntry, list="sales", parent=Company):
    size: Number
    note: Text


@dataclass
class Scene:
    middle: Middle
    colour: Colour
    connection: Any
    acme: Any
    ada: Any
    bob: Any
    entry: Any
    other: Any

    async def call(self, owner: Any, method: str, /, *args: Any, **kwargs: Any) -> Any:
        return await self.colour.call(owner, method, *args, **kwargs)

    def answer_with(self, record: Any) -> None:
        """From now on each answer is this record's, as if it had come for the request before."""
        inner = self.middle.handle.backend
        kind, slug = ("lists", "sales") if record is self.other else ("objects", "people")
        rows = "entries" if kind == "lists" else "records"
        headers = {"authorization": f"Bearer {self.middle.handle.token}"}
        asked = WireRequest("GET", f"/v2/{kind}/{slug}/{rows}/{record.id}", headers, b"")  # type: ignore[arg-type]
        good = inner.send(asked)

        def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
            if request.path.endswith("/query"):
                data = json.loads(good.body)["data"]
                return WireResponse(200, good.headers, encode_json({"data": [data]}))
            return good

        self.middle.spoil = spoil


@pytest.fixture
def scene(middle: Middle, colour: Colour) -> Iterator[Scene]:
    with opened(middle, colour) as scene:
        yield scene


@contextmanager
def opened(middle: Middle, colour: Colour) -> Iterator[Scene]:
    middle.handle.define(Pipeline)
    with middle.connect() as connection:
        acme = Company.objects.create(name="Acme", domains=["acme.com"])
        beta = Company.objects.create(name="Beta", domains=["beta.com"])
        ada = Person.objects.create(
            name="Lovelace, Ada", email_addresses=["ada@acme.com", "b@acme.com"], company=acme
        )
        bob = Person.objects.create(name="Ross, Bob", email_addresses=["bob@acme.com"])
        entry = Pipeline.objects.create(parent=acme, size=5)
        other = Pipeline.objects.create(parent=beta, size=6)
        connection.schema.fetch("companies")
        yield Scene(middle, colour, connection, acme, ada, bob, entry, other)


async def add(scene: Scene) -> None:
    scene.ada.email_addresses.append("new@acme.com")
    await scene.call(scene.ada, "save")


async def rewrite(scene: Scene) -> None:
    scene.ada.email_addresses.remove("b@acme.com")
    await scene.call(scene.ada, "save")


async def checked(scene: Scene) -> None:
    scene.ada.name = "Byron, Ada"
    await scene.call(scene.ada, "save", on_conflict="raise")


async def write_entry(scene: Scene) -> None:
    scene.entry.size = 7
    await scene.call(scene.entry, "save")


async def ref(scene: Scene) -> None:
    with scene.connection.session():
        await scene.call(Person.ref(scene.ada.id), "refresh")


RECORDS: dict[str, Callable[[Scene], Awaitable[Any]]] = {
    "get": lambda scene: scene.call(Person.objects, "get", id=scene.ada.id),
    "refresh": lambda scene: scene.call(scene.ada, "refresh"),
    "PATCH": add,
    "PUT": rewrite,
    "a checked save": checked,
    "ref": ref,
    "in_bulk": lambda scene: scene.call(Person.objects, "in_bulk", [scene.ada.id]),
    "get of an entry": lambda scene: scene.call(Pipeline.objects, "get", id=scene.entry.id),
    "refresh of an entry": lambda scene: scene.call(scene.entry, "refresh"),
    "save of an entry": write_entry,
    "entries in bulk": lambda scene: scene.call(Pipeline.objects, "in_bulk", [scene.entry.id]),
}  # fmt: skip


@pytest.mark.parametrize("way", RECORDS.values(), ids=RECORDS)
async def test_a_record_of_another_id(
    scene: Scene, way: Callable[[Scene], Awaitable[Any]], request: pytest.FixtureRequest
) -> None:
    is_entry = "entr" in request.node.callspec.id
    asked, came = (scene.entry, scene.other) if is_entry else (scene.ada, scene.bob)
    before = (asked.id, asked.created_at, asked.raw)
    scene.answer_with(came)

    with pytest.raises(InvalidResponseError) as caught:
        await way(scene)
    if "in_bulk" in request.node.callspec.id:
        check_clear(caught.value, "'people'", "by ids", "ask again")
    else:
        check_clear(caught.value, str(asked.id), str(came.id), "attio.example")

    scene.middle.spoil = None
    assert (asked.id, asked.created_at, asked.raw) == before
    changed = dict(asked.changes)
    await scene.call(asked, "save")
    await scene.call(asked, "refresh")
    assert all(_plain(getattr(asked, name)) == _plain(each.new) for name, each in changed.items())
    await scene.call(came, "refresh")
    assert came.id != asked.id


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value


async def test_rows_of_another_object(scene: Scene) -> None:
    """The company was asked for, and a person came."""
    with scene.connection.session():
        ada = await scene.call(Person.objects, "get", id=scene.ada.id)
        scene.answer_with(scene.bob)
        with pytest.raises(InvalidResponseError, match="'companies'") as caught:
            await scene.colour.items(Company.objects.filter(name="Acme"))
        check_clear(caught.value, "'people'", "ask again")
        with pytest.raises(InvalidResponseError, match="'companies'"):
            await scene.call(ada, "load", "company")
        scene.middle.spoil = None
        await scene.call(ada, "load", "company")
        assert ada.company.id == scene.acme.id


async def test_what_was_to_be_made_is_answered_with_another_object(scene: Scene) -> None:
    fields = {"name": "Gamma", "domains": ["gamma.com"]}
    scene.answer_with(scene.bob)
    gamma = Company(**fields)
    with pytest.raises(OutcomeUnknownError, match="a row of 'people' where one of 'companies'"):
        await scene.call(gamma, "save")
    assert gamma.id is None
    with pytest.raises(InvalidResponseError, match="a row of 'people' where one of 'companies'"):
        await scene.call(Company.objects, "upsert", "domains", **fields)
    with pytest.raises(OutcomeUnknownError, match="JSON that cannot be read"):
        await scene.call(Pipeline.objects, "create", parent=scene.acme)
    scene.middle.spoil = None
    assert await scene.call(gamma, "settle", matching="domains")
    assert gamma.id not in {None, scene.bob.id}


async def test_rows_of_a_list_for_those_of_an_object_and_back(scene: Scene) -> None:
    with scene.connection.session():
        scene.answer_with(scene.bob)
        with pytest.raises(InvalidResponseError, match="JSON that cannot be read"):
            await scene.call(Pipeline.objects, "first")
        scene.answer_with(scene.other)
        for method in ("first", "count", "exists"):
            with pytest.raises(InvalidResponseError, match="JSON that cannot be read"):
                await scene.call(Person.objects, method)


def test_what_loads_when_it_is_touched(middle: Middle) -> None:
    with opened(middle, COLOURS[0]) as scene, scene.connection.session():
        ada, waiting = Person.objects.get(id=scene.ada.id), Company.ref(str(uuid4()))
        asked = [Person.ref(str(uuid4())), Person.ref(str(uuid4()))]
        scene.answer_with(scene.bob)
        with pytest.raises(InvalidResponseError, match="'people' by ids was answered"):
            _ = asked[0].name
        with pytest.raises(InvalidResponseError, match="'companies'"):
            _ = ada.company
        with pytest.raises(InvalidResponseError, match=waiting.id):
            _ = waiting.name
        scene.middle.spoil = None
        assert ada.company.id == scene.acme.id


# the last argument that is an id is that of what is asked for
NAMES = {
    "records": "record_id", "entries": "entry_id", "members": "workspace_member_id",
    "notes": "note_id", "tasks": "task_id", "threads": "thread_id", "comments": "comment_id",
    "meetings": "meeting_id", "call_recordings": "call_recording_id", "files": "file_id",
    "webhooks": "webhook_id",
}  # fmt: skip
BY_ID = [
    each
    for each in CALLS
    if each.verb.split(".")[1] in {"get", "update", "overwrite"}
    and each.verb.split(".")[0] in NAMES
]
BY_SLUG = [
    ("objects", ("get", "update"), (), "object_id"),
    ("lists", ("get", "update"), (), "list_id"),
    ("attributes", ("get", "update"), ("people",), "attribute_id"),
    ("options", ("update",), ("people", "tags"), "option_id"),
    ("statuses", ("update",), ("deals", "stage"), "status_id"),
]


@pytest.mark.parametrize("call", BY_ID, ids=str)
async def test_every_resource_of_the_api(call: Sent, colour: Colour) -> None:
    resource, verb = call.verb.split(".")
    asked = [each for each in call.args if each in (ID, OTHER)][-1]
    for found, is_right in ((asked, True), (asked.upper(), True), (str(uuid4()), False)):
        answer = {"id": {"workspace_id": str(uuid4()), NAMES[resource]: found}, "x": 1}
        _, transport = fake(data=answer)
        sent = colour.call(getattr(Api(transport), resource), verb, *call.args, **call.keywords)
        if is_right:
            got = await sent
            got.pop("pagination", None)  # which a thread has beside what Attio gives of it
            assert got == answer
        else:
            with pytest.raises(InvalidResponseError, match=f"id {found} where {asked}"):
                await sent


@pytest.mark.parametrize(
    ("resource", "verb", "args", "name"),
    [(resource, verb, args, name) for resource, verbs, args, name in BY_SLUG for verb in verbs],
)
async def test_what_is_asked_for_by_slug_or_id(
    resource: str, verb: str, args: tuple[str, ...], name: str, colour: Colour
) -> None:
    found = str(uuid4())
    _, transport = fake(data={"id": {name: found}})
    owner = getattr(Api(transport), resource)
    fields = {"title": "x"} if verb == "update" else {}
    for asked in ("a_slug", found):
        assert await colour.call(owner, verb, *args, asked, **fields) == {"id": {name: found}}
    with pytest.raises(InvalidResponseError, match=f"id {found} where {OTHER}"):
        await colour.call(owner, verb, *args, OTHER, **fields)
