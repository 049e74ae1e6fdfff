"""What is written out for a class gives what going through its attributes one by one gives."""

from __future__ import annotations

import datetime as dt
import gc
import json
import linecache
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import (
    Company,
    ListEntry,
    Many,
    Maybe,
    Model,
    Person,
    Session,
    ValidationError,
    connect,
)
from attio_orm import attributes as kinds
from attio_orm.records import rows
from attio_orm.records.base import mapper_of, state_of
from attio_orm.records.loading import LoadContext, materialize
from attio_orm.records.names import all_attributes
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.types.timestamps import format_timestamp, iso_format
from tests.colours import Colour
from tests.types.strategies import MOMENT

MODES: tuple[Literal["python"], Literal["json"]] = ("python", "json")
AUTHOR = {"type": "workspace-member", "id": "11111111-1111-4111-8111-111111111111"}
ACME = "22222222-2222-4222-8222-222222222222"


class Contact(Model, object="people"):
    """Declares some, leaves the rest to the workspace."""

    name: kinds.PersonalName
    company: Maybe[Company]


class Everything(Model, object="everything", strict=True):
    """An attribute of each type, and lists of those that have lists."""

    text: kinds.Text
    number: kinds.Number
    rating: kinds.Rating
    checkbox: kinds.Checkbox
    currency: kinds.Currency
    date: kinds.Date
    timestamp: kinds.Timestamp
    select: kinds.Select
    selects: kinds.MultiSelect
    status: kinds.Status
    actor: kinds.Actor
    actors: kinds.Actors
    location: kinds.Location
    domain: kinds.Domain
    domains: kinds.Domains
    email: kinds.EmailAddress
    email_list: kinds.EmailAddresses
    phone: kinds.PhoneNumber
    phones: kinds.PhoneNumbers
    name: kinds.PersonalName
    interaction: kinds.Interaction
    one: Maybe[Company]
    many: Many[Company]


def wire(kind: str, **members: Any) -> dict[str, Any]:
    return {"attribute_type": kind, "active_from": "2024-01-02T03:04:05.678000000Z", **members}


def choice(title: str, name: str) -> dict[str, Any]:
    return {"id": {name: title}, "title": title, "is_archived": False}


WIRES = [
    wire("text", value="Countess"),
    wire("text", value="\u2028 \"quoted\" \\ é"),
    wire("text", value=""),
    wire("number", value=3),
    wire("number", value=1e300),
    wire("rating", value=4.0),
    wire("checkbox", value=True),
    wire("currency", currency_value="12.50", currency_code="EUR"),
    wire("currency", currency_value=9007199254740993, currency_code=None),
    wire("currency", currency_value="1" * 400, currency_code="EUR"),
    wire("date", value="2024-02-29"),
    wire("timestamp", value="2024-02-29T01:02:03.000000000Z"),
    wire("timestamp", value="2024-02-29T01:02:03.004005006+02:00"),
    wire("timestamp", value="yesterday"),
    wire("select", option=choice("VIP", "option_id")),
    wire("select", option="33333333-3333-4333-8333-333333333333"),
    wire("status", status=choice("Won 🎉", "status_id")),
    wire("actor-reference", referenced_actor_type="workspace-member", referenced_actor_id=ACME),
    wire("actor-reference", referenced_actor_type="system", referenced_actor_id=None),
    wire("location", locality="London", latitude="51.5", country_code="GB"),
    wire("domain", domain="acme.com", root_domain="acme.com"),
    wire("email-address", email_address="ada@acme.com", original_email_address="Ada@Acme.com"),
    wire("phone-number", phone_number="+12025550147"),
    wire("phone-number", original_phone_number="0207 946 0000", country_code="GB"),
    wire("personal-name", first_name="Ada", last_name=None, full_name="Ada Byron"),
    wire("personal-name", first_name="Ada", last_name="Byron"),
    wire("interaction", interaction_type="email", interacted_at="2024-02-29T01:02:03.004000000Z",
         owner_actor=AUTHOR),
    wire("interaction", interaction_type="call"),
    wire("record-reference", target_object="companies", target_record_id=ACME),
    wire("record-reference", target_object=3, target_record_id=ACME),
    wire("record-reference", target_object="companies", target_record_id=None),
    wire("hologram", depth=3),
    wire("text", value=7),
    wire("text", value=None),
    {"value": "of no type"},
    "no object",
    None,
]  # fmt: skip
BY_TYPE: dict[str, list[Any]] = {}
for each in WIRES:
    if isinstance(each, dict):
        BY_TYPE.setdefault(str(each.get("attribute_type")), []).append(each)


def values_of(attribute: Any) -> st.SearchStrategy[Any]:
    """Mostly what the attribute is declared to have, and then anything."""
    expected = st.sampled_from(BY_TYPE[attribute.type])
    return st.lists(expected, max_size=2) | st.lists(st.sampled_from(WIRES), max_size=3) | st.none()


RECORD = st.fixed_dictionaries(
    {}, optional={each.slug: values_of(each) for each in mapper_of(Everything).attributes.values()}
)


def one_by_one(record: Model, mode: Literal["python", "json"]) -> dict[str, Any]:
    """The dump of a record that is asked for by the name of each attribute."""
    names = ["id", "created_at", "web_url", *(each.name for each in all_attributes(record))]
    return record.model_dump(mode=mode, include=names)


def exact(data: Any) -> Any:
    """Plain data with the classes of what is in it, which compare equal where they differ."""
    if type(data) is dict:
        return [(name, exact(each)) for name, each in data.items()]
    if type(data) is list:
        return [exact(each) for each in data]
    return type(data), data


@pytest.fixture(scope="module")
def batch() -> Iterator[LoadContext]:
    with connect("sandbox://", on_drift="ignore") as connection:
        yield LoadContext(connection, Session(connection))


def loaded(batch: LoadContext, values: Any, model: type[Any] = Everything, id: str = ACME) -> Any:
    row = rows.Row(
        rows.RowId(id), "2024-01-02T03:04:05.678000000Z", "https://x", rows.encode_values(values)
    )
    batch.session = Session(batch.connection)
    (record,) = materialize(model, [row], batch)
    return record


@settings(max_examples=150, deadline=None)
@given(values=RECORD, read=st.sets(st.sampled_from([*mapper_of(Everything).attributes])))
def test_whatever_a_record_has_and_whatever_was_read_of_it(
    batch: LoadContext, values: Any, read: set[str]
) -> None:
    for mode in MODES:
        record, twin = loaded(batch, values), loaded(batch, values)
        for name in read - {"one", "many"}:
            getattr(record, name)
        for name in mapper_of(Everything).attributes.keys() - {"one", "many"}:
            getattr(twin, name)
        expected = exact(one_by_one(twin, mode))
        assert exact(record.model_dump(mode=mode)) == expected
        assert exact(record.model_dump(mode=mode)) == expected  # all of it is read by now
        assert not record.is_changed
    assert json.loads(record.model_dump_json()) == record.model_dump(mode="json")


def test_the_text_of_a_record(batch: LoadContext) -> None:
    record = loaded(batch, {
        "name": [WIRES[24]], "email_list": [WIRES[21]], "currency": [WIRES[7]],
        "actor": [WIRES[17]],
        "timestamp": [WIRES[11]], "date": [WIRES[10]], "status": [WIRES[16]], "one": [WIRES[28]],
        "interaction": [WIRES[26]], "location": [WIRES[19]], "number": [WIRES[3]],
        "phone": [WIRES[23]],
    })  # fmt: skip
    assert record.model_dump_json() == (
        f'{{"id":"{ACME}","created_at":"2024-01-02T03:04:05.678000+00:00","web_url":"https://x",'
        '"text":null,"number":3.0,"rating":null,"checkbox":null,'
        '"currency":{"amount":12.5,"currency":"EUR"},"date":"2024-02-29",'
        '"timestamp":"2024-02-29T01:02:03+00:00","select":null,"selects":[],"status":"Won 🎉",'
        f'"actor":{{"type":"workspace-member","id":"{ACME}"}},"actors":[],'
        '"location":{"line_1":null,"line_2":null,"line_3":null,"line_4":null,"locality":"London",'
        '"region":null,"postcode":null,"country_code":"GB","latitude":"51.5","longitude":null},'
        '"domain":null,"domains":[],"email":null,"email_list":["ada@acme.com"],'
        '"phone":{"original_phone_number":"0207 946 0000","country_code":"GB"},"phones":[],'
        '"name":{"first_name":"Ada","last_name":"","full_name":"Ada Byron"},'
        '"interaction":{"interaction_type":"email","interacted_at":"2024-02-29T01:02:03.004000Z",'
        '"owner_actor":{"type":"workspace-member","id":"11111111-1111-4111-8111-111111111111"}},'
        f'"one":"{ACME}","many":[]}}'
    )


@given(moment=MOMENT | MOMENT.map(lambda each: each.replace(microsecond=0)))
def test_moments_are_written_as_python_writes_them(moment: dt.datetime) -> None:
    assert iso_format(moment) == moment.isoformat()
    assert format_timestamp(moment) == f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}".rjust(
        27, "0"
    )


class TestWhatTheWorkspaceHasBeside:
    def test_a_new_attribute_is_seen(self, attio_sandbox: SandboxHandle, ada: Person) -> None:
        contact = Contact.objects.get(id=ada.id)
        before = contact.model_dump()
        assert before["job_title"] == "Countess"
        assert exact(before) == exact(one_by_one(contact, "python"))
        attio_sandbox.workspace.define_attribute("people", api_slug="nick", type="text")
        other = Contact.objects.create(name="Bob", nick="Bobby")
        attio_sandbox.connection.schema.forget()
        contact.refresh()

        assert list(contact.model_dump()) == [*before, "nick"]
        assert other.model_dump(mode="json")["nick"] == "Bobby"
        assert exact(contact.model_dump(mode="json")) == exact(one_by_one(contact, "json"))

    def test_an_archived_one_is_left_out(self, attio_sandbox: SandboxHandle, ada: Person) -> None:
        connection = attio_sandbox.connection
        attio_sandbox.workspace.define_attribute("people", api_slug="nick", type="text")
        contact = Contact.objects.create(name="Bob", nick="Bobby")
        assert contact.model_dump()["nick"] == "Bobby"
        connection.api.attributes.update("people", "nick", is_archived=True)
        connection.schema.forget()
        Contact.objects.get(id=ada.id)  # which reads the schema anew
        assert "nick" not in contact.model_dump()
        assert exact(contact.model_dump()) == exact(one_by_one(contact, "python"))

    def test_records_that_have_some_of_them(
        self, attio_sandbox: SandboxHandle, ada: Person
    ) -> None:
        context = state_of(Contact.objects.get(id=ada.id)).context
        assert context is not None
        for values in (
            {"job_title": [wire("text", value="a")], "name": []},
            {"description": [wire("text", value="b")], "job_title": [wire("text", value="c")]},
            {"nobody_knows": [wire("number", value=3)], "job_title": []},
            {},
        ):
            for _ in range(2):
                record = loaded(LoadContext(context.connection, context.session), values, Contact)
                for mode in MODES:
                    assert exact(record.model_dump(mode=mode)) == exact(one_by_one(record, mode))
                named = set(values) - {"name"}
                assert set(record.model_dump()) == {
                    "id", "created_at", "web_url", "name", "company", *named,
                }  # fmt: skip


class TestTheFirstDump:
    async def test_it_reads_all_but_relations_and_asks_for_nothing(
        self, ada: Person, colour: Colour
    ) -> None:
        with ada.connection.session():  # type: ignore[union-attr]
            person = await colour.call(Person.objects, "get", id=ada.id)
            with assert_num_requests(0):
                assert person.model_dump()["company"] == person.model_dump(mode="json")["company"]
            assert "company" not in vars(person)
            assert {"name", "email_addresses", "job_title"} <= set(vars(person))
            assert not person.is_changed

    def test_what_was_read_or_changed_stays(self, ada: Person) -> None:
        with ada.connection.session():  # type: ignore[union-attr]
            person = Person.objects.get(id=ada.id)
            emails = person.email_addresses
            emails.append("ada@king.dev")
            person.job_title = None
            dumped = person.model_dump()
            assert dumped["email_addresses"] == ["ada@acme.com", "ada@lovelace.dev", "ada@king.dev"]
            assert dumped["job_title"] is None
            assert set(person.changes) == {"email_addresses", "job_title"}
            assert person.email_addresses is emails
            dumped[
                "email_addresses"
            ].clear()  # a list of its own, of which the record hears nothing
            assert len(emails) == 3

    def test_the_ids_of_an_unloaded_relation_are_a_list_of_its_own(
        self, batch: LoadContext
    ) -> None:
        record = loaded(batch, {"one": [WIRES[28]], "many": [WIRES[28]]})
        for mode in MODES * 2:
            dumped = record.model_dump(mode=mode)
            assert (dumped["one"], dumped["many"]) == (ACME, [ACME])
            dumped["many"].clear()
        assert "many" not in vars(record)

    def test_a_newer_answer_is_dumped(self, ada: Person) -> None:
        acme = ada.company
        for _ in range(2):
            ada.model_dump()
        with ada.connection.session():  # type: ignore[union-attr]
            twin = Person.objects.get(id=ada.id)
            twin.job_title, twin.company = "Analyst", Company.objects.create(name="Globex")
            twin.save()
        ada.refresh()
        assert ada.model_dump()["job_title"] == "Analyst"
        assert ada.model_dump(mode="json")["company"] == twin.model_dump()["company"]["id"]
        assert acme is not None

    def test_threads_that_dump_one_record(self, batch: LoadContext) -> None:
        values = {
            slug: BY_TYPE[each.type][:1] for slug, each in mapper_of(Everything).by_slug.items()
        }
        expected = one_by_one(loaded(batch, values), "json")
        with ThreadPoolExecutor(8) as pool:
            for _ in range(20):
                record = loaded(batch, values)
                found = pool.map(lambda _, each=record: each.model_dump(mode="json"), range(8))
                assert all(each == expected for each in found)


class TestWhatIsNoLoadedRecord:
    def test_new_ones_deferred_ones_and_entries(self, attio_sandbox: SandboxHandle) -> None:
        class Candidate(ListEntry, list="hiring", parent=Person):
            level: kinds.Number

        attio_sandbox.define(Candidate)
        ada = Person.objects.create(name="Ada")
        entry = Candidate.objects.create(parent=ada, level=3)
        new = Person(name="Byron, Ada", company=Company.by(domains="acme.com"))
        for record in (Person(), new, Person.ref(ACME), entry, Candidate()):
            for mode in MODES:
                names = [n for n in record.model_dump(mode=mode)]
                expected = record.model_dump(mode=mode, include=names)
                assert exact(record.model_dump(mode=mode)) == exact(expected)
        assert list(entry.model_dump()) == ["id", "created_at", "parent", "level", "created_by"]
        assert "company" not in vars(Person())

    def test_circles_end(self, ada: Person) -> None:
        acme = ada.company
        assert acme is not None
        acme.refresh()
        assert [each.id for each in acme.team] == [ada.id]
        for mode in MODES:
            assert exact(ada.model_dump(mode=mode)) == exact(one_by_one(ada, mode))
            assert exact(acme.model_dump(mode=mode)) == exact(one_by_one(acme, mode))
        assert ada.model_dump()["company"]["team"][0]["company"] == acme.id


def test_a_dict_of_a_record_is_its_dump_and_asks_for_nothing(ada: Person) -> None:
    ref = Person.ref(ACME)
    with assert_num_requests(0):
        assert dict(ada) == ada.model_dump(mode="json")
        assert dict(ref) == {"id": ACME, "created_at": None, "web_url": None}
        with pytest.raises(AttributeError, match=r"'keys'\. model_dump\(\) gives a dict"):
            ada.keys  # noqa: B018


@pytest.mark.parametrize("selected", [{}, {"include": {"name"}}], ids=["whole", "a part"])
def test_an_unknown_mode_is_refused(ada: Person, selected: dict[str, Any]) -> None:
    wrong: Any
    for wrong in ("x", "JSON", None, ["json"]):
        for record in (ada, Person.ref(ACME)):
            with pytest.raises(ValidationError, match='mode takes "python" or "json", not '):
                record.model_dump(mode=wrong, **selected)


def test_the_functions_of_a_class_that_is_gone_go_too() -> None:
    class Brief(Model, strict=True):
        only_here: kinds.Text

    Brief(only_here="x").model_dump()
    named = [name for name in linecache.cache if "only_here" in name]
    assert len(named) == 1
    assert "found['only_here']" in "".join(linecache.getlines(named[0]))
    from attio_orm.records.dumpers import writing

    mapper_of(Brief).dumper = None
    writing.cache_clear()
    gc.collect()
    assert not [name for name in linecache.cache if "only_here" in name]
