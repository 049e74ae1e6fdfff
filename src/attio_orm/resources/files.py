"""Files and folders of records: sent, listed, and read as they come."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast, overload

from attio_orm.api import files
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, async_twin, call, sync_method
from attio_orm.errors import NotSupportedByAttio, ValidationError
from attio_orm.pickles import public_in
from attio_orm.records.base import Record, state_of
from attio_orm.resources import loading, saving
from attio_orm.resources.endpoints import Asked, Endpoints, Listing, Page, Scope
from attio_orm.resources.fields import (
    STRING,
    Field,
    by_reference,
    dump_record,
    record_of,
    reference_of,
    text_of,
    truth,
)
from attio_orm.resources.instances import reference_beside
from attio_orm.resources.places import read_record
from attio_orm.resources.related import Related
from attio_orm.resources.resource import Resource
from attio_orm.resources.state import HasState, Json, resource_state
from attio_orm.resources.uploads import Upload
from attio_orm.types.checks import as_uuid
from attio_orm.wording import did_you_mean, show

if TYPE_CHECKING:
    from os import PathLike

    FileSource: TypeAlias = str | PathLike[str] | bytes | IO[bytes]

_PAGE = 200
PROVIDERS = ("attio", "dropbox", "box", "google-drive", "microsoft-onedrive")


def _provider(value: Any) -> str:
    if value not in PROVIDERS:
        raise ValidationError(
            f"{show(value)} is not a provider of files: {', '.join(PROVIDERS)}. "
            f"{did_you_mean(str(value), PROVIDERS)}".rstrip()
        )
    return str(value)


def _folder_id(value: Any) -> str:
    found = as_uuid(value.id if isinstance(value, File) else value)
    if found is None:
        raise ValidationError(f"{show(value)} is not a folder: give a saved folder, or its id.")
    if isinstance(value, File) and (resource_state(value).raw or {}).get("file_type") == "file":
        raise ValidationError(f"{value!r} is a file, not a folder.")
    return found


def _read_folder(value: Any, instance: HasState) -> Resource:
    return reference_beside(instance, File, value)


class _Parent(Field["Record | None", Record]):
    """The record that a file is on, of two members of the answer."""

    def of(self, raw: Json, instance: HasState) -> Any:
        object, id = raw.get("object_slug", raw.get("object_id")), raw.get("record_id")
        if not isinstance(object, str) or not isinstance(id, str):
            return None
        return read_record(object, id, instance)


class _IsFolder(Field[bool, bool]):
    """Whether it is a folder, of what kind Attio says that it is."""

    def of(self, raw: Json, instance: HasState) -> Any:
        return str(raw.get("file_type")).endswith("folder")


class _FileEndpoints(Endpoints["File"]):
    key = "file_id"
    noun = "file"
    listing = Listing(
        "cursor",
        _PAGE,
        lookups={"parent": record_of, "folder": _folder_id, "provider": _provider},
        needs=("parent",),
    )

    def check(self, file: File) -> None:
        if file.id is not None:
            return
        given = resource_state(file).values
        if given.get("parent") is None:
            raise ValidationError("A file needs its parent, the record it is on: give it.")
        if resource_state(file).beside.get("upload") is None and not (
            given.get("is_folder") and given.get("name")
        ):
            raise ValidationError(
                "A file is made by person.files.upload(path), a folder by "
                "person.files.create_folder(name)."
            )

    def get(self, connection: BaseConnection, id: str, scope: Scope) -> Operation[Json]:
        return files.get(connection.transport, id)

    def page(self, connection: BaseConnection, asked: Asked) -> Operation[Page]:
        filters = asked.filters
        parent = reference_of(filters["parent"])
        return files.list_(
            connection.transport,
            parent.object,
            parent.id,
            storage_provider=filters.get("provider"),
            parent_folder_id=filters.get("folder"),
            limit=asked.limit,
            cursor=asked.cursor,
        )

    def insert(self, connection: BaseConnection, file: File) -> Operation[Json]:
        given = resource_state(file).values
        parent = reference_of(given["parent"])
        folder = given.get("folder")
        beside = resource_state(file).beside
        upload: Upload | None = beside.get("upload")
        if upload is None:
            sent: Json = {
                "object": parent.object, "record_id": parent.id, "file_type": "folder",
                "name": given["name"],
            }  # fmt: skip
            if folder is not None:
                sent["parent_folder_id"] = folder.id
            return (yield from files.create(connection.transport, sent))

        def build() -> Operation[Json]:
            return files.upload(
                connection.transport,
                parent.object,
                parent.id,
                upload.name,
                upload.pieces(),
                content_type=beside.get("content_type") or upload.content_type(),
                parent_folder_id=None if folder is None else folder.id,
            )

        async def abuild() -> Operation[Json]:
            from asyncio import to_thread  # reading a disk must not stop the loop

            return await to_thread(build)

        return (yield from (yield from call(build, abuild)))

    def remove(self, connection: BaseConnection, file: File) -> Operation[None]:
        return files.delete(connection.transport, str(file.id))


class File(Resource):
    """A file or folder of a record, kept by Attio or by another ``provider``. Cannot be changed.

    ``size`` is in bytes. Found by ``parent=`` (a record), with ``folder=`` and ``provider=``; made
    by ``person.files.upload()`` and ``.create_folder()``. Deleting a folder deletes what is in it.
    See https://docs.attio.com/rest-api.
    """

    _endpoints = _FileEndpoints()

    is_folder: Field[bool, bool] = _IsFolder(
        "file_type", written="once", accept=truth, schema={"type": "boolean"}
    )
    name: Field[str | None, str] = Field(
        "name", written="once", accept=text_of("name", empty=False), schema=STRING
    )
    content_type: Field[str | None, str] = Field("content_type", schema=STRING)
    size: Field[int | None, int] = Field("content_size", schema={"type": "integer"})
    parent: Field[Record | None, Record] = _Parent(
        "record_id", written="once", accept=record_of, key=by_reference, dump=dump_record,
        schema=STRING,
    )  # fmt: skip
    folder: Field[Any, Any] = Field(
        "parent_folder_id",
        read=_read_folder,
        written="once",
        accept=lambda value: None if value is None else File.ref(_folder_id(value)),
        dump=lambda value: value.id,
        schema=STRING,
    )
    provider: Field[str, str] = Field("storage_provider", schema=STRING)

    @sync_method
    def read(self) -> Operation[bytes]:
        """All of its bytes. Raises ``DoesNotExist``, and ``ValidationError`` for a folder."""
        yield from self._has_content()
        connection, _ = loading.place_of(self)
        found = yield from self._told(files.download(connection.transport, str(self.id)))
        return found if isinstance(found, bytes) else b""

    aread = async_twin(read)

    def _download(self, path_or_file: Any) -> Operation[Path | int]:
        """Its bytes, written to a path or a file object as they come.

        Gives the path, or the number of bytes. A path has its new content when all of it is
        there: until then, and after a failure, it is that with ``.partial`` at the end.
        Raises ``DoesNotExist``, ``ValidationError`` for a folder, ``OSError`` of the disk.
        """
        yield from self._has_content()
        connection, _ = loading.place_of(self)
        if isinstance(path_or_file, str | os.PathLike):
            path = Path(cast("str", path_or_file))
            yield from self._told(files.download(connection.transport, str(self.id), path))
            return path
        if not hasattr(path_or_file, "write"):
            raise ValidationError(
                f"{show(path_or_file)} is nothing to write to: give a path, or a file opened with "
                f'open(path, "wb").'
            )
        return (
            yield from call(lambda: self._write(path_or_file), lambda: self._awrite(path_or_file))
        )

    if TYPE_CHECKING:

        @overload
        def download(self, path_or_file: str | PathLike[str]) -> Path: ...
        @overload
        def download(self, path_or_file: IO[bytes]) -> int: ...
        def download(self, path_or_file: Any) -> Path | int:
            """Its bytes, written to a path or a file object as they come.

            Gives the path, or the number of bytes. A path has its new content when all of it is
            there: until then, and after a failure, it is that with ``.partial`` at the end.
            Raises ``DoesNotExist``, ``ValidationError`` for a folder, ``OSError`` of the disk.
            """
            ...

        @overload
        async def adownload(self, path_or_file: str | PathLike[str]) -> Path: ...
        @overload
        async def adownload(self, path_or_file: IO[bytes]) -> int: ...
        async def adownload(self, path_or_file: Any) -> Path | int:
            """The twin of ``download()``."""
            ...

    else:
        _download.__name__ = "download"  # as messages call it
        download = sync_method(_download)
        adownload = async_twin(download)

    def _write(self, target: IO[bytes]) -> int:
        written = 0
        with self.open() as chunks:
            for chunk in chunks:
                target.write(chunk)
                written += len(chunk)
        return written

    async def _awrite(self, target: IO[bytes]) -> int:
        from asyncio import to_thread  # a disk may be slow, and the loop has others to serve

        written = 0
        async with self.aopen() as chunks:
            async for chunk in chunks:
                await to_thread(target.write, chunk)
                written += len(chunk)
        return written

    @contextmanager
    def open(self) -> Generator[Iterator[bytes]]:
        """Its bytes as they come, for a block: ``with file.open() as chunks``.

        What fails after the first of them is not repeated. Raises ``DoesNotExist``.
        """
        connection, _ = loading.place_of(self)
        with connection.api.files.stream(self._file_id()) as chunks:
            yield chunks

    @asynccontextmanager
    async def aopen(self) -> AsyncGenerator[AsyncIterator[bytes]]:
        """The twin of ``open()``: ``async for chunk in chunks``."""
        connection, _ = loading.place_of(self)
        async with connection.api.files.astream(self._file_id()) as chunks:
            yield chunks

    def _file_id(self) -> str:
        """Its id, where it is a file that Attio keeps, as far as is known."""
        raw = self._state.raw or {}
        kind = raw.get("file_type", "file")
        if self.id is None:
            raise ValidationError("This File is not saved yet: person.files.upload() makes one.")
        if str(kind).endswith("folder"):
            raise ValidationError(
                f"{self!r} is a folder and has no content: File.objects.filter(parent=..., "
                f"folder=...) gives what is in it."
            )
        if kind != "file":
            raise NotSupportedByAttio(
                f"{self!r} is kept at {raw.get('storage_provider')}, and Attio gives only what it "
                f"keeps itself: download it there."
            )
        return self.id

    def _has_content(self) -> Operation[None]:
        if self._state.raw is None and self.id is not None:
            yield from loading.refresh(self)
        self._file_id()

    def _told(self, operation: Operation[Any]) -> Operation[Any]:
        """The operation; where the file is gone, that is said as everywhere."""
        from attio_orm.errors import NotFoundError
        from attio_orm.resources.base import gone

        try:
            return (yield from operation)
        except NotFoundError as error:
            if not error.is_gone:
                raise
            raise gone(self) from error


class Files(Related[File]):
    """The files and folders of one record, the oldest first."""

    __slots__ = ()

    @sync_method
    def upload(
        self,
        path_or_file: FileSource,
        *,
        name: str | None = None,
        content_type: str | None = None,
        folder: File | str | None = None,
    ) -> Operation[File]:
        """Send a path, bytes or an open file, 50 MB at most, and give the ``File``.

        Name and type go by those of the path, unless told. It is read into memory once, whole,
        before anything is sent; Attio takes one upload a second, and the limiter waits for that.
        Raises ``ValidationError``, ``OSError`` where the file cannot be read, and
        ``OutcomeUnknownError`` where no answer came. See https://docs.attio.com/rest-api.
        """
        upload = Upload(path_or_file, name)
        made = self._new(upload.name, folder)
        beside = resource_state(made).beside
        beside["upload"], beside["content_type"] = upload, content_type
        yield from self._save(made)
        if made.id is not None:  # else it was a dry run
            beside.clear()
        return made

    aupload = async_twin(upload)

    @sync_method
    def create_folder(self, name: str, *, folder: File | str | None = None) -> Operation[File]:
        """Make a folder on the record, or in another folder of it.

        Raises ``ValidationError``, and ``OutcomeUnknownError`` where no answer came.
        """
        made = self._new(name, folder)
        made.is_folder = True
        yield from self._save(made)
        return made

    acreate_folder = async_twin(create_folder)

    def _save(self, made: File) -> Operation[None]:
        state = state_of(self._record)
        return saving.save(made, connection=state.connection, session=state.session)

    def _new(self, name: str, folder: File | str | None) -> File:
        made = File(parent=self._record, name=name)
        if folder is not None:
            made.folder = folder
        return made


def files_of(record: Record) -> Files:
    """The files and folders of a record."""
    return Files(record, File, "parent")


public_in("attio_orm", File)
