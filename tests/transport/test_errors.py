"""Error answers as exceptions: by status, then code, from Attio's bodies and from anything else."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    QueryTooComplexError,
    RateLimitError,
    ServerError,
    UniquenessConflictError,
)
from attio_orm.transport import Request, WireResponse
from attio_orm.transport.errors import error_from, retry_after
from tests.transport.fakes import answer, refusal

REQUEST = Request("PATCH", "/v2/objects/people/records/1", params={"x": 1})


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (400, "validation_type", InvalidRequestError),
        (400, "a_code_of_next_year", InvalidRequestError),
        (400, "uniqueness_conflict", UniquenessConflictError),
        (400, "query_too_complex", QueryTooComplexError),
        (401, "unauthorized", AuthenticationError),
        (403, "billing_error", ForbiddenError),
        (404, "not_found", NotFoundError),
        (409, "slug_conflict", ConflictError),
        (409, "uniqueness_conflict", ConflictError),
        (422, "whatever", BadRequestError),
        (429, "rate_limit_exceeded", RateLimitError),
        (429, "query_complexity_exceeded", QueryTooComplexError),
        (500, "internal", ServerError),
        (599, "unknown", ServerError),
        (302, "found", APIError),
        (418, "teapot", APIError),
    ],
)
def test_the_class_goes_by_status_then_code(
    status: int, code: str, expected: type[APIError]
) -> None:
    error = error_from(refusal(status, code, "Something is wrong."), REQUEST)
    assert type(error) is expected
    assert (error.status, error.code, error.type) == (status, code, "some_error")
    assert (error.method, error.path) == ("PATCH", "/v2/objects/people/records/1")
    assert error.request_id is None
    assert str(error).startswith(
        f"PATCH /v2/objects/people/records/1: Attio answered {status} ({code}): Something is wrong."
    )


@pytest.mark.parametrize(
    ("status", "code", "said", "expected"),
    [
        (400, "filter_error", "Error in filter. It is too complex.", QueryTooComplexError),
        (429, "rate_limit_exceeded", "Query complexity is too high.", QueryTooComplexError),
        # what the workspace's own names say means nothing
        (400, "value_not_found", 'Cannot find status "Too complex".', InvalidRequestError),
        (400, "value_not_found", 'There is no slug "complexity".', InvalidRequestError),
        (400, "uniqueness_conflict", 'The value "too complex" is taken.', UniquenessConflictError),
        (404, "not_found", "Object complex was not found.", NotFoundError),
    ],
)  # fmt: skip
def test_a_query_is_too_complex_only_where_attio_says_so(
    status: int, code: str, said: str, expected: type[APIError]
) -> None:
    error = error_from(refusal(status, code, said), REQUEST)
    assert type(error) is expected
    assert ("Use fewer conditions" in str(error)) == (expected is QueryTooComplexError)


def test_validation_errors_are_spelled_out() -> None:
    problems = [
        {
            "code": "invalid_type",
            "path": ["data", "values", "name", 0],
            "message": "Expected string, received number",
        },
        {"code": "invalid", "path": [], "message": "Unrecognized key(s) in object: 'x'"},
        {"code": "invalid"},
    ]
    error = error_from(
        refusal(
            400, "validation_type", "Body payload validation error.", validation_errors=problems
        ),
        REQUEST,
    )
    assert error.errors == problems
    assert str(error) == (
        "PATCH /v2/objects/people/records/1: Attio answered 400 (validation_type): "
        "Body payload validation error. "
        "data.values.name.0: Expected string, received number. "
        "body: Unrecognized key(s) in object: 'x'. "
        "body: not valid. "
        "Correct what is named here; the request was not carried out."
    )


def test_the_camel_cased_body_of_meetings_and_comments() -> None:
    body = {"statusCode": 400, "type": "invalid_request_error", "code": "value_not_found"}
    error = error_from(answer(400, body | {"message": "No such meeting."}), REQUEST)
    assert (error.status, error.code) == (400, "value_not_found")
    assert "No such meeting." in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>Bad gateway</h1></html>",
        b"[1, 2]",
        b"null",
        b'{"code": 7, "message": ["x"], "type": null, "validation_errors": "none"}',
        b'{"validation_errors": [1, 2]}',
        b"\xff",
    ],
)
def test_any_body_gives_an_error(body: bytes) -> None:
    error = error_from(answer(404, body), REQUEST)
    assert type(error) is NotFoundError
    assert (error.code, error.type, error.errors) == (None, None, [])
    assert "Attio answered 404." in str(error)
    assert ("web page" in str(error)) == (b"<html>" in body)


@given(status=st.integers(300, 599), body=st.binary(max_size=80))
def test_no_body_breaks_it(status: int, body: bytes) -> None:
    assert error_from(WireResponse(status, {}, body), REQUEST).status == status


def test_a_statement_of_sql_is_no_filter() -> None:
    sql = Request("POST", "/v2/sql")
    refused = refusal(400, "filter_error", "Only SELECT statements are allowed.")
    assert str(error_from(refused, sql)) == (
        "POST /v2/sql: Attio answered 400 (filter_error): Only SELECT statements are allowed. "
        "Correct the statement."
    )
    query = Request("POST", "/v2/objects/people/records/query")
    assert "Correct the filter or the sort" in str(error_from(refused, query))


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "ATTIO_API_KEY"),
        (403, "scope"),
        (404, "activated"),
        (409, "another name"),
        (429, "later"),
        (501, "does not help"),
        (502, "later"),
        (302, "Redirects"),
    ],
)
def test_every_message_says_what_to_do(status: int, advice: str) -> None:
    assert advice in str(error_from(answer(status, {}), REQUEST))


def test_the_request_id_is_read_where_there_is_one() -> None:
    assert error_from(answer(404, {}, x_request_id="abc"), REQUEST).request_id == "abc"


@pytest.mark.parametrize(
    ("message", "attribute", "value"),
    [
        (
            'The value "{\\"domain\\":\\"acme.test\\"}" provided for attribute with ID "0-1" '
            "conflicts with one already in the system.",
            "0-1",
            "acme.test",
        ),
        (
            'The value "{"domain":"acme.test"}" provided for attribute with ID "0-1" conflicts '
            "with one already in the system.",
            "0-1",
            "acme.test",
        ),
        (
            'The value "{"a":1,"b":2}" provided for attribute with slug "code" conflicts.',
            "code",
            {"a": 1, "b": 2},
        ),
        ('The value "plain" provided for attribute with ID "0-1" conflicts.', "0-1", "plain"),
        (
            'A value provided for attribute with slug "email_addresses" conflicts with one already '
            "in the system. This attribute has a uniqueness constraint. Please ensure ...",
            "email_addresses",
            None,
        ),
        ("Something else.", None, None),
    ],
)
def test_a_uniqueness_conflict_names_what_clashed(
    message: str, attribute: str | None, value: Any
) -> None:
    error = error_from(refusal(400, "uniqueness_conflict", message), REQUEST)
    assert isinstance(error, UniquenessConflictError)
    assert (error.attribute, error.value) == (attribute, value)
    assert "upsert()" in str(error)


def test_errors_survive_pickling() -> None:
    error = error_from(answer(429, {}, retry_after="9"), REQUEST)
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, RateLimitError)
    assert (again.status, again.retry_after, str(again)) == (429, 9.0, str(error))


# -- Retry-After -----------------------------------------------------------------------------------


@given(seconds=st.integers(1, 10**9))
def test_seconds(seconds: int) -> None:
    assert retry_after(answer(429, retry_after=f" {seconds} ")) == seconds


def test_fractions_of_seconds() -> None:
    assert retry_after(answer(429, retry_after="1.5")) == 1.5


def test_a_date_counts_from_the_answers_own_date() -> None:
    response = answer(
        429, retry_after="Tue, 03 Mar 2026 14:42:05 GMT", date="Tue, 03 Mar 2026 14:42:01 GMT"
    )
    assert retry_after(response) == 4


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_date_counts_from_the_local_clock_otherwise(
    date: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = answer(429, retry_after="Tue, 03 Mar 2026 14:42:05 -0000", date=date)
    later = retry_after(answer(429, retry_after="Fri, 31 Dec 2100 00:00:00 GMT"))
    assert later is not None
    for now, seconds in ((1772548920.0, 5), (1772548930.0, None)):
        monkeypatch.setattr("time.time", lambda now=now: now)
        assert retry_after(response) == seconds
    assert later > 10**8


@given(text=st.text(max_size=30))
def test_garbage_is_no_wait(text: str) -> None:
    wait = retry_after(WireResponse(429, {"retry-after": text}, b""))
    assert wait is None or wait > 0
