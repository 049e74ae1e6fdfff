"""``connect(on_error=...)``: what it is told, and that it changes nothing."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from attio_orm import OutcomeUnknownError, Person, ServerError, ValidationError, connect
from attio_orm.errors import AttioError, ConnectionFailedError, NotFoundError
from attio_orm.transport import ErrorContext, Request, Transport
from attio_orm.transport.error_handlers import subject_of
from tests.colours import Colour, Drive
from tests.transport.fakes import ScriptedBackend, answer, noting, refusal

ID = "3b5c0f0e-6f3c-4d2b-9a51-0c1f5f6b7a10"
PATCH = Request("PATCH", f"/v2/objects/people/records/{ID}", json={"data": {}}, purpose="write")


def told_of(drive: Drive, request: Request, *steps: Any) -> tuple[Exception, ErrorContext]:
    told: list[tuple[Exception, ErrorContext]] = []
    transport = Transport(
        ScriptedBackend(*steps), api_key=None, base="https://x.example", max_attempts=3,
        on_error=lambda error, context: told.append((error, context)),
    )  # fmt: skip
    with pytest.raises(AttioError) as caught:
        drive(noting(transport.send(request), []))
    ((error, context),) = told  # once, however often it was tried
    assert error is caught.value
    return error, context


def test_it_is_told_once_of_what_is_raised(drive: Drive) -> None:
    error, context = told_of(drive, Request("GET", "/v2/objects"), refusal(503, "down"))
    assert isinstance(error, ServerError)
    assert (context.method, context.path, context.purpose) == ("GET", "/v2/objects", "read")
    assert (context.status, context.code, context.attempt) == (503, "down", 3)
    assert context.elapsed >= 0
    assert (context.model, context.record_id) == (None, None)


def test_of_an_unknown_outcome_it_is_told_the_record(drive: Drive) -> None:
    lost = ConnectionFailedError("Lost.", sent=True)
    error, context = told_of(drive, PATCH, lost)
    assert isinstance(error, OutcomeUnknownError)
    assert (context.model, context.record_id, context.attempt) == ("people", ID, 1)
    assert (context.status, context.purpose) == (None, "write")


def test_what_was_mended_by_a_repeat_is_not_told(drive: Drive) -> None:
    transport = Transport(
        ScriptedBackend(refusal(503), answer()), api_key=None, base="https://x.example",
        on_error=lambda *_: pytest.fail("was told"),
    )  # fmt: skip
    drive(noting(transport.send(Request("GET", "/v2/objects")), []))


async def test_what_it_raises_is_logged_and_passed_over(
    colour: Colour, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(error: Exception, context: ErrorContext) -> None:
        raise RuntimeError("the handler itself")

    caplog.set_level(logging.ERROR)
    with connect("sandbox://", on_error=broken), pytest.raises(Person.DoesNotExist):
        await colour.call(Person.objects, "get", id=ID)
    assert "the handler itself" in caplog.text
    assert "on_error raised" in caplog.text


@pytest.mark.parametrize("given", ["print", 3], ids=str)
def test_what_cannot_be_called(given: Any) -> None:
    with pytest.raises(ValidationError, match="on_error takes a plain function"):
        connect("sandbox://", on_error=given)


def test_a_coroutine_function_would_never_be_awaited() -> None:
    async def later(error: Exception, context: ErrorContext) -> None: ...

    with pytest.raises(ValidationError, match="on_error"):
        connect("sandbox://", on_error=later)


@pytest.mark.parametrize(
    ("path", "subject"),
    [
        ("/v2/self", (None, None)),
        ("/v2/objects/people/records/query", ("people", None)),
        (f"/v2/objects/people/records/{ID}/entries?limit=1", ("people", ID)),
        (f"/v2/lists/sales/entries/{ID}", ("lists/sales", ID)),
        ("/v2/objects/people/attributes/name", ("people", None)),
    ],
)
def test_the_subject_of_a_path(path: str, subject: tuple[str | None, str | None]) -> None:
    assert subject_of(path) == subject


def test_not_found_is_told_with_its_code(drive: Drive) -> None:
    error, context = told_of(drive, Request("GET", "/v2/x"), refusal(404, "not_found"))
    assert isinstance(error, NotFoundError)
    assert (context.status, context.code, context.attempt) == (404, "not_found", 1)
