"""Rows become records: those of one request have one moment, whatever each of them took."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from attio_orm import Company, ListEntry, Person
from attio_orm.connection import sessions
from attio_orm.effects import Operation, arun, run
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.loading import fetch_one, fetch_rows, load_context
from attio_orm.testing import SandboxHandle
from tests.colours import Colour


class Step(ListEntry, list="steps", parent=Company):
    pass


@pytest.fixture
def ids(attio_sandbox: SandboxHandle) -> dict[str, list[str]]:
    """Five companies, a person in each, and an entry of each: their ids."""
    attio_sandbox.define(Step)
    load = attio_sandbox.workspace.load
    companies = load("companies", [{"name": f"C{n}"} for n in range(5)])
    people = [
        {"name": f"P{n}", "company": {"target_object": "companies", "target_record_id": each}}
        for n, each in enumerate(companies)
    ]
    entries = attio_sandbox.workspace.load_entries("steps", [(each, {}) for each in companies])
    return {"companies": companies, "people": load("people", people), "lists/steps": entries}


async def asked(colour: Colour, operation: Operation[Any]) -> Any:
    """What the operation gives, by the driver of this colour."""
    return await arun(operation) if colour.is_async else run(operation)


@pytest.mark.parametrize("object", ["companies", "lists/steps"])
async def test_rows_by_their_ids_have_the_moment_before_they_were_asked_for(
    attio_sandbox: SandboxHandle, ids: dict[str, list[str]], colour: Colour, object: str
) -> None:
    """Entries come one by one, side by side, and are one request to whoever asks."""
    sent: list[float] = []
    backend = attio_sandbox.backend
    send, asend = backend.send, backend.asend

    def noting(request: Any) -> Any:
        sent.append(sessions.now())
        return send(request)

    async def anoting(request: Any) -> Any:
        sent.append(sessions.now())
        return await asend(request)

    backend.send, backend.asend = noting, anoting  # type: ignore[method-assign]
    before = sessions.now()
    found = await asked(colour, fetch_rows(attio_sandbox.connection, object, ids[object]))
    (moment,) = {row.asked for row in found}
    assert len(found) == 5
    assert before <= moment <= min(sent)
    row = await asked(colour, fetch_one(Step, ids["lists/steps"][0], attio_sandbox.connection))
    assert moment < row.asked <= sent[-1]


async def test_the_records_of_a_page_and_what_it_includes(
    ids: dict[str, list[str]], colour: Colour
) -> None:
    def moments(records: list[Any]) -> set[float]:
        return {state_of(each).as_of for each in records}

    before = sessions.now()
    people = await colour.items(Person.objects.includes("company"))
    companies: list[Record] = [person.company for person in people]
    (page,), (included,) = moments(people), moments(companies)
    assert before <= page < included <= sessions.now()
    del people, companies
    gc.collect()
    for model in (Company, Step):
        first, second, *rest = (
            state_of(each).as_of for each in await colour.items(model.objects.iterator(page_size=2))
        )
        assert mapper_of(model).object in ids
        assert first == second
        assert first < min(rest)


async def test_the_session_that_is_given_is_taken_though_it_holds_nothing_yet(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    connection = attio_sandbox.connection
    given = connection.session()
    with connection.session() as current:
        context = await asked(colour, load_context(connection, given))
        assert context.session is given
        assert (await asked(colour, load_context(connection))).session is current
