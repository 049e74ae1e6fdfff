"""The history of an attribute, where Attio has nothing at its path."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Company, DoesNotExist, ListEntry, Model, UnknownAttributeError
from attio_orm.attributes import Text
from attio_orm.testing import SandboxHandle
from tests.colours import Colour


class Memo(Model, on_drift="ignore"):
    title: Text


class Step(ListEntry, list="steps", parent=Company, on_drift="ignore"):
    title: Text


@pytest.fixture(params=["objects", "lists"])
def record(attio_sandbox: SandboxHandle, request: pytest.FixtureRequest) -> Any:
    """A record, or an entry, whose attribute was given another slug since."""
    attio_sandbox.define(Memo, Step)
    kind, slug = request.param, {"objects": "memos", "lists": "steps"}[request.param]
    made = (
        Memo.objects.create(title="A")
        if kind == "objects"
        else Step.objects.create(parent=Company.objects.create(name="C"), title="A")
    )
    attio_sandbox.connection.api.attributes.update(slug, "title", api_slug="heading", target=kind)
    return made


async def test_an_attribute_that_was_renamed_is_not_a_deleted_record(
    record: Any, colour: Colour
) -> None:
    with pytest.raises(UnknownAttributeError, match="no attribute 'title', or it was renamed"):
        await colour.call(record, "history", "title")
    assert [each.value for each in await colour.call(record, "history", "heading")] == ["A"]


async def test_a_deleted_record_is_one(record: Any, colour: Colour) -> None:
    model: Any = type(record)
    await colour.call(model.objects.get(id=record.id), "delete")
    for name in ("heading", "title"):
        with pytest.raises(DoesNotExist, match="no longer exists"):
            await colour.call(record, "history", name)
