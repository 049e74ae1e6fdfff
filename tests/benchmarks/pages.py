"""Made-up pages of people as Attio sends them: 20 attributes, about 6 kB of JSON a record.

The shapes of the values are Attio's own, the mix is ours. The same seed gives the same bytes.
Not all data is that kind: texts may hold what JSON escapes, records three times as many attributes,
and values may be odd.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

PAGE = 500
ATTRIBUTES = (
    "name", "email_addresses", "phone_numbers", "job_title", "description", "company",
    "primary_location", "linkedin", "avatar_url", "created_at", "created_by", "last_interaction",
    "strongest_connection_strength", "lead_status", "score", "is_customer", "rating", "deal_value",
    "birthday", "tags",
)  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


_FIRST = words(
    "Ada Grace Alan Edsger Barbara Donald Margaret Ken Dennis Linus Guido Frances Jean "
    "Katherine Tim Radia José Zoë Łukasz 美咲"
)
_LAST = words(
    "Lovelace Hopper Turing Dijkstra Liskov Knuth Hamilton Thompson Ritchie Torvalds "
    "Rossum Allen Bartik Johnson Lee Perlman García Müller Nowak 田中"
)
_WORDS = words(
    "strategy platform customer growth revenue pipeline enterprise expansion renewal "
    "onboarding quarterly partner product engineering sales founder advisor investor "
    "operations data"
)
_HOSTS = ("acme", "globex", "initech", "umbrella", "hooli")
_CHOICES = {
    "tags": ("VIP", "Newsletter", "Beta", "Investor", "Press", "Advisor"),
    "strongest_connection_strength": ("Very strong", "Strong", "Good", "Weak", "Very weak"),
    "lead_status": ("New", "Contacted", "Qualified", "Won", "Lost"),
}

Value = dict[str, Any]


def body_of(records: Iterable[Value]) -> bytes:
    """The body of an answer that lists these records."""
    data = {"data": list(records)}
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()


class People:
    """A maker of records, with its own random numbers and its own companies to point at."""

    def __init__(
        self,
        seed: int = 7,
        companies: int = 2_000,
        *,
        escaped: float = 0.0,
        attributes: int = len(ATTRIBUTES),
        odd: float = 0.0,
        empty: bool = False,
    ) -> None:
        """A maker of records with so many attributes, a multiple of twenty.

        Those beyond the first twenty have values as these have, or none where they are ``empty``.
        ``escaped`` is the share of texts with quotes, line breaks and non-ASCII characters, ``odd``
        that of records whose job title is not one plain text.
        """
        self.random = Random(seed)
        # of their own, so that the rest is the same whatever they are
        self.escaped, self.escapes = escaped, Random(seed)
        self.odd, self.oddities = odd, Random(seed)
        self.sets = attributes // len(ATTRIBUTES)
        self.empty = empty
        self.workspace, self.object = self.id(), self.id()
        self.actors = [self.id() for _ in range(12)]
        self.companies = [self.id() for _ in range(companies)]
        self.choices = {
            slug: (self.id(), [(self.id(), title) for title in titles])
            for slug, titles in _CHOICES.items()
        }

    def page(self, records: int = PAGE) -> bytes:
        """The body of one answer to a query."""
        return body_of(self.person() for _ in range(records))

    def person(self) -> Value:
        """One record."""
        record_id, values = self.id(), self.values()
        for number in range(2, self.sets + 1):
            more = {slug: [] for slug in ATTRIBUTES} if self.empty else self.values()
            values |= {f"{slug}_{number}": each for slug, each in more.items()}
        if self.odd and self.oddities.random() < self.odd:
            values["job_title"] = self.odd_title()
        return {
            "id": {
                "workspace_id": self.workspace,
                "object_id": self.object,
                "record_id": record_id,
            },
            "created_at": self.moment(),
            "web_url": f"https://app.attio.com/acme/person/{record_id}/overview",
            "values": values,
        }

    def values(self) -> Value:
        """The twenty attributes of one record."""
        first, last = self.one(_FIRST), self.one(_LAST)
        handle = f"{first}{last}".lower()
        number, maybe, many = self.random.random, self.maybe, self.many
        return {
            "name": [
                self.value(
                    "personal-name",
                    first_name=first,
                    last_name=last,
                    full_name=self.maybe_escaped(f"{first} {last}"),
                )
            ],
            "email_addresses": many((1, 1, 2, 3), lambda: self.email(f"{first}.{last}")),
            "phone_numbers": many((0, 1, 1, 2), self.phone),
            "job_title": maybe(0.9, lambda: self.value("text", value=self.text(3))),
            "description": maybe(0.7, lambda: self.value("text", value=self.text(20))),
            "company": maybe(
                0.9,
                lambda: self.value(
                    "record-reference",
                    target_object="companies",
                    target_record_id=self.one(self.companies),
                ),
            ),
            "primary_location": maybe(0.8, self.location),
            "linkedin": maybe(
                0.8, lambda: self.value("text", value=f"https://www.linkedin.com/in/{handle}")
            ),
            "avatar_url": maybe(
                0.6, lambda: self.value("text", value=f"https://img.example.com/v1/{self.id()}")
            ),
            "created_at": [self.value("timestamp", value=self.moment())],
            "created_by": [
                self.value(
                    "actor-reference",
                    referenced_actor_type="workspace-member",
                    referenced_actor_id=self.one(self.actors),
                )
            ],
            "last_interaction": maybe(0.9, self.interaction),
            "strongest_connection_strength": maybe(
                0.9, lambda: self.option("strongest_connection_strength")
            ),
            "lead_status": maybe(0.9, lambda: self.status("lead_status")),
            "score": maybe(0.9, lambda: self.value("number", value=round(number() * 1000, 2))),
            "is_customer": [self.value("checkbox", value=number() < 0.3)],
            "rating": maybe(0.5, lambda: self.value("rating", value=self.random.randint(0, 5))),
            "deal_value": maybe(
                0.5,
                lambda: self.value(
                    "currency",
                    currency_value=self.random.randint(100, 100_000),
                    currency_code="USD",
                ),
            ),
            "birthday": maybe(0.5, lambda: self.value("date", value=self.day())),
            "tags": many((0, 1, 2), lambda: self.option("tags")),
        }

    # -- parts ------------------------------------------------------------------------------------

    def id(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def one(self, choices: Any) -> Any:
        return self.random.choice(choices)

    def maybe(self, chance: float, make: Callable[[], Value]) -> list[Value]:
        return [make()] if self.random.random() < chance else []

    def many(self, counts: tuple[int, ...], make: Callable[[], Value]) -> list[Value]:
        return [make() for _ in range(self.one(counts))]

    def text(self, words: int) -> str:
        return self.maybe_escaped(" ".join(self.random.choices(_WORDS, k=words)))

    def maybe_escaped(self, text: str) -> str:
        """The text, or one with what JSON escapes in it and what is not ASCII."""
        if not self.escaped or self.escapes.random() >= self.escaped:
            return text
        head, _, tail = text.partition(" ")
        return f'{head} "Łódź"\n{tail}'

    def odd_title(self) -> list[Value]:
        """What Attio may send for a text beside one text."""
        title = self.value("text", value=self.text(3))
        return self.oddities.choice(
            (
                [{**title, "value": None}],
                [{**title, "attribute_type": "hologram", "depth": 3}],
                [title, {**title, "active_until": self.moment()}],
                [title, {**title, "value": "another"}],
            )
        )

    def day(self) -> str:
        pick = self.random.randint
        return f"19{pick(50, 99)}-{pick(1, 12):02d}-{pick(1, 28):02d}"

    def moment(self) -> str:
        pick = self.random.randint
        return (
            f"20{pick(20, 26)}-{pick(1, 12):02d}-{pick(1, 28):02d}"
            f"T{pick(0, 23):02d}:{pick(0, 59):02d}:{pick(0, 59):02d}.{pick(0, 999):03d}000000Z"
        )

    def value(self, type: str, **parts: Any) -> Value:
        """One value, with what Attio says of every value around it."""
        kind = self.one(("workspace-member", "workspace-member", "system", "api-token"))
        actor = None if kind == "system" else self.one(self.actors)
        return {
            "active_from": self.moment(),
            "active_until": None,
            "created_by_actor": {"type": kind, "id": actor},
            **parts,
            "attribute_type": type,
        }

    def email(self, handle: str) -> Value:
        local = f"{handle}{self.random.randint(1, 999)}".lower()
        domain = f"{self.one(_HOSTS)}{self.random.randint(0, 60)}.com"
        return self.value(
            "email-address",
            original_email_address=f"{local}@{domain}",
            email_address=f"{local}@{domain}",
            email_domain=domain,
            email_root_domain=domain,
            email_local_specifier=local,
        )

    def phone(self) -> Value:
        digits = str(self.random.randint(2_000_000_000, 9_999_999_999))
        return self.value(
            "phone-number",
            original_phone_number=digits,
            country_code="US",
            phone_number=f"+1{digits}",
        )

    def location(self) -> Value:
        lines = dict.fromkeys(("line_1", "line_2", "line_3", "line_4"))
        return self.value(
            "location",
            **lines,
            locality=self.one(("Cupertino", "London", "Berlin", "Łódź")),
            region=self.one(("CA", "ENG", "BE")),
            postcode=str(self.random.randint(10_000, 99_999)),
            country_code=self.one(("US", "GB", "DE")),
            latitude="37.331741",
            longitude="-122.030333",
        )

    def interaction(self) -> Value:
        return self.value(
            "interaction",
            interaction_type=self.one(("email", "calendar-event", "call")),
            interacted_at=self.moment(),
            owner_actor={"type": "workspace-member", "id": self.one(self.actors)},
        )

    def option(self, slug: str) -> Value:
        return self.value("select", option=self._choice(slug, "option_id"))

    def status(self, slug: str) -> Value:
        more = {"celebration_enabled": False, "target_time_in_status": None}
        return self.value("status", status={**self._choice(slug, "status_id"), **more})

    def _choice(self, slug: str, name: str) -> Value:
        attribute, choices = self.choices[slug]
        choice, title = self.one(choices)
        ids = {"workspace_id": self.workspace, "object_id": self.object}
        return {
            "id": {**ids, "attribute_id": attribute, name: choice},
            "title": title,
            "is_archived": False,
        }
