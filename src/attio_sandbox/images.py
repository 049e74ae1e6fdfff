"""The filled workspace as bytes: made once, then found in the package or the user's cache."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).parent
IN_PACKAGE = _PACKAGE / "crm.image"  # in a wheel: its build puts it there; a clone has none
_MARK = b"attio_sandbox image 1\n"
_KEY = 64  # hex digits
# zlib: unpacked faster than lzma and bz2 (90 ms, 130 ms, 990 ms on one machine), and at level 6 as
# small as at 9, in half the time.
_LEVEL = 6
_UNFINISHED = ".crm-"
_OLD = 3_600  # seconds: an image is written in less than one
KEPT = 8  # images of other versions and clones: each is 4 MB


def find_image(make: Callable[[], bytes]) -> bytes:
    """Give the image of the filled workspace: the package's, else the cache's, else a new one.

    A file that is broken, of other code or of somebody else is made anew, and a cache that cannot
    be written is none: nothing of this is an error.
    """
    with suppress(OSError, ValueError):
        return unpack(IN_PACKAGE.read_bytes())
    key = source_key()
    path = None if key is None else _path(key)
    if key is None or path is None:
        return make()
    with suppress(OSError, ValueError):
        return unpack(_read_own(path), key)
    image = make()
    with suppress(OSError):
        _keep(path, pack(image, key))
    return image


def pack(image: bytes, key: str) -> bytes:
    """Give the file of an image: a mark, the key of the code that made it, and all compressed."""
    return _MARK + key.encode() + zlib.compress(image, _LEVEL)


def unpack(data: bytes, key: str | None = None) -> bytes:
    """Give the image of a file; raises ValueError where it is broken, or of another `key`."""
    start = len(_MARK) + _KEY
    if not data.startswith(_MARK) or key not in (None, data[len(_MARK) : start].decode("latin-1")):
        raise ValueError("This is not an image, or that of other code.")
    unpacking = zlib.decompressobj()
    try:
        image = unpacking.decompress(data[start:])
    except zlib.error as error:  # its checksum as well: a changed byte is found
        raise ValueError("The image is broken.") from error
    if not unpacking.eof:
        raise ValueError("The image is cut off.")
    return image


@cache
def source_key() -> str | None:
    """Give the hash of the code that an image is made by; None where there are no files of it."""
    # The code itself and not its version, so that a clone notices what was changed in it. Without
    # the server, which fills nothing. It takes some milliseconds.
    digest = hashlib.sha256(f"{sys.version_info[:2]}".encode())
    try:
        files = sorted(
            path
            for path in _PACKAGE.rglob("*.py")
            if path.relative_to(_PACKAGE).parts[0] != "server"
        )
        for path in files:
            digest.update(f"\0{path.relative_to(_PACKAGE).as_posix()}\0".encode())
            digest.update(path.read_bytes())
    except OSError:
        return None
    return digest.hexdigest() if files else None


def cache_folder() -> Path | None:
    """Give the folder for what can be made again, by the custom of the system; None: no home."""
    custom = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    if custom and Path(custom).is_absolute():  # the specification ignores what is relative
        return Path(custom) / "attio-orm"
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if sys.platform == "win32":
        return home / "AppData" / "Local" / "attio-orm"
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "attio-orm"


def _path(key: str) -> Path | None:
    folder = cache_folder()
    return None if folder is None else folder / f"crm-{_version()}-{key[:16]}.image"


def _version() -> str:
    from importlib import metadata  # here: it is looked for where a clone is filled, and only then

    try:
        return metadata.version("attio-orm")
    except metadata.PackageNotFoundError:  # a clone on the path, not installed
        return "source"


def _read_own(path: Path) -> bytes:
    """Give a file that this user alone can have written; raises OSError for any other."""
    with path.open("rb") as file:
        if sys.platform != "win32":
            found = os.fstat(file.fileno())
            if found.st_uid != os.getuid() or found.st_mode & 0o022:
                raise PermissionError(f"{path} may be written by others.")
        return file.read()


def _keep(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: other processes may be reading it, or writing the same."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)  # 0600 from the start
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        os.replace(name, path)
    except OSError:
        with suppress(OSError):
            os.unlink(name)
        raise
    _tidy(path.parent)


def _tidy(folder: Path) -> None:
    """Remove the oldest images: each change of a clone's code makes another one."""
    found = [(each.stat().st_mtime, each) for each in folder.glob("crm-*.image")]
    for _, each in sorted(found, reverse=True)[KEPT:]:
        each.unlink(missing_ok=True)
    # What a process was writing when it was killed; a young one may be another process's.
    for each in folder.glob(f"{_UNFINISHED}*"):
        if time.time() - each.stat().st_mtime > _OLD:
            each.unlink(missing_ok=True)
