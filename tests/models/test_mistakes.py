"""Mistakes that people make, and that must neither pass in silence nor do harm."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from attio_orm import Company, Deal, Person, UnknownAttributeError, ValidationError, signals
from attio_orm.records.base import mapper_of
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

HEAD = (
    "from typing import ClassVar, Literal\n"
    "from attio_orm import Many, Maybe, Model, Person\n"
    "from attio_orm.attributes import MultiSelect, Select, Text\n"
    "class Thing(Model):\n    "
)
LATE = "from __future__ import annotations\n"


@pytest.fixture(params=["", LATE], ids=["evaluated", "strings"])
def declare(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: Any) -> Any:
    """Declares a model with one line in its body, in a module of its own."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(line: str) -> Any:
        import importlib

        name = f"declared_{abs(hash((line, request.param)))}"
        (tmp_path / f"{name}.py").write_text(f"{request.param}{HEAD}{line}\n", "utf-8")
        importlib.invalidate_caches()
        try:
            return importlib.import_module(name).Thing
        finally:
            sys.modules.pop(name, None)

    return made


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("nick: Text | None", "write nick: Text alone"),
        ("tags: list[Text]", "write tags: Text alone"),
        ("note: Text()", "write note: Text alone"),
        ("staff: Many['Person'] | None", "write staff: Many alone"),
        ("boss: Person", r"Maybe\[Person\], One\[Person\] or Many\[Person\]"),
    ],
)
def test_a_line_that_was_meant_to_declare_is_refused(declare: Any, line: str, advice: str) -> None:
    with pytest.raises(TypeError, match=advice):
        declare(line)


@pytest.mark.parametrize("line", ["count: int", "count: int = 3", "text: ClassVar[Text]"])
def test_other_annotations_are_left_alone(declare: Any, line: str) -> None:
    assert dict(mapper_of(declare(line)).attributes) == {}


def test_a_name_that_is_not_there_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "declared_typo.py").write_text(f"{LATE}{HEAD}typo: Txt\n", "utf-8")
    with pytest.raises(TypeError, match="cannot be resolved"):
        __import__("declared_typo")


def test_titles_may_stand_in_the_brackets(declare: Any) -> None:
    assert mapper_of(declare("kind: Select[Literal['a', 'b']]")).attributes["kind"].options == (
        "a",
        "b",
    )
    assert mapper_of(declare("kinds: MultiSelect[Literal['c']]")).attributes["kinds"].options == (
        "c",
    )


async def test_last_first_finds_what_it_wrote(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    ada, created = await colour.call(Person.objects, "get_or_create", name="Byron, Ada")
    again, created_again = await colour.call(Person.objects, "get_or_create", name="Byron, Ada")
    assert (created, created_again) == (True, False)
    assert again is ada
    assert Person.objects.filter(name__in=["Byron, Ada"]).count() == 1
    assert Person.objects.filter(Person.name == "Byron, Ada").count() == 1
    assert Person.objects.exclude(name="Byron, Ada").count() == 0


def test_a_condition_on_another_model_is_refused(attio_sandbox: SandboxHandle) -> None:
    with pytest.raises(TypeError, match="A condition on Company cannot filter Person"):
        Person.objects.filter((Company.name == "Acme") | (Person.job_title == "CEO"))
    with pytest.raises(TypeError, match="Company"):
        Person.objects.exclude(~Company.primary_location.locality.contains("x"))
    assert Person.objects.filter(Person.company.name == "Acme").count() == 0


@pytest.mark.parametrize("confirm", [True, None, "1"])
def test_delete_takes_a_number(attio_sandbox: SandboxHandle, confirm: Any) -> None:
    Person.objects.create(name="Ada")
    with pytest.raises(ValidationError, match="how many records you expect"):
        Person.objects.all().delete(confirm=confirm)
    assert Person.objects.count() == 1


async def test_nothing_is_made_of_a_lookup_that_says_nothing(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    for method in ("get_or_create", "update_or_create"):
        with pytest.raises(ValidationError, match="says nothing"):
            await colour.call(Person.objects, method, name__contains="zzz")
    ada, created = await colour.call(
        Person.objects, "get_or_create", {"name": "Ada"}, job_title__contains="x"
    )
    assert (str(ada.name), ada.job_title, created) == ("Ada", None, True)
    assert Person.objects.count() == 1


async def test_update_checks_its_names_before_it_reads(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.connection.schema.fetch("people")
    with assert_num_requests(1):  # whether somebody has made it since
        with pytest.raises(UnknownAttributeError, match="job_title"):
            await colour.call(Person.objects.filter(name="no one"), "update", job_tile="x")
        with pytest.raises(ValidationError, match="computed by Attio"):
            await colour.call(Person.objects.all(), "update", avatar_url="x")


async def test_the_same_member_again_is_no_change(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.add_member("kim@sandbox.example")
    deal = Deal.objects.create(name="A", stage="Lead", owner="owner@sandbox.example")
    attio_sandbox.connection.schema.members()
    deal.owner = "Owner@sandbox.example"
    await colour.call(deal, "save")
    assert [each.method for each in attio_sandbox.requests].count("PATCH") == 0
    with assert_num_requests(0):
        deal.owner = "owner@sandbox.example"
        await colour.call(deal, "save")
    deal.owner = "kim@sandbox.example"
    with assert_num_requests(1):
        await colour.call(deal, "save")


@pytest.mark.parametrize("signal", ["post_save", "pre_delete"])
def test_a_sender_that_never_sends_is_refused(attio_sandbox: SandboxHandle, signal: str) -> None:
    ada = Person.objects.create(name="Ada")
    for sender in ("Person", Person.objects, ada):
        with pytest.raises(TypeError, match=f"{signal} is sent by model classes"):
            getattr(signals, signal).connect(print, sender=sender)


def test_what_is_not_iterable_says_what_to_do(attio_sandbox: SandboxHandle) -> None:
    with pytest.raises(TypeError, match=r"iterate over \.all\(\) or a slice"):
        list(Person.objects)  # type: ignore[call-overload]


def test_a_record_in_the_place_of_several_is_one(attio_sandbox: SandboxHandle) -> None:
    ada = Person.objects.create(name="Ada")
    with pytest.raises(TypeError, match="not a container"):
        assert "name" in ada  # type: ignore[operator]
    with pytest.raises(ValidationError, match="takes a list of values, not Person"):
        Company(team=ada)
    with pytest.raises(ValidationError, match="takes an iterable of instances or dicts"):
        Person.objects.bulk_create(ada)  # type: ignore[arg-type]
    with pytest.raises((TypeError, ValidationError), match="list"):
        list(Company.objects.filter(team__in=ada))


def test_numbers_keep_their_decimals(attio_sandbox: SandboxHandle) -> None:
    from tests.models.numbers import Measure

    attio_sandbox.define(Measure)
    third = Measure.objects.create(size=1 / 3)
    assert third.size == 1 / 3
    assert Measure.objects.filter(size=1 / 3).count() == 1


async def test_fields_of_a_new_record_have_what_is_required(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    deal = Deal(name="A", stage="Lead", owner="owner@sandbox.example")
    attio_sandbox.connection.schema.fetch("deals")
    attio_sandbox.connection.schema.members()
    attio_sandbox.requests.clear()
    with pytest.raises(ValidationError, match=r"stage.*fields=\[") as caught:
        await colour.call(deal, "save", fields=["name"])
    assert {each.attribute for each in caught.value.problems} == {"stage", "owner"}
    assert not [each for each in attio_sandbox.requests if each.method == "POST"]
    await colour.call(deal, "save", fields=["name", "stage", "owner"])
    assert deal.id
