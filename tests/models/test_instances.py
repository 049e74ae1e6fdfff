"""What every instance has: id, equality, repr, raw values, and instances that load when touched."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

import pytest

from attio_orm import (
    Company,
    DoesNotExist,
    Maybe,
    Model,
    NotConnectedError,
    NotLoadedError,
    One,
    Person,
    ValidationError,
    connect,
)
from attio_orm.attributes import PersonalName
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


@pytest.fixture
def record_id(attio_sandbox: Any) -> str:
    """A record of which no object is alive."""
    values = {"name": "Byron, Ada", "email_addresses": ["ada@lovelace.dev"]}
    (made,) = attio_sandbox.workspace.load("people", [values])
    return str(made)


def test_an_unsaved_instance_has_no_identity() -> None:
    ada = Person(name="Ada")

    assert (ada.id, ada.created_at, ada.web_url, ada.connection, ada.raw) == (
        None, None, None, None, {},
    )  # fmt: skip
    assert ada != Person(name="Ada")
    assert ada == ada
    with pytest.raises(TypeError, match=r"unsaved Person.*save it first"):
        hash(ada)


def test_a_saved_instance_tells_where_it_is_from(ada: Person, attio_sandbox: Any) -> None:
    assert ada.id is not None
    assert ada.created_at is not None
    assert ada.created_at.tzinfo == UTC
    assert abs((ada.created_at - datetime.now(UTC)).total_seconds()) < 60
    assert ada.web_url is not None
    assert ada.id in ada.web_url
    assert ada.connection is attio_sandbox.connection


def test_equality_and_hash_are_by_class_and_id(ada: Person) -> None:
    class Other(Model, object="people"):
        pass

    twin = Person.ref(str(ada.id))
    detached = pytest.importorskip("copy").copy(ada)

    assert twin == ada == detached
    assert len({ada, twin, detached}) == 1
    assert Other.ref(str(ada.id)) != ada
    assert ada != ada.id
    assert ada != Person.objects.create(name="Byron, Ada")


def test_raw_is_what_attio_sent(ada: Person) -> None:
    assert ada.raw["email_addresses"][0]["email_local_specifier"] == "ada"
    assert ada.raw["job_title"][0]["value"] == "Countess"
    ada.job_title = "x"
    assert ada.raw["job_title"][0]["value"] == "Countess"
    assert ada.raw["primary_location"] == []


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"name": "Byron, Ada"}, "'Ada Byron' (unsaved)"),
        ({}, "<Person (unsaved)>"),
        ({"name": "x" * 80}, "x…'"),
    ],
)
def test_a_short_repr_without_requests(values: dict[str, str], shown: str) -> None:
    assert shown in repr(Person(**values))
    assert len(repr(Person(**values))) < 80


def test_reprs_of_saved_deferred_and_deleted_records(ada: Person) -> None:
    short = str(ada.id).partition("-")[0]
    with assert_num_requests(0):
        assert repr(ada) == f"<Person 'Ada Byron' {short}>"
        assert repr(Company.ref(str(uuid4()))).endswith("(not loaded)>")
    ada.delete()
    assert repr(ada) == f"<Person 'Ada Byron' {short} (deleted)>"


def test_repr_never_loads_a_relation(attio_sandbox: Any) -> None:
    class Person(Model):
        company: Maybe[Company]

    Person.objects.create(name="Ada", company=Company.objects.create(name="Acme"))
    with connect("sandbox://"):
        pass
    (ada,) = Person.objects.all()
    with assert_num_requests(0):
        assert "Ada" in repr(ada)
        assert repr(Person.objects.filter(company__name="Acme"))


async def test_an_empty_one_raises_and_an_empty_maybe_is_none(
    attio_sandbox: Any, colour: Colour
) -> None:
    class Employee(Model, object="people"):
        name: PersonalName
        employer: One[Company] = One("company")
        company_: Maybe[Company] = Maybe("company")

    kim = await colour.call(Employee.objects, "create", name="Kim")

    assert kim.company_ is None
    with pytest.raises(Company.DoesNotExist, match=r"employer.*Maybe\["):
        _ = kim.employer
    (again,) = await colour.items(Employee.objects.includes("employer"))
    with pytest.raises(Company.DoesNotExist):
        _ = again.employer
    with pytest.raises(Company.DoesNotExist):
        _ = again.employer


class TestRef:
    def test_it_sends_nothing_until_it_is_touched(self, record_id: str) -> None:
        with assert_num_requests(0):
            ref = Person.ref(record_id)
            assert (ref.id, ref == Person.ref(record_id), hash(ref)) == (
                record_id, True, hash(Person.ref(record_id)),
            )  # fmt: skip
            assert repr(ref)
            assert ref.model_dump() == {"id": record_id, "created_at": None, "web_url": None}
        with assert_num_requests(1):
            assert ref.name.full_name == "Ada Byron"
            assert ref.email_addresses == ["ada@lovelace.dev"]

    @pytest.mark.parametrize("touch", ["created_at", "web_url", "raw", "name", "job_title"])
    def test_any_attribute_loads_it(self, record_id: str, touch: str) -> None:
        ref = Person.ref(record_id)
        with assert_num_requests(1):
            getattr(ref, touch)
            assert ref.created_at is not None

    def test_undeclared_attributes_load_it_too(self, record_id: str) -> None:
        class Contact(Model, object="people"):
            pass

        assert Contact.ref(record_id).name.full_name == "Ada Byron"
        assert Contact.ref(record_id)["name"].full_name == "Ada Byron"

    def test_the_live_object_is_given(self, ada: Person) -> None:
        assert Person.ref(str(ada.id)) is ada
        assert Person.ref(str(ada.id).upper()) is ada

    def test_it_is_filled_by_a_query(self, record_id: str) -> None:
        ref = Person.ref(record_id)
        (found,) = Person.objects.all()
        assert found is ref
        with assert_num_requests(0):
            assert ref.name.first_name == "Ada"

    async def test_a_set_value_is_saved_without_loading(
        self, record_id: str, attio_sandbox: Any, colour: Colour
    ) -> None:
        ref = Person.ref(record_id)
        await colour.call(Person.objects, "exists")
        Person.validate()
        attio_sandbox.requests.clear()
        ref.job_title = "Countess"
        assert ref.is_changed
        await colour.call(ref, "save")

        sent = [each for each in attio_sandbox.requests if each.method != "GET"]
        assert [(each.method, each.json) for each in sent] == [
            ("PATCH", {"data": {"values": {"job_title": "Countess"}}})
        ]
        assert not [each for each in attio_sandbox.requests if record_id in each.path][1:]
        assert ref.name.full_name == "Ada Byron"

    async def test_in_an_event_loop_it_is_loaded_by_hand(self, record_id: str) -> None:
        ref = Person.ref(record_id)
        with assert_num_requests(0), pytest.raises(NotLoadedError, match=r"await .*arefresh"):
            _ = ref.name
        await ref.arefresh()
        assert ref.name.full_name == "Ada Byron"

    def test_one_that_does_not_exist(self, attio_sandbox: Any) -> None:
        ref = Person.ref(str(uuid4()))
        for _ in range(2):
            with pytest.raises(Person.DoesNotExist):
                _ = ref.name

    @pytest.mark.parametrize("wrong", ["", "ada", "123", None, 5])
    def test_no_id(self, wrong: Any) -> None:
        with pytest.raises(ValidationError, match="takes the UUID of a record"):
            Person.ref(wrong)

    def test_it_may_be_made_before_connecting(self) -> None:
        ref = Person.ref(str(uuid4()))
        with pytest.raises(NotConnectedError):
            _ = ref.name
        with connect("sandbox://"), pytest.raises(DoesNotExist):
            _ = ref.name


def test_exceptions_belong_to_the_model(ada: Person) -> None:
    class Lead(Person):
        pass

    assert issubclass(Person.DoesNotExist, DoesNotExist)
    assert not issubclass(Person.DoesNotExist, Company.DoesNotExist)
    assert issubclass(Lead.DoesNotExist, Person.DoesNotExist)
    assert Person.DoesNotExist.__qualname__ == "Person.DoesNotExist"


def test_what_the_class_adds_itself_can_be_deleted(attio_sandbox: Any) -> None:
    class Lead(Person):
        @cached_property
        def initials(self) -> str:
            return "".join(part[0] for part in str(self.name).split())

    lead = Lead.objects.create(name="Ada Byron", job_title="Poet")
    assert (lead.initials, lead.job_title, bool(lead.created_at)) == ("AB", "Poet", True)
    lead._seen = 1
    lead.name = "Grace Hopper"
    del lead.initials, lead._seen
    assert lead.initials == "GH"
    assert not hasattr(lead, "_seen")
    for name in ("job_title", "created_at", "_state", "_seen", "save", "no_such"):
        with pytest.raises(TypeError, match=f"Lead.{name} cannot be deleted: set it to None"):
            delattr(lead, name)
    assert (lead.job_title, bool(lead.created_at)) == ("Poet", True)
