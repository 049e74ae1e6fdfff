"""Traces and metrics by OpenTelemetry's conventions, for what the library sends.

Needs ``pip install "attio-orm[otel]"``, which brings the API of OpenTelemetry alone: what is told
goes to the providers of your program. See https://opentelemetry.io/docs/specs/semconv/.
"""

from attio_orm.telemetry.instrumenting import instrument

__all__ = ["instrument"]
