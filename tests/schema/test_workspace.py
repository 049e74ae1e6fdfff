from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm.errors import NotFoundError, UnknownAttributeError, ValidationError
from attio_orm.operations import arun, gather, run
from attio_orm.schema import Choice, Member
from tests.schema.fakes import FakeWorkspace, an_object, attribute, option

Drive = Callable[[Any], Any]


@pytest.fixture
def workspace() -> FakeWorkspace:
    return FakeWorkspace()


@pytest.fixture(params=["sync", "async"])
def drive(request: pytest.FixtureRequest) -> Drive:
    """``run``, and the same through ``arun``."""
    if request.param == "sync":
        return run
    return lambda operation: asyncio.run(arun(operation))


# -- objects and attributes ----------------------------------------------------------------------


def test_nothing_is_asked_until_it_is_needed(workspace: FakeWorkspace) -> None:
    schema = workspace.schema
    assert schema.get("people") is None
    assert "people" not in schema
    assert (list(schema), len(schema), repr(schema)) == ([], 0, "<Schema of nothing yet>")
    with pytest.raises(KeyError, match=r'"people" is not loaded yet.*fetch\("people"\)'):
        schema["people"]
    assert workspace.sent == []


def test_an_object_takes_two_requests_and_is_kept(workspace: FakeWorkspace, drive: Drive) -> None:
    people = drive(workspace.schema.ensure("people"))
    assert workspace.sent == ["/v2/objects", "/v2/objects/people/attributes?show_archived=true"]
    assert (people.slug, people.singular, people.plural) == ("people", "Person", "People")
    assert people.attributes["company"].allowed_objects == ("companies",)
    assert people.attributes["nickname"].is_archived
    assert drive(workspace.schema.ensure("people")) is people
    assert workspace.schema["people"] is people
    assert workspace.sent == []
    assert "people" in workspace.schema
    assert (list(workspace.schema), repr(workspace.schema)) == (["people"], "<Schema of people>")


def test_several_take_one_request_and_one_each(workspace: FakeWorkspace, drive: Drive) -> None:
    found = drive(workspace.schema.ensure_many(["people", "companies", "people", "ships"]))
    assert list(found) == ["people", "companies"]
    assert sorted(workspace.sent) == [
        "/v2/objects",
        "/v2/objects/companies/attributes?show_archived=true",
        "/v2/objects/people/attributes?show_archived=true",
    ]


def test_fetch_is_for_people(workspace: FakeWorkspace) -> None:
    assert workspace.schema.fetch("people").slug == "people"
    assert asyncio.run(workspace.schema.afetch("companies")).slug == "companies"


def test_a_list_takes_the_objects_too(workspace: FakeWorkspace, drive: Drive) -> None:
    sales = drive(workspace.schema.ensure("sales", kind="lists"))
    assert (sales.kind, sales.parents) == ("lists", ("companies",))
    assert sales.attributes["partner"].allowed_objects == ("people",)
    assert sorted(workspace.sent) == [
        "/v2/lists",
        "/v2/lists/sales/attributes?show_archived=true",
        "/v2/objects",
    ]
    assert workspace.schema.get("sales", kind="lists") is sales
    assert "sales" not in workspace.schema
    drive(workspace.schema.ensure("people"))
    assert "/v2/objects" not in workspace.sent


def test_what_was_made_since_is_found(workspace: FakeWorkspace, drive: Drive) -> None:
    drive(workspace.schema.ensure("people"))
    workspace.objects.append(an_object("ships", "Ship", "Ships"))
    workspace.attributes["ships"] = [attribute("hull")]
    assert "hull" in drive(workspace.schema.ensure("ships")).attributes


def test_forgetting_one_keeps_the_others(workspace: FakeWorkspace) -> None:
    schema = workspace.schema
    run(schema.ensure_many(["people", "companies"]))
    run(schema.choices("people", "level"))
    run(schema.members())
    workspace.attributes["people"].append(attribute("shoe_size", "number"))
    schema.forget("people")
    assert list(schema) == ["companies"]
    workspace.backend.requests.clear()
    assert "shoe_size" in schema.fetch("people").attributes
    run(schema.choices("people", "level"))
    run(schema.members())
    assert sorted(workspace.sent) == [
        "/v2/objects",
        "/v2/objects/people/attributes/level/options?show_archived=true",
        "/v2/objects/people/attributes?show_archived=true",
    ]
    schema.forget()
    assert list(schema) == []


# -- what is not there ---------------------------------------------------------------------------


def test_a_misspelt_object_names_its_like(workspace: FakeWorkspace, drive: Drive) -> None:
    with pytest.raises(NotFoundError) as caught:
        drive(workspace.schema.ensure("compnies"))
    assert 'no object "compnies"' in str(caught.value)
    assert 'Did you mean "companies"?' in str(caught.value)
    assert (caught.value.status, caught.value.path) == (404, "/v2/objects")


@pytest.mark.parametrize("slug", ["deals", "users", "workspaces"])
def test_a_standard_object_that_is_off(workspace: FakeWorkspace, slug: str) -> None:
    with pytest.raises(NotFoundError, match="activate it in Attio's settings"):
        run(workspace.schema.ensure(slug))


def test_an_object_like_no_other(workspace: FakeWorkspace) -> None:
    workspace.objects += [an_object(f"things{n}", "T", "T") for n in range(20)]
    with pytest.raises(NotFoundError) as caught:
        run(workspace.schema.ensure("zebra"))
    said = str(caught.value)
    assert 'It has "people", "companies", "things0"' in said
    assert "and 12 more" in said
    assert 'object="..."' in said
    assert "define(Model)" in said


def test_a_list_that_is_not_there(workspace: FakeWorkspace) -> None:
    workspace.lists.clear()
    with pytest.raises(NotFoundError, match=r'no list "deals"\. It has none\..*list="\.\.\."'):
        run(workspace.schema.ensure("deals", kind="lists"))


def test_a_failure_is_raised_and_not_kept(workspace: FakeWorkspace, drive: Drive) -> None:
    hidden = workspace.attributes.pop("people")
    with pytest.raises(NotFoundError, match="Nothing at"):
        drive(workspace.schema.ensure("people"))
    workspace.attributes["people"] = hidden
    assert drive(workspace.schema.ensure("people")).slug == "people"


# -- options, statuses, members ------------------------------------------------------------------


def test_options_are_asked_for_once(workspace: FakeWorkspace, drive: Drive) -> None:
    schema = workspace.schema
    found = drive(schema.choices("people", "level"))
    assert [choice.title for choice in found] == ["Junior", "Senior", "Gone"]
    assert found[2] == Choice("id-Gone", "Gone", is_archived=True)
    assert drive(schema.options("people", "level")) == {
        "Junior": "id-Junior",
        "Senior": "id-Senior",
    }
    asked = "/v2/objects/people/attributes/level/options?show_archived=true"
    assert workspace.sent_counts[asked] == 1


def test_what_is_known_of_choices_sends_nothing(workspace: FakeWorkspace, drive: Drive) -> None:
    schema = workspace.schema
    workspace.choices["level"].insert(0, option("Senior", is_archived=True, id={"option_id": "x"}))
    assert schema.known_choices("people", "level") is None
    assert workspace.sent == []
    drive(schema.choices("people", "level"))
    assert list((schema.known_choices("people", "level") or {}).items()) == [
        ("Junior", "id-Junior"),
        ("Senior", "id-Senior"),
        ("Gone", "id-Gone"),
    ]
    schema.forget("companies")
    assert schema.known_choices("people", "level") is not None
    schema.forget("people")
    assert schema.known_choices("people", "level") is None


def test_refresh_asks_again(workspace: FakeWorkspace, drive: Drive) -> None:
    schema = workspace.schema
    drive(schema.options("people", "level"))
    workspace.choices["level"].append(option("Chief"))
    assert "Chief" not in drive(schema.options("people", "level"))
    assert "Chief" in drive(schema.options("people", "level", refresh=True))
    assert "Chief" in drive(schema.options("people", "level"))


def test_statuses_of_a_list(workspace: FakeWorkspace, drive: Drive) -> None:
    found = drive(workspace.schema.options("sales", "stage", kind="lists"))
    assert found == {"Won 🎉": "s1"}
    assert "/v2/lists/sales/attributes/stage/statuses?show_archived=true" in workspace.sent


def test_only_selects_and_statuses_have_choices(workspace: FakeWorkspace) -> None:
    with pytest.raises(ValidationError, match='"name" of "people" is of type personal-name'):
        run(workspace.schema.choices("people", "name"))
    with pytest.raises(UnknownAttributeError, match=r'no attribute "levle"\. Did you mean "level"'):
        run(workspace.schema.choices("people", "levle"))
    with pytest.raises(UnknownAttributeError, match='It has "domains"'):
        run(workspace.schema.choices("companies", "zebra"))


def test_members_are_asked_for_once(workspace: FakeWorkspace, drive: Drive) -> None:
    schema = workspace.schema
    ada = Member("m1", "ada@lovelace.dev", "Ada", "Lovelace", "admin")
    assert drive(schema.members()) == drive(schema.members()) == (ada,)
    assert workspace.sent == ["/v2/workspace_members"]
    workspace.members.clear()
    assert drive(schema.members(refresh=True)) == ()
    assert drive(schema.members()) == ()
    assert workspace.sent == ["/v2/workspace_members"]


# -- many at once --------------------------------------------------------------------------------


def test_threads_that_need_the_same_send_it_once(workspace: FakeWorkspace) -> None:
    workers = 16
    start = threading.Barrier(workers)

    def work(_: int) -> object:
        start.wait()
        people = run(workspace.schema.ensure("people"))
        run(workspace.schema.choices("people", "level"))
        run(workspace.schema.members())
        return people

    workspace.backend.pause = 0.02
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(work, range(workers)))
    assert all(one is found[0] for one in found)
    assert set(workspace.sent_counts.values()) == {1}


def test_tasks_that_need_the_same_send_it_once(workspace: FakeWorkspace) -> None:
    workspace.backend.pause = 0.02

    async def work() -> None:
        await asyncio.gather(*(workspace.schema.afetch("people") for _ in range(50)))

    asyncio.run(work())
    assert workspace.sent == ["/v2/objects", "/v2/objects/people/attributes?show_archived=true"]


def test_operations_side_by_side_send_it_once(workspace: FakeWorkspace, drive: Drive) -> None:
    workspace.backend.pause = 0.02
    drive(gather([workspace.schema.ensure("people") for _ in range(8)]))
    assert set(workspace.sent_counts.values()) == {1}


def test_what_was_asked_before_forgetting_is_not_kept_after(workspace: FakeWorkspace) -> None:
    schema = workspace.schema
    answer = workspace.backend.answer

    def forgetful(method: str, path: str, body: Any) -> Any:
        if "attributes" in path:
            schema.forget()
        return answer(method, path, body)

    workspace.backend.answer = forgetful
    assert schema.fetch("people").slug == "people"
    assert "people" not in schema
