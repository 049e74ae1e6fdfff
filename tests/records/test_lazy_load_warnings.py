"""The warning that names the line which loads relations one after another."""

from __future__ import annotations

import sys
import warnings

import pytest

from attio_orm import Company, FetchMode, LazyLoadWarning, Person
from attio_orm.records.lazy_load_warnings import FEW, MANY
from attio_orm.testing import SandboxHandle


def fill(handle: SandboxHandle, people: int) -> None:
    """People with a company each."""
    companies = handle.workspace.load("companies", [{"name": f"C{n}"} for n in range(people)])
    handle.workspace.load(
        "people",
        [
            {"company": {"target_object": "companies", "target_record_id": each}}
            for each in companies
        ],
    )


def warned(caught: list[warnings.WarningMessage]) -> list[warnings.WarningMessage]:
    return [each for each in caught if each.category is LazyLoadWarning]


def here() -> int:
    """The number of the line that asks."""
    return sys._getframe(1).f_lineno


def test_the_line_that_loads_one_by_one_is_named_once(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, MANY * 3)
    people = list(Person.objects.fetch_mode(FetchMode.ONE))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for at, person in enumerate(people):
            line = here() + 1
            assert person.company is not None
            assert len(warned(caught)) == (at + 1 >= MANY)
    (warning,) = warned(caught)
    assert (warning.filename, warning.lineno) == (__file__, line)
    assert "Person.company with 10 requests, one after another" in str(warning.message)
    assert 'includes("company")' in str(warning.message)


def test_records_fetched_one_by_one_count_as_well(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, MANY)
    ids = [person.id for person in Person.objects.all()]
    with pytest.warns(LazyLoadWarning, match="fetch them together"):
        found = [Person.objects.get(id=each).company for each in ids]
    assert all(found)


def test_few_loads_and_other_lines_are_silent(attio_sandbox: SandboxHandle) -> None:
    fill(attio_sandbox, (MANY - 1) * 2)
    people = list(Person.objects.fetch_mode(FetchMode.ONE))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for person in people[::2]:
            assert person.company is not None
        for person in people[1::2]:
            assert person.company is not None


def test_another_session_counts_anew(attio_sandbox: SandboxHandle) -> None:
    """One load for each web request is none too many."""
    fill(attio_sandbox, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(MANY + 1):
            with attio_sandbox.connection.session():
                assert Person.objects[0].company is not None


def test_batches_of_pages_are_silent(attio_sandbox: SandboxHandle) -> None:
    """``includes()`` would take as many requests."""
    fill(attio_sandbox, FEW * (MANY + 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for person in Person.objects.iterator(page_size=FEW):
            assert person.company is not None
        for company in Company.objects.includes("team"):
            assert len(company.team) == 1
