"""One new instance, one record: whoever saves it meanwhile, and whatever becomes of the answer."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from attio_orm import (
    Company,
    ListEntry,
    Many,
    Maybe,
    Model,
    MultipleObjectsReturned,
    One,
    OutcomeUnknownError,
    Person,
    UniquenessConflictError,
    UnknownAttributeError,
    ValidationError,
    connect,
    signals,
)
from attio_orm import attributes as a
from attio_orm.attributes import EmailAddresses, Number, Text
from attio_orm.testing import assert_num_requests
from attio_orm.values import Location, PhoneNumber
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("no_waits")

# of a sync save that a test makes inside a running loop, on purpose
in_a_loop = pytest.mark.filterwarnings("ignore::attio_orm.BlockingCallWarning")


class Item(Model):
    code: Text = Text(unique=True)
    mail: EmailAddresses = EmailAddresses(unique=True)
    name: Text
    size: Number


class Step(ListEntry, list="steps"):
    parent: One[Company]
    title: Text


ITEMS = "/v2/objects/items/records"
STEPS = "/v2/lists/steps/entries"


@pytest.fixture
def items(attio_sandbox: Any) -> Any:
    attio_sandbox.define(Item, Step)
    for slug in ("items", "lists/steps", "companies"):
        attio_sandbox.connection.schema.fetch(slug)
    attio_sandbox.requests.clear()
    return attio_sandbox


def stored(sandbox: Any) -> list[Any]:
    """The items there are, by the workspace itself."""
    found: list[Any] = sandbox.connection.api.records.query("items", limit=500)
    return found


def made(sandbox: Any) -> int:
    return len(stored(sandbox))


def sent(sandbox: Any) -> list[tuple[str, Any]]:
    """The writes, by method and values."""
    written = [each for each in sandbox.requests if each.path.startswith(ITEMS) and each.json]
    return [(r.method, r.json["data"]["values"]) for r in written if "query" not in r.path]


# -- saved by several at once ---------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False], ids=["schema known", "first use"])
async def test_tasks_that_save_one_instance_make_one_record(
    attio_sandbox: Any, known: bool
) -> None:
    attio_sandbox.define(Item)
    if known:
        attio_sandbox.connection.schema.fetch("items")
    item = Item(code="a", name="one")

    await asyncio.gather(*(item.asave() for _ in range(4)))

    assert (made(attio_sandbox), item.is_changed) == (1, False)
    assert [method for method, _ in sent(attio_sandbox)].count("POST") == 1


@pytest.mark.parametrize("known", [True, False], ids=["schema known", "first use"])
def test_threads_that_save_one_instance_make_one_record(attio_sandbox: Any, known: bool) -> None:
    attio_sandbox.define(Item)
    if known:
        attio_sandbox.connection.schema.fetch("items")
    for number in range(5):
        item = Item(code=str(number), name="one")
        ready = threading.Barrier(4)

        def save(item: Item = item, ready: threading.Barrier = ready) -> None:
            ready.wait(10)
            item.save()

        with ThreadPoolExecutor(4) as pool:
            for future in [pool.submit(save) for _ in range(4)]:
                future.result(10)
        assert item.id
    assert made(attio_sandbox) == 5


def test_entries_alike(items: Any) -> None:
    step = Step(parent=Company.objects.create(name="Acme"), title="t")
    ready = threading.Barrier(4)

    def save() -> None:
        ready.wait(10)
        step.save()

    with ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(save) for _ in range(4)]:
            future.result(10)
    assert Step.objects.count() == 1


def while_it_is_sent(sandbox: Any, work: Callable[[], None], path: str = ITEMS) -> None:
    """Do something while the next create is with the server, which waits for it."""

    def now(method: str, at: str) -> bool:
        if method == "POST" and at == path:
            work()
        return False

    sandbox.fail_next(500, match=now)


def test_a_later_save_sends_what_changed_since(items: Any) -> None:
    item = Item(code="a", name="one")
    with ThreadPoolExecutor(1) as pool:
        later: list[Any] = []

        def change() -> None:
            if not later:
                item.name = "two"
                later.append(pool.submit(item.save))

        while_it_is_sent(items, change)
        item.save()
        later[0].result(10)

    assert sent(items) == [("POST", {"code": "a", "name": "one"}), ("PATCH", {"name": "two"})]
    assert not item.is_changed


async def test_a_later_task_sends_what_changed_since(items: Any) -> None:
    item = Item(code="a", name="one")

    async def change_and_save() -> None:
        item.name = "two"
        await item.asave()

    first = asyncio.create_task(item.asave())
    while not items.requests:
        await asyncio.sleep(0)
    # the answer may be here by now; it is the order of the two that counts
    await asyncio.gather(first, change_and_save())

    assert made(items) == 1
    assert Item.objects.get(code="a").name == "two"


def test_where_the_first_is_refused_the_next_one_makes_it(items: Any) -> None:
    item = Item(code="a", name="one")
    begun, go_on = threading.Event(), threading.Event()

    def refuse_once(sender: Any, **given: Any) -> None:
        if not begun.is_set():
            begun.set()
            go_on.wait(10)
            raise RuntimeError("not yet")

    with signals.pre_save.connected_to(refuse_once, Item), ThreadPoolExecutor(2) as pool:
        first = pool.submit(item.save)
        begun.wait(10)
        second = pool.submit(item.save)
        go_on.set()
        with pytest.raises(RuntimeError, match="not yet"):
            first.result(10)
        second.result(10)
    assert (made(items), bool(item.id)) == (1, True)


async def test_a_save_inside_its_own_save_is_refused(items: Any, colour: Colour) -> None:
    refused: list[str] = []

    async def asave_again(sender: Any, *, instance: Any, **given: Any) -> None:
        with pytest.raises(ValidationError) as caught:
            await instance.asave()
        refused.append(str(caught.value))

    def save_again(sender: Any, *, instance: Any, **given: Any) -> None:
        with pytest.raises(ValidationError) as caught:
            instance.save()
        refused.append(str(caught.value))

    receiver = asave_again if colour.is_async else save_again
    with signals.pre_save.connected_to(receiver, Item):
        await colour.call(Item.objects, "create", code="a", name="one")

    assert refused == [
        "This Item is being created by the save() that called this: set its values here, and that "
        "save sends them."
    ]
    assert made(items) == 1


async def test_once_it_is_there_its_receivers_may_save_it(items: Any, colour: Colour) -> None:
    async def aname(sender: Any, *, instance: Any, created: bool, **given: Any) -> None:
        if created:
            instance.name = f"item {instance.code}"
            await instance.asave()

    def name(sender: Any, *, instance: Any, created: bool, **given: Any) -> None:
        if created:
            instance.name = f"item {instance.code}"
            instance.save()

    with signals.post_save.connected_to(aname if colour.is_async else name, Item):
        item = await colour.call(Item.objects, "create", code="a")

    assert (item.name, item.is_changed, made(items)) == ("item a", False, 1)


def test_two_saves_that_would_wait_for_each_other(items: Any) -> None:
    """Each saves the other from its receiver: one is told, instead of both waiting for ever."""
    one, two = Item(code="1"), Item(code="2")
    both = threading.Barrier(2)

    def save_the_other(sender: Any, *, instance: Any, **given: Any) -> None:
        if not any(each is instance for each in arrived):
            arrived.append(instance)
            both.wait(10)
            (two if instance is one else one).save()

    arrived: list[Any] = []
    with signals.pre_save.connected_to(save_the_other, Item), ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(each.save) for each in (one, two)]
        failures = [future.exception(10) for future in futures]

    told = [each for each in failures if each is not None]
    assert told
    assert all("waits for the one that called this" in str(each) for each in told)


@in_a_loop
async def test_a_sync_save_does_not_wait_for_a_task_of_its_own_thread(items: Any) -> None:
    item = Item(code="a")
    began = asyncio.Event()
    go_on = asyncio.Event()

    async def wait(sender: Any, **given: Any) -> None:
        began.set()
        await go_on.wait()

    with signals.pre_save.connected_to(wait, Item):
        first = asyncio.create_task(item.asave())
        await began.wait()
        with pytest.raises(ValidationError, match=r"another task of this thread.*asave"):
            item.save()
        go_on.set()
        await first
    assert made(items) == 1


def test_a_fork_does_not_wait_for_the_save_of_its_parent(
    items: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = Item(code="a")
    begun, go_on = threading.Event(), threading.Event()
    here = os.getpid()

    def hold(sender: Any, **given: Any) -> None:
        begun.set()
        go_on.wait(10)

    with signals.pre_save.connected_to(hold, Item), ThreadPoolExecutor(1) as pool:
        first = pool.submit(item.save)
        begun.wait(10)
        with monkeypatch.context() as patch:
            patch.setattr(os, "getpid", lambda: here + 1)
            with pytest.raises(ValidationError, match="not known whether this Item was created"):
                item.save()
        go_on.set()
        first.result(10)


def test_an_update_waits_for_nobody(items: Any) -> None:
    item = Item.objects.create(code="a")
    item.name = "one"

    def again() -> None:
        assert pool.submit(item.save).result(10) is None

    with ThreadPoolExecutor(1) as pool:
        while_it_is_sent(items, again, f"{ITEMS}/{item.id}")
        item.save()
    assert Item.objects.get(code="a").name == "one"


# -- not known ------------------------------------------------------------------------------------

ARRIVED = {"drop_after": True, "truncate": True, "empty": True, "drop_before": False, 500: False}


@pytest.fixture(params=ARRIVED, ids=str)
def fault(request: pytest.FixtureRequest) -> Any:
    """What breaks a create."""
    return request.param


async def lost(sandbox: Any, colour: Colour, fault: Any = "drop_after", **values: Any) -> Item:
    """An item whose create got no answer."""
    item = Item(**({"code": "a", "name": "one"} | values))
    sandbox.fail_next(fault, match=f"POST {ITEMS}")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(item, "save")
    sandbox.requests.clear()
    return item


async def test_it_is_not_saved_again_until_told(items: Any, colour: Colour, fault: Any) -> None:
    item = await lost(items, colour, fault)
    item.name = "two"

    with assert_num_requests(0), pytest.raises(ValidationError, match=r"settle.*again=True"):
        await colour.call(item, "save")
    with assert_num_requests(0), pytest.raises(ValidationError, match="not known whether"):
        await colour.call(item, "delete")
    with assert_num_requests(0), pytest.raises(ValidationError, match="not known whether"):
        await colour.call(item, "refresh")
    assert item.id is None
    assert item.is_changed


async def test_again_creates_it_in_any_case(items: Any, colour: Colour, fault: Any) -> None:
    item = await lost(items, colour, fault, code=None)
    await colour.call(item, "save", again=True)
    await colour.call(item, "save")

    assert item.id
    assert made(items) == 1 + ARRIVED[fault]


async def test_what_is_refused_again_is_as_unknown_as_before(items: Any, colour: Colour) -> None:
    item = await lost(items, colour)
    with pytest.raises(UniquenessConflictError):
        await colour.call(item, "save", again=True)
    with pytest.raises(ValidationError, match="not known whether"):
        await colour.call(item, "save")


async def test_settle_asks_by_a_unique_attribute(items: Any, colour: Colour, fault: Any) -> None:
    item = await lost(items, colour, fault)
    with assert_num_requests(1):
        found = await colour.call(item, "settle", matching="code")

    assert found is ARRIVED[fault]
    assert bool(item.id) is found
    with assert_num_requests(0 if found else 1):
        await colour.call(item, "save")
    assert made(items) == 1
    assert not item.is_changed
    assert (await colour.call(Item.objects, "get", code="a")) is item
    with assert_num_requests(0):
        assert await colour.call(item, "settle", matching="code") is True


async def test_what_changed_meanwhile_is_saved_after_it(items: Any, colour: Colour) -> None:
    item = await lost(items, colour, mail=["a@x.co", "b@x.co"])
    item.name = "two"
    item.mail.append("c@x.co")

    assert await colour.call(item, "settle", matching="code")
    assert {name: change.new for name, change in item.changes.items()} == {
        "name": "two", "mail": ["a@x.co", "b@x.co", "c@x.co"]
    }  # fmt: skip
    await colour.call(item, "save")
    assert items.requests[-1].method == "PATCH"
    assert items.requests[-1].json["data"]["values"]["name"] == "two"
    assert set(item.mail) == {"a@x.co", "b@x.co", "c@x.co"}


async def test_it_is_looked_for_by_what_was_sent(items: Any, colour: Colour) -> None:
    items.workspace.load("items", [{"code": "b", "name": "another"}])
    item = await lost(items, colour)
    item.code = "b"
    assert await colour.call(item, "settle", matching="code") is True
    assert item.changes == {"code": ("a", "b")}
    item.code = "c"
    await colour.call(item, "save")
    assert {each["values"]["code"][0]["value"] for each in stored(items)} == {"b", "c"}


async def test_of_several_values_the_record_has_all(items: Any, colour: Colour) -> None:
    items.workspace.load("items", [{"code": "other", "mail": ["a@x.co"]}])
    item = await lost(items, colour, "drop_before", mail=["a@x.co", "b@x.co"])

    assert await colour.call(item, "settle", matching="mail") is False
    assert item.id is None


@pytest.mark.parametrize(
    ("matching", "problem"),
    [("name", r"Item.name is not unique.*Unique here: code"), ("mail", "is not unique|has none")],
)
async def test_what_tells_no_record_from_others(
    items: Any, colour: Colour, matching: str, problem: str
) -> None:
    item = await lost(items, colour)
    with assert_num_requests(0), pytest.raises(ValidationError, match=problem):
        await colour.call(item, "settle", matching=matching)
    with pytest.raises(ValidationError, match="not known whether"):
        await colour.call(item, "save")


async def test_where_nothing_unique_was_sent(items: Any, colour: Colour) -> None:
    item = await lost(items, colour, code=None)
    with pytest.raises(ValidationError, match=r"Nothing that was sent is unique.*again=True"):
        await colour.call(item, "settle", matching="code")
    await colour.call(item, "save", again=True)
    assert item.id


async def test_what_was_never_sent_needs_no_look(items: Any, colour: Colour) -> None:
    with assert_num_requests(0):
        assert await colour.call(Item(code="a"), "settle", matching="code") is False
    items.fail_next(400, match=f"POST {ITEMS}")
    refused = Item(code="a")
    with pytest.raises(Exception, match="400"):
        await colour.call(refused, "save")
    await colour.call(refused, "save")
    assert refused.id


async def test_a_look_that_fails_leaves_it_unknown(items: Any, colour: Colour) -> None:
    item = await lost(items, colour)
    items.fail_next(400, match=f"POST {ITEMS}/query")
    with pytest.raises(Exception, match="400"):
        await colour.call(item, "settle", matching="code")
    with pytest.raises(ValidationError, match="not known whether"):
        await colour.call(item, "save")
    assert await colour.call(item, "settle", matching="code")


async def test_it_is_asked_for_where_it_was_sent(colour: Colour) -> None:
    with connect("sandbox://") as first, connect("sandbox://") as second:
        sandboxes: list[Any] = [second.sandbox, first.sandbox]
        for each in sandboxes:
            each.define(Item)
        with first.active():
            item = await lost(sandboxes[1], colour)
        with second.active():
            assert await colour.call(item, "settle", matching="code") is True
        assert item.connection is first


async def test_it_is_told_of_once(items: Any, colour: Colour) -> None:
    told: list[tuple[bool, dict[str, Any]]] = []

    def note(sender: Any, *, created: bool, changes: Any, **given: Any) -> None:
        told.append((created, {name: change.new for name, change in changes.items()}))

    with signals.post_save.connected_to(note, Item):
        item = await lost(items, colour)
        assert told == []
        await colour.call(item, "settle", matching="code")
        await colour.call(item, "save")
        assert told == [(True, {"code": "a", "name": "one"})]


async def test_copies_and_pickles_know_it_too(items: Any, colour: Colour) -> None:
    item = await lost(items, colour)
    for each in (copy.copy(item), copy.deepcopy(item), pickle.loads(pickle.dumps(item))):
        with pytest.raises(ValidationError, match="not known whether"):
            await colour.call(each, "save")
        assert await colour.call(each, "settle", matching="code")
    assert made(items) == 1


async def test_the_schema_may_not_be_known_when_it_is_settled(
    attio_sandbox: Any, colour: Colour
) -> None:
    ada = Person(name="Ada", email_addresses=["a@x.co"])
    attio_sandbox.fail_next("drop_after", match="POST /v2/objects/people/records")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(ada, "save")
    again = pickle.loads(pickle.dumps(ada))
    attio_sandbox.connection.schema.forget()
    assert await colour.call(again, "settle", matching="email_addresses")
    assert again.name == "Ada"


# -- interrupted ----------------------------------------------------------------------------------


def interrupted(sandbox: Any, item: Item, *, after: bool) -> None:
    """Press Ctrl-C while the create is on its way: before the server has done it, or after."""

    def before_it_is_done(method: str, path: str) -> bool:
        raise KeyboardInterrupt

    def when_it_is_done(sender: Any, *, method: str, **given: Any) -> None:
        raise KeyboardInterrupt

    if not after:
        sandbox.fail_next(500, match=before_it_is_done)
        with pytest.raises(KeyboardInterrupt):
            item.save()
        sandbox.heal()
        return
    with signals.request_finished.connected_to(when_it_is_done), pytest.raises(KeyboardInterrupt):
        item.save()


@pytest.mark.parametrize("after", [True, False], ids=["done", "not done"])
def test_ctrl_c_leaves_it_unknown(items: Any, after: bool) -> None:
    item = Item(code="a", name="one")
    interrupted(items, item, after=after)

    with pytest.raises(ValidationError, match="not known whether"):
        item.save()
    assert item.settle(matching="code") is after
    item.save()
    assert made(items) == 1


def test_ctrl_c_before_anything_was_sent_leaves_it_as_it_was(items: Any) -> None:
    def interrupt(sender: Any, **given: Any) -> None:
        raise KeyboardInterrupt

    item = Item(code="a")
    for signal in (signals.pre_save, signals.request_started):
        with signal.connected_to(interrupt), pytest.raises(KeyboardInterrupt):
            item.save()
    item.save()
    assert made(items) == 1


def test_an_error_of_a_receiver_that_hears_of_the_answer(items: Any) -> None:
    def fail(sender: Any, **given: Any) -> None:
        raise RuntimeError("a mistake in monitoring")

    item = Item(code="a")
    with signals.request_finished.connected_to(fail), pytest.raises(RuntimeError):
        item.save()
    with pytest.raises(ValidationError, match="not known whether"):
        item.save()
    assert item.settle(matching="code") is True


@pytest.mark.parametrize("turns", range(12))
async def test_cancelled_at_any_moment_it_makes_one_record(items: Any, turns: int) -> None:
    item = Item(code="a", name="one")
    task = asyncio.create_task(item.asave())
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait((task,))
    try:
        await item.asave()
    except ValidationError:
        await item.asettle(matching="code")
        await item.asave()

    assert item.id
    assert made(items) == 1


async def test_cancelled_while_it_is_on_its_way(items: Any) -> None:
    item = Item(code="a", name="one")
    answered = asyncio.Event()

    async def hold(sender: Any, *, method: str, **given: Any) -> None:
        if method == "POST":
            answered.set()
            await asyncio.sleep(30)

    with signals.request_finished.connected_to(hold):
        task = asyncio.create_task(item.asave())
        await answered.wait()
        others = [asyncio.create_task(item.asave()) for _ in range(2)]
        await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    for other in others:
        with pytest.raises(ValidationError, match="not known whether"):
            await other
    assert await item.asettle(matching="code") is True
    assert made(items) == 1


# -- entries of lists -----------------------------------------------------------------------------


@pytest.mark.parametrize("arrived", [True, False], ids=["arrived", "lost"])
async def test_an_entry_is_settled_by_its_parent_where_it_has_none(
    items: Any, colour: Colour, arrived: bool
) -> None:
    """A record can be in a list several times, so one that is there may be another entry."""
    acme = await colour.call(Company.objects, "create", name="Acme")
    step = Step(parent=acme, title="t")
    items.fail_next("drop_after" if arrived else "drop_before", match=f"POST {STEPS}")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(step, "save")
    with pytest.raises(ValidationError, match="not known whether this Step was created"):
        await colour.call(step, "save")
    with pytest.raises(ValidationError, match=r"title is not unique.*Unique here: parent"):
        await colour.call(step, "settle", matching="title")

    if arrived:
        (entry,) = items.connection.api.entries.query("steps")
        with pytest.raises(ValidationError, match=entry["id"]["entry_id"]):
            await colour.call(step, "settle", matching="parent")
        assert step.id is None
    else:
        assert await colour.call(step, "settle", matching="parent") is False
        await colour.call(step, "save")
        assert step.id
    assert len(items.connection.api.entries.query("steps")) == 1


# -- who settles by itself ------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get_or_create", "update_or_create"])
async def test_get_or_create_asks_once(items: Any, colour: Colour, fault: Any, method: str) -> None:
    told: list[bool] = []

    def note(sender: Any, *, created: bool, **given: Any) -> None:
        told.append(created)

    items.fail_next(fault, match=rf"^POST {ITEMS}$")
    with (
        signals.post_save.connected_to(note, Item),
        assert_num_requests(3 if ARRIVED[fault] else 4),
    ):
        item, created = await colour.call(Item.objects, method, {"name": "one"}, code="a")

    assert (item.code, item.name, created, made(items)) == ("a", "one", True, 1)
    assert not item.is_changed
    assert told == [True]


async def test_one_that_breaks_each_time_is_given_up(items: Any, colour: Colour) -> None:
    items.fail_next("drop_before", times=5, match=rf"^POST {ITEMS}$")
    with pytest.raises(OutcomeUnknownError), assert_num_requests(5):
        await colour.call(Item.objects, "get_or_create", code="a")
    assert made(items) == 0


@pytest.mark.parametrize("name", ["one", "theirs"])
async def test_one_that_arrives_after_the_look(items: Any, colour: Colour, name: str) -> None:
    """The server takes its time: what is sent again is refused by what was sent before."""
    posts = 0

    def late(method: str, path: str) -> bool:
        nonlocal posts
        if method != "POST" or path != ITEMS:
            return False
        posts += 1
        if posts == 2:
            items.workspace.load("items", [{"code": "a", "name": name}])
        return posts == 1

    items.fail_next("drop_before", times=2, match=late)
    (item,) = await colour.call(Item.objects, "bulk_create", [{"code": "a", "name": "one"}])

    assert (posts, made(items)) == (2, 1)
    assert item.state == ("created" if name == "one" else "unknown")
    if name == "theirs":
        assert any("Sent again, it was refused" in note for note in item.error.__notes__)


async def test_the_record_of_another_is_not_taken_for_ours(items: Any, colour: Colour) -> None:
    """Somebody makes one with the same code meanwhile, and no answer tells of the refusal."""

    def just_before(method: str, path: str) -> bool:
        if method == "POST" and path == ITEMS:
            items.workspace.load("items", [{"code": "a", "name": "theirs", "size": 1}])
            return True
        return False

    items.fail_next("drop_before", match=just_before)
    item, created = await colour.call(Item.objects, "update_or_create", {"name": "mine"}, code="a")

    assert (item.name, item.size, created, made(items)) == ("mine", 1.0, False, 1)


async def test_without_a_unique_value_the_lookups_tell(
    items: Any, colour: Colour, fault: Any
) -> None:
    items.fail_next(fault, match=rf"^POST {ITEMS}$")
    if ARRIVED[fault]:
        item, created = await colour.call(Item.objects, "get_or_create", {"size": 1}, name="one")
        assert (item.name, item.size, created) == ("one", 1.0, True)
    else:
        with pytest.raises(OutcomeUnknownError):
            await colour.call(Item.objects, "get_or_create", {"size": 1}, name="one")
    assert made(items) == ARRIVED[fault]


async def test_an_unknown_outcome_of_another_record_is_passed_on(
    items: Any, colour: Colour
) -> None:
    class Audited(Item):
        """Notes each save in a record of its own, which is what fails."""

        def save(self, **options: Any) -> None:
            Company.objects.create(name="log")
            super().save(**options)

        async def asave(self, **options: Any) -> None:
            await Company.objects.acreate(name="log")
            await super().asave(**options)

    items.fail_next("drop_after", match="POST /v2/objects/companies/records")
    with pytest.raises(OutcomeUnknownError, match="companies"):
        await colour.call(Audited.objects, "get_or_create", code="a")
    assert made(items) == 0


async def test_rows_of_bulk_create_settle_themselves(
    items: Any, colour: Colour, fault: Any
) -> None:
    items.fail_next(fault, match=rf"^POST {ITEMS}$")
    rows: list[Any] = [{"code": "a", "name": "one"}, {"code": "b"}, Item(code="c")]
    report = await colour.call(Item.objects, "bulk_create", rows, concurrency=1)

    assert [item.state for item in report] == ["created"] * 3
    assert [item.requests for item in report] == [2 if ARRIVED[fault] else 3, 1, 1]
    assert [item.error for item in report] == [None] * 3
    assert made(items) == 3
    assert {each.code for each in report.created} == {"a", "b", "c"}


async def test_a_row_that_finds_another_record_stays_unknown(items: Any, colour: Colour) -> None:
    items.workspace.load("items", [{"code": "a", "name": "theirs"}])
    items.fail_next("drop_before", match=rf"^POST {ITEMS}$")
    report = await colour.call(Item.objects, "bulk_create", [{"code": "a", "name": "mine"}])

    (item,) = report.unknown
    assert isinstance(item.error, OutcomeUnknownError)
    assert "with this code, and other values" in item.error.__notes__[0]
    assert item.instance is None


async def test_several_that_match_are_named(items: Any, colour: Colour) -> None:
    """Since the schema was read, the attribute has ceased to be unique."""
    item = await lost(items, colour, "drop_before")
    items.workspace.handle(
        "PATCH",
        "/v2/objects/items/attributes/code",
        headers={"authorization": f"Bearer {items.token}"},
        body=b'{"data": {"is_unique": false}}',
    )
    items.workspace.load("items", [{"code": "a"}, {"code": "a"}])
    with pytest.raises(MultipleObjectsReturned, match="Several records have this code"):
        await colour.call(item, "settle", matching="code")
    with pytest.raises(ValidationError, match="not known whether"):
        await colour.call(item, "save")


def test_a_slug_of_the_name_is_reached_in_brackets(items: Any) -> None:
    items.workspace.define_attribute("items", api_slug="settle", type="text")
    items.connection.schema.forget("items")
    item = Item.objects.create(code="a", settle="x")
    assert item["settle"] == "x"
    item["settle"] = "y"
    item.save()
    assert Item.objects.filter(settle="y").get() is item
    assert item.settle(matching="code") is True
    with pytest.raises(UnknownAttributeError, match=r'instance\["settle"\]'):
        item.settle = "z"  # type: ignore[assignment, method-assign]
    with pytest.raises(TypeError, match=r'name of every model.*settle_ = Text\("settle"\)'):
        type("Bill", (Model,), {"settle": Text()})
    with pytest.raises(TypeError, match=r'name of every model.*settle_ = Text\("paid"\)'):
        type("Bill", (Model,), {"settle": Text("paid")})


# -- values of every type -------------------------------------------------------------------------


class Sample(Model):
    """An attribute of each type, told apart by a code and by a phone number."""

    code: Text = Text(unique=True)
    phone: a.PhoneNumber = a.PhoneNumber(unique=True)
    text: Text
    number: Number
    rating: a.Rating
    box: a.Checkbox
    day: a.Date
    moment: a.Timestamp
    fee: a.Currency
    place: a.Location
    phones: a.PhoneNumbers
    mails: EmailAddresses
    sites: a.Domains
    stage: a.Status = a.Status(options=["New"])
    kind: a.Select = a.Select(options=["A"])
    kinds: a.MultiSelect = a.MultiSelect(options=["A", "B"])
    keeper: a.Actor
    company: Maybe[Company]
    companies: Many[Company]


SAMPLES = r"^POST /v2/objects/samples/records$"

VALUES: dict[str, tuple[str, Any]] = {
    "text": ("text", "  a\nb "),
    "number": ("number", Decimal("2.50")),
    "rating": ("rating", 3),
    "false": ("box", False),
    "day": ("day", "2026-01-02"),
    "moment": ("moment", datetime(2026, 1, 2, 3, 4, 5, 123456, UTC)),
    "fee": ("fee", 9.9),
    "place": ("place", Location(locality="London", country_code="GB")),
    "place as text": ("place", "London, UK"),
    "phone": ("phones", ["+1 202 555 0147"]),
    "national phone": ("phones", [PhoneNumber("020 7946 0958", country_code="GB")]),
    "mail": ("mails", ["Ada@X.co", "b@x.co"]),
    "site": ("sites", ["https://www.acme.com/about"]),
    "status": ("stage", "New"),
    "select": ("kind", "A"),
    "several": ("kinds", ["B", "A"]),
    "member by e-mail": ("keeper", "owner@sandbox.example"),
    "match": ("company", Company.by(domains="acme.com")),
    "matches": ("companies", [Company.by(domains="acme.com")]),
}


@pytest.mark.parametrize("case", VALUES)
async def test_what_was_sent_is_known_when_it_is_read(
    attio_sandbox: Any, colour: Colour, case: str
) -> None:
    attio_sandbox.define(Sample)
    Company.objects.create(name="Acme", domains=["acme.com"])
    name, value = VALUES[case]
    attio_sandbox.fail_next("drop_after", match=SAMPLES)
    report = await colour.call(Sample.objects, "bulk_create", [{"code": "a", name: value}])

    assert [item.state for item in report] == ["created"]
    assert not report[0].instance.is_changed
    attio_sandbox.fail_next("drop_after", match=SAMPLES)
    other = Sample(code="b", **{name: value})
    with pytest.raises(OutcomeUnknownError):
        await colour.call(other, "save")
    assert await colour.call(other, "settle", matching="code") is True
    assert not other.is_changed


async def test_nothing_is_looked_for_by_a_value_that_attio_writes_anew(
    attio_sandbox: Any, colour: Colour
) -> None:
    attio_sandbox.define(Sample)
    phone = PhoneNumber("020 7946 0958", country_code="GB")
    attio_sandbox.fail_next("drop_after", match=SAMPLES)
    sample = Sample(phone=phone)
    with pytest.raises(OutcomeUnknownError):
        await colour.call(sample, "save")
    with pytest.raises(ValidationError, match="writes in a form of its own"):
        await colour.call(sample, "settle", matching="phone")
    attio_sandbox.fail_next("drop_before", match=SAMPLES)
    other = PhoneNumber("020 7946 0959", country_code="GB")
    report = await colour.call(Sample.objects, "bulk_create", [{"phone": other}])
    assert [item.state for item in report] == ["unknown"]
