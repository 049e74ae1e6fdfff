"""Conditions on the name or e-mail address of an actor: on the ids of the members they mean."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Company, Deal, ListEntry, Q
from attio_orm import attributes as kinds
from attio_orm.errors import UnsupportedLookup, ValidationError
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour

OWNER = "owner@sandbox.example"


class Lead(ListEntry, list="leads", parent=Company):
    """Entries that somebody owns."""

    owner: kinds.Actor
    helpers: kinds.Actors


@pytest.fixture
def deals(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """Two of Ada Byron, one of the other Ada, one of the first member; nobody's entry."""
    attio_sandbox.add_member("ada@x.dev", first_name="Ada", last_name="Byron")
    attio_sandbox.add_member("kim@y.dev", first_name="Ada", last_name="Byron")
    attio_sandbox.define(Lead)
    company = Company.objects.create(name="Acme")
    for name, owner in (("A1", "ada@x.dev"), ("A2", "ada@x.dev"), ("K", "kim@y.dev"), ("O", OWNER)):
        Deal.objects.create(name=name, stage="Lead", owner=owner, associated_company=company)
        Lead.objects.create(parent=company, owner=owner, helpers=[owner, OWNER])
    Lead.objects.create(parent=company)
    attio_sandbox.connection.schema.forget()
    return attio_sandbox


CASES: list[tuple[Any, str]] = [
    (Q(owner__email="ada@x.dev"), "A1 A2"),
    (Q(owner__email=" ADA@x.dev "), "A1 A2"),
    (Q(owner__email__not="ada@x.dev"), "K O"),
    (Q(owner__email__in=["ada@x.dev", OWNER]), "A1 A2 O"),
    (Q(owner__email__in=[]), ""),
    (Q(owner__email__endswith=".dev"), "A1 A2 K"),
    (Q(owner__email__contains="nobody"), ""),
    (Q(owner__email__startswith="Kim"), "K"),
    (Q(owner__name="Ada Byron"), "A1 A2 K"),
    (Q(owner__name="ada byron"), "A1 A2 K"),
    (Q(owner__name__not="Ada Byron"), "O"),
    (Q(owner__name__contains="owner"), "O"),
    (Q(owner__name__isnull=False), "A1 A2 K O"),
    (Q(owner__email=None), ""),
    (~Q(owner__email="ada@x.dev"), "K O"),
    (~Q(owner__name__contains="nobody"), "A1 A2 K O"),
    (Q(owner__name="Ada Byron") & ~Q(owner__email="kim@y.dev"), "A1 A2"),
    (Q(owner__email="kim@y.dev") | Q(owner__email=OWNER), "K O"),
    (Deal.owner.email == "ada@x.dev", "A1 A2"),
    (Deal.owner.name.contains("Byr"), "A1 A2 K"),
]


@pytest.mark.parametrize(("where", "names"), CASES, ids=[str(n) for n in range(len(CASES))])
async def test_members_by_their_names_and_addresses(
    deals: SandboxHandle, colour: Colour, where: Any, names: str
) -> None:
    found = await colour.items(Deal.objects.filter(where).order_by("name"))
    assert [each.name for each in found] == names.split()


async def test_the_members_are_asked_for_once(deals: SandboxHandle, colour: Colour) -> None:
    with assert_num_requests(2):
        assert await colour.call(Deal.objects.filter(owner__email="ada@x.dev"), "exists")
    with assert_num_requests(1):
        assert await colour.call(Deal.objects.filter(owner__name="Ada Byron"), "exists")
    with assert_num_requests(0):  # nobody is meant
        assert not await colour.call(Deal.objects.filter(owner__name__contains="zz"), "exists")


async def test_entries_lists_and_relations(deals: SandboxHandle, colour: Colour) -> None:
    assert await colour.call(Lead.objects.filter(owner__email="ada@x.dev"), "count") == 2
    assert await colour.call(Lead.objects.filter(helpers__name="Sandbox Owner"), "count") == 4
    assert await colour.call(Lead.objects.filter(helpers__email="kim@y.dev"), "count") == 1
    assert await colour.call(Lead.objects.filter(owner__name=None), "count") == 1
    over = Company.objects.filter(associated_deals__owner__email="kim@y.dev")
    assert await colour.call(over, "count") == 1


WRONG: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "nobody": ({"owner__email": "eve@x.dev"}, ValidationError, "no member .* e-mail address"),
    "close": ({"owner__name": "Ada Bryon"}, ValidationError, "Did you mean 'Ada Byron'"),
    "one of": ({"owner__email__in": ["ada@x.dev", "eve@x.dev"]}, ValidationError, "eve@x.dev"),
    "type": ({"owner__email": 5}, ValidationError, "text"),
    "several": ({"owner__email": ["ada@x.dev"]}, ValidationError, "owner__email__in"),
    "lookup": ({"owner__email__gt": "a"}, UnsupportedLookup, "cannot compare 'email' of 'owner'"),
    "part": ({"owner__phone": "1"}, UnsupportedLookup, "owner__email, owner__name"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_what_means_nobody_is_refused(
    deals: SandboxHandle, colour: Colour, case: str
) -> None:
    given, kind, message = WRONG[case]
    with pytest.raises(kind, match=message):
        await colour.call(Deal.objects.filter(**given), "first")


@pytest.mark.parametrize("order", ["owner__email", "-owner__name"])
async def test_attio_does_not_sort_by_them(
    deals: SandboxHandle, colour: Colour, order: str
) -> None:
    with assert_num_requests(0), pytest.raises(UnsupportedLookup, match="does not sort by"):
        await colour.items(Deal.objects.order_by(order))
