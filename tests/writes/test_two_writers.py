"""Two sessions edit the lists of one record, in any order: whose edits survive, and when."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import Model, Person, Session, StaleRecordError
from attio_orm.attributes import EmailAddresses, MultiSelect, Text
from attio_orm.connection.sessions import entered
from attio_orm.testing import SandboxHandle, assert_num_requests, sandbox

LETTERS = "abc"
LISTS = {"tags": list(LETTERS), "email_addresses": [f"{each}@lovelace.dev" for each in LETTERS]}


class Sheet(Model):
    """A record with two lists."""

    title: Text
    tags: MultiSelect = MultiSelect(options=list(LETTERS))
    email_addresses: EmailAddresses


Lists = dict[str, set[str]]


def held(sheet: Sheet) -> Lists:
    """What an instance holds."""
    return {name: {str(each) for each in getattr(sheet, name)} for name in LISTS}


class Writer:
    """One of the two: a session, its instance, and what it knows of the record."""

    def __init__(self, handle: SandboxHandle, record_id: str) -> None:
        self.handle = handle
        self.session = Session(handle.connection, explicit=True)
        with entered(self.session):
            self.sheet: Sheet = Sheet.objects.get(id=record_id)
        self.seen = held(self.sheet)  # what Attio's last answer to this writer held
        self.base: Lists = {}  # what a list held when this writer began to change it

    def stored(self) -> Lists:
        """What Attio holds, read without the mapping layer."""
        record = self.handle.connection.api.records.get("sheets", self.sheet.id)
        values = record["values"]
        return {
            "tags": {each["option"]["title"] for each in values["tags"]},
            "email_addresses": {each["email_address"] for each in values["email_addresses"]},
        }

    def edit(self, name: str, value: str, *, add: bool) -> None:
        """Add a value, or remove it, where that changes something."""
        mine = getattr(self.sheet, name)
        if add == (value in held(self.sheet)[name]):
            return
        self.base.setdefault(name, held(self.sheet)[name])
        if add:
            mine.append(value)
        else:
            mine.remove(next(each for each in mine if str(each) == value))

    def look(self) -> None:
        """A query brings the record again."""
        with entered(self.session):
            assert Sheet.objects.all()[0] is self.sheet
        self.seen = self.stored()
        # what was set back is no change any more, and is taken as it comes
        self.base = {name: was for name, was in self.base.items() if name in self.sheet.changes}

    def save(self) -> None:
        """Send what changed, and compare what Attio held before and holds after."""
        before, mine = self.stored(), held(self.sheet)
        self.handle.requests.clear()
        with entered(self.session):
            self.sheet.save()
        sent = [each for each in self.handle.requests if each.method in {"PATCH", "PUT"}]
        after = self.stored()
        if len(sent) == 2:
            self.seen = before  # the first answer has told
        for name in LISTS:
            self.check(name, before[name], after[name], mine[name], sent)
        assert held(self.sheet) == after or not sent
        assert not self.sheet.is_changed
        if sent:
            self.seen = after
        self.base = {}

    def check(
        self, name: str, before: set[str], after: set[str], mine: set[str], sent: list[Any]
    ) -> None:
        """What holds for one list and one save."""
        base = self.base.get(name, mine)
        added, removed = mine - base, base - mine
        overwritten = any(
            each.method == "PUT" and name in each.json["data"]["values"] for each in sent
        )
        assert added <= after, "what I added is there"
        assert not removed & after, "what I removed is not"
        if not overwritten:
            assert after == before | added, "additions take nothing from anybody"
        elif self.seen[name] >= before and mine:
            assert after >= (before - removed) | added, "nor do removals of who looked"
        lost = before - after - removed
        assert overwritten or not lost
        assert not (lost & self.seen[name]) or not mine, "what I knew of is never lost"


edits = [
    (what, name, value) for what in ("add", "remove") for name in LISTS for value in LISTS[name]
]
steps = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([*edits, *[("look",), ("save",)] * 4])),
    min_size=15,
    max_size=40,
)


@settings(max_examples=100)
@given(steps=steps)
def test_edits_of_two_writers(steps: list[tuple[int, tuple[Any, ...]]]) -> None:
    with sandbox() as handle:
        handle.define(Sheet)
        made = Sheet.objects.create(title="One", tags=["a", "b"])
        writers = [Writer(handle, made.id or ""), Writer(handle, made.id or "")]
        for who, (what, *rest) in [*steps, (0, ("save",)), (1, ("save",))]:
            writer = writers[who]
            if what in {"look", "save"}:
                getattr(writer, what)()
            else:
                name, value = rest
                writer.edit(name, value, add=what == "add")


def two_sheets(handle: SandboxHandle) -> tuple[Sheet, Sheet]:
    """One record, ``a`` and ``b`` in its list, as two sessions hold it."""
    handle.define(Sheet)
    made = Sheet.objects.create(title="One", tags=["a", "b"])
    one, two = (Writer(handle, made.id or "").sheet for _ in range(2))
    assert one is not two
    return one, two


def bodies(handle: SandboxHandle) -> list[tuple[str, Any]]:
    return [
        (each.method, each.json["data"]["values"])
        for each in handle.requests
        if each.method in {"PATCH", "PUT"}
    ]


def test_what_a_page_brought_meanwhile_is_kept_by_a_removal(attio_sandbox: SandboxHandle) -> None:
    mine, theirs = two_sheets(attio_sandbox)
    mine.tags.remove("a")
    theirs.tags.append("c")
    theirs.save()
    assert mine._state.context is not None
    assert mine._state.context.session is not None
    with entered(mine._state.context.session):
        assert Sheet.objects.get(title="One") is mine
    assert mine.tags == ["b"], "what the user changed stays as it is"
    attio_sandbox.requests.clear()
    mine.save()
    assert bodies(attio_sandbox) == [("PUT", {"tags": ["c", "b"]})]
    assert mine.tags == ["c", "b"]


def test_the_answer_of_the_patch_is_kept_by_the_put(attio_sandbox: SandboxHandle) -> None:
    mine, theirs = two_sheets(attio_sandbox)
    mine.tags.remove("a")
    mine.email_addresses.append("a@lovelace.dev")
    theirs.tags.append("c")
    theirs.save()
    attio_sandbox.requests.clear()
    mine.save()
    assert bodies(attio_sandbox) == [
        ("PATCH", {"email_addresses": ["a@lovelace.dev"]}),
        ("PUT", {"tags": ["c", "b"]}),
    ]


def test_what_was_emptied_is_empty(attio_sandbox: SandboxHandle) -> None:
    mine, theirs = two_sheets(attio_sandbox)
    mine.tags = []
    mine.email_addresses.append("a@lovelace.dev")
    theirs.tags.append("c")
    theirs.save()
    mine.save()
    assert mine.tags == []


def test_an_addition_nobody_told_of_is_overwritten_or_refused(attio_sandbox: SandboxHandle) -> None:
    """What cannot be helped without a compare-and-set, as docs/saving.md says."""
    mine, theirs = two_sheets(attio_sandbox)
    mine.tags.remove("a")
    theirs.tags.append("c")
    theirs.save()
    with pytest.raises(StaleRecordError):
        mine.save(on_conflict="raise")
    mine.save()
    assert mine.tags == ["b"]


@pytest.mark.parametrize("brought_by", ["query", "refresh", "nobody"])
def test_an_addition_taken_back_that_others_made_too_is_no_change(
    attio_sandbox: SandboxHandle, brought_by: str
) -> None:
    """Nothing is sent, so that the other's addition stays."""
    ada = Person.objects.create(name="Ada", email_addresses=["a@x.dev"])
    ada.email_addresses.append("b@x.dev")
    theirs = {"email_addresses": ["b@x.dev"]}
    attio_sandbox.connection.api.records.update("people", str(ada.id), theirs)
    if brought_by == "query":
        assert Person.objects.get(name="Ada") is ada
        assert set(ada.email_addresses) == {"a@x.dev", "b@x.dev"}
    elif brought_by == "refresh":
        with attio_sandbox.connection.session():
            assert len(Person.objects.get(id=ada.id).email_addresses) == 2
    ada.email_addresses.remove("b@x.dev")
    assert not ada.is_changed
    assert ada.changes == {}
    with assert_num_requests(0):
        ada.save()
    ada.refresh()
    assert set(ada.email_addresses) == {"a@x.dev", "b@x.dev"}


def test_a_forced_save_overwrites_nothing_unseen(attio_sandbox: SandboxHandle) -> None:
    """It sends what was not touched too, so that is compared as well."""
    mine, theirs = two_sheets(attio_sandbox)
    theirs.tags.append("c")
    theirs.save()
    mine.title = "Two"
    with pytest.raises(StaleRecordError) as caught:
        mine.save(force=True, on_conflict="raise")
    (name,) = caught.value.conflicts
    assert name == "tags"
    mine.save(force=True, fields=["title"], on_conflict="raise")
    mine.refresh()
    assert (mine.title, set(mine.tags)) == ("Two", set("abc"))
    mine.save(force=True, on_conflict="raise")


def test_a_forced_save_compares_a_list_that_was_added_to(attio_sandbox: SandboxHandle) -> None:
    """It is a PUT, which adds nothing."""
    mine, theirs = two_sheets(attio_sandbox)
    mine.email_addresses.append("a@lovelace.dev")
    theirs.email_addresses.append("b@lovelace.dev")
    theirs.save()
    with pytest.raises(StaleRecordError, match="email_addresses"):
        mine.save(force=True, on_conflict="raise")


def test_a_forced_save_removes_what_was_removed(attio_sandbox: SandboxHandle) -> None:
    mine, _ = two_sheets(attio_sandbox)
    mine.tags.remove("a")
    mine.save(force=True)
    assert mine.tags == ["b"]
