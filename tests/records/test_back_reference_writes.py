"""The other side of a relationship after an upsert or a delete, and in plain forms."""

from __future__ import annotations

import pickle

import pytest

from attio_orm import Company, Connection, Maybe, Model, NotLoadedError, Person
from attio_orm.attributes import PersonalName, Text
from attio_orm.testing import SandboxHandle, assert_num_requests


@pytest.fixture
def acme(attio_sandbox: SandboxHandle) -> Company:
    """A company whose team was read, and is Ada."""
    acme = Company.objects.create(name="Acme", domains=["acme.example.com"])
    Person.objects.create(name="Ada", email_addresses=["ada@x.example.com"], company=acme)
    acme.refresh()
    assert len(acme.team) == 1
    return acme


@pytest.fixture
def beta(attio_sandbox: SandboxHandle) -> Company:
    """Another company, whose team was read, and is empty."""
    beta = Company.objects.create(name="Beta", domains=["beta.example"])
    assert beta.team == []
    return beta


def ids_in(dumped: list[object]) -> list[object]:
    """The ids of related records in a ``model_dump()``, which may be dumped themselves."""
    return [each["id"] if isinstance(each, dict) else each for each in dumped]


class TestUpsert:
    def test_of_a_record_that_is_alive(self, acme: Company, beta: Company) -> None:
        (ada,) = acme.team
        emails = ["ada@x.example.com"]
        found = Person.objects.upsert("email_addresses", email_addresses=emails, company=beta)
        assert found is ada
        assert (list(acme.team), list(beta.team)) == ([], [ada])

    def test_of_a_record_that_is_not(self, acme: Company, beta: Company) -> None:
        del acme.__dict__["team"]  # nobody holds her any more
        emails = ["ada@x.example.com"]
        found = Person.objects.upsert("email_addresses", email_addresses=emails, company=beta)
        assert (list(acme.team), list(beta.team)) == ([], [found])

    async def test_in_async_code(self, attio_sandbox: SandboxHandle) -> None:
        acme, beta = [await Company.objects.acreate(name=name) for name in ("Acme", "Beta")]
        emails = ["ada@x.example.com"]
        ada = await Person.objects.acreate(name="Ada", email_addresses=emails, company=acme)
        await acme.aload("team")
        await Person.objects.aupsert("email_addresses", email_addresses=emails, company=beta)
        with pytest.raises(NotLoadedError, match=r'aload\("team"\)'):
            _ = acme.team
        await acme.aload("team")
        await beta.aload("team")
        assert (list(acme.team), list(beta.team)) == ([], [ada])

    def test_that_takes_the_relation_away(self, acme: Company) -> None:
        (ada,) = acme.team
        Person.objects.upsert(
            "email_addresses", email_addresses=["ada@x.example.com"], company=None
        )
        assert ada.company is None
        with assert_num_requests(1):
            assert acme.team == []

    def test_that_says_nothing_of_it(self, acme: Company) -> None:
        Person.objects.upsert(
            "email_addresses", email_addresses=["ada@x.example.com"], name="King, A"
        )
        with assert_num_requests(0):
            assert len(acme.team) == 1

    def test_of_a_list(self, acme: Company, beta: Company) -> None:
        (ada,) = acme.team
        assert ada.company is acme
        Company.objects.upsert("domains", domains=["beta.example"], team=[ada])
        assert ada.company is beta
        assert acme.team == []


class TestDelete:
    def test_of_a_record_that_was_read(self, acme: Company) -> None:
        (ada,) = acme.team
        with assert_num_requests(1):
            ada.delete()
        with assert_num_requests(1):
            assert acme.team == []

    def test_of_one_that_was_never_read(self, acme: Company) -> None:
        record_id = str(acme.team[0].id)
        del acme.__dict__["team"]
        with assert_num_requests(1):
            Person.ref(record_id).delete()
        assert acme.team == []

    def test_of_the_one_side(self, acme: Company) -> None:
        (ada,) = acme.team
        assert ada.company is acme
        acme.delete()
        assert ada.company is None

    def test_of_all_that_match(self, acme: Company) -> None:
        Person.objects.filter(company=acme).delete(confirm=1)
        assert acme.team == []

    def test_in_a_dry_run(self, acme: Company) -> None:
        (ada,) = acme.team
        assert acme.connection is not None
        with acme.connection.dry_run():
            ada.delete()
        with assert_num_requests(0):
            assert acme.team == [ada]


def test_a_save_of_what_was_never_read(acme: Company, beta: Company) -> None:
    record_id = str(acme.team[0].id)
    del acme.__dict__["team"]
    ada = Person.ref(record_id)
    ada.company = beta
    ada.save()
    assert (list(acme.team), list(beta.team)) == ([], [ada])


class TestPlainForms:
    """What is known without a request: the new ids in a dump, and no old ones anywhere."""

    @pytest.fixture
    def mover(self, acme: Company, beta: Company) -> Person:
        """Moved from Acme to Beta just now."""
        (mover,) = acme.team
        mover.company = beta
        mover.save()
        return mover

    def test_a_dump_has_what_the_save_made_of_it(
        self, mover: Person, acme: Company, beta: Company
    ) -> None:
        with assert_num_requests(0):
            assert acme.model_dump()["team"] == []
            assert ids_in(beta.model_dump()["team"]) == [mover.id]

    def test_raw_is_without_it_until_it_is_touched(
        self, mover: Person, acme: Company, beta: Company
    ) -> None:
        with assert_num_requests(0):
            assert "team" not in acme.raw
            assert "name" in acme.raw
            assert "team" not in beta.raw
        assert beta.team == [mover]
        assert [each["target_record_id"] for each in beta.raw["team"]] == [mover.id]

    def test_a_pickle_knows_that_it_is_to_be_read_anew(
        self, mover: Person, acme: Company, beta: Company
    ) -> None:
        with assert_num_requests(0):
            here, there = (pickle.loads(pickle.dumps(each)) for each in (acme, beta))
            assert (here.model_dump()["team"], there.model_dump()["team"]) == ([], [mover.id])
            assert "team" not in there.raw
        with pytest.raises(NotLoadedError, match="detached"):
            _ = there.team

    def test_an_assignment_is_a_change_of_what_is_known(
        self, mover: Person, acme: Company, beta: Company, attio_sandbox: SandboxHandle
    ) -> None:
        acme.team = []
        assert not acme.is_changed
        beta.team = []
        assert list(beta.changes) == ["team"]
        beta.save(on_conflict="raise")
        assert mover.company is None
        assert attio_sandbox.requests[-1].json != {}

    def test_an_answer_with_the_same_values_settles_it(self, acme: Company) -> None:
        """Somebody undid the change before the record was read anew."""
        (mover,) = acme.team
        mover.company = None
        mover.save()
        assert acme.connection is not None
        with acme.connection.session():
            again = Person.objects.get(id=mover.id)
            again.company = Company.ref(str(acme.id))
            again.save()
        acme.refresh()
        assert acme.team == [mover]
        assert len(acme.raw["team"]) == 1


class TestThreeSides:
    """Relationships of which each side holds one record, and of records to their own kind."""

    @pytest.fixture
    def connection(self, attio_sandbox: SandboxHandle) -> Connection:
        """People with a desk each, and with a mentor each who has many."""
        workspace = attio_sandbox.workspace
        workspace.define_object("desks", "Desk", "Desks")
        workspace.define_attribute("desks", api_slug="name", type="text")
        for slug, target, back, many in (
            ("desk", "desks", "sitter", False),
            ("mentor", "people", "mentees", True),
        ):
            workspace.define_attribute(
                "people",
                api_slug=slug,
                type="record-reference",
                allowed_objects=[target],
                relationship={"object": target, "api_slug": back, "is_multiselect": many},
            )
        connection = attio_sandbox.connection
        for object in ("people", "desks"):
            connection.schema.fetch(object)
        return connection

    def test_one_to_one(self, connection: Connection) -> None:
        desks = connection.model("desks").objects
        left, right = (desks.create(name=name) for name in ("Left", "Right"))
        ada, bob = (Person.objects.create(name=name) for name in ("Ada", "Bob"))
        ada["desk"], bob["desk"] = left, right
        ada.save()
        bob.save()
        assert (left["sitter"], right["sitter"]) == (ada, bob)
        assert (ada["desk"], bob["desk"]) == (left, right)
        ada["desk"] = right
        ada.save()
        assert (left["sitter"], right["sitter"], bob["desk"]) == (None, ada, None)
        left["sitter"] = ada
        left.save()
        assert (ada["desk"], right["sitter"]) == (left, None)
        ada.delete()
        assert left["sitter"] is None

    def test_of_its_own_kind(self, connection: Connection) -> None:
        ada, bob = (Person.objects.create(name=name) for name in ("Ada", "Bob"))
        assert ada["mentees"] == []
        bob["mentor"] = ada
        bob.save()
        assert ada["mentees"] == [bob]
        ada["mentor"] = ada
        ada.save()
        assert set(ada["mentees"]) == {ada, bob}

    def test_a_class_that_does_not_have_the_other_side(self, connection: Connection) -> None:
        class Colleague(Model, object="people", strict=True):
            name: PersonalName
            mentor: Maybe[Person]

        class Firm(Model, object="companies", strict=True):
            name: Text

        firm = Firm.objects.create(name="Firm")
        ada = Person.objects.create(name="Ada", company=Company.ref(str(firm.id)))
        ada.company = None
        ada.save()
        ada.delete()
        assert firm.name == "Firm"
        assert Colleague.objects.count() == 0
