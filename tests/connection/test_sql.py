"""``connection.sql()``: rows as Attio answers them, in both colours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import (
    AttioError,
    BadRequestError,
    Connection,
    ForbiddenError,
    NotConnectedError,
    Person,
    ValidationError,
    connect,
)
from attio_orm.api.sql import select
from attio_orm.effects import run
from attio_orm.errors import InvalidResponseError
from attio_orm.signals import request_finished
from tests.api.fakes import fake
from tests.colours import Colour


@pytest.fixture
def connection() -> Iterator[Connection]:
    with connect("sandbox://?billing_plan=enterprise") as found:
        yield found


async def test_it_gives_rows(connection: Connection, colour: Colour) -> None:
    ada = Person.objects.create(name="Ada Lovelace", job_title="Countess")
    sql = "SELECT record_id, name, phone_numbers, count(*) OVER () FROM people"
    found = await colour.call(connection, "sql", sql)
    assert found == [
        {"record_id": str(ada.id), "name": "Ada Lovelace", "phone_numbers": None, "count": 1}
    ]
    assert await colour.call(connection, "sql", "SELECT name FROM deals") == []


async def test_bad_sql_says_what_is_wrong(connection: Connection, colour: Colour) -> None:
    with pytest.raises(BadRequestError, match=r"filter_error.*nobody") as caught:
        await colour.call(connection, "sql", "SELECT nobody FROM people")
    assert caught.value.code == "filter_error"
    with pytest.raises(BadRequestError, match="Only SELECT"):
        await colour.call(connection, "sql", "DELETE FROM people")


async def test_without_the_plan_the_error_says_so(colour: Colour) -> None:
    with connect("sandbox://") as connection:
        with pytest.raises(ForbiddenError, match="plan does not include this") as caught:
            await colour.call(connection, "sql", "SELECT 1")
        assert caught.value.code == "billing_error"


@pytest.mark.parametrize("text", ["", "  \n", None, 1, b"SELECT 1", ["SELECT 1"]], ids=repr)
async def test_what_is_no_statement_is_not_sent(
    text: Any, connection: Connection, colour: Colour
) -> None:
    with pytest.raises(ValidationError, match="Give a statement as text"):
        await colour.call(connection, "sql", text)
    assert connection.sandbox is not None
    assert connection.sandbox.requests == []


async def test_a_dry_run_sends_it(connection: Connection, colour: Colour) -> None:
    Person.objects.create(name="Ada Lovelace")
    with connection.dry_run() as plan:
        assert await colour.call(connection, "sql", "SELECT count(*) FROM people") == [{"count": 1}]
    assert list(plan) == []


@pytest.mark.parametrize("fault", [503, "drop_before", "drop_after"])
async def test_it_is_repeated_as_it_only_reads(
    fault: Any, connection: Connection, colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert connection.sandbox is not None
    connection.sandbox.fail_next(fault)
    sent: list[Any] = []

    def note(sender: object, **signal: Any) -> None:
        sent.append(signal["purpose"])

    with request_finished.connected_to(note):
        assert await colour.call(connection, "sql", "SELECT 1 AS a") == [{"a": 1}]
    assert sent == ["read", "read"]


async def test_a_closed_connection(colour: Colour) -> None:
    connection = connect("sandbox://")
    connection.close()
    with pytest.raises(NotConnectedError):
        await colour.call(connection, "sql", "SELECT 1")


@pytest.mark.parametrize(
    "data", [[], {}, {"rows": None}, {"rows": {}}, {"rows": [1]}, {"rows": [[]]}], ids=repr
)
def test_answers_that_are_none(data: Any) -> None:
    _, transport = fake(body={"data": data})
    with pytest.raises(InvalidResponseError) as caught:
        run(select(transport, "SELECT 1"))
    assert isinstance(caught.value, AttioError)
