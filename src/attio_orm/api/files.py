"""Files of records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attio_orm.api.answers import Json, nothing, page, row
from attio_orm.api.requests import body, multipart, path
from attio_orm.operations import Operation
from attio_orm.transport.messages import Request

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport


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
    return transport.send(Request("GET", path("files"), params=params, decode=page))


def get(transport: Transport, /, file_id: str) -> Operation[Json]:
    """What is known of one file or folder, by id.

    See https://docs.attio.com/rest-api.
    """
    return transport.send(Request("GET", path("files", file_id), decode=row))


def create(
    transport: Transport, /, data: Mapping[str, Any] | None = None, **fields: Any
) -> Operation[Json]:
    """Make a folder, or connect a file or folder of a storage provider.

    See https://docs.attio.com/rest-api.
    """
    sent = body(data, fields)["data"]  # this one body is not wrapped
    where = path("files")
    return transport.send(Request("POST", where, json=sent, purpose="write", decode=row))


def delete(transport: Transport, /, file_id: str) -> Operation[None]:
    """Delete a file or folder for good.

    See https://docs.attio.com/rest-api.
    """
    where = path("files", file_id)
    yield from transport.send(Request("DELETE", where, purpose="write", decode=nothing))


def upload(
    transport: Transport,
    /,
    object: str,
    record_id: str,
    name: str,
    content: bytes,
    *,
    content_type: str = "application/octet-stream",
    parent_folder_id: str | None = None,
) -> Operation[Json]:
    """Put a file of this name and content on a record.

    See https://docs.attio.com/rest-api.
    """
    form = {"object": object, "record_id": record_id}
    if parent_folder_id is not None:
        form["parent_folder_id"] = parent_folder_id
    sent, kind = multipart(form, name, content, content_type)
    request = Request(
        "POST",
        path("files", "upload"),
        content=sent,
        content_type=kind,
        purpose="write",
        decode=row,
    )
    return transport.send(request)
