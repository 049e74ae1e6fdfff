"""What a connection sends before it is used: the objects, and each declared model's attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from attio_orm import Many, Model, ValidationError, connect
from attio_orm.attributes import EmailAddress, PersonalName, Status, Text
from attio_orm.models.registry import registry
from attio_orm.testing import assert_num_requests


class Person_(Model, object="people"):
    name: PersonalName


class Company_(Model, object="companies"):
    name: Text


class Deal_(Model, object="deals"):
    name: Text


class User_(Model, object="users"):
    primary_email_address: EmailAddress


class Workspace_(Model, object="workspaces"):
    users: Many[User_]


def test_five_declared_models_take_six_requests() -> None:
    with connect("sandbox://") as connection:
        sent = connection.sandbox.requests  # type: ignore[union-attr]
        assert len(registry.declared()) == 5
        assert [each.path for each in sent].count("/v2/objects") == 1
        assert len(sent) == 6


def test_two_models_of_one_object_share_its_schema() -> None:
    class Second(Model, object="people"):
        pass

    with connect("sandbox://", on_drift="ignore") as connection:
        assert len(connection.sandbox.requests) == 6  # type: ignore[union-attr]


def test_a_snapshot_takes_none(tmp_path: Path) -> None:
    path = tmp_path / "attio_schema.json"
    url = f"sandbox:////{tmp_path.as_posix().lstrip('/')}/w.db"

    class Staged(Model, object="deals"):
        stage: Status[Literal["Lead", "In Progress", "Won 🎉", "Lost"]]

    with connect(url, on_drift="ignore") as connection:
        connection.schema.save(path)
        Company_.objects.create(name="Acme")
    with connect(url, schema=path) as again:
        assert list(again.sandbox.requests) == []  # type: ignore[union-attr]
        with assert_num_requests(1):
            acme = Company_.objects.get(name="Acme")
        with assert_num_requests(1):
            acme.description = "Pumps"
            acme.save()
        with pytest.raises(ValidationError, match="'Lost'"), assert_num_requests(0):
            Staged.validate(stage="Wno")


def test_a_snapshot_that_is_none_says_how_to_make_one(tmp_path: Path) -> None:
    path = tmp_path / "attio_schema.json"
    path.write_text("{}")
    with pytest.raises(ValidationError, match=r"attio_schema\.json.*schema\.save"):
        connect("sandbox://", schema=path)
    with pytest.raises((ValidationError, FileNotFoundError), match=r"missing\.json"):
        connect("sandbox://", schema=tmp_path / "missing.json")
