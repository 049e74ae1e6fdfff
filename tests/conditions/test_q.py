from __future__ import annotations

import copy
import gc
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm import Q
from attio_orm.errors import ValidationError

A, B, C = Q(a=1), Q(b=2), Q(c=3)


def test_keywords_and_conditions_are_all_required() -> None:
    assert Q(a=1, b=2) == A & B == Q(A, B) == Q(A, b=2)
    assert Q(b=2, a=1) != Q(a=1, b=2)
    assert Q(A) == A
    assert Q(A | B, c=3) == (A | B) & C


def test_no_condition_is_neutral() -> None:
    assert Q() & A == A & Q() == A
    assert Q() | A == A | Q() == A
    assert ~Q() == Q() == Q(Q(), Q())
    assert Q().is_empty
    assert not A.is_empty


def test_not_twice_is_the_condition_itself() -> None:
    assert ~~A == A
    assert ~A != A
    q = A
    for _ in range(1000):
        q = ~q
    assert q == A
    assert ~(A & B) != ~A & B


def test_combining_leaves_the_operands_alone() -> None:
    either = A | B
    more = either | C
    assert either == A | B
    assert len(either.terms) == 2
    assert len(more.terms) == 3
    with pytest.raises(AttributeError, match="cannot be changed"):
        A.path = "z"
    with pytest.raises(AttributeError, match="cannot be changed"):
        del A.path


def test_ten_thousand_terms_and_levels() -> None:
    wide, deep = Q(), A
    for i in range(10_000):
        wide |= Q(x=i)
        deep = ~(deep & Q(x=i))
    assert len(wide.terms) == 10_000
    assert len(list(deep.lookups())) == 10_001
    for q in (wide, deep):
        again = pickle.loads(pickle.dumps(q))
        assert again == q
        assert hash(again) == hash(q)
        assert len(repr(q)) < 2_000
        assert copy.deepcopy(q) is copy.copy(q) is q
    assert deep != ~deep
    del deep, again, q
    gc.collect()


def test_truth_is_refused_with_advice() -> None:
    with pytest.raises(TypeError, match=r"&, \| and ~ instead of and, or and not"):
        bool(A)
    with pytest.raises(TypeError, match="between"):
        _ = A and B


@pytest.mark.parametrize("wrong", [True, "a=1", None, {"a": 1}, 3])
def test_only_conditions_combine(wrong: Any) -> None:
    for attempt in (lambda: Q(wrong), lambda: A & wrong, lambda: A | wrong):
        with pytest.raises(TypeError, match=r"is a Q, a class expression or a keyword"):
            attempt()


def test_a_plain_bool_is_told_what_it_probably_was() -> None:
    with pytest.raises(TypeError, match="a comparison that gave a plain bool"):
        Q(True)  # type: ignore[arg-type]


def test_any_keyword_is_a_lookup() -> None:
    assert Q(self=1, cls=2, **{"class": 3, "2fa": 4}) == Q(self=1) & Q(cls=2) & Q(
        **{"class": 3}
    ) & Q(**{"2fa": 4})


def test_iterators_are_read_once_and_lists_copied() -> None:
    numbers = [1, 2]
    q = Q(a__in=numbers) & Q(b__in=(n for n in numbers)) & Q(c__range=range(2))
    numbers.append(3)
    assert list(q.lookups()) == [("a__in", (1, 2)), ("b__in", (1, 2)), ("c__range", (0, 1))]
    assert Q(a__in=[1]) == Q(a__in=(1,)) == Q(a__in=iter([1]))


def test_other_values_are_kept_as_they_are() -> None:
    class Lazy:
        def __iter__(self) -> Any:
            raise AssertionError("read")

        def __aiter__(self) -> Any:
            raise AssertionError("read")

    lazy, text, some = Lazy(), "abc", [1]
    values = dict(Q(a__in=lazy, b__in=text, c=some, d__in={"k": 1}, e__in=5).lookups())
    assert values["a__in"] is lazy
    assert values["b__in"] is text
    assert values["c"] is some
    assert values["d__in"] == {"k": 1}
    assert values["e__in"] == 5


def test_equality_and_hash() -> None:
    assert Q(a=[1]) == Q(a=[1])
    assert hash(Q(a=[1])) == hash(Q(a=[2]))
    assert len({A, Q(a=1), B}) == 2
    assert (A & B) != (A | B)
    assert A != 1
    assert (A & B) | C != A & (B | C)


def test_repr_reads_as_it_is_written() -> None:
    assert repr((A | B) & ~C) == "(Q(a=1) | Q(b=2)) & ~Q(c=3)"
    assert repr(~(A & B)) == "~(Q(a=1) & Q(b=2))"
    assert repr(Q()) == "Q()"
    assert repr(Q.raw({"name": "Acme"})) == "Q.raw({'name': 'Acme'})"
    many = Q()
    for i in range(1_030):
        many |= Q(a=i)
    assert repr(many).endswith("| Q(a=19) | ... (1,010 more)")
    assert "..." in repr(Q(a__in=range(1000)))


def test_raw_takes_a_dict_and_keeps_a_copy() -> None:
    filter = {"name": {"$eq": "Acme"}}
    q = Q.raw(filter)
    filter["name"]["$eq"] = "Other"
    assert q == Q.raw({"name": {"$eq": "Acme"}})
    assert q != Q(name="Acme")
    assert list((q & A).lookups()) == [("a", 1)]
    assert pickle.loads(pickle.dumps(~q | A)) == ~q | A
    with pytest.raises(TypeError, match=r"Q\.raw\(\) takes Attio's filter as a dict"):
        Q.raw([{"name": "Acme"}])  # type: ignore[arg-type]


def test_a_raw_filter_too_deep_to_be_sent() -> None:
    raw: dict[str, Any] = {"name": "Acme"}
    for _ in range(50_000):
        raw = {"$not": raw}
    with pytest.raises(ValidationError, match="too deeply"):
        Q.raw(raw)


conditions = st.recursive(
    st.builds(lambda n, v: Q(**{n: v}), st.sampled_from("abc"), st.integers(0, 3)) | st.just(Q()),
    lambda inner: (
        st.builds(lambda a, b: a & b, inner, inner)
        | st.builds(lambda a, b: a | b, inner, inner)
        | st.builds(lambda a: ~a, inner)
    ),
)


@given(conditions, conditions, conditions)
def test_grouping_of_the_same_operator_does_not_matter(a: Q, b: Q, c: Q) -> None:
    assert (a & b) & c == a & (b & c) == Q(a, b, c)
    assert (a | b) | c == a | (b | c)
    assert ~~a == a
    assert pickle.loads(pickle.dumps(a)) == a
