"""Relations: one batch per relation, target object and 500 ids, and what loads when touched."""

from __future__ import annotations

import gc
import time
from datetime import timedelta
from typing import Any

import pytest

from attio_orm import (
    Company,
    Deal,
    Include,
    Many,
    Maybe,
    Model,
    NotLoadedError,
    One,
    Person,
    Q,
    ReadOnlyAttributeError,
    UnknownAttributeError,
    ValidationError,
)
from attio_orm.attributes import Text
from attio_orm.query.query import FetchMode
from attio_orm.testing import SandboxHandle, assert_num_requests
from tests.colours import Colour


def to(record_id: str | None, target: str = "companies") -> dict[str, str | None]:
    return {"target_object": target, "target_record_id": record_id}


def fill(handle: SandboxHandle, people: int, companies: int) -> list[str]:
    found = handle.workspace.load("companies", [{"name": f"C{n}"} for n in range(companies)])
    rows = [{"name": f"P{n}", "company": to(found[n % companies])} for n in range(people)]
    return handle.workspace.load("people", rows)


# -- batches ---------------------------------------------------------------------------------------


async def test_one_batch_for_each_target_object_and_500_ids(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    fill(attio_sandbox, 1_400, 1_001)
    attio_sandbox.requests.clear()
    people = await colour.items(Person.objects.includes("company")[:500])
    assert [each.path.split("/")[3] for each in attio_sandbox.requests] == ["people", "companies"]
    wanted = {person.company.id for person in people}
    assert set(attio_sandbox.requests[1].json["filter"]["record_id"]["$in"]) == wanted
    assert len(wanted) > 300
    del people
    gc.collect()
    attio_sandbox.requests.clear()
    people = list(Person.objects.includes("company"))
    asked = [each.path.split("/")[3] for each in attio_sandbox.requests]
    assert asked == ["people", "companies"] * 3  # page by page, as a ``for`` loop asks
    with assert_num_requests(0):
        assert len({person.company.name for person in people}) == 1_001


async def test_nested_paths_of_many_relations(crm: SandboxHandle, colour: Colour) -> None:
    queryset = Company.objects.filter(name="Acme").includes("team__associated_deals", "team")
    with assert_num_requests(3 + colour.is_async):  # and who owns the deals
        (acme,) = await colour.items(queryset)
    with assert_num_requests(0):
        assert len(acme.team) >= 12
        deals = {deal.id for person in acme.team for deal in person.associated_deals}
    assert deals == set(Deal.objects.filter(associated_people__company=acme).pluck("id"))


async def test_cycles_meet_what_is_there(crm: SandboxHandle, colour: Colour) -> None:
    queryset = Company.objects.filter(name="Acme").includes("team__company__team__company")
    with assert_num_requests(2):
        (acme,) = await colour.items(queryset)
    assert all(person.company is acme for person in acme.team)


async def test_self_references_and_a_ring_of_ten(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    class Node(Model):
        label: Text
        next: Maybe[Node]

    attio_sandbox.define(Node)
    nodes = [Node.objects.create(label=str(n)) for n in range(10)]
    for node, following in zip(nodes, [*nodes[1:], nodes[0]], strict=True):
        node.next = following
        node.save()
    del nodes, node, following
    gc.collect()
    path = "__".join(["next"] * 20)
    with assert_num_requests(10):
        first = await colour.call(Node.objects.includes(path), "get", label="0")
    labels, node = [], first
    with assert_num_requests(0):
        for _ in range(21):
            labels.append(node.label)
            node = node.next
    assert labels == [str(n % 10) for n in range(21)]
    loner = Node.objects.create(label="loner")
    loner.next = loner
    loner.save()
    with assert_num_requests(1):
        loner = await colour.call(Node.objects.includes("next__next"), "get", label="loner")
    assert loner.next is loner


def test_too_deep_is_refused(attio_sandbox: SandboxHandle) -> None:
    with pytest.raises(ValidationError, match=r"at most 25 relations.* has 50"):
        Person.objects.includes("__".join(["company", "team"] * 25))


async def test_what_is_no_relation_is_refused(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    """Before the first page, so that an empty one does not hide it."""
    for path, message in [("job_title", "is not a relation"), ("compny", "Did you mean 'company'")]:
        queryset = Person.objects.includes(path)
        for method in ("first", "get_or_none"):
            with pytest.raises(UnknownAttributeError, match=message):
                await colour.call(queryset, method)
    with pytest.raises(ValidationError, match="no name between"):
        Person.objects.includes("company__")
    fill(attio_sandbox, 2, 1)
    with pytest.raises(UnknownAttributeError, match="Company"):
        await colour.items(Person.objects.includes("company__nmae"))


async def test_includes_of_no_records_ask_for_nothing(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    attio_sandbox.workspace.load("people", [{"name": "Ada"}])
    with assert_num_requests(1):
        (ada,) = await colour.items(
            Person.objects.includes("company", "associated_deals__owner"[:16])
        )
    with assert_num_requests(0):
        assert ada.company is None
        assert ada.associated_deals == []


# -- what the session has --------------------------------------------------------------------------


async def test_what_is_younger_than_the_ttl_is_not_fetched_again(
    attio_sandbox: SandboxHandle, colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(attio_sandbox, 4, 2)
    now = time.monotonic()  # the clock of this library alone: event loops need theirs to go on
    monkeypatch.setattr("attio_orm.connection.sessions.monotonic", lambda: now)
    with attio_sandbox.connection.session(ttl=60):
        with assert_num_requests(2):
            await colour.items(Person.objects.includes("company"))
        now += 59
        with assert_num_requests(1):
            await colour.items(Person.objects.includes("company"))
        now += 2
        with assert_num_requests(2):
            people = await colour.items(Person.objects.all().includes("company"))
            assert {person.company.name for person in people} == {"C0", "C1"}


def test_a_loaded_relation_outlives_its_session(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, 3, 1)
    with attio_sandbox.connection.session():
        people = list(Person.objects.includes("company"))
    gc.collect()
    with assert_num_requests(0):
        assert {person.company.name for person in people} == {"C0"}


# -- Include ---------------------------------------------------------------------------------------


async def test_include_with_a_queryset(crm: SandboxHandle, colour: Colour) -> None:
    won = Deal.objects.filter(stage="Won 🎉", value__gte=1_000).order_by("-value")
    queryset = Person.objects.filter(associated_deals__stage="Won 🎉").includes(
        Include("associated_deals", won, to_attr="won"), "company"
    )
    with assert_num_requests(3 + colour.is_async):  # and who owns the deals
        people = await colour.items(queryset[:100])
    with assert_num_requests(0):
        picked = {person.id: [deal.id for deal in person.won] for person in people}
    for person in people[:10]:
        assert isinstance(person.won, tuple)
        assert picked[person.id] == won.filter(associated_people=person).pluck("id")
    assert any(picked.values())
    with pytest.raises(ReadOnlyAttributeError, match=r"Include\(\.\.\.\)"):
        people[0].won = ()
    with pytest.raises(AttributeError):
        people[0].won.append(1)
    assert not people[0].is_changed


async def test_include_orders_across_batches(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    workspace = attio_sandbox.workspace
    company = workspace.load("companies", [{"name": f"C{n}"} for n in range(7)])
    rows = [{"name": f"P, {n:04d}", "company": to(company[n % 7])} for n in range(1_750)]
    workspace.load("people", rows)
    team = Person.objects.order_by("-name__first_name")
    companies = await colour.items(
        Company.objects.includes(Include("team", team, to_attr="ordered"))
    )
    for found in companies:
        names = [person.name.first_name for person in found.ordered]
        assert len(names) == 250
        assert names == sorted(names, reverse=True)


def test_an_owner_of_more_than_a_batch(attio_sandbox: SandboxHandle) -> None:
    workspace = attio_sandbox.workspace
    (company,) = workspace.load("companies", [{"name": "Big"}])
    workspace.load(
        "people", [{"name": f"P, {n:04d}", "company": to(company)} for n in range(1_300)]
    )
    team = Person.objects.order_by("name__first_name").exclude(name__first_name="0000")
    big = Company.objects.includes(Include("team", team, to_attr="ordered")).get()
    assert [p.name.first_name for p in big.ordered] == [f"{n:04d}" for n in range(1, 1_300)]


async def test_include_that_filters_everything_or_nothing(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    fill(attio_sandbox, 4, 2)
    nobody = Include("team", Person.objects.filter(job_title="Lamplighter"), to_attr="some")
    silent = Include("team", Person.objects.none(), to_attr="empty")
    everybody = Include("team", Person.objects.all(), to_attr="every")
    with assert_num_requests(3):
        companies = await colour.items(Company.objects.includes(nobody, everybody, silent))
    for company in companies:
        assert (company.some, company.empty, len(company.every)) == ((), (), 2)
    nested = Include("company__team", Person.objects.order_by("-name__first_name"), to_attr="mates")
    people = await colour.items(Person.objects.includes(nested))
    assert all(person in person.company.mates for person in people)
    inner = Include("team", Person.objects.includes("associated_deals"), to_attr="team_")
    (company, _) = await colour.items(Company.objects.includes(inner))
    with assert_num_requests(0):
        assert [list(person.associated_deals) for person in company.team_] == [[], []]


async def test_an_include_of_another_workspaces_queryset_goes_where_its_owners_are(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    fill(attio_sandbox, 2, 1)
    (company,) = await colour.items(
        Company.objects.using(attio_sandbox.connection).includes(
            Include("team", Person.objects.filter(~Q(name=None)), to_attr="named")
        )
    )
    assert len(company.named) == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Include("team", Person.objects.all()), "to_attr together"),
        (lambda: Include("team", to_attr="x"), "to_attr together"),
        (lambda: Include("team", Person.objects.all(), to_attr="a b"), "not a name"),
        (lambda: Include("team", Person.objects.all(), to_attr="_x"), "not a name"),
        (lambda: Include("team", Person.objects[:5], to_attr="five"), "no slice"),
    ],
)
def test_includes_that_cannot_be(make: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make()


@pytest.mark.parametrize("taken", ["name", "save", "objects", "id", "team", "notes"])
async def test_a_to_attr_that_is_taken_is_refused(
    attio_sandbox: SandboxHandle, colour: Colour, taken: str
) -> None:
    include = Include("team", Person.objects.all(), to_attr=taken)
    with pytest.raises(ValidationError, match="something else already"):
        await colour.items(Company.objects.includes(include))


def test_a_to_attr_has_one_include() -> None:
    everybody = Include("team", Person.objects.all(), to_attr="them")
    nobody = Include("team", Person.objects.none(), to_attr="them")
    with pytest.raises(ValidationError, match=r"both to be found in to_attr='them'"):
        Company.objects.includes(everybody, nobody)
    once = Company.objects.includes(everybody)
    assert once.includes(everybody, "team")._query.includes.paths == (everybody, everybody, "team")
    with pytest.raises(ValidationError, match=r"a name of its own"):
        once.includes(nobody)
    with pytest.raises(ValidationError, match=r"both to be found in to_attr='them'"):
        Person.objects.includes(
            Include("company__team", Person.objects.all(), to_attr="them"),
            Include("company__associated_deals", Deal.objects.all(), to_attr="them"),
        )


async def test_an_include_of_a_relation_to_several_objects(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    class Memo(Model):
        title: Text
        about: Many[Person | Company]

    attio_sandbox.define(Memo)
    ada = Person.objects.create(name="Lovelace, Ada")
    acme = Company.objects.create(name="Acme", team=[ada])
    Memo.objects.create(title="x", about=[ada, acme])
    people = Include("about", Person.objects.all(), to_attr="people")
    team = Include("about__team", Person.objects.all(), to_attr="them")
    (memo,) = await colour.items(Memo.objects.includes(people, team))
    assert memo.people == acme.__dict__["them"] == (ada,)
    wrong = [
        Include("about", Deal.objects.all(), to_attr="deals"),
        Include("about__team", Deal.objects.all(), to_attr="deals"),
    ]
    for include in wrong:
        with pytest.raises(ValidationError, match=r"relation refers to people"):
            await colour.items(Memo.objects.includes(include))


def test_what_a_save_changed_is_loaded_by_name(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, 2, 1)
    company = Company.objects.fetch_mode(FetchMode.RAISE).includes("team").get()
    person = company.team[0]
    person.company = None
    person.save()
    with pytest.raises(NotLoadedError, match=r"a save here has .* call `instance\.load\("):
        _ = company.team
    company.load("team")
    assert len(company.team) == 1


async def test_what_a_save_changed_is_loaded_by_name_async(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, 2, 1)
    company = await Company.objects.includes("team").aget()
    person = company.team[0]
    person.company = None
    await person.asave()
    with pytest.raises(NotLoadedError, match=r"a save here has .* `await instance\.aload\("):
        _ = company.team
    await company.aload("team")
    assert len(company.team) == 1


# -- touching what was not included ----------------------------------------------------------------


def test_peers_load_together(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, 30, 5)
    people = list(Person.objects.all())
    with assert_num_requests(1):
        assert {person.company.name for person in people} == {f"C{n}" for n in range(5)}
    with assert_num_requests(0):  # everybody of each team is among them
        assert [len(person.company.team) for person in people] == [6] * 30


def test_one_loads_for_one(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, 4, 4)
    people = list(Person.objects.fetch_mode(FetchMode.ONE))
    for person in people:
        with assert_num_requests(1):
            assert person.company.name
        with assert_num_requests(0):
            assert person.company.name


def test_raise_raises_all_the_way(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, 2, 1)
    person = Person.objects.fetch_mode(FetchMode.RAISE).includes("company").first()
    assert person is not None
    with assert_num_requests(0):
        assert person.company is not None
        with pytest.raises(NotLoadedError, match=r'RAISE.*includes\("company__team"\)'):
            _ = person.company.team
        assert person.associated_deals == []
    bare = Person.objects.fetch_mode(FetchMode.RAISE)[1]
    del person
    gc.collect()
    with assert_num_requests(0), pytest.raises(NotLoadedError, match=r"FetchMode\.RAISE"):
        _ = bare.company


async def test_what_an_a_method_loaded_never_blocks(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, 3, 3)
    people = [person async for person in Person.objects.all()]
    with (
        assert_num_requests(0),
        pytest.raises(NotLoadedError, match=r'includes\("company"\).*aload\("company"\)'),
    ):
        _ = people[0].company
    with assert_num_requests(1):
        await people[0].aload("company")
    with assert_num_requests(0):
        assert people[0].company.name == "C0" or people[0].company.name.startswith("C")
    with assert_num_requests(1):
        await people[1].aload("company__team", "associated_deals")
    assert people[1] in people[1].company.team


# -- targets of every kind -------------------------------------------------------------------------


async def test_deleted_targets(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    class Desk(Model):
        label: Text
        owner: One[Person]
        guests: Many[Person]

    attio_sandbox.define(Desk)
    ada, bob = (Person.objects.create(name=name) for name in ("Ada", "Bob"))
    Desk.objects.create(label="a", owner=ada, guests=[ada, bob])
    Desk.objects.create(label="b", guests=[])
    # read the desk's reference, and let its target go before the batch for it is asked
    desks = await colour.items(Desk.objects.order_by("label"))
    record_id = ada.id
    del ada, bob
    gc.collect()
    _delete(attio_sandbox, "people", record_id)
    for desk in desks:
        await colour.call(desk, "load", "owner__company", "guests__company")
    with assert_num_requests(0):
        assert [guest.name for guest in desks[0].guests] == ["Bob"]
        assert list(desks[1].guests) == []
        with pytest.raises(Person.DoesNotExist, match="Maybe"):
            _ = desks[1].owner


def _delete(handle: SandboxHandle, object: str, record_id: str | None) -> None:
    reply = handle.workspace.handle(
        "DELETE",
        f"/v2/objects/{object}/records/{record_id}",
        headers={"authorization": f"Bearer {handle.token}"},
    )
    assert reply.status == 200


async def test_references_to_several_objects(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    class Ticket(Model):
        label: Text
        about: Many[Person | Company]
        anything: Maybe[Any]

    attio_sandbox.define(Ticket)
    company = Company.objects.create(name="Acme")
    person = Person.objects.create(name="Ada", company=company)
    deal = Deal.objects.create(name="Big", stage="Lead", owner="owner@sandbox.example")
    Ticket.objects.create(label="t", about=[person, company], anything=deal)
    del company, person, deal
    gc.collect()
    # a team is what companies alone have
    with assert_num_requests(4 + colour.is_async):  # and who owns the deals
        ticket = await colour.call(
            Ticket.objects.includes("about__team", "anything", "about"), "get"
        )
    with assert_num_requests(0):
        found = {type(each): each for each in ticket.about}
        assert set(found) == {Person, Company}
        assert found[Company].team == [found[Person]]
        assert type(ticket.anything) is Deal
        assert ticket.anything.name == "Big"


def test_the_clock_of_the_sandbox_is_not_the_clock_of_a_session(
    attio_sandbox: SandboxHandle,
) -> None:
    fill(attio_sandbox, 2, 1)
    with attio_sandbox.connection.session(ttl=60):
        first = list(Person.objects.includes("company"))
        attio_sandbox.clock.move(timedelta(days=1))
        with assert_num_requests(1):
            assert list(Person.objects.includes("company")) == first


# -- what is wrong is told before anything is read -------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "match"),
    [
        (["company__temm"], r'includes\("company__temm"\): Company.temm does not exist. Did you m'),
        (["company__team__name"], r'"company__team__name"\): Person.name is not a relation. Name'),
        (
            [Include("company__tean", Person.objects.all(), to_attr="them")],
            r'"company__tean"\): Company.tean does not exist. Did you mean \'team\'',
        ),
        (
            [Include("company__team", Person.objects.all(), to_attr="domains")],
            r"Company.domains is something else already",
        ),
        (
            [Include("company__team", Company.objects.all(), to_attr="them")],
            r'"company__team", ...\) has a queryset of Company, and this relation refers to peo',
        ),
        (
            [Include("company", Person.objects.all(), to_attr="them")],
            r'"company", ...\) has a queryset of Person, and this relation refers to companies:',
        ),
    ],
)
async def test_a_wrong_name_further_on_is_told_before_the_first_read(
    attio_sandbox: SandboxHandle, colour: Colour, paths: list[Any], match: str
) -> None:
    fill(attio_sandbox, 1, 1)
    ada = await colour.call(Person.objects, "get")
    with pytest.raises((UnknownAttributeError, ValidationError), match=match):
        await colour.items(Person.objects.includes(*paths))  # may ask for the schema
    with assert_num_requests(0):
        with pytest.raises((UnknownAttributeError, ValidationError), match=match):
            await colour.items(Person.objects.includes(*paths))
        with pytest.raises((UnknownAttributeError, ValidationError), match=match):
            await colour.call(Person.objects.includes(*paths), "get", id=ada.id)
        with pytest.raises((UnknownAttributeError, ValidationError), match=match):
            await colour.call(ada, "load", *paths)


async def test_of_several_objects_one_has_to_have_the_relation(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    class Remark(Model):
        subject: Maybe[Person | Company]

    attio_sandbox.define(Remark)
    await colour.call(Remark.objects, "create")
    for path in ("subject__team", "subject__company", "subject__company__team"):
        assert len(await colour.items(Remark.objects.includes(path))) == 1
    for slug in ("people", "companies"):
        attio_sandbox.connection.schema.fetch(slug)
    # looked for once more among the attributes of both, before any record is read
    with assert_num_requests(2), pytest.raises(UnknownAttributeError) as caught:
        await colour.items(Remark.objects.includes("subject__deels"))
    assert 'includes("subject__deels"): Person or Company.deels does not exist' in str(caught.value)


async def test_what_is_not_known_yet_is_left_for_later(attio_sandbox: SandboxHandle) -> None:
    class Thing(Model):
        owner: Maybe[Other]

    class Other(Model):
        pass

    attio_sandbox.define(Thing, Other)
    attio_sandbox.connection.schema.forget("others")
    assert Thing.objects.includes("owner__anything").first() is None


async def test_the_whole_path_is_named_where_a_relation_further_on_is_not_loaded(
    attio_sandbox: SandboxHandle,
) -> None:
    fill(attio_sandbox, 2, 1)
    person = await Person.objects.includes("company").aget(name="P0")
    with pytest.raises(NotLoadedError, match=r'add includes\("company__team"\).*aload\("team"\)'):
        _ = person.company.team
    other = await Person.objects.all().apluck("id")
    await Deal.objects.acreate(
        name="D", stage="Lead", owner="owner@sandbox.example", associated_people=other
    )
    person = await Person.objects.includes("company__team").aget(name="P0")
    with pytest.raises(NotLoadedError, match=r'includes\("company__team__associated_deals"\)'):
        _ = [each.associated_deals for each in person.company.team]
