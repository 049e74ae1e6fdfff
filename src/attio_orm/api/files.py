"""Files of records."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath
from pathlib import Path

from attio_orm.api.base import (
    Fields,
    Json,
    body,
    multipart,
    page,
    path,
    read,
    remove,
    row,
    row_of,
    write,
)
from attio_orm.effects import Operation
from attio_orm.errors import APIError
from attio_orm.transport import Request, Transport, WireRequest, WireResponse
from attio_orm.transport.errors import error_from


def list_(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    *,
    storage_provider: str | None = None,
    parent_folder_id: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Operation[tuple[list[Json], str | None]]:
    """A page of a record's files (50 unless told, 200 at most) and the cursor of the next.

    See https://docs.attio.com/rest-api.
    """
    params = {
        "object": object,
        "record_id": record_id,
        "storage_provider": storage_provider,
        "parent_folder_id": parent_folder_id,
        "limit": limit,
        "cursor": cursor,
    }
    return read(transport, path("files"), page, params)


def get(transport: Transport, /, file_id: str) -> Operation[Json]:
    """What is known of one file or folder, by id.

    See https://docs.attio.com/rest-api.
    """
    return read(transport, path("files", file_id), row_of("file_id", file_id))


def create(
    transport: Transport, /, data: Fields | None = None, **fields: object
) -> Operation[Json]:
    """Make a folder, or connect a file or folder of a storage provider.

    See https://docs.attio.com/rest-api.
    """
    sent = body(data, fields)["data"]  # this one body is not wrapped
    return write(transport, "POST", path("files"), sent, row)


def delete(transport: Transport, /, file_id: str) -> Operation[None]:
    """Delete a file or folder for good.

    See https://docs.attio.com/rest-api.
    """
    return remove(transport, path("files", file_id))


def upload(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    name: str,
    content: bytes | Iterable[bytes],
    *,
    content_type: str = "application/octet-stream",
    parent_folder_id: str | None = None,
) -> Operation[Json]:
    """Put a file of this name and content on a record; ``content`` may come in pieces.

    50 MB at most, one upload a second. See https://docs.attio.com/rest-api.
    """
    form = {"object": object, "record_id": record_id}
    if parent_folder_id is not None:
        form["parent_folder_id"] = parent_folder_id
    pieces = (content,) if isinstance(content, bytes) else content
    sent, kind = multipart(form, name, pieces, content_type)
    where = path("files", "upload")
    return transport.send(
        Request("POST", where, purpose="write", decode=row, content=sent, content_type=kind)
    )


def download(
    transport: Transport, /, file_id: str, path: str | PathLike[str] | None = None
) -> Operation[bytes | Path]:
    """The bytes of a file; with ``path``, written there as they come, and the path.

    While it is written, and after a failure, it is ``path`` with ``.partial`` at the end. Raises
    ``NotFoundError``, and ``OSError`` of the disk. See https://docs.attio.com/rest-api.
    """
    where = _download(file_id)
    if path is None:
        return transport.send(Request("GET", where, decode=bytes, redirects="followed"))
    target = Path(path)
    return transport.send(
        Request("GET", where, decode=lambda _: target, redirects="followed", save_to=fspath(target))
    )


def address(transport: Transport, /, file_id: str) -> Operation[WireRequest | bytes]:
    """Where the bytes of a file are to be asked for; or they themselves, where that is told."""
    return transport.send(Request("GET", _download(file_id), decode=bytes, redirects="given"))


def _download(file_id: str) -> str:
    return path("files", file_id, "download")


def refused(file_id: str, status: int, body: bytes) -> APIError:
    """The error of the host that keeps the files."""
    return error_from(WireResponse(status, {}, body), Request("GET", _download(file_id)))
