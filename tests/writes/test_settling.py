"""A write that nobody answered is looked for before it is sent again: a repeat undoes nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from attio_orm import (
    Company,
    InvalidRequestError,
    ListEntry,
    Many,
    Maybe,
    Model,
    OutcomeUnknownError,
    Person,
    StaleRecordError,
    UniquenessConflictError,
    signals,
)
from attio_orm.attributes import (
    Actor,
    Actors,
    Checkbox,
    Currency,
    Date,
    Domain,
    Domains,
    EmailAddress,
    EmailAddresses,
    Location,
    MultiSelect,
    Number,
    PhoneNumber,
    PhoneNumbers,
    Rating,
    Select,
    Status,
    Text,
    Timestamp,
)
from attio_orm.testing import SandboxHandle, sandbox
from attio_orm.values import Location as Place
from attio_orm.values import PhoneNumber as Phone
from tests.colours import COLOURS, Colour
from tests.seeds import copied

pytestmark = pytest.mark.usefixtures("no_waits")

Levels = Literal["Low", "Middle", "High"]


class Cells:
    """An attribute of each type that can be written."""

    text: Text
    number: Number
    stars: Rating
    done: Checkbox
    price: Currency
    day: Date
    at: Timestamp
    place: Location
    phone: PhoneNumber
    email: EmailAddress
    domain: Domain
    level: Select[Levels]
    stage: Status[Levels]
    owner: Actor
    company: Maybe[Company]
    levels: MultiSelect[Levels]
    email_list: EmailAddresses
    phones: PhoneNumbers
    domains: Domains
    owners: Actors
    companies: Many[Company]


class Sheet(Cells, Model):
    """A record with these."""

    key: Text = Text(unique=True)


class Line(Cells, ListEntry, list="lines", parent=Company):
    """An entry with the same ones."""


def moment(second: int) -> dt.datetime:
    return dt.datetime(2026, 1, 1, 12, 0, second, 123_000, dt.UTC)


# Of each type three values: loaded, mine and theirs. Of references, where they are found.
SINGLE: dict[str, list[Any]] = {
    "text": ["One", "Two", "Three"],
    "number": [1, 2.5, 3],
    "stars": [1, 2, 3],
    "price": [100, 200.55, 300],
    "day": [dt.date(2026, 1, day) for day in (1, 2, 3)],
    "at": [moment(1), moment(2).replace(microsecond=123_456), moment(3)],
    "place": [Place(locality=name) for name in ("Bath", "York", "Hull")],
    "phone": [Phone("020 7946 000" + str(n), country_code="GB") for n in (1, 2, 3)],
    "email": ["one@x.dev", "Two@X.dev", "three@x.dev"],
    "domain": ["one.dev", "two.dev", "three.dev"],
    "level": ["Low", "Middle", "High"],
    "stage": ["Low", "Middle", "High"],
    "owner": ["one@x.dev", "two@x.dev", "three@x.dev"],
    "company": ["one.dev", "two.dev", "three.dev"],
}
MULTI: dict[str, list[Any]] = {
    "levels": ["Low", "Middle", "High"],
    "email_list": ["one@x.dev", "Two@x.dev", "three@x.dev"],
    "phones": ["+12025550101", "+1 202 555 0102", "+12025550103"],
    "domains": ["one.dev", "two.dev", "three.dev"],
    "owners": ["one@x.dev", "two@x.dev", "three@x.dev"],
    "companies": ["one.dev", "two.dev", "three.dev"],
}
ARRIVED = ["drop_after", "truncate", "empty", "malformed"]
NOT_ARRIVED: list[Any] = ["drop_before", 500, 503]


class Desk:
    """One workspace, what I write there, and what others write between my attempts."""

    def __init__(self, handle: SandboxHandle) -> None:
        self.handle = handle
        self.saved: list[Any] = []
        self.others_write = False

    def value(self, name: str, value: Any) -> Any:
        """The value to set: a reference by what names it is not one yet."""
        if name in {"company", "companies"}:
            return Company.by(domains=value)
        return value

    def write(self, record: Any, method: str, **values: Any) -> None:
        """Write to the record as somebody else would, a while after what was before."""
        member = "entry_values" if isinstance(record, Line) else "values"
        self.send(method, path_of(record), {"data": {member: values}})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """A request of somebody else's, which is not among mine; gives its data."""
        self.others_write = True
        self.handle.clock.move(1)
        reply = self.handle.workspace.handle(
            method,
            path,
            headers={"authorization": f"Bearer {self.handle.token}"},
            body=b"" if body is None else msgspec.json.encode(body),
        )
        self.handle.clock.move(1)
        self.handle.requests.pop()
        self.others_write = False
        assert reply.status == 200, reply.body
        return msgspec.json.decode(reply.body).get("data")

    def fail(self, fault: Any, *, match: str, **how: Any) -> None:
        """Let my next requests fail that the regular expression finds, and nobody else's."""

        def takes(method: str, path: str) -> bool:
            return not self.others_write and re.search(match, f"{method} {path}") is not None

        self.handle.fail_next(fault, match=takes, **how)

    @contextmanager
    def between(self, *steps: Callable[[], object]) -> Generator[None]:
        """Carry out each step after an attempt of mine that failed, one after another."""
        left = list(steps)

        def failed(sender: Any, **told: Any) -> None:
            if told["purpose"] == "write" and told["error"] is not None and left:
                left.pop(0)()

        with signals.request_finished.connected_to(failed, sender=self.handle.connection):
            yield
        assert not left, "each step had its attempt"

    def attempts(self, method: str | None = None) -> list[str]:
        """The methods of my writes since the requests were forgotten."""
        found = [r.method for r in self.handle.requests if not r.path.endswith("/query")]
        return [each for each in found if each != "GET" and method in (None, each)]

    def history(self, record: Any, name: str) -> list[Any]:
        """What each value of one attribute was, oldest first."""
        return [each.value for each in record.history(name)]


def path_of(record: Any) -> str:
    if isinstance(record, Line):
        return f"/v2/lists/lines/entries/{record.id}"
    return f"/v2/objects/{'sheets' if isinstance(record, Sheet) else 'people'}/records/{record.id}"


@pytest.fixture(scope="module")
def desk_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "desk.db"
    with sandbox(f"sandbox:///{path}") as handle:
        handle.define(Sheet, Line)
        for who in ("one", "two", "three"):
            handle.add_member(f"{who}@x.dev")
            Company.objects.create(name=who, domains=[f"{who}.dev"])
    return path


@pytest.fixture
def desk(desk_file: Path, tmp_path: Path) -> Iterator[Desk]:
    with copied(desk_file, tmp_path) as handle:
        found = Desk(handle)

        def saved(sender: Any, **told: Any) -> None:
            found.saved.append(told["instance"])

        with signals.post_save.connected_to(saved):
            yield found


async def made(desk: Desk, model: type[Any], colour: Colour, **values: Any) -> Any:
    """A record or an entry with these values, loaded, with time passed since."""
    values = {
        name: [desk.value(name, each) for each in value]
        if isinstance(value, list)
        else desk.value(name, value)
        for name, value in values.items()
    }
    extra: dict[str, Any] = {}
    if model is Line:
        extra["parent"] = await colour.call(Company.objects, "get", name="one")
    record = await colour.call(model.objects, "create", **extra, **values)
    desk.handle.clock.move(60)
    await colour.call(record, "refresh")
    for name in values.keys() & {"company", "companies"}:
        await colour.call(record, "load", name)
    desk.handle.requests.clear()
    desk.saved.clear()
    return record


def held(record: Any, name: str) -> list[Any]:
    """The record's values of one attribute as they came: a relation need not be loaded for it."""
    found: list[Any] = record.raw[name]
    return found


def wire(desk: Desk, name: str, value: Any) -> Any:
    """A value as somebody else's request has it."""
    if name in {"company", "companies"}:
        return {"target_object": "companies", "domains": [{"domain": value}]}
    if name in {"owner", "owners"}:
        return {"workspace_member_email_address": value}
    if isinstance(value, Place):
        return {part: getattr(value, part) for part in Place.__match_args__}
    if isinstance(value, Phone):
        return {"original_phone_number": value.original_phone_number, "country_code": "GB"}
    if isinstance(value, dt.date):
        return value.isoformat()
    return value


models = pytest.mark.parametrize("model", [Sheet, Line])
# An operation is the same in both colours, which a few tests show for both models.
ways = pytest.mark.parametrize(
    ("model", "colour"), [(Sheet, COLOURS[0]), (Line, COLOURS[1])], ids=["records", "entries"]
)
singles = pytest.mark.parametrize("name", list(SINGLE))
multis = pytest.mark.parametrize("name", list(MULTI))


# -- one value -------------------------------------------------------------------------------------


@models
@singles
@pytest.mark.parametrize("start", ["loaded", "empty"])
async def test_what_others_wrote_after_it_arrived_stays(
    desk: Desk, colour: Colour, model: Any, name: str, start: str
) -> None:
    loaded, mine, theirs = SINGLE[name]
    values = {name: loaded} if start == "loaded" else {}
    record = await made(desk, model, colour, **values)
    setattr(record, name, desk.value(name, mine))
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    with desk.between(lambda: desk.write(record, "PATCH", **{name: wire(desk, name, theirs)})):
        await colour.call(record, "save")

    assert desk.attempts() == ["PATCH"]
    assert desk.saved == [record]
    assert not record.is_changed
    history = desk.history(record, name)
    assert len(history) == (3 if start == "loaded" else 2), "never mine, theirs, mine"
    if name != "company":
        assert getattr(record, name) == history[-1]


@ways
@singles
async def test_it_is_known_by_its_value_where_nobody_else_wrote(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    loaded, mine, _ = SINGLE[name]
    record = await made(desk, model, colour, **{name: loaded})
    setattr(record, name, desk.value(name, mine))
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    await colour.call(record, "save")

    assert desk.attempts() == ["PATCH"]
    assert not any("/attributes/" in r.path for r in desk.handle.requests), "no history is needed"
    assert desk.saved == [record]
    assert not record.is_changed


@ways
@singles
@pytest.mark.parametrize("on_conflict", ["overwrite", "raise"])
async def test_what_did_not_arrive_is_sent_again_or_refused(
    desk: Desk, colour: Colour, model: Any, name: str, on_conflict: str
) -> None:
    loaded, mine, theirs = SINGLE[name]
    record = await made(desk, model, colour, **{name: loaded})
    setattr(record, name, desk.value(name, mine))
    desk.fail("drop_before", match=f"PATCH {path_of(record)}")
    with desk.between(lambda: desk.write(record, "PATCH", **{name: wire(desk, name, theirs)})):
        if on_conflict == "overwrite":
            await colour.call(record, "save")
        else:
            with pytest.raises(StaleRecordError, match=name):
                await colour.call(record, "save", on_conflict="raise")

    sent_again = on_conflict == "overwrite"
    assert desk.attempts() == ["PATCH"] * (2 if sent_again else 1)
    assert desk.saved == ([record] if sent_again else [])
    assert record.is_changed is not sent_again
    assert len(desk.history(record, name)) == (3 if sent_again else 2)


@ways
@singles
async def test_what_others_set_back_after_it_arrived_stays_so(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    """It reads as it was loaded, and is another row."""
    loaded, mine, _ = SINGLE[name]
    record = await made(desk, model, colour, **{name: loaded})
    setattr(record, name, desk.value(name, mine))
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    with desk.between(lambda: desk.write(record, "PATCH", **{name: wire(desk, name, loaded)})):
        await colour.call(record, "save")

    assert desk.attempts() == ["PATCH"]
    assert len(desk.history(record, name)) == 3
    assert not record.is_changed


@ways
@singles
async def test_a_clearing_is_known_by_the_gap(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    loaded, _, theirs = SINGLE[name]
    record = await made(desk, model, colour, **{name: loaded})
    for fault, times in (("drop_after", 1), ("drop_before", 2)):
        setattr(record, name, None)
        desk.handle.requests.clear()
        desk.fail(fault, match=f"PUT {path_of(record)}")
        with desk.between(lambda: desk.write(record, "PATCH", **{name: wire(desk, name, theirs)})):
            await colour.call(record, "save")
        assert desk.attempts() == ["PUT"] * times
        assert (held(record, name) == []) is (fault == "drop_before")
        assert not record.is_changed
        desk.write(record, "PATCH", **{name: wire(desk, name, loaded)})
        await colour.call(record, "refresh")


async def test_a_clearing_that_nobody_followed_is_read(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One", levels=["Low"])
    record.text, record.levels = None, []
    desk.fail("drop_after", match=f"PUT {path_of(record)}")
    await colour.call(record, "save")
    assert (desk.attempts(), record.text, record.levels) == (["PUT"], None, [])


async def test_a_name(desk: Desk, colour: Colour) -> None:
    ada = await colour.call(Person.objects, "create", name="Byron, Ada")
    desk.handle.clock.move(5)
    desk.saved.clear()
    ada.name = "Lovelace, Ada"
    desk.fail("drop_after", match="PATCH /v2/objects/people")
    theirs = {"first_name": "A.", "last_name": "King", "full_name": "A. King"}
    with desk.between(lambda: desk.write(ada, "PATCH", name=theirs)):
        await colour.call(ada, "save")
    assert [each.full_name for each in desk.history(ada, "name")] == [
        "Ada Byron", "Ada Lovelace", "A. King"
    ]  # fmt: skip
    assert (ada.name, desk.saved) == ("A. King", [ada])


async def test_a_checkbox(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, done=False)
    record.done = True
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    with desk.between(lambda: desk.write(record, "PATCH", done=False)):
        await colour.call(record, "save")
    assert (desk.history(record, "done"), record.done) == ([False, True, False], False)


# -- lists -----------------------------------------------------------------------------------------


@ways
@multis
async def test_an_addition_that_was_removed_is_not_sent_again(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    loaded, mine, theirs = MULTI[name]
    record = await made(desk, model, colour, **{name: [loaded]})
    getattr(record, name).append(desk.value(name, mine))
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    left = [wire(desk, name, theirs), wire(desk, name, loaded)]
    with desk.between(lambda: desk.write(record, "PUT", **{name: left})):
        await colour.call(record, "save")

    assert desk.attempts() == ["PATCH"]
    assert len(held(record, name)) == 2
    assert len(desk.history(record, name)) == 3, "each was there once"
    assert desk.saved == [record]


@ways
@multis
async def test_an_addition_that_did_not_arrive_is_sent_again(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    loaded, mine, theirs = MULTI[name]
    record = await made(desk, model, colour, **{name: [loaded]})
    getattr(record, name).append(desk.value(name, mine))
    desk.fail("drop_before", match=f"PATCH {path_of(record)}")
    added = [wire(desk, name, theirs)]
    with desk.between(lambda: desk.write(record, "PATCH", **{name: added})):
        # what is only added overwrites nothing, so that nothing is stale
        await colour.call(record, "save", on_conflict="raise")

    assert desk.attempts() == ["PATCH", "PATCH"]
    assert len(held(record, name)) == 3


@ways
@multis
async def test_a_removal_that_arrived_is_not_sent_again(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    first, second, theirs = MULTI[name]
    record = await made(desk, model, colour, **{name: [first, second]})
    del getattr(record, name)[1]
    desk.fail("drop_after", match=f"PUT {path_of(record)}")
    added = [wire(desk, name, theirs)]
    with desk.between(lambda: desk.write(record, "PATCH", **{name: added})):
        await colour.call(record, "save")

    assert desk.attempts() == ["PUT"]
    assert len(held(record, name)) == 2, "theirs is there, and what was removed is not"
    assert not record.is_changed


@ways
@multis
async def test_a_removal_that_did_not_arrive_leaves_what_others_added(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    first, second, theirs = MULTI[name]
    record = await made(desk, model, colour, **{name: [first, second]})
    del getattr(record, name)[1]
    desk.fail("drop_before", times=2, match=f"PUT {path_of(record)}")
    desk.fail("drop_after", match=f"PUT {path_of(record)}")
    write = partial(desk.write, record, "PATCH", **{name: [wire(desk, name, theirs)]})
    with desk.between(write):
        await colour.call(record, "save")

    assert desk.attempts() == ["PUT"] * 3
    member = "entry_values" if model is Line else "values"
    sizes = [
        len(each.json["data"][member][name])
        for each in desk.handle.requests
        if each.method == "PUT"
    ]
    assert sizes == [1, 2, 2], "by then it is known"
    assert len(held(record, name)) == 2
    assert len(desk.history(record, name)) == 3
    assert not record.is_changed


@ways
@multis
async def test_what_others_put_in_again_stays(
    desk: Desk, colour: Colour, model: Any, name: str
) -> None:
    first, second, _ = MULTI[name]
    record = await made(desk, model, colour, **{name: [first, second]})
    del getattr(record, name)[1]
    desk.fail("drop_after", match=f"PUT {path_of(record)}")
    back = [wire(desk, name, second)]
    with desk.between(lambda: desk.write(record, "PATCH", **{name: back})):
        await colour.call(record, "save")

    assert desk.attempts() == ["PUT"]
    assert len(held(record, name)) == 2


@ways
@multis
async def test_a_list_that_was_replaced(desk: Desk, colour: Colour, model: Any, name: str) -> None:
    first, second, theirs = MULTI[name]
    for fault, times in (("drop_after", 1), ("drop_before", 2)):
        record = await made(desk, model, colour, **{name: [first]})
        setattr(record, name, [desk.value(name, second)])
        desk.fail(fault, match=f"PUT {path_of(record)}")
        write = partial(desk.write, record, "PUT", **{name: [wire(desk, name, theirs)]})
        with desk.between(write):
            await colour.call(record, "save")
        assert desk.attempts() == ["PUT"] * times
        assert len(desk.history(record, name)) == 3
        # what did not arrive is sent again beside what others are seen to have added
        assert len(held(record, name)) == times
        assert not record.is_changed


@ways
@multis
async def test_a_list_that_was_emptied(desk: Desk, colour: Colour, model: Any, name: str) -> None:
    first, second, theirs = MULTI[name]
    for fault, times in (("drop_after", 1), ("drop_before", 2)):
        record = await made(desk, model, colour, **{name: [first, second]})
        setattr(record, name, [])
        desk.fail(fault, match=f"PUT {path_of(record)}")
        write = partial(desk.write, record, "PATCH", **{name: [wire(desk, name, theirs)]})
        with desk.between(write):
            await colour.call(record, "save")
        assert desk.attempts() == ["PUT"] * times
        assert len(held(record, name)) == (1 if fault == "drop_after" else 0)


async def test_an_order_that_did_not_arrive(desk: Desk, colour: Colour) -> None:
    for fault, times in (("drop_after", 1), ("drop_before", 2)):
        record = await made(desk, Sheet, colour, levels=["Low", "High"])
        record.levels = ["High", "Low"]
        desk.fail(fault, match=f"PUT {path_of(record)}")
        await colour.call(record, "save")
        assert (desk.attempts(), record.levels) == (["PUT"] * times, ["High", "Low"])


# -- several attributes, several writes ------------------------------------------------------------


@pytest.mark.parametrize("fault", ARRIVED)
async def test_one_that_says_no_says_so_of_all(desk: Desk, colour: Colour, fault: Any) -> None:
    """Somebody else wrote the same value, which alone would look like mine."""
    record = await made(desk, Sheet, colour, text="One", number=1, stars=1)
    record.text, record.number, record.stars = "Two", 2, 2
    desk.fail("drop_before", match=f"PATCH {path_of(record)}")
    desk.fail(fault, match=f"PATCH {path_of(record)}")
    with desk.between(
        lambda: desk.write(record, "PATCH", text="Two", number=7),
        lambda: desk.write(record, "PATCH", stars=5),
    ):
        await colour.call(record, "save")
    assert desk.attempts() == ["PATCH", "PATCH"]
    assert (record.text, record.number, record.stars) == ("Two", 2, 5)
    assert desk.history(record, "stars") == [1, 2, 5]


@pytest.mark.parametrize("second", [False, True])
async def test_both_writes_of_a_plan(desk: Desk, colour: Colour, second: bool) -> None:
    record = await made(desk, Sheet, colour, text="One", levels=["Low"], domains=["one.dev"])
    record.text = "Two"
    record.levels.append("High")
    record.domains = []
    desk.fail("drop_after", match=f"{'PUT' if second else 'PATCH'} {path_of(record)}")
    with desk.between(lambda: desk.write(record, "PATCH", text="Three", domains=["three.dev"])):
        await colour.call(record, "save")
    assert desk.attempts() == ["PATCH", "PUT"]
    assert desk.saved == [record]
    assert desk.history(record, "text") == ["One", "Two", "Three"]
    assert record.levels == ["High", "Low"]
    assert record.domains == (["three.dev"] if second else [])
    assert not record.is_changed


async def test_the_second_write_is_not_sent_over_what_the_first_answer_shows(
    desk: Desk, colour: Colour
) -> None:
    record = await made(desk, Sheet, colour, levels=["Low"], domains=["one.dev", "two.dev"])
    record.levels.append("High")
    record.domains.remove("one.dev")
    desk.fail(429, retry_after=0, match=f"PATCH {path_of(record)}")
    with (
        desk.between(lambda: desk.write(record, "PATCH", domains=["three.dev"])),
        pytest.raises(StaleRecordError, match="domains"),
    ):
        await colour.call(record, "save", on_conflict="raise")
    assert desk.attempts() == ["PATCH", "PATCH"]
    assert list(record.changes) == ["domains"]


@pytest.mark.parametrize("fault", [429, "drop_before", 503])
async def test_raise_looks_before_every_attempt(desk: Desk, colour: Colour, fault: Any) -> None:
    """Also where nothing can have arrived."""
    record = await made(desk, Sheet, colour, text="One")
    record.text = "Two"
    desk.fail(fault, times=2, retry_after=0, match=f"PATCH {path_of(record)}")
    with (
        desk.between(lambda: None, lambda: desk.write(record, "PATCH", text="Three")),
        pytest.raises(StaleRecordError, match="now 'Three'"),
    ):
        await colour.call(record, "save", on_conflict="raise")
    assert desk.attempts() == ["PATCH", "PATCH"]
    assert desk.history(record, "text") == ["One", "Three"]
    await colour.call(record, "save")
    assert record.text == "Two"


async def test_a_refusal_after_one_that_may_have_arrived(desk: Desk, colour: Colour) -> None:
    """An attempt that may have arrived stays so, whatever a later one is answered."""
    record = await made(desk, Sheet, colour, key="one")
    record.key = "two"
    desk.fail("drop_before", match=f"PATCH {path_of(record)}")

    def taken() -> None:
        desk.send("POST", "/v2/objects/sheets/records", {"data": {"values": {"key": "two"}}})

    with desk.between(taken), pytest.raises(UniquenessConflictError):
        await colour.call(record, "save")
    assert record.key == "two"
    assert record.is_changed


async def test_many_failures_end_in_the_last_one(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One")
    record.text = "Two"
    desk.fail("drop_before", times=4, match=f"PATCH {path_of(record)}")
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    await colour.call(record, "save")
    assert desk.attempts() == ["PATCH"] * 5
    assert desk.saved == [record]
    assert desk.history(record, "text") == ["One", "Two"]


async def test_a_forced_save(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One", number=1)
    record.text = "Two"
    desk.fail("drop_after", match=f"PUT {path_of(record)}")
    with desk.between(lambda: desk.write(record, "PATCH", number=3)):
        await colour.call(record, "save", force=True)
    assert (desk.attempts(), record.text, record.number) == (["PUT"], "Two", 3)


@pytest.mark.parametrize("fault", ["drop_after", "drop_before"])
async def test_what_was_never_loaded(desk: Desk, colour: Colour, fault: Any) -> None:
    """It is told by Attio's own time of the last answer before."""
    made_before = await made(desk, Sheet, colour, text="One", levels=["Low"])
    desk.handle.connection.api.self_.get()  # an answer, whose time is known
    record = Sheet.ref(made_before.id)
    record.text = "Two"
    desk.handle.requests.clear()
    desk.fail(fault, match=f"PATCH {path_of(made_before)}")
    with desk.between(lambda: desk.write(made_before, "PATCH", text="Three")):
        await colour.call(record, "save")
    assert desk.attempts() == ["PATCH"] * (1 if fault == "drop_after" else 2)
    assert record.text == ("Three" if fault == "drop_after" else "Two")


# -- what nobody can tell --------------------------------------------------------------------------


async def test_an_attribute_without_history(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One", number=1)
    record.text, record.number = "Two", 2
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    desk.fail(400, match="GET .*/attributes/text/values")
    with (
        desk.between(lambda: desk.write(record, "PATCH", text="Three")),
        pytest.raises(OutcomeUnknownError, match="text was written since, and has no history"),
    ):
        await colour.call(record, "save")
    assert desk.attempts() == ["PATCH"]
    assert list(record.changes) == ["text", "number"]


@pytest.mark.parametrize("path", [r"GET .*/records/[^/]+$", r"GET .*/attributes/"])
async def test_what_cannot_be_read_is_not_known(desk: Desk, colour: Colour, path: str) -> None:
    record = await made(desk, Sheet, colour, text="One")
    record.text = "Two"
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    desk.fail("drop_before", times=5, match=path)
    with (
        desk.between(lambda: desk.write(record, "PATCH", text="Three")),
        pytest.raises(OutcomeUnknownError, match="Read it first"),
    ):
        await colour.call(record, "save")
    assert desk.attempts() == ["PATCH"]
    assert record.is_changed


async def test_an_address_that_attio_made_something_else_of(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One")
    record.place = "1 High Street, Bath"
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    place = dict.fromkeys(Place.__match_args__) | {"locality": "Bath"}
    with desk.between(lambda: desk.write(record, "PATCH", place=place)):
        await colour.call(record, "save")
    assert desk.attempts() == ["PATCH"], "the sandbox keeps the text, and so it is known again"
    record.place = "2 High Street"
    desk.fail("drop_before", match=f"PATCH {path_of(record)}")
    with (
        desk.between(lambda: desk.write(record, "PATCH", place={**place, "locality": "York"})),
        pytest.raises(OutcomeUnknownError, match="place was written since"),
    ):
        await colour.call(record, "save")


async def test_a_record_that_is_gone(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One")
    record.text = "Two"
    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    with (
        desk.between(lambda: desk.send("DELETE", path_of(record))),
        pytest.raises(Sheet.DoesNotExist),
    ):
        await colour.call(record, "save")
    assert "(deleted)" in repr(record)


@pytest.mark.parametrize("fault", [*ARRIVED, *NOT_ARRIVED])
async def test_a_raw_call_is_not_repeated(desk: Desk, colour: Colour, fault: Any) -> None:
    record = await made(desk, Sheet, colour, text="One")
    api, connection = desk.handle.connection.api, desk.handle.connection
    body = {"data": {"values": {"text": "Two"}}}
    calls: list[tuple[Any, str, tuple[Any, ...], dict[str, Any]]] = [
        (api.records, "update", ("sheets", record.id, {"text": "Two"}), {}),
        (api.records, "overwrite", ("sheets", record.id, {"text": "Two"}), {}),
        (api.records, "assert_", ("sheets", "key", {"key": "two"}), {}),
        (connection, "request", ("PATCH", path_of(record)), {"json": body}),
        (connection, "request", ("PUT", path_of(record)), {"json": body}),
    ]
    for owner, name, arguments, keywords in calls:
        desk.handle.requests.clear()
        desk.fail(fault, match=r"P(ATCH|UT) /v2/objects/sheets")
        with pytest.raises(OutcomeUnknownError, match="it was not sent again"):
            await colour.call(owner, name, *arguments, **keywords)
        assert len(desk.attempts()) == 1


async def test_a_cancelled_save_is_said_to_be_unknown(desk: Desk) -> None:
    record = await made(desk, Sheet, Colour("async"), text="One")
    record.text = "Two"
    desk.fail("latency", seconds=30, match=f"PATCH {path_of(record)}")
    task = asyncio.create_task(record.asave())
    while desk.handle.workspace.faults.may_take_time:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    desk.handle.workspace.faults.close()
    (note,) = caught.value.__notes__
    assert "not known whether Attio carried it out" in note
    assert record.is_changed


# -- upserts, and what else saves ------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drop_after", "truncate"])
@pytest.mark.parametrize("start", ["new", "there"])
async def test_an_upsert_that_arrived(desk: Desk, colour: Colour, fault: Any, start: str) -> None:
    if start == "there":
        await made(desk, Sheet, colour, key="one", text="Zero", levels=["Low"])
    desk.handle.requests.clear()
    desk.saved.clear()
    desk.fail(fault, match="PUT /v2/objects/sheets")

    def theirs() -> None:
        where = "/v2/objects/sheets/records"
        found = desk.send("POST", f"{where}/query", {"filter": {"key": "one"}})
        (there,) = found
        record_id = there["id"]["record_id"]
        values = {"text": "Three", "levels": ["High"]}
        desk.send("PUT", f"{where}/{record_id}", {"data": {"values": values}})

    values = {"key": "one", "text": "Two", "levels": ["Middle"]}
    with desk.between(theirs):
        record = await colour.call(Sheet.objects, "upsert", "key", **values)
    assert desk.attempts() == ["PUT"]
    assert desk.saved == [record]
    assert (record.text, record.levels) == ("Three", ["High"])
    before = ["Zero"] if start == "there" else []
    assert desk.history(record, "text") == [*before, "Two", "Three"]


@pytest.mark.parametrize("start", ["new", "there"])
async def test_an_upsert_that_did_not_arrive(desk: Desk, colour: Colour, start: str) -> None:
    if start == "there":
        await made(desk, Sheet, colour, key="one", text="Zero", levels=["Low"])
    desk.handle.requests.clear()
    desk.fail("drop_before", match="PUT /v2/objects/sheets")
    values = {"key": "one", "text": "Two", "levels": ["Middle"]}
    record = await colour.call(Sheet.objects, "upsert", "key", **values)
    assert desk.attempts() == ["PUT", "PUT"]
    assert (record.text, record.levels) == ("Two", ["Middle"])


async def test_an_upsert_by_a_list_adds_to_it(desk: Desk, colour: Colour) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada", email_addresses=["a@x.dev"])
    desk.handle.clock.move(5)
    where = f"/v2/objects/people/records/{ada.id}"
    desk.fail("drop_after", match="PUT /v2/objects/people")

    def theirs() -> None:
        desk.send("PUT", where, {"data": {"values": {"email_addresses": ["a@x.dev"]}}})

    mails = ["a@x.dev", "b@x.dev"]
    with desk.between(theirs):
        found = await colour.call(
            Person.objects, "upsert", "email_addresses", email_addresses=mails
        )
    assert found is ada
    assert found.email_addresses == ["a@x.dev"], "what they took out is not put in again"


async def test_an_entry_is_found_by_its_parent(desk: Desk, colour: Colour) -> None:
    company = await colour.call(Company.objects, "get", name="two")
    for fault, expected in (("drop_after", "Three"), ("drop_before", "Two")):
        desk.fail(fault, match="PUT /v2/lists/lines/entries$")

        def theirs() -> None:
            found = desk.send("POST", "/v2/lists/lines/entries/query", {})
            for there in found:
                where = f"/v2/lists/lines/entries/{there['id']['entry_id']}"
                desk.send("PATCH", where, {"data": {"entry_values": {"text": "Three"}}})

        with desk.between(theirs):
            line = await colour.call(Line.objects, "upsert", "parent", parent=company, text="Two")
        assert line.text == expected
        assert len(await colour.items(Line.objects.all())) == 1


async def test_what_a_match_makes_and_an_update_of_many(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One")
    record.company = Company.by(domains="new.dev", create={"name": "New"})
    desk.fail("drop_after", match="PUT /v2/objects/companies")
    await colour.call(record, "save")
    assert await colour.call(Company.objects.filter(domains="new.dev"), "count") == 1

    desk.fail("drop_after", match=f"PATCH {path_of(record)}")
    with desk.between(lambda: desk.write(record, "PATCH", text="Three")):
        assert await colour.call(Sheet.objects.all(), "update", text="Two") == 1
    assert desk.history(record, "text") == ["One", "Two", "Three"]
    assert record.text == "Three"


async def test_a_bad_value_is_still_refused_at_once(desk: Desk, colour: Colour) -> None:
    record = await made(desk, Sheet, colour, text="One")
    record.text = "Two"
    desk.fail(400, match=f"PATCH {path_of(record)}")
    with pytest.raises(InvalidRequestError):
        await colour.call(record, "save")
    assert [each.method for each in desk.handle.requests] == ["PATCH"]
