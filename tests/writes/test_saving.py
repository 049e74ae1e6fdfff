"""Creating, changing and deleting one record: what is sent, and what is never lost."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from attio_orm import (
    Company,
    Deal,
    DoesNotExist,
    InvalidRequestError,
    Person,
    ServerError,
    StaleRecordError,
    UniquenessConflictError,
    UnknownAttributeError,
    ValidationError,
    signals,
)
from attio_orm.records import changes, state
from attio_orm.records.loading import context_for
from attio_orm.records.state import edit_of
from attio_orm.testing import assert_num_requests
from attio_orm.values import Actor, Money
from attio_orm.writes import planner, saving
from attio_orm.writes.upserts import make
from tests.colours import Colour, Drive


@pytest.fixture
def elsewhere(attio_sandbox: Any, ada: Person) -> Any:
    """Writes to Ada as somebody else would."""

    def write(method: str = "PATCH", **values: Any) -> None:
        attio_sandbox.clock.move(1)
        path = f"/v2/objects/people/records/{ada.id}"
        attio_sandbox.connection.request(method, path, json={"data": {"values": values}})
        attio_sandbox.requests.clear()

    return write


def sent(sandbox: Any) -> list[tuple[str, Any]]:
    return [(r.method, r.json and r.json["data"]["values"]) for r in sandbox.requests]


async def test_a_new_record_is_one_request(attio_sandbox: Any, colour: Colour) -> None:
    await colour.call(Person, "validate")
    ada = Person(name="Byron, Ada", email_addresses=["a@x.co"])
    ada.job_title = "Countess"
    await colour.call(Person.objects, "create", name="warm up")
    with assert_num_requests(1):
        await colour.call(ada, "save")

    assert sent(attio_sandbox)[-1] == (
        "POST",
        {
            "name": {"first_name": "Ada", "last_name": "Byron", "full_name": "Ada Byron"},
            "email_addresses": ["a@x.co"],
            "job_title": "Countess",
        },
    )
    assert ada.id
    assert not ada.is_changed
    assert ada.name.full_name == "Ada Byron"
    assert await colour.call(Person.objects, "get", id=ada.id) is ada


async def test_an_unchanged_record_sends_nothing(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    await colour.call(ada, "save")
    await colour.call(ada, "save", fields=["job_title"])
    await colour.call(ada, "save", on_conflict="raise")

    assert sent(attio_sandbox) == []


@pytest.mark.parametrize(
    ("edit", "requests"),
    [
        (lambda p: setattr(p, "job_title", "Analyst"), [("PATCH", {"job_title": "Analyst"})]),
        (lambda p: setattr(p, "job_title", None), [("PUT", {"job_title": []})]),
        (
            lambda p: p.email_addresses.append("c@x.co"),
            [("PATCH", {"email_addresses": ["c@x.co"]})],
        ),
        (
            lambda p: p.email_addresses.remove("ada@acme.com"),
            [("PUT", {"email_addresses": ["ada@lovelace.dev"]})],
        ),
        (
            lambda p: p.email_addresses.reverse(),
            [("PUT", {"email_addresses": ["ada@lovelace.dev", "ada@acme.com"]})],
        ),
        (lambda p: setattr(p, "email_addresses", []), [("PUT", {"email_addresses": []})]),
        (
            lambda p: (
                p.email_addresses.append("c@x.co"),
                p.phone_numbers.clear(),
                setattr(p, "job_title", "Analyst"),
                setattr(p, "description", None),
            ),
            [
                ("PATCH", {"email_addresses": ["c@x.co"], "job_title": "Analyst"}),
                ("PUT", {"phone_numbers": [], "description": []}),
            ],
        ),
    ],
)  # fmt: skip
async def test_only_what_changed_is_sent(
    ada: Person, attio_sandbox: Any, colour: Colour, edit: Any, requests: Any
) -> None:
    edit(ada)
    wanted = ada.model_dump()
    await colour.call(ada, "save")

    assert sent(attio_sandbox) == requests
    assert not ada.is_changed
    saved = ada.model_dump()
    wanted["email_addresses"].sort()
    saved["email_addresses"].sort()
    assert saved == wanted


async def test_the_order_of_the_answer_is_the_order_of_the_list(
    ada: Person, colour: Colour
) -> None:
    ada.email_addresses.append("c@x.co")
    await colour.call(ada, "save")

    assert ada.email_addresses == ["c@x.co", "ada@acme.com", "ada@lovelace.dev"], (
        "Attio puts additions first"
    )


async def test_additions_of_two_writers_are_both_kept(
    ada: Person, elsewhere: Any, colour: Colour
) -> None:
    ada.email_addresses.append("mine@x.co")
    elsewhere(email_addresses=["theirs@x.co"], description="Theirs")
    await colour.call(ada, "save")

    assert set(ada.email_addresses) == {
        "ada@acme.com",
        "ada@lovelace.dev",
        "mine@x.co",
        "theirs@x.co",
    }
    assert ada.description == "Theirs"


async def test_if_the_second_request_fails_the_rest_stays_changed(
    ada: Person, attio_sandbox: Any, colour: Colour, no_waits: None
) -> None:
    ada.email_addresses.append("c@x.co")
    ada.phone_numbers.clear()
    attio_sandbox.fail_next(503, times=5, match="PUT /v2/objects/people")
    with pytest.raises(ServerError):
        await colour.call(ada, "save")

    assert list(ada.changes) == ["phone_numbers"]
    attio_sandbox.requests.clear()
    await colour.call(ada, "save")
    assert sent(attio_sandbox) == [("PUT", {"phone_numbers": []})]


async def test_if_the_first_request_fails_everything_stays_changed(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    ada.job_title = "Analyst"
    attio_sandbox.fail_next(400, match="PATCH")
    with pytest.raises(InvalidRequestError):
        await colour.call(ada, "save")

    assert list(ada.changes) == ["job_title"]
    await colour.call(ada, "save")
    assert ada.job_title == "Analyst"


async def test_fields_limit_what_is_sent(ada: Person, attio_sandbox: Any, colour: Colour) -> None:
    ada.job_title = "Analyst"
    ada.description = "Second"
    await colour.call(ada, "save", fields=["description"])

    assert sent(attio_sandbox) == [("PATCH", {"description": "Second"})]
    assert list(ada.changes) == ["job_title"]
    with pytest.raises(UnknownAttributeError, match="'job_title'"):
        await colour.call(ada, "save", fields=["job_titel"])
    with pytest.raises(ValidationError, match=r"fields=\['job_title'\]"):
        await colour.call(ada, "save", fields="job_title")
    with pytest.raises(ValidationError, match="on_conflict"):
        await colour.call(ada, "save", on_conflict="shrug")


async def test_force_sends_what_is_loaded(ada: Person, attio_sandbox: Any, colour: Colour) -> None:
    await colour.call(ada, "save", force=True)

    ((method, values),) = sent(attio_sandbox)
    assert method == "PUT"
    assert set(values) == {
        "name", "email_addresses", "phone_numbers", "job_title", "description", "company",
    }  # fmt: skip
    assert not ada.is_changed


class TestOnConflict:
    async def test_what_somebody_else_changed_is_not_overwritten(
        self, ada: Person, elsewhere: Any, attio_sandbox: Any, colour: Colour
    ) -> None:
        ada.job_title = "Mine"
        elsewhere(job_title="Theirs")
        with pytest.raises(StaleRecordError, match="'Countess', yours 'Mine', now 'Theirs'") as e:
            await colour.call(ada, "save", on_conflict="raise")

        assert e.value.record is ada
        assert e.value.conflicts["job_title"] == ("Countess", "Mine", "Theirs")
        assert [method for method, _ in sent(attio_sandbox)] == ["GET"]
        assert ada.changes["job_title"].new == "Mine"
        await colour.call(ada, "save")
        assert ada.job_title == "Mine"

    async def test_a_change_to_the_same_value_and_back_is_noticed(
        self, ada: Person, elsewhere: Any, colour: Colour
    ) -> None:
        ada.job_title = "Mine"
        elsewhere(job_title="Theirs")
        elsewhere(job_title="Countess")
        with pytest.raises(StaleRecordError):
            await colour.call(ada, "save", on_conflict="raise")

    async def test_other_attributes_and_additions_are_no_conflict(
        self, ada: Person, elsewhere: Any, colour: Colour
    ) -> None:
        ada.job_title = "Mine"
        ada.email_addresses.append("mine@x.co")
        elsewhere(description="Theirs", email_addresses=["theirs@x.co"])
        await colour.call(ada, "save", on_conflict="raise")

        assert (ada.job_title, ada.description) == ("Mine", "Theirs")
        assert len(ada.email_addresses) == 4

    async def test_a_removal_is(self, ada: Person, elsewhere: Any, colour: Colour) -> None:
        ada.email_addresses.remove("ada@acme.com")
        elsewhere(email_addresses=["theirs@x.co"])
        with pytest.raises(StaleRecordError, match="email_addresses"):
            await colour.call(ada, "save", on_conflict="raise")

    async def test_refresh_takes_theirs(self, ada: Person, elsewhere: Any, colour: Colour) -> None:
        ada.job_title = "Mine"
        elsewhere(job_title="Theirs")
        await colour.call(ada, "refresh")

        assert (ada.job_title, ada.is_changed) == ("Theirs", False)


class TestGone:
    async def test_save_and_refresh_of_a_record_that_vanished(
        self, ada: Person, attio_sandbox: Any, colour: Colour
    ) -> None:
        attio_sandbox.connection.api.records.delete("people", str(ada.id))
        ada.job_title = "x"
        for how in ("save", "refresh", "save"):
            with pytest.raises(Person.DoesNotExist, match=str(ada.id)):
                await colour.call(ada, how)

    async def test_on_conflict_raise_of_a_record_that_vanished(
        self, ada: Person, attio_sandbox: Any, colour: Colour
    ) -> None:
        attio_sandbox.connection.api.records.delete("people", str(ada.id))
        ada.job_title = "x"
        with pytest.raises(Person.DoesNotExist):
            await colour.call(ada, "save", on_conflict="raise")

    async def test_delete_is_silent_the_second_time(
        self, ada: Person, attio_sandbox: Any, colour: Colour
    ) -> None:
        await colour.call(ada, "delete")
        await colour.call(ada, "delete")

        assert [method for method, _ in sent(attio_sandbox)] == ["DELETE"]
        assert ada.id
        ada.job_title = "x"
        with pytest.raises(DoesNotExist):
            await colour.call(ada, "save")
        assert await colour.call(Person.objects, "get_or_none", id=ada.id) is None

    async def test_delete_of_what_somebody_else_deleted_is_silent(
        self, ada: Person, attio_sandbox: Any, colour: Colour
    ) -> None:
        attio_sandbox.connection.api.records.delete("people", str(ada.id))
        await colour.call(ada, "delete")
        with pytest.raises(Person.DoesNotExist):
            await colour.call(ada, "save")

    async def test_what_is_not_saved_cannot_be_deleted_nor_refreshed(
        self, attio_sandbox: Any, colour: Colour
    ) -> None:
        for how in ("delete", "refresh"):
            with pytest.raises(ValidationError, match="not saved"):
                await colour.call(Person(name="Ada"), how)
        with pytest.raises(DoesNotExist):
            await colour.call(Person.ref(str(uuid4())), "refresh")


async def test_a_value_that_is_taken_names_the_record_that_has_it(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    bob = Person(name="Bob", email_addresses=["new@x.co", "ADA@lovelace.dev"])
    with pytest.raises(UniquenessConflictError, match="email_addresses") as caught:
        await colour.call(bob, "save")

    assert caught.value.attribute == "email_addresses"
    with assert_num_requests(1):
        assert await colour.call(caught.value, "existing") == ada
    assert bob.id is None
    bob.email_addresses.remove("ada@lovelace.dev")
    await colour.call(bob, "save")
    assert bob.id


async def test_history_is_oldest_first_with_actors(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    for title in ("Analyst", None, "Programmer"):
        attio_sandbox.clock.move(1)
        ada.job_title = title
        await colour.call(ada, "save")
    with assert_num_requests(1):
        history = await colour.call(ada, "history", "job_title")

    assert [each.value for each in history] == ["Countess", "Analyst", "Programmer"]
    assert history[-1].active_until is None
    assert history[0].active_until == history[1].active_from
    assert history[1].active_until < history[2].active_from
    assert history[0].actor.type
    with pytest.raises(UnknownAttributeError):
        await colour.call(ada, "history", "job_titel")
    assert await colour.call(Person(), "history", "job_title") == []


async def test_history_of_a_relation_gives_records(ada: Person, colour: Colour) -> None:
    acme = await colour.call(Company.objects, "get", name="Acme")
    ada.company = None
    await colour.call(ada, "save")
    (was,) = await colour.call(ada, "history", "company")

    assert was.value == acme
    assert was.active_until is not None


async def test_changes_made_while_a_save_is_under_way_are_kept(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    def meanwhile(method: str, path: str) -> bool:
        if method == "PATCH":
            ada.job_title = "Later"
            ada.email_addresses.append("later@x.co")
        return False

    ada.job_title = "Sooner"
    attio_sandbox.fail_next(500, match=meanwhile)
    await colour.call(ada, "save")

    assert ada.changes["job_title"] == ("Sooner", "Later")
    assert "later@x.co" in ada.changes["email_addresses"].new


def test_force_never_writes_what_it_cannot_read(attio_sandbox: Any, ada: Person) -> None:
    from attio_orm.records.rows import encode_values

    odd = [{"value": 14, "attribute_type": "number"}]  # of another type than the attribute's
    ada._state.values = encode_values({**ada.raw, "job_title": odd, "description": []})
    ada._state.parts = None
    ada.__dict__.clear()
    assert ada.job_title == 14
    ada.description = "Poet"
    ada.save(force=True)
    sent = attio_sandbox.requests[-1].json["data"]["values"]
    assert sent["description"] == "Poet"
    assert "job_title" not in sent


@pytest.mark.parametrize("late", ["value", "owner"])
async def test_what_is_assigned_while_members_are_looked_up_is_sent_too(
    attio_sandbox: Any, colour: Colour, late: str
) -> None:
    kim = attio_sandbox.add_member("kim@x.example.com")
    deal = await colour.call(
        Deal.objects, "create", name="Big", stage="Lead", owner="owner@sandbox.example"
    )
    deal.owner = "owner@sandbox.example"  # as before, once the members are known
    new: Any = {"value": Money("5", "USD"), "owner": Actor("workspace-member", kim)}

    def assign(sender: Any, *, path: str, **rest: Any) -> None:
        if path == "/v2/workspace_members":
            setattr(deal, late, new[late])

    with signals.request_started.connected_to(assign):
        await colour.call(deal, "save")
    (method, values) = sent(attio_sandbox)[-1]
    assert (method, list(values)) == ("PATCH", [late])
    assert getattr(deal, late) == new[late]
    assert not deal.is_changed


# -- the steps of a save, one by one --------------------------------------------------------------


def test_what_is_gathered_and_planned_can_be_kept_until_it_is_sent(
    attio_sandbox: Any, ada: Person, drive: Drive
) -> None:
    context = drive(context_for(ada))
    ada.email_addresses = ["new@x.co"]
    ada.phone_numbers.append("+12025550148")
    change_set = saving.gather_changes(ada, None)
    drive(saving.check_changes(ada, context, change_set))
    writes = planner.plan(change_set)
    assert attio_sandbox.requests == []
    # as a journal would keep them: they are data, and need neither the record nor a connection
    kept = [planner.Write(**each) for each in msgspec.json.decode(msgspec.json.encode(writes))]
    assert [(write.method, list(write.values)) for write in kept] == [
        ("PATCH", ["phone_numbers"]), ("PUT", ["email_addresses"])
    ]  # fmt: skip
    for write in kept:
        row: Any = drive(saving.send(ada, context, change_set, write))
        saving.absorb_answer(ada, context, row, planner.sent_by(change_set, write))
    assert not ada.is_changed
    assert sent(attio_sandbox) == [(write.method, write.values) for write in kept]
    assert (ada.email_addresses, len(ada.phone_numbers)) == (["new@x.co"], 2)


def test_the_second_write_keeps_what_the_first_answer_shows_of_others(
    elsewhere: Any, ada: Person, drive: Drive
) -> None:
    context = drive(context_for(ada))
    ada.email_addresses.remove("ada@acme.com")
    ada.phone_numbers.append("+12025550148")
    change_set = saving.gather_changes(ada, None)
    first, second = planner.plan(change_set)
    assert second == saving.caught_up(ada, change_set, second)  # nothing is known of others yet
    elsewhere(email_addresses=["other@x.co"])
    row: Any = drive(saving.send(ada, context, change_set, first))
    saving.absorb_answer(ada, context, row, planner.sent_by(change_set, first))
    later = saving.caught_up(ada, change_set, second)
    assert second.values == {"email_addresses": ["ada@lovelace.dev"]}
    assert set(later.values["email_addresses"]) == {"other@x.co", "ada@lovelace.dev"}


def test_a_change_set_refers_to_what_was_made_for_it(
    attio_sandbox: Any, ada: Person, drive: Drive
) -> None:
    context = drive(context_for(ada))
    ada.company = Company.by(domains="new.example", create={"name": "New"})
    ada.job_title = "Poet"
    change_set = saving.gather_changes(ada, None)
    made: saving.Made = {}
    later = drive(saving.make_matches(ada, context, change_set, make, made))
    (company,) = made.values()
    assert ada.company is company
    assert later.edits["job_title"] is change_set.edits["job_title"]
    assert planner.plan(later)[0].values["company"] == {
        "target_object": "companies", "target_record_id": company.id
    }  # fmt: skip
    assert planner.plan(change_set) != planner.plan(later)
    attio_sandbox.requests.clear()
    assert drive(saving.make_matches(ada, context, later, make, made)) is later
    assert attio_sandbox.requests == []


def test_what_was_made_may_be_what_was_there(attio_sandbox: Any, ada: Person) -> None:
    ada.company = Company.by(domains="acme.com", create={"description": "Pumps"})
    ada.save()
    assert [(r.method, r.path) for r in attio_sandbox.requests if r.method != "GET"] == [
        ("PUT", "/v2/objects/companies/records")
    ]
    assert not ada.is_changed


async def test_a_save_compares_each_attribute_once(
    attio_sandbox: Any, colour: Colour, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[str, str]] = []

    def counting(record: Any, attribute: Any, base: Any) -> Any:
        compared.append((record.id, attribute.slug))
        return edit_of(record, attribute, base)

    for module in (state, saving, changes):
        monkeypatch.setattr(module, "edit_of", counting)
    ada.job_title, ada.description = "Poet", "Second"
    await colour.call(ada, "save")
    assert sorted(compared) == [(ada.id, "description"), (ada.id, "job_title")]
    bob = Person.objects.create(name="Bob", job_title="Poet")
    compared.clear()
    poets = Person.objects.filter(job_title="Poet")
    assert await colour.call(poets, "update", job_title="Critic") == 2
    assert sorted(compared) == sorted([(ada.id, "job_title"), (bob.id, "job_title")])
    assert Person.objects.filter(job_title="Critic").count() == 2


def test_what_is_not_sent_is_not_checked(attio_sandbox: Any) -> None:
    deal = Deal.objects.create(name="Big", stage="Lead", owner="owner@sandbox.example")
    deal.stage = "Lost"
    deal.stage = "Lead"  # as before: its titles need not be known
    attio_sandbox.connection.schema.forget()
    attio_sandbox.connection.schema.fetch("deals")
    attio_sandbox.requests.clear()
    deal.name = "Bigger"
    deal.save()
    assert [(r.method, r.path) for r in attio_sandbox.requests] == [
        ("PATCH", f"/v2/objects/deals/records/{deal.id}")
    ]


def test_what_a_receiver_sets_is_checked_of_an_upsert_too(attio_sandbox: Any) -> None:
    def promote(sender: Any, *, instance: Any, **rest: Any) -> None:
        instance.categories = ["No such category"]

    with (
        signals.pre_save.connected_to(promote, sender=Company),
        pytest.raises(ValidationError, match="No such category"),
    ):
        Company.objects.upsert("domains", domains=["new.example"])
    assert Company.objects.count() == 0
