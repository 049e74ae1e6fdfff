"""Writes that nobody answered, and what others wrote before they were looked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from attio_orm import Model, OutcomeUnknownError, signals
from attio_orm.attributes import Domains, EmailAddresses, Number, Text
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("no_waits")


class Item(Model):
    code: Text = Text(unique=True)
    name: Text
    size: Number
    mails: EmailAddresses
    sites: Domains


ITEMS = "/v2/objects/items/records"
SENT = {"name": "mine", "size": 1, "mails": ["a@x.co"]}
THEIRS: dict[str, dict[str, Any]] = {
    "set": {"name": "theirs"},
    "cleared": {"name": []},
    "added": {"mails": ["b@x.co"]},
    "taken out": {"mails": []},
    "all of it": {"name": [], "size": 2, "mails": ["b@x.co"]},
}


@pytest.fixture
def items(attio_sandbox: Any) -> Any:
    attio_sandbox.define(Item)
    attio_sandbox.connection.schema.fetch("items")
    return attio_sandbox


def stored(sandbox: Any) -> dict[str, list[Any]]:
    """What the one item has, by the workspace itself."""
    (record,) = sandbox.workspace.look_up(f"{ITEMS}/query", json={})
    return {
        slug: [each.get("value", each.get("email_address")) for each in record["values"][slug]]
        for slug in SENT
    }


def write(sandbox: Any, record_id: str, values: dict[str, Any]) -> None:
    """What somebody else puts into an item."""
    headers = {"authorization": f"Bearer {sandbox.token}", "content-type": "application/json"}
    body = json.dumps({"data": {"values": values}}).encode()
    reply = sandbox.workspace.handle("PUT", f"{ITEMS}/{record_id}", headers=headers, body=body)
    assert reply.status == 200, reply.body


def lose_the_answer(sandbox: Any, theirs: dict[str, Any]) -> None:
    """Let the create be carried out without an answer; others write before the next request."""
    pending = [True]

    def write_first(method: str, path: str) -> bool:
        found = sandbox.workspace.look_up(f"{ITEMS}/query", json={}) if path != ITEMS else []
        if found and pending.pop():
            write(sandbox, found[0]["id"]["record_id"], theirs)
        return False

    sandbox.fail_next("drop_after", match=rf"^POST {ITEMS}$")
    sandbox.fail_next(500, match=lambda method, path: bool(pending) and write_first(method, path))


@pytest.mark.parametrize("theirs", THEIRS.values(), ids=THEIRS)
@pytest.mark.parametrize("by", ["code", "a lookup that is not unique"])
async def test_what_others_wrote_stays(
    items: Any, colour: Colour, theirs: dict[str, Any], by: str
) -> None:
    lookups: dict[str, Any] = {"code": "a"}
    if by != "code":
        lookups = {"size__gte": 1}
    lose_the_answer(items, theirs)
    told: list[dict[str, Any]] = []

    def note(sender: Any, **given: Any) -> None:
        told.append(given)

    with signals.post_save.connected_to(note, Item):
        item, created = await colour.call(Item.objects, "update_or_create", SENT, **lookups)

    assert created
    assert [(each["instance"], each["created"]) for each in told] == [(item, True)]
    assert told[0]["changes"]["name"].new == "mine"
    assert not item.is_changed
    wanted: dict[str, Any] = {**SENT, **theirs}
    assert stored(items) == {
        slug: value if isinstance(value, list) else [value] for slug, value in wanted.items()
    }
    assert item.name == (theirs["name"] or None if "name" in theirs else "mine")


async def test_settle_takes_what_others_wrote(items: Any, colour: Colour) -> None:
    lose_the_answer(items, {"name": "theirs"})
    item = Item(code="a", **SENT)
    with pytest.raises(OutcomeUnknownError):
        await colour.call(item, "save")

    assert await colour.call(item, "settle", matching="code") is True
    assert (item.name, item.is_changed) == ("theirs", False)


async def test_what_was_changed_here_meanwhile_is_still_to_be_saved(
    items: Any, colour: Colour
) -> None:
    lose_the_answer(items, {"size": 2})
    item = Item(code="a", **SENT)
    with pytest.raises(OutcomeUnknownError):
        await colour.call(item, "save")
    item.name = "newer"

    assert await colour.call(item, "settle", matching="code") is True
    assert item.changes["name"].new == "newer"


async def test_a_row_of_bulk_create_that_others_changed_is_created(
    items: Any, colour: Colour
) -> None:
    lose_the_answer(items, {"name": "theirs"})
    report = await colour.call(Item.objects, "bulk_create", [{"code": "a", **SENT}])
    assert [item.state for item in report] == ["created"]
    assert stored(items)["name"] == ["theirs"]


@pytest.mark.parametrize("method", ["get_or_create", "update_or_create"])
async def test_a_look_that_fails_leaves_it_unknown(items: Any, colour: Colour, method: str) -> None:
    def once_it_is_there(method: str, path: str) -> bool:
        return path != ITEMS and bool(items.workspace.look_up(f"{ITEMS}/query", json={}))

    items.fail_next("drop_after", match=rf"^POST {ITEMS}$")
    items.fail_next("malformed", times=50, match=once_it_is_there)
    with pytest.raises(OutcomeUnknownError) as caught:
        await colour.call(Item.objects, method, {"name": "mine"}, code="a")

    assert any("failed too" in note for note in caught.value.__notes__)
    assert len(items.workspace.look_up(f"{ITEMS}/query", json={})) == 1


async def test_what_a_list_took_in_from_others_is_none_of_our_additions(
    items: Any, colour: Colour
) -> None:
    """The PATCH tells what others had added, which the PUT keeps; they take it out again."""
    item = await colour.call(Item.objects, "create", code="a", mails=["a@x.co", "b@x.co"])
    write(items, item.id, {"mails": ["c@x.co", "a@x.co", "b@x.co"]})
    item.sites.append("x.com")
    item.mails.remove("a@x.co")
    gone: list[str] = []

    def once_it_arrived(method: str, path: str) -> bool:
        if method == "GET" and not gone:
            gone.append(path)
            assert sorted(stored(items)["mails"]) == ["b@x.co", "c@x.co"]
            write(items, item.id, {"mails": ["b@x.co"]})
        return False

    items.fail_next("drop_after", match=f"PUT {ITEMS}")
    items.fail_next(500, match=once_it_arrived)
    await colour.call(item, "save")

    assert gone
    assert stored(items)["mails"] == list(item.mails) == ["b@x.co"]
