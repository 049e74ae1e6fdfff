"""Writes that start from a manager: create, get or create, upsert, update, delete."""

from __future__ import annotations

import re
from typing import Any

import pytest

from attio_orm import (
    Company,
    InvalidRequestError,
    Model,
    MultipleObjectsReturned,
    Person,
    Q,
    UniquenessConflictError,
    UnknownAttributeError,
    User,
    ValidationError,
    connect,
    signals,
)
from attio_orm.attributes import Number, Text
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


class Item(Model):
    code: Text = Text(unique=True)
    name: Text
    size: Number


@pytest.fixture
def items(attio_sandbox: Any) -> Any:
    attio_sandbox.define(Item)
    attio_sandbox.connection.schema.fetch("items")
    attio_sandbox.requests.clear()
    return attio_sandbox


def made(sandbox: Any) -> int:
    """How many records there are, by the workspace itself."""
    return len(sandbox.connection.api.records.query("items"))


async def test_create(items: Any, colour: Colour) -> None:
    with assert_num_requests(1):
        item = await colour.call(Item.objects, "create", code="a", size=1)

    assert item.id
    assert (item.code, item.size, item.name) == ("a", 1.0, None)
    with pytest.raises(UnknownAttributeError, match="'code'"):
        await colour.call(Item.objects, "create", cod="a")
    with assert_num_requests(0), pytest.raises(ValidationError, match="size"):
        await colour.call(Item.objects, "create", code="b", size="big")


async def test_create_on_another_connection_than_the_default(colour: Colour) -> None:
    with (
        connect("sandbox://", on_drift="ignore") as first,
        connect("sandbox://", on_drift="ignore"),
    ):
        ada = await colour.call(Person.objects.using(first), "create", name="Ada")
        assert ada.connection is first
        assert not await colour.call(Person.objects, "exists")
        ada.job_title = "Countess"
        await colour.call(ada, "save")
        assert await colour.call(Person.objects.using(first), "get", job_title="Countess") is ada


class TestGetOrCreate:
    async def test_it_gives_what_is_there(self, items: Any, colour: Colour) -> None:
        item = await colour.call(Item.objects, "create", code="a", name="one")
        with assert_num_requests(1):
            found = await colour.call(
                Item.objects, "get_or_create", code="a", defaults={"name": "two"}
            )

        assert found == (item, False)
        assert item.name == "one"

    async def test_it_makes_what_is_not(self, items: Any, colour: Colour) -> None:
        with assert_num_requests(2):
            item, created = await colour.call(
                Item.objects, "get_or_create", {"name": "one", "size": lambda: 3}, code="a"
            )

        assert created
        assert (item.code, item.name, item.size) == ("a", "one", 3.0)

    async def test_lookups_that_say_nothing_to_set_are_left_out(
        self, items: Any, colour: Colour
    ) -> None:
        item, _ = await colour.call(
            Item.objects, "get_or_create", {"size": 9}, name__exact="x", size__gte=5
        )
        person, _ = await colour.call(
            Person.objects, "get_or_create", {"name": "Ada"}, email_addresses="a@x.co"
        )

        assert (item.name, item.size) == ("x", 9.0)
        assert person.email_addresses == ["a@x.co"]

    async def test_a_race_ends_with_the_record_of_the_other(
        self, items: Any, colour: Colour
    ) -> None:
        def just_before(method: str, path: str) -> bool:
            if method == "POST" and path.endswith("/records") and not made(items):
                items.workspace.load("items", [{"code": "a", "name": "theirs"}])
            return False

        items.fail_next(500, match=just_before)
        item, created = await colour.call(Item.objects, "get_or_create", {"name": "mine"}, code="a")

        assert not created
        assert item.name == "theirs"
        assert made(items) == 1

    async def test_a_conflict_about_something_else_is_raised(
        self, items: Any, colour: Colour
    ) -> None:
        await colour.call(Item.objects, "create", code="a", name="one")
        with pytest.raises(UniquenessConflictError):
            await colour.call(Item.objects, "get_or_create", {"code": "a"}, name="two")

    async def test_two_that_match_are_no_answer(self, items: Any, colour: Colour) -> None:
        for _ in range(2):
            await colour.call(Item.objects, "create", name="one")
        with pytest.raises(MultipleObjectsReturned):
            await colour.call(Item.objects, "get_or_create", name="one")
        with pytest.raises(ValidationError, match="needs a lookup"):
            await colour.call(Item.objects, "get_or_create")


class TestUpdateOrCreate:
    async def test_both_ways(self, items: Any, colour: Colour) -> None:
        for number, was_new in ((1, True), (2, False), (2, False)):
            item, created = await colour.call(
                Item.objects, "update_or_create", {"size": number}, code="a"
            )
            assert (item.size, created) == (float(number), was_new)

        assert made(items) == 1
        assert [r.method for r in items.requests].count("PATCH") == 1


class TestUpsert:
    async def test_one_request_creates_and_updates(self, items: Any, colour: Colour) -> None:
        with assert_num_requests(1):
            item = await colour.call(Item.objects, "upsert", "code", code="a", name="one")
        with assert_num_requests(1):
            again = await colour.call(Item.objects, "upsert", "code", code="a", name="two")

        assert again is item
        assert item.name == "two"
        assert not item.is_changed
        assert items.requests[-1].params == {"matching_attribute": "code"}
        assert made(items) == 1

    async def test_what_is_given_as_none_is_cleared(self, items: Any, colour: Colour) -> None:
        item = await colour.call(Item.objects, "create", code="a", name="one", size=1)
        await colour.call(Item.objects, "upsert", "code", code="a", name=None)

        assert (item.name, item.size) == (None, 1.0)

    async def test_multi_values_of_the_match_are_added_and_others_overwritten(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        ada = await colour.call(
            Person.objects, "create", email_addresses=["a@x.co"], phone_numbers=["+12025550147"]
        )
        await colour.call(
            Person.objects,
            "upsert",
            "email_addresses",
            email_addresses=["a@x.co", "b@x.co"],
            phone_numbers=["+12025550123"],
        )

        assert set(ada.email_addresses) == {"a@x.co", "b@x.co"}
        assert ada.phone_numbers == ["+12025550123"]

    @pytest.mark.parametrize(
        ("matching", "given", "problem"),
        [
            ("name", {"name": "x"}, r"name is not unique.*Unique here: .*code"),
            ("code", {"name": "x"}, r"needs a value of 'code'"),
            ("code", {"code": None}, r"needs a value of 'code'"),
            ("cod", {"code": "x"}, "Did you mean 'code'"),
        ],
    )
    async def test_what_cannot_be_matched_is_not_sent(
        self, items: Any, colour: Colour, matching: str, given: Any, problem: str
    ) -> None:
        with (
            assert_num_requests(0),
            pytest.raises((ValidationError, UnknownAttributeError), match=problem),
        ):
            await colour.call(Item.objects, "upsert", matching, **given)

    async def test_what_a_new_record_requires_may_be_missing_for_one_that_is_there(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        mail = "ada@x.co"
        made = await colour.call(
            User.objects, "upsert", "user_id", user_id="7", primary_email_address=mail
        )
        again = await colour.call(User.objects, "upsert", "user_id", user_id="7", workspace=[])

        assert again is made
        assert made.primary_email_address == mail

    async def test_unsaved_changes_of_a_live_object_stay(self, items: Any, colour: Colour) -> None:
        item = await colour.call(Item.objects, "create", code="a", name="one")
        item.name = "mine"
        await colour.call(Item.objects, "upsert", "code", code="a", size=3)

        assert (item.name, item.size) == ("mine", 3.0)
        assert list(item.changes) == ["name"]


class TestUpdateAndDelete:
    async def test_update_saves_what_differs(self, items: Any, colour: Colour) -> None:
        items.workspace.load("items", [{"code": str(n), "size": n % 2} for n in range(6)])
        changed = await colour.call(Item.objects.exclude(code="0"), "update", size=1, name="x")
        again = await colour.call(Item.objects.exclude(code="0"), "update", size=1, name="x")

        assert (changed, again) == (5, 0)
        sizes = [item.size for item in await colour.items(Item.objects.order_by("code"))]
        assert sizes == [0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
        with pytest.raises(UnknownAttributeError):
            await colour.call(Item.objects, "update", sise=1)

    async def test_update_sends_nothing_else_that_changed(self, items: Any, colour: Colour) -> None:
        item = await colour.call(Item.objects, "create", code="a", name="one")
        item.name = "unsaved"
        await colour.call(Item.objects, "update", size=2)

        assert items.requests[-1].json == {"data": {"values": {"size": 2}}}
        assert item.changes["name"] == ("one", "unsaved")

    async def test_delete_wants_the_number(self, items: Any, colour: Colour) -> None:
        items.workspace.load("items", [{"code": str(n)} for n in range(12)])
        some = Item.objects.filter(~Q(code="0"))
        with pytest.raises(ValidationError, match="11 records of Item match, and confirm=12"):
            await colour.call(some, "delete", confirm=12)
        assert made(items) == 12
        assert await colour.call(some, "delete", confirm=11) == 11
        assert made(items) == 1
        assert await colour.call(some, "delete", confirm=0) == 0

    async def test_signals_of_each_record_are_sent(self, items: Any, colour: Colour) -> None:
        items.workspace.load("items", [{"code": str(n)} for n in range(3)])
        seen: list[str] = []

        def note(sender: Any, **given: Any) -> None:
            seen.append(given["instance"].code)

        with signals.post_save.connected_to(note, Item), signals.post_delete.connected_to(note):
            await colour.call(Item.objects, "update", size=1)
            await colour.call(Item.objects, "delete", confirm=3)

        assert sorted(seen) == ["0", "0", "1", "1", "2", "2"]


def test_a_company_is_found_by_any_of_its_domains(attio_sandbox: Any) -> None:
    acme = Company.objects.create(name="Acme", domains=["acme.com", "acme.dev"])

    assert Company.objects.get_or_create(domains="acme.dev") == (acme, False)


async def test_an_update_that_fails_says_how_far_it_came(
    attio_sandbox: Any, colour: Colour
) -> None:
    """What was not sent reads as before, and what the user had changed stays theirs to save."""
    people = [Person.objects.create(name=f"P{at}", job_title="Poet") for at in range(20)]
    mine = people[0]
    mine.job_title = "Mine"
    refused = people[12].id
    attio_sandbox.fail_next(400, match=lambda method, path: path.endswith(refused))
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(Person.objects, "update", job_title="Countess")
    sent = Person.objects.filter(job_title="Countess").count()
    (note,) = caught.value.__notes__
    told = re.match(r"update\(\) had changed (\d+) of 20 records", note)
    assert told is not None
    assert sent - 8 < int(told[1]) <= sent  # answers that were not waited for
    assert {each.job_title for each in people if not each.is_changed} <= {"Poet", "Countess"}
    assert [each for each in people if each.is_changed] in ([], [mine])
    assert people[12].job_title == "Poet"
