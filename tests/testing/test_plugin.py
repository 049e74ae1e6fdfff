"""The pytest plugin: a fresh workspace for each test, and a count of its requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Literal

import pytest

from attio_orm import (
    Company,
    ConnectionFailedError,
    Many,
    Maybe,
    Model,
    Person,
    RateLimitError,
    ServerError,
    ValidationError,
    connect,
)
from attio_orm.attributes import Currency, MultiSelect, Number, Select, Status, Text
from attio_orm.connection import current
from attio_orm.testing import assert_num_requests as counted
from attio_orm.testing import sandbox

pytest_plugins = ["pytester"]


class Milestone(Model):
    title: Text = Text(required=True)
    project: Maybe[Project]


class Project(Model, object="client_projects"):
    code: Text = Text("project_code", unique=True)
    budget: Currency = Currency(code="EUR")
    stage: Status[Literal["Planned", "Live"]]
    size: Select = Select(options=["S", "M"])
    tags: MultiSelect = MultiSelect(options=["a", "b"])
    client: Maybe[Company]
    members: Many[Person]
    rank: Number


class TestSandbox:
    def test_it_is_the_default_connection_and_fresh(self, attio_sandbox: Any) -> None:
        assert current.current() is attio_sandbox.connection
        assert attio_sandbox.connection.sandbox is attio_sandbox
        assert list(attio_sandbox.requests) == []
        assert Person.objects.count() == 0

    @pytest.mark.parametrize("_", range(2))
    def test_tests_do_not_see_each_other(self, attio_sandbox: Any, _: int) -> None:
        assert not Person.objects.exists()
        Person.objects.create(name="Ada")

    def test_it_is_closed_at_the_end(self) -> None:
        with sandbox() as handle:
            connection = handle.connection
        assert "(closed)" in repr(connection)
        assert current.current_or_none() is None

    def test_it_starts_as_attio_does(self, attio_sandbox: Any) -> None:
        api = attio_sandbox.connection.api
        assert [each["api_slug"] for each in api.objects.list()] == [
            "people", "companies", "deals", "users", "workspaces",
        ]  # fmt: skip
        assert [status["title"] for status in api.statuses.list("deals", "stage")] == [
            "Lead", "In Progress", "Won 🎉", "Lost",
        ]  # fmt: skip
        assert [each["email_address"] for each in api.members.list()] == ["owner@sandbox.example"]
        Company.objects.create(name="Acme", domains=["acme.com"])
        ada = Person.objects.create(name="Ada", email_addresses=["ada@acme.com"])
        assert ada.company is None, "enrichment is off"

    def test_requests_are_noted(self, attio_sandbox: Any) -> None:
        Person.objects.filter(name="Ada").first()
        (request,) = attio_sandbox.requests
        assert (request.method, request.path) == ("POST", "/v2/objects/people/records/query")
        assert request.json["limit"] == 1
        assert request.status == 200

    def test_define_makes_what_the_models_declare(self, attio_sandbox: Any) -> None:
        attio_sandbox.define(Project, Milestone)
        acme = Company.objects.create(name="Acme")
        ada = Person.objects.create(name="Ada")
        project = Project.objects.create(
            code="A1", budget=100, stage="Live", size="S", tags=["b"], client=acme, members=[ada]
        )
        milestone = Milestone.objects.create(title="Start", project=project)

        assert project.budget is not None
        assert project.budget.currency == "EUR"
        assert Milestone.objects.get(project__client__name="Acme") is milestone
        connection = attio_sandbox.connection
        assert connection.drift(Project) == connection.drift(Milestone) == []
        attributes = connection.schema.fetch("client_projects").attributes
        assert attributes["project_code"].is_unique
        assert connection.schema.fetch("milestones").attributes["title"].is_required

    def test_define_adds_to_what_is_there(self, attio_sandbox: Any) -> None:
        class Fan(Model, object="people"):
            shoe_size: Number
            job_title: Text

        attio_sandbox.define(Fan)
        attio_sandbox.define(Fan)
        assert Fan.objects.create(shoe_size=38).shoe_size == 38.0

    def test_members(self, attio_sandbox: Any) -> None:
        kim = attio_sandbox.add_member("kim@acme.com", first_name="Kim")
        members = attio_sandbox.connection.api.members.list()
        assert kim in [member["id"]["workspace_member_id"] for member in members]

    def test_the_clock(self, attio_sandbox: Any) -> None:
        first = Person.objects.create(name="Ada")
        attio_sandbox.clock.move(3600)
        second = Person.objects.create(name="Bob")
        assert first.created_at is not None
        assert second.created_at is not None
        assert 3600 <= (second.created_at - first.created_at).total_seconds() < 3700

    @pytest.mark.usefixtures("no_waits")
    def test_faults(self, attio_sandbox: Any) -> None:
        attio_sandbox.fail_next(500, times=2)
        with counted(3):
            assert not Person.objects.exists()
        attio_sandbox.fail_next("drop_before", times=5)
        with pytest.raises(ConnectionFailedError), counted(5):
            Person.objects.exists()
        attio_sandbox.fail_next(503, times=5, match="POST /v2/objects/companies")
        assert not Person.objects.exists()
        with pytest.raises(ServerError):
            Company.objects.exists()
        attio_sandbox.fail_next(429, retry_after=0)
        with pytest.raises(RateLimitError):  # the ten repeats of a minute are used up
            Person.objects.exists()
        assert not Person.objects.exists()
        with pytest.raises(ValueError, match=r"explode.*drop_before"):
            attio_sandbox.fail_next("explode")
        assert "sandbox" in repr(attio_sandbox)


class TestCount:
    def test_the_right_number_passes(self, attio_sandbox: Any) -> None:
        with counted(2) as sent:
            Person.objects.first()
            Company.objects.first()
        assert sent == [
            "POST /v2/objects/people/records/query",
            "POST /v2/objects/companies/records/query",
        ]
        with counted(0):
            repr(Person.objects.all())

    @pytest.mark.parametrize("number", [0, 2])
    def test_a_wrong_number_shows_what_was_sent(self, attio_sandbox: Any, number: int) -> None:
        with (
            pytest.raises(
                AssertionError, match=rf"{number} requests.*1 were made.*\n  1\. POST /v2"
            ),
            counted(number),
        ):
            Person.objects.first()

    def test_introspection_and_retries_count(self, attio_sandbox: Any, no_waits: None) -> None:
        class Contact(Model, object="people"):
            pass

        attio_sandbox.fail_next(500)
        with counted(4):
            Contact.objects.first()

    def test_an_exception_of_the_block_is_not_hidden(self, attio_sandbox: Any) -> None:
        with pytest.raises(ZeroDivisionError), counted(7):
            _ = 1 / 0

    def test_one_connection_among_several(self) -> None:
        with (
            connect("sandbox://", on_drift="ignore") as first,
            connect("sandbox://", on_drift="ignore"),
            counted(1, connection=first),
        ):
            Person.objects.first()
            Person.objects.using(first).first()

    def test_threads_count(self, attio_sandbox: Any) -> None:
        with counted(4):
            # each its own question, as equal ones that are under way are one request
            asked = [Person.objects.filter(name=f"Ada {n}").exists for n in range(4)]
            threads = [threading.Thread(target=each) for each in asked]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    async def test_async_code(self, attio_sandbox: Any) -> None:
        with counted(1):
            await Person.objects.aexists()

    def test_it_is_a_fixture_too(
        self,
        attio_sandbox: Any,
        assert_num_requests: Callable[..., AbstractContextManager[list[str]]],
    ) -> None:
        with assert_num_requests(1):
            Person.objects.first()


def test_the_plugin_is_registered_by_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from attio_orm import Person

        def test_it(attio_sandbox, assert_num_requests):
            Person.objects.create(name="Ada")
            with assert_num_requests(1):
                assert Person.objects.exists()

        def test_and_fails(attio_sandbox, assert_num_requests):
            with assert_num_requests(0):
                Person.objects.first()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*0 requests were expected, and 1 were made*"])


@pytest.mark.parametrize("url", ["https://api.attio.com", "http://127.0.0.1:9", "crm.db"])
def test_a_sandbox_is_never_somebodys_server(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTIO_API_KEY", "a-token")
    with pytest.raises(ValidationError, match="is not a valid sandbox address"), sandbox(url):
        pass
    assert current.current_or_none() is None
