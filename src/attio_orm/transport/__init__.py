"""Bytes in, bytes out: authentication, attempts, rate limits, errors and the request signals.

``Transport.send`` is the one way from a ``Request`` to its decoded answer; a ``Backend`` carries
the bytes, ``attio_orm.transport.http.HttpBackend`` over HTTP. See https://docs.attio.com/rest-api.
"""

from __future__ import annotations

from attio_orm.transport.auth import ApiKey
from attio_orm.transport.http import HttpBackend
from attio_orm.transport.limiter import Limiter
from attio_orm.transport.messages import (
    MISSING,
    Backend,
    Headers,
    Purpose,
    Request,
    WireRequest,
    WireResponse,
    decode_json,
    encode_json,
)
from attio_orm.transport.pipeline import Transport

__all__ = [
    "MISSING",
    "ApiKey",
    "Backend",
    "Headers",
    "HttpBackend",
    "Limiter",
    "Purpose",
    "Request",
    "Transport",
    "WireRequest",
    "WireResponse",
    "decode_json",
    "encode_json",
]
