"""``bulk_create()``: one request a row, side by side, and every row accounted for."""

from __future__ import annotations

import asyncio
import csv
import pickle
import signal
import threading
import weakref
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from attio_orm import (
    Company,
    OutcomeUnknownError,
    Person,
    Progress,
    UniquenessConflictError,
    ValidationError,
    connect,
    signals,
)
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


def stored(sandbox: Any) -> list[str]:
    records = sandbox.connection.api.records.query("people", limit=500)
    return [record["values"]["name"][0]["full_name"] for record in records]


async def test_the_report_is_in_the_order_of_the_rows(attio_sandbox: Any, colour: Colour) -> None:
    Person.validate(name="x")
    attio_sandbox.connection.schema.fetch("people")
    rows: list[Any] = [{"name": f"P{number}"} for number in range(40)]
    rows[7] = Person(name="P7")
    with assert_num_requests(40):
        report = await colour.call(Person.objects, "bulk_create", rows)

    assert [item.row for item in report] == rows
    assert [item.instance.name for item in report] == [f"P{number}" for number in range(40)]
    assert (len(report), len(report.created), report.failed, report.unknown) == (40, 40, [], [])
    assert report[7].instance is rows[7]
    assert report.elapsed > 0
    assert "40 created, 0 failed" in repr(report)
    report.raise_for_errors()
    assert sorted(stored(attio_sandbox)) == sorted(f"P{number}" for number in range(40))


async def test_what_was_made_is_in_the_callers_session(attio_sandbox: Any, colour: Colour) -> None:
    rows = [{"name": f"P{number}"} for number in range(20)]
    report = await colour.call(Person.objects, "bulk_create", rows)
    again = await colour.items(Person.objects.all())

    assert {id(each) for each in again} == {id(each) for each in report.created}


async def test_failures_are_collected(attio_sandbox: Any, colour: Colour) -> None:
    rows: list[Any] = [
        {"name": "Ada", "email_addresses": ["a@x.co"]},
        {"name": "Bob", "email_addresses": ["nope"]},
        {"nmae": "Cem"},
        {"name": "Dan"},
        5,
    ]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)

    assert [type(item.error) for item in report] == [
        type(None), ValidationError, *[type(report[2].error)], type(None), ValidationError,
    ]  # fmt: skip
    assert [item.row for item in report.failed] == [rows[1], rows[2], rows[4]]
    assert "email_addresses" in str(report[1].error)
    assert "Did you mean 'name'" in str(report[2].error)
    assert report[1].instance is None
    with pytest.raises(ExceptionGroup, match="3 of 5 rows were not created") as caught:
        report.raise_for_errors()
    assert len(caught.value.exceptions) == 3
    assert sorted(stored(attio_sandbox)) == ["Ada", "Dan"]


async def test_stop_raises_the_first_failure(attio_sandbox: Any, colour: Colour) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"name": "Ada", "email_addresses": ["a@x.co"]}
        yield {"name": "Bob", "email_addresses": ["a@x.co"]}
        yield {"name": "Cem"}

    with pytest.raises(UniquenessConflictError):
        await colour.call(Person.objects, "bulk_create", rows(), on_error="stop", concurrency=1)

    assert stored(attio_sandbox) == ["Ada"]


@pytest.mark.parametrize("fault", ["drop_after", "truncate", 500, "html"])
async def test_an_unknown_outcome_is_never_repeated(
    attio_sandbox: Any, colour: Colour, fault: Any
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(fault, match="POST /v2/objects/people/records")
    rows = [{"name": "Ada"}, {"name": "Bob"}]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)

    (unknown,) = report.unknown
    assert unknown.row == rows[0]
    assert isinstance(unknown.error, OutcomeUnknownError)
    with pytest.raises(ExceptionGroup, match="not created, 1 of them perhaps all the same"):
        report.raise_for_errors()
    assert [each.name for each in report.created] == ["Bob"]
    assert report.failed == []
    assert stored(attio_sandbox).count("Ada") == (0 if fault in (500, "html") else 1)


async def test_too_many_requests_are_waited_for(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(429, times=3, retry_after=0, match="POST /v2/objects/people/records")
    report = await colour.call(
        Person.objects, "bulk_create", [{"name": f"P{number}"} for number in range(5)]
    )

    assert len(report.created) == 5
    assert len(stored(attio_sandbox)) == 5


async def test_rows_are_taken_as_they_are_needed(attio_sandbox: Any, colour: Colour) -> None:
    taken = 0
    most_ahead = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal taken
        for number in range(60):
            taken += 1
            yield {"name": f"P{number}"}

    def watch(progress: Progress) -> None:
        nonlocal most_ahead
        most_ahead = max(most_ahead, taken - progress.done)

    report = await colour.call(
        Person.objects, "bulk_create", rows(), on_progress=watch, concurrency=4
    )

    assert report.counts["created"] == 60
    assert most_ahead <= 4


async def test_no_more_than_concurrency_at_once(attio_sandbox: Any, colour: Colour) -> None:
    lock = threading.Lock()
    at_once = most = 0

    def slow(method: str, path: str) -> bool:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.002)
        with lock:
            at_once -= 1
        return False

    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(500, match=slow)
    rows = [{"name": f"P{number}"} for number in range(20)]
    await colour.call(Person.objects, "bulk_create", rows, concurrency=3)

    assert most <= 3


async def test_an_empty_run(attio_sandbox: Any, colour: Colour) -> None:
    report = await colour.call(Person.objects, "bulk_create", [])

    assert (len(report), list(report), report.created) == (0, [], [])


async def test_rows_of_the_caller_are_left_as_they_were(attio_sandbox: Any, colour: Colour) -> None:
    row = {"name": "Ada", "email_addresses": ["a@x.co"]}
    await colour.call(Person.objects, "bulk_create", [row])

    assert row == {"name": "Ada", "email_addresses": ["a@x.co"]}


async def test_rows_may_be_instances_not_yet_saved_only(attio_sandbox: Any, colour: Colour) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada")
    report = await colour.call(Person.objects, "bulk_create", [ada, Company(name="Acme")])

    assert [str(item.error)[:6] for item in report.failed]
    assert "exists already" in str(report[0].error)
    assert "neither an instance of Person nor a dict" in str(report[1].error)


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        ({"name": "Ada"}, {}),
        ("Ada", {}),
        (5, {}),
        ([], {"on_error": "ignore"}),
        ([], {"concurrency": 0}),
        ([], {"concurrency": "many"}),
    ],
)
async def test_wrong_arguments(attio_sandbox: Any, colour: Colour, rows: Any, options: Any) -> None:
    with pytest.raises(ValidationError):
        await colour.call(Person.objects, "bulk_create", rows, **options)


async def test_a_receiver_that_raises_costs_its_row_alone(
    attio_sandbox: Any, colour: Colour
) -> None:
    def refuse(sender: Any, **given: Any) -> None:
        if given["instance"].name == "Bob":
            raise RuntimeError("no Bobs")

    rows = [{"name": "Ada"}, {"name": "Bob"}, {"name": "Cem"}]
    with signals.pre_save.connected_to(refuse, Person):
        report = await colour.call(Person.objects, "bulk_create", rows)

    assert [str(item.error) for item in report.failed] == ["no Bobs"]
    assert sorted(stored(attio_sandbox)) == ["Ada", "Cem"]


async def test_it_writes_where_using_says(colour: Colour) -> None:
    with connect("sandbox://") as first, connect("sandbox://") as second:
        report = await colour.call(
            Person.objects.using(first), "bulk_create", [{"name": f"P{n}"} for n in range(5)]
        )
        assert all(each.connection is first for each in report.created)
        assert not stored(second.sandbox)
        for each in (first, second):
            await each.aclose()


# -- whatever ends it, the report is left ---------------------------------------------------------


@pytest.mark.parametrize(
    "end", [KeyboardInterrupt, SystemExit, RuntimeError], ids=lambda end: end.__name__
)
@pytest.mark.parametrize("concurrency", [1, 8])
async def test_what_ends_a_run_has_the_report(
    attio_sandbox: Any, colour: Colour, end: type[BaseException], concurrency: int
) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 5:
            raise end

    rows = ({"name": f"P{number}"} for number in range(200))
    with pytest.raises(end) as caught:
        await colour.call(
            Person.objects,
            "bulk_create",
            rows,
            on_progress=stop,
            concurrency=concurrency,
            keep="all",
        )

    report: Any = caught.value.report  # type: ignore[attr-defined]
    made, created = set(stored(attio_sandbox)), {str(each.name) for each in report.created}
    assert created <= made <= created | {item.row["name"] for item in report.unknown}
    assert 5 <= len(report) <= 5 + concurrency
    assert [item.index for item in report] == list(range(len(report)))
    assert [item.row["name"] for item in report] == [f"P{at}" for at in range(len(report))]
    assert {item.state for item in report} <= {"created", "failed", "unknown"}
    assert len(report.created) + len(report.failed) + len(report.unknown) == len(report)
    assert all((item.error is None) == (item.state == "created") for item in report)
    assert report.elapsed > 0
    assert "in this exception's `report`" in caught.value.__notes__[0]


async def test_rows_on_their_way_are_unknown_when_it_is_cancelled(attio_sandbox: Any) -> None:
    attio_sandbox.connection.schema.fetch("people")
    answered = 0
    all_answered = asyncio.Event()

    async def hold(sender: Any, *, method: str, **given: Any) -> None:
        nonlocal answered
        answered += 1
        if answered == 7:
            all_answered.set()
        if answered > 4:
            await asyncio.sleep(30)

    rows: list[Any] = [{"name": f"P{number}"} for number in range(50)]
    with signals.request_finished.connected_to(hold):
        task = asyncio.create_task(Person.objects.abulk_create(rows, concurrency=3))
        await all_answered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task

    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert (len(report.created), len(report.failed), len(report.unknown)) == (4, 0, 3)
    for item in report.unknown:
        assert isinstance(item.error, OutcomeUnknownError)
        assert "CancelledError ended the run while this row was on its way" in str(item.error)
        assert (item.instance, item.requests) == (None, 1)
    assert len(stored(attio_sandbox)) == 7


async def test_a_timeout_has_it_behind_it(attio_sandbox: Any) -> None:
    async def hold(sender: Any, *, method: str, **given: Any) -> None:
        await asyncio.sleep(30)

    attio_sandbox.connection.schema.fetch("people")
    with signals.request_finished.connected_to(hold), pytest.raises(TimeoutError) as caught:
        async with asyncio.timeout(0.05):
            await Person.objects.abulk_create([{"name": "Ada"}])

    cancelled: Any = caught.value.__cause__
    assert len(cancelled.report.unknown) == 1


def test_ctrl_c_under_asyncio_has_it_behind_it(attio_sandbox: Any) -> None:
    def press(progress: Progress) -> None:
        if progress.done == 3:
            signal.raise_signal(signal.SIGINT)

    async def main() -> None:
        rows: list[Any] = [{"name": f"P{number}"} for number in range(50)]
        await Person.objects.abulk_create(rows, on_progress=press, concurrency=1)

    with pytest.raises(KeyboardInterrupt) as caught:
        asyncio.run(main())
    cancelled: Any = caught.value.__context__
    assert type(cancelled) is asyncio.CancelledError
    states = [item.state for item in cancelled.report]  # type: ignore[attr-defined]
    assert states == ["created"] * 3 + ["unknown"]
    assert len(stored(attio_sandbox)) in (3, 4)


def test_ctrl_c_in_the_middle_of_a_request(attio_sandbox: Any) -> None:
    """The row whose answer was lost is unknown; one that waits for its turn was not sent."""
    attio_sandbox.connection.schema.fetch("people")

    def interrupt(sender: Any, *, method: str, **given: Any) -> None:
        if len(stored_names) == 3:
            raise KeyboardInterrupt
        stored_names.append(method)

    stored_names: list[str] = []
    rows: list[Any] = [{"name": f"P{number}"} for number in range(50)]
    with (
        signals.request_finished.connected_to(interrupt),
        pytest.raises(KeyboardInterrupt) as caught,
    ):
        Person.objects.bulk_create(rows, concurrency=1)

    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert [item.state for item in report] == ["created"] * 3 + ["unknown"]
    assert "KeyboardInterrupt ended the run" in str(report[3].error)
    assert len(stored(attio_sandbox)) == 4


def test_ctrl_c_before_a_row_is_sent(attio_sandbox: Any) -> None:
    attio_sandbox.connection.schema.fetch("people")

    def interrupt(sender: Any, *, instance: Any, **given: Any) -> None:
        if instance.name == "P2":
            raise KeyboardInterrupt

    rows: list[Any] = [{"name": f"P{number}"} for number in range(50)]
    with signals.pre_save.connected_to(interrupt), pytest.raises(KeyboardInterrupt) as caught:
        Person.objects.bulk_create(rows, concurrency=1)

    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert [item.state for item in report] == ["created", "created", "failed"]
    assert str(report[2].error) == "KeyboardInterrupt ended the run before this row was sent."
    assert report[2].requests == 0


def test_a_second_ctrl_c_waits_for_nobody(attio_sandbox: Any) -> None:
    """The rows of threads that were not waited for are unknown, as they may still be sent."""
    attio_sandbox.connection.schema.fetch("people")
    go_on, held = threading.Event(), threading.Event()
    here = threading.get_ident()

    def hold(sender: Any, *, method: str, **given: Any) -> None:
        if threading.get_ident() != here:
            held.set()
            go_on.wait(10)
            return
        held.wait(10)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:

        def impatient(self: Any) -> None:
            raise KeyboardInterrupt

        patch.setattr("attio_orm.effects.concurrency.WorkerThread.wait", impatient)
        with (
            signals.request_finished.connected_to(hold),
            pytest.raises(KeyboardInterrupt) as caught,
        ):
            Person.objects.bulk_create([{"name": "P0"}, {"name": "P1"}], concurrency=2)
    report: Any = caught.value.report  # type: ignore[attr-defined]
    states = [item.state for item in report]
    go_on.set()
    assert states == ["unknown", "unknown"]


@pytest.mark.parametrize("name", ["pre_bulk", "post_bulk"])
async def test_what_receivers_raise_has_it_too(
    attio_sandbox: Any, colour: Colour, name: str
) -> None:
    def fail(sender: Any, **given: Any) -> None:
        raise RuntimeError("no")

    with (
        getattr(signals, name).connected_to(fail),
        pytest.raises(RuntimeError, match="no") as caught,
    ):
        await colour.call(Person.objects, "bulk_create", [{"name": "Ada"}])
    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert len(report.created) == len(stored(attio_sandbox)) == (name == "post_bulk")


async def test_rows_that_cannot_be_read(attio_sandbox: Any, colour: Colour) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield {"name": "Ada"}
        raise OSError("the file is gone")

    with pytest.raises(OSError, match="the file is gone") as caught:
        await colour.call(Person.objects, "bulk_create", rows(), concurrency=1, keep="all")
    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert [str(each.name) for each in report.created] == stored(attio_sandbox) == ["Ada"]


async def test_stop_leaves_the_report_of_the_others(attio_sandbox: Any, colour: Colour) -> None:
    rows = [{"name": "Ada"}, {"name": "Bob", "email_addresses": ["nope"]}, {"name": "Cem"}]
    with pytest.raises(ValidationError) as caught:
        await colour.call(Person.objects, "bulk_create", rows, on_error="stop", concurrency=1)
    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert [(item.state, item.index) for item in report] == [("created", 0), ("failed", 1)]
    assert report[1].error is caught.value


# -- items ----------------------------------------------------------------------------------------


async def test_an_item_says_where_it_was_and_what_it_took(
    attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    attio_sandbox.fail_next(429, times=2, retry_after=0, match="POST /v2/objects/people/records")
    rows = [{"name": "Ada"}, {"name": "Bob", "email_addresses": ["nope"]}, {"name": "Cem"}]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)

    assert [(item.index, item.state, item.requests) for item in report] == [
        (0, "created", 3), (1, "failed", 0), (2, "created", 1)
    ]  # fmt: skip


async def test_a_dry_run_plans_rows(attio_sandbox: Any, colour: Colour) -> None:
    attio_sandbox.connection.schema.fetch("people")
    with attio_sandbox.connection.dry_run() as plan:
        rows = [{"name": "Ada"}, {"name": "Bob", "email_addresses": ["nope"]}]
        report = await colour.call(Person.objects, "bulk_create", rows)

    assert [(item.state, item.requests) for item in report] == [("planned", 0), ("failed", 0)]
    assert "0 created, 1 failed, 0 unknown, 1 planned, " in repr(report)
    assert (report.created, len(report.failed), len(plan)) == ([], 1, 1)


async def test_one_instance_is_one_row(attio_sandbox: Any, colour: Colour) -> None:
    ada = Person(name="Ada")
    report = await colour.call(Person.objects, "bulk_create", [ada, ada, Person(name="Bob")])

    assert sorted(stored(attio_sandbox)) == ["Ada", "Bob"]
    assert sorted(item.state for item in report) == ["created", "created", "failed"]
    (refused,) = report.failed
    assert "among the rows twice" in str(refused.error) or "exists already" in str(refused.error)


async def test_cells_without_a_column_are_named(attio_sandbox: Any, colour: Colour) -> None:
    lines = ["name,job_title", "Ada,Poet", "Byron, Ada,Poet,London", "Bob,Clerk"]
    report = await colour.call(Person.objects, "bulk_create", csv.DictReader(lines), keep="all")

    assert [item.state for item in report] == ["created", "failed", "created"]
    assert str(report[1].error) == (
        "The row has more cells than there are names of columns: ['Poet', 'London']. Quote what "
        "has the separator in it, name the columns, or drop these: row.pop(None)."
    )


@pytest.mark.parametrize("method", ["get_or_create", "update_or_create"])
async def test_cells_without_a_column_among_defaults(
    attio_sandbox: Any, colour: Colour, method: str
) -> None:
    ada = await colour.call(Person.objects, "create", name="Ada", job_title="Poet")
    surplus: dict[Any, Any] = {"name": "Ada", None: ["x"]}
    if method == "update_or_create":
        with pytest.raises(ValidationError, match="more cells than there are names"):
            await colour.call(Person.objects, method, surplus, job_title="Poet")
    with pytest.raises(ValidationError, match="more cells than there are names"):
        await colour.call(Person.objects, method, surplus, job_title="Clerk")
    with pytest.raises(ValidationError, match="5 is given as the name of an attribute"):
        await colour.call(Person.objects, method, {5: "x"}, job_title="Clerk")
    assert not ada.is_changed


async def test_a_pickled_report_says_the_same(attio_sandbox: Any, colour: Colour) -> None:
    rows = [{"name": "Ada"}, {"name": "Bob", "email_addresses": ["nope"]}, {"name": "Cem"}]
    report = await colour.call(Person.objects, "bulk_create", rows, concurrency=1)
    again = pickle.loads(pickle.dumps(report))

    assert repr(again) == repr(report)
    facts = [
        [(item.row, item.instance, item.index, item.state, item.requests) for item in each]
        for each in (again, report)
    ]
    assert facts[0] == facts[1]


class TestWhatIsKept:
    """``keep``: what a report holds beside its counts."""

    ROWS: ClassVar = [{"name": "A"}, {"name": "B", "email_addresses": "b"}, {"name": "C"}]

    async def test_errors(self, attio_sandbox: Any, colour: Colour) -> None:
        report = await colour.call(
            Person.objects, "bulk_create", iter(self.ROWS), keep="errors", concurrency=1
        )
        assert {k: n for k, n in report.counts.items() if n} == {"created": 2, "failed": 1}
        assert [(item.index, item.state) for item in report] == [(1, "failed")]
        assert report.failed == list(report)
        assert report.unknown == []
        with pytest.raises(ValidationError, match=r'created rows \(2\).*keep="all"'):
            _ = report.created
        assert repr(report).startswith("<BulkReport: 2 created, 1 failed, 0 unknown")
        with pytest.raises(ExceptionGroup, match="1 of 3 rows were not created"):
            report.raise_for_errors()
        assert pickle.loads(pickle.dumps(report)).counts == report.counts

    async def test_by_default_all_of_a_list_and_the_errors_of_an_iterator(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        of_a_list = await colour.call(Person.objects, "bulk_create", self.ROWS, concurrency=1)
        assert [item.index for item in of_a_list] == [0, 1, 2]
        generated = (row for row in self.ROWS)
        report = await colour.call(Person.objects, "bulk_create", generated, concurrency=1)
        assert [item.index for item in report] == [1]
        assert report.counts == of_a_list.counts

    async def test_none(self, attio_sandbox: Any, colour: Colour) -> None:
        report = await colour.call(Person.objects, "bulk_create", self.ROWS, keep="none")
        assert {k: n for k, n in report.counts.items() if n} == {"created": 2, "failed": 1}
        assert len(report) == 0
        for name in ("created", "failed"):
            with pytest.raises(ValidationError, match="keep="):
                getattr(report, name)
        with pytest.raises(ValidationError, match=r'failed rows \(1\).*keep="errors"'):
            report.raise_for_errors()

    async def test_what_is_not_kept_is_let_go(self, attio_sandbox: Any, colour: Colour) -> None:
        made: list[weakref.ref[Person]] = []
        alive: list[int] = []

        def rows() -> Iterator[Person]:
            for number in range(60):
                person = Person(name=f"P{number}")
                made.append(weakref.ref(person))
                alive.append(sum(ref() is not None for ref in made))
                yield person

        report = await colour.call(
            Person.objects, "bulk_create", rows(), keep="errors", concurrency=2
        )
        # an instance may get the number of one that is gone: it is no row that came twice
        assert report.counts["created"] == 60
        assert max(alive) < 30

    async def test_whatever_ends_the_run_is_accounted_for(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        def rows() -> Iterator[dict[str, str]]:
            yield {"name": "A"}
            yield {"name": "B", "email_addresses": "b"}
            raise RuntimeError("the file ends")

        with pytest.raises(RuntimeError) as caught:
            await colour.call(Person.objects, "bulk_create", rows(), keep="errors", concurrency=1)
        report: Any = caught.value.report
        assert {k: n for k, n in report.counts.items() if n} == {"created": 1, "failed": 1}
        assert [item.index for item in report] == [1]

    async def test_another_word(self, attio_sandbox: Any, colour: Colour) -> None:
        with pytest.raises(ValidationError, match='keep takes "auto", "all", "errors" or "none"'):
            await colour.call(Person.objects, "bulk_create", self.ROWS, keep="some")
