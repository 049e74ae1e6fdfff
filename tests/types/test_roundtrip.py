"""Python value -> write -> the sandbox -> read -> equal Python value, one and several of a type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attio_orm.types.base import codec_for
from attio_orm.values import Actor, Location, PersonalName, PhoneNumber, Reference, ReferenceMatch
from attio_sandbox import Workspace
from tests.types.specs import COMPANY
from tests.types.strategies import EMAIL, HOST, PHONE, VALUES

TITLES = ["High", "Wón 🎉", "low", "LOW"]
SPEC = replace(COMPANY, currency="EUR")
MULTI = ["domain", "email-address", "phone-number", "select", "record-reference", "actor-reference"]
SINGLE = [kind for kind in VALUES if kind != "personal-name"]
# the property that a filter compares by itself; the others must be named
DEFAULTS = {
    "text": "value",
    "number": "value",
    "rating": "value",
    "checkbox": "value",
    "date": "value",
    "timestamp": "value",
    "currency": "currency_value",
    "select": "option",
    "status": "status",
    "domain": "domain",
    "email-address": "email_address",
    "phone-number": "phone_number",
    "record-reference": "target_record_id",
}
PROPERTY = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Sandbox:
    """A workspace with a custom object that has an attribute of every type, single and multi."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.workspace.define_object("things", "Thing", "Things")
        for kind in SINGLE:
            self.define(kind, multi=False)
        for kind in MULTI:
            self.define(kind, multi=True)
        self.members = [
            self.workspace.setup.add_member(f"{name}@acme.example.com") for name in ("kim", "lee")
        ]
        self.companies = [
            self.post("companies", {"domains": [f"{name}.example.com"]})["id"]["record_id"]
            for name in ("acme", "bolt")
        ]

    def define(self, kind: str, *, multi: bool) -> None:
        self.workspace.define_attribute(
            "things",
            api_slug=slug_of(kind, multi),
            type=kind,
            is_multiselect=multi,
            options=TITLES if kind == "select" else (),
            statuses=TITLES if kind == "status" else (),
            allowed_objects=["companies"] if kind == "record-reference" else None,
            currency="EUR",
        )

    def send(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.workspace.token}"}
        reply = self.workspace.handle("POST", path, headers=headers, body=msgspec.json.encode(body))
        assert reply.status == 200, reply.body
        return msgspec.json.decode(reply.body)["data"]

    def post(self, object: str, values: dict[str, Any]) -> Any:
        return self.send(f"/v2/objects/{object}/records", {"data": {"values": values}})

    def keep(self, kind: str, values: list[Any], *, multi: bool) -> list[Any]:
        """What reads back after the values were written to a new record."""
        codec = codec_for(kind)
        written = [codec.write(codec.coerce(value, SPEC)) for value in values]
        slug = slug_of(kind, multi)
        record = self.post("things", {slug: written if multi else written[0]})
        wires = msgspec.convert(record["values"][slug], list[codec.shape])
        return [codec.read(wire) for wire in wires]

    def values(self, kind: str) -> st.SearchStrategy[Any]:
        """Values of a type that exist in this workspace."""
        if kind in {"select", "status"}:
            return st.sampled_from(TITLES)
        if kind == "record-reference":
            known = st.sampled_from(self.companies)
            return known | known.map(lambda id: Reference("companies", id))
        if kind == "actor-reference":
            known = st.sampled_from(self.members)
            return known | known.map(lambda id: Actor("workspace-member", id))
        if kind == "number":
            # Attio keeps four decimals
            return st.decimals(-(10**9), 10**9, places=4) | st.integers(-(2**53), 2**53)
        return VALUES[kind]


def slug_of(kind: str, multi: bool) -> str:
    return f"{kind.replace('-', '_')}{'_list' if multi else ''}"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    made = Sandbox()
    yield made
    made.workspace.close()


@pytest.mark.parametrize("kind", SINGLE)
@PROPERTY
@given(data=st.data())
def test_one_value_reads_back_equal(sandbox: Sandbox, kind: str, data: st.DataObject) -> None:
    codec = codec_for(kind)
    value = data.draw(sandbox.values(kind))
    mine = codec.coerce(value, SPEC)
    (back,) = sandbox.keep(kind, [value], multi=False)
    assert back == mine
    assert type(back) is type(mine)
    assert codec.key(back) == codec.key(mine)
    assert codec.dump(back) == codec.dump(mine)
    (again,) = sandbox.keep(kind, [back], multi=False)
    assert again == mine


@pytest.mark.parametrize("kind", MULTI)
@PROPERTY
@given(data=st.data())
def test_several_values_read_back_equal(sandbox: Sandbox, kind: str, data: st.DataObject) -> None:
    codec = codec_for(kind)
    values = data.draw(
        st.lists(
            sandbox.values(kind),
            max_size=4,
            unique_by=lambda value: codec.key(codec.coerce(value, SPEC)),
        )
    )
    back = sandbox.keep(kind, values, multi=True)
    assert back == [codec.coerce(value, SPEC) for value in values]


@PROPERTY
@given(name=VALUES["personal-name"])
def test_names_read_back_equal(sandbox: Sandbox, name: Any) -> None:
    codec = codec_for("personal-name")
    mine = codec.coerce(name, SPEC)
    record = sandbox.post("people", {"name": codec.write(mine)})
    back = codec.read(msgspec.convert(record["values"]["name"][0], codec.shape))
    assert isinstance(back, PersonalName)
    assert codec.key(back) == codec.key(mine)


@pytest.mark.parametrize("kind", sorted(DEFAULTS))
@PROPERTY
@given(data=st.data())
def test_a_filter_by_the_value_finds_it(sandbox: Sandbox, kind: str, data: st.DataObject) -> None:
    codec = codec_for(kind)
    value = data.draw(sandbox.values(kind))
    slug = slug_of(kind, False)
    record = sandbox.post("things", {slug: codec.write(codec.coerce(value, SPEC))})
    record_id = record["id"]["record_id"]
    prop = DEFAULTS[kind]
    operand = codec.filter_value(prop, codec.coerce(value, SPEC), SPEC)
    assert codec.filter_value(prop, value, SPEC) == operand
    found = sandbox.send(
        "/v2/objects/things/records/query",
        {"filter": {"record_id": record_id, slug: {prop: {"$eq": operand}}}, "limit": 2},
    )
    assert [each["id"]["record_id"] for each in found] == [record_id]


def test_a_national_number_comes_back_in_e164_form(sandbox: Sandbox) -> None:
    (back,) = sandbox.keep(
        "phone-number", [PhoneNumber("020 7946 0000", country_code="GB")], multi=False
    )
    assert back == "+442079460000"
    assert (back.original_phone_number, back.country_code) == ("020 7946 0000", "GB")


def test_a_member_by_email_address_comes_back_with_their_id(sandbox: Sandbox) -> None:
    (back,) = sandbox.keep("actor-reference", ["Kim@Acme.example.com"], multi=False)
    assert back == Actor("workspace-member", sandbox.members[0])


def test_an_address_as_text_comes_back_as_a_location(sandbox: Sandbox) -> None:
    (back,) = sandbox.keep("location", ["1 Main St, Kyiv"], multi=False)
    assert isinstance(back, Location)
    assert "Kyiv" in str(back)


def test_a_match_comes_back_as_a_reference(sandbox: Sandbox) -> None:
    match = ReferenceMatch("companies", "domains", "acme.example.com", "domain")
    (back,) = sandbox.keep("record-reference", [match], multi=False)
    assert back == Reference("companies", sandbox.companies[0])


@pytest.mark.parametrize(
    ("kind", "values"), [("email-address", EMAIL), ("domain", HOST), ("phone-number", PHONE)]
)
@PROPERTY
@given(data=st.data())
def test_the_sandbox_and_the_codec_agree_what_a_repeat_is(
    sandbox: Sandbox, kind: str, values: st.SearchStrategy[str], data: st.DataObject
) -> None:
    codec = codec_for(kind)
    value = data.draw(values)
    back = sandbox.keep(kind, [value, value.upper()], multi=True)
    assert [codec.key(each) for each in back] == [codec.key(codec.coerce(value.upper(), SPEC))]
