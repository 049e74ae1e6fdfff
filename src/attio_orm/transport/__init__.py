"""Bytes in, bytes out: a backend, and layers for dry runs, tokens, repeats, limits and signals.

``Transport.send`` is the one way from a ``Request`` to its decoded answer; a ``Backend`` carries
the bytes, ``attio_orm.transport.http.HttpBackend`` over HTTP. See https://docs.attio.com/rest-api.
"""

from __future__ import annotations

from attio_orm.transport.decoding import decode_json
from attio_orm.transport.error_handlers import ErrorContext
from attio_orm.transport.http import HttpBackend
from attio_orm.transport.limits import Limiter, RateLimiter
from attio_orm.transport.pipeline import Transport
from attio_orm.transport.requests import (
    MISSING,
    Again,
    Backend,
    Doubt,
    Headers,
    Purpose,
    Request,
    Settle,
    WireRequest,
    WireResponse,
    encode_json,
)
from attio_orm.transport.requests import WireResponse as Response
from attio_orm.transport.tokens import ApiKey

__all__ = [
    "MISSING", "Again", "ApiKey", "Backend", "Doubt", "ErrorContext", "Headers", "HttpBackend",
    "Limiter", "Purpose", "RateLimiter", "Request", "Response", "Settle", "Transport",
    "WireRequest", "WireResponse", "decode_json", "encode_json",
]  # fmt: skip
