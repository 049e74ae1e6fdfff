"""What Attio says is wrong: error bodies of before, and those that were recorded (facts.md 16)."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm.errors import BadRequestError, InvalidRequestError, Problem, QueryTooComplexError
from attio_orm.transport import Request
from attio_orm.transport.errors import error_from
from attio_orm.transport.problems import named
from tests.transport.fakes import answer, refusal

REQUEST = Request("POST", "/v2/objects/people/records")
GENERIC = "Body payload validation error."
OF_NAME = 'An invalid value was passed to attribute with slug "name".'


def refused(said: str, *problems: Any, code: str = "validation_type", **more: Any) -> Any:
    if problems:
        more["validation_errors"] = list(problems)
    error = error_from(refusal(400, code, said, **more), REQUEST)
    assert isinstance(error, BadRequestError)
    return error


def missing(*path: str | int, expected: str = "string") -> dict[str, Any]:
    """A member that is not there, as Attio was recorded to say it."""
    return {
        "code": "invalid_type",
        "path": list(path),
        "message": "Required",
        "expected": expected,
        "received": "undefined",
    }


def test_paths_relative_to_the_value() -> None:
    """facts.md 16, Validation errors: three problems of one value, none of which names it."""
    problems = [missing("first_name"), missing("last_name"), missing("full_name")]
    error = refused(OF_NAME, *problems)
    assert error.errors == problems
    assert error.problems == [
        Problem("name", "first_name: Required (expected string)"),
        Problem("name", "last_name: Required (expected string)"),
        Problem("name", "full_name: Required (expected string)"),
    ]
    assert str(error) == (
        "POST /v2/objects/people/records: Attio answered 400 (validation_type): "
        'An invalid value was passed to attribute with slug "name". '
        "name.first_name: Required (expected string). "
        "name.last_name: Required (expected string). "
        "name.full_name: Required (expected string). "
        "Correct what is named here; the request was not carried out."
    )


def test_a_phone_number() -> None:
    """facts.md 16, Validation errors: the number is a member of the value."""
    said = 'An invalid value was passed to attribute with slug "phone_numbers".'
    problem = {
        "code": "invalid", "path": ["original_phone_number"], "message": "Invalid phone number",
    }  # fmt: skip
    assert refused(said, problem).problems == [
        Problem("phone_numbers", "original_phone_number: Invalid phone number")
    ]


def test_an_attribute_by_its_id() -> None:
    said = 'An invalid value was passed to attribute with ID "0-1".'
    problem = {"code": "invalid", "path": [], "message": "Invalid input"}
    error = refused(said, problem)
    assert error.problems == [Problem("0-1", "Invalid input")]
    assert "0-1: Invalid input." in str(error)


@pytest.mark.parametrize("member", ["values", "entry_values"])
def test_paths_through_the_body(member: str) -> None:
    """facts.md 16, Validation errors: the generic message exists too."""
    problem = {
        "code": "invalid_type",
        "path": ["data", member, "employees", 0, "value"],
        "message": "Expected number, received string",
        "expected": "number",
        "received": "string",
    }
    error = refused(GENERIC, problem)
    assert error.problems == [Problem("employees", "0.value: Expected number, received string")]
    # what the message says already is not said twice
    assert f"data.{member}.employees.0.value: Expected number, received string. " in str(error)


def test_a_member_of_a_body_without_values() -> None:
    """facts.md 16, Validation errors: no attribute is concerned."""
    words = "'full-access' | 'read-and-write' | 'read-only'"
    error = refused(GENERIC, missing("data", "api_slug"), missing("data", "level", expected=words))
    assert list(error.problems) == []
    assert "data.api_slug: Required (expected string)." in str(error)
    assert f"data.level: Required (expected {words})." in str(error)


def test_what_was_received_instead() -> None:
    problem = {
        "code": "invalid_type", "path": ["data"], "message": "Wrong", "expected": "object",
        "received": "array",
    }  # fmt: skip
    assert "data: Wrong (expected object; received array)." in str(refused(GENERIC, problem))


def test_unions_say_no_more() -> None:
    """facts.md 16, Validation errors: a union that nothing fits."""
    path = ["data", "subscriptions", 0, "filter"]
    error = refused(GENERIC, {"code": "invalid", "path": path, "message": "Invalid input"})
    assert "data.subscriptions.0.filter: Invalid input. Correct" in str(error)


def test_options() -> None:
    """facts.md 16, Validation errors: a value outside an enum has the options."""
    problem = {
        "code": "invalid_option", "path": ["data", "type"], "message": "Invalid option",
        "options": ["text", "number", "interaction"],
    }  # fmt: skip
    error = refused(GENERIC, problem)
    assert "data.type: Invalid option (one of text, number, interaction)." in str(error)
    problem["options"] = [f"o{number}" for number in range(152)]
    told = str(refused(GENERIC, problem))
    assert (
        "(one of o0, o1, o2, o3, o4, o5, o6, o7, o8, o9 and 142 more, which are in .errors)."
        in told
    )
    problem["message"] = "Must be one of a, b"
    problem["options"] = ["a", "b"]
    assert "data.type: Must be one of a, b. Correct" in str(refused(GENERIC, problem))


@pytest.mark.parametrize(
    ("said", "path", "place"),
    [
        ("Unknown attribute slug: email.", ["$or", "1", "email"], "$or.1.email of the filter"),
        (
            "Unknown attribute slug: email.",
            ["sorts", "0", "attribute"],
            "sorts.0.attribute of the query",
        ),
        ('Unknown attribute slug: "email".', None, None),  # without quotes and path since 2026
    ],
    ids=["recorded", "sort", "before"],
)
def test_an_unknown_attribute_of_a_filter(said: str, path: Any, place: str | None) -> None:
    """facts.md 16, Validation errors: the path stands at the top."""
    more = {} if path is None else {"path": path}
    error = refused(said, code="unknown_filter_attribute_slug", **more)
    assert error.problems == [Problem("email", said)]
    assert error.path == "/v2/objects/people/records"
    assert (f"It stands at {place}." in str(error)) == (place is not None)
    assert "connection.schema lists those" in str(error)


def test_a_rule_of_the_workspace_is_not_asked_again() -> None:
    """facts.md 15: record writes may be 400 `particle_gate_violation`; never to be repeated."""
    error = refused("The write was refused.", code="particle_gate_violation")
    assert (type(error), error.code) == (InvalidRequestError, "particle_gate_violation")
    assert "The write was refused. A rule of the workspace refuses this" in str(error)


def test_a_slug_that_says_complex_is_no_complex_query() -> None:
    error = refused(
        "Unknown attribute slug: query_complexity.", code="unknown_filter_attribute_slug"
    )
    assert type(error) is InvalidRequestError
    assert not isinstance(error, QueryTooComplexError)


@pytest.mark.parametrize("by", ["slug", "ID", "slug/ID"])
def test_a_message_that_names_an_attribute(by: str) -> None:
    said = f'Required value for attribute with {by} "0-1" was not provided.'
    assert refused(said, code="missing_value").problems == [Problem("0-1", said)]


@pytest.mark.parametrize(
    "problems",
    [
        {"path": 7, "message": 8, "options": 9, "expected": [], "received": None},
        {"path": None, "options": []},
        {},
        {"path": ["data", "values"], "message": ""},
        {"options": [None, {}], "message": None},
    ],
    ids=["numbers", "nothing", "empty", "values", "objects"],
)
def test_anything_can_be_read(problems: Any) -> None:
    error = refused(GENERIC, problems, 5, None)
    assert error.errors == [problems]
    assert "not valid" in str(error) or "8" in str(error)


def test_too_large() -> None:
    """facts.md 0.1: 413 of a note, with the code of any other body."""
    error = error_from(refusal(413, "validation_type", "Content is too large."), REQUEST)
    assert type(error) is InvalidRequestError
    assert error.status == 413
    assert "shorten it" in str(error)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_attio_execution_id": "e-1", "x_request_id": "r-1"}, "e-1"),
        ({"x_request_id": "r-1", "request_id": "q-1"}, "r-1"),
        ({"request_id": "q-1"}, "q-1"),
        ({"x_attio_execution_id": ""}, None),
        ({}, None),
    ],
    ids=["attio", "x-request-id", "request-id", "empty", "none"],
)
def test_the_id_of_a_request(headers: dict[str, str], expected: str | None) -> None:
    """facts.md 16, Headers: every answer has x-attio-execution-id."""
    assert error_from(answer(404, {}, **headers), REQUEST).request_id == expected


def test_names_for_slugs_and_ids() -> None:
    text = (
        'A value for attribute with slug "approved" and attribute with ID "0-1". approved.value: '
        "Required. data.values.approved.0: no. approved_by.x: yes. Id 0-1 again."
    )
    assert named(text, "approved", "0-1", "budget") == (
        'A value for attribute "budget" and attribute "budget". budget.value: Required. budget.0: '
        'no. approved_by.x: yes. Id "budget" again.'
    )
    assert named("A \\1 x: y", "x", None, r"\1") == r"A \1 \1: y"
