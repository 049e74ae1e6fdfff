"""The people who take part in a meeting, and their companies, as records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attio_sandbox.errors import BODY_MESSAGE, Issue, Refusal, invalid
from attio_sandbox.records.changes import Changes
from attio_sandbox.records.enrichment import link_company
from attio_sandbox.records.writes import create
from attio_sandbox.requests import Call
from attio_sandbox.values import TYPES
from attio_sandbox.values.base import Stored, members


def read_emails(call: Call, participants: Sequence[dict[str, Any]]) -> list[Stored | None]:
    """Give the addresses of the participants of a body, None of one who has a name alone.

    Raises the 400 of all addresses that are not valid, and of all who have neither.
    """
    attribute = call.schema.object("people").attribute("email_addresses")
    changes, found, issues = call.changes(), list[Stored | None](), list[Issue]()
    for index, participant in enumerate(participants):
        if "email_address" not in participant:
            if "name" not in participant:
                message = "A participant needs an email_address, or a name"
                issues.append(Issue("invalid", ("data", "participants", index), message))
            found.append(None)
            continue
        try:
            value = TYPES["email-address"].read(participant["email_address"], attribute, changes)
        except Refusal:
            path = ("data", "participants", index, "email_address")
            issues.append(Issue("invalid_string", path, "Invalid email"))
            continue
        assert value is not None
        found.append(value)
    if issues:
        raise invalid(BODY_MESSAGE, issues)
    return found


def find_or_create(call: Call, emails: Sequence[Stored]) -> tuple[list[int], list[int]]:
    """Give the people with these addresses, and their companies; make the records missing.

    A person is linked to a company by the domain of the address, unless anybody may have an
    address there. What cannot be made, because the workspace demands more values, is left out.
    """
    people: list[int] = []
    companies: list[int] = []
    for email in emails:
        # Two attempts: somebody whose company cannot be made takes part all the same.
        with call.attempt():
            changes = call.changes()
            person = _person_of(call, email, changes)
            changes.flush()
            people.append(person)
            with call.attempt():
                company = _company_of(call, email, person, changes)
                changes.flush()
                if company is not None:
                    companies.append(company)
    return people, companies


def _person_of(call: Call, email: Stored, changes: Changes) -> int:
    people = call.schema.object("people")
    found = changes.matching(people.attribute("email_addresses"), email)
    if found:
        return found[0][0]
    assert isinstance(email.body, str)
    values = {"email_addresses": [members(email.body)["original_email_address"]]}
    return create(changes, people, values, call.ids.new(), moment=call.moment).num


def _company_of(call: Call, email: Stored, num: int, changes: Changes) -> int | None:
    person = changes.draft(num)
    link = call.schema.object("people").attribute("company")
    for value in person.document.get(link.num, ()):
        assert isinstance(value.body, tuple)
        return changes.record_number(*value.body)
    host, root = email.cells.s1, email.cells.s2
    assert host is not None
    assert root is not None
    return link_company(call, changes, person, host, root)
