"""E-mails: who wrote to whom and when, without the content; and how a test has one sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from email.utils import parseaddr
from typing import Any, NamedTuple

from attio_sandbox.bodies import is_uuid
from attio_sandbox.errors import Refusal, bad_param, invalid
from attio_sandbox.records.enrichment import FREE_MAIL
from attio_sandbox.requests import WORKSPACE, Call, Resource, Route
from attio_sandbox.requests.paging import cursor_body, next_cursor, read_cursor, read_window
from attio_sandbox.schema import Object, Schema
from attio_sandbox.timestamps import read_timestamp
from attio_sandbox.values import TYPES
from attio_sandbox.values.hosts import root_domain

TABLES = """
CREATE TABLE mailboxes (member TEXT PRIMARY KEY, id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE emails (
    num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mailbox TEXT NOT NULL,
    sent_at TEXT NOT NULL, direction TEXT NOT NULL, subject TEXT);
CREATE INDEX emails_by_time ON emails (sent_at, num);
CREATE TABLE email_participants (
    email INTEGER NOT NULL, position INTEGER NOT NULL, role TEXT NOT NULL,
    address TEXT NOT NULL, name TEXT, PRIMARY KEY (email, position)) WITHOUT ROWID;
"""
_DEFAULT, _MAXIMUM = 25, 50  # facts.md 8
# Attio does not say which senders it holds for automated; these are the ones that say so.
_AUTOMATED = frozenset(
    ("no-reply", "noreply", "do-not-reply", "donotreply", "mailer-daemon", "postmaster",
     "notifications", "notification")
)  # fmt: skip


class _Row(NamedTuple):
    num: int
    id: str
    mailbox: str
    sent_at: str
    direction: str
    subject: str | None


class _Participant(NamedTuple):
    role: str
    address: str
    name: str | None

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def is_automated(self) -> bool:
        return self.address.partition("@")[0] in _AUTOMATED


class _Question(NamedTuple):
    """What a list is asked for: e-mails that have to do with any of these."""

    addresses: frozenset[str]
    domains: frozenset[str]
    records: frozenset[tuple[str, str]]  # object and id
    without_automated: bool

    def fits(self, participants: Sequence[_Participant], links: Sequence[dict[str, str]]) -> bool:
        for each in participants:
            if self.without_automated and each.is_automated:
                continue
            if each.address in self.addresses or each.domain in self.domains:
                return True
        return any((link["object_slug"], link["record_id"]) in self.records for link in links)


def list_emails(call: Call) -> bytes:
    """Answer GET /v2/emails: the newest first.

    As many are looked at as a page may have, whether they fit or not: like Attio's, a page may be
    short or empty while the cursor goes on (facts.md 8).
    """
    limit, _ = read_window(call, _DEFAULT, _MAXIMUM)
    question = _question(call)
    conditions, values = ["1"], list[Any]()
    for name, operator in (("sent_after", ">"), ("sent_before", "<")):
        if name in call.params:
            moment = read_timestamp(call.params[name])
            if moment is None:
                raise bad_param("Invalid date", name, "invalid_date")
            conditions.append(f"sent_at {operator} ?")
            values.append(moment)
    after = read_cursor(call.params, str, int)
    if after is not None:
        conditions.append("(sent_at, num) < (?, ?)")
        values += after
    rows: list[Any] = call.database.rows(
        "SELECT num, id, mailbox, sent_at, direction, subject FROM emails"
        f" WHERE {' AND '.join(conditions)} ORDER BY sent_at DESC, num DESC LIMIT ?",
        (*values, limit + 1),
    )
    shown = _documents(call, [_Row(*row) for row in rows[:limit]], question)
    return cursor_body(shown, next_cursor(rows, limit, 3, 0))


def _question(call: Call) -> _Question:
    """Read whose e-mails are asked for; raises the 400 where it is nobody's."""
    params = call.params
    slug, given = params.get("linked_object"), params.get("linked_record_ids")
    if (slug is None) != (given is None):
        missing = "linked_object" if slug is None else "linked_record_ids"
        message = "linked_object and linked_record_ids must be given together"
        raise bad_param(message, missing)
    records: list[tuple[str, str]] = []
    if slug is not None and given is not None:
        object_ = call.schema.object(slug)
        keys = _parts(given)
        if not keys or not all(is_uuid(each) for each in keys):
            raise bad_param("Invalid uuid", "linked_record_ids", "invalid_string")
        records = [(object_.slug, key) for key in keys]
    own, own_domains = _own(call.schema)
    addresses = frozenset(_parts(params.get("participants", ""))) - own
    addresses = frozenset(each for each in addresses if each.rpartition("@")[2] not in own_domains)
    domains = frozenset(_parts(params.get("domain", ""))) - own_domains
    if not (records or addresses or domains):
        raise invalid(
            "E-mails are listed by linked_object and linked_record_ids, participants or domain: "
            "give at least one of them, and not of the own workspace, as those are ignored."
        )
    without_automated = call.flag("exclude_automated_participants")
    return _Question(addresses, domains, frozenset(records), without_automated)


def _parts(text: str) -> list[str]:
    return [part for each in text.split(",") if (part := each.strip().lower())]


def _own(schema: Schema) -> tuple[frozenset[str], frozenset[str]]:
    """Give the addresses of the workspace's members, and the domains that are its own."""
    addresses = frozenset(member.email.lower() for member in schema.members)
    domains = {address.rpartition("@")[2] for address in addresses}
    return addresses, frozenset(domains - FREE_MAIL)


def _documents(call: Call, rows: Sequence[_Row], question: _Question) -> list[dict[str, Any]]:
    marks = ", ".join("?" * len(rows))
    participants: defaultdict[int, list[_Participant]] = defaultdict(list)
    for email, *parts in call.database.rows(
        "SELECT email, role, address, name FROM email_participants"
        f" WHERE email IN ({marks}) ORDER BY email, position",
        [row.num for row in rows],
    ):
        participants[email].append(_Participant(*parts))
    links = _Links(call)
    found: list[dict[str, Any]] = []
    for row in rows:
        people = participants[row.num]
        linked = links.of(people)
        if question.fits(people, linked):
            found.append(_document(call.schema, row, people, linked))
    return found


def _document(
    schema: Schema, row: _Row, participants: Sequence[_Participant], links: Sequence[dict[str, str]]
) -> dict[str, Any]:
    return {
        "id": {"workspace_id": schema.workspace_id, "mailbox_id": row.mailbox, "email_id": row.id},
        "sent_at": row.sent_at,
        "direction": row.direction,
        "subject_line": row.subject,
        "participants": [
            {
                "role": each.role,
                "email_address": each.address,
                "email_domain": each.domain,
                "name": each.name,
            }
            for each in participants
        ],
        "linked_records": list(links),
    }


class _Links:
    """The people and companies that e-mails have to do with, found at the request (facts.md 8)."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._changes = call.changes()
        self._known: dict[tuple[str, str], list[dict[str, str]]] = {}

    def of(self, participants: Iterable[_Participant]) -> list[dict[str, str]]:
        """Give the links of an e-mail, each once: its people, then their companies."""
        people = list(participants)
        found = [link for each in people for link in self._find("people", each.address)]
        for each in people:
            if each.domain not in FREE_MAIL:
                found += self._find("companies", each.domain) or self._find(
                    "companies", root_domain(each.domain)
                )
        return list({link["record_id"]: link for link in found}.values())

    def _find(self, slug: str, text: str) -> list[dict[str, str]]:
        links = self._known.get((slug, text))
        if links is None:  # the same people stand in most e-mails of a page
            links = self._known[slug, text] = list(self._look_up(slug, text))
        return links

    def _look_up(self, slug: str, text: str) -> Iterator[dict[str, str]]:
        object_: Object = self._call.schema.object(slug)
        name = "email_addresses" if slug == "people" else "domains"
        attribute = object_.attribute(name)
        try:
            wanted = TYPES[attribute.type].read(text, attribute, self._changes)
        except Refusal:  # an address that no record can have
            return
        if wanted is None:
            return
        for _, key in self._changes.matching(attribute, wanted):
            yield {"object_slug": slug, "object_id": object_.id, "record_id": key}


def add_email(
    call: Call,
    participants: Sequence[tuple[str, str]],
    subject: str | None,
    sent_at: str,
    mailbox: str | None,
) -> str:
    """Store an e-mail of (role, "Name <address>") and give its id; raises ValueError.

    It lies in the mailbox of the member of that address, else of the first member in it, else of
    the owner. What a member sent is outbound.
    """
    people = [_read_participant(role, text) for role, text in participants]
    members = call.schema.members
    taking_part = [m for each in people for m in members if m.email.lower() == each.address]
    owner = (taking_part or members)[0] if mailbox is None else call.schema.find_member(mailbox)
    if owner is None:
        raise ValueError(f"The workspace has no member {mailbox!r}, whose mailbox it could be.")
    row = call.database.row("SELECT id FROM mailboxes WHERE member = ?", (owner.id,))
    mailbox_id: str = call.ids.new() if row is None else row[0]
    if row is None:
        call.database.insert("mailboxes", member=owner.id, id=mailbox_id)
    sender = next(each for each in people if each.role == "from")
    is_own = any(member.email.lower() == sender.address for member in members)
    key = call.ids.new()
    num = call.database.insert(
        "emails",
        id=key,
        mailbox=mailbox_id,
        sent_at=sent_at,
        direction="outbound" if is_own else "inbound",
        subject=subject,
    )
    call.database.run_many(
        "INSERT INTO email_participants VALUES (?, ?, ?, ?, ?)",
        [(num, place, *each) for place, each in enumerate(people)],
    )
    return key


def _read_participant(role: str, text: str) -> _Participant:
    name, address = parseaddr(text)
    local, at, domain = address.lower().rpartition("@")
    if not (local and at and domain):
        raise ValueError(f"{text!r} is not an e-mail address; give 'Name <name@example.com>'.")
    return _Participant(role, address.lower(), name or None)


_READ = ("email:read", "record_permission:read", "object_configuration:read")
RESOURCE = Resource(
    routes=(Route("GET", "/v2/emails", list_emails, scopes=_READ, levels=(WORKSPACE,)),),
    tables=TABLES,
)
