"""What holds for every attribute type: what is written reads back, and equal means equal."""

from __future__ import annotations

import copy
import json
import pickle
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.errors import ValidationError
from attio_orm.types.base import CODECS, codec_for
from attio_orm.values import RawValue
from tests.types.specs import COMPANY, round_trip
from tests.types.strategies import VALUES

SPECS = replace(COMPANY, currency="EUR")
TYPES = [
    *("text", "number", "checkbox", "currency", "date", "timestamp", "rating", "status"),
    *("select", "record-reference", "actor-reference", "location", "domain", "email-address"),
    *("phone-number", "interaction", "personal-name"),
]
KINDED = st.sampled_from(sorted(VALUES)).flatmap(
    lambda kind: st.tuples(st.just(kind), VALUES[kind])
)


def test_every_attribute_type_has_a_codec() -> None:
    assert sorted(CODECS) == sorted(TYPES)
    assert all(codec_for(kind).type == kind for kind in TYPES)
    assert set(VALUES) == set(TYPES) - {"interaction"}


@given(KINDED)
def test_a_written_value_reads_back_equal(case: tuple[str, Any]) -> None:
    kind, value = case
    codec = codec_for(kind)
    mine, back = round_trip(kind, value, SPECS)
    assert back == mine
    assert hash(back) == hash(mine)
    assert codec.key(back) == codec.key(mine)
    assert type(back) is type(mine)


@given(KINDED)
def test_what_was_read_can_be_assigned_and_written_again(case: tuple[str, Any]) -> None:
    kind, value = case
    codec = codec_for(kind)
    mine, back = round_trip(kind, value, SPECS)
    again = codec.coerce(back, SPECS)
    assert codec.key(again) == codec.key(mine)
    assert codec.write(again) == codec.write(codec.coerce(again, SPECS))


@given(KINDED)
def test_writes_are_plain_json(case: tuple[str, Any]) -> None:
    kind, value = case
    codec = codec_for(kind)
    written = codec.write(codec.coerce(value, SPECS))
    assert msgspec.json.decode(msgspec.json.encode(written)) == written


@given(KINDED)
def test_dumped_values_are_plain_json_that_can_be_assigned(case: tuple[str, Any]) -> None:
    kind, value = case
    codec = codec_for(kind)
    mine = codec.coerce(value, SPECS)
    dumped = codec.dump(mine)
    assert json.loads(json.dumps(dumped)) == dumped
    assert codec.key(codec.coerce(dumped, SPECS)) == codec.key(mine)


@given(KINDED)
def test_values_pickle_and_copy(case: tuple[str, Any]) -> None:
    kind, value = case
    codec = codec_for(kind)
    for each in round_trip(kind, value, SPECS):
        for made in (pickle.loads(pickle.dumps(each)), copy.copy(each), copy.deepcopy(each)):
            assert made == each
            assert type(made) is type(each)
            assert codec.dump(made) == codec.dump(each)
            assert repr(made) == repr(each)


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "interaction"])
@pytest.mark.parametrize("wrong", [object(), b"bytes", ["a"], {"nobody": "knows"}, None])
def test_a_wrong_type_is_refused_with_advice(kind: str, wrong: object) -> None:
    with pytest.raises(ValidationError, match=r"give|has|is|money|members"):
        codec_for(kind).coerce(wrong, SPECS)


@pytest.mark.parametrize(
    "kind", ["text", "select", "status", "domain", "email-address", "phone-number", "personal-name"]
)
@pytest.mark.parametrize("text", ["a\0b@c.de", "\ud83d@c.de"])
def test_text_that_cannot_be_sent_is_refused(kind: str, text: str) -> None:
    with pytest.raises(ValidationError, match=r"NUL|surrogate"):
        codec_for(kind).coerce(text, SPECS)
    with pytest.raises(ValidationError, match=r"NUL|surrogate"):
        codec_for(kind).filter_value(None, text, SPECS)


@pytest.mark.parametrize("kind", TYPES)
def test_a_value_without_its_members_reads_as_none(kind: str) -> None:
    codec = codec_for(kind)
    bare = msgspec.json.decode(b"{}", type=codec.shape)
    nulls = msgspec.convert(
        dict.fromkeys([field.encode_name for field in msgspec.structs.fields(codec.shape)]),
        codec.shape,
    )
    if kind == "location":
        assert codec.read(bare) == codec.read(nulls)
        assert str(codec.read(bare)) == ""
    else:
        assert codec.read(bare) is None
        assert codec.read(nulls) is None


def test_an_unknown_type_keeps_its_values_raw() -> None:
    codec = codec_for("hologram")
    data = {"active_from": "2026", "beams": [1, {"x": None}], "attribute_type": "hologram"}
    value = codec.read(msgspec.convert(data, codec.shape))
    assert value == RawValue("hologram", data)
    assert codec.coerce(value, SPECS) is value
    assert codec.write(value) == {"beams": [1, {"x": None}]}
    assert codec.dump(value) == {"beams": [1, {"x": None}]}
    assert hash(value) == hash(pickle.loads(pickle.dumps(value)))
    assert codec.key(value) == codec.key(codec.coerce({"beams": [1, {"x": None}]}, SPECS))
    assert codec.coerce(3, SPECS) == RawValue("hologram", {"value": 3})
    assert codec.filter_value(None, "x", SPECS) == "x"


def test_what_an_unknown_type_cannot_take_is_refused() -> None:
    codec = codec_for("hologram")
    for wrong in (object(), None, RawValue("other", {})):
        with pytest.raises(ValidationError, match="hologram"):
            codec.coerce(wrong, SPECS)
    with pytest.raises(ValidationError, match="hologram"):
        codec.filter_value(None, object(), SPECS)
