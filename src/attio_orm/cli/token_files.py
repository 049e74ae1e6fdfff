"""Files that hold an access token, so that it stands on no command line."""

from __future__ import annotations

import os
from pathlib import Path

MOST = 4096  # bytes: what is longer is another file


def read_token(file: Path) -> str | None:
    """The token that a file holds, ``None`` where it is not there or empty.

    A file that others may read is narrowed to its owner. Raises ``ValueError`` for one that holds
    something else, and ``OSError``.
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST + 1)
    except FileNotFoundError:
        return None
    token = content.decode("ascii", "replace").strip()
    if len(content) > MOST or not token.isprintable() or not token.isascii() or " " in token:
        raise ValueError(
            f"The file {str(file)!r} holds no token: it is one word of ASCII characters. Give "
            "another file, or an empty one."
        )
    if token and os.name == "posix":
        found = file.stat()
        if found.st_uid == os.geteuid() and found.st_mode & 0o077:
            file.chmod(0o600)
    return token or None


def write_token(file: Path, token: str) -> None:
    """Write a token to a file that its owner alone may read. Raises ``OSError``."""
    # narrowed before it holds anything, also where it was there
    number = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    with open(number, "w", encoding="ascii") as opened:
        if os.name == "posix":
            os.fchmod(number, 0o600)
        opened.truncate()
        opened.write(f"{token}\n")
