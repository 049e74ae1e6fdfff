"""Requests to the server of OAuth: through the transport, with no secret in a traceback."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from attio_orm.effects import Operation, call
from attio_orm.errors import AttioError
from attio_orm.guards import is_mapping
from attio_orm.transport import HttpBackend, Request, Transport
from attio_orm.transport.decoding import decode_json
from attio_orm.transport.tokens import HiddenKey

ATTIO = "https://app.attio.com"


def send(url: str, request: Request, key: HiddenKey | None = None) -> Operation[Any]:
    """Send one request, which is rare: no connection is kept open after it."""
    transport = Transport(HttpBackend(url), api_key=key, base=url)
    try:
        answer = yield from transport.send(request)
    except GeneratorExit:  # nothing may be waited for
        transport.close()
        raise
    except BaseException:
        yield from call(transport.close, transport.aclose)
        raise
    yield from call(transport.close, transport.aclose)
    return answer


def mapping_in(body: bytes) -> Mapping[str, Any]:
    """The JSON object of an answer; raises ``msgspec.DecodeError`` for anything else."""
    found = decode_json(body)
    if not is_mapping(found):
        raise msgspec.DecodeError("not an object")
    return found


def without_frames(error: AttioError) -> AttioError:
    """The error without the frames that it came through: secrets are among their variables."""
    found: BaseException | None = error
    while found is not None:
        found.__traceback__ = None
        found = found.__cause__ or found.__context__
    return error
