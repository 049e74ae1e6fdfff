"""``bulk_upsert()``: looked up together, made or changed where it differs."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from attio_orm import (
    Company,
    Model,
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    UniquenessConflictError,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
    signals,
)
from attio_orm.attributes import Location, Number, Text
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


def address(number: int) -> str:
    return f"p{number}@mail.example.com"


def creates(method: str, path: str) -> bool:
    return (method, path.partition("?")[0]) == ("POST", "/v2/objects/people/records")


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"name": f"P{number}", "email_addresses": [address(number)], **more}


async def people(colour: Colour, number: int) -> list[Any]:
    report = await colour.call(
        Person.objects, "bulk_create", [row(at) for at in range(number)], concurrency=4
    )
    return list(report.created)


def states(report: Any) -> dict[str, int]:
    return {state: number for state, number in report.counts.items() if number}


async def test_what_is_missing_is_made_and_what_differs_changed(
    attio_sandbox: Any, colour: Colour
) -> None:
    await people(colour, 6)
    rows = [row(0), row(1, job_title="CTO"), row(2, name="Q"), row(9), row(10)]
    report = await colour.call(Person.objects, "bulk_upsert", rows, matching="email_addresses")

    assert [item.state for item in report] == [
        "unchanged", "updated", "updated", "created", "created",
    ]  # fmt: skip
    assert [item.requests for item in report] == [0, 1, 1, 1, 1]
    assert [item.index for item in report] == [0, 1, 2, 3, 4]
    assert [item.row for item in report] == rows
    assert (len(report.created), len(report.updated), len(report.unchanged)) == (2, 2, 1)
    found = await colour.call(Person.objects, "values_list", "name", "job_title")
    assert Counter(map(tuple, found)) == Counter(
        [
            *((f"P{n}", None) for n in (0, 3, 4, 5, 9, 10)), ("P1", "CTO"), ("Q", None),
        ]
    )  # fmt: skip
    assert "2 created, 2 updated, 1 unchanged" in repr(report)


async def test_unchanged_rows_cost_a_read_for_500_and_no_write(
    attio_sandbox: Any, colour: Colour
) -> None:
    await people(colour, 1100)
    rows = [row(at) for at in range(1100)]
    # 500, 500 and 100 of them; each page of 500 may be followed by a look for more
    with assert_num_requests(3):
        report = await colour.call(Person.objects, "bulk_upsert", rows, matching="email_addresses")
    assert states(report) == {"unchanged": 1100}
    assert sum(item.requests for item in report) == 0


@pytest.mark.parametrize("multi", ["add", "replace"])
async def test_values_of_many_are_added_or_replaced(
    attio_sandbox: Any, colour: Colour, multi: str
) -> None:
    await colour.call(
        Person.objects, "create", email_addresses=[address(1), "old@mail.example.com"]
    )
    new = {"email_addresses": [address(1).upper(), "new@mail.example.com"]}
    report = await colour.call(
        Person.objects, "bulk_upsert", [new], matching="email_addresses", multi=multi
    )
    assert states(report) == {"updated": 1}
    (found,) = await colour.items(Person.objects.all())
    there = {str(each) for each in found.email_addresses}
    kept = {"old@mail.example.com"} if multi == "add" else set()
    assert there == {address(1), "new@mail.example.com", *kept}
    with assert_num_requests(1):  # once more there is nothing to send
        again = await colour.call(
            Person.objects, "bulk_upsert", [new], matching="email_addresses", multi=multi
        )
    assert states(again) == {"unchanged": 1}


async def test_the_first_name_that_is_filled_decides(attio_sandbox: Any, colour: Colour) -> None:
    await people(colour, 2)
    rows = [
        row(0, job_title="by mail"),
        {"name": "P1", "email_addresses": [], "job_title": "by name"},
        {"name": "P7", "email_addresses": None, "job_title": "new"},
        {"job_title": "nothing"},
    ]
    report = await colour.call(
        Person.objects, "bulk_upsert", rows, matching=["email_addresses", "name"]
    )
    assert [item.state for item in report] == ["updated", "updated", "created", "failed"]
    assert "no value of email_addresses or name" in str(report[3].error)


async def test_two_matches_are_an_error_that_names_both(attio_sandbox: Any, colour: Colour) -> None:
    one, two = [await colour.call(Person.objects, "create", name="Ada") for _ in range(2)]
    report = await colour.call(
        Person.objects, "bulk_upsert", [{"name": "Ada"}, {"name": "Bob"}], matching="name"
    )
    assert [item.state for item in report] == ["failed", "created"]
    assert isinstance(report[0].error, Person.MultipleObjectsReturned)
    assert one.id in str(report[0].error)
    assert two.id in str(report[0].error)
    assert report[0].requests == 0


class TestDuplicates:
    rows = (
        row(1, job_title="a"),
        row(2, job_title="b"),
        {"email_addresses": ["x@mail.example.com", address(1).upper()], "job_title": "c"},
        row(2, job_title="d"),
    )

    async def test_a_later_row_fails_and_names_the_first(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        report = await colour.call(
            Person.objects, "bulk_upsert", self.rows, matching="email_addresses"
        )
        assert [item.state for item in report] == ["created", "created", "failed", "failed"]
        assert "the row at index 0" in str(report[2].error)
        assert "the row at index 1" in str(report[3].error)
        titles = await colour.call(Person.objects, "pluck", "job_title")
        assert sorted(titles) == ["a", "b"]

    @pytest.mark.parametrize("listed", [True, False], ids=["list", "iterator"])
    async def test_the_last_counts(self, attio_sandbox: Any, colour: Colour, listed: bool) -> None:
        report = await colour.call(
            Person.objects,
            "bulk_upsert",
            self.rows if listed else iter(self.rows),
            matching="email_addresses",
            duplicates="last",
            keep="all",
        )
        assert [item.state for item in report] == ["unchanged", "unchanged", "created", "created"]
        titles = await colour.call(Person.objects, "pluck", "job_title")
        assert sorted(titles) == ["c", "d"]

    async def test_over_many_batches(self, attio_sandbox: Any, colour: Colour) -> None:
        rows = [*(row(at) for at in range(1200)), row(3), row(700)]
        report = await colour.call(Person.objects, "bulk_upsert", rows, matching="email_addresses")
        assert states(report) == {"created": 1200, "failed": 2}
        assert "index 3:" in str(report[1200].error)
        assert "index 700:" in str(report[1201].error)


async def test_what_somebody_makes_meanwhile_is_found_and_changed(
    attio_sandbox: Any, colour: Colour
) -> None:
    records = attio_sandbox.connection.api.records

    def be_first(sender: Any, *, instance: Any, created: bool, **given: Any) -> None:
        if created and instance.name == "P1":
            records.create("people", {"email_addresses": [address(1)], "job_title": "Theirs"})

    with signals.pre_save.connected_to(be_first, Person):
        report = await colour.call(
            Person.objects, "bulk_upsert", [row(0), row(1), row(2)], matching="email_addresses"
        )
    assert [item.state for item in report] == ["created", "updated", "created"]
    assert report[1].error is None
    found = await colour.call(Person.objects, "get", email_addresses=address(1))
    assert (found.name.full_name, found.job_title) == ("P1", "Theirs")
    assert await colour.call(Person.objects, "count") == 3


async def test_a_conflict_of_another_attribute_is_the_rows_error(
    attio_sandbox: Any, colour: Colour
) -> None:
    taken = await colour.call(Person.objects, "create", email_addresses=[address(1)])
    report = await colour.call(
        Person.objects, "bulk_upsert", [{"name": "New", "email_addresses": [address(1)]}],
        matching="name",
    )  # fmt: skip
    (item,) = report
    assert item.state == "failed"
    assert isinstance(item.error, UniquenessConflictError)
    assert "email_addresses" in str(item.error)
    assert await colour.call(Person.objects, "pluck", "name") == [taken.name]


async def test_values_that_count_as_none_are_left_out_and_none_clears(
    attio_sandbox: Any, colour: Colour
) -> None:
    await colour.call(
        Person.objects, "bulk_create", [row(0, job_title="CTO"), row(1, job_title="CTO")]
    )
    rows = [row(0, job_title=""), row(1, job_title=None), row(2, job_title=float("nan"))]
    report = await colour.call(
        Person.objects, "bulk_upsert", rows, matching="email_addresses", none=("", float("nan"))
    )
    assert [item.state for item in report] == ["unchanged", "updated", "created"]
    titles = await colour.call(Person.objects, "pluck", "job_title")
    assert Counter(titles) == Counter(["CTO", None, None])


async def test_a_lost_answer_is_settled_by_the_unique_value(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next("drop_after", match=creates)
    report = await colour.call(
        Person.objects, "bulk_upsert", [row(0), row(1)], matching="email_addresses", concurrency=1
    )
    assert states(report) == {"created": 2}
    assert await colour.call(Person.objects, "count") == 2


async def test_without_a_unique_value_it_is_unknown_and_not_sent_again(
    attio_sandbox: Any, colour: Colour
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next("drop_after", match=creates)
    report = await colour.call(
        Person.objects,
        "bulk_upsert",
        [{"name": "A"}, {"name": "B"}],
        matching="name",
        concurrency=1,
    )
    assert [item.state for item in report] == ["unknown", "created"]
    assert isinstance(report[0].error, OutcomeUnknownError)
    assert await colour.call(Person.objects, "count") == 2


async def test_what_the_user_changed_in_the_session_is_neither_sent_nor_lost(
    attio_sandbox: Any, colour: Colour
) -> None:
    ada, bob = await people(colour, 2)
    ada.job_title, bob.job_title = "mine", "mine"
    rows = [row(0, name="New"), row(1, email_addresses=[address(1), "wrong"])]
    report = await colour.call(Person.objects, "bulk_upsert", rows, matching="email_addresses")
    assert [item.state for item in report] == ["updated", "failed"]
    assert report[0].instance is ada
    assert ada.is_changed
    assert bob.is_changed
    assert (ada.name.full_name, ada.job_title, bob.job_title) == ("New", "mine", "mine")
    assert [each for each in bob.changes] == ["job_title"]
    stored = attio_sandbox.connection.api.records.query("people")
    assert [each["values"]["job_title"] for each in stored] == [[], []]


async def test_a_failed_look_up_fails_its_rows_and_no_other(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(500, times=5, match="POST /v2/objects/people/records/query")
    report = await colour.call(
        Person.objects,
        "bulk_upsert",
        [row(at) for at in range(600)],
        matching="email_addresses",
        concurrency=1,
    )
    assert states(report) == {"failed": 500, "created": 100}
    assert len({id(item.error) for item in report.failed}) == 1


async def test_on_error_stop_raises_what_a_row_met(attio_sandbox: Any, colour: Colour) -> None:
    with pytest.raises(ValidationError, match="no value of email_addresses"):
        await colour.call(
            Person.objects,
            "bulk_upsert",
            [row(0), {"name": "x"}],
            matching="email_addresses",
            on_error="stop",
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"matching": "nope"}, "nope"),
        ({"matching": ["name", "id"]}, "cannot match by id"),
        ({"matching": []}, "takes the name of an attribute"),
        ({"matching": 5}, "takes the name of an attribute"),
        ({"matching": "created_at"}, "created_at"),
        ({"matching": "name", "multi": "both"}, "multi takes"),
        ({"matching": "name", "duplicates": "first"}, "duplicates takes"),
        ({"matching": "name", "keep": "some"}, "keep takes"),
    ],
    ids=["unknown", "id", "none", "number", "read-only", "multi", "duplicates", "keep"],
)
async def test_wrong_arguments_send_nothing(
    attio_sandbox: Any, colour: Colour, options: Any, message: str
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    wrong = (ValidationError, UnknownAttributeError, ReadOnlyAttributeError)
    with assert_num_requests(0), pytest.raises(wrong, match=message):
        await colour.call(Person.objects, "bulk_upsert", [row(0)], **options)


async def test_a_narrowed_queryset_is_refused(attio_sandbox: Any, colour: Colour) -> None:
    with pytest.raises(ValidationError, match="not about a filter"):
        await colour.call(
            Person.objects.filter(name="x"), "bulk_upsert", [row(0)], matching="email_addresses"
        )


async def test_a_dry_run_plans_it(attio_sandbox: Any, colour: Colour) -> None:
    await people(colour, 2)
    with attio_sandbox.connection.dry_run() as plan:
        report = await colour.call(
            Person.objects,
            "bulk_upsert",
            [row(0), row(1, job_title="CTO"), row(5)],
            matching="email_addresses",
        )
    assert [item.state for item in report] == ["unchanged", "planned", "planned"]
    assert [each.method for each in plan] == ["PATCH", "POST"]
    assert await colour.call(Person.objects, "count") == 2
    (changed,) = await colour.items(Person.objects.filter(email_addresses=address(1)))
    assert changed.job_title is None or changed.is_changed


@pytest.mark.parametrize("by", ["domains", "name"])
async def test_other_kinds_of_keys(attio_sandbox: Any, colour: Colour, by: str) -> None:
    rows = [{"name": f"C{at}", "domains": [f"c{at}.example.com"]} for at in range(4)]
    made = await colour.call(Company.objects, "bulk_upsert", rows, matching=by)
    again = await colour.call(Company.objects, "bulk_upsert", rows, matching=by)
    assert (states(made), states(again)) == ({"created": 4}, {"unchanged": 4})


async def test_keys_of_texts_and_numbers(attio_sandbox: Any, colour: Colour) -> None:
    class Item(Model, object="items"):
        code = Text()
        number = Number()

    attio_sandbox.define(Item)
    rows = [{"code": f"c{at}", "number": at} for at in range(4)]
    for by in ("code", "number"):
        await colour.call(Item.objects, "bulk_upsert", rows, matching=by)
        again = await colour.call(Item.objects, "bulk_upsert", rows, matching=by)
        assert states(again) == {"unchanged": 4}


def test_a_row_ends_once_whoever_looks_it_up(attio_sandbox: Any) -> None:
    """Others take rows while the one that looked them up ends what the look-up has ended."""
    Person.objects.bulk_create([row(at) for at in range(3000)])
    # every other row is refused by the look-up, the rest is handed out
    rows = [row(at) if at % 2 else {"name": "x"} for at in range(3000)]
    for _ in range(3):
        report = Person.objects.bulk_upsert(rows, matching="email_addresses", concurrency=16)
        assert states(report) == {"unchanged": 1500, "failed": 1500}


async def test_two_rows_that_find_one_record_by_other_keys(
    attio_sandbox: Any, colour: Colour
) -> None:
    """Side by side they would take each other's values of the one instance for theirs."""
    (ada,) = await people(colour, 1)
    rows = [row(0, job_title="by mail"), {"name": "P0", "job_title": "by name"}]
    report = await colour.call(
        Person.objects, "bulk_upsert", rows, matching=["email_addresses", "name"]
    )
    assert [item.state for item in report] == ["updated", "failed"]
    assert "so is the row at index 0" in str(report[1].error)
    assert ada.job_title == "by mail"


async def test_a_value_that_was_set_and_not_saved_is_back_after_a_failure(
    attio_sandbox: Any, colour: Colour
) -> None:
    (ada,) = await people(colour, 1)
    ada.job_title = "mine"
    attio_sandbox.fail_next(400, match="PATCH")
    rows = [row(0, job_title="theirs", name="New")]
    report = await colour.call(Person.objects, "bulk_upsert", rows, matching="email_addresses")
    assert report[0].state == "failed"
    assert (ada.job_title, list(ada.changes)) == ("mine", ["job_title"])


async def test_what_nothing_can_be_looked_up_by_ends_the_run(
    attio_sandbox: Any, colour: Colour
) -> None:
    class Item(Model, object="items"):
        code = Text()
        place = Location()

    attio_sandbox.define(Item)
    rows = [{"place": {"line_1": "Quay 1", "country_code": "DE"}, "code": "a"}]
    with pytest.raises(UnsupportedLookup, match="cannot compare 'place'") as caught:
        await colour.call(Item.objects, "bulk_upsert", rows, matching="place")
    assert caught.value.report.counts["failed"] == 1  # type: ignore[attr-defined]
    assert await colour.call(Item.objects, "count") == 0
