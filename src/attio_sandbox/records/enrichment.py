"""What Attio does by itself for people: it links them to the company of their e-mail domain."""

from __future__ import annotations

from typing import Any

from attio_sandbox.records.changes import Changes
from attio_sandbox.records.documents import Draft
from attio_sandbox.records.pending import ENRICHMENT, put_off, take_due
from attio_sandbox.records.transactions import Transaction
from attio_sandbox.records.writes import create, read_values
from attio_sandbox.values.base import members
from attio_sandbox.values.references import reference

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


def expect_enrichment(transaction: Transaction, delay: float) -> None:
    """Note the people who were created: their company is looked for `delay` seconds on."""
    people = transaction.schema.object("people")
    for event in transaction.events:
        if event.type == "record.created" and event.id["object_id"] == people.id:
            record_id, moment = event.id["record_id"], transaction.moment
            put_off(transaction.database, ENRICHMENT, record_id, moment, delay)


def enrich_due(transaction: Transaction) -> None:
    """Link the people who are due to companies by the domains of their e-mail addresses.

    Values are written as of the time they were due, by the actor `system`. Somebody who has a
    company by then, has no address, or only addresses of free-mail hosts, stays as they are; so
    does whose company cannot be made, because the workspace demands more values of one.
    """
    system = transaction.schema.actor_number("system")
    for record_id, due in take_due(transaction.database, ENRICHMENT, transaction.moment):
        changes = transaction.changes(now=due, actor=system)
        num = changes.record_number(transaction.schema.object("people").num, record_id)
        if num is not None:  # it may have been deleted or merged since
            # Each by itself: one company that cannot be made holds up nobody else.
            with transaction.attempt():
                _link(transaction, changes, changes.draft(num))
                changes.flush()


def _link(transaction: Transaction, changes: Changes, person: Draft) -> None:
    people = changes.schema.object("people")
    if people.attribute("company").num in person.document:
        return  # what people set is not overwritten (facts.md 6)
    for email in person.document.get(people.attribute("email_addresses").num, []):
        assert isinstance(email.body, str)
        parts: dict[str, Any] = members(email.body)
        host, root = parts["email_domain"], parts["email_root_domain"]
        if link_company(transaction, changes, person, host, root) is not None:
            return


def link_company(
    transaction: Transaction, changes: Changes, person: Draft, host: str, root: str
) -> int | None:
    """Link a person to the company of a host or its root domain, and give the company's number.

    Attio makes a company if there is none. None, and no link, where anybody may have an address
    there. Raises the Refusal of a company that cannot be made, as the workspace demands more.
    """
    if {host, root} & FREE_MAIL:
        return None
    companies = changes.schema.object("companies")
    domains = companies.attribute("domains")
    company: Draft | None = None
    # The host first: a shop or a subsidiary may be a company beside the one of the root domain.
    for name in (host, root):
        (wanted,) = read_values(domains, [name], changes)
        found = changes.matching(domains, wanted)
        if found:
            company = changes.draft(found[0][0])
            break
    if company is None:
        key = transaction.ids.new()
        company = create(changes, companies, {"domains": [root]}, key, moment=transaction.moment)
    link = changes.schema.object("people").attribute("company")
    changes.overwrite(person, link, [reference(companies, company.id, company.num)])
    return company.num
