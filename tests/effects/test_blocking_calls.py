"""The warning for sync calls that stop an event loop: where it comes, what it names, and where not.

What a warning says instead is done as well, and has to be silent.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import textwrap
import warnings
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attio_orm import (
    BlockingCallWarning,
    Company,
    Model,
    Person,
    UniquenessConflictError,
    aconnect,
    asearch,
    connect,
    search,
)
from attio_orm.attributes import Text
from attio_orm.effects import blocking_calls
from attio_orm.signals import post_save
from attio_orm.testing import SandboxHandle
from attio_orm.testing.served import ServedSandbox


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is as the first of its process; a test runner may be interactive itself."""
    monkeypatch.setattr(blocking_calls, "_told", set())
    monkeypatch.delattr(sys, "ps1", raising=False)


def told(work: Callable[[], Awaitable[object]]) -> list[warnings.WarningMessage]:
    """The warnings of a coroutine in an event loop of its own."""

    async def whole() -> None:
        await work()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(whole())
    return [each for each in caught if each.category is BlockingCallWarning]


async def _conflict() -> UniquenessConflictError:
    try:
        await Company.objects.acreate(domains=["acme.com"])
    except UniquenessConflictError as error:
        return error
    raise AssertionError("two companies of one domain")


async def _concurrently(server: ServedSandbox) -> None:
    async with server.connection.concurrent() as batch:
        batch.submit(Person.objects.acount)
    batch.raise_for_errors()


def _in_threads(server: ServedSandbox) -> None:
    with server.connection.concurrent() as batch:
        batch.submit(Person.objects.count)
    batch.raise_for_errors()


# name: what blocks, what the warning says instead, and that
Case = tuple[Callable[[Any, Any], object], str, Callable[[Any, Any], Awaitable[object]]]


async def _listed(items: Any) -> list[Any]:
    return [each async for each in items]


CASES: dict[str, Case] = {
    "save": (lambda s, p: p.save(force=True), "await asave()", lambda s, p: p.asave(force=True)),
    "refresh": (lambda s, p: p.refresh(), "await arefresh()", lambda s, p: p.arefresh()),
    "get": (
        lambda s, p: Person.objects.get(name="Ada"),
        "await aget()",
        lambda s, p: Person.objects.aget(name="Ada"),
    ),
    "count": (
        lambda s, p: Person.objects.count(),
        "await acount()",
        lambda s, p: Person.objects.acount(),
    ),
    "bulk_create": (
        lambda s, p: Person.objects.bulk_create([{"name": str(n)} for n in range(9)]),
        "await abulk_create()",
        lambda s, p: Person.objects.abulk_create([{"name": str(n)} for n in range(9)]),
    ),
    "for": (
        lambda s, p: [each for each in Person.objects.all()],
        "async for",
        lambda s, p: _listed(Person.objects.all()),
    ),
    "list": (
        lambda s, p: list(Person.objects.all()),
        "[each async for each in queryset]",
        lambda s, p: _listed(Person.objects.all()),
    ),
    "bool": (
        lambda s, p: bool(Person.objects.all()),
        "await aexists()",
        lambda s, p: Person.objects.aexists(),
    ),
    "index": (
        lambda s, p: Person.objects.all()[0],
        "await queryset[n:].afirst()",
        lambda s, p: Person.objects.all()[0:].afirst(),
    ),
    "iterator": (
        lambda s, p: next(iter(Person.objects.iterator())),
        "async for",
        lambda s, p: _listed(Person.objects.iterator()),
    ),
    "search": (
        lambda s, p: search("Ada", Person),
        "await asearch()",
        lambda s, p: asearch("Ada", Person),
    ),
    "api": (
        lambda s, p: s.connection.api.members.list(),
        "await alist()",
        lambda s, p: s.connection.api.members.alist(),
    ),
    "request": (
        lambda s, p: s.connection.request("GET", "/v2/objects"),
        "await arequest()",
        lambda s, p: s.connection.arequest("GET", "/v2/objects"),
    ),
    "schema": (
        lambda s, p: s.connection.schema.fetch("deals"),
        "await afetch()",
        lambda s, p: s.connection.schema.afetch("deals"),
    ),
    "concurrent": (lambda s, p: _in_threads(s), "async with", lambda s, p: _concurrently(s)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_sync_call_names_its_twin_which_is_silent(attio_server: Any, case: Case) -> None:
    blocks, instead, obeying = case
    person = Person.objects.create(name="Ada")

    async def blocking() -> None:
        blocks(attio_server, person)

    (warning,) = told(blocking)
    assert warning.filename == __file__
    assert "blocks the event loop" in str(warning.message)
    assert f"{instead};" in str(warning.message) or f"{instead}," in str(warning.message)
    assert told(lambda: obeying(attio_server, person)) == []
    assert told(lambda: asyncio.to_thread(blocks, attio_server, person)) == []  # the other advice


def test_the_question_of_a_conflict(attio_server: ServedSandbox) -> None:
    Company.objects.create(name="Acme", domains=["acme.com"])

    async def blocking() -> None:
        assert (await _conflict()).existing().name == "Acme"

    async def obeying() -> None:
        assert (await (await _conflict()).aexisting()).name == "Acme"

    (warning,) = told(blocking)
    assert "existing() blocks" in str(warning.message)
    assert "await aexisting()" in str(warning.message)
    assert told(obeying) == []


def test_connecting_with_models_of_ones_own(attio_server: ServedSandbox) -> None:
    class Firm(Model, object="companies"):
        name: Text

    async def blocking() -> None:
        with connect(attio_server.url, api_key=attio_server.token):
            pass

    async def obeying() -> None:
        async with aconnect(attio_server.url, api_key=attio_server.token):
            assert await Firm.objects.acount() == 0

    (warning,) = told(blocking)
    assert "connect() blocks" in str(warning.message)
    assert "await aconnect()" in str(warning.message)
    assert told(obeying) == []


def test_a_touch_in_a_callback_of_the_loop(attio_server: ServedSandbox) -> None:
    """In a task it is an error anyhow; a callback is not a task."""
    acme, beta = (Company.objects.create(name=name) for name in ("Acme", "Beta"))
    Person.objects.create(name="Ada", company=beta)
    found: list[object] = []
    with attio_server.connection.session():
        (ada,) = Person.objects.all()
        ref = Company.ref(str(acme.id))

    async def work() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: found.append(ref.name))
        loop.call_soon(lambda: found.append(ada.company))
        await asyncio.sleep(0)

    deferred, relation = told(work)
    assert "await arefresh() before" in str(deferred.message)
    assert 'includes("company"), or await aload("company") before' in str(relation.message)
    assert found == ["Acme", beta]


def test_once_a_place(attio_server: ServedSandbox) -> None:
    async def looping() -> None:
        for _ in range(3):
            Person.objects.count()
            with warnings.catch_warnings():  # after which Python's own registry has forgotten
                warnings.simplefilter("always")
        Person.objects.count()  # another place

    lines = [each.lineno for each in told(looping)]
    first = looping.__code__.co_firstlineno
    assert lines == [first + 2, first + 5]


def test_an_error_each_time_where_warnings_are_errors(attio_server: ServedSandbox) -> None:
    async def work() -> None:
        for _ in range(2):
            with pytest.raises(BlockingCallWarning, match=r"create\(\) blocks"):
                Person.objects.create(name="Ada")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(work())
    assert Person.objects.count() == 0  # told before anything was sent


def test_in_a_receiver_of_an_async_save_the_receivers_line(attio_server: ServedSandbox) -> None:
    def count(sender: object, **_: object) -> None:
        Person.objects.count()

    with post_save.connected_to(count, sender=Person):
        (warning,) = told(lambda: Person.objects.acreate(name="Ada"))
    assert warning.lineno == count.__code__.co_firstlineno + 1


def test_what_sends_nothing_blocks_nothing(attio_server: ServedSandbox) -> None:
    people = Person.objects.all()
    list(people)

    async def work() -> None:
        assert len(people) == 0
        assert list(people) == []
        people.explain()

    assert told(work) == []


def test_none_for_a_sandbox_in_the_same_process(attio_sandbox: SandboxHandle) -> None:
    async def work() -> None:
        Person.objects.create(name="Ada").save(force=True)
        Person.objects.bulk_create([{"name": "Bob"}, {"name": "Cy"}])
        _in_threads(attio_sandbox)  # type: ignore[arg-type]
        assert len(Person.objects.all()) == 3

    assert told(work) == []


def test_none_without_a_loop_that_runs_in_the_thread(attio_server: ServedSandbox) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Person.objects.count()

        async def work() -> int:
            return await asyncio.get_running_loop().run_in_executor(None, Person.objects.count)

        asyncio.run(work())


@pytest.mark.parametrize("way", ["ps1", "marimo"])
def test_none_in_shells_and_notebooks(
    attio_server: ServedSandbox, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    if way == "ps1":  # what Python's shells, IPython and Jupyter set
        monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    else:
        notebook = SimpleNamespace(running_in_notebook=lambda: True)
        monkeypatch.setitem(sys.modules, "marimo", notebook)

    async def work() -> None:
        Person.objects.count()

    assert told(work) == []


def test_none_for_a_module_that_is_imported_in_the_loop(
    attio_server: ServedSandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As uvicorn imports an app: ``await`` at the top of a module is not Python."""
    program = """
        from attio_orm import Person
        def count():
            return Person.objects.count()
        count()
    """
    (tmp_path / "an_app.py").write_text(textwrap.dedent(program), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)

    async def importing() -> None:
        importlib.import_module("an_app")

    async def calling() -> None:
        sys.modules["an_app"].count()

    try:
        assert told(importing) == []
        (warning,) = told(calling)  # the same line, when a coroutine leads to it
        assert Path(warning.filename).name == "an_app.py"
    finally:
        sys.modules.pop("an_app", None)
