"""Spans and metrics of what is sent: what they are named, what they tell, and what they do not."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from attio_orm import APIError, Company, Connection, Person, ValidationError, connect
from attio_orm.effects.operations import watches
from attio_orm.limits import Limiter
from attio_orm.telemetry import instrument
from attio_orm.testing import SandboxHandle
from attio_orm.transport.events import observers
from tests.colours import Colour

MAIL = "ada@lovelace.example.com"


class Told:
    """What OpenTelemetry was told."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])
        self.providers: dict[str, Any] = {
            "tracer_provider": self.tracers, "meter_provider": self.meters,
        }  # fmt: skip

    @property
    def spans(self) -> list[ReadableSpan]:
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.start_time or 0)

    def calls(self) -> dict[str, list[str]]:
        """The names of calls, each with those of its attempts."""
        found: dict[str, list[str]] = {}
        names: dict[int, str] = {}
        for span in self.spans:
            if span.name.startswith("attio "):
                assert span.context is not None
                names[span.context.span_id] = span.name
                found.setdefault(span.name, [])
        for span in self.spans:
            if not span.name.startswith("attio "):
                assert span.parent is not None
                found[names[span.parent.span_id]].append(span.name)
        return found

    def points(self, name: str) -> list[Any]:
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture
def told() -> Iterator[Told]:
    found = Told()
    yield found
    found.tracers.shutdown()
    found.meters.shutdown()


@pytest.fixture
def instrumented(attio_sandbox: SandboxHandle, told: Told) -> Iterator[Connection]:
    """A connection with people of a sandbox, and nothing told so far."""
    company = Company(name="Analytical Engines")
    company.save()
    Person(name="Ada Lovelace", email_addresses=[MAIL], company=company).save()
    undo = instrument(attio_sandbox.connection, **told.providers)
    yield attio_sandbox.connection
    undo()


async def test_a_call_is_a_span_and_each_attempt_one_under_it(
    instrumented: Connection, told: Told, colour: Colour
) -> None:
    with instrumented.session():
        (ada,) = await colour.items(Person.objects.includes("company"))
        ada.job_title = "Countess"
        await colour.call(ada, "save")
        await colour.call(ada, "refresh")
        await colour.call(ada, "delete")
    people = "/v2/objects/people/records"
    assert told.calls() == {
        "attio query people": [f"POST {people}/query", "POST /v2/objects/companies/records/query"],
        "attio update people": [f"PATCH {people}/{{id}}"],
        "attio get people": [f"GET {people}/{{id}}"],
        "attio delete people": [f"DELETE {people}/{{id}}"],
    }
    query, attempt = told.spans[:2]
    assert dict(query.attributes or {}) == {
        "db.system.name": "attio",
        "db.operation.name": "query",
        "db.collection.name": "people",
        "server.address": "sandbox",
    }
    attributes = dict(attempt.attributes or {})
    assert attributes.pop("attio.request_id")
    assert attributes == {
        "http.request.method": "POST",
        "url.template": f"{people}/query",
        "url.full": f"sandbox://{people}/query",
        "http.response.status_code": 200,
        "server.address": "sandbox",
    }
    assert {span.status.status_code for span in told.spans} == {StatusCode.UNSET}
    assert all(span.kind.name == "CLIENT" for span in told.spans)


async def test_what_a_session_answers_has_no_span(
    instrumented: Connection, told: Told, colour: Colour
) -> None:
    with instrumented.session(ttl=60):
        ada = await colour.call(Person.objects, "get", email_addresses=MAIL)
        told.exporter.clear()
        assert await colour.call(Person.objects, "get", id=ada.id) is ada
        await colour.call(ada, "save")
    assert told.spans == []


async def test_repeats_are_attempts_of_one_call(
    instrumented: Connection, told: Told, colour: Colour, attio_sandbox: SandboxHandle
) -> None:
    attio_sandbox.fail_next("drop_before", times=1)
    await colour.call(Person.objects, "first")
    first, second = told.calls()["attio query people"]
    assert first == second
    failed, answered = told.spans[1:]
    assert (failed.attributes or {})["error.type"] == "ConnectionFailedError"
    assert failed.status.status_code is StatusCode.ERROR
    assert (answered.attributes or {})["http.request.resend_count"] == 1
    assert told.spans[0].status.status_code is StatusCode.UNSET


async def test_a_call_that_fails_says_how_and_not_with_what(
    instrumented: Connection, told: Told, colour: Colour
) -> None:
    with pytest.raises(APIError):
        await colour.call(
            instrumented, "request", "POST", "/v2/objects/people/records",
            json={"data": {"values": {"no_such": MAIL}}},
        )  # fmt: skip
    (call, attempt) = told.spans
    assert (call.name, call.status.status_code) == ("attio create people", StatusCode.ERROR)
    assert (call.attributes or {})["error.type"] == "400"
    assert (attempt.attributes or {})["http.response.status_code"] == 400
    assert call.events == ()
    assert MAIL not in "".join(span.to_json() for span in told.spans)


async def test_what_is_done_side_by_side_is_of_the_call(
    instrumented: Connection, told: Told, colour: Colour
) -> None:
    rows = [{"name": f"Company {number}"} for number in range(3)]
    report = await colour.call(Company.objects, "bulk_create", rows)
    assert len(report.created) == 3
    assert told.calls()["attio create companies"] == ["POST /v2/objects/companies/records"] * 3


async def test_pages_that_are_read_ahead_are_attempts_of_calls(
    instrumented: Connection, told: Told, colour: Colour, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(4):
        await colour.call(Company(name=f"Company {number}"), "save")
    told.exporter.clear()
    people = await colour.items(Company.objects.all().iterator(2))
    assert len(people) == 5
    calls = told.calls()
    assert list(calls) == ["attio query companies"]
    assert len(calls["attio query companies"]) >= 3
    assert caplog.records == []  # as of a span that is over


def test_statements_are_told_where_they_are_asked_for(
    attio_sandbox: SandboxHandle, told: Told
) -> None:
    for statements in (False, True):
        undo = instrument(attio_sandbox.connection, statements=statements, **told.providers)
        Person.objects.filter(email_addresses=MAIL).first()
        undo()
    queries = [span for span in told.spans if span.name == "attio query people"]
    texts = [(span.attributes or {}).get("db.query.text") for span in queries]
    assert texts[0] is None
    assert MAIL in str(texts[1])
    assert attio_sandbox.token not in "".join(span.to_json() for span in told.spans)


def test_spans_of_the_program_are_parents(instrumented: Connection, told: Told) -> None:
    tracer = told.tracers.get_tracer("program")
    with tracer.start_as_current_span("job") as job:
        assert len(list(Person.objects.all())) == 1
    (query,) = [span for span in told.spans if span.name == "attio query people"]
    assert query.parent is not None
    assert query.parent.span_id == job.get_span_context().span_id


def test_a_call_is_told_from_its_own_beginning(instrumented: Connection, told: Told) -> None:
    Person.objects.first()
    call, attempt = told.spans
    assert (call.start_time or 0) <= (attempt.start_time or 0)
    assert (call.end_time or 0) >= (attempt.end_time or 0)


# -- one connection, or all ------------------------------------------------------------------------


def test_of_one_connection_only_until_it_is_undone(told: Told) -> None:
    with connect("sandbox://") as one, connect("sandbox://") as other:
        undo = instrument(one, **told.providers)
        one.request("GET", "/v2/self")
        other.request("GET", "/v2/self")
        assert list(told.calls()) == ["attio get self"]
        undo()
        undo()
        one.request("GET", "/v2/self")
        assert len(told.spans) == 2
        assert (watches, observers) == ([], [])


@pytest.mark.parametrize("given", ["sandbox://", TracerProvider], ids=["address", "provider"])
def test_what_is_no_connection_is_refused(given: Any) -> None:
    with pytest.raises(ValidationError, match="tracer_provider="):
        instrument(given)
    assert (watches, observers) == ([], [])


def test_of_all_also_of_later_ones(told: Told) -> None:
    undo = instrument(**told.providers)
    with connect("sandbox://") as later:
        later.request("GET", "/v2/self")
    undo()
    assert "attio get self" in told.calls()


# -- metrics ---------------------------------------------------------------------------------------


def test_metrics_have_labels_without_ids(told: Told) -> None:
    with connect("sandbox://", limits=Limiter(writes=1, period=0.05)) as connection:
        undo = instrument(connection, **told.providers)
        ada = Person(name="Ada Lovelace")
        ada.save()
        ada.job_title = "Countess"
        ada.save()
        undo()
        took = told.points("http.client.request.duration")
        waits = told.points("attio_orm.limiter.wait")
    by_route = {
        (point.attributes["http.request.method"], point.attributes["url.template"]): point.count
        for point in took
    }
    people = "/v2/objects/people/records"
    assert by_route[("POST", people)] == by_route[("PATCH", f"{people}/{{id}}")] == 1
    assert all(0 < point.sum < 5 for point in took)
    assert took[0].explicit_bounds[0] == 0.005
    writes = next(each for each in waits if each.attributes["attio_orm.limiter.kind"] == "write")
    assert writes.count == 2
    assert 0 < writes.sum <= 0.05
    labels = str([dict(point.attributes) for point in (*took, *waits)])
    assert str(ada.id) not in labels


def test_hits_of_caches_are_counted(
    instrumented: Connection, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = SimpleNamespace(hits=3)
    stats = SimpleNamespace(cache=cache)
    assert told.points("attio_orm.cache.hits") == []
    monkeypatch.setattr(Connection, "stats", lambda self: stats, raising=False)
    Person.objects.count()
    assert [point.value for point in told.points("attio_orm.cache.hits")] == [3]
    cache.hits = 5
    assert [point.value for point in told.points("attio_orm.cache.hits")] == [5]
    cache.hits = 1  # the cache is another one
    assert [point.value for point in told.points("attio_orm.cache.hits")] == [5]


def test_a_fork_while_a_reader_collects(
    attio_sandbox: SandboxHandle, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    children: list[int] = []

    def stats(self: Connection) -> None:
        child = os.fork()
        if child == 0:  # pragma: no cover
            signal.alarm(10)  # it ends, also where it waits for a lock of its parent
            connect("sandbox://").request("GET", "/v2/self")
            os._exit(0)
        children.append(child)

    undo = instrument(**told.providers)
    attio_sandbox.connection.request("GET", "/v2/self")
    monkeypatch.setattr(Connection, "stats", stats, raising=False)
    told.points("attio_orm.cache.hits")
    undo()
    (child,) = children
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


# -- what is wrong with a provider -----------------------------------------------------------------


async def test_an_exporter_that_hangs_stops_nothing(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    released, exported = threading.Event(), list[str]()

    class Hanging(SpanExporter):
        def export(self, spans: Any) -> SpanExportResult:
            released.wait(30)
            exported.extend(span.name for span in spans)
            return SpanExportResult.SUCCESS

    tracers = TracerProvider()
    tracers.add_span_processor(
        BatchSpanProcessor(Hanging(), max_export_batch_size=1, schedule_delay_millis=1)
    )
    undo = instrument(attio_sandbox.connection, tracer_provider=tracers)
    for _ in range(10):
        assert await colour.call(Person.objects, "count") == 0
    undo()
    assert exported == []
    released.set()
    tracers.shutdown()
    assert exported.count("attio query people") == 10


class Raising:
    """A span or a tracer of which every call raises."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("the provider is broken")

        return call


@pytest.mark.parametrize("broken", ["tracer", "span"])
async def test_a_provider_that_raises_is_logged_once(
    attio_sandbox: SandboxHandle, colour: Colour, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    class Provider(TracerProvider):
        def get_tracer(self, *args: Any, **kwargs: Any) -> Any:
            given = SimpleNamespace(start_span=lambda *args, **kwargs: Raising())
            return Raising() if broken == "tracer" else given

    undo = instrument(attio_sandbox.connection, tracer_provider=Provider())
    for _ in range(3):
        assert await colour.call(Person.objects, "count") == 0
    undo()
    assert [record.name for record in caplog.records] == ["attio_orm.telemetry"]


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(ImportError, match=r'pip install "attio-orm\[otel\]"'):
        instrument()
    assert (watches, observers) == ([], [])
