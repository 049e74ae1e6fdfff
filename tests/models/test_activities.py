"""``Activity``: the records of activities, by the same means as those of objects."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from attio_orm import (
    Activity,
    Connection,
    DoesNotExist,
    ForbiddenError,
    InvalidRequestError,
    Many,
    Maybe,
    Model,
    NotFoundError,
    NotSupportedByAttio,
    OutcomeUnknownError,
    Person,
    UnknownAttributeError,
    UnsupportedLookup,
    connect,
    search,
)
from attio_orm.attributes import MultiSelect, Number, Select, Text
from attio_orm.records.base import mapper_of
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


class Call(Activity, activity="phone_calls"):
    title: Text
    minutes: Number
    code: Text = Text(unique=True)
    direction: Select = Select(options=["in", "out"])
    topics: MultiSelect = MultiSelect(options=["price", "demo"])
    people: Many[Person]


@pytest.fixture
def sandbox(attio_sandbox: SandboxHandle, no_waits: None) -> SandboxHandle:
    """A workspace whose phone calls have these attributes, and one that the class does not say."""
    attio_sandbox.define(Call)
    attio_sandbox.workspace.define_attribute(
        "phone_calls", target="activities", api_slug="mood", type="text"
    )
    attio_sandbox.requests.clear()
    return attio_sandbox


@pytest.fixture
def call(sandbox: SandboxHandle) -> Call:
    made = Call.objects.create(title="Intro", minutes=3, code="c1", topics=["price"])
    sandbox.requests.clear()
    return made


class TestDeclaring:
    def test_the_activity_is_the_class_name(self) -> None:
        class PhoneCall(Activity):
            pass

        class Long(PhoneCall):
            pass

        assert mapper_of(PhoneCall).object == "activities/phone_calls"
        assert mapper_of(Long).object == "activities/phone_calls"

    @pytest.mark.parametrize("keyword", ["object", "on_drift", "activty"])
    def test_other_keywords(self, keyword: str) -> None:
        with pytest.raises(TypeError, match=rf"no keyword '{keyword}'.*It takes activity"):
            type("Odd", (Activity,), {"__module__": __name__}, **{keyword: "x"})

    def test_nothing_refers_to_one(self, sandbox: SandboxHandle, call: Call) -> None:
        class Caller(Model, object="people", on_drift="ignore"):
            call: Maybe[Call]

        with pytest.raises(UnknownAttributeError, match="Call, which is an activity"):
            Caller.objects.filter(call__title="x").first()
        with pytest.raises(UnsupportedLookup, match="nothing in Attio refers"):
            Call.by(code="c1")
        with pytest.raises(UnsupportedLookup, match="nothing in Attio refers"):
            Person.objects.filter(company=call).first()


async def test_records_as_of_objects(sandbox: SandboxHandle, colour: Colour) -> None:
    person = Person.objects.create(name="Byron, Ada")
    sandbox.requests.clear()
    with assert_num_requests(1):  # nothing is asked of its attributes, ever
        made = await colour.call(Call.objects, "create", title="Intro", people=[person])
    made.minutes = 5
    with assert_num_requests(1):
        await colour.call(made, "save")
    assert sandbox.requests[-1].path == f"/v2/activities/phone_calls/records/{made.id}"
    found = Call.objects.filter(title__contains="tro", minutes__gte=5).order_by("-minutes")
    assert await colour.items(found.includes("people")) == [made]
    assert await colour.call(Call.objects, "values", "title", "people__name__full_name") == [
        {"title": "Intro", "people__name__full_name": ["Ada Byron"]}
    ]
    assert (await colour.call(Call.objects, "in_bulk", [made.id])) == {made.id: made}
    assert await colour.call(Call.objects, "count") == 1
    await colour.call(made, "delete")
    with pytest.raises(DoesNotExist):
        await colour.call(Call.objects, "get", id=made.id)


def test_upsert_and_many(sandbox: SandboxHandle, call: Call) -> None:
    with assert_num_requests(1):
        again = Call.objects.upsert("code", code="c1", minutes=9)
    assert (again is call, call.minutes) == (True, 9)
    report = Call.objects.bulk_create([{"title": "A", "direction": "in"}, {"title": "B"}])
    assert report.counts["created"] == 2
    assert pickle.loads(pickle.dumps(call)) == call
    assert set(call.model_dump()) == {"id", "created_at", *mapper_of(Call).attributes, "created_by"}


def test_what_is_not_declared_is_read_as_it_comes(sandbox: SandboxHandle, call: Call) -> None:
    sandbox.connection.api.activity_records.update("phone_calls", call.id, {"mood": "good"})
    call.refresh()
    assert (call.mood, call["mood"]) == ("good", "good")  # type: ignore[attr-defined]
    sandbox.requests.clear()
    for use in (
        lambda: Call.objects.filter(mood="good").first(),
        lambda: Call.objects.create(mood="good"),
    ):
        with assert_num_requests(0), pytest.raises(UnknownAttributeError, match="declare it on"):
            use()


def test_attio_checks_titles(sandbox: SandboxHandle, call: Call) -> None:
    # those of the class may be old: one that was added since is taken
    sandbox.workspace.define_choices("phone_calls", "direction", ["missed"], target="activities")
    call.direction = "missed"
    call.save()
    assert [each.id for each in Call.objects.filter(direction="missed")] == [call.id]
    call.direction = "lost"
    with pytest.raises(InvalidRequestError, match='option title "lost"'):
        call.save()
    assert sandbox.requests[-1].method == "PATCH"


def test_a_file_may_bring_its_attributes(tmp_path: Path, sandbox: SandboxHandle) -> None:
    path = tmp_path / "schema.json"
    sandbox.connection.schema.save(path)
    told = json.loads(path.read_text())
    mood = {"id": "1", "slug": "mood", "title": "Mood", "type": "text"}
    told["known"].append(
        {
            "schema": {
                "id": "2", "slug": "phone_calls", "singular": "Call", "plural": "Calls",
                "kind": "activities", "attributes": {"mood": mood},
            }
        }
    )  # fmt: skip
    path.write_text(json.dumps(told))
    with connect("sandbox://", schema=str(path)) as other:
        assert other.sandbox is not None
        other.sandbox.workspace.define_attribute(
            "phone_calls", target="activities", api_slug="mood", type="text"
        )
        made = Call.objects.create(mood="good")
        assert Call.objects.filter(mood="good").get() == made


@pytest.mark.parametrize(
    "name", ["web_url", "entries", "notes", "tasks", "history", "as_of", "awrite_history", "merge"]
)
def test_what_attio_does_not_have(call: Call, name: str) -> None:
    with assert_num_requests(0), pytest.raises(NotSupportedByAttio, match=r"Call\.\w+: Attio has"):
        getattr(call, name)


def test_what_querysets_do_not_have(sandbox: SandboxHandle, connection: Connection) -> None:
    with assert_num_requests(0):
        for method, args in (("search", ("x",)), ("history", ("title",)), ("views", ())):
            with pytest.raises(NotSupportedByAttio):
                getattr(Call.objects, method)(*args)
        with pytest.raises(ValueError, match="Call is not one"):
            search("x", Call)
        for name in ("notes", "tasks"):
            with pytest.raises(NotSupportedByAttio, match=r"no .* of the records of activities"):
                list(Call.objects.includes(name))
        assert connection.drift(Call) == []


def test_a_plan_without_custom_activities(sandbox: SandboxHandle) -> None:
    class Demo(Activity):
        title: Text

    with pytest.raises(NotFoundError, match='"demos" not found'):
        Demo.objects.first()
    with pytest.raises(ForbiddenError, match="billing") as caught:
        sandbox.connection.api.activities.create(
            api_slug="demos", singular_noun="Demo", plural_noun="Demos", extends="calls"
        )
    assert caught.value.code == "billing_error"
    assert "scope" not in str(caught.value)  # no scope is missing


def test_custom_ones(no_waits: None) -> None:
    class Demo(Activity):
        title: Text

    with connect("sandbox://?billing_plan=enterprise") as enterprise:
        assert enterprise.sandbox is not None
        enterprise.sandbox.define(Demo)
        Demo.objects.create(title="First")
        assert [each.title for each in Demo.objects.all()] == ["First"]
        assert type(enterprise.model("activities/demos").objects.get()) is Demo


@pytest.mark.parametrize(
    ("fault", "methods"),
    [
        ("drop_before", ["PATCH", "GET", "PATCH"]),
        ("drop_after", ["PATCH", "GET"]),
        ("write_conflict", ["PATCH", "PATCH"]),
    ],
)
def test_a_change_is_read_before_it_is_repeated(
    sandbox: SandboxHandle, call: Call, fault: Any, methods: list[str]
) -> None:
    sandbox.fail_next(fault, match="PATCH")
    call.minutes = 7
    call.save()
    assert [each.method for each in sandbox.requests] == methods
    assert Call.objects.values_list("minutes", flat=True) == [7]


def test_where_others_wrote_meanwhile_nobody_knows(sandbox: SandboxHandle, call: Call) -> None:
    sandbox.connection.api.activity_records.update("phone_calls", call.id, {"minutes": 60})
    sandbox.fail_next("drop_before", match="PATCH")
    call.minutes = 7
    with pytest.raises(OutcomeUnknownError, match="minutes was written since, and has no history"):
        call.save()
    call.refresh()
    assert call.minutes == 60


def test_a_create_that_nobody_answered_is_found(sandbox: SandboxHandle) -> None:
    sandbox.fail_next("drop_after", match="POST")
    made = Call(title="Once", code="c9")
    with pytest.raises(OutcomeUnknownError):
        made.save()
    assert made.settle(matching="code")
    assert [each.id for each in Call.objects.filter(code="c9")] == [made.id]
