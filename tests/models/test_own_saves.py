"""A ``save()`` that a class has of its own: who calls it, and who passes it by."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import ListEntry, Model, One, UniquenessConflictError, connect
from attio_orm.attributes import Text
from attio_orm.models.standard import Company
from tests.colours import Colour


class Stripping:
    """A mixin with a save, as for any other ORM."""

    def save(self, **options: Any) -> None:
        self.title = f"{(self.title or '').strip()} (save)"  # type: ignore[has-type]
        super().save(**options)  # type: ignore[misc]

    async def asave(self, **options: Any) -> None:
        self.title = f"{(self.title or '').strip()} (asave)"
        await super().asave(**options)  # type: ignore[misc]


class Memo(Stripping, Model):
    title: Text
    code: Text = Text(unique=True)


class Step(Stripping, ListEntry):
    parent: One[Company]
    title: Text


@pytest.fixture
def memos(attio_sandbox: Any) -> Any:
    attio_sandbox.define(Memo, Step)
    return attio_sandbox


async def test_who_saves_one_record_calls_it(memos: Any, colour: Colour) -> None:
    marked = "a (asave)" if colour.is_async else "a (save)"
    objects = Memo.objects

    created = await colour.call(objects, "create", title=" a ", code="1")
    assert created.title == marked
    got, new = await colour.call(objects, "get_or_create", code="2", defaults={"title": " a "})
    assert (got.title, new) == (marked, True)
    made, new = await colour.call(objects, "update_or_create", code="3", defaults={"title": " a "})
    assert (made.title, new) == (marked, True)
    found, new = await colour.call(objects, "update_or_create", code="1", defaults={"title": " a "})
    assert (found, found.title, new) == (created, marked, False)
    assert [each.title for each in Memo.objects.all()] == [marked] * 3, "in Attio too"


async def test_entries_of_lists_alike(memos: Any, colour: Colour) -> None:
    acme = await colour.call(Company.objects, "create", name="Acme")

    step = await colour.call(Step.objects, "create", parent=acme, title=" a ")

    assert step.title == ("a (asave)" if colour.is_async else "a (save)")


async def test_who_writes_many_passes_it_by(memos: Any, colour: Colour) -> None:
    report = await colour.call(Memo.objects, "bulk_create", [{"title": "a", "code": "1"}])
    assert report[0].instance.title == "a"
    merged = await colour.call(Memo.objects, "upsert", "code", code="1", title="b")
    assert merged.title == "b"
    await colour.call(Memo.objects, "update", title="c")
    assert merged.title == "c"


async def test_it_saves_on_the_connection_of_the_queryset(colour: Colour) -> None:
    with connect("sandbox://") as first, connect("sandbox://") as second:
        for each in (first, second):
            each.sandbox.define(Memo)
        made = await colour.call(Memo.objects.using(first), "create", title="a", code="1")

        assert made.connection is first
        assert second.sandbox.workspace.count("memos") == 0


async def test_what_it_raises_comes_out(memos: Any, colour: Colour) -> None:
    class Strict(Memo):
        def save(self, **options: Any) -> None:
            raise RuntimeError("not today")

        async def asave(self, **options: Any) -> None:
            raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        await colour.call(Strict.objects, "create", title="a", code="1")
    assert memos.workspace.count("memos") == 0


async def test_a_race_for_a_unique_value_still_ends_with_the_others_record(
    memos: Any, colour: Colour
) -> None:
    await colour.call(Memo.objects, "create", title="theirs", code="1")
    with pytest.raises(UniquenessConflictError):
        await colour.call(Memo.objects, "create", title="mine", code="1")

    class Late(Memo):
        """Loses the race: another record appears while it is about to be saved."""

        def save(self, **options: Any) -> None:
            Memo.objects.create(title="theirs", code="2")
            super().save(**options)

        async def asave(self, **options: Any) -> None:
            await Memo.objects.acreate(title="theirs", code="2")
            await super().asave(**options)

    found, created = await colour.call(Late.objects, "get_or_create", code="2")
    assert (created, found.code) == (False, "2")
    assert found.title in {"theirs (save)", "theirs (asave)"}


def test_one_that_saves_nothing_makes_nothing(memos: Any) -> None:
    class Draft(Memo):
        def save(self, **options: Any) -> None:
            """Drafts stay here."""

    draft = Draft.objects.create(title="a", code="1")

    assert draft.id is None
    assert memos.workspace.count("memos") == 0
