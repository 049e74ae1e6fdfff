"""Benchmark: what telemetry costs, by pages of people and by single records, over HTTP.

Spans go to a provider of OpenTelemetry's SDK that hands them on in batches, as programs have it, to
an exporter that drops them; metrics are summed up. The sandbox is served by another process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from attio_orm import Person, connect
from attio_orm.telemetry import instrument
from tests.benchmarks.measuring import Result, interleaved
from tests.benchmarks.served_gets import started
from tests.benchmarks.serving import TOKEN

PAGE, RECORD = "a page of 100 people", "one person by id"
_SANDBOX = f"""
import sys

from attio_orm.cli import main

sys.exit(main(["sandbox", "--port", sys.argv[1], "--token", "{TOKEN}", "--seed", "crm"]))
"""
OFF, ON, STATEMENTS = "telemetry off", "telemetry on", "telemetry on, with statements"


class Dropped(SpanExporter):
    """Takes spans, and keeps none."""

    count = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Only count them."""
        self.count += len(spans)
        return SpanExportResult.SUCCESS


def telemetry(*, pages: int = 20, gets: int = 100, rounds: int = 9) -> Result:
    """Pages and single records, without telemetry and with it, in turns."""
    result = Result(
        "telemetry",
        "over HTTP to a sandbox in another process: 100 people in a query, with 3 attributes of "
        "each read, and a record by its id; spans in batches to an exporter that drops them",
        "ms",
    )
    exporter, tracers = Dropped(), TracerProvider()
    tracers.add_span_processor(BatchSpanProcessor(exporter))
    meters = MeterProvider([InMemoryMetricReader()])
    with (
        started(_SANDBOX) as (_, port),
        connect(
            f"http://127.0.0.1:{port}", api_key=TOKEN, limits=None, on_drift="ignore"
        ) as connection,
    ):
        some = [person.id for person in Person.objects.all()[:gets]]

        def page() -> None:
            for _ in range(pages):
                with connection.session():
                    for person in Person.objects.all()[:100]:
                        _ = person.name, person.job_title, person.email_addresses

        def one_by_one() -> None:
            with connection.session():
                for id in some:
                    Person.objects.get(id=id)

        def told(work: Callable[[], None], **options: Any) -> Callable[[], None]:
            def run() -> None:
                undo = instrument(
                    connection, tracer_provider=tracers, meter_provider=meters, **options
                )
                work()
                undo()

            return run

        for name, work, units in ((PAGE, page, pages), (RECORD, one_by_one, len(some))):
            taken = interleaved(
                {
                    f"{name}, {OFF}": work,
                    f"{name}, {ON}": told(work),
                    f"{name}, {STATEMENTS}": told(work, statements=True),
                },
                rounds,
                units=units,
            )
            result.add_all({case: seconds * 1e3 for case, seconds in taken.items()})
        for case in (ON, STATEMENTS):
            result.compare(f"{PAGE}, {case}", f"{PAGE}, {OFF}", 1.1)
        result.compare(f"{RECORD}, {ON}", f"{RECORD}, {OFF}", None)
    tracers.shutdown()
    meters.shutdown()
    calls = 2 * (rounds + 1) * (pages + len(some))
    result.require(f"each of {calls:,} calls had two spans", exporter.count == 2 * calls)
    return result
