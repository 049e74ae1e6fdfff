"""What Attio does by itself after a person was created: it links them to their company."""

from __future__ import annotations

from typing import Any

from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.documents import Draft
from attio_orm.sandbox.errors import Refusal
from attio_orm.sandbox.pending import ENRICHMENT, put_off, take_due
from attio_orm.sandbox.schema import Attribute, Schema
from attio_orm.sandbox.values.base import members
from attio_orm.sandbox.values.references import reference
from attio_orm.sandbox.writes import create, read_values

_FREE_MAIL = """
126.com 163.com aim.com aol.com att.net bigpond.com btinternet.com charter.net comcast.net cox.net
duck.com email.com fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net
googlemail.com hey.com hotmail.co.uk hotmail.com hotmail.de hotmail.fr hotmail.it hushmail.com
icloud.com inbox.com laposte.net libero.it live.co.uk live.com live.nl mac.com mail.com mail.ru
me.com msn.com naver.com orange.fr outlook.com outlook.de pm.me proton.me protonmail.com qq.com
rediffmail.com rocketmail.com sbcglobal.net sfr.fr t-online.de tuta.io tutanota.com verizon.net
web.de wp.pl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br
yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru ymail.com zoho.com
"""

# Domains where anybody may have an address: they name no company.
FREE_MAIL = frozenset(_FREE_MAIL.split())


def expect_enrichment(call: Call, delay: float) -> None:
    """Note the people whom a request created: their company is looked for `delay` seconds on."""
    people = call.schema.object("people")
    for event in call.events:
        if event.type == "record.created" and event.id["object_id"] == people.id:
            put_off(call.database, ENRICHMENT, event.id["record_id"], call.moment, delay)


def enrich_due(call: Call) -> None:
    """Link the people who are due to companies by the domains of their e-mail addresses.

    Values are written as of the time they were due, by the actor `system`. Somebody who has a
    company by then, has no address, or only addresses of free-mail hosts, stays as they are; so
    does whose company cannot be made, because the workspace demands more values of one.
    """
    system = next(num for num, (kind, _) in call.schema.actors.items() if kind == "system")
    for record_id, due in take_due(call.database, ENRICHMENT, call.moment):
        changes = Changes(call.database, call.schema, due, system, call.events)
        num = changes.record_number(call.schema.object("people").num, record_id)
        if num is None:
            continue
        before = len(call.events)
        call.database.run("SAVEPOINT enrichment")
        try:
            _link(changes, changes.draft(num), call)
            changes.flush()
        except Refusal:
            call.database.run("ROLLBACK TO enrichment")
            del call.events[before:]
        call.database.run("RELEASE enrichment")


def _link(changes: Changes, person: Draft, call: Call) -> None:
    schema = changes.schema
    companies = schema.object("companies")
    company = _attribute(schema, "people", "company")
    domains = _attribute(schema, "companies", "domains")
    emails = person.document.get(_attribute(schema, "people", "email_addresses").num, [])
    if company.num in person.document:
        return
    for email in emails:
        assert isinstance(email.body, str)
        parts: dict[str, Any] = members(email.body)
        host, root = parts["email_domain"], parts["email_root_domain"]
        if {host, root} & FREE_MAIL:
            continue
        found = _company_of(changes, domains, host) or _company_of(changes, domains, root)
        if found is None:
            found = create(
                changes, companies, {"domains": [root]}, call.ids.new(), moment=call.moment
            ).num
        draft = changes.draft(found)
        changes.overwrite(person, company, [reference(companies, draft.id, draft.num)])
        return


def _attribute(schema: Schema, object_slug: str, slug: str) -> Attribute:
    return schema.object(object_slug).attribute(slug)


def _company_of(changes: Changes, domains: Attribute, host: str) -> int | None:
    (wanted,) = read_values(domains, [host], changes)
    found = changes.matching(domains, wanted)
    return found[0][0] if found else None
