"""``SandboxHandle.define()``: a workspace that has what the models declare."""

from __future__ import annotations

from typing import Literal

import pytest

from attio_orm import Maybe, Model
from attio_orm.attributes import MultiSelect, Select, Status, Text
from attio_orm.embedded import SandboxHandle
from attio_orm.errors import ValidationError


def titles(handle: SandboxHandle, object: str, attribute: str, kind: str) -> list[str]:
    api = getattr(handle.connection.api, kind)
    return [each["title"] for each in api.list(object, attribute)]


def test_adds_the_statuses_that_a_standard_attribute_lacks(attio_sandbox: SandboxHandle) -> None:
    class Deal(Model, on_drift="ignore"):  # the other statuses are still there
        name: Text
        stage: Status[Literal["Lead", "Prospecting", "Engaging"]]

    attio_sandbox.define(Deal)
    attio_sandbox.define(Deal)  # what is there stays as it is
    there = titles(attio_sandbox, "deals", "stage", "statuses")
    assert there == ["Lead", "In Progress", "Won 🎉", "Lost", "Prospecting", "Engaging"]
    deal = Deal.objects.create(name="A", stage="Engaging", owner="owner@sandbox.example")
    assert deal.stage == "Engaging"


def test_adds_the_options_that_a_select_lacks(attio_sandbox: SandboxHandle) -> None:
    class Company(Model):
        categories: MultiSelect = MultiSelect(options=["Software", "Sailing"])

    before = titles(attio_sandbox, "companies", "categories", "options")
    attio_sandbox.define(Company)
    after = titles(attio_sandbox, "companies", "categories", "options")
    new = [title for title in ("Software", "Sailing") if title not in before]
    assert new
    assert after == [*before, *new]


def test_knows_options_that_came_later(attio_sandbox: SandboxHandle) -> None:
    class Early(Model, object="projects"):
        size: Select = Select(options=["S"])

    attio_sandbox.define(Early)
    with pytest.raises(ValidationError, match="'S'"):
        Early.objects.create(size="XL")

    class Late(Model, object="projects"):
        size: Select = Select(options=["S", "XL"])

    attio_sandbox.define(Late)
    assert Late.objects.create(size="XL").size == "XL"


def test_leaves_an_attribute_of_another_type_alone(attio_sandbox: SandboxHandle) -> None:
    class Person(Model):
        job_title: Select = Select(options=["CEO"])

    attio_sandbox.define(Person)
    (drift,) = attio_sandbox.connection.drift(Person)
    assert drift.kind == "retyped"


def test_archived_option_is_not_made_again(attio_sandbox: SandboxHandle) -> None:
    class Project(Model):
        size: Select = Select(options=["S", "XL"])

    attio_sandbox.define(Project)
    api = attio_sandbox.connection.api
    api.options.update("projects", "size", "S", is_archived=True)
    attio_sandbox.define(Project)
    assert titles(attio_sandbox, "projects", "size", "options") == ["XL"]


def test_makes_the_objects_that_relations_refer_to(attio_sandbox: SandboxHandle) -> None:
    class Port(Model):
        name: Text
        ship: Maybe[Ship]

    class Ship(Model):
        name: Text
        sister: Maybe[Ship]

    attio_sandbox.define(Port, Ship)
    assert attio_sandbox.requests == []  # it is no request of the application
    first = Ship.objects.create(name="Argo")
    second = Ship.objects.create(name="Argo II", sister=first)
    port = Port.objects.create(name="Iolcos", ship=second)
    assert port.ship is second
    assert Port.objects.get(ship__sister__name="Argo") == port
