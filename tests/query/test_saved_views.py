"""Saved views: a filter that Attio keeps, in place of one of the query's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from attio_orm import (
    Company,
    Deal,
    Include,
    Manager,
    Model,
    NotFoundError,
    Person,
    Q,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.schema import View
from attio_orm.testing import SandboxHandle, assert_num_requests, sandbox
from tests.colours import Colour
from tests.seeds import copied

PATH = "/v2/objects/people/records/query"


@pytest.fixture(scope="module")
def viewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, list[str]]:
    """A file of a workspace, the id of its view of VPs, and theirs in the order of creation."""
    path = tmp_path_factory.mktemp("viewed") / "viewed.db"
    rows = [{"name": f"P{n:04d}", "job_title": "VP" if n % 2 else "CEO"} for n in range(1201)]
    with sandbox(f"sandbox:///{path}") as handle:
        handle.workspace.load("people", rows)
        handle.workspace.add_view("people", "CEOs", {"job_title": "CEO"})
        view = handle.workspace.add_view("people", "VPs", {"job_title": "VP"})
        vps = Person.objects.filter(job_title="VP").order_by("created_at", "record_id")
        return path, view, vps.pluck("id")


@pytest.fixture
def attio_sandbox(viewed: tuple[Path, str, list[str]], tmp_path: Path) -> Iterator[SandboxHandle]:
    """A copy of that workspace."""
    with copied(viewed[0], tmp_path) as handle:
        yield handle


@pytest.fixture
def view(viewed: tuple[Path, str, list[str]], attio_sandbox: SandboxHandle) -> str:
    return viewed[1]


@pytest.fixture
def vps(viewed: tuple[Path, str, list[str]], attio_sandbox: SandboxHandle) -> list[str]:
    return viewed[2]


async def test_the_views_of_an_object(view: str, colour: Colour) -> None:
    with assert_num_requests(1):
        found = await colour.call(Person.objects, "views")
    assert {each.title for each in found} == {"VPs", "CEOs"}
    assert View(view, "VPs") in found
    assert await colour.call(Company.objects.all(), "views") == []


@pytest.mark.parametrize("name", [str, UUID, lambda view: View(view, "?"), lambda _: "VPs"])
async def test_the_records_of_a_view(
    vps: list[str], view: str, attio_sandbox: SandboxHandle, colour: Colour, name: Any
) -> None:
    found = await colour.items(Person.objects.view(name(view)))
    assert [each.id for each in found] == vps
    bodies = [each.json for each in attio_sandbox.requests if each.path == PATH]
    assert all("filter" not in body for body in bodies)
    assert {body["filter_view_id"] for body in bodies} == {view}
    assert [body["offset"] for body in bodies] == [0, 499]


def test_a_title_is_looked_up_once(vps: list[str]) -> None:
    with assert_num_requests(2):
        assert Person.objects.view("VPs").first() is not None
    with assert_num_requests(1):
        assert Person.objects.view("VPs").last() is not None
    with assert_num_requests(2):  # Attio may have it by now
        with pytest.raises(ValidationError, match=r"no such saved view. Did you mean 'VPs'\?"):
            Person.objects.view("VPz").first()
        with pytest.raises(ValidationError, match=r"It has '\w+', '\w+'\. Archived ones do not"):
            Person.objects.view("Nobody").exists()


def test_what_goes_with_a_view(vps: list[str]) -> None:
    people = Person.objects.view("VPs")
    assert people.count() == 600
    assert people[10:].count() == 590
    assert people.exists()
    assert people.reverse().pluck("id") == vps[::-1]
    assert [each.id for each in people[495:505]] == vps[495:505]
    assert people[7].id == vps[7]
    names = people.order_by("-name").includes("company").values_list("name", flat=True)
    assert names == sorted(names, reverse=True)
    assert len(names) == 600
    assert sorted(each.id for each in people.iterator(page_size=70, read_ahead=4)) == sorted(vps)
    assert Person.objects.filter(id__in=people, name="P0001").count() == 1
    assert people.filter().filter(Q()).count() == 600
    assert repr(people.all()) == "<QuerySet of Person, not evaluated: the view 'VPs'>"


async def test_pages_of_a_view_while_others_delete(
    vps: list[str], attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    stream = Person.objects.view("VPs").iterator(page_size=50)
    walk: Any = aiter(stream) if colour.is_async else iter(stream)
    found: list[str | None] = []
    for at in range(600):
        each = await anext(walk) if colour.is_async else next(walk)
        found.append(each.id)
        if at in (20, 120, 220):
            await colour.call(each, "delete")
    assert found == vps


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Person.objects.view("VPs").filter(name="x"),
        lambda: Person.objects.view("VPs").exclude(name="x"),
        lambda: Person.objects.filter(name="x").view("VPs"),
        lambda: Person.objects.view("VPs").get(id="00000000-0000-4000-8000-000000000000"),
        lambda: Person.objects.view("VPs").find_by(name="x"),
        lambda: Person.objects.view("VPs").get_or_create(name="x"),
        lambda: Person.objects.view("VPs").in_bulk([]),
        lambda: Person.objects.view("VPs").search("x"),
        lambda: Include("team", Person.objects.view("VPs"), to_attr="vps"),
    ],
)
def test_what_does_not_go_with_a_view(view: str, ask: Any) -> None:
    with assert_num_requests(0), pytest.raises(UnsupportedLookup) as caught:
        ask()
    assert "takes a saved view or a filter, not both" in str(caught.value)
    assert "id__in=" in str(caught.value)


def test_names_that_are_none(view: str) -> None:
    for wrong in (3, "", None):
        with assert_num_requests(0), pytest.raises(ValidationError, match="the title or the id of"):
            Person.objects.view(wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"view\(\) after a slice"):
        Person.objects[:3].view("VPs")


def test_two_views_of_one_title(view: str, attio_sandbox: SandboxHandle) -> None:
    other = attio_sandbox.workspace.add_view("people", "VPs", {})
    attio_sandbox.workspace.add_view("people", "CEOs", {}, is_archived=True)
    with pytest.raises(ValidationError) as caught:
        Person.objects.view("VPs").first()
    assert "2 saved views of this title" in str(caught.value)
    assert view in str(caught.value)
    assert other in str(caught.value)
    assert Person.objects.view(other).count() == 1201
    assert Person.objects.view("CEOs").count() == 601


async def test_a_view_that_is_gone(view: str, attio_sandbox: SandboxHandle, colour: Colour) -> None:
    gone = "00000000-0000-4000-8000-000000000000"
    with pytest.raises(ValidationError, match="people has no such saved view"):
        await colour.items(Person.objects.view(gone))
    with pytest.raises(ValidationError, match=r"deals has no such saved view\. It has none"):
        await colour.items(Deal.objects.view(view))
    attio_sandbox.fail_next(400, match="/query")  # another trouble stays what it is
    with pytest.raises(Exception, match=r"(?i)^(?!.*saved view)"):
        await colour.items(Person.objects.view(view))


def test_explaining_a_view(vps: list[str], view: str) -> None:
    with assert_num_requests(0):
        plan = Person.objects.view("VPs")[:5].explain()
        assert [each.path for each in plan] == ["/v2/objects/people/views", PATH]
        assert plan[1].purpose == "read; the id of the view 'VPs' is not known yet"
        assert Person.objects.view(view)[:5].explain()[0].json["filter_view_id"] == view
    Person.objects.view("VPs").first()
    with assert_num_requests(0):
        (plan_,) = Person.objects.view("VPs")[:5].explain()
    assert plan_.exact
    assert "filter" not in plan_.json


def test_a_manager_that_begins_at_a_view(vps: list[str]) -> None:
    class Vps(Manager[Person]):
        def get_queryset(self) -> Any:
            return super().get_queryset().view("VPs")

    assert Vps(Person).count() == 600
    assert Vps(Person).all().view("CEOs").count() == 601


async def test_an_object_that_is_not_there(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    class Ghost(Model, object="ghosts"):
        pass

    for ask in (Ghost.objects.view("Any").all(), Ghost.objects.all()):
        with pytest.raises(NotFoundError, match='has no object "ghosts"'):
            await colour.call(ask, "views" if ask._query.view is None else "first")
