"""The value classes as fields of pydantic models: in Python and in JSON, typed and as ``Any``."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pydantic
import pytest
from fastapi.encoders import jsonable_encoder
from hypothesis import given
from hypothesis import strategies as st

from attio_orm import ValidationError, values
from attio_orm.types.base import codec_for
from attio_orm.values import (
    Actor,
    EmailAddress,
    Interaction,
    Location,
    Money,
    Option,
    PersonalName,
    PhoneNumber,
    Reference,
    TrackedList,
    ValueList,
)
from tests.types.specs import ADA, SPEC
from tests.types.test_values import TYPES, VALUES

LISTS = {"TrackedList", "ValueList"}
# what is said of a value is a plain named tuple, which pydantic and FastAPI treat as such
every_class = pytest.mark.parametrize(
    "name", [name for name in VALUES if name not in {*LISTS, "ValueMeta"}]
)


def field_of(name: str) -> Any:
    kind = getattr(values, name)
    model: Any = pydantic.create_model(
        "Field", one=(kind, ...), many=(list[kind], []), either=(kind | None, None), any=(Any, None)
    )
    return model


@every_class
@given(st.data())
def test_a_field_holds_the_value_and_comes_back_from_json(name: str, data: st.DataObject) -> None:
    value, model = data.draw(VALUES[name]), field_of(name)
    field = model(one=value, many=[value], either=value, any=value)

    assert field.one is value
    dumped = field.model_dump()
    assert all(each is value for each in (dumped["one"], *dumped["many"], dumped["any"]))
    plain = field.model_dump(mode="json")
    assert json.loads(field.model_dump_json()) == plain
    for back in (model.model_validate_json(json.dumps(plain)), model.model_validate(plain)):
        assert type(back.one) is type(value)
        # a text that Attio has normalised is the same text, with what is known of it
        assert back.one == value
        assert back.many == [value]


@every_class
@given(st.data())
def test_its_json_is_what_its_schema_says(name: str, data: st.DataObject) -> None:
    value, adapter = data.draw(VALUES[name]), pydantic.TypeAdapter(getattr(values, name))
    plain = adapter.dump_python(value, mode="json")

    jsonschema.validate(plain, adapter.json_schema(mode="validation"))
    if not isinstance(value, PhoneNumber):  # a national one, which Attio never gives
        jsonschema.validate(plain, adapter.json_schema(mode="serialization"))


@pytest.mark.parametrize("name", sorted(set(TYPES) - {"Reference"}))
@given(st.data())
def test_its_json_is_that_of_an_attribute(name: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[name])
    plain = pydantic.TypeAdapter(type(value)).dump_python(value, mode="json")
    assert plain == codec_for(TYPES[name]).dump(value)


@every_class
@given(st.data())
def test_what_is_not_text_is_json_where_nobody_names_its_class(
    name: str, data: st.DataObject
) -> None:
    value = data.draw(VALUES[name])
    plain = json.loads(json.dumps(jsonable_encoder({"value": value})))["value"]
    any_field = pydantic.TypeAdapter(Any).dump_python(value, mode="json")

    assert plain == any_field
    if isinstance(value, str):
        assert plain == str(value)
    else:
        assert plain == pydantic.TypeAdapter(type(value)).dump_python(value, mode="json")


@pytest.mark.parametrize(
    ("kind", "given_", "found"),
    [
        (Money, 12.5, Money(12.5)),
        (Money, "12.50", Money("12.5")),
        (Money, {"currency_value": 3, "currency_code": "EUR"}, Money(3, "EUR")),
        (PersonalName, "Byron, Ada", PersonalName("Ada", "Byron")),
        (EmailAddress, "Ada@Lovelace.dev", EmailAddress("ada@lovelace.dev")),
        (Actor, "kim@acme.example.com", Actor("workspace-member", None, "kim@acme.example.com")),
        (Actor, {"type": "system", "id": None}, Actor("system")),
        (Option, "Partner", Option("Partner")),
        (Location, {"locality": "London"}, Location(locality="London")),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_field_takes_what_an_attribute_takes(kind: Any, given_: Any, found: Any) -> None:
    adapter = pydantic.TypeAdapter(kind)
    assert adapter.validate_python(given_) == found
    assert adapter.validate_json(json.dumps(given_)) == found


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (Money, "many"),
        (EmailAddress, "ada"),
        (PersonalName, " "),
        (Location, "1 High Street"),
        (Actor, {"typ": "system"}),
        (Interaction, 3),
        (Interaction, {"interacted_at": "today"}),
        (Reference, {"object": "people"}),
        (Option, 3),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_one_text_of_error_for_python_and_json(kind: Any, wrong: Any) -> None:
    adapter = pydantic.TypeAdapter(kind)
    with pytest.raises(pydantic.ValidationError) as in_python:
        adapter.validate_python(wrong)
    with pytest.raises(pydantic.ValidationError) as in_json:
        adapter.validate_json(json.dumps(wrong))
    (one,), (two,) = in_python.value.errors(), in_json.value.errors()
    assert (one["msg"], one["type"]) == (two["msg"], two["type"])
    assert "give" in one["msg"] or " has " in one["msg"]


def test_the_text_is_that_of_an_assignment() -> None:
    with pytest.raises(ValidationError) as assigned:
        codec_for("email-address").accept("ada", SPEC)
    with pytest.raises(pydantic.ValidationError) as validated:
        pydantic.TypeAdapter(EmailAddress).validate_python("ada")
    assert validated.value.errors()[0]["msg"] == str(assigned.value)


def test_a_list_of_an_attribute_is_a_field() -> None:
    class Mails(pydantic.BaseModel):
        mails: ValueList[EmailAddress, str]
        anything: TrackedList[Any] = TrackedList()

    held = TrackedList(["a@b.dev"])
    mails = Mails(mails=["A@b.dev", "a@b.dev"], anything=held)  # type: ignore[arg-type]
    assert type(mails.mails) is ValueList
    assert mails.mails == [EmailAddress("a@b.dev")]
    held.append("b@c.dev")
    assert mails.anything == ["a@b.dev"]  # its own, as a field of pydantic's would be
    assert json.loads(mails.model_dump_json()) == {"mails": ["a@b.dev"], "anything": ["a@b.dev"]}
    items = Mails.model_json_schema()["properties"]["mails"]["items"]
    assert items == {"type": "string", "format": "email"}


def test_a_field_reads_the_attributes_of_a_record() -> None:
    class Shown(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(from_attributes=True)
        name: PersonalName
        email_addresses: list[EmailAddress]
        created_by: Actor | None

    class Row:
        name = PersonalName("Ada", "Byron")
        email_addresses = ValueList([EmailAddress("a@b.dev")])
        created_by = Actor("api-token", ADA)

    assert Shown.model_validate(Row()).created_by == Row.created_by


def test_values_can_be_made_without_pydantic() -> None:
    code = (
        "import sys; from attio_orm import values; values.Money(3); values.Actor('system');"
        "sys.exit('pydantic' in sys.modules or 'pydantic_core' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
