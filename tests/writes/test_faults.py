"""Writes on a bad line: whatever drops, nothing is written twice and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import (
    ConnectionFailedError,
    OutcomeUnknownError,
    Person,
    ServerError,
    TransportError,
)
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("no_waits")
RECORDS = "/v2/objects/people/records"


@pytest.fixture
def people(attio_sandbox: Any) -> Any:
    attio_sandbox.connection.schema.fetch("people")
    return attio_sandbox


def stored(sandbox: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.connection.api.records.query("people", limit=500)
    return found


def attempts(sandbox: Any, method: str) -> int:
    return sum(request.method == method for request in sandbox.requests)


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "truncate", "empty", "html", 500])
async def test_a_create_that_may_have_happened_is_not_repeated(
    people: Any, colour: Colour, fault: Any
) -> None:
    ada = Person(name="Ada", email_addresses=["a@x.co"])
    people.fail_next(fault, match=f"POST {RECORDS}")
    people.requests.clear()
    with pytest.raises(OutcomeUnknownError, match=r"(?s)upsert|query") as caught:
        await colour.call(ada, "save")

    assert caught.value.__cause__ is not None
    assert attempts(people, "POST") == 1
    assert ada.id is None
    assert ada.is_changed
    assert len(stored(people)) == (1 if fault in ("drop_after", "truncate", "empty") else 0)
    # the way to find out, which never makes a second record
    found = await colour.call(
        Person.objects, "upsert", "email_addresses", name="Ada", email_addresses=["a@x.co"]
    )
    assert len(stored(people)) == 1
    assert found.name == "Ada"


async def test_half_a_save_is_not_said_to_have_never_been_sent(
    people: Any, colour: Colour, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two requests the second never leaves: who reads ``sent`` is not to take all for undone."""
    ada = Person(name="Ada", email_addresses=["a@x.co", "b@x.co"])
    await colour.call(ada, "save")
    ada.email_addresses = ["a@x.co"]  # a PUT
    ada.job_title = "Analyst"
    ada.phone_numbers = ["+12025550148"]  # a PATCH, before it
    backend = people.connection.transport.backend

    class Cut:
        def __getattr__(self, name: str) -> Any:
            return getattr(backend, name)

        def send(self, request: Any) -> Any:
            if request.method == "PUT":
                raise ConnectionFailedError("No connection.", sent=False)
            return backend.send(request)

        async def asend(self, request: Any) -> Any:
            return self.send(request)

    with monkeypatch.context() as patched:
        patched.setattr(people.connection.transport, "backend", Cut())
        with pytest.raises(ConnectionFailedError) as caught:
            await colour.call(ada, "save")
    assert caught.value.sent
    assert people.connection.api.records.get("people", ada.id)["values"]["job_title"]
    people.requests.clear()
    await colour.call(ada, "save")  # only what had not been written
    assert [request.method for request in people.requests] == ["PUT"]


async def test_a_create_refused_for_the_rate_is_repeated(people: Any, colour: Colour) -> None:
    people.fail_next(429, times=2, retry_after=0, match=f"POST {RECORDS}")
    people.requests.clear()
    await colour.call(Person.objects, "create", name="Ada")

    assert attempts(people, "POST") == 3
    assert len(stored(people)) == 1


@pytest.mark.parametrize(
    ("fault", "times"),
    [("drop_before", 3), (503, 3), (429, 3), ("drop_after", 1), ("truncate", 1), ("empty", 1)],
)
@pytest.mark.parametrize(
    ("edit", "method"),
    [
        (lambda p: p.email_addresses.append("c@x.co"), "PATCH"),
        (lambda p: p.email_addresses.remove("ada@acme.com"), "PUT"),
    ],
    ids=["PATCH", "PUT"],
)
async def test_a_change_is_repeated_where_it_did_not_arrive(
    ada: Person, people: Any, colour: Colour, fault: Any, times: int, edit: Any, method: str
) -> None:
    edit(ada)
    wanted = sorted(ada.email_addresses)
    people.fail_next(fault, times=2, retry_after=0, match=f"{method} {RECORDS}")
    await colour.call(ada, "save")

    (record,) = stored(people)
    assert attempts(people, method) == times
    mails = [wire["email_address"] for wire in record["values"]["email_addresses"]]
    assert sorted(mails) == wanted
    assert sorted(ada.email_addresses) == wanted
    assert not ada.is_changed


@pytest.mark.parametrize(
    ("fault", "error"), [("drop_before", ConnectionFailedError), (500, ServerError)]
)
async def test_a_change_that_never_gets_through_stays_a_change(
    ada: Person, people: Any, colour: Colour, fault: Any, error: type[Exception]
) -> None:
    ada.job_title = "Analyst"
    people.fail_next(fault, times=5, match=f"PATCH {RECORDS}")
    with pytest.raises(error):
        await colour.call(ada, "save")

    assert list(ada.changes) == ["job_title"]
    await colour.call(ada, "save")
    assert stored(people)[0]["values"]["job_title"][0]["value"] == "Analyst"


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", 503])
async def test_a_delete_is_repeated_and_404_then_means_done(
    ada: Person, people: Any, colour: Colour, fault: Any
) -> None:
    people.fail_next(fault, match=f"DELETE {RECORDS}")
    await colour.call(ada, "delete")

    assert attempts(people, "DELETE") == 2
    assert stored(people) == []
    assert "(deleted)" in repr(ada)


@pytest.mark.parametrize(
    ("fault", "times"), [("drop_before", 2), (503, 2), ("drop_after", 1), ("truncate", 1)]
)
async def test_an_upsert_makes_one_whatever_drops(
    people: Any, colour: Colour, fault: Any, times: int
) -> None:
    people.fail_next(fault, match=f"PUT {RECORDS}")
    people.requests.clear()
    ada = await colour.call(
        Person.objects, "upsert", "email_addresses", name="Ada", email_addresses=["a@x.co"]
    )

    assert attempts(people, "PUT") == times
    assert [record["id"]["record_id"] for record in stored(people)] == [ada.id]


async def test_get_or_create_never_makes_two(people: Any, colour: Colour) -> None:
    people.fail_next("drop_after", match=lambda method, path: path == RECORDS)
    ada, created = await colour.call(
        Person.objects, "get_or_create", {"name": "Ada"}, email_addresses="a@x.co"
    )
    again, created_again = await colour.call(
        Person.objects, "get_or_create", {"name": "Ada"}, email_addresses="a@x.co"
    )

    assert (created, created_again, again) == (True, False, ada)
    assert [record["id"]["record_id"] for record in stored(people)] == [ada.id]


async def test_reads_are_repeated(ada: Person, people: Any, colour: Colour) -> None:
    people.fail_next("drop_before", times=2, match=f"GET {RECORDS}")
    await colour.call(ada, "refresh")
    people.fail_next("truncate", times=5, match=f"GET {RECORDS}")
    with pytest.raises(TransportError):
        await colour.call(ada, "refresh")

    assert ada.job_title == "Countess"
