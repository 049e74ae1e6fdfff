"""What is read of a file before it is sent, and what is refused."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from attio_orm.errors import ValidationError
from attio_orm.resources.uploads import LARGEST, Upload


def test_a_path_bytes_and_an_open_file_give_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "offer.pdf"
    path.write_bytes(b"%PDF" + bytes(3_000_000))  # of several pieces
    with path.open("rb") as file:
        uploads = [
            Upload(path, None),
            Upload(str(path), None),
            Upload(file, None),
            Upload(path.read_bytes(), "offer.pdf"),
            Upload(io.BytesIO(path.read_bytes()), "offer.pdf"),
        ]
        for upload in uploads:
            assert b"".join(upload.pieces()) == path.read_bytes()
            assert (upload.name, upload.content_type()) == ("offer.pdf", "application/pdf")
        assert not file.closed  # it is not ours


def test_an_unpacked_file_is_told_from_the_packed_one_below_it(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt.gz"
    path.write_bytes(gzip.compress(b"a" * 10_000))
    with gzip.open(path) as file:
        assert b"".join(Upload(file, "notes.txt").pieces()) == b"a" * 10_000


def test_a_file_that_vanished_is_the_error_of_the_disk(tmp_path: Path) -> None:
    upload = Upload(tmp_path / "gone.pdf", None)
    with pytest.raises(FileNotFoundError, match=r"gone\.pdf"):
        list(upload.pieces())


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "offer.pdf"
    path.write_bytes(bytes(3_000_000))
    pieces: Iterator[bytes] = Upload(path, None).pieces()
    next(pieces)
    path.write_bytes(b"")
    with pytest.raises(ValidationError, match="it had 3,000,000 bytes, and gave 1,048,576"):
        list(pieces)


class _Endless(io.RawIOBase):
    """A source that never says how long it is."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        self.given += size
        return bytes(size)


def test_more_than_attio_takes_is_refused_before_all_of_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with path.open("wb") as file:
        file.truncate(51_000_000)  # a hole: it takes no room
    with pytest.raises(ValidationError, match=r"film\.mp4 has 51,000,000 bytes or more.*50 MB"):
        next(Upload(path, None).pieces())
    with pytest.raises(ValidationError, match="50,000,001 bytes"):
        Upload(bytes(LARGEST + 1), "film.mp4")
    endless = _Endless()
    with pytest.raises(ValidationError, match="Nothing was sent"):
        for _ in Upload(endless, "film.mp4").pieces():
            pass
    assert endless.given < LARGEST + 2_000_000


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"abc", 'upload\\(..., name="offer.pdf"\\)'),
        (io.BytesIO(b"abc"), "has no name"),
        (12, "12 \\(int\\) does not fit|12 is not a file"),
    ],
    ids=["bytes", "memory", "number"],
)
def test_what_has_no_name_or_is_no_file_is_refused(source: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Upload(source, None)


def test_a_file_opened_as_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    with path.open() as file, pytest.raises(ValidationError, match='open\\(path, "rb"\\)'):
        list(Upload(file, None).pieces())
