"""``FileTokens``: sealed tokens in a file of their own."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from typing import cast

from attio_orm.errors import ValidationError
from attio_orm.oauth.stores import Keys, Sealer, TokenStore, checked_name, checked_token
from attio_orm.oauth.tokens import OAuthToken
from attio_orm.transport.tokens import ApiKey, HiddenKey

_WAIT = 10.0  # seconds, for another process that writes


class FileTokens(TokenStore):
    """Tokens in a file, each sealed with ``key``; threads and processes may share it.

    ``key`` is one of ``cryptography.fernet.Fernet.generate_key()``, or several, the newest first.
    The file is made for its owner alone, and refused where others may read it. Raises
    ``ValidationError``; ``OSError`` where the file cannot be used. Needs ``attio-orm[oauth]``.
    """

    def __init__(self, path: str | os.PathLike[str], key: Keys) -> None:
        keys = HiddenKey(cast("ApiKey", key))
        del key  # tools print the variables of each frame
        self._sealer = Sealer(keys)
        self._path = os.fspath(path)

    def get(self, name: str, /) -> OAuthToken | None:
        """The token of a name, ``None`` if there is none. Raises ``ValidationError``."""
        checked_name(name)
        with self._opened() as database:
            found = database.execute("SELECT sealed FROM tokens WHERE name = ?", (name,)).fetchone()
        if found is None:
            return None
        sealed: object = found[0]  # whoever writes another kind of value did not seal it
        return self._sealer.open(name, sealed if isinstance(sealed, bytes) else b"")

    def put(self, name: str, token: OAuthToken, /) -> None:
        """Keep a token, in place of the one that was there."""
        sealed = self._sealer.seal(checked_name(name), checked_token(token))
        with self._opened() as database:
            database.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?)", (name, sealed))

    def delete(self, name: str, /) -> None:
        """Forget a token; nothing happens if there is none."""
        with self._opened() as database:
            database.execute("DELETE FROM tokens WHERE name = ?", (checked_name(name),))

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        with suppress(FileExistsError):  # made with its rights, before anything is in it
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        mode = os.stat(self._path).st_mode
        if not stat.S_ISREG(mode):
            raise self._is_none()
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise ValidationError(
                f"The token store {self._path} may be read or written by others. Keep it to its "
                f"owner: chmod 600 {self._path}"
            )
        try:
            # a connection for each use: it may be shared by threads, and survives a fork
            with closing(
                sqlite3.connect(self._path, timeout=_WAIT, isolation_level=None)
            ) as database:
                database.execute("PRAGMA secure_delete = ON")
                database.execute(
                    "CREATE TABLE IF NOT EXISTS tokens"
                    " (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID"
                )
                yield database
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", None)
            is_ours = code != sqlite3.SQLITE_ERROR  # else it has other columns
            if isinstance(error, sqlite3.OperationalError) and is_ours:  # locked, full, read-only
                raise OSError(f"The token store {self._path} cannot be used: {error}") from error
            raise self._is_none() from error

    def _is_none(self) -> ValidationError:
        return ValidationError(
            f"{self._path} is not a token store: give the path of one, or of a new file."
        )

    def __repr__(self) -> str:
        return f"FileTokens({self._path!r})"
