"""Files on their way to Attio: what is read of them, and what is refused before it is sent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from io import BufferedRandom, BufferedReader, FileIO
from os import PathLike, fspath
from typing import IO, Any, Final, TypeGuard

from attio_orm.errors import ValidationError
from attio_orm.wording import show

LARGEST: Final = 50_000_000  # bytes: of what "50 MB" may mean, the smaller
_PIECE = 1_048_576


class Upload:
    """A file to send: a path, bytes, or a file object that is open for reading in binary.

    It is read once, in pieces, when the request is built; so nothing of it is sent before all of
    it is known to be there.
    """

    def __init__(self, source: Any, name: str | None) -> None:
        """Raises ``ValidationError`` for anything but a file, and if nothing tells its name."""
        self._source: Any = source
        self.size: int | None = None  # bytes, where that is known before it is read
        if _is_bytes(source):
            self.size = memoryview(source).nbytes
        elif not _is_path(source) and not hasattr(source, "read"):
            raise ValidationError(
                f"{show(source)} is not a file: give a path, bytes, or a file opened with "
                f'open(path, "rb").'
            )
        self.name = name if name is not None else self._own_name()
        if not self.name:
            raise ValidationError('The file has no name: give one, upload(..., name="offer.pdf").')
        self._check(self.size)

    def _own_name(self) -> str:
        source = self._source
        found = source if _is_path(source) else getattr(source, "name", None)
        return os.path.basename(fspath(found)) if _is_path(found) else ""

    def content_type(self) -> str:
        """The type that goes by its name; ``application/octet-stream`` where none does."""
        from mimetypes import guess_type  # few programs upload

        return guess_type(self.name)[0] or "application/octet-stream"

    def pieces(self) -> Iterator[bytes]:
        """Its bytes. Raises ``ValidationError`` for more than Attio takes, ``OSError`` of the disk.

        Raises ``ValidationError`` too where a file on disk grew or shrank meanwhile.
        """
        source = self._source
        if _is_bytes(source):
            yield bytes(source)
            return
        with self._opened() as file:
            told = self._size_of(file)
            self._check(told)
            read = 0
            while piece := file.read(_PIECE):
                if not isinstance(piece, bytes):
                    raise ValidationError(
                        f'{self.name} gives text: open it in binary, with open(path, "rb").'
                    )
                read += len(piece)
                self._check(read)
                yield piece
        if told is not None and read != told:
            raise ValidationError(
                f"{self.name} was changed while it was read: it had {told:,} bytes, and gave "
                f"{read:,}. Nothing was sent; upload it again when it is complete."
            )

    def _opened(self) -> AbstractContextManager[IO[Any]]:
        source = self._source
        if _is_path(source):
            return open(fspath(source), "rb")
        return nullcontext(source)  # theirs, and so is closing it

    def _size_of(self, file: IO[Any]) -> int | None:
        """The bytes of a file on disk from where it stands on; ``None`` of all else."""
        from stat import S_ISREG  # few programs upload

        # not of a GzipFile and the like, whose fileno() is that of another file
        if not isinstance(file, BufferedReader | BufferedRandom | FileIO):
            return None
        found = os.fstat(file.fileno())
        return max(found.st_size - file.tell(), 0) if S_ISREG(found.st_mode) else None

    def _check(self, size: int | None) -> None:
        if size is not None and size > LARGEST:
            raise ValidationError(
                f"{self.name} has {size:,} bytes or more, and Attio takes {LARGEST:,} (50 MB) at "
                f"most. Nothing was sent: make it smaller, or keep it elsewhere and link to it."
            )


def _is_bytes(source: object) -> TypeGuard[bytes | bytearray | memoryview[int]]:
    return isinstance(source, bytes | bytearray | memoryview)


def _is_path(source: object) -> TypeGuard[str | PathLike[str]]:
    return isinstance(source, str | PathLike)
