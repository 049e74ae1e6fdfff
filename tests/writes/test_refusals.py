"""What Attio refuses of a write, by the attributes' Python names: error bodies old and new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import (
    Company,
    InvalidRequestError,
    ListEntry,
    Model,
    Person,
    UniquenessConflictError,
    WriteConflictError,
    signals,
)
from attio_orm import attributes as a
from attio_orm.errors import BadRequestError, Problem
from attio_orm.testing import SandboxHandle
from attio_orm.transport import WireRequest, WireResponse
from tests.colours import Colour


class Canned:
    """The sandbox's backend, but for writes of rows: these get one answer, whatever they send.

    With `queries` it is the queries that get it.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.answers: list[tuple[int, dict[str, Any]]] = []
        self.queries = False

    def _answer(self, request: WireRequest) -> WireResponse | None:
        path = request.path.partition("?")[0]
        is_row = "/records" in path or "/entries" in path
        if not self.answers or not is_row or request.method not in ("POST", "PATCH", "PUT"):
            return None
        if path.endswith("/query") != self.queries:
            return None
        status, body = self.answers.pop() if len(self.answers) > 1 else self.answers[0]
        head = {"content-type": "application/json", "x-attio-execution-id": "e-1"}
        return WireResponse(status, head, json.dumps(body).encode())

    def send(self, request: WireRequest, /) -> WireResponse:
        return self._answer(request) or self.inner.send(request)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        return self._answer(request) or await self.inner.asend(request)

    def close(self) -> None:
        self.inner.close()

    async def aclose(self) -> None:
        await self.inner.aclose()

    def refuse(
        self,
        said: str,
        *problems: Any,
        code: str = "validation_type",
        status: int = 400,
        **more: Any,
    ) -> None:
        kind = "invalid_request_error"
        body: dict[str, Any] = {"status_code": status, "type": kind, "code": code, "message": said}
        if problems:
            body["validation_errors"] = list(problems)
        body |= more
        self.answers = [(status, body)]


class Thing(Model):
    label_: a.Text = a.Text("label")
    budget: a.Number = a.Number("approved_budget")


class Step(ListEntry, list="steps", parent=Company):
    effort: a.Number = a.Number("hours")


@pytest.fixture
def canned(attio_sandbox: SandboxHandle) -> Iterator[Canned]:
    attio_sandbox.define(Thing, Step)
    transport = attio_sandbox.connection.transport
    backend = Canned(transport.backend)
    transport.backend = backend
    yield backend
    transport.backend = backend.inner


def attribute_id(attio_sandbox: SandboxHandle, target: str, slug: str) -> str:
    found = attio_sandbox.workspace.look_up(f"/v2/{target}/attributes")
    return next(each["id"]["attribute_id"] for each in found if each["api_slug"] == slug)


def wrong_type(*path: str | int) -> dict[str, Any]:
    return {
        "code": "invalid_type", "path": list(path), "message": "Expected number, received string",
    }  # fmt: skip


GENERIC = "Body payload validation error."
RESERVED = "invalid"  # a top-level domain that Attio takes no address of
TOLD = "Expected number, received string"


@pytest.mark.parametrize("form", ["relative", "through the body", "by id"])
async def test_a_save_names_the_attribute(
    form: str, attio_sandbox: SandboxHandle, canned: Canned, colour: Colour
) -> None:
    """facts.md 16, Validation errors: the paths of both forms lead to the Python name."""
    thing = await colour.call(Thing.objects, "create", label_="a", budget=1)
    if form == "relative":
        said = 'An invalid value was passed to attribute with slug "approved_budget".'
        canned.refuse(said, wrong_type("value"))
    elif form == "by id":
        key = attribute_id(attio_sandbox, "objects/things", "approved_budget")
        said = f'An invalid value was passed to attribute with ID "{key}".'
        canned.refuse(said, wrong_type("value"))
    else:
        canned.refuse(GENERIC, wrong_type("data", "values", "approved_budget", 0, "value"))
    thing.budget = 2
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(thing, "save")
    error = caught.value
    inside = "0.value" if form == "through the body" else "value"
    assert error.problems == [Problem("budget", f"{inside}: {TOLD}", 2)]
    assert f" budget.{inside}: {TOLD}." in str(error)
    assert "approved_budget" not in str(error)
    assert error.request_id == "e-1"
    assert thing.is_changed


async def test_every_problem_of_several_attributes(canned: Canned, colour: Colour) -> None:
    """facts.md 16, Validation errors: all problems are listed, not the first alone."""
    canned.refuse(
        GENERIC,
        wrong_type("data", "values", "approved_budget", 0),
        {"code": "invalid", "path": ["data", "values", "label"], "message": "Invalid input"},
        {"code": "invalid", "path": ["data", "strange"], "message": "Invalid input"},
    )
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(Thing.objects, "create", label_="a", budget=1)
    error = caught.value
    assert error.problems == [
        Problem("budget", f"0: {TOLD}", 1),
        Problem("label_", "Invalid input", "a"),
    ]
    assert f"budget.0: {TOLD}. label_: Invalid input. data.strange: Invalid input." in str(error)
    assert len(error.errors) == 3


async def test_the_name_of_a_person(canned: Canned, colour: Colour) -> None:
    """facts.md 16, Validation errors: the three members that were missing."""
    keys = ("first_name", "last_name", "full_name")
    problems = [
        {
            "code": "invalid_type", "path": [key], "message": "Required", "expected": "string",
            "received": "undefined",
        }
        for key in keys
    ]  # fmt: skip
    canned.refuse('An invalid value was passed to attribute with slug "name".', *problems)
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(Person.objects, "create", name="Byron, Ada")
    assert [(each.attribute, each.message) for each in caught.value.problems] == [
        ("name", f"{key}: Required (expected string)") for key in keys
    ]
    assert {str(each.value) for each in caught.value.problems} == {"Ada Byron"}


async def test_an_entry(canned: Canned, colour: Colour) -> None:
    acme = await colour.call(Company.objects, "create", name="Acme")
    step = await colour.call(Step.objects, "create", parent=acme, effort=1)
    canned.refuse(GENERIC, wrong_type("data", "entry_values", "hours", 0))
    step.effort = 3
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(step, "save")
    assert caught.value.problems == [Problem("effort", f"0: {TOLD}", 3)]
    assert f"effort.0: {TOLD}" in str(caught.value)


async def test_an_upsert(canned: Canned, colour: Colour) -> None:
    said = 'An invalid value was passed to attribute with slug "employee_range".'
    canned.refuse(said, {"code": "invalid", "path": [], "message": "Invalid input"})
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(
            Company.objects, "upsert", "domains", domains=["acme.example.com"], description="x"
        )
    # nothing of it was sent, and so it has no value
    assert caught.value.problems == [Problem("employee_range", "Invalid input")]


async def test_an_upsert_by_what_is_not_unique(canned: Canned, colour: Colour) -> None:
    """facts.md 0.1: matching_attribute_definition_not_unique, with its sentence."""
    canned.refuse(
        "The matching attribute specified is not a unique attribute.",
        code="matching_attribute_definition_not_unique",
    )
    with pytest.raises(InvalidRequestError, match="Match by an attribute that is unique"):
        await colour.call(Company.objects, "upsert", "domains", domains=["acme.example.com"])


async def test_rows_of_a_bulk_run(canned: Canned, colour: Colour) -> None:
    """The error in the report says of each row what the error of a save says."""
    said = 'An invalid value was passed to attribute with slug "approved_budget".'
    canned.refuse(said, wrong_type("value"))
    rows = [{"label_": "a", "budget": 1}, {"label_": "b", "budget": 2}]
    report = await colour.call(Thing.objects, "bulk_create", rows)
    errors = [item.error for item in report]
    assert all(isinstance(error, BadRequestError) for error in errors)
    assert [error.problems for error in errors if isinstance(error, BadRequestError)] == [
        [Problem("budget", f"value: {TOLD}", 1)],
        [Problem("budget", f"value: {TOLD}", 2)],
    ]


@pytest.mark.parametrize("form", ["2025", "recorded", "by id"])
async def test_uniqueness(
    form: str, attio_sandbox: SandboxHandle, canned: Canned, colour: Colour
) -> None:
    """facts.md 16, Validation errors: the attribute by slug or by id, with its value or without."""
    key = attribute_id(attio_sandbox, "objects/companies", "domains")
    value = '{"domain":"a.example.com"}'
    tail = "conflicts with one already in the system."
    rest = (
        " This attribute has a uniqueness constraint. Please ensure all values for this attribute "
        "do not exist on another record."
    )
    said = {
        "2025": f'The value "{value}" provided for attribute with ID "{key}" {tail}',
        "recorded": f'A value provided for attribute with slug "domains" {tail}{rest}',
        "by id": f'A value provided for attribute with ID "{key}" {tail}{rest}',
    }[form]
    there = await colour.call(Company.objects, "create", domains=["a.example.com"])
    canned.refuse(said, code="uniqueness_conflict")
    with pytest.raises(UniquenessConflictError) as caught:
        await colour.call(Company.objects, "create", domains=["a.example.com"])
    error = caught.value
    assert (error.attribute, error.value) == ("domains", "a.example.com")
    assert [each.attribute for each in error.problems] == ["domains"]
    assert key not in str(error)
    assert 'attribute "domains" conflicts' in str(error)
    found = await colour.call(error, "existing")
    assert found is not None
    assert found.id == there.id


@pytest.mark.parametrize("form", ["before", "recorded"])
async def test_a_query_by_what_is_gone(form: str, canned: Canned, colour: Colour) -> None:
    """facts.md 16, Validation errors: the slug without quotes, and its path in the filter."""
    canned.queries = True
    code = "unknown_filter_attribute_slug"
    if form == "before":
        canned.refuse('Unknown attribute slug: "job_title".', code=code)
    else:
        path = ["$or", "1", "job_title"]
        canned.refuse("Unknown attribute slug: job_title.", code=code, path=path)
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(Person.objects.filter(job_title="VP"), "first")
    error = caught.value
    assert [each.attribute for each in error.problems] == ["job_title"]
    assert ("It stands at $or.1.job_title of the filter." in str(error)) == (form == "recorded")


async def test_a_conflict_of_two_writes_is_repeated(canned: Canned, colour: Colour) -> None:
    """facts.md 0.1: 409 concurrent_write_conflict wrote nothing, so that it is sent again."""
    thing = await colour.call(Thing.objects, "create", label_="a", budget=1)
    said = (
        "The record was modified by another request while this write was being validated. Please "
        "try again."
    )
    canned.refuse(said, code="concurrent_write_conflict", status=409)
    thing.budget = 2
    with pytest.raises(WriteConflictError, match="wrote nothing"):
        await colour.call(thing, "save")
    assert thing.is_changed
    canned.answers = []
    await colour.call(thing, "save")
    assert (await colour.call(Thing.objects, "get", id=thing.id)).budget == 2


@pytest.mark.parametrize(
    ("attribute", "values"), [("phone_numbers", ["+11234567890"])], ids=["phone number"]
)
async def test_what_the_sandbox_refuses(
    attribute: str, values: list[str], attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    """facts.md 16, Values that are refused: the client takes them, as only Attio knows them all."""
    with pytest.raises(InvalidRequestError) as caught:
        await colour.call(Person.objects, "create", name="Byron, Ada", **{attribute: values})
    error = caught.value
    assert {each.attribute for each in error.problems} == {attribute}
    assert [str(each) for each in error.problems[0].value] == values
    assert f'An invalid value was passed to attribute "{attribute}".' in str(error)
    assert error.request_id is not None
    assert error.request_id == error.request_id.lower()
    assert len(error.request_id) == 36


async def test_every_request_of_the_sandbox_is_told_with_its_id(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    """facts.md 16, Headers: the ids differ, and queries alone have a score."""
    told: list[dict[str, Any]] = []

    def finished(sender: Any, **values: Any) -> None:
        told.append(values)

    with signals.request_finished.connected_to(finished):
        ada = await colour.call(Person.objects, "create", name="Byron, Ada")
        await colour.call(Person.objects, "first")
        await colour.call(ada, "refresh")
    scores = {each["path"].endswith("/query"): each["score"] for each in told}
    assert scores[False] is None
    assert scores[True] is not None
    assert len({each["request_id"] for each in told}) == len(told) >= 3
    assert None not in {each["request_id"] for each in told}
