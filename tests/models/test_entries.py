"""``ListEntry``: the entries of a list, by the same means as records."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from attio_orm import (
    AsyncReceiverError,
    Company,
    FetchMode,
    ListEntry,
    Maybe,
    Model,
    NotFoundError,
    NotLoadedError,
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    SchemaDriftError,
    SchemaDriftWarning,
    StaleRecordError,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
    connect,
    search,
    signals,
)
from attio_orm.attributes import Many, MultiSelect, Number, One, Status, Text
from attio_orm.records import rows
from attio_orm.records.base import mapper_of
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.values import Reference
from tests.bad_input.world import check_clear
from tests.colours import Colour


class Pipeline(ListEntry, list="sales", parent=Company):
    priority: Text
    size: Number
    stage: Status[str] = Status(options=["New", "Live"])
    tags: MultiSelect = MultiSelect(options=["a", "b", "c"])
    people: Many[Person]


class Hiring(ListEntry):
    parent: One[Person]
    level: Text


@pytest.fixture
def sandbox(attio_sandbox: SandboxHandle) -> SandboxHandle:
    """A workspace with both lists, of which everything is known."""
    attio_sandbox.define(Pipeline, Hiring)
    Pipeline.objects.first()
    for name in ("stage", "tags"):
        list(attio_sandbox.connection.schema.choices("lists/sales", name))
    attio_sandbox.connection.api.self_.get()
    attio_sandbox.requests.clear()
    return attio_sandbox


@pytest.fixture
def acme(sandbox: SandboxHandle) -> Company:
    return Company.objects.create(name="Acme", domains=["acme.example.com"])


@pytest.fixture
def beta(sandbox: SandboxHandle) -> Company:
    return Company.objects.create(name="Beta", domains=["beta.example"])


@pytest.fixture
def entry(acme: Company) -> Pipeline:
    return Pipeline.objects.create(parent=acme, priority="High", tags=["a"])


def last(sandbox: SandboxHandle) -> tuple[str, str, Any]:
    sent = sandbox.requests[-1]
    return sent.method, sent.path, sent.json


class TestDeclaring:
    def test_the_list_is_the_class_name(self) -> None:
        class SalesPipeline(ListEntry, parent=Company):
            pass

        assert mapper_of(SalesPipeline).object == "lists/sales_pipeline"
        assert mapper_of(Pipeline).object == "lists/sales"

    def test_it_shares_attributes_with_a_base(self) -> None:
        class Named(ListEntry, abstract=True):
            title: Text

        class Offer(Named, parent=Company):
            amount: Number

        assert list(mapper_of(Offer).attributes) == ["parent", "title", "amount"]
        with pytest.raises(TypeError, match="abstract"):
            Named.objects  # noqa: B018

    def test_a_subclass_is_of_the_same_list(self) -> None:
        class Urgent(Pipeline):
            note: Text

        assert mapper_of(Urgent).object == mapper_of(Pipeline).object
        assert mapper_of(Urgent).attributes["parent"].allowed_objects == ("companies",)

    def test_nothing_refers_to_an_entry(self, attio_sandbox: SandboxHandle) -> None:
        class Wrong(Model, object="people", on_drift="ignore"):
            pipeline: Maybe[Pipeline]  # type: ignore[type-var]

        with pytest.raises(UnknownAttributeError, match="nothing in Attio refers"):
            Wrong.objects.filter(pipeline__priority="x").first()
        with pytest.raises(UnsupportedLookup, match="nothing in Attio refers"):
            Pipeline.by(priority="High")

    def test_its_own_names_win_over_slugs(self) -> None:
        class Strange(ListEntry, list="strange", parent=Company):
            parent_: Text = Text("parent")

        assert mapper_of(Strange).by_slug["parent"].name == "parent_"
        with pytest.raises(TypeError, match="a name of every model"):

            class Wrong(ListEntry, list="strange", parent=Company):
                entries: Text


class TestMaking:
    async def test_create(self, acme: Company, sandbox: SandboxHandle, colour: Colour) -> None:
        await colour.call(Pipeline.objects, "create", parent=acme)
        with assert_num_requests(1):
            entry = await colour.call(
                Pipeline.objects, "create", parent=acme, priority="High", tags=["a", "b"]
            )
        assert last(sandbox) == (
            "POST",
            "/v2/lists/sales/entries",
            {
                "data": {
                    "parent_object": "companies",
                    "parent_record_id": acme.id,
                    "entry_values": {"priority": "High", "tags": ["a", "b"]},
                }
            },
        )
        assert (entry.priority, entry.tags, entry.parent_id) == ("High", ["a", "b"], acme.id)
        assert not entry.is_changed
        assert entry.created_at is not None
        assert await colour.call(Pipeline.objects, "count") == 2  # the same parent, twice

    def test_in_two_steps_and_by_id(self, acme: Company) -> None:
        entry = Pipeline(priority="Low")
        assert (entry.id, entry.parent_id) == (None, None)
        entry.parent = acme.id
        assert entry.parent_id == acme.id
        entry.save()
        assert entry.parent is acme

    @pytest.mark.parametrize(
        ("values", "said"),
        [
            ({"priority": "x"}, "parent: is required"),
            ({"parent": "acme"}, "parent: 'acme' is not a valid record id"),
            ({"parent": Company.by(domains="acme.example.com")}, "give the record"),
            ({"stage": "Gone"}, "'New'"),
        ],
    )
    def test_what_is_refused_before_a_request(
        self, acme: Company, sandbox: SandboxHandle, values: dict[str, Any], said: str
    ) -> None:
        Pipeline.objects.create(parent=acme, stage="New")  # whose titles are known now
        sandbox.requests.clear()
        with pytest.raises(ValidationError, match=said):
            Pipeline.objects.create(**{"parent": acme} | values if "stage" in values else values)
        # whether somebody has made the status since
        asked = ["/v2/lists/sales/attributes/stage/statuses"] if "stage" in values else []
        assert [each.path for each in sandbox.requests] == asked

    def test_a_parent_of_another_object(self, acme: Company) -> None:
        ada = Person.objects.create(name="Ada")
        with pytest.raises(ValidationError, match="'people' does not fit"):
            Pipeline.objects.create(parent=ada)

    def test_a_parent_that_is_made_first(self, sandbox: SandboxHandle) -> None:
        match = Company.by(domains="new.example", create={"name": "New"})
        entry = Pipeline.objects.create(parent=match)
        assert entry.parent.name == "New"

    def test_fields_without_the_parent(self, acme: Company) -> None:
        entry = Pipeline(parent=acme, priority="x")
        with pytest.raises(ValidationError, match="parent: is required of a new record"):
            entry.save(fields=["priority"])
        entry.save(fields=["parent"])
        assert list(entry.changes) == ["priority"]

    def test_a_create_that_got_no_answer(self, acme: Company, sandbox: SandboxHandle) -> None:
        Pipeline.objects.create(parent=acme)
        sandbox.fail_next("drop_after", match="POST /v2/lists/sales/entries")
        with pytest.raises(OutcomeUnknownError):
            Pipeline.objects.create(parent=acme)
        assert Pipeline.objects.count() == 2  # it is never repeated blindly

    async def test_bulk_create(self, acme: Company, beta: Company, colour: Colour) -> None:
        rows = [{"parent": acme}, {"parent": beta, "priority": "x"}, {"priority": "y"}]
        report = await colour.call(Pipeline.objects, "bulk_create", rows)
        assert [each.parent_id for each in report.created] == [acme.id, beta.id]
        assert "parent: is required" in str(report[2].error)

    async def test_upsert_by_the_parent(
        self, acme: Company, sandbox: SandboxHandle, colour: Colour
    ) -> None:
        made = await colour.call(
            Pipeline.objects, "upsert", "parent", parent=acme, priority="High", tags=["a"]
        )
        with assert_num_requests(1):
            again = await colour.call(
                Pipeline.objects, "upsert", "parent", parent=acme, priority=None, tags=["b"]
            )
        assert again is made
        assert (made.priority, made.tags) == (None, ["b"])
        assert last(sandbox)[0] == "PUT"
        await colour.call(Pipeline.objects, "create", parent=acme)
        with pytest.raises(Pipeline.MultipleObjectsReturned) as caught:
            await colour.call(Pipeline.objects, "upsert", "parent", parent=acme)
        check_clear(caught.value, "'Acme'", "has several entries", "Pipeline.objects.filter")
        assert type(pickle.loads(pickle.dumps(caught.value))) is Pipeline.MultipleObjectsReturned

    def test_upsert_by_something_else(self, acme: Company) -> None:
        with pytest.raises(ValidationError, match="Unique here: parent"):
            Pipeline.objects.upsert("priority", parent=acme, priority="x")
        with pytest.raises(ValidationError, match="needs a value of 'parent'"):
            Pipeline.objects.upsert("parent", priority="x")

    async def test_get_or_create(self, acme: Company, beta: Company, colour: Colour) -> None:
        first, made = await colour.call(
            Pipeline.objects, "get_or_create", {"priority": "x"}, parent=acme
        )
        again, made_again = await colour.call(Pipeline.objects, "get_or_create", parent=acme)
        assert (first.priority, made, made_again) == ("x", True, False)
        assert again is first
        changed, _ = await colour.call(
            Pipeline.objects, "update_or_create", {"priority": "y"}, parent=acme
        )
        assert (changed.priority, changed is first) == ("y", True)


class TestChanging:
    def test_additions_are_patched(self, entry: Pipeline, sandbox: SandboxHandle) -> None:
        entry.priority = "Low"
        entry.tags.append("b")
        with assert_num_requests(1):
            entry.save()
        path = f"/v2/lists/sales/entries/{entry.id}"
        values = {"priority": "Low", "tags": ["b"]}
        assert last(sandbox) == ("PATCH", path, {"data": {"entry_values": values}})
        assert entry.tags == ["b", "a"]
        with assert_num_requests(0):
            entry.save()

    def test_removals_are_put(self, entry: Pipeline, sandbox: SandboxHandle) -> None:
        entry.tags = ["c"]
        entry.priority = None
        entry.save()
        assert last(sandbox)[0] == "PUT"
        assert (entry.tags, entry.priority) == (["c"], None)

    def test_force_leaves_the_parent_alone(self, entry: Pipeline, sandbox: SandboxHandle) -> None:
        entry.save(force=True)
        assert last(sandbox)[2] == {"data": {"entry_values": {"priority": "High", "tags": ["a"]}}}

    def test_the_parent_stays(self, entry: Pipeline, beta: Company, acme: Company) -> None:
        for value in (beta, acme, None):
            with pytest.raises(ReadOnlyAttributeError, match=r"Pipeline\.parent stays"):
                entry.parent = value
        with pytest.raises(ReadOnlyAttributeError):
            entry["parent_record"] = beta
        with pytest.raises(ReadOnlyAttributeError):
            Pipeline.objects.update(parent=beta)
        assert entry.parent is acme

    async def test_delete_and_refresh(self, entry: Pipeline, acme: Company, colour: Colour) -> None:
        await colour.call(entry, "refresh")
        await colour.call(entry, "delete")
        await colour.call(entry, "delete")
        with pytest.raises(Pipeline.DoesNotExist, match="no longer exists"):
            await colour.call(entry, "refresh")
        await colour.call(acme, "refresh")  # the record is still there

    def test_a_conflict(self, entry: Pipeline, sandbox: SandboxHandle) -> None:
        entry.priority = "Mine"
        values = {"priority": "Theirs"}
        sandbox.connection.api.entries.update("sales", str(entry.id), values)
        with pytest.raises(StaleRecordError, match=r"loaded 'High', yours 'Mine', now 'Theirs'"):
            entry.save(on_conflict="raise")

    def test_of_many(self, entry: Pipeline, beta: Company) -> None:
        Pipeline.objects.create(parent=beta, priority="x")
        assert Pipeline.objects.filter(parent__name="Beta").update(priority="y") == 1
        assert set(Pipeline.objects.pluck("priority")) == {"High", "y"}
        with pytest.raises(ValidationError, match="2 records of Pipeline match"):
            Pipeline.objects.delete(confirm=1)
        assert Pipeline.objects.delete(confirm=2) == 2

    async def test_history(self, entry: Pipeline, colour: Colour) -> None:
        entry.priority = "Low"
        await colour.call(entry, "save")
        found = await colour.call(entry, "history", "priority")
        assert [each.value for each in found] == ["High", "Low"]
        with pytest.raises(ValidationError, match="never changes"):
            await colour.call(entry, "history", "parent")

    def test_relations_of_an_entry(self, entry: Pipeline) -> None:
        ada = Person.objects.create(name="Ada")
        entry.people.append(ada)
        entry.save()
        with entry.connection.session():  # type: ignore[union-attr]
            (again,) = Pipeline.objects.filter(people__name="Ada").includes("people")
            assert [str(each.name) for each in again.people] == ["Ada"]


class TestFinding:
    @pytest.fixture
    def entries(self, acme: Company, beta: Company, sandbox: SandboxHandle) -> list[Pipeline]:
        rows: list[dict[str, Any]] = [
            {"parent": acme, "priority": "High", "size": 1, "stage": "New"},
            {"parent": beta, "priority": "Low", "size": 2, "stage": "Live"},
            {"parent": acme, "priority": "Higher", "size": 3},
        ]
        made: list[Pipeline] = []
        for row in rows:
            sandbox.clock.move(1)
            made.append(Pipeline.objects.create(**row))
        return made

    @pytest.mark.parametrize(
        ("lookups", "positions"),
        [
            ({"priority__contains": "Hi", "parent__name": "Acme"}, [0, 2]),
            ({"parent__name__startswith": "B"}, [1]),
            ({"parent__domains__root_domain": "example.com"}, [0, 2]),
            ({"parent__team__isnull": True}, [0, 1, 2]),
            ({"parent__isnull": True}, []),
            ({"parent__isnull": False}, [0, 1, 2]),
            ({"stage": "Live"}, [1]),
            ({"size__gte": 2}, [1, 2]),
            ({"created_at__isnull": False}, [0, 1, 2]),
        ],
    )
    async def test_filters(
        self, entries: list[Pipeline], colour: Colour, lookups: dict[str, Any], positions: list[int]
    ) -> None:
        found = await colour.items(Pipeline.objects.filter(**lookups))
        assert [each.id for each in found] == [entries[at].id for at in positions]
        others = await colour.items(Pipeline.objects.exclude(**lookups))
        assert len(found) + len(others) == 3

    def test_by_the_parent_itself(
        self, entries: list[Pipeline], acme: Company, beta: Company, sandbox: SandboxHandle
    ) -> None:
        ways: list[dict[str, Any]] = [
            {"parent": acme},
            {"parent": acme.id},
            {"parent__id": acme.id},
            {"parent__target_record_id": acme.id},
            {"parent": Reference("companies", str(acme.id))},
            {"parent__not": beta},
            {"parent__in": [acme]},
            {"parent_record": acme},
            {"parent__in": Company.objects.filter(name="Acme")},
        ]
        for way in ways:
            assert list(Pipeline.objects.filter(**way)) == [entries[0], entries[2]], way
        list(Pipeline.objects.filter(parent=acme))
        assert last(sandbox)[2]["filter"] == {
            "path": [["sales", "parent_record"], ["companies", "record_id"]],
            "constraints": {"value": {"$eq": acme.id}},
        }
        assert list(Pipeline.objects.filter(Pipeline.parent.name == "Beta")) == [entries[1]]
        with pytest.raises(ValidationError, match=r"a record of companies is needed"):
            Pipeline.objects.filter(parent=Person.ref(str(acme.id))).first()
        with pytest.raises(UnsupportedLookup, match="of the same object"):
            Pipeline.objects.filter(parent__target_object="companies").first()
        with pytest.raises(UnknownAttributeError, match="no attribute 'nmae'"):
            Pipeline.objects.filter(parent__nmae="x").first()

    def test_a_workspace_that_refuses_in_on_ids(
        self, entries: list[Pipeline], acme: Company, beta: Company, sandbox: SandboxHandle
    ) -> None:
        sandbox.workspace.refuse_record_id_in = True
        assert len(Pipeline.objects.filter(parent__in=[acme, beta])) == 3
        assert sandbox.connection.takes_record_id_in is False

    def test_orders_and_slices(self, entries: list[Pipeline]) -> None:
        assert [e.size for e in Pipeline.objects.order_by("-size")] == [3, 2, 1]
        ordered = Pipeline.objects.order_by("-parent__name", "size")
        assert [e.size for e in ordered] == [2, 1, 3]
        assert [e.size for e in Pipeline.objects.reverse()[1:]] == [2, 1]
        assert Pipeline.objects[2] is entries[2]
        assert Pipeline.objects.last() is entries[2]
        assert Pipeline.objects.filter(size__gt=1).count() == 2
        assert Pipeline.objects.filter(size=9).exists() is False

    async def test_by_id(self, entries: list[Pipeline], acme: Company, colour: Colour) -> None:
        with assert_num_requests(1):
            assert await colour.call(Pipeline.objects, "get", id=entries[0].id) == entries[0]
        assert await colour.call(Pipeline.objects, "get_or_none", id=acme.id) is None
        ids = [entries[1].id, acme.id, entries[0].id]
        with assert_num_requests(3):
            found = await colour.call(Pipeline.objects, "in_bulk", ids)
        assert list(found) == [entries[1].id, entries[0].id]
        for query in (
            Pipeline.objects.filter(id__in=ids),
            Pipeline.objects.filter(size=1, id=ids[0]),
            Pipeline.objects.order_by("id"),
        ):
            with pytest.raises(UnsupportedLookup, match="no filter by the id of a list entry"):
                await colour.items(query)
        with pytest.raises(UnsupportedLookup, match="in_bulk"):
            await colour.call(Pipeline.objects.filter(size=1), "in_bulk", ids)

    async def test_values(self, entries: list[Pipeline], acme: Company, colour: Colour) -> None:
        rows = await colour.call(Pipeline.objects, "values", "size", "parent", "parent__name")
        assert rows[0] == {"size": 1.0, "parent": acme.id, "parent__name": "Acme"}
        assert await colour.call(Pipeline.objects, "pluck", "parent_id") == [
            each.parent_id for each in entries
        ]

    def test_no_search(self, sandbox: SandboxHandle) -> None:
        with pytest.raises(ValidationError, match="stands for list entries"):
            Pipeline.objects.search("x")
        with pytest.raises(ValidationError, match="Pipeline is not one"):
            search("x", Pipeline)
        assert sandbox.requests == []

    def test_explain(self, acme: Company) -> None:
        plan = str(Pipeline.objects.filter(parent=acme, size=1).explain())
        assert plan.startswith("POST /v2/lists/sales/entries/query")

    def test_explain_before_anything_is_known(self, sandbox: SandboxHandle) -> None:
        sandbox.connection.schema.forget()
        paths = [each.path for each in Pipeline.objects.filter(other=1).explain()]
        assert paths[:3] == ["/v2/lists", "/v2/objects", "/v2/lists/sales/attributes"]

    def test_the_pages_of_a_moment(self, acme: Company, sandbox: SandboxHandle) -> None:
        """A bulk load shares a millisecond."""
        rows = [(str(acme.id), {"size": n}) for n in range(1201)]
        sandbox.workspace.load_entries("sales", rows)
        found = [entry.size for entry in Pipeline.objects.iterator(page_size=100)]
        assert sorted(found) == list(range(1201))  # type: ignore[type-var]
        assert len(list(Pipeline.objects.reverse())) == 1201
        assert len(list(Pipeline.objects.order_by("priority"))) == 1201
        assert len(list(Pipeline.objects.iterator(page_size=100, read_ahead=4))) == 1201
        assert len(list(Pipeline.objects.all()[100:900])) == 800
        assert Pipeline.objects.count() == 1201


class TestParents:
    @pytest.fixture
    def entries(self, sandbox: SandboxHandle) -> list[str]:
        companies = sandbox.workspace.load("companies", [{"name": f"C{n}"} for n in range(12)])
        return sandbox.workspace.load_entries("sales", [(each, {}) for each in companies])

    def test_they_load_together(self, entries: list[str]) -> None:
        with assert_num_requests(2):
            names = {entry.parent.name for entry in Pipeline.objects.all()}
        assert names == {f"C{n}" for n in range(12)}

    async def test_includes(self, entries: list[str], colour: Colour) -> None:
        with assert_num_requests(2):
            found = await colour.items(Pipeline.objects.includes("parent__team"))
            assert {entry.parent.name for entry in found} == {f"C{n}" for n in range(12)}
            assert found[0].parent.team == []

    def test_the_id_is_known_without(self, entries: list[str]) -> None:
        with assert_num_requests(1):
            ids = [entry.parent_id for entry in Pipeline.objects.fetch_mode(FetchMode.RAISE)]
        assert len(set(ids)) == 12
        with pytest.raises(NotLoadedError, match=r'includes\("parent"\)'):
            _ = Pipeline.objects.fetch_mode(FetchMode.RAISE)[0].parent

    async def test_async(self, entries: list[str]) -> None:
        entry = await Pipeline.objects.aget(id=entries[0])
        with pytest.raises(NotLoadedError, match=r'aload\("parent"\)'):
            _ = entry.parent
        await entry.aload("parent")
        assert entry.parent.name == "C0"

    def test_a_list_of_people(self, sandbox: SandboxHandle) -> None:
        ada = Person.objects.create(name="Ada")
        entry = Hiring.objects.create(parent=ada, level="Senior")
        assert Hiring.objects.get(parent__name__first_name="Ada") is entry
        assert entry.parent is ada


class TestInstances:
    def test_one_entry_is_one_object(self, entry: Pipeline, acme: Company) -> None:
        assert Pipeline.objects.get(id=entry.id) is entry
        assert Pipeline.objects.filter(parent=acme)[0] is entry
        assert entry.connection is not None
        with entry.connection.session(ttl=60):
            again = Pipeline.objects.get(id=entry.id)
            assert again is not entry
            assert again == entry
            with assert_num_requests(0):
                assert Pipeline.objects.get(id=entry.id) is again

    def test_ref(self, entry: Pipeline, acme: Company) -> None:
        ids = [str(entry.id), str(Pipeline.objects.create(parent=acme, size=2).id)]
        assert entry.connection is not None
        with entry.connection.session():
            one, two = (Pipeline.ref(each) for each in ids)
            with assert_num_requests(1):  # Attio has no filter by the ids of entries
                assert one.priority == "High"
            assert two.size == 2
            assert one.parent_id == acme.id

    def test_plain_forms(self, entry: Pipeline, acme: Company) -> None:
        dumped = entry.model_dump(mode="json", exclude={"parent": {"team"}})
        assert json.loads(json.dumps(dumped))["parent"]["name"] == "Acme"
        assert "web_url" not in dumped
        assert entry.web_url is None
        assert repr(entry) == f"<Pipeline 'Acme' {str(entry.id)[:8]}>"
        twin = pickle.loads(pickle.dumps(entry))
        assert (twin, twin.parent_id, twin.tags) == (entry, acme.id, ["a"])
        assert twin.parent == acme
        assert copy.copy(entry).model_dump()["parent"]["id"] == acme.id
        assert entry.raw["parent_record"][0]["target_record_id"] == acme.id
        with pytest.raises(UnsupportedLookup, match="Use its parent"):
            entry._reference()
        with pytest.raises(UnknownAttributeError, match=r"entry\.parent\.entries"):
            _ = entry.entries

    def test_undeclared_attributes(self, entry: Pipeline, acme: Company) -> None:
        class Sales(ListEntry, list="sales"):
            """Declares nothing."""

        sale = Sales.objects.filter(parent__name="Acme", priority="High")[0]
        assert (sale.priority, sale["tags"], sale.parent_id) == ("High", ["a"], acme.id)
        sale.priority = "Low"
        sale.save()
        entry.refresh()
        assert entry.priority == "Low"
        with pytest.raises(UnknownAttributeError, match="'priority'"):
            _ = sale.prioritee

    def test_an_entry_without_values(self, sandbox: SandboxHandle, acme: Company) -> None:
        sandbox.workspace.define_list("bare", "Bare", "companies")
        bare = sandbox.connection.entries("bare")
        entry = bare.objects.create(parent=acme)
        assert entry.parent_id == acme.id
        assert pickle.loads(pickle.dumps(entry)) == entry

    def test_signals(self, entry: Pipeline) -> None:
        heard: list[Any] = []

        def hear(sender: Any, *, instance: Any, **values: Any) -> None:
            heard.append((sender, instance))

        async def later(sender: Any, **values: Any) -> None: ...

        with signals.post_save.connected_to(hear, Pipeline):
            entry.priority = "x"
            entry.save()
        assert heard == [(Pipeline, entry)]
        with signals.pre_save.connected_to(later, Pipeline), pytest.raises(AsyncReceiverError):
            Pipeline.objects.get_or_create(parent=entry.parent)

    def test_a_dry_run(self, entry: Pipeline, beta: Company, sandbox: SandboxHandle) -> None:
        sandbox.requests.clear()
        with sandbox.connection.dry_run() as plan:
            made = Pipeline.objects.create(parent=beta, priority="x")
            entry.priority = "Dry"
            entry.save()
            entry.delete()
            Pipeline.objects.create(parent=Company.by(domains="new.example", create=True))
        assert made.id is None
        assert [(each.method, each.path.partition("?")[0]) for each in plan] == [
            ("POST", "/v2/lists/sales/entries"),
            ("PATCH", f"/v2/lists/sales/entries/{entry.id}"),
            ("DELETE", f"/v2/lists/sales/entries/{entry.id}"),
            ("PUT", "/v2/objects/companies/records"),
            ("POST", "/v2/lists/sales/entries"),
        ]
        assert "priority: 'High' -> 'Dry'" in str(plan)
        assert all(each.method == "GET" for each in sandbox.requests)


class TestEntriesOfARecord:
    async def test_in_every_list(self, entry: Pipeline, acme: Company, colour: Colour) -> None:
        assert acme.connection is not None
        workspace = acme.connection.sandbox.workspace  # type: ignore[union-attr]
        workspace.define_list("renewals", "Renewals", "companies")
        workspace.define_attribute("renewals", target="lists", api_slug="year", type="number")
        (renewal,) = workspace.load_entries("renewals", [(str(acme.id), {"year": 2030})])
        found = await (acme.entries.aall() if colour.is_async else _now(acme.entries.all()))
        assert [each.id for each in found] == [entry.id, renewal]
        assert isinstance(found[0], Pipeline)
        assert found[1]["year"] == 2030
        assert repr(acme.entries).startswith("<entries of <Company 'Acme'")

    def test_in_one_list(self, entry: Pipeline, acme: Company, beta: Company) -> None:
        with assert_num_requests(1):
            assert list(acme.entries.of(Pipeline)) == [entry]
        assert beta.entries.of(Pipeline).count() == 0
        with assert_num_requests(1):
            assert list(beta.entries) == []
        assert list(acme.entries) == [entry]

    def test_of_a_record_that_is_gone(self, acme: Company) -> None:
        ghost = Company.ref("11111111-1111-4111-8111-111111111111")
        with pytest.raises(Company.DoesNotExist):
            ghost.entries.all()
        with pytest.raises(ValidationError, match="not saved yet"):
            Company(name="x").entries.all()


async def _now(value: Any) -> Any:
    return value


class TestWorkspace:
    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        """A workspace whose list is about people, and lacks an attribute."""
        url = f"sandbox:////{tmp_path.as_posix().lstrip('/')}/w.db"
        with connect(url, on_drift="ignore") as connection:
            assert connection.sandbox is not None
            connection.sandbox.workspace.define_list("sales", "Sales", "people")
            connection.sandbox.workspace.define_list("hiring", "Hiring", "people")
        return url

    def test_drift(self, url: str) -> None:
        with pytest.warns(SchemaDriftWarning) as caught:
            connection = connect(url)
        sales, hiring = (str(each.message) for each in caught)
        assert "Pipeline and the list 'sales' of" in sales
        assert "Pipeline.parent: refers to companies in the class and to people" in sales
        assert "Pipeline.priority: there is no attribute 'priority'" in sales
        assert "Hiring.level" in hiring
        connection.close()
        with pytest.raises(SchemaDriftError, match="the list 'sales'"):
            connect(url, on_drift="raise")

    def test_a_list_that_is_not_there(self, tmp_path: Path) -> None:
        url = f"sandbox:///{tmp_path}/old.db"
        connect(url).close()  # a new sandbox is not asked: define() makes what it lacks
        with pytest.warns(SchemaDriftWarning) as caught:
            connection = connect(url)
        assert 'no list "sales"' in str(caught[0].message)
        assert 'no list "hiring"' in str(caught[1].message)
        with connection, pytest.raises(NotFoundError, match='no list "sales"'):
            Pipeline.objects.first()

    def test_a_snapshot_has_it(self, sandbox: SandboxHandle, tmp_path: Path) -> None:
        path = tmp_path / "schema.json"
        sandbox.connection.schema.fetch("lists/hiring")
        sandbox.connection.schema.save(path)
        with connect("sandbox://", schema=path) as connection:
            assert connection.sandbox is not None
            assert connection.sandbox.requests == []
            assert len(connection.drift(Pipeline)) == 0
            known = connection.schema.get("lists/sales")
            assert known is not None
            assert known.attributes["parent_record"].allowed_objects == ("companies",)
            assert "lists/sales" in connection.schema

    def test_define_needs_to_know_the_parent(self, attio_sandbox: SandboxHandle) -> None:
        class Loose(ListEntry):
            """Says nothing."""

        with pytest.raises(ValueError, match="parent=Company"):
            attio_sandbox.define(Loose)

    def test_define_of_what_is_there(self, sandbox: SandboxHandle) -> None:
        class Stricter(ListEntry, list="sales", parent=Company):
            priority: Text = Text(required=True)
            tags: MultiSelect = MultiSelect(options=["a", "d"])

        with pytest.warns(SchemaDriftWarning, match=r"declared required=True.*is_required=True"):
            sandbox.define(Stricter)
        assert "d" in [each["title"] for each in sandbox.connection.api.options.list(
            "sales", "tags", target="lists"
        )]  # fmt: skip


@pytest.mark.parametrize("values", ["{}", "{ }", "null", '{"note":[]}'])
def test_an_entry_of_any_values_is_a_row(values: str) -> None:
    body = (
        '{"data":[{"id":{"entry_id":"e1"},"parent_object":"people","parent_record_id":"p1",'
        f'"created_at":"2026-02-03T10:11:12.000000000Z","entry_values":{values}}}]}}'
    )
    (row,) = rows.decode_entries(body.encode())
    assert row.values is not None
    found = rows.plain(row.values)
    assert found["parent_record"][0]["target_record_id"] == "p1"
