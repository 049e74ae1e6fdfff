"""The bytes of answers: unpacked, and never more of them than allowed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

from attio_orm.transport.bounds import TooLong
from attio_orm.transport.requests import WireResponse

PACKED = frozenset({"gzip", "x-gzip", "deflate"})

_GZIP_OR_ZLIB = 47  # 32 + 15
_PART = 1_048_576


def headers_of(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Header fields by their names in lower case."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


def answer_of(
    status: int, raw: Iterable[tuple[bytes, bytes]], body: bytes, most: int
) -> WireResponse:
    """The answer with its body unpacked. Raises ``TooLong`` and ``zlib.error``."""
    headers = headers_of(raw)
    if body and is_packed(headers):
        body = _unpacked(body, most)
    return WireResponse(status, headers, body)


def is_packed(headers: Mapping[str, str]) -> bool:
    """Whether a body with these headers is to be unpacked."""
    return headers.get("content-encoding", "").lower() in PACKED


def _unpacked(body: bytes, most: int) -> bytes:
    parts: list[bytes] = []
    while True:
        packed = zlib.decompressobj(_GZIP_OR_ZLIB)
        # one call for all of it; a byte more than allowed tells that there is too much
        part = packed.decompress(body, most + 1)
        most -= len(part)
        if most < 0:
            raise TooLong
        if not packed.eof:
            raise zlib.error("the compressed body is cut off")
        body = packed.unused_data
        if not body.startswith(b"\x1f\x8b"):  # gzip may have several members, which nobody sends
            return b"".join((*parts, part)) if parts else part
        parts.append(part)


class _Unpacking:
    """Unpacks a body as it comes, a bounded part at a time: little may unpack to very much."""

    def __init__(self) -> None:
        self._packed = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._has_begun = False

    def parts(self, chunk: bytes) -> Iterator[bytes]:
        self._has_begun = self._has_begun or bool(chunk)
        while chunk and not self._packed.eof:
            part = self._packed.decompress(chunk, _PART)
            chunk = self._packed.unconsumed_tail
            if part:
                yield part

    def end(self) -> None:
        if self._has_begun and not self._packed.eof:
            raise zlib.error("the compressed body is cut off")


def unpacked(chunks: Iterator[bytes], headers: Mapping[str, str]) -> Iterator[bytes]:
    """The chunks of a body as they come, unpacked. Raises ``zlib.error``."""
    if not is_packed(headers):
        yield from chunks
        return
    unpacking = _Unpacking()
    for chunk in chunks:
        yield from unpacking.parts(chunk)
    unpacking.end()


async def aunpacked(
    chunks: AsyncIterator[bytes], headers: Mapping[str, str]
) -> AsyncIterator[bytes]:
    """The twin of ``unpacked``."""
    if not is_packed(headers):
        async for chunk in chunks:
            yield chunk
        return
    unpacking = _Unpacking()
    async for chunk in chunks:
        for part in unpacking.parts(chunk):
            yield part
    unpacking.end()
