"""The records of the made-up CRM: companies, people, deals, workspaces and users."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from attio_sandbox.records.writes import create, update
from attio_sandbox.resources.records import seed_words as words
from attio_sandbox.schema.standard import ARR_RANGES, EMPLOYEE_RANGES, STAGES
from attio_sandbox.seeding import START, SeededCompany, Seeding
from attio_sandbox.timestamps import format_timestamp
from attio_sandbox.values.contacts import LOCATION_KEYS

COMPANIES, PEOPLE, DEALS, USERS, WORKSPACES = 800, 3_000, 1_500, 60, 20


def seed(seeding: Seeding) -> None:
    """Add the records, each after those that it refers to."""
    _Records(seeding).add_all()


class _Records:
    def __init__(self, seeding: Seeding) -> None:
        self.seeding = seeding
        self.random = seeding.random
        self.schema = seeding.schema
        self.changes = seeding.changes
        self.companies = seeding.companies
        self.people = seeding.people
        self.actors = [n for n, (kind, _) in self.schema.actors.items() if kind != "system"]
        self.emails: set[str] = set()

    def add_all(self) -> None:
        for name, domain in self._company_names():
            self._add_company(name, domain)
        self._add_person("Ada", "Lovelace", "ada@lovelace.dev", self.companies[1], "Mathematician")
        for index in range(1, PEOPLE):
            self._add_some_person(index)
        for _ in range(DEALS):
            self._add_deal()
        spaces = [self._add_workspace(index) for index in range(WORKSPACES)]
        for index in range(USERS):
            self._add_user(index, spaces)
        self.changes.flush()

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _moment(self, since: datetime = START) -> datetime:
        """Give a time after `since`, cut to seconds now and then so that ties happen."""
        moment = self.seeding.after(since)
        return moment.replace(microsecond=0) if self._chance(0.2) else moment

    def _create(self, slug: str, values: dict[str, Any], moment: datetime) -> str:
        self.changes.now = format_timestamp(moment)
        self.changes.actor = self.random.choice(self.actors)
        return create(self.changes, self.schema.object(slug), values, self.seeding.ids.new()).id

    def _company_names(self) -> Iterator[tuple[str, str]]:
        yield "Acme", "acme.example.com"
        yield "Analytical Engines", "lovelace.dev"
        pairs = [(a, b) for a in words.COMPANY_FIRST for b in words.COMPANY_SECOND]
        for first, second in self.random.sample(pairs, COMPANIES - 2):
            top = self.random.choice(words.TOP_DOMAINS)
            yield f"{first} {second}", f"{_spell(first)}-{_spell(second)}.{top}"

    def _add_company(self, name: str, domain: str) -> None:
        pick = self.random
        values: dict[str, Any] = {"name": name, "domains": [domain]}
        if self._chance(0.15):
            values["domains"] = [domain, f"shop.{domain}"]
        if self._chance(0.7):
            values["categories"] = pick.sample(words.CATEGORIES, pick.randint(1, 3))
        if self._chance(0.8):
            values["employee_range"] = pick.choice(EMPLOYEE_RANGES)
        if self._chance(0.5):
            values["estimated_arr_usd"] = pick.choice(ARR_RANGES)
        if self._chance(0.4):
            values["funding_raised_usd"] = pick.randint(1, 400) * 250_000
        if self._chance(0.6):
            values["foundation_date"] = f"{pick.randint(1950, 2023)}-0{pick.randint(1, 9)}-15"
        if self._chance(0.75):
            values["primary_location"] = place = self._place()
            text = pick.choice(words.DESCRIPTIONS)
            values["description"] = text.format(
                what=pick.choice(words.PRODUCTS), place=place["locality"]
            )
        moment = START if not self.companies else self._moment()
        key = self._create("companies", values, moment)
        self.companies.append(SeededCompany(key, name, domain, moment))

    def _place(self) -> dict[str, str | None]:
        locality, region, country, postcode, latitude, longitude = self.random.choice(words.PLACES)
        return {
            **dict.fromkeys(LOCATION_KEYS),
            "line_1": f"{self.random.randint(1, 200)} High Street" if self._chance(0.5) else None,
            "locality": locality,
            "region": region,
            "country_code": country,
            "postcode": postcode,
            "latitude": latitude,
            "longitude": longitude,
        }

    def _add_some_person(self, index: int) -> None:
        first, first_ascii = _both(self.random.choice(words.FIRST_NAMES))
        last, last_ascii = _both(self.random.choice(words.LAST_NAMES))
        # The first few all work at Acme, and half of them are VPs.
        at_acme = index <= 12
        company = self.companies[0] if at_acme else self.random.choice(self.companies)
        has_company = at_acme or self._chance(0.85)
        domain = company.domain if has_company else f"mail.{self.random.choice(words.TOP_DOMAINS)}"
        email = f"{first_ascii}.{last_ascii}@{domain}"
        if email in self.emails:
            email = f"{first_ascii}.{last_ascii}{index}@{domain}"
        title = self.random.choice(words.JOB_TITLES) if self._chance(0.88) else None
        if at_acme and index % 2:
            title = words.JOB_TITLES[index % 5]
        address = email if self._chance(0.92) else None
        self._add_person(first, last, address, company if has_company else None, title)

    def _add_person(
        self,
        first: str,
        last: str,
        email: str | None,
        company: SeededCompany | None,
        title: str | None,
    ) -> None:
        pick = self.random
        full = f"{first} {last}"
        values: dict[str, Any] = {
            "name": {"first_name": first, "last_name": last, "full_name": full}
        }
        if email is not None:
            self.emails.add(email)
            values["email_addresses"] = [email]
            if self._chance(0.15):
                local = email.partition("@")[0]
                values["email_addresses"].append(f"{local}.{len(self.people)}@home.example.com")
        if title is not None:
            values["job_title"] = title
        if company is not None:
            values["company"] = {"target_object": "companies", "target_record_id": company.id}
        if self._chance(0.45):
            number = f"+1 212 555 {pick.randint(100, 199):04d}"
            values["phone_numbers"] = [number]
            if self._chance(0.2):
                values["phone_numbers"].append(f"+44 20 7946 0{pick.randint(100, 999)}")
        if self._chance(0.65):
            values["primary_location"] = self._place()
        if self._chance(0.3):
            values["description"] = pick.choice(words.ABOUT_PEOPLE)
        if self._chance(0.3):
            values["linkedin"] = f"https://linkedin.example/in/{len(self.people)}"
        moment = self._moment(START if company is None else company.since)
        self.people.append((self._create("people", values, moment), moment))

    def _add_deal(self) -> None:
        pick = self.random
        key, name, _, since = pick.choice(self.companies)
        values: dict[str, Any] = {
            "name": pick.choice(words.DEAL_NAMES).format(company=name),
            "stage": STAGES[0],
            "owner": pick.choice(self.schema.members).email,
        }
        if self._chance(0.9):
            values["value"] = round(pick.lognormvariate(9.5, 1.1), pick.choice((0, 0, 2)))
        if self._chance(0.9):
            values["associated_company"] = {"target_object": "companies", "target_record_id": key}
        people = pick.sample(self.people, pick.choice((0, 1, 1, 2, 3)))
        values["associated_people"] = [
            {"target_object": "people", "target_record_id": person} for person, _ in people
        ]
        moment = self._moment(max([since, *(met for _, met in people)]))
        deal = self._create("deals", values, moment)
        number = self.changes.record_number(self.schema.object("deals").num, deal)
        assert number is not None
        for stage in pick.choice(((), STAGES[1:2], STAGES[1:3], (STAGES[1], STAGES[3]))):
            moment = self._moment(moment)
            self.changes.now = format_timestamp(moment)
            update(self.changes, self.changes.draft(number), {"stage": stage}, overwrite=False)

    def _add_workspace(self, index: int) -> str:
        company, name, _, since = self.companies[index]
        values = {
            "workspace_id": f"ws-{index:04d}",
            "name": f"{name} workspace",
            "company": {"target_object": "companies", "target_record_id": company},
        }
        return self._create("workspaces", values, self._moment(since))

    def _add_user(self, index: int, spaces: list[str]) -> None:
        person, since = self.people[index]
        values = {
            "user_id": f"user-{index:04d}",
            "primary_email_address": f"user{index}@app.example.com",
            "person": {"target_object": "people", "target_record_id": person},
            "workspace": [
                {"target_object": "workspaces", "target_record_id": spaces[index % len(spaces)]}
            ],
        }
        self._create("users", values, self._moment(since))


def _both(word: str) -> tuple[str, str]:
    written, _, spelled = word.partition("/")
    return written, _spell(spelled or written)


def _spell(word: str) -> str:
    """Give a word as it stands in an address: its letters, lower-case, without accents."""
    plain = unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum())
