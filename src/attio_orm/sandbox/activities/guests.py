"""The people who take part in a meeting, and their companies, as records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.documents import Draft
from attio_orm.sandbox.enrichment import FREE_MAIL
from attio_orm.sandbox.errors import BODY_MESSAGE, Issue, Refusal, invalid
from attio_orm.sandbox.schema import Attribute, Object
from attio_orm.sandbox.values.base import Stored, members
from attio_orm.sandbox.values.references import reference
from attio_orm.sandbox.values.registry import TYPES
from attio_orm.sandbox.writes import create


def read_emails(call: Call, participants: Sequence[dict[str, Any]]) -> list[Stored]:
    """Give the addresses of the participants of a body; raises the 400 of one that is none."""
    attribute = call.schema.object("people").attribute("email_addresses")
    changes, found = call.changes(), list[Stored]()
    for index, participant in enumerate(participants):
        try:
            value = TYPES["email-address"].read(participant["email_address"], attribute, changes)
        except Refusal as refusal:
            path = ("data", "participants", index, "email_address")
            issue = Issue("invalid_string", path, "Invalid email")
            raise invalid(BODY_MESSAGE, [issue]) from refusal
        assert value is not None
        found.append(value)
    return found


def invite(call: Call, emails: Sequence[Stored]) -> list[int]:
    """Give the records of people with these addresses, and of their companies; make those missing.

    A person is linked to a company by the domain of the address, unless anybody may have an
    address there. Attio does the companies after the response; here all is done before it. What
    cannot be made, because the workspace demands more values, is left out.
    """
    people: list[int] = []
    companies: list[int] = []
    for email in emails:
        for person in _attempt(call, partial(_person_of, call, email)):
            people.append(person)
            companies += _attempt(call, partial(_company_of, call, email, person))
    return list(dict.fromkeys([*people, *companies]))


def _attempt(call: Call, work: Callable[[Changes], list[int]]) -> list[int]:
    """Give the records that `work` gives; a Refusal undoes what it did, and it gives none."""
    before = len(call.events)
    changes = call.changes()
    call.database.run("SAVEPOINT guest")
    try:
        found = work(changes)
        changes.flush()
    except Refusal:
        call.database.run("ROLLBACK TO guest")
        del call.events[before:]
        found = list[int]()
    call.database.run("RELEASE guest")
    return found


def _person_of(call: Call, email: Stored, changes: Changes) -> list[int]:
    people = call.schema.object("people")
    found = changes.matching(people.attribute("email_addresses"), email)
    if found:
        return [found[0][0]]
    assert isinstance(email.body, str)
    values = {"email_addresses": [members(email.body)["original_email_address"]]}
    return [create(changes, people, values, call.ids.new(), moment=call.moment).num]


def _company_of(call: Call, email: Stored, num: int, changes: Changes) -> list[int]:
    person = changes.draft(num)
    object_ = call.schema.object("companies")
    link = call.schema.object("people").attribute("company")
    for value in person.document.get(link.num, ()):
        assert isinstance(value.body, tuple)
        known = changes.record_number(*value.body)
        return [] if known is None else [known]
    host, root = email.cells.s1, email.cells.s2
    if host is None or root is None or {host, root} & FREE_MAIL:
        return []
    domains = object_.attribute("domains")
    company = _company_at(call, changes, object_, domains, (host, root))
    changes.overwrite(person, link, [reference(object_, company.id, company.num)])
    return [company.num]


def _company_at(
    call: Call, changes: Changes, object_: Object, domains: Attribute, hosts: tuple[str, str]
) -> Draft:
    for host in hosts:
        value = TYPES["domain"].read(host, domains, changes)
        found = [] if value is None else changes.matching(domains, value)
        if found:
            return changes.draft(found[0][0])
    return create(changes, object_, {"domains": [hosts[1]]}, call.ids.new(), moment=call.moment)
