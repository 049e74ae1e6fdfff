from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_orm.effects import gather, run
from attio_orm.errors import NotFoundError, UnknownAttributeError, ValidationError
from attio_orm.schema import Choice, Member
from tests.colours import Drive
from tests.schema.fakes import FakeWorkspace, an_object, attribute, option

# -- objects and attributes ----------------------------------------------------------------------


def test_nothing_is_asked_until_it_is_needed(fake: FakeWorkspace) -> None:
    schema = fake.schema
    assert schema.get("people") is None
    assert "people" not in schema
    assert (list(schema), len(schema), repr(schema)) == ([], 0, "<Schema of nothing yet>")
    with pytest.raises(KeyError, match=r'"people" is not loaded yet.*fetch\("people"\)'):
        schema["people"]
    assert fake.sent == []


def test_an_object_takes_two_requests_and_is_kept(fake: FakeWorkspace, drive: Drive) -> None:
    people = drive(fake.schema.ensure("people"))
    assert fake.sent == ["/v2/objects", "/v2/objects/people/attributes?show_archived=true"]
    assert (people.slug, people.singular, people.plural) == ("people", "Person", "People")
    assert people.attributes["company"].allowed_objects == ("companies",)
    assert people.attributes["nickname"].is_archived
    assert drive(fake.schema.ensure("people")) is people
    assert fake.schema["people"] is people
    assert fake.sent == []
    assert "people" in fake.schema
    assert (list(fake.schema), repr(fake.schema)) == (["people"], "<Schema of people>")


def test_several_take_one_request_and_one_each(fake: FakeWorkspace, drive: Drive) -> None:
    found = drive(fake.schema.ensure_many(["people", "companies", "people", "ships"]))
    assert list(found) == ["people", "companies"]
    assert sorted(fake.sent) == [
        "/v2/objects",
        "/v2/objects/companies/attributes?show_archived=true",
        "/v2/objects/people/attributes?show_archived=true",
    ]


def test_fetch_is_for_people(fake: FakeWorkspace) -> None:
    assert fake.schema.fetch("people").slug == "people"
    assert asyncio.run(fake.schema.afetch("companies")).slug == "companies"


def test_a_list_takes_the_objects_too(fake: FakeWorkspace, drive: Drive) -> None:
    sales = drive(fake.schema.ensure("sales", kind="lists"))
    assert (sales.kind, sales.parents) == ("lists", ("companies",))
    assert sales.attributes["partner"].allowed_objects == ("people",)
    assert sorted(fake.sent) == [
        "/v2/lists",
        "/v2/lists/sales/attributes?show_archived=true",
        "/v2/objects",
    ]
    assert fake.schema.get("sales", kind="lists") is sales
    assert "sales" not in fake.schema
    drive(fake.schema.ensure("people"))
    assert "/v2/objects" not in fake.sent


def test_what_was_made_since_is_found(fake: FakeWorkspace, drive: Drive) -> None:
    drive(fake.schema.ensure("people"))
    fake.objects.append(an_object("ships", "Ship", "Ships"))
    fake.attributes["ships"] = [attribute("hull")]
    assert "hull" in drive(fake.schema.ensure("ships")).attributes


def test_forgetting_one_keeps_the_others(fake: FakeWorkspace) -> None:
    schema = fake.schema
    run(schema.ensure_many(["people", "companies"]))
    run(schema.choices("people", "level"))
    run(schema.members())
    fake.attributes["people"].append(attribute("shoe_size", "number"))
    schema.forget("people")
    assert list(schema) == ["companies"]
    fake.backend.requests.clear()
    assert "shoe_size" in schema.fetch("people").attributes
    run(schema.choices("people", "level"))
    run(schema.members())
    assert sorted(fake.sent) == [
        "/v2/objects",
        "/v2/objects/people/attributes/level/options?show_archived=true",
        "/v2/objects/people/attributes?show_archived=true",
    ]
    schema.forget()
    assert list(schema) == []


# -- what is not there ---------------------------------------------------------------------------


def test_a_misspelt_object_names_its_like(fake: FakeWorkspace, drive: Drive) -> None:
    with pytest.raises(NotFoundError) as caught:
        drive(fake.schema.ensure("compnies"))
    assert 'no object "compnies"' in str(caught.value)
    assert 'Did you mean "companies"?' in str(caught.value)
    assert (caught.value.status, caught.value.path) == (404, "/v2/objects")


@pytest.mark.parametrize("slug", ["deals", "users", "workspaces"])
def test_a_standard_object_that_is_off(fake: FakeWorkspace, slug: str) -> None:
    with pytest.raises(NotFoundError, match="activate it in Attio's settings"):
        run(fake.schema.ensure(slug))


def test_an_object_like_no_other(fake: FakeWorkspace) -> None:
    fake.objects += [an_object(f"things{n}", "T", "T") for n in range(20)]
    with pytest.raises(NotFoundError) as caught:
        run(fake.schema.ensure("zebra"))
    said = str(caught.value)
    assert 'It has "people", "companies", "things0"' in said
    assert "and 12 more" in said
    assert 'object="..."' in said
    assert "define(Model)" in said


def test_a_list_that_is_not_there(fake: FakeWorkspace) -> None:
    fake.lists.clear()
    with pytest.raises(NotFoundError, match=r'no list "deals"\. It has none\..*list="\.\.\."'):
        run(fake.schema.ensure("deals", kind="lists"))


def test_a_failure_is_raised_and_not_kept(fake: FakeWorkspace, drive: Drive) -> None:
    hidden = fake.attributes.pop("people")
    with pytest.raises(NotFoundError, match="Nothing at"):
        drive(fake.schema.ensure("people"))
    fake.attributes["people"] = hidden
    assert drive(fake.schema.ensure("people")).slug == "people"


# -- options, statuses, members ------------------------------------------------------------------


def test_options_are_asked_for_once(fake: FakeWorkspace, drive: Drive) -> None:
    schema = fake.schema
    found = drive(schema.choices("people", "level"))
    assert [choice.title for choice in found] == ["Junior", "Senior", "Gone"]
    assert found[2] == Choice("id-Gone", "Gone", is_archived=True)
    assert drive(schema.options("people", "level")) == {
        "Junior": "id-Junior",
        "Senior": "id-Senior",
    }
    asked = "/v2/objects/people/attributes/level/options?show_archived=true"
    assert fake.sent_counts[asked] == 1


def test_what_is_known_of_choices_sends_nothing(fake: FakeWorkspace, drive: Drive) -> None:
    schema = fake.schema
    fake.choices["level"].insert(0, option("Senior", is_archived=True, id={"option_id": "x"}))
    assert schema.known_choices("people", "level") is None
    assert fake.sent == []
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


def test_refresh_asks_again(fake: FakeWorkspace, drive: Drive) -> None:
    schema = fake.schema
    drive(schema.options("people", "level"))
    fake.choices["level"].append(option("Chief"))
    assert "Chief" not in drive(schema.options("people", "level"))
    assert "Chief" in drive(schema.options("people", "level", refresh=True))
    assert "Chief" in drive(schema.options("people", "level"))


def test_statuses_of_a_list(fake: FakeWorkspace, drive: Drive) -> None:
    found = drive(fake.schema.options("sales", "stage", kind="lists"))
    assert found == {"Won 🎉": "s1"}
    assert "/v2/lists/sales/attributes/stage/statuses?show_archived=true" in fake.sent


def test_only_selects_and_statuses_have_choices(fake: FakeWorkspace) -> None:
    with pytest.raises(ValidationError, match='"name" of "people" is of type personal-name'):
        run(fake.schema.choices("people", "name"))
    with pytest.raises(UnknownAttributeError, match=r'no attribute "levle"\. Did you mean "level"'):
        run(fake.schema.choices("people", "levle"))
    with pytest.raises(UnknownAttributeError, match='It has "domains"'):
        run(fake.schema.choices("companies", "zebra"))


def test_members_are_asked_for_once(fake: FakeWorkspace, drive: Drive) -> None:
    schema = fake.schema
    ada = Member("m1", "ada@lovelace.dev", "Ada", "Lovelace", "admin")
    assert drive(schema.members()) == drive(schema.members()) == (ada,)
    assert fake.sent == ["/v2/workspace_members"]
    fake.members.clear()
    assert drive(schema.members(refresh=True)) == ()
    assert drive(schema.members()) == ()
    assert fake.sent == ["/v2/workspace_members"]


# -- many at once --------------------------------------------------------------------------------


def test_threads_that_need_the_same_send_it_once(fake: FakeWorkspace) -> None:
    workers = 16
    start = threading.Barrier(workers)

    def work(_: int) -> object:
        start.wait()
        people = run(fake.schema.ensure("people"))
        run(fake.schema.choices("people", "level"))
        run(fake.schema.members())
        return people

    fake.backend.pause = 0.02
    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(work, range(workers)))
    assert all(one is found[0] for one in found)
    assert set(fake.sent_counts.values()) == {1}


def test_tasks_that_need_the_same_send_it_once(fake: FakeWorkspace) -> None:
    fake.backend.pause = 0.02

    async def work() -> None:
        await asyncio.gather(*(fake.schema.afetch("people") for _ in range(50)))

    asyncio.run(work())
    assert fake.sent == ["/v2/objects", "/v2/objects/people/attributes?show_archived=true"]


def test_operations_side_by_side_send_it_once(fake: FakeWorkspace, drive: Drive) -> None:
    fake.backend.pause = 0.02
    drive(gather([fake.schema.ensure("people") for _ in range(8)]))
    assert set(fake.sent_counts.values()) == {1}


def test_what_was_asked_before_forgetting_is_not_kept_after(fake: FakeWorkspace) -> None:
    schema = fake.schema
    answer = fake.backend.answer

    def forgetful(method: str, path: str, body: Any) -> Any:
        if "attributes" in path:
            schema.forget()
        return answer(method, path, body)

    fake.backend.answer = forgetful
    assert schema.fetch("people").slug == "people"
    assert "people" not in schema
