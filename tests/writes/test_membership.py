"""``Pipeline.add()`` and ``remove()``: records in lists, each once, in few requests."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import (
    AttioError,
    Company,
    InvalidRequestError,
    ListEntry,
    OutcomeUnknownError,
    Person,
    UnknownAttributeError,
    ValidationError,
    connect,
)
from attio_orm.attributes import MultiSelect, Text
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


class Pipeline(ListEntry, list="sales", parent=Company):
    priority: Text
    tags: MultiSelect = MultiSelect(options=["a", "b", "c"])


@pytest.fixture
def sandbox(attio_sandbox: SandboxHandle, no_waits: None) -> SandboxHandle:
    attio_sandbox.define(Pipeline)
    Pipeline.objects.first()
    list(attio_sandbox.connection.schema.choices("lists/sales", "tags"))
    return attio_sandbox


@pytest.fixture
def companies(sandbox: SandboxHandle) -> list[Company]:
    found = [Company.objects.create(name=name) for name in ("Acme", "Beta", "Gamma")]
    sandbox.requests.clear()
    return found


def sent(sandbox: SandboxHandle) -> list[str]:
    return [f"{each.method} {each.path.rpartition('/')[2][:7]}" for each in sandbox.requests]


async def test_each_record_is_there_once(
    sandbox: SandboxHandle, companies: list[Company], colour: Colour
) -> None:
    acme, beta, gamma = companies
    made = await colour.call(Pipeline, "add", acme, beta, acme)
    assert [each.parent_id for each in made] == [acme.id, beta.id, acme.id]
    assert made[0] is made[2]
    assert sent(sandbox) == ["POST query", "PUT entries", "PUT entries"]
    sandbox.requests.clear()
    again = await colour.call(Pipeline, "add", beta, gamma, acme)  # only what is missing is made
    assert [again[0], again[2]] == [made[1], made[0]]
    assert sent(sandbox) == ["POST query", "PUT entries"]
    with assert_num_requests(0):
        assert await colour.call(Pipeline, "add") == []


def test_values_change_what_is_there(sandbox: SandboxHandle, companies: list[Company]) -> None:
    acme, beta, _ = companies
    (entry,) = Pipeline.add(acme, priority="Low", tags=["a"])
    sandbox.requests.clear()
    changed, made = Pipeline.add(acme, beta, priority="High", tags=iter(["b"]))
    assert changed is entry
    assert (entry.priority, set(entry.tags)) == ("High", {"a", "b"})  # added, as a PATCH does
    assert (made.priority, list(made.tags)) == ("High", ["b"])
    assert sorted(each.method for each in sandbox.requests) == ["PATCH", "POST", "PUT"]
    with assert_num_requests(1):  # nothing differs: nothing is written
        Pipeline.add(acme, beta, priority="High", tags=["b"])


def test_what_the_user_changed_is_theirs(sandbox: SandboxHandle, companies: list[Company]) -> None:
    (entry,) = Pipeline.add(companies[0])
    entry.priority = "Mine"
    Pipeline.add(companies[0], tags=["a"])
    assert set(entry.changes) == {"priority"}


def test_several_hundred_take_one_look_for_each_500(sandbox: SandboxHandle) -> None:
    ids = sandbox.workspace.load("companies", [{"name": str(n)} for n in range(501)])
    sandbox.workspace.load_entries("sales", [(each, {}) for each in ids])
    with assert_num_requests(3):  # 500, whether there are more, and the last one
        assert len(Pipeline.add(*ids)) == 501  # ids will do, as for parent=


async def test_duplicates(sandbox: SandboxHandle, companies: list[Company], colour: Colour) -> None:
    acme, beta, _ = companies
    Pipeline.add(acme)
    sandbox.requests.clear()
    await colour.call(Pipeline, "add", acme, allow_duplicates=True, priority="2nd")
    assert sent(sandbox) == ["POST entries"]
    sandbox.requests.clear()
    for method in ("add", "remove"):
        with pytest.raises(Pipeline.MultipleObjectsReturned, match=r"2 times, as .* and "):
            await colour.call(Pipeline, method, beta, acme)
    assert sent(sandbox) == ["POST query", "POST query"]  # beta is not added either
    with pytest.raises(ValidationError, match="confirm=1: nothing was removed"):
        await colour.call(Pipeline, "remove", acme, beta, confirm=1)
    assert await colour.call(Pipeline, "remove", acme, beta, confirm=2) == 2
    assert Pipeline.objects.count() == 0


async def test_remove(sandbox: SandboxHandle, companies: list[Company], colour: Colour) -> None:
    Pipeline.add(*companies[:2])
    sandbox.requests.clear()
    assert await colour.call(Pipeline, "remove", *companies) == 2
    assert sorted(each.method for each in sandbox.requests) == ["DELETE", "DELETE", "POST"]
    assert await colour.call(Pipeline, "remove", *companies) == 0
    with assert_num_requests(0):
        assert await colour.call(Pipeline, "remove") == 0
    assert Company.objects.count() == 3  # the records stay


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda them, person: Pipeline.add(them[0], person), "'people' does not fit"),
        (lambda them, person: Pipeline.remove(them[0], person), "'people' does not fit"),
        (lambda them, person: Pipeline.add(Company(name="x")), "not saved yet"),
        (lambda them, person: Pipeline.add(them), r"one by one, not list: add\(\*records\)"),
        (lambda them, person: Pipeline.add(None), "got None"),
        (lambda them, person: Pipeline.add(them[0], tags=["zz"]), "not one of the options"),
        (lambda them, person: Pipeline.add(them[0], nope=1), "no attribute 'nope'"),
        (lambda them, person: Pipeline.add(them[0], parent=them[1]), "no parent="),
        (lambda them, person: Pipeline.remove(them[0], confirm=True), "confirm is how many"),
    ],
    ids=range(9),
)
def test_refused_before_it_is_sent(
    sandbox: SandboxHandle, companies: list[Company], call: Any, message: str
) -> None:
    person = Person.objects.create(name="A, B")
    sandbox.requests.clear()
    with pytest.raises((ValidationError, UnknownAttributeError), match=message):
        call(companies, person)
    assert not [each for each in sandbox.requests if each.path.endswith(("entries", "query"))]


def test_a_record_of_another_workspace(sandbox: SandboxHandle, companies: list[Company]) -> None:
    with connect("sandbox://") as other:
        foreign = Company.objects.create(name="Elsewhere")
        assert foreign.connection is other
    with pytest.raises(ValidationError, match="another connection"):
        Pipeline.add(companies[0], foreign)


def test_a_record_that_is_gone(sandbox: SandboxHandle, companies: list[Company]) -> None:
    acme, beta, _ = companies
    sandbox.connection.api.records.delete("companies", beta.id)
    with pytest.raises(InvalidRequestError, match="it was deleted, or merged") as caught:
        Pipeline.add(acme, beta)
    assert "Of 2 entries of Pipeline" in caught.value.__notes__[0]
    assert Pipeline.remove(beta) == 0
    assert [each.parent_id for each in Pipeline.add(acme)] == [acme.id]


def test_an_abstract_class_has_no_list() -> None:
    class Base(ListEntry, abstract=True):
        pass

    for method in (Base.add, Base.remove):
        with pytest.raises(TypeError, match="abstract"):
            method()


def test_their_names_are_taken() -> None:
    with pytest.raises(TypeError, match=r"under another name, e\.g\. remove_ = Text"):
        type("Odd", (ListEntry,), {"__module__": __name__, "remove": Text()}, list="odd")


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", 503, "truncate", 429], ids=str)
def test_no_write_is_done_twice(
    sandbox: SandboxHandle, companies: list[Company], fault: Any
) -> None:
    acme = companies[0]
    sandbox.fail_next(fault, match="PUT")
    (entry,) = Pipeline.add(acme)
    sandbox.fail_next(fault, match="PATCH")
    Pipeline.add(acme, priority="High")
    assert entry.priority == "High"
    assert [each.id for each in Pipeline.objects.filter(parent=acme)] == [entry.id]
    sandbox.fail_next(fault, match="DELETE")
    assert Pipeline.remove(acme) == 1
    assert Pipeline.objects.count() == 0


def test_a_duplicate_that_nobody_answered_is_not_sent_again(
    sandbox: SandboxHandle, companies: list[Company]
) -> None:
    sandbox.fail_next("drop_after", match=lambda method, path: path.endswith("/entries"))
    with pytest.raises(OutcomeUnknownError) as caught:
        Pipeline.add(companies[0], allow_duplicates=True)
    assert isinstance(caught.value, AttioError)
    assert Pipeline.objects.count() == 1


def test_a_dry_run_plans_them(sandbox: SandboxHandle, companies: list[Company]) -> None:
    Pipeline.add(companies[0])
    with sandbox.connection.dry_run() as plan:
        Pipeline.add(*companies[:2], priority="High")
        Pipeline.remove(companies[0])
    assert sorted(each.method for each in plan) == ["DELETE", "PATCH", "PUT"]
