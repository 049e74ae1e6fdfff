"""E-mails: found by whom they have to do with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from attio_orm import (
    Company,
    Email,
    NotSupportedByAttio,
    Person,
    ReadOnlyAttributeError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.testing import assert_num_requests
from tests.colours import Colour

START = datetime(2026, 3, 1, tzinfo=UTC)
ADA, OWNER = "ada@lovelace.example.com", "owner@sandbox.example"


@pytest.fixture
def mail(attio_sandbox: Any) -> Any:
    for number in range(3):
        attio_sandbox.workspace.setup.add_email(
            f"Ada <{ADA}>", [OWNER], subject=f"Offer {number}",
            sent_at=START + timedelta(days=number),
        )  # fmt: skip
    attio_sandbox.workspace.setup.add_email(OWNER, ["bob@other.example.org"], sent_at=START)
    return attio_sandbox


async def test_e_mails_are_found_by_record_address_and_domain(mail: Any, colour: Colour) -> None:
    ada = Person.objects.create(name="Ada", email_addresses=[ADA])
    bob = Person.objects.create(name="Bob", email_addresses=["bob@other.example.org"])
    of_ada = await colour.items(ada.emails)
    assert [each.subject for each in of_ada] == ["Offer 2", "Offer 1", "Offer 0"]  # newest first
    last = of_ada[0]
    assert (last.direction, last.sent_at) == ("inbound", START + timedelta(days=2))
    assert last.linked_records == [ada]
    sender, receiver = last.participants
    assert (sender.role, sender.name, sender.email_domain) == (
        "from",
        "Ada",
        "lovelace.example.com",
    )
    assert receiver.email_address == OWNER
    domain = Email.objects.filter(domain="https://Lovelace.example.com/")
    assert await colour.items(domain) == of_ada
    assert await colour.items(Email.objects.filter(participants=[ADA])) == of_ada
    between = domain.filter(sent_after=START, sent_before=START + timedelta(days=2))
    assert [each.subject for each in await colour.items(between)] == ["Offer 1"]
    both = Email.objects.filter(linked_record=[ada, bob])
    assert await colour.call(both, "count") == 4


async def test_the_own_workspace_is_refused_as_attio_ignores_it(mail: Any, colour: Colour) -> None:
    for lookup, value in (
        ("domain", "sandbox.example"),
        ("participants", OWNER.upper()),
        ("participants", [ADA, "new@sandbox.example"]),
    ):
        with pytest.raises(UnsupportedLookup, match="is of the own workspace"):
            await colour.items(Email.objects.filter(**{lookup: value}))
    assert not [each for each in mail.requests if each.path.startswith("/v2/emails")]
    # where anybody has an address, a member's says nothing of the others there
    mail.add_member("eve@gmail.com")
    mail.connection.schema.forget()
    assert await colour.items(Email.objects.filter(domain="gmail.com")) == []


def test_what_attio_does_not_have_is_refused_before_anything_is_sent(mail: Any) -> None:
    ada = Person.objects.create(name="Ada")
    acme = Company.objects.create(name="Acme")
    with assert_num_requests(0):
        with pytest.raises(UnsupportedLookup, match="by linked_record or participants or domain"):
            list(Email.objects.filter(sent_after=START))
        with pytest.raises(UnsupportedLookup, match="cannot be given together"):
            ada.emails.filter(domain="lovelace.example.com")
        with pytest.raises(ValidationError, match="one object at a time"):
            Email.objects.filter(linked_record=[ada, acme])
        with pytest.raises(ValidationError, match="is not a domain"):
            Email.objects.filter(domain="acme")
        with pytest.raises(NotSupportedByAttio, match="no e-mail by its id"):
            Email.objects.get(id=str(ada.id))
        with pytest.raises(ReadOnlyAttributeError, match="no way to create an e-mail"):
            Email.objects.create()
        plan = Email.objects.filter(domain="sandbox.example").explain()
        assert [(each.path, each.params) for each in plan] == [
            ("/v2/emails", {"domain": "sandbox.example", "limit": 50})
        ]
