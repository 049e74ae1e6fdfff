"""What is missing on purpose says what to do instead, and that can be done.

Every call and attribute that a hint names is a key of ``DONE``, and is carried out here.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from attio_orm import Company, Deal, ListEntry, Manager, Model, Person, Q, UnknownAttributeError
from attio_orm.attributes import Text
from attio_orm.models.missing_methods import INSTANCES_ELSEWHERE, METHODS_ELSEWHERE
from attio_orm.records.names import RESERVED
from attio_orm.testing import SandboxHandle

# what is written as code: calls with one level of parentheses inside, attributes, slices
CODE = re.compile(
    r"[\w.]+\((?:[^()]|\([^()]*\))*\)(?:\.\w+\((?:\.\.\.)?\))?"
    r"|(?:instance|Person)\.[\w.]*\w\b(?!\()|\w+\[[\d:]+\]"
)
ELSEWHERE = sorted({*METHODS_ELSEWHERE, *INSTANCES_ELSEWHERE, "pk"} - RESERVED)


class World:
    """A person of a company, in a sandbox."""

    def __init__(self, handle: SandboxHandle) -> None:
        acme = Company.objects.create(name="Acme", domains=["acme.com"])
        self.ada: Any = Person.objects.create(name="Byron, Ada", job_title="CEO", company=acme)
        self.connection = handle.connection
        self.api = handle.connection.api
        self.people = Person.objects.all()

    def saved(self, **options: Any) -> str | None:
        self.ada.job_title = "Countess"
        self.ada.save(**options)
        job_title: str | None = Person.objects.get(id=self.ada.id).job_title
        return job_title

    def planned(self) -> int:
        with self.connection.dry_run() as plan:
            self.ada.delete()
        return len(plan)


# the code of a hint: what it gives here, and what that has to be
DONE: dict[str, tuple[Callable[[World], Any], Any]] = {
    "count()": (lambda w: Person.objects.count(), 1),
    "values_list(...)": (lambda w: Person.objects.values_list("job_title"), [("CEO",)]),
    "values(...)": (lambda w: Person.objects.values("job_title"), [{"job_title": "CEO"}]),
    "pluck(...)": (lambda w: Person.objects.pluck("job_title"), ["CEO"]),
    "set(queryset.pluck(...))": (lambda w: set(w.people.pluck("job_title")), {"CEO"}),
    "includes(...)": (lambda w: len(Person.objects.includes("company")), 1),
    "filter(...)": (lambda w: Person.objects.filter(job_title="CEO").count(), 1),
    "exclude(...)": (lambda w: Person.objects.exclude(job_title="CEO").count(), 0),
    "filter(...).exclude(...)": (
        lambda w: Person.objects.filter(name="Ada").exclude(job_title="CEO").count(),
        0,
    ),
    "filter(Q(...) | Q(...))": (
        lambda w: Person.objects.filter(Q(job_title="CEO") | Q(job_title="VP")).count(),
        1,
    ),
    "filter(Q(...) & Q(...))": (
        lambda w: Person.objects.filter(Q(job_title="CEO") & Q(job_title="VP")).count(),
        0,
    ),
    "filter(company__name=...)": (lambda w: Person.objects.filter(company__name="Acme").count(), 1),
    'save(on_conflict="raise")': (lambda w: w.saved(on_conflict="raise"), "Countess"),
    "update(...)": (lambda w: Person.objects.update(job_title="VP"), 1),
    "save()": (lambda w: w.saved(), "Countess"),
    "connection.dry_run()": (lambda w: w.planned(), 1),
    'order_by("created_at").first()': (
        lambda w: Person.objects.order_by("created_at").first() is w.ada,
        True,
    ),
    'order_by("created_at").last()': (
        lambda w: Person.objects.order_by("created_at").last() is w.ada,
        True,
    ),
    "get(...)": (lambda w: Person.objects.get(job_title="CEO") is w.ada, True),
    "get(id=...)": (lambda w: Person.objects.get(id=w.ada.id) is w.ada, True),
    "get_or_none(...)": (lambda w: Person.objects.get_or_none(job_title="VP"), None),
    "find_by(...)": (lambda w: Person.objects.find_by(job_title="CEO") is w.ada, True),
    "first()": (lambda w: Person.objects.first() is w.ada, True),
    "queryset[20:30]": (lambda w: list(w.people[20:30]), []),
    "iterator(page_size=...)": (lambda w: len(list(Person.objects.iterator(page_size=9))), 1),
    "bulk_create(rows)": (lambda w: len(Person.objects.bulk_create([{"name": "Bob"}]).created), 1),
    "bulk_update(rows)": (
        lambda w: len(Person.objects.bulk_update([{"id": w.ada.id, "job_title": "X"}]).updated),
        1,
    ),
    "create(...)": (lambda w: Person.objects.create(name="Bob").job_title, None),
    "Q.raw({...})": (lambda w: Person.objects.filter(Q.raw({"job_title": "CEO"})).count(), 1),
    "list(queryset)": (lambda w: list(w.people) == [w.ada], True),
    "instance.model_dump()": (lambda w: w.ada.model_dump()["job_title"], "CEO"),
    'instance.model_dump(mode="json")': (
        lambda w: w.ada.model_dump(mode="json")["job_title"],
        "CEO",
    ),
    "json.dumps()": (lambda w: "CEO" in json.dumps(w.ada.model_dump(mode="json")), True),
    "instance.refresh()": (lambda w: w.ada.refresh(), None),
    "instance.save()": (lambda w: w.saved(), "Countess"),
    "instance.save(fields=[...])": (lambda w: w.saved(fields=["job_title"]), "Countess"),
    "instance.delete()": (lambda w: (w.ada.delete(), Person.objects.count()), (None, 0)),
    "instance.is_changed": (lambda w: w.ada.is_changed, False),
    "instance.changes": (lambda w: w.ada.changes, {}),
    "instance.history(name)": (lambda w: w.ada.history("job_title")[0].value, "CEO"),
    "instance.id": (lambda w: (w.ada.id is None, Person().id), (False, None)),
    "instance.web_url": (lambda w: w.ada.web_url.startswith("https://"), True),
    "copy.copy(instance)": (lambda w: copy.copy(w.ada) == w.ada, True),
    "Person(**values)": (lambda w: Person(job_title="VP").job_title, "VP"),
    "Person.validate(...)": (lambda w: Person.validate(job_title="VP"), None),
    "Person.id": (lambda w: Person.objects.filter(Person.id == w.ada.id).count(), 1),
    'instance["notes"]': (lambda w: None, None),
    # of a manager, which knows the class, and says it of any
    "Model.validate(...)": (lambda w: Person.validate(job_title="VP"), None),
    "Model(**values)": (lambda w: Person(job_title="VP").job_title, "VP"),
}


@pytest.fixture
def world(attio_sandbox: SandboxHandle) -> World:
    return World(attio_sandbox)


# what a message says of the name itself, before it says what to do
_SUBJECT = re.compile(
    r"^There is no [^:]*: |^\w+ (has no attribute|declares no) '\w+'[.:] |^.* every model has\. "
)


def refused(owner: object, name: str) -> str:
    """What the message for a name says to do."""
    with pytest.raises(AttributeError) as caught:
        getattr(owner, name)
    said = str(caught.value)
    assert name in said
    return _SUBJECT.sub("", said)


def hints(ada: object) -> Iterator[str]:
    """The message of every name on an instance, the class and the manager, where it has none."""
    for name in ELSEWHERE:
        for owner in (ada, Person, Person.objects, Person.objects.all()):
            if not hasattr(owner, name) and (owner in (ada, Person) or name in METHODS_ELSEWHERE):
                yield refused(owner, name)


def test_everything_that_a_hint_names_can_be_done(world: World) -> None:
    found = {code for hint in hints(world.ada) for code in CODE.findall(hint)}
    own = {
        "Person.objects",
        *(f"Person.objects.{name}" for name in dir(Manager)),
    }  # their own tests follow
    assert {code for code in found if code.partition("(")[0] not in own} <= set(DONE)


@pytest.mark.parametrize("code", DONE)
def test_doing_it(world: World, code: str) -> None:
    do, expected = DONE[code]
    assert do(world) == expected


@pytest.mark.parametrize("name", ELSEWHERE)
def test_each_name_is_answered_on_an_instance_and_on_the_class(world: World, name: str) -> None:
    for owner in (world.ada, Person):
        if not hasattr(owner, name):
            assert CODE.search(refused(owner, name)), refused(owner, name)
    if not hasattr(Person, name):
        assert name not in dir(Person)


@pytest.mark.parametrize("name", METHODS_ELSEWHERE)
@pytest.mark.parametrize("owner", [Person.objects, Person.objects.all()], ids=["manager", "qs"])
def test_a_method_of_other_libraries_is_refused_with_advice(owner: object, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"There is no {name}\(\): \w.*[^.]\.$"):
        getattr(owner, name)


def test_any_other_name_is_an_ordinary_error() -> None:
    with pytest.raises(AttributeError, match="'Manager' object has no attribute 'fitler'"):
        _ = Person.objects.fitler  # type: ignore[attr-defined]
    assert not hasattr(Person.objects, "__length_hint__")


OWN = {"from_queryset", *dir(Person)}  # ``delete()`` and ``raw`` are an instance's
METHODS = [name for name in dir(Manager) if not name.startswith("_") and name not in OWN]


@pytest.mark.parametrize("name", [*METHODS, "all", "filter", "create"])
def test_class_and_instance_point_to_the_manager(world: World, name: str) -> None:
    assert hasattr(Person.objects, name)
    for owner in (Person, world.ada):
        # save() and delete() are what is meant of one record
        of_one = ("update", "aupdate", "remove", "aremove")
        if name not in of_one or (owner is Person and "update" in name):
            assert f"Person.objects.{name}" in refused(owner, name)


def test_the_way_to_queries() -> None:
    with pytest.raises(AttributeError, match=r"^There is no Person\.query: .*Person\.objects\.fil"):
        _ = Person.query  # type: ignore[attr-defined]


# -- names of attributes ---------------------------------------------------------------------------


def test_names_that_stand_for_an_attribute(world: World) -> None:
    deal: Any = Deal.objects.create(
        name="Engine",
        stage="Lead",
        owner="owner@sandbox.example",
        associated_company=world.ada.company,
    )
    acme = world.ada.company
    assert "instance.name.first_name" in refused(world.ada, "first_name")
    assert world.ada.name.first_name == "Ada"
    assert "instance.company.id" in refused(world.ada, "company_id")
    assert world.ada.company.id == acme.id
    assert "instance.associated_company.id" in refused(deal, "associated_company_id")
    assert deal.associated_company.id == acme.id
    assert "instance.domains: each of them has its root_domain" in refused(acme, "root_domain")
    assert [each.root_domain for each in acme.domains] == ["acme.com"]
    assert "Did you mean 'stage'?" in refused(deal, "status")
    assert deal.stage == "Lead"
    with pytest.raises(UnknownAttributeError, match="set the whole name"):
        Person.objects.create(first_name="Ada")
    assert Person.objects.create(name="Ada").name.first_name == "Ada"  # type: ignore[union-attr]


def test_names_that_stand_for_an_expression(world: World) -> None:
    assert "Person.name.first_name?" in refused(Person, "first_name")
    assert Person.objects.filter(Person.name.first_name == "Ada").count() == 1
    assert "Person.company.id?" in refused(Person, "company_id")
    assert Person.objects.filter(Person.company.id == world.ada.company.id).count() == 1
    assert "Person.job_title?" in refused(Person, "job_titel")
    assert Person.objects.filter(Person.job_title == "CEO").count() == 1


def test_an_attribute_of_the_workspace_that_the_class_does_not_declare(
    attio_sandbox: SandboxHandle,
) -> None:
    attio_sandbox.workspace.define_attribute("people", api_slug="shoe_size", type="number")
    with pytest.raises(
        UnknownAttributeError, match=r"Person declares no 'shoe_size'.*filter\(shoe_size=\.\.\.\)"
    ):
        _ = Person.shoe_size  # type: ignore[attr-defined]
    assert Person.objects.filter(shoe_size=38).count() == 0
    with pytest.raises(AttributeError, match="type object 'Person' has no attribute '_private'"):
        _ = Person._private  # type: ignore[attr-defined]


# the others are there
@pytest.mark.parametrize("name", sorted({"entries", *RESERVED} - ({*dir(Model)} - {"entries"})))
def test_names_that_are_kept(attio_sandbox: SandboxHandle, name: str) -> None:
    """Of an entry as well, and a slug of the workspace is named where there is one."""

    class Pipeline(ListEntry, list="sales", parent=Company):
        priority: Text

    class Odd(Model):
        name: Text

    attio_sandbox.define(Pipeline, Odd)
    acme = Company.objects.create(name="Acme")
    entry: Any = Pipeline.objects.create(parent=acme)
    if name == "entries":
        assert "entry.parent.entries" in refused(entry, name)
        assert list(entry.parent.entries.of(Pipeline)) == [entry]
        return
    said = refused(entry, name)
    assert "[" not in said

    attio_sandbox.workspace.define_attribute("odds", api_slug=name, type="text")
    attio_sandbox.connection.schema.forget()
    odd: Any = Odd.objects.create(**{name: "x"})
    assert f'instance["{name}"]' in refused(odd, name)
    assert odd[name] == "x"


def test_names_of_djangos_async_methods(world: World) -> None:
    said = refused(world.ada, "arefresh_from_db")
    assert "instance.refresh()" in said
    assert "its twin begins with a" in said
    assert world.ada.arefresh
