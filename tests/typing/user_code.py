"""What a user writes, with the types a checker must see: mypy and pyright, both strict."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, Literal, assert_type

import pytest
from pydantic import BaseModel

from attio_orm import (
    BulkItem,
    BulkReport,
    Change,
    Connection,
    Drift,
    FetchMode,
    HistoricValue,
    Include,
    ListEntry,
    Manager,
    Many,
    Maybe,
    Model,
    One,
    Outcome,
    Page,
    Plan,
    PlannedRequest,
    Q,
    QuerySet,
    SchemaChange,
    SchemaPlan,
    Session,
    Workers,
    asearch,
    connect,
    search,
    through,
)
from attio_orm import Company as ShippedCompany
from attio_orm import Deal as ShippedDeal
from attio_orm import Person as ShippedPerson
from attio_orm import values as v
from attio_orm.attributes import (
    Actor,
    Checkbox,
    Currency,
    Date,
    Domains,
    EmailAddress,
    EmailAddresses,
    Interaction,
    Location,
    MultiSelect,
    Number,
    PersonalName,
    PhoneNumbers,
    Rating,
    Select,
    Status,
    Text,
    Timestamp,
)
from attio_orm.oauth import Identity, MemoryTokens, OAuthApp, OAuthToken, Scope
from attio_orm.schema import AttributeEditor, Choice, ModelSchema, ObjectSchema, View
from attio_orm.signals import post_save
from attio_orm.testing import SandboxHandle, ServedSandbox, assert_num_requests
from attio_sandbox import WebhookDelivery


class Company(Model):
    name: Text
    domains: Domains
    categories: MultiSelect
    headquarters: Location = Location("primary_location")
    team: Many[Person]


class Person(Model):
    name: PersonalName
    email_addresses: EmailAddresses
    phone_numbers: PhoneNumbers
    job_title: Text
    score: Number
    stars: Rating
    vip: Checkbox
    born: Date
    seen: Timestamp
    strength: Select
    last_call: Interaction
    company: Maybe[Company]
    manager: Maybe[Person]


class Deal(Model, object="deals"):
    stage: Status[Literal["Lead", "Won"]]
    label: Text = Text("approved_label")
    value: Currency
    owner: Actor
    contact: EmailAddress
    company: One[Company]


class Remark(Model):
    subject: Maybe[Person | Company]
    anything: Maybe[Model]


class Pipeline(ListEntry, list="sales", parent=Company):
    priority: Text
    tags: MultiSelect


class Hiring(ListEntry):
    parent: One[Person]
    level: Rating


# -- reading -------------------------------------------------------------------------------------

connection = connect("sandbox://")
assert_type(connection, Connection)
assert_type(Person.objects, Manager[Person])
people = Person.objects.filter(job_title__contains="VP").includes("company").order_by("-created_at")
assert_type(people, QuerySet[Person])
assert_type(people[:50], QuerySet[Person])
assert_type(Person.objects.view("VPs").order_by("name"), QuerySet[Person])
assert_type(Person.objects.views(), list[View])
assert_type(people[0], Person)
assert_type(Person.objects[:5], QuerySet[Person])

for person in people:
    assert_type(person, Person)
    assert_type(person.id, str)
    assert_type(person.created_at, datetime | None)
    assert_type(person.name, v.PersonalName | None)
    assert_type(person.job_title, str | None)
    assert_type(person.score, float | None)
    assert_type(person.stars, int | None)
    assert_type(person.vip, bool | None)
    assert_type(person.born, date | None)
    assert_type(person.seen, datetime | None)
    assert_type(person.strength, v.Option | None)
    assert_type(person.last_call, v.Interaction | None)
    emails: list[v.EmailAddress] = person.email_addresses
    assert_type(emails[0], v.EmailAddress)
    assert_type(person.email_addresses[0], v.EmailAddress)
    assert_type(person.phone_numbers, v.ValueList[v.PhoneNumber, str])
    if person.company:
        assert_type(person.company, Company)
        assert_type(person.company.name, str | None)
        assert_type(person.company.team, list[Person])
        assert_type(person.company.domains, v.ValueList[v.Domain, str])
        assert_type(person.company.headquarters, v.Location | None)
        assert_type(person.company.categories, v.ValueList[v.Option, str])

deal = Deal.objects.get(stage="Won")
assert_type(deal.stage, Literal["Lead", "Won"] | None)
assert_type(deal.value, v.Money | None)
assert_type(deal.owner, v.Actor | None)
if deal.owner and deal.value:
    assert_type((deal.owner.name, deal.owner.email), tuple[str | None, str | None])
    assert_type(deal.value.active_from, datetime | None)
    assert_type(deal.value.set_by, v.Actor | None)
assert_type(deal.meta("stage"), list[v.ValueMeta])
assert_type(deal.meta("stage")[0].set_by, v.Actor | None)
assert_type(Deal.owner.email.endswith("@acme.com") | (Deal.owner.name == "Ada Byron"), Q)
assert_type(deal.contact, v.EmailAddress | None)
assert_type(deal.company, Company)

# -- lists ---------------------------------------------------------------------------------------

entries = Pipeline.objects.filter(priority__contains="High", parent__name="Acme")
assert_type(entries, QuerySet[Pipeline])
for entry in entries.includes("parent"):
    assert_type(entry, Pipeline)
    assert_type(entry.priority, str | None)
    assert_type(entry.parent, Any)
    assert_type(entry.parent_id, str | None)
    entry.priority = "Low"
    entry.tags.append("hot")
    entry.save()
assert_type(Hiring.objects.get(id="x").parent, Person)
assert_type(Hiring.objects.get(id="x").parent.job_title, str | None)
assert_type(Hiring.parent.job_title.contains("VP"), Q)
assert_type(Pipeline.objects.create(parent=Company.objects.first(), priority="High"), Pipeline)
assert_type(Pipeline.objects.upsert("parent", parent=Company.objects.first()), Pipeline)
hired = Hiring(parent=Person.objects.first(), level=3)
hired.parent = Person.objects.get(id="x")
some_company = Company.objects.get(id="x")
assert_type(some_company.entries.of(Pipeline), QuerySet[Pipeline])
assert_type(some_company.entries.all(), list[ListEntry])
assert_type(connection.entries("sales"), type[ListEntry])
some_company.model_dump(include={"name": True, "team": {"name"}}, exclude=["id"])

# -- expressions ---------------------------------------------------------------------------------

assert_type(Person.job_title.contains("x") & (Person.company.name == "Acme"), Q)
assert_type(Person.company.team.job_title.startswith("x"), Q)
assert_type(Person.name.last_name == "Byron", Q)
price = v.Money("12.5", "EUR")
assert_type([2 * price, price / 2, round(price, 1), abs(-price), 20 - price], list[v.Money])
assert_type(price / price, Decimal)
assert_type(v.Location("1 High Street").replace(line_2=None, latitude=51.5), v.Location)
assert_type(Deal.stage.active_from <= date(2026, 1, 1), Q)
assert_type(Deal.stage.active_from.on("2026-01-01") | Deal.stage.active_from.in_year(2026), Q)
assert_type(ShippedPerson.created_at.between(date(2026, 1, 1), datetime.now(UTC)), Q)
assert_type(through(Remark.subject, Company).name == "Acme", Q)
assert_type(through(Remark.subject, Company), type[Company])
assert_type(through(Remark.anything, Person).company.name.contains("x"), Q)
assert_type(Remark.objects.order_by(through(Remark.subject, Company).name.asc()), QuerySet[Remark])
assert_type(Person.score >= 3, Q)
assert_type(Deal.stage.in_(["Lead", "Won"]), Q)
assert_type(Deal.value > 10_000, Q)
assert_type(~Q(job_title="x") | Q(score__gt=1), Q)
Person.objects.filter(Person.email_addresses.email_domain == "acme.com").order_by(
    Person.job_title.desc(), "name__last_name"
)

# -- writing -------------------------------------------------------------------------------------

deal.stage = "Won"
deal.label = "x"
deal.value = 10_000
deal.owner = "kim@acme.example.com"
person = Person(name="Byron, Ada", email_addresses=["ada@lovelace.dev"])
person.name = "Byron, Ada"
person.company = Company.objects.first()
person.company = None
person.email_addresses = ["ada@lovelace.dev"]
person.email_addresses.append("ada@lovelace.dev")
person.email_addresses.extend(["ada@lovelace.dev"])
person.email_addresses.insert(0, "ada@lovelace.dev")
person.email_addresses.remove("ada@lovelace.dev")
person.email_addresses += ["ada@lovelace.dev"]
person.email_addresses = person.email_addresses
assert_type([each.email_domain for each in person.email_addresses], list[str])
person.born = date(1815, 12, 10)
person.save()
person.save(fields=["name"], on_conflict="raise", force=False)
person.delete()
person.refresh()
assert_type(person.is_changed, bool)
assert_type(Person.ref("00000000-0000-4000-8000-000000000000"), Person)
assert_type(person["job_title"], Any)

# -- evaluating ----------------------------------------------------------------------------------

assert_type(Person.objects.get(id="x"), Person)
assert_type(Person.objects.get_or_none(id="x"), Person | None)
assert_type(Person.objects.first(), Person | None)
assert_type(Person.objects.find_by(job_title="x"), Person | None)
assert_type(Person.objects.exists(), bool)
assert_type(Person.objects.count(), int)
assert_type(Person.objects.in_bulk(["x"]), dict[str, Person])
assert_type(Person.objects.create(name="Ada"), Person)
assert_type(Person.objects.get_or_create(name="Ada"), tuple[Person, bool])
assert_type(Person.objects.update_or_create(name="Ada"), tuple[Person, bool])
assert_type(Person.objects.upsert("email_addresses", email_addresses=["a@b.co"]), Person)
assert_type(Person.objects.search("ada"), list[Person])
assert_type(search("ada", Person), list[Person])
assert_type(search("ada", Person, Company), list[Person | Company])
assert_type(search("ada", Person, Company, Deal, limit=5), list[Person | Company | Deal])
four_models: Sequence[Model] = search("ada", Person, Company, Deal, ShippedPerson)
assert_type(Person.objects.values("name"), list[dict[str, Any]])
assert_type(Person.objects.pluck("name"), list[Any])
assert_type(Person.objects.update(job_title="x"), int)
assert_type(Person.objects.filter(name="x").delete(confirm=1), int)
assert_type(Person.objects.using(connection).fetch_mode(FetchMode.RAISE), QuerySet[Person])
report = Person.objects.bulk_create([{"name": "Ada"}, Person(name="Bob")])
assert_type(report.created, Sequence[Person])
Include("associated_deals", Deal.objects.filter(stage="Won"), to_attr="won")

with connection.concurrent(workers=4) as batch:
    batch.submit(person.save, fields=["name"])
    batch.submit(int, "12", base=8)
assert_type(batch, Workers)
assert_type(batch.results, list[Outcome])


page = Person.objects.page(1)
assert_type(page, Page[Person])
assert_type(page.items, Sequence[Person])
assert_type(page.has_next, bool)
stream = Person.objects.iterator(after=None)
assert_type(stream.token, str | None)
assert_type(next(Person.objects.all().iterator(after=stream.token)), Person)


async def in_async_code() -> None:
    async for each in Person.objects.filter(company__name="Acme"):
        assert_type(each, Person)
    assert_type(await Person.objects.aget(id="x"), Person)
    assert_type(await Person.objects.acount(), int)
    assert_type(await Person.objects.order_by("name").apage(2, size=20), Page[Person])
    assert_type(await Person.objects.afirst(), Person | None)
    assert_type(await Person.objects.acreate(name="Ada"), Person)
    assert_type(await asearch("ada", Person, Company), list[Person | Company])
    async with connection.concurrent() as calls:
        calls.submit(person.asave, on_conflict="raise")
    await person.asave()
    await person.adelete()
    await person.arefresh()
    await person.aload("company")
    assert_type(await Pipeline.objects.aget(id="x"), Pipeline)
    assert_type(await some_company.entries.aall(), list[ListEntry])


# -- what ships ----------------------------------------------------------------------------------

shipped = ShippedPerson.objects.get(email_addresses="ada@lovelace.dev")
assert_type(shipped.name, v.PersonalName | None)
assert_type(shipped.company, ShippedCompany | None)
assert_type(shipped.associated_deals, list[ShippedDeal])
assert_type(ShippedDeal.objects.get().stage, str | None)
assert_type(ShippedPerson.company.name.contains("x"), Q)


class People(QuerySet[Person]):
    def vps(self) -> People:
        return self.filter(job_title__contains="VP")


class StaffQuerySet(QuerySet["Staff"]):
    def vps(self) -> StaffQuerySet:
        return self.filter(job_title__contains="VP")


class ActiveManager(Manager["Staff"]):
    def newest(self) -> Staff | None:
        return self.order_by("-created_at").first()


class Staff(Model, object="people"):
    job_title: Text

    people = Manager.from_queryset(StaffQuerySet)()
    active = ActiveManager()


assert_type(Staff.people.vps(), StaffQuerySet)
assert_type(Staff.people.filter(job_title="CEO").vps()[:3], StaffQuerySet)
assert_type(Staff.objects.get(id="x"), Staff)
assert_type(Staff.active.newest(), Staff | None)
assert_type(Staff.active.filter(job_title="CEO"), QuerySet[Staff])


# -- managers of one's own under the name of the stock one ----------------------------------------


class ColleagueManager(Manager["Colleague"]):
    def chiefs(self) -> QuerySet[Colleague]:
        return self.filter(job_title__startswith="Chief")


class Colleague(Model, object="people"):
    job_title: Text

    objects = ColleagueManager()


class Fellows(QuerySet["Fellow"]):
    def senior(self) -> Fellows:
        return self.filter(job_title__startswith="Chief")


class Fellow(Model, object="people"):
    job_title: Text

    objects = Manager.from_queryset(Fellows)()


class StageManager(Manager["Stage"]):
    def hot(self) -> QuerySet[Stage]:
        return self.filter(priority="High")


class Stage(ListEntry, list="sales", parent=Company):
    priority: Text

    objects: ClassVar[StageManager] = StageManager()


class Narrow(Colleague, abstract=True):
    pass


assert_type(Colleague.objects.chiefs(), QuerySet[Colleague])
assert_type(Colleague.objects.chiefs().first(), Colleague | None)
assert_type(Colleague.objects.get(id="x"), Colleague)
assert_type(Fellow.objects.senior(), Fellows)
assert_type(Fellow.objects.filter(job_title="CEO").senior()[:3], Fellows)
assert_type(Fellow.objects.first(), Fellow | None)
assert_type([each.job_title for each in Fellow.objects.senior()], list[str | None])
assert_type(Stage.objects.hot().first(), Stage | None)
assert_type(Narrow.objects.chiefs(), QuerySet[Colleague])

# -- ids, names of types, plain forms -------------------------------------------------------------

ids: list[str] = [each.id for each in Fellow.objects.all()]
assert_type(Fellow.objects.in_bulk(ids), dict[str, Fellow])
by_id = {each.id: each for each in Fellow.objects.all()}
assert_type(by_id, dict[str, Fellow])
assert_type(Fellow.id == "x", Q)


def show_changes(changes: dict[str, Change], drift: Drift, session: Session) -> None:
    for name, change in changes.items():
        print(name, change.old, change.new, drift, session)


def show_plan(plan: Plan) -> list[PlannedRequest]:
    return [each for each in plan if each.method != "GET"]


def show_report(report: BulkReport[Fellow]) -> list[BulkItem[Fellow]]:
    return [each for each in report if each.error is not None]


def show_history(values: list[HistoricValue]) -> None:
    print([each.active_from for each in values])


def load_fixture(attio_sandbox: SandboxHandle, include: Include) -> None:
    assert_type(attio_sandbox.connection, Connection)
    Fellow.objects.includes(include)


with connection.session() as session:
    for drift in connection.drift(Fellow):
        show_changes(Fellow.objects.get().changes, drift, session)
show_plan(Fellow.objects.all().explain())
show_report(Fellow.objects.bulk_create([]))
show_history(Fellow.objects.get().history("job_title"))
assert_type(Fellow.objects.get().model_dump_json(indent=2), str)
assert_type(Fellow.model_json_schema(mode="serialization"), dict[str, Any])


@post_save.connect_via(Fellow)
def announce(
    sender: type[Fellow], instance: Fellow, changes: dict[str, Change], **kwargs: object
) -> None:
    print(sender, instance.job_title, changes)


@pytest.fixture
def fellows(attio_sandbox: SandboxHandle, attio_server: ServedSandbox) -> QuerySet[Fellow]:
    attio_server.define(Fellow)
    with assert_num_requests(0):
        return Fellow.objects.using(attio_sandbox.connection)


class Answer(BaseModel):
    fellow: Fellow
    price: v.Money
    emails: list[v.EmailAddress]


# -- files: what a download gives goes by its arguments -------------------------------------------

assert_type(connection.api.files.download("x"), bytes)
assert_type(connection.api.files.download("x", "logo.svg"), Path)
with connection.api.files.stream("x") as chunks:
    assert_type(chunks, Iterator[bytes])


async def download_files() -> None:
    assert_type(await connection.api.files.adownload("x"), bytes)
    assert_type(await connection.api.files.adownload("x", Path("logo.svg")), Path)
    async with connection.api.files.astream("x") as pieces:
        assert_type(pieces, AsyncIterator[bytes])


# -- the schema from code --------------------------------------------------------------------------

assert_type(Fellow.schema, ModelSchema)
assert_type(connection.schema.of(Fellow)["name"], AttributeEditor)
assert_type(connection.schema.apply(Fellow, plan=True), SchemaPlan)
assert_type(connection.schema.apply(Fellow)[0], SchemaChange)
assert_type(connection.schema.create_object("x", singular="X", plural="Xs"), ObjectSchema)
Fellow.schema.add(Select("source", options=["Web"]), title="Source", default="Web")
Fellow.schema.add(Currency("arr", code="EUR", display="symbol"))
Fellow.schema.add(Many("accounts", to=ShippedCompany, back="fellows", back_many=True))
Fellow.schema["source"].update(description=None, required=True)
assert_type(Fellow.schema["source"].options.all(), tuple[Choice, ...])


async def change_schema() -> None:
    assert_type(await Fellow.schema.afetch(), ModelSchema)
    await connection.schema.aupdate_list("x", access=None, members={"a": "read-only"})


# -- the sandbox: the short names of a workspace are typed as what they stand for ------------------

assert connection.sandbox is not None
workspace = connection.sandbox.workspace
assert_type(workspace.load("people", [{"name": "Ada"}]), list[str])
assert_type(workspace.define_object("cars", "Car", "Cars"), str)
assert_type(workspace.count("people"), int)
assert_type(workspace.enrichment, bool)
assert_type(workspace.merge_delay, float)
workspace.allow_http_targets = True
workspace.faults.fail_next(503)
assert_type(workspace.webhooks.deliveries, list[WebhookDelivery])
assert_type(workspace.access.add_token(["note:read"]), str)


async def authorized(app: OAuthApp, workspace: Connection) -> Connection:
    begun = app.authorization_url()
    token = app.exchange("code", state=begun.state, expected_state=begun.state)
    assert_type(token, OAuthToken)
    assert_type(await app.afrom_callback("url", expected_state=begun.state), OAuthToken)
    assert_type(await token.aintrospect(), Identity)
    assert_type(workspace.whoami(), Identity)
    assert_type(await workspace.ascopes(), frozenset[Scope])
    assert_type(
        workspace.missing_scopes(Person, Scope.NOTE_READ, "task:read", write=True), frozenset[Scope]
    )
    store = MemoryTokens()
    store.put("user-7", token)
    assert_type(store.get("user-7"), OAuthToken | None)
    connect(api_key=token)
    return connect(api_key=store.provider("user-7"))
