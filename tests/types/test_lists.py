from __future__ import annotations

import copy
import pickle
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from attio_orm.errors import ValidationError
from attio_orm.values import TrackedList

WORD = st.sampled_from(["a", "A", "b", "B", "c", "C", "d"])
WORDS = st.lists(WORD, max_size=5)
INDEX = st.integers(-6, 6)
SLICE = st.slices(6)


class Words(TrackedList[str]):
    """Words, the same whatever their case; ``told`` is called after each change."""

    __slots__ = ("told",)

    def __init__(self, items: Iterable[str] = (), told: Callable[[], Any] = int) -> None:
        super().__init__(items)
        self.told = told

    def _coerce(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValidationError(f"{value!r} is not a word")
        return value

    @property
    def _key(self) -> Callable[[str], str]:
        return str.lower

    def _on_change(self) -> None:
        self.told()


def unique(items: list[str]) -> list[str]:
    """The model of what the list keeps: the first of those that differ in case alone."""
    kept: list[str] = []
    for item in items:
        if item.lower() not in [each.lower() for each in kept]:
            kept.append(item)
    return kept


class Lists(RuleBasedStateMachine):
    """The list against a plain one that drops repeats after each step."""

    @initialize(items=WORDS)
    def begin(self, items: list[str]) -> None:
        self.calls = 0
        self.model = unique(items)
        self.real = Words(items, self.note)

    def note(self) -> None:
        self.calls += 1

    def change(self, model: list[str], act: Callable[[list[str]], Any]) -> None:
        before = [each.lower() for each in self.model]
        calls = self.calls
        expected: Any = None
        try:
            expected = act(model)
        except (IndexError, ValueError) as error:
            with pytest.raises(type(error)):
                act(self.real)
            assert self.calls == calls
            return
        assert act(self.real) == expected
        self.model = unique(model)
        changed = before != [each.lower() for each in self.model]
        assert self.calls - calls == int(changed)
        if not changed:
            # which of two spellings stays is the list's own choice only where nothing changed
            self.model = list(self.real)

    @rule(word=WORD)
    def append(self, word: str) -> None:
        self.change(list(self.model), lambda items: items.append(word))

    @rule(words=WORDS)
    def extend(self, words: list[str]) -> None:
        self.change(list(self.model), lambda items: items.extend(words))

    @rule(index=INDEX, word=WORD)
    def insert(self, index: int, word: str) -> None:
        there = word.lower() in [each.lower() for each in self.model]
        self.change(
            list(self.model),
            lambda items: None if there and items is not self.real else items.insert(index, word),
        )

    @rule(index=INDEX)
    def pop(self, index: int) -> None:
        self.change(list(self.model), lambda items: items.pop(index))

    @rule(word=WORD)
    def remove(self, word: str) -> None:
        spelt = next((each for each in self.model if each.lower() == word.lower()), word)
        self.change(
            list(self.model), lambda items: items.remove(word if items is self.real else spelt)
        )

    @rule(index=INDEX)
    def delete(self, index: int) -> None:
        self.change(list(self.model), lambda items: items.__delitem__(index))

    @rule(index=SLICE)
    def delete_slice(self, index: slice) -> None:
        self.change(list(self.model), lambda items: items.__delitem__(index))

    @rule(index=SLICE, words=WORDS)
    def set_slice(self, index: slice, words: list[str]) -> None:
        self.change(list(self.model), lambda items: items.__setitem__(index, words))

    @rule(index=INDEX, word=WORD)
    def set_item(self, index: int, word: str) -> None:
        lowered = [each.lower() for each in self.model]
        model = list(self.model)
        if word.lower() in lowered and -len(model) <= index < len(model):
            other = lowered.index(word.lower())
            model[other] = model[index]
        self.change(model, lambda items: items.__setitem__(index, word))

    @rule()
    def reverse(self) -> None:
        self.change(list(self.model), lambda items: items.reverse())

    @rule(backwards=st.booleans())
    def sort(self, backwards: bool) -> None:
        self.change(list(self.model), lambda items: items.sort(key=str.lower, reverse=backwards))

    @rule(words=WORDS)
    def settle(self, words: list[str]) -> None:
        calls = self.calls
        self.real.settle(words)
        self.model = unique(words)
        assert self.calls == calls

    @rule()
    def clear(self) -> None:
        self.change(list(self.model), lambda items: items.clear())

    @rule(words=WORDS, times=st.integers(-1, 2))
    def add_and_multiply(self, words: list[str], times: int) -> None:
        self.change(list(self.model), lambda items: items.__iadd__(words) and None)
        self.change(list(self.model), lambda items: items.__imul__(times) and None)

    @invariant()
    def holds_the_same(self) -> None:
        if hasattr(self, "real"):
            assert self.real == self.model
            assert len(self.real) == len({each.lower() for each in self.real})
            for word in "aAbBcCd":
                assert (word in self.real) is (word.lower() in [w.lower() for w in self.model])


TestLists = Lists.TestCase
TestLists.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


def make(*items: str) -> tuple[Words, list[list[str]]]:
    """A list of words, and what it held at each of its changes."""
    seen: list[list[str]] = []
    words = Words(items, lambda: seen.append(list(words)))
    return words, seen


def test_values_that_do_not_fit_change_nothing() -> None:
    words, seen = make("a")
    for refused in (
        lambda: words.append(7),  # type: ignore[arg-type]
        lambda: words.extend(["b", 7]),  # type: ignore[list-item]
        lambda: words.insert(0, 7),  # type: ignore[arg-type]
        lambda: words.__setitem__(0, 7),
        lambda: words.__setitem__(slice(0, 1), ["b", 7]),
    ):
        with pytest.raises(ValidationError):
            refused()
    assert words == ["a"]
    assert seen == []


@pytest.mark.parametrize(
    "act",
    [
        lambda words: words.append("d"),
        lambda words: words.insert(0, "d"),
        lambda words: words.remove("b"),
        lambda words: words.clear(),
        lambda words: words.reverse(),
        lambda words: words.__setitem__(1, "d"),
    ],
)
def test_a_change_that_is_refused_is_taken_back(act: Callable[[Any], Any]) -> None:
    def refuse() -> None:
        raise RuntimeError("read-only")

    words = Words(["a", "b", "c"], refuse)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="read-only"):
            act(words)
        assert words == ["a", "b", "c"]


@given(st.lists(st.integers(), unique=True, min_size=2), st.randoms(use_true_random=False))
def test_swapping_and_shuffling_lose_nothing(numbers: list[int], rng: random.Random) -> None:
    tracked = TrackedList(numbers)
    tracked[0], tracked[-1] = tracked[-1], tracked[0]
    assert tracked == [numbers[-1], *numbers[1:-1], numbers[0]]
    rng.shuffle(tracked)
    assert sorted(tracked) == sorted(numbers)


def test_values_are_found_by_their_key() -> None:
    words, _ = make("a", "b")
    assert (words.index("B"), words.count("B"), words.count("z")) == (1, 1, 0)
    assert 7 not in words
    with pytest.raises(ValueError, match="'a' is not in the list"):
        words.index("a", 1)
    with pytest.raises(ValueError, match="'z' is not in the list"):
        words.remove("z")


def test_a_list_can_be_extended_by_itself() -> None:
    words, seen = make("a", "b")
    words.extend(words)
    words += words
    assert words == ["a", "b"]
    assert seen == []


def test_the_change_has_happened_when_it_is_told() -> None:
    words, seen = make("a")
    words += ["b", "c", "B"]
    words.pop()
    assert seen == [["a", "b", "c"], ["a", "b"]]


def test_copies_and_pickles_are_lists_that_tell_nobody() -> None:
    words, seen = make("a", "b")
    for made in (copy.copy(words), copy.deepcopy(words), pickle.loads(pickle.dumps(words))):
        assert made == words
        assert type(made) is TrackedList
        made.append("c")
        made.append("c")
        assert made == ["a", "b", "c"]
    assert words == ["a", "b"]
    assert seen == []


def test_slices_and_sums_are_plain_lists() -> None:
    words, _ = make("a", "b")
    assert type(words[:1]) is list
    assert words.__add__(["a"]) == ["a", "b", "a"]
    assert words == ["a", "b"]
    assert words == ["a", "b"]
