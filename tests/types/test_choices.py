from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.attributes import Select, Status
from attio_orm.errors import ValidationError
from attio_orm.types.base import codec_for
from attio_orm.types.choices import SelectCodec, check_choice, find_choice
from attio_orm.values import Option, StatusValue
from tests.types.specs import ADA, BOB, SPEC, option, read, round_trip, status
from tests.types.strategies import LINE

SELECT, STATUS = codec_for("select"), codec_for("status")
STAGES = ["Lead", "In Progress", "Won 🎉", "Lost"]


class Stage(StrEnum):
    WON = "Won 🎉"


@pytest.mark.parametrize(("codec", "kind"), [(SELECT, Option), (STATUS, StatusValue)])
@pytest.mark.parametrize(
    "value", ["Won 🎉", Option("Won 🎉"), StatusValue("Won 🎉", id=BOB), Stage.WON]
)
def test_choices_are_written_by_title(codec: Any, kind: Any, value: Any) -> None:
    mine = codec.coerce(value, SPEC)
    assert type(mine) is kind
    assert mine == mine.title == codec.write(mine) == codec.key(mine) == "Won 🎉"
    assert type(codec.write(mine)) is str
    assert mine.id == getattr(value, "id", None)


def test_equal_options_share_their_texts_until_one_of_them_changes() -> None:
    first = read(SELECT, option=option("High"))
    second = read(SELECT, option=option("High"))
    assert second is not first  # each knows since when it is so
    assert second.wire.id is first.wire.id
    renamed = read(SELECT, option=option("Higher"))
    archived = read(SELECT, option=option("Higher") | {"is_archived": True})
    assert (first, renamed, archived) == ("High", "Higher", "Higher")
    assert (renamed.is_archived, archived.is_archived) == (False, True)
    assert renamed.wire.id is not first.wire.id


def test_the_options_that_are_remembered_are_limited() -> None:
    codec: Any = SelectCodec()
    titles = [f"{number}" for number in range(5_000)]
    for each in titles:
        wire = msgspec.convert(
            {"attribute_type": "select", "option": {"id": {"option_id": each}, "title": each}},
            codec.shape,
        )
        assert codec.read(wire) == each
    assert len(codec._seen) < len(titles)


def test_options_read_with_their_parts() -> None:
    value = read(SELECT, option=option("High"))
    assert (value, value.title, value.id, value.is_archived) == ("High", "High", BOB, False)
    assert read(SELECT, option={"title": "Old", "is_archived": True}).is_archived
    assert read(SELECT, option={"title": "Old"}).id is None


def test_statuses_read_with_their_parts() -> None:
    value = read(STATUS, status=status("Lead"))
    assert (value, value.id, value.celebration_enabled) == ("Lead", BOB, True)
    assert value.target_time_in_status == "P7D"
    assert isinstance(value, Option)


def test_an_option_of_which_only_the_id_came_reads_as_its_id() -> None:
    for value in (read(SELECT, option=BOB), read(STATUS, status={"id": {"status_id": BOB}})):
        assert value == value.id == BOB
    assert read(SELECT, option={"id": {}}) is None
    assert read(SELECT, option={}) is None


def test_an_id_is_taken_as_an_id() -> None:
    assert SELECT.coerce(BOB, SPEC).id == BOB
    assert SELECT.coerce("High", SPEC).id is None
    assert SELECT.filter_value(None, BOB, SPEC) == BOB
    assert round_trip("status", "Lead")[1].id == BOB


@pytest.mark.parametrize("wrong", ["", " ", 7, None, ["High"], Option("")])
def test_what_is_no_title_is_refused(wrong: Any) -> None:
    for codec in (SELECT, STATUS):
        with pytest.raises(ValidationError, match="title of"):
            codec.coerce(wrong, SPEC)
        with pytest.raises(ValidationError, match="title of"):
            codec.filter_value(None, wrong, SPEC)


@given(st.lists(LINE, min_size=1, unique=True), st.data())
def test_a_known_title_is_given_back(titles: list[str], data: st.DataObject) -> None:
    title = data.draw(st.sampled_from(titles))
    assert check_choice(Option(title), titles) == title
    assert check_choice(title, {each: ADA for each in titles}) == title
    assert check_choice(title, iter(titles)) == title


def test_an_id_is_given_back_as_its_title_where_ids_are_known() -> None:
    ids = {"Lead": ADA, "Lost": BOB}
    assert check_choice(BOB.upper(), ids) == "Lost"
    assert check_choice(BOB.upper(), STAGES) == BOB
    with pytest.raises(ValidationError, match="'Lead', 'Lost'"):
        check_choice("0" * 8 + BOB[8:], ids)


def test_a_title_in_another_case_stands_for_the_only_one() -> None:
    assert check_choice("lead", STAGES) == "Lead"
    assert check_choice("LOST", {"Lost": ADA}) == "Lost"
    assert check_choice("lead", ["LEAD", "Lead", "lead"]) == "lead"
    assert find_choice("leaD", ["LEAD", "Lead"]) is None
    with pytest.raises(ValidationError, match="did you mean 'LEAD' or 'Lead'"):
        check_choice("leaD", ["LEAD", "Lead"])


def test_a_refusal_names_the_way_to_read_the_options_anew() -> None:
    with pytest.raises(ValidationError, match=r"connection\.schema\.forget\(\)"):
        check_choice("Wonn", STAGES)


@pytest.mark.parametrize("kind", [Select, Status])
def test_a_choice_keeps_its_id_once_the_titles_are_known(kind: Any) -> None:
    ids = {"Lead": ADA, "Lost": BOB}
    attribute = kind("stage")
    bare = attribute.accept("Lead", SPEC)
    assert (bare.id, attribute.accept(bare, SPEC, ids).id) == (None, ADA)
    assert [attribute.accept(given, SPEC, ids).id for given in ("lead", ADA, "Lost")] == [
        ADA, ADA, BOB,
    ]  # fmt: skip
    of_read = type(bare)("Lost", id=BOB)
    assert attribute.accept(of_read, SPEC, ids) is of_read
    assert attribute.accept(of_read, SPEC, STAGES) is of_read
    assert attribute.accept(type(bare)("Lost", id=ADA), SPEC, ids).id == BOB


def test_an_unknown_title_names_the_nearest() -> None:
    with pytest.raises(ValidationError, match=r"'Wonn' is not .*did you mean 'Won 🎉'\?") as caught:
        check_choice("Wonn", STAGES)
    assert "'In Progress'" in str(caught.value)
    with pytest.raises(ValidationError) as caught:
        check_choice("zzz", [f"Option {n}" for n in range(30)])
    assert "did you mean" not in str(caught.value)
    assert "'Option 19', ..." in str(caught.value)
    assert "Option 20" not in str(caught.value)
    with pytest.raises(ValidationError, match="There are none"):
        check_choice("zzz", [])
