"""Files and folders of records, sent and read."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from attio_orm import (
    File,
    InvalidResponseError,
    NotSupportedByAttio,
    OutcomeUnknownError,
    Person,
    ReadOnlyAttributeError,
    TransportError,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.testing import assert_num_requests
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("no_waits")


async def test_a_file_is_sent_and_read_in_every_way(
    ada: Person, tmp_path: Path, colour: Colour
) -> None:
    path = tmp_path / "offer.txt"
    path.write_bytes(b"one\r\n--two\x00\xff" * 1000)
    with assert_num_requests(1):
        file = await colour.call(ada.files, "upload", path)
    assert (file.name, file.content_type, file.size) == ("offer.txt", "text/plain", 13_000 - 1000)
    assert (file.is_folder, file.provider, file.parent, file.folder) == (False, "attio", ada, None)
    assert await colour.call(file, "read") == path.read_bytes()
    copy = tmp_path / "copy.txt"
    assert await colour.call(file, "download", copy) == copy
    target = io.BytesIO()
    assert await colour.call(file, "download", target) == 12_000
    assert copy.read_bytes() == target.getvalue() == path.read_bytes()
    if colour.is_async:
        async with file.aopen() as chunks:
            assert b"".join([chunk async for chunk in chunks]) == path.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.txt", "offer.txt"]


async def test_folders_hold_files_and_go_with_them(ada: Person, colour: Colour) -> None:
    folder = await colour.call(ada.files, "create_folder", "Contracts")
    inner = await colour.call(ada.files, "create_folder", "2026", folder=folder)
    file = await colour.call(ada.files, "upload", b"a", name="a.pdf", folder=inner)
    assert (folder.is_folder, inner.folder, file.folder) == (True, folder, inner)
    assert await colour.items(ada.files) == [folder, inner, file]
    assert await colour.items(ada.files.filter(folder=inner)) == [file]
    assert await colour.items(ada.files.filter(provider="dropbox")) == []
    with pytest.raises(ValidationError, match="is a folder and has no content"):
        await colour.call(folder, "read")
    with pytest.raises(ValidationError, match="is a file, not a folder"):
        ada.files.filter(folder=file)
    await colour.call(folder, "delete")
    assert await colour.call(ada.files, "count") == 0
    with pytest.raises(File.DoesNotExist):
        await colour.call(file, "read")


def test_what_attio_does_not_have_is_refused_before_anything_is_sent(ada: Person) -> None:
    file = ada.files.upload(b"a", name="a.pdf")
    with assert_num_requests(0):
        with pytest.raises(UnsupportedLookup, match="lists Files by parent alone"):
            list(File.objects.all())
        with pytest.raises(UnsupportedLookup, match="filtered by parent or folder or provider"):
            ada.files.filter(name="a.pdf")
        with pytest.raises(UnsupportedLookup, match="sorted by nothing"):
            ada.files.order_by("created_at")
        with pytest.raises(ValidationError, match="Did you mean 'dropbox'"):
            ada.files.filter(provider="dropbx")
        with pytest.raises(ReadOnlyAttributeError, match="cannot be changed once the File"):
            file.name = "b.pdf"
        with pytest.raises(ValidationError, match=r"person\.files\.upload"):
            File.objects.create(parent=ada, name="a.pdf")
        with pytest.raises(ValidationError, match="is nothing to write to"):
            file.download(12)  # type: ignore[call-overload]


def test_what_another_provider_keeps_is_not_asked_for(ada: Person) -> None:
    connection = ada.connection
    assert connection is not None
    connection.api.files.create(
        object="people", record_id=ada.id, file_type="connected-file",
        storage_provider="dropbox", external_provider_file_id="x",
    )  # fmt: skip
    (file,) = ada.files.filter(provider="dropbox")
    assert (file.name, file.provider, file.is_folder) == (None, "dropbox", False)
    with assert_num_requests(0), pytest.raises(NotSupportedByAttio, match="is kept at dropbox"):
        file.read()


async def test_a_file_that_cannot_be_sent_sends_nothing(
    ada: Person, tmp_path: Path, colour: Colour
) -> None:
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(51_000_000)  # a hole: it takes no room
    with assert_num_requests(0):
        with pytest.raises(FileNotFoundError, match=r"gone\.pdf"):
            await colour.call(ada.files, "upload", tmp_path / "gone.pdf")
        with pytest.raises(ValidationError, match="takes 50,000,000"):
            await colour.call(ada.files, "upload", film)
    film.write_bytes(b"short")  # neither is a reason not to send what is sound
    assert (await colour.call(ada.files, "upload", film)).size == 5


async def test_an_upload_without_an_answer_is_not_repeated(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    attio_sandbox.fail_next("drop_after", match="POST /v2/files/upload")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(ada.files, "upload", b"a", name="a.pdf")
    assert [each.name for each in await colour.items(ada.files)] == ["a.pdf"]
    attio_sandbox.fail_next(429, match="POST /v2/files/upload", retry_after=0)
    await colour.call(ada.files, "upload", b"b", name="b.pdf")
    assert [each.name for each in await colour.items(ada.files)] == ["a.pdf", "b.pdf"]


async def test_half_a_download_leaves_the_file_of_before(
    ada: Person, attio_sandbox: Any, tmp_path: Path, colour: Colour
) -> None:
    file = await colour.call(ada.files, "upload", b"new" * 1000, name="a.txt")
    target = tmp_path / "a.txt"
    target.write_text("old")
    attio_sandbox.fail_next("truncate", match="GET /storage", times=10)
    with pytest.raises(TransportError):
        await colour.call(file, "download", target)
    assert target.read_text() == "old"
    attio_sandbox.heal()
    await colour.call(file, "download", target)
    assert target.read_text() == "new" * 1000


def test_a_dry_run_sends_no_file_and_reads_it_all_the_same(ada: Person, tmp_path: Path) -> None:
    assert ada.connection is not None
    with ada.connection.dry_run() as plan:
        file = ada.files.upload(b"a", name="a.pdf")
        with pytest.raises(FileNotFoundError):
            ada.files.upload(tmp_path / "gone.pdf")
    assert file.id is None
    assert [(each.method, each.path) for each in plan] == [("POST", "/v2/files/upload")]
    assert list(ada.files) == []


async def test_many_are_deleted_where_their_number_is_confirmed(
    ada: Person, colour: Colour
) -> None:
    folder = await colour.call(ada.files, "create_folder", "Contracts")
    await colour.call(ada.files, "upload", b"a", name="a.pdf", folder=folder)
    of_ada = File.objects.filter(parent=ada)
    with pytest.raises(ValidationError, match="2 Files match, and confirm=1"):
        await colour.call(of_ada, "delete", confirm=1)
    # that the folder takes the file along is no failure
    assert await colour.call(of_ada, "delete", confirm=2) == 2
    assert not await colour.call(of_ada, "exists")


def test_a_cursor_that_comes_again_is_refused(ada: Person, attio_sandbox: Any) -> None:
    page = {"data": [], "pagination": {"next_cursor": "x"}}  # short and empty pages are no end
    attio_sandbox.reply_next(page, match="GET /v2/files", times=5)
    with pytest.raises(InvalidResponseError, match="cursor that was followed before"):
        list(ada.files)
