"""Reading several attributes in one pass gives what reading each by itself gives."""

from __future__ import annotations

import gc
import linecache
import traceback
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from attio_orm import Company, Many, Maybe, Model, One, Person, Session, connect
from attio_orm import attributes as kinds
from attio_orm.records import rows
from attio_orm.records.base import mapper_of
from attio_orm.records.loading import LoadContext, materialize
from attio_orm.records.row_decoders import Column, Fill, filling
from attio_orm.types.base import codec_for
from attio_orm.values import PersonalName, RawValue


class Contact(Model, object="people", strict=True):
    name: kinds.PersonalName
    email_addresses: kinds.EmailAddresses
    job_title: kinds.Text
    score: kinds.Number


class Odd(Model, object="odd", strict=True):
    quote: kinds.Text = kinds.Text('quo"te')
    backslash: kinds.Number = kinds.Number("back\\slash")
    control: kinds.EmailAddresses = kinds.EmailAddresses("con\ttrol\n\0")
    plain: kinds.Text = kinds.Text("it's {plain}\x7f\u2028")


def title(text: Any, kind: str = "text") -> dict[str, Any]:
    return {"attribute_type": kind, "value": text}


def email(text: str) -> dict[str, Any]:
    return {"attribute_type": "email-address", "email_address": text}


@pytest.fixture
def batch(attio_sandbox: Any) -> LoadContext:
    return LoadContext(attio_sandbox.connection, Session(attio_sandbox.connection))


def contacts(batch: LoadContext, *values: dict[str, Any]) -> list[Contact]:
    """Records of one answer with these values, their attributes in Attio's form."""
    found = [
        rows.Row(rows.RowId(f"id-{number}"), values=rows.encode_values(each))
        for number, each in enumerate(values)
    ]
    return materialize(Contact, found, batch)


def held(instance: Model) -> set[str]:
    """The attributes that are decoded."""
    return set(vars(instance))


def test_what_is_read_of_two_records_is_read_of_the_third_at_once(batch: LoadContext) -> None:
    values = {"job_title": [title("Countess")], "score": [title(3, "number")]}
    first, second, third = contacts(batch, values, values, values)
    for each in (first, second):
        assert (each.job_title, each.score) == ("Countess", 3)
    assert held(third) == set()
    assert third.score == 3
    assert held(third) == {"job_title", "score"}
    assert third.job_title == "Countess"


def test_what_is_read_of_one_record_alone_is_not_read_of_others(batch: LoadContext) -> None:
    values = {"job_title": [title("Countess")], "score": [title(3, "number")]}
    first, second, third = contacts(batch, values, values, values)
    assert (first.job_title, first.score, second.score) == ("Countess", 3, 3)
    assert third.score == 3
    assert held(third) == {"score"}


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ([title(7, "number")], 7),
        ([{"attribute_type": "hologram", "depth": 3}], "hologram"),
        ([], None),
        (None, None),
        ([title("first"), title("second")], "first"),
    ],
    ids=["another type", "a type nobody knows", "empty", "null", "two values"],
)
def test_a_record_that_is_not_as_declared_is_read_attribute_by_attribute(
    batch: LoadContext, odd: Any, expected: Any
) -> None:
    good = {"job_title": [title("Countess")], "score": [title(3, "number")]}
    *_, third, fourth = contacts(batch, good, good, {**good, "job_title": odd}, good)
    for each in _:
        assert (each.job_title, each.score) == ("Countess", 3)
    assert third.score == 3
    found: Any = third.job_title
    assert (found.type if isinstance(found, RawValue) else found) == expected
    assert (fourth.job_title, fourth.score) == ("Countess", 3)


def test_an_attribute_of_two_names_is_read_by_either(batch: LoadContext) -> None:
    class Twice(Model, object="people", strict=True):
        job_title: kinds.Text
        role: kinds.Text = kinds.Text(slug="job_title")
        rank: kinds.Number = kinds.Number(slug="job_title")

    values = rows.encode_values({"job_title": [title("Countess")]})
    found = [rows.Row(rows.RowId(f"id-{number}"), values=values) for number in range(4)]
    for each in materialize(Twice, found, batch):
        assert (each.role, each.job_title, str(each.rank)) == ("Countess",) * 3


def test_slugs_of_any_characters(batch: LoadContext) -> None:
    """Some cannot be among those of a decoder; all are read, and the others still in one pass."""
    found = [
        rows.Row(
            rows.RowId(f"id-{number}"),
            values=rows.encode_values(
                {
                    'quo"te': [title(f"q{number}")],
                    "back\\slash": [title(number, "number")],
                    "con\ttrol\n\0": [email(f"{number}@x.dev")],
                    "it's {plain}\x7f\u2028": [title(f"p{number}")],
                }
            ),
        )
        for number in range(5)
    ]
    for number, each in enumerate(materialize(Odd, found, batch)):
        assert (each.quote, each.backslash, each.plain) == (f"q{number}", number, f"p{number}")
        assert each.control == [f"{number}@x.dev"]
    assert [each.name for each in batch.decoder.attributes] == ["plain"]


def test_what_was_read_or_changed_stays(batch: LoadContext) -> None:
    values = {
        "name": [{"attribute_type": "personal-name", "full_name": "Ada Byron"}],
        "email_addresses": [email("a@x.dev"), email("b@x.dev")],
        "job_title": [title("Countess")],
    }
    first, second, third, fourth = contacts(batch, values, values, values, values)
    for each in (first, second):
        assert len(each.email_addresses) == 2
    emails = third.email_addresses
    for each in (first, second):
        assert (each.job_title, each.name) == ("Countess", "Ada Byron")
    fourth.job_title = "Baroness"
    assert (third.name, fourth.name) == ("Ada Byron", "Ada Byron")
    assert third.email_addresses is emails
    emails.append("c@x.dev")
    assert emails == ["a@x.dev", "b@x.dev", "c@x.dev"]
    assert fourth.job_title == "Baroness"
    assert third.changes.keys() == {"email_addresses"}
    assert fourth.changes.keys() == {"job_title"}


class Employee(Model, object="people", strict=True):
    name: kinds.PersonalName
    company: Maybe[Company]
    manager: One[Employee]
    colleagues: Many[Employee]


def person(text: str) -> dict[str, Any]:
    return {"attribute_type": "personal-name", "full_name": text}


def reference(object: str, record_id: str) -> dict[str, Any]:
    return {
        "attribute_type": "record-reference",
        "target_object": object,
        "target_record_id": record_id,
    }


def employees(batch: LoadContext, number: int, **relations: Any) -> list[Employee]:
    values = rows.encode_values({"name": [person("Ada Byron")], **relations})
    ids = [rows.RowId(f"employee-{each}") for each in range(number)]
    return materialize(Employee, [rows.Row(each, values=values) for each in ids], batch)


def companies(batch: LoadContext) -> list[Company]:
    row = rows.Row(rows.RowId("acme"), values=rows.encode_values({}))
    return materialize(Company, [row], LoadContext(batch.connection, batch.session))


def test_a_relation_is_read_along_where_the_session_has_the_record(batch: LoadContext) -> None:
    (acme,) = companies(batch)
    mine = [reference("people", "employee-0"), reference("people", "employee-1")]
    found = employees(batch, 3, company=[reference("companies", "acme")], colleagues=mine)
    for each in found[:2]:
        assert (each.name, each.company) == ("Ada Byron", acme)
        assert each.colleagues == found[:2]
    assert found[2].name == "Ada Byron"
    assert held(found[2]) == {"name", "company", "colleagues"}
    assert found[2].company is acme
    found[2].colleagues.remove(found[0])
    assert found[2].changes.keys() == {"colleagues"}


def test_a_relation_may_come_first(batch: LoadContext) -> None:
    (acme,) = companies(batch)
    found = employees(batch, 3, company=[reference("companies", "acme")])
    for each in found[:2]:
        assert (each.company, each.name) == (acme, "Ada Byron")
    assert found[2].company is acme
    assert held(found[2]) == {"name", "company"}


def test_a_relation_that_is_read_along_counts_as_used(attio_sandbox: Any) -> None:
    session = Session(attio_sandbox.connection, size=3, explicit=True)
    batch = LoadContext(attio_sandbox.connection, session)
    (acme,) = companies(batch)
    found = employees(batch, 3, company=[reference("companies", "acme")])
    for each in found[:2]:
        assert (each.name, each.company) == ("Ada Byron", acme)

    def use(*ids: str) -> None:
        values = rows.encode_values({})
        strangers = [rows.Row(rows.RowId(each), values=values) for each in ids]
        materialize(Company, strangers, LoadContext(attio_sandbox.connection, session))

    use("b", "c")
    assert found[2].name == "Ada Byron"  # and its company with it
    use("d")
    del acme, found, each, batch
    gc.collect()
    assert [session.get(Company, each) is not None for each in ("acme", "b", "c", "d")] == [
        True, False, True, True
    ]  # fmt: skip


def test_a_relation_to_what_is_not_in_the_session_is_left_alone(batch: LoadContext) -> None:
    known = companies(batch)
    found = employees(batch, 3, company=[reference("companies", "acme")])
    for each in found[:2]:
        assert (each.name, each.company) == ("Ada Byron", known[0])
    del vars(found[0])["company"], vars(found[1])["company"]
    known.clear()
    assert found[2].name == "Ada Byron"
    assert held(found[2]) == {"name"}


def test_a_relation_of_another_type_than_declared_refers_to_nothing(batch: LoadContext) -> None:
    for each in employees(batch, 3, company=[title("Acme")]):
        assert (each.company, each.name) == (None, "Ada Byron")


def test_an_empty_relation_reads_as_nothing_and_a_required_one_raises(batch: LoadContext) -> None:
    values = {"company": [], "colleagues": []}
    found = employees(batch, 3, manager=[reference("people", "employee-0")], **values)
    for each in found[:2]:
        assert (each.name, each.company, each.colleagues) == ("Ada Byron", None, [])
        assert each.manager is found[0]
    (odd,) = materialize(
        Employee, [rows.Row(rows.RowId("odd"), values=rows.encode_values(values))], batch
    )
    assert odd.name is None
    assert held(odd) == {"name", "company", "colleagues"}
    for _ in range(2):
        with pytest.raises(Employee.DoesNotExist, match="has no manager"):
            _ = odd.manager


def test_of_two_threads_that_come_first_both_get_the_same_list(batch: LoadContext) -> None:
    values = {"email_addresses": [email("a@x.dev"), email("b@x.dev")]}
    first, second, third = contacts(batch, values, values, values)
    assert first.email_addresses == second.email_addresses
    decoder, raw = batch.decoder, third._state.values
    assert raw is not None
    assert decoder.fill(third, raw)
    known = third.email_addresses
    assert decoder.fill(third, raw)
    assert third.email_addresses is known


def test_texts_without_their_main_part_read_as_the_codec_reads_them(batch: LoadContext) -> None:
    values = {
        "name": [{"attribute_type": "personal-name", "first_name": "Ada", "last_name": "Byron"}],
        "email_addresses": [
            {"attribute_type": "email-address", "original_email_address": "Ada@x.dev"},
            {"attribute_type": "email-address"},
        ],
    }
    found = contacts(batch, values, values, values)
    for each in found:
        assert (each.name, each.email_addresses) == ("Ada Byron", ["Ada@x.dev"])
    assert type(found[2].name) is PersonalName
    assert found[2].email_addresses[0].original_email_address == "Ada@x.dev"


@pytest.fixture(scope="module")
def crm() -> Iterator[None]:
    with connect("sandbox://?seed=crm", on_drift="ignore"):
        yield


@pytest.mark.usefixtures("crm")
@pytest.mark.parametrize("model", [Person, Company])
def test_all_attributes_of_seeded_records_read_the_same(model: type[Model]) -> None:
    plain = [a for a in mapper_of(model).attributes.values() if a.type != "record-reference"]
    found = list(model.objects.all()[:40])
    for number, instance in enumerate(found):
        # each record begins with another attribute
        for attribute in plain[number % len(plain) :] + plain[: number % len(plain)]:
            value = getattr(instance, attribute.name)
            alone = attribute.read(rows.split(instance._state.values).get(attribute.slug))
            key = codec_for(attribute.type).key
            read = list(value) if attribute.is_multi else [] if value is None else [value]
            assert [key(each) for each in read] == [key(each) for each in alone]
            assert [type(each) for each in read] == [type(each) for each in alone]


def shown_line(fill: Fill, wires: bytes) -> str | None:
    """The line of the decoder that a traceback shows for values it does not take."""
    with pytest.raises(ValueError, match="too many values") as caught:
        fill(Contact(), Raw(wires), (None,))
    return traceback.extract_tb(caught.value.__traceback__)[-1].line


def test_decoders_of_one_slug_show_each_its_own_source() -> None:
    text = filling((Column("shared", "shared", "text", is_multi=False),))
    number = filling((Column("of_other_key", "shared", "number", is_multi=False),))

    assert text.__code__.co_filename != number.__code__.co_filename
    for fill, key in ((text, "shared"), (number, "of_other_key")):
        lines = linecache.getlines(fill.__code__.co_filename)
        assert f"    found = {{'{key}': value_0}}\n" in lines
    two = {"text": [title("a"), title("b")], "number": [title(1, "number"), title(2, "number")]}
    for fill, kind in ((text, "text"), (number, "number")):
        assert shown_line(fill, msgspec.json.encode({"shared": two[kind]})) == "(wire,) = wires"


def test_the_source_goes_with_its_function() -> None:
    most = filling.cache_info().maxsize
    assert most is not None
    first = filling((Column("evicted", "evicted", "text", is_multi=False),))
    file = first.__code__.co_filename
    for number in range(most + 10):
        filling((Column(f"key-{number}", "evicting", "text", is_multi=False),))

    assert linecache.getlines(file) != []  # a decoder may have it still
    del first
    assert file not in linecache.cache
    assert sum(each.endswith(" of evicting>") for each in linecache.cache) == most
