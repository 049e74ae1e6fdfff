"""``bulk_update()`` of instances and dicts, and what changes all records of a query."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from attio_orm import (
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    StaleRecordError,
    UnknownAttributeError,
    ValidationError,
    signals,
)
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


def states(report: Any) -> dict[str, int]:
    return {state: number for state, number in report.counts.items() if number}


async def people(colour: Colour, number: int, **more: Any) -> list[Any]:
    rows = [
        {"name": f"P{at}", "email_addresses": [f"p{at}@mail.example.com"], **more}
        for at in range(number)
    ]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)
    return list(report.created)


def stored(sandbox: Any, slug: str = "job_title") -> list[Any]:
    found = sandbox.connection.api.records.query(
        "people", sorts=[{"attribute": "name", "field": "last_name", "direction": "asc"}]
    )
    return [each["values"][slug][0]["value"] if each["values"][slug] else None for each in found]


class TestInstances:
    async def test_what_changed_is_sent(self, attio_sandbox: Any, colour: Colour) -> None:
        found = await people(colour, 4)
        found[0].job_title = "CEO"
        found[1].job_title = "CTO"
        found[1].description = "Two"
        with assert_num_requests(2):
            report = await colour.call(Person.objects, "bulk_update", found)
        assert [item.state for item in report] == ["updated", "updated", "unchanged", "unchanged"]
        assert [item.instance for item in report] == found
        assert not any(each.is_changed for each in found)
        assert {each for each in stored(attio_sandbox) if each} == {"CEO", "CTO"}

    async def test_fields_limit_it(self, attio_sandbox: Any, colour: Colour) -> None:
        (ada,) = await people(colour, 1)
        ada.job_title, ada.description = "CEO", "later"
        report = await colour.call(Person.objects, "bulk_update", [ada], fields=["job_title"])
        assert states(report) == {"updated": 1}
        assert list(ada.changes) == ["description"]
        assert stored(attio_sandbox, "description") == [None]

    async def test_of_others_changes_it_is_told(self, attio_sandbox: Any, colour: Colour) -> None:
        ada, bob = await people(colour, 2)
        attio_sandbox.connection.api.records.update("people", ada.id, {"job_title": "Theirs"})
        ada.job_title = bob.job_title = "Mine"
        report = await colour.call(Person.objects, "bulk_update", [ada, bob], on_conflict="raise")
        assert [item.state for item in report] == ["failed", "updated"]
        assert isinstance(report[0].error, StaleRecordError)
        assert "Theirs" in {*stored(attio_sandbox)}

    async def test_not_saved_or_twice(self, attio_sandbox: Any, colour: Colour) -> None:
        (ada,) = await people(colour, 1)
        ada.job_title = "CEO"
        report = await colour.call(
            Person.objects, "bulk_update", [Person(name="New"), ada, {"id": ada.id}, 5]
        )
        assert [item.state for item in report] == ["failed", "updated", "failed", "failed"]
        assert "not saved yet" in str(report[0].error)
        assert "the row at index 1" in str(report[2].error)
        assert "neither an instance of Person nor a dict with its id" in str(report[3].error)


class TestDicts:
    async def test_by_id(self, attio_sandbox: Any, colour: Colour) -> None:
        found = await people(colour, 3, job_title="Old")
        rows = [
            {"id": found[0].id, "job_title": "New"},
            {"id": found[1].id, "job_title": "Old"},
            {"id": str(uuid4()), "job_title": "New"},
            {"id": "nonsense", "job_title": "New"},
            {"job_title": "New"},
            {"id": found[2].id, "jobtitle": "New"},
        ]
        report = await colour.call(Person.objects, "bulk_update", rows)
        assert [item.state for item in report] == ["updated", "unchanged", *["failed"] * 4]
        assert isinstance(report[2].error, Person.DoesNotExist)
        assert "bulk_upsert()" in str(report[2].error)
        assert "not a valid record id" in str(report[3].error)
        assert "no value of id" in str(report[4].error)
        assert "job_title" in str(report[5].error)
        assert sorted(stored(attio_sandbox)) == ["New", "Old", "Old"]

    async def test_by_another_key(self, attio_sandbox: Any, colour: Colour) -> None:
        await people(colour, 2)
        rows = [
            {"email_addresses": "p0@mail.example.com", "job_title": "A"},
            {"email_addresses": ["P1@mail.example.com"], "job_title": "B"},
            {"email_addresses": "p9@mail.example.com", "job_title": "C"},
        ]
        report = await colour.call(Person.objects, "bulk_update", rows, key="email_addresses")
        assert [item.state for item in report] == ["updated", "updated", "failed"]
        assert isinstance(report[2].error, Person.DoesNotExist)
        found = await colour.call(Person.objects, "values_list", "job_title", "email_addresses")
        assert sorted(title for title, _ in found) == ["A", "B"]
        assert all(len(addresses) == 1 for _, addresses in found)

    async def test_1000_of_them_are_two_reads(self, attio_sandbox: Any, colour: Colour) -> None:
        found = await people(colour, 1000, job_title="Old")
        rows = [{"id": each.id, "job_title": "Old"} for each in found]
        rows[17]["job_title"] = "New"
        with assert_num_requests(3):
            report = await colour.call(Person.objects, "bulk_update", rows)
        assert states(report) == {"updated": 1, "unchanged": 999}

    async def test_a_lost_answer_is_settled(
        self, attio_sandbox: Any, colour: Colour, no_waits: None
    ) -> None:
        found = await people(colour, 2)
        attio_sandbox.fail_next("drop_after", match="PATCH")
        rows = [{"id": each.id, "job_title": "New"} for each in found]
        report = await colour.call(Person.objects, "bulk_update", rows, concurrency=1)
        assert states(report) == {"updated": 2}
        assert stored(attio_sandbox) == ["New", "New"]

    async def test_who_is_gone_fails_alone(self, attio_sandbox: Any, colour: Colour) -> None:
        found = await people(colour, 2)

        def be_first(sender: Any, *, instance: Any, **given: Any) -> None:
            if instance is found[0]:
                attio_sandbox.connection.api.records.delete("people", instance.id)

        rows = [{"id": each.id, "job_title": "New"} for each in found]
        with signals.pre_save.connected_to(be_first, Person):
            report = await colour.call(Person.objects, "bulk_update", rows)
        assert [item.state for item in report] == ["failed", "updated"]
        assert isinstance(report[0].error, Person.DoesNotExist)
        assert not found[0].is_changed  # what was not written is taken back


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fields": "name"}, r"fields=\['name'\]"),
        ({"fields": ["nope"]}, "nope"),
        ({"fields": ["created_at"]}, "created_at"),
        ({"key": "nope"}, "nope"),
        ({"on_conflict": "merge"}, "on_conflict takes"),
    ],
    ids=["text", "unknown", "read-only", "key", "on_conflict"],
)
async def test_wrong_arguments_send_nothing(
    attio_sandbox: Any, colour: Colour, options: Any, message: str
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    wrong = (ValidationError, UnknownAttributeError, ReadOnlyAttributeError)
    with assert_num_requests(0), pytest.raises(wrong, match=message):
        await colour.call(Person.objects, "bulk_update", [{"id": str(uuid4())}], **options)


# -- all records of a query -----------------------------------------------------------------------


class TestQuerySets:
    async def test_bulk_sets_the_same_on_each(self, attio_sandbox: Any, colour: Colour) -> None:
        await people(colour, 3)
        (first, *_) = await colour.items(Person.objects.all())
        first.job_title = "CTO"
        await colour.call(first, "save")
        report = await colour.call(Person.objects.all(), "bulk", job_title="CTO")
        assert states(report) == {"updated": 2, "unchanged": 1}
        assert stored(attio_sandbox) == ["CTO"] * 3

    async def test_one_that_fails_leaves_the_others(
        self, attio_sandbox: Any, colour: Colour, no_waits: None
    ) -> None:
        found = await people(colour, 3)
        attio_sandbox.fail_next(400, match=f"PATCH /v2/objects/people/records/{found[1].id}")
        report = await colour.call(Person.objects.all(), "bulk", job_title="CTO")
        assert {item.instance.id: item.state for item in report} == {
            found[0].id: "updated",
            found[1].id: "failed",
            found[2].id: "updated",
        }
        assert sum(each == "CTO" for each in stored(attio_sandbox)) == 2

    async def test_values_are_added_where_they_are_not(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        await people(colour, 1)
        extra = ["P0@mail.example.com", "b@mail.example.com"]
        report = await colour.call(Person.objects.all(), "add", "email_addresses", extra)
        again = await colour.call(Person.objects.all(), "add", "email_addresses", extra)
        assert (states(report), states(again)) == ({"updated": 1}, {"unchanged": 1})
        (ada,) = await colour.items(Person.objects.all())
        assert {str(each) for each in ada.email_addresses} == {
            "p0@mail.example.com",
            "b@mail.example.com",
        }

    async def test_values_are_removed_where_they_are(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        await people(colour, 2)
        gone = ["P0@mail.example.com", "nobody@mail.example.com"]
        report = await colour.call(Person.objects.all(), "remove", "email_addresses", gone)
        assert states(report) == {"updated": 1, "unchanged": 1}
        found = await colour.items(Person.objects.all())
        assert sorted(len(each.email_addresses) for each in found) == [0, 1]

    @pytest.mark.parametrize("method", ["add", "remove"])
    async def test_of_attributes_with_many_alone(
        self, attio_sandbox: Any, colour: Colour, method: str
    ) -> None:
        with pytest.raises(ValidationError, match="holds one value"):
            await colour.call(Person.objects.all(), method, "job_title", ["x"])

    async def test_none_match(self, attio_sandbox: Any, colour: Colour) -> None:
        for queryset in (Person.objects.none(), Person.objects.filter(name="nobody")):
            report = await colour.call(queryset, "bulk", job_title="x")
            assert states(report) == {}

    async def test_a_dry_run_plans_it(self, attio_sandbox: Any, colour: Colour) -> None:
        await people(colour, 2)
        with attio_sandbox.connection.dry_run() as plan:
            report = await colour.call(Person.objects.all(), "bulk", job_title="CTO")
        assert states(report) == {"planned": 2}
        assert len(plan) == 2
        assert stored(attio_sandbox) == [None, None]


async def test_a_change_that_nobody_answers_is_unknown(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    (ada,) = await people(colour, 1)
    ada.job_title = "New"
    # the answer is lost, and nobody can be asked what became of it
    attio_sandbox.fail_next("drop_after", match="PATCH")
    attio_sandbox.fail_next(500, times=20, match="GET")
    report = await colour.call(Person.objects, "bulk_update", [ada], concurrency=1)
    assert report[0].state == "unknown"
    assert isinstance(report[0].error, OutcomeUnknownError)
    with pytest.raises(ExceptionGroup, match="not updated, 1 of them perhaps all the same"):
        report.raise_for_errors()
