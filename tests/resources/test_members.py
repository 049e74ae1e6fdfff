"""Members: asked for once, and compared here."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Deal, Member, NotSupportedByAttio, ReadOnlyAttributeError, UnsupportedLookup
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


@pytest.fixture
def eve(attio_sandbox: Any) -> str:
    key: str = attio_sandbox.add_member("eve@acme.example.com", first_name="Eve", last_name="Moore")
    return key


async def test_members_are_one_request_that_is_kept(
    eve: str, attio_sandbox: Any, colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = Member.objects
    with assert_num_requests(1):
        found = await colour.call(members, "get", email_address="EVE@acme.example.com")
        assert (found.id, found.full_name, found.access_level) == (eve, "Eve Moore", "member")
        assert await colour.items(members.filter(full_name="Eve Moore")) == [found]
        assert await colour.items(members.filter(first_name="Eve", access_level="admin")) == []
        assert await colour.call(members, "count") == 2
    attio_sandbox.add_member("new@acme.example.com")
    assert await colour.call(members, "count") == 2
    attio_sandbox.connection.schema.ttl = 0.0  # schema_ttl is over
    with assert_num_requests(1):
        assert await colour.call(members, "count") == 3
    with assert_num_requests(1):
        assert await colour.call(members, "get", id=eve) is found
    with pytest.raises(Member.DoesNotExist):
        await colour.call(members, "get", id="00000000-0000-4000-8000-000000000000")


def test_a_member_is_who_owns_something(eve: str, attio_sandbox: Any) -> None:
    found = Member.objects.get(id=eve)
    assert (found.actor.id, found.actor.email) == (eve, "eve@acme.example.com")
    deal = Deal(name="Offer", stage="Lead", owner=found.actor)
    assert deal.owner == found.actor


def test_members_are_changed_in_attio_alone(eve: str, attio_sandbox: Any) -> None:
    found = Member.objects.get(id=eve)
    with assert_num_requests(0):
        with pytest.raises(ReadOnlyAttributeError, match="is set by Attio"):
            found.first_name = "Eva"
        with pytest.raises(ReadOnlyAttributeError, match="no way to create a member"):
            Member.objects.create()
        with pytest.raises(NotSupportedByAttio, match="no way to delete a member"):
            found.delete()
        with pytest.raises(UnsupportedLookup, match="filtered by email_address or first_name"):
            Member.objects.filter(title="x")
