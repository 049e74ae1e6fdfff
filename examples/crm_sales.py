"""Load a real sales pipeline into a workspace, dirt and all, and ask it questions.

    python examples/crm_sales.py [FOLDER]

FOLDER holds the "CRM Sales Opportunities" of Maven Analytics as four CSV files: accounts.csv,
products.csv, sales_teams.csv and sales_pipeline.csv. Nothing leaves this machine: the workspace is
a sandbox in memory.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from attio_orm import BulkReport, Connection, Maybe, Model, One, connect
from attio_orm.attributes import Actor, Currency, Date, Location, Number, Select, Status, Text
from attio_orm.signals import request_finished

FOLDER = Path(__file__).resolve().parent.parent.parent / "shared" / "crm-sales"
FILES = ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")
OWNER = "owner@sandbox.example"  # the member that every sandbox has

T = TypeVar("T")
Named = TypeVar("Named", "Company", "Manager", "Agent", "Product")

# -- the workspace --------------------------------------------------------------------------------

Stage = Literal["Prospecting", "Engaging", "Won", "Lost"]
SECTORS = (
    "employment", "entertainment", "finance", "marketing", "medical", "retail", "services",
    "software", "technology", "telecommunications",
)  # fmt: skip


class Company(Model):
    """An account. Attio's own object, with a few attributes of ours."""

    name: Text
    sector: Select = Select(options=SECTORS)
    revenue: Currency = Currency("annual_revenue", code="USD")
    employees: Number
    founded: Number = Number("founded_in")  # a year is all that is known, and no date
    office: Location = Location("primary_location")
    subsidiary_of: Maybe[Company]


class Manager(Model):
    """Who leads a team of agents. Managers have no deals of their own."""

    name: Text = Text(required=True, unique=True)


class Agent(Model):
    """Who sells. Not a member of the workspace: the data has no e-mail addresses."""

    name: Text = Text(required=True, unique=True)
    manager: One[Manager]
    office: Select = Select("regional_office", options=("Central", "East", "West"))


class Product(Model):
    name: Text = Text(required=True, unique=True)
    series: Select = Select(options=("GTX", "MG", "GTK"))
    price: Currency = Currency("sales_price", code="USD")


class Deal(Model):
    """An opportunity. Attio's own object, with a few attributes of ours."""

    name: Text
    stage: Status[Stage]
    owner: Actor
    value: Currency
    account: Maybe[Company] = Maybe("associated_company")
    opportunity: Text = Text("opportunity_id", required=True, unique=True)
    agent: One[Agent]
    product: One[Product]
    engaged_on: Date = Date("engage_date")
    closed_on: Date = Date("close_date")


NO_ACCOUNT = "(no account)"
MODELS = (Company, Manager, Agent, Product, Deal)

# -- the dirt -------------------------------------------------------------------------------------

# What the files say, and what is meant. Each use of a correction is counted and reported.
CORRECTIONS = {
    ("product", "GTXPro"): "GTX Pro",
    ("sector", "technolgy"): "technology",
    ("office_location", "Philipines"): "Philippines",
    ("office_location", "Korea"): "South Korea",
}
COUNTRIES = {
    "Belgium": "BE", "Brazil": "BR", "China": "CN", "Germany": "DE", "Italy": "IT", "Japan": "JP",
    "Jordan": "JO", "Kenya": "KE", "Norway": "NO", "Panama": "PA", "Philippines": "PH",
    "Poland": "PL", "Romania": "RO", "South Korea": "KR", "United States": "US",
}  # fmt: skip


@dataclass
class Rejected:
    """A row that could not be loaded, and why."""

    file: str
    line: int
    reason: str


@dataclass
class LoadReport:
    """What became of every row: loaded, loaded with a note, or rejected with a reason."""

    read: Counter[str] = field(default_factory=Counter[str])
    loaded: Counter[str] = field(default_factory=Counter[str])
    corrected: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])
    empty: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    rejected: list[Rejected] = field(default_factory=list[Rejected])


class Unusable(ValueError):
    """A value that cannot be loaded as it stands; the text says why."""


class Row:
    """One line of a file: corrects what is known to be misspelt, and notes what is empty."""

    def __init__(self, file: str, line: int, cells: Mapping[str, str | None]) -> None:
        self.file = file
        self.line = line
        self.corrected: list[tuple[str, str, str]] = []
        self.empty: list[tuple[str, str]] = []
        self._cells = {column: (cell or "").strip() for column, cell in cells.items()}
        for column, found in self._cells.items():
            meant = CORRECTIONS.get((column, found))
            if meant is not None:
                self._cells[column] = meant
                self.corrected.append((column, found, meant))

    def required(self, column: str) -> str:
        found = self._cells.get(column)
        if not found:
            raise Unusable(f"{column} is empty")
        return found

    def one_of(self, column: str, known: Iterable[str]) -> str:
        found = self.required(column)
        if found not in known:
            raise Unusable(f"{column} {found!r} is not known")
        return found

    def optional(self, column: str, read: Callable[[str], T], kind: str | None = None) -> T | None:
        """The value as ``read`` gives it; ``None`` where it is empty, which counts for ``kind``."""
        found = self._cells.get(column)
        if not found:
            if kind is not None:
                self.empty.append((column, kind))
            return None
        try:
            return read(found)
        except (ValueError, InvalidOperation) as error:
            raise Unusable(f"{column} {found!r} cannot be read") from error


# -- loading --------------------------------------------------------------------------------------


class Loader:
    """Reads the files in the order in which they refer to each other, one request a record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.report = LoadReport()
        self.companies: dict[str, Company] = {}
        self.managers: dict[str, Manager] = {}
        self.agents: dict[str, Agent] = {}
        self.products: dict[str, Product] = {}
        self.opportunities: set[str] = set()

    def load(self) -> LoadReport:
        self._load_companies()
        self._load_teams()
        self._load_products()
        self._load_deals()
        return self.report

    def _rows(self, file: str) -> Iterator[Row]:
        with (self.folder / file).open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            for cells in reader:
                self.report.read[file] += 1
                yield Row(file, reader.line_num, cells)

    def _each(
        self, rows: Iterable[Row], read: Callable[[Row], dict[str, Any]]
    ) -> Iterator[tuple[Row, dict[str, Any]]]:
        """The values of each row that can be used; the others go into the report."""
        for row in rows:
            try:
                yield row, read(row)
            except Unusable as error:
                self._reject(row, str(error))

    def _reject(self, row: Row, reason: str) -> None:
        self.report.rejected.append(Rejected(row.file, row.line, reason))

    def _create(
        self, model: type[Any], rows: Iterable[tuple[Row, dict[str, Any]]]
    ) -> BulkReport[Any]:
        """Make the records side by side; what Attio refuses goes into the report with its line."""
        taken = list(rows)
        done: BulkReport[Any] = model.objects.bulk_create([values for _, values in taken])
        self.report.loaded[model.__name__] += len(done.created)
        for (row, _), item in zip(taken, done, strict=True):
            if item.error is not None:
                self._reject(row, str(item.error))
            else:
                self.report.corrected.update(row.corrected)
                self.report.empty.update(row.empty)
        return done

    def _load_companies(self) -> None:
        waiting = list(self._each(self._rows("accounts.csv"), self._company))
        names = {values["name"] for _, values in waiting}
        known: dict[str | None, Company | None] = {None: None}
        while True:  # parents first; what is left over when nothing moves has none
            ready = [(row, values) for row, values in waiting if values["subsidiary_of"] in known]
            if not ready:
                break
            waiting = [
                (row, values) for row, values in waiting if values["subsidiary_of"] not in known
            ]
            done = self._create(
                Company,
                [
                    (row, {**values, "subsidiary_of": known[values["subsidiary_of"]]})
                    for row, values in ready
                ],
            )
            known.update({company.name: company for company in done.created})
        self.companies = {name: company for name, company in known.items() if name and company}
        for row, values in waiting:
            parent = values["subsidiary_of"]
            why = "cannot be loaded either" if parent in names else "is not known"
            self._reject(row, f"subsidiary_of {parent!r} {why}")

    def _company(self, row: Row) -> dict[str, Any]:
        return {
            "name": row.required("account"),
            "sector": row.one_of("sector", SECTORS),
            "revenue": row.optional("revenue", millions, "accounts"),
            "employees": row.optional("employees", int, "accounts"),
            "founded": row.optional("year_established", int, "accounts"),
            "office": {"country_code": COUNTRIES[row.one_of("office_location", COUNTRIES)]},
            "subsidiary_of": row.optional("subsidiary_of", str),
        }

    def _load_teams(self) -> None:
        rows = list(self._rows("sales_teams.csv"))
        first = {row.optional("manager", str): row for row in reversed(rows)}
        named = [(row, {"name": name}) for name, row in first.items() if name]
        self.managers = by_name(self._create(Manager, named).created)
        self.agents = by_name(self._create(Agent, self._each(rows, self._agent)).created)

    def _agent(self, row: Row) -> dict[str, Any]:
        return {
            "name": row.required("sales_agent"),
            "manager": self.managers[row.one_of("manager", self.managers)],
            "office": row.required("regional_office"),
        }

    def _load_products(self) -> None:
        rows = self._rows("products.csv")
        self.products = by_name(self._create(Product, self._each(rows, self._product)).created)

    def _product(self, row: Row) -> dict[str, Any]:
        return {
            "name": row.required("product"),
            "series": row.required("series"),
            "price": row.optional("sales_price", Decimal, "products"),
        }

    def _load_deals(self) -> None:
        self._create(Deal, self._each(self._rows("sales_pipeline.csv"), self._deal))

    def _deal(self, row: Row) -> dict[str, Any]:
        stage = row.one_of("deal_stage", get_args(Stage))
        product = row.one_of("product", self.products)
        account = row.optional("account", str, f"{stage} opportunities")
        if account is not None and account not in self.companies:
            raise Unusable(f"account {account!r} is not known")
        opportunity = row.required("opportunity_id")
        values = {
            "opportunity": opportunity,
            "name": f"{product} for {account or 'an unknown account'}",
            "stage": stage,
            "owner": OWNER,
            "value": row.optional("close_value", Decimal, f"{stage} opportunities"),
            "account": self.companies[account] if account else None,
            "agent": self.agents[row.one_of("sales_agent", self.agents)],
            "product": self.products[product],
            "engaged_on": row.optional("engage_date", date.fromisoformat, f"{stage} opportunities"),
            "closed_on": row.optional("close_date", date.fromisoformat, f"{stage} opportunities"),
        }
        if opportunity in self.opportunities:
            raise Unusable(f"opportunity_id {opportunity!r} was there before")
        self.opportunities.add(opportunity)
        return values


def by_name(records: Iterable[Named]) -> dict[str, Named]:
    """Records by their name."""
    return {record.name: record for record in records if record.name is not None}


def millions(text: str) -> Decimal:
    """Dollars, from the millions of dollars that the file has."""
    return Decimal(text) * 1_000_000


def load(connection: Connection, folder: Path) -> LoadReport:
    """Make the workspace's objects and attributes, and fill them from the files."""
    assert connection.sandbox is not None
    connection.sandbox.define(*MODELS)
    with connection.active():
        return Loader(folder).load()


# -- asking ---------------------------------------------------------------------------------------


@dataclass
class Answers:
    """What the data set's README asks, and a few things more."""

    stages: dict[str, int]
    won: Decimal
    accounts: list[tuple[str, Decimal]]
    managers: list[tuple[str, Decimal]]
    offices: list[tuple[str, Decimal]]
    groups: list[tuple[str, int]]


def ask(connection: Connection) -> Answers:
    """The answers, from one pass over all deals: their pages, and a batch for each relation."""
    with connection.active(), connection.session():
        stages: Counter[str] = Counter()
        accounts: dict[str, Decimal] = defaultdict(Decimal)
        managers: dict[str, Decimal] = defaultdict(Decimal)
        offices: dict[str, Decimal] = defaultdict(Decimal)
        for deal in list(Deal.objects.includes("account", "agent__manager")):
            stages[deal.stage or ""] += 1
            if deal.stage == "Won":
                amount = deal.value.amount if deal.value is not None else Decimal(0)
                accounts[(deal.account and deal.account.name) or NO_ACCOUNT] += amount
                managers[deal.agent.manager.name or ""] += amount
                offices[deal.agent.office or ""] += amount
        subsidiaries = Company.objects.filter(subsidiary_of__isnull=False).includes("subsidiary_of")
        groups = Counter(
            each.subsidiary_of.name or "" for each in subsidiaries if each.subsidiary_of
        )
    return Answers(
        {stage: stages[stage] for stage in get_args(Stage)},
        sum(accounts.values(), Decimal(0)),
        top(accounts),
        top(managers),
        top(offices),
        groups.most_common(),
    )


def top(sums: Mapping[str, Decimal]) -> list[tuple[str, Decimal]]:
    """Largest first."""
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))


# -- showing --------------------------------------------------------------------------------------


class Requests:
    """Counts the requests of a connection by purpose, from the signal."""

    def __init__(self, connection: Connection) -> None:
        self.by_purpose: Counter[str] = Counter()
        request_finished.connect(self._note, sender=connection)

    def _note(self, sender: Connection, *, purpose: str, **_: Any) -> None:
        self.by_purpose[purpose] += 1

    def __str__(self) -> str:
        return ", ".join(f"{count:,} {purpose}" for purpose, count in self.by_purpose.items())


def show_report(report: LoadReport) -> None:
    print("Read:     " + ", ".join(f"{count:,} of {file}" for file, count in report.read.items()))
    print("Loaded:   " + ", ".join(f"{count:,} {name}" for name, count in report.loaded.items()))
    print("\nCorrected:")
    for (column, found, meant), count in report.corrected.items():
        print(f"  {count:>6,}  {column} {found!r} taken for {meant!r}")
    print("\nEmpty, and left empty:")
    for (column, kind), count in sorted(report.empty.items()):
        print(f"  {count:>6,}  {column} of {kind}")
    print(f"\nRejected: {len(report.rejected)}")
    for each in report.rejected:
        print(f"  {each.file}, line {each.line}: {each.reason}")


def show_answers(answers: Answers) -> None:
    print("\nOpportunities by stage:")
    for stage, count in answers.stages.items():
        print(f"  {count:>10,}  {stage}")
    print(f"\nWon: {answers.won:,.0f} USD")
    for title, sums in (
        ("Top accounts", [each for each in answers.accounts if each[0] != NO_ACCOUNT][:3]),
        ("Managers", answers.managers),
        ("Offices", answers.offices),
    ):
        print(f"\n{title} by won value:")
        for name, amount in sums:
            print(f"  {amount:>10,.0f}  {name}")
    print("\nCompanies with subsidiaries:")
    for name, count in answers.groups:
        print(f"  {count:>10,}  {name}")


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else FOLDER
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        print(f"{folder} has no {' and no '.join(missing)}: name the folder of the CSV files.")
        return 2
    # the models are declared, and the workspace is still to be made: no differences to warn of
    with connect("sandbox://", on_drift="ignore") as connection:
        requests, started = Requests(connection), time.perf_counter()
        report = load(connection, folder)
        show_report(report)
        print(f"\nTook {time.perf_counter() - started:.1f} s and these requests: {requests}")
        requests, started = Requests(connection), time.perf_counter()
        show_answers(ask(connection))
        print(f"\nTook {time.perf_counter() - started:.1f} s and these requests: {requests}")
    return 1 if report.rejected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
