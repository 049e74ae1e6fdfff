"""Instances as plain data: pickles, copies, ``model_dump()``."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest

from attio_orm import (
    Company,
    Deal,
    Model,
    NotLoadedError,
    Person,
    UnknownAttributeError,
    User,
    ValidationError,
    connect,
)
from attio_orm.attributes import EmailAddresses, PersonalName, Text
from attio_orm.records.base import mapper_of
from attio_orm.testing import assert_num_requests

DUPLICATES = {
    "pickle": lambda each: pickle.loads(pickle.dumps(each)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
Duplicate = Callable[[Any], Any]


class Contact(Model, object="people"):
    """Declares some, leaves the rest to the workspace."""

    name: PersonalName
    email_addresses: EmailAddresses


@pytest.fixture(params=DUPLICATES.values(), ids=DUPLICATES.keys())
def duplicate(request: pytest.FixtureRequest) -> Duplicate:
    found: Duplicate = request.param
    return found


class TestCopies:
    def test_a_duplicate_is_equal_and_detached(self, ada: Person, duplicate: Duplicate) -> None:
        with assert_num_requests(0):
            twin = duplicate(ada)

        assert twin == ada
        assert twin is not ada
        assert hash(twin) == hash(ada)
        assert twin.connection is None
        assert (twin.name, twin.job_title, twin.raw) == (ada.name, ada.job_title, ada.raw)
        assert twin.created_at == ada.created_at
        assert twin.web_url == ada.web_url
        assert not twin.is_changed

    def test_unsaved_changes_go_with_it(self, ada: Person, duplicate: Duplicate) -> None:
        bob = Person.objects.create(name="Bob")
        acme = ada.company
        assert acme is not None
        ada.job_title = "Analyst"
        ada.email_addresses.append("ada@king.dev")
        ada.company = None
        acme.team = [bob]
        twin, company = duplicate(ada), duplicate(acme)

        assert twin.changes == ada.changes
        assert [each.id for each in company.changes["team"].new] == [bob.id]
        twin.email_addresses.append("only@twin.dev")
        assert "only@twin.dev" not in ada.email_addresses
        twin.save()
        company.save()
        assert not twin.is_changed
        ada.refresh()
        assert ada.job_title == "Analyst"
        assert set(ada.email_addresses) == {
            "ada@acme.com", "ada@lovelace.dev", "ada@king.dev", "only@twin.dev",
        }  # fmt: skip
        assert ada.company is None

    def test_an_unsaved_instance(self, attio_sandbox: Any, duplicate: Duplicate) -> None:
        acme = Company.objects.create(name="Acme")
        twin = duplicate(Person(name="Ada", email_addresses=["a@b.co"], company=acme))

        assert twin.id is None
        twin.save()
        assert Person.objects.get(company=acme) is twin

    def test_undeclared_attributes_are_read_without_a_connection(
        self, ada: Person, duplicate: Duplicate
    ) -> None:
        contact = Contact.objects.get(id=ada.id)
        data = pickle.dumps(contact)
        ada.connection.close()  # type: ignore[union-attr]
        twin = duplicate(contact) if duplicate is not DUPLICATES["pickle"] else pickle.loads(data)

        assert twin.job_title == "Countess"
        assert twin["job_title"] == "Countess"
        assert twin.model_dump()["job_title"] == "Countess"

    def test_a_duplicate_with_undeclared_attributes_saves(
        self, ada: Person, duplicate: Duplicate, attio_sandbox: Any
    ) -> None:
        twin = duplicate(Contact.objects.get(id=ada.id))
        with assert_num_requests(0):
            twin.save()
        twin.job_title = "Analyst"
        twin.save()

        assert attio_sandbox.requests[-1].json == {"data": {"values": {"job_title": "Analyst"}}}

    def test_values_set_before_anything_is_known_go_with_it(self, duplicate: Duplicate) -> None:
        assert duplicate(Contact(name="Ada", job_title="Countess")).job_title == "Countess"

    def test_a_deferred_one_stays_deferred(self, attio_sandbox: Any, duplicate: Duplicate) -> None:
        (record_id,) = attio_sandbox.workspace.load("people", [{"name": "Ada"}])
        ref = Person.ref(record_id)
        ref.job_title = "x"
        with assert_num_requests(0):
            twin = duplicate(ref)
            assert twin.changes["job_title"].new == "x"
            twin.job_title = "Analyst"
        twin.save()
        assert Person.objects.get(job_title="Analyst").id == record_id

    def test_a_relation_that_was_not_loaded_says_so(
        self, ada: Person, duplicate: Duplicate
    ) -> None:
        assert ada.connection is not None
        with ada.connection.session():  # where nothing is loaded yet
            twin = duplicate(Person.objects.get(id=ada.id))
        with pytest.raises(NotLoadedError, match="is detached, and holds no company: fetch it"):
            _ = twin.company

    def test_a_deleted_one_stays_deleted(self, ada: Person, duplicate: Duplicate) -> None:
        ada.delete()
        twin = duplicate(ada)
        twin.delete()
        with pytest.raises(Person.DoesNotExist):
            twin.save()


def test_a_pickle_survives_a_model_that_changed(ada: Person) -> None:
    contact = Contact.objects.get(id=ada.id)
    contact.name = "King, Ada"
    contact.email_addresses.append("ada@king.dev")
    data = pickle.dumps(contact)

    class Newer(Model, object="people"):
        full_name: PersonalName = PersonalName("name")
        nickname: Text

    with mock.patch.dict(globals(), Contact=Newer):
        Newer.__qualname__ = "Contact"
        twin = pickle.loads(data)

    assert type(twin) is Newer
    assert twin.full_name == "Ada King"
    assert twin.nickname is None
    assert set(twin.changes) == {"full_name", "email_addresses"}


def test_a_change_of_what_a_model_no_longer_declares_is_not_lost(attio_sandbox: Any) -> None:
    ada = Person.objects.create(name="Ada")
    ada.job_title = "Countess"
    new = Contact(name="Bob", job_title="Analyst")
    data, detached = pickle.dumps(ada), pickle.dumps(new)

    class Loose(Model, object="people"):
        name: PersonalName

    class Strict(Model, object="people", strict=True):
        name: PersonalName

    def restored(model: type[Model], data: bytes) -> Any:
        rebuild, (_, *rest) = pickle.loads(data).__reduce__()
        return rebuild(model, *rest)

    attio_sandbox.connection.close()
    with connect("sandbox://"):
        assert restored(Loose, data).changes == {"job_title": (None, "Countess")}
        assert restored(Loose, detached).job_title == "Analyst"
        refused = restored(Strict, data)
        assert refused.is_changed
        with pytest.raises(UnknownAttributeError, match=r"'job_title' \(the model is strict"):
            refused.save()


def test_a_match_goes_with_a_copy(attio_sandbox: Any, duplicate: Duplicate) -> None:
    acme = Company.objects.create(name="Acme", domains=["acme.com"])
    ada = Person.objects.create(name="Ada")
    ada.company = Company.by(domains="acme.com")  # type: ignore[assignment]
    twin = duplicate(ada)
    assert json.dumps(twin.model_dump(mode="json")["company"])
    twin.save()
    ada.refresh()

    assert ada.company is acme


def test_a_record_of_an_undeclared_object_is_pickled_by_its_slug(attio_sandbox: Any) -> None:
    attio_sandbox.workspace.define_object("things", "Thing", "Things")
    attio_sandbox.workspace.define_attribute("things", api_slug="size", type="number")
    thing = attio_sandbox.connection.model("things").objects.create(size=3)

    twin = pickle.loads(pickle.dumps(thing))

    assert twin == thing
    assert twin.size == 3


def test_a_connection_is_not_pickled(attio_sandbox: Any) -> None:
    with pytest.raises(TypeError, match="connect\\(\\) again"):
        pickle.dumps(attio_sandbox.connection)


class TestDump:
    def test_it_has_everything_and_asks_for_nothing(self, ada: Person) -> None:
        acme_id = str(ada.raw["company"][0]["target_record_id"])
        assert ada.connection is not None
        with ada.connection.session():  # where nothing is loaded yet
            fetched = pickle.loads(pickle.dumps(Person.objects.get(id=ada.id)))
        with assert_num_requests(0):
            dumped = fetched.model_dump()

        assert list(dumped)[:3] == ["id", "created_at", "web_url"]
        assert set(mapper_of(Person).attributes) <= set(dumped)
        assert dumped["created_at"] == ada.created_at
        assert dumped["company"] == acme_id
        assert dumped["name"] == "Ada Byron"
        assert dumped["email_addresses"] == ["ada@acme.com", "ada@lovelace.dev"]
        assert dumped["associated_deals"] == []
        assert dumped["primary_location"] is None

    def test_loaded_relations_are_dumped_in_turn_and_circles_end(self, ada: Person) -> None:
        acme = ada.company
        assert acme is not None
        acme.refresh()
        assert [each.id for each in acme.team] == [ada.id]
        dumped = ada.model_dump()

        assert dumped["company"]["name"] == "Acme"
        (member,) = dumped["company"]["team"]
        assert member["company"] == acme.id

    def test_json_mode_is_plain_json(self, attio_sandbox: Any) -> None:
        deal = Deal.objects.create(
            name="Big", stage="Won 🎉", owner="owner@sandbox.example", value="12.50"
        )
        dumped = deal.model_dump(mode="json")

        assert json.loads(json.dumps(dumped)) == dumped
        assert dumped["stage"] == "Won 🎉"
        assert dumped["created_at"] == deal.created_at.isoformat()  # type: ignore[union-attr]

    def test_unsaved_changes_are_in_it(self, ada: Person) -> None:
        ada.job_title = "Analyst"
        ada.company = None
        assert ada.model_dump()["job_title"] == "Analyst"
        assert ada.model_dump()["company"] is None
        assert Person(name="Ada").model_dump()["id"] is None


def test_user_and_deal_have_no_problem_with_required_values_in_a_dump() -> None:
    assert User().model_dump()["primary_email_address"] is None
    with pytest.raises(ValidationError):
        Deal(name=3)
