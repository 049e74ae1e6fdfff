"""What counts as a change: assignment, lists in place, and what was set back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from attio_orm import Change, Deal, NotLoadedError, Person
from attio_orm.testing import assert_num_requests


def test_a_fetched_record_is_unchanged(ada: Person) -> None:
    assert not ada.is_changed
    assert ada.changes == {}


def test_reading_changes_nothing(ada: Person) -> None:
    _ = ada.name, list(ada.email_addresses), ada.company, ada.primary_location, ada.created_by

    assert ada.changes == {}


def test_an_unsaved_instance_is_changed_even_when_empty() -> None:
    assert Person().is_changed
    assert Person().changes == {}


@pytest.mark.parametrize(
    ("attribute", "other", "first"),
    [
        ("job_title", "Analyst", "Countess"),
        ("job_title", None, "Countess"),
        ("name", "King, Ada", "Byron, Ada"),
        ("email_addresses", [], ["ada@acme.com", "ada@lovelace.dev"]),
        ("email_addresses", ["x@y.co"], ["ada@acme.com", "ADA@lovelace.dev"]),
        ("company", None, "the company"),
        ("phone_numbers", [], ["+12025550147"]),
    ],
)
def test_set_back_is_unchanged(ada: Person, attribute: str, other: Any, first: Any) -> None:
    back = ada.company if first == "the company" else first
    setattr(ada, attribute, other)
    assert set(ada.changes) == {attribute}
    assert ada.is_changed

    setattr(ada, attribute, back)

    assert ada.changes == {}
    with assert_num_requests(0):
        ada.save()


def test_changes_tell_old_and_new(ada: Person) -> None:
    acme = ada.company
    ada.job_title = "Analyst"
    ada.email_addresses.append("ada@king.dev")
    ada.company = None
    ada.name = "King, Ada"

    assert ada.changes["job_title"] == Change("Countess", "Analyst")
    assert ada.changes["email_addresses"] == Change(
        ["ada@acme.com", "ada@lovelace.dev"], ["ada@acme.com", "ada@lovelace.dev", "ada@king.dev"]
    )
    assert ada.changes["company"] == Change(acme, None)
    assert ada.changes["name"] == Change("Ada Byron", "Ada King")


@pytest.mark.parametrize(
    ("mutate", "expected"),
    [
        (lambda e: e.append("new@x.co"), ["ada@acme.com", "ada@lovelace.dev", "new@x.co"]),
        (lambda e: e.extend(["a@x.co", "b@x.co"]),
         ["ada@acme.com", "ada@lovelace.dev", "a@x.co", "b@x.co"]),
        (lambda e: e.insert(0, "new@x.co"), ["new@x.co", "ada@acme.com", "ada@lovelace.dev"]),
        (lambda e: e.remove("ada@acme.com"), ["ada@lovelace.dev"]),
        (lambda e: e.pop(), ["ada@acme.com"]),
        (lambda e: e.clear(), []),
        (lambda e: e.reverse(), ["ada@lovelace.dev", "ada@acme.com"]),
        (lambda e: e.sort(reverse=True), ["ada@lovelace.dev", "ada@acme.com"]),
        (lambda e: e.__setitem__(0, "new@x.co"), ["new@x.co", "ada@lovelace.dev"]),
        (lambda e: e.__setitem__(slice(None), ["z@x.co"]), ["z@x.co"]),
        (lambda e: e.__delitem__(0), ["ada@lovelace.dev"]),
        (lambda e: e.__iadd__(["new@x.co"]), ["ada@acme.com", "ada@lovelace.dev", "new@x.co"]),
    ],
)  # fmt: skip
def test_every_mutation_of_a_list_is_noticed_and_saved(
    ada: Person, mutate: Callable[[Any], None], expected: list[str]
) -> None:
    before = list(ada.email_addresses)
    mutate(ada.email_addresses)

    assert ada.changes["email_addresses"] == Change(before, expected)
    ada.save()
    assert not ada.is_changed
    assert sorted(Person.objects.get(id=ada.id).email_addresses) == sorted(expected)


@pytest.mark.parametrize(
    "mutate",
    [
        lambda e: e.append("ada@acme.com"),
        lambda e: e.append("ADA@ACME.COM"),
        lambda e: e.extend([]),
        lambda e: e.sort(),
        lambda e: (e.append("x@y.co"), e.remove("x@y.co")),
    ],
)
def test_what_leaves_a_list_as_it_was_is_no_change(ada: Person, mutate: Any) -> None:
    mutate(ada.email_addresses)

    assert ada.changes == {}


def test_augmented_assignment_of_a_list_is_a_change(ada: Person) -> None:
    ada.email_addresses += ["new@x.co"]

    assert list(ada.changes) == ["email_addresses"]


def test_a_list_held_by_the_user_stays_the_attributes_own(ada: Person) -> None:
    held = ada.email_addresses
    held.append("new@x.co")
    ada.save()

    assert held is ada.email_addresses
    assert "new@x.co" in held
    held.remove("new@x.co")
    ada.save()
    ada.refresh()
    assert held is ada.email_addresses
    held.append("again@x.co")
    assert ada.is_changed


def test_a_list_that_was_replaced_is_the_users_alone(ada: Person) -> None:
    held = ada.email_addresses
    ada.email_addresses = ["x@y.co"]
    held.append("z@y.co")

    assert ada.email_addresses == ["x@y.co"]


def test_a_held_list_that_was_loaded_anew_never_loses_a_change(ada: Person) -> None:
    acme = ada.company
    assert acme is not None
    acme.refresh()
    held = acme.team
    Person.objects.create(name="Bob", company=acme.id)
    acme.refresh()

    with pytest.raises(NotLoadedError, match="read team again"):
        held.clear()
    acme.team.remove(ada)
    assert set(acme.changes["team"].old) == {ada, *acme.team}


def test_a_held_list_is_still_the_attributes_own_after_changes_are_dropped(ada: Person) -> None:
    held = ada.email_addresses
    held.append("new@x.co")
    ada.refresh()

    assert held == ["ada@acme.com", "ada@lovelace.dev"]
    held.append("kept@x.co")
    assert ada.changes["email_addresses"].new == ["ada@acme.com", "ada@lovelace.dev", "kept@x.co"]


def test_lists_of_related_records_notice_their_changes(ada: Person) -> None:
    acme = ada.company
    assert acme is not None
    bob = Person.objects.create(name="Bob")
    acme.refresh()
    acme.team.append(bob)
    assert acme.changes["team"].new == [ada, bob]
    acme.save()
    bob.refresh()

    assert bob.company is acme
    acme.team.remove(ada)
    acme.save()
    ada.refresh()
    assert ada.company is None


def test_an_item_is_checked_when_it_comes_into_a_list(ada: Person) -> None:
    with pytest.raises(ValueError, match="email_addresses"):
        ada.email_addresses.append("no address")
    with pytest.raises(ValueError, match="email_addresses"):
        ada.email_addresses[0] = "no address"

    assert ada.changes == {}


def test_a_change_that_was_saved_is_the_new_base(ada: Person) -> None:
    ada.job_title = "Analyst"
    ada.save()
    ada.job_title = "Countess"

    assert ada.changes == {"job_title": Change("Analyst", "Countess")}


def test_refresh_drops_unsaved_changes(ada: Person) -> None:
    ada.job_title = "Analyst"
    ada.refresh()

    assert (ada.job_title, ada.changes) == ("Countess", {})


def test_equal_amounts_are_no_change(attio_sandbox: Any) -> None:
    attio_sandbox.add_member("kim@acme.com")
    deal = Deal.objects.create(name="Big", stage="Lead", owner="kim@acme.com", value=1000)
    deal.value = 1000.0
    deal.stage = "Lead"
    deal.owner = deal.owner

    assert deal.changes == {}


def test_values_of_an_unsaved_instance_are_changes_from_nothing() -> None:
    ada = Person(name="Ada", email_addresses=["a@b.co"])
    ada.email_addresses.append("c@d.co")
    ada.job_title = "x"
    ada.job_title = None

    assert ada.changes == {
        "name": Change(None, "Ada"),
        "email_addresses": Change([], ["a@b.co", "c@d.co"]),
    }
