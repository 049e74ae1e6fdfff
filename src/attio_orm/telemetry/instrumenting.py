"""``instrument()``: from now on, spans and metrics are told of what is sent, until it is undone."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from attio_orm.effects.operations import watches
from attio_orm.errors import ValidationError
from attio_orm.models.connection import Connection
from attio_orm.transport.events import observers

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

NAME = "attio_orm"


def instrument(
    connection: Connection | None = None,
    *,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
    statements: bool = False,
) -> Callable[[], None]:
    """Tell OpenTelemetry of each call that sends something, and of each attempt of its requests.

    Of one connection, or of all, also of later ones. Without providers it takes those that the
    program has set. ``statements`` puts the filters of queries on spans, with the values in them.
    Gives a function that ends it; a second call of it does nothing. What a provider raises is
    logged once, and stops nothing. Raises ``ImportError`` without the extra ``otel``, and
    ``ValidationError`` if it is not given a connection. See
    https://opentelemetry.io/docs/specs/semconv/database/.
    """
    if not isinstance(connection, Connection | None):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValidationError(
            f"instrument() takes an open connection or nothing, not a {type(connection).__name__}: "
            "providers are given as tracer_provider= and meter_provider=."
        )
    try:
        from opentelemetry import metrics, trace
    except ImportError:
        raise ImportError(
            'Telemetry needs the API of OpenTelemetry: pip install "attio-orm[otel]".'
        ) from None
    # only now, as both import it
    from attio_orm.telemetry.measures import Measures
    from attio_orm.telemetry.spans import Tracing

    release = _release()
    tracer = trace.get_tracer(NAME, release, tracer_provider=tracer_provider)
    measures = Measures(metrics.get_meter(NAME, release, meter_provider=meter_provider))
    tracing = Tracing(tracer, measures, connection, statements=statements)
    # bound once: a method is another object each time
    watch = tracing.watch
    watches.append(watch)
    observers.append(tracing)

    def undo() -> None:
        with suppress(ValueError):
            watches.remove(watch)
        with suppress(ValueError):
            observers.remove(tracing)
        measures.stop()

    return undo


def _release() -> str:
    try:
        return version("attio-orm")
    except PackageNotFoundError:  # run from a folder
        return ""
