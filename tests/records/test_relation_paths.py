"""Through a relation that may lead to several objects: the lookup names which."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import (
    Company,
    Deal,
    Maybe,
    Model,
    Person,
    Q,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
    through,
)
from attio_orm.attributes import Text
from attio_orm.testing import SandboxHandle, assert_num_requests, sandbox
from tests.colours import Colour


class Remark(Model):
    title: Text
    subject: Maybe[Person | Company]
    anything: Maybe[Model]


class Loose(Model, object="remarks"):
    """The same, with nothing declared."""


@pytest.fixture(scope="module")
def remarks() -> Iterator[dict[str, Any]]:
    """What remarks are about, in a workspace that no test of them changes."""
    with sandbox() as handle:
        handle.define(Remark)
        acme = Company.objects.create(name="Acme")
        ada = Person.objects.create(name="Byron, Ada", company=acme)
        bob = Person.objects.create(name="Zorn, Bob")
        Remark.objects.create(title="of acme", subject=acme, anything=ada)
        Remark.objects.create(title="of ada", subject=ada, anything=acme)
        Remark.objects.create(title="of bob", subject=bob)
        Remark.objects.create(title="of nobody")
        yield {"acme": acme, "ada": ada, "bob": bob}


@pytest.mark.parametrize("model", [Remark, Loose])
@pytest.mark.parametrize(
    ("lookups", "expected"),
    [
        ({"subject__companies__name": "Acme"}, {"of acme"}),
        ({"subject__people__name__first_name": "Ada"}, {"of ada"}),
        ({"subject__people__name__startswith": "Zzz"}, set()),
        ({"subject__people__company__name": "Acme"}, {"of ada"}),
        ({"subject__people__name__isnull": True}, {"of acme", "of nobody"}),
        ({"anything__companies__name__contains": "ACM"}, {"of ada"}),
        ({"anything__people__name__last_name__in": ["Byron", "Zorn"]}, {"of acme"}),
        ({"subject__people__id__isnull": False}, {"of ada", "of bob"}),
        ({"subject__target_object": "people"}, {"of ada", "of bob"}),
    ],
)
async def test_lookups(
    remarks: dict[str, Any],
    colour: Colour,
    model: type[Model],
    lookups: dict[str, Any],
    expected: set[str],
) -> None:
    found = await colour.items(model.objects.filter(**lookups))
    assert {each["title"] for each in found} == expected
    rest = await colour.items(model.objects.exclude(**lookups))
    assert {each["title"] for each in rest} == {
        "of acme", "of ada", "of bob", "of nobody",
    } - expected  # fmt: skip


def test_by_the_id_of_one_object(remarks: dict[str, Any]) -> None:
    acme, ada, bob = remarks["acme"], remarks["ada"], remarks["bob"]
    assert Remark.objects.filter(subject__companies__id=acme).pluck("title") == ["of acme"]
    assert Remark.objects.filter(subject__people__id__in=[ada, bob.id]).count() == 2
    assert Remark.objects.filter(subject__companies__id=ada.id).count() == 0
    with pytest.raises(ValidationError, match="a record of companies is needed, not of people"):
        Remark.objects.filter(subject__companies__id=ada).first()


def test_the_path_that_is_sent(remarks: dict[str, Any]) -> None:
    plan = Remark.objects.filter(subject__companies__name="Acme").explain()
    assert plan[0].json["filter"] == {
        "path": [["remarks", "subject"], ["companies", "name"]],
        "constraints": {"value": {"$eq": "Acme"}},
    }


async def test_orders(remarks: dict[str, Any], colour: Colour) -> None:
    for order in ("subject__people__name__last_name", through(Remark.subject, Person).name.asc()):
        people = Remark.objects.filter(subject__target_object="people").order_by(order)
        assert [each.title for each in await colour.items(people)] == ["of ada", "of bob"]
        backwards = [each.title for each in await colour.items(people.reverse())]
        assert backwards == ["of bob", "of ada"]


def test_through_equals_the_keyword_form(remarks: dict[str, Any]) -> None:
    subject: Any = Remark.subject
    for typed in (through(Remark.subject, Company).name, subject.companies.name):
        assert (typed == "Acme") == Q(subject__companies__name="Acme")
        assert Remark.objects.filter(typed == "Acme").count() == 1
    anything: Any = Remark.anything
    for typed in (through(anything, Person).company.name, anything.people.company.name):
        assert Remark.objects.filter(typed == "Acme").pluck("title") == ["of acme"]
    ids = through(Remark.subject, Person).id.in_([remarks["ada"].id])
    assert Remark.objects.filter(ids).count() == 1
    assert (through(Person.company, Company).name == "A") == Q(company__name="A")
    assert repr(through(Remark.subject, Company)) == "<Company through subject>".replace(
        ">", ".companies>"
    )


def test_through_refuses_what_cannot_be() -> None:
    with pytest.raises(UnsupportedLookup, match="records of people or companies, and Deal stands"):
        through(Remark.subject, Deal)
    with pytest.raises(TypeError, match=r"takes a relation of a class and a model"):
        through(Remark.title, Company)  # type: ignore[arg-type]
    with pytest.raises(
        UnknownAttributeError, match=r"Company declares no attribute 'nmae'.*__nmae="
    ):
        _ = through(Remark.subject, Company).nmae  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="stands for records of Company"):
        bool(through(Remark.subject, Company))
    with pytest.raises(AttributeError):
        _ = through(Remark.subject, Company).__len__  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", [Remark, Loose])
@pytest.mark.parametrize(
    ("lookup", "match"),
    [
        ("subject__name", r"refer to records of people or companies, .*: subject__people__name"),
        ("subject__deals__name", r"refers to people or companies, and 'deals' is neither"),
        ("subject__domains", r"has to be named before 'domains': subject__companies__domains"),
        ("subject__peple__name", r"theirs\. Did you mean 'people'\?$"),
        ("subject__companies", r"'companies' is an object, and has no value of its own"),
        ("subject__companies__isnull", r"write subject__target_object='companies'"),
        ("subject__companies__nmae", r"has no attribute 'nmae'. Did you mean 'name'"),
        ("anything__name", r"before 'name': anything__companies__name"),
    ],
)
def test_what_is_not_clear_is_refused(
    remarks: dict[str, Any], model: type[Model], lookup: str, match: str
) -> None:
    for queryset in (model.objects.filter(**{lookup: "x"}), model.objects.order_by(lookup)):
        with pytest.raises((UnsupportedLookup, UnknownAttributeError), match=match):
            queryset.first()
        expected = 1 if "anything" in lookup else 0  # Attio may have such an object by now
        refused = pytest.raises((UnsupportedLookup, UnknownAttributeError))
        with assert_num_requests(expected), refused:
            queryset.all().first()


def test_an_object_that_nobody_declared(attio_sandbox: SandboxHandle) -> None:
    class Gadget(Model, object="gadgets"):
        label: Text

    attio_sandbox.define(Remark, Gadget)
    gadget = Gadget.objects.create(label="Lamp")
    Remark.objects.create(title="of a lamp", anything=gadget)
    from attio_orm.models.registry import registry

    registry.models = [each for each in registry.models if each() is not Gadget]
    attio_sandbox.connection.schema.forget()
    plan = Remark.objects.filter(anything__gadgets__label="Lamp").explain()
    assert plan[0].path == "/v2/objects"
    assert "'gadgets' is not known yet" in plan[1].purpose
    found = Remark.objects.filter(anything__gadgets__label="Lamp").pluck("title")
    assert found == ["of a lamp"]
