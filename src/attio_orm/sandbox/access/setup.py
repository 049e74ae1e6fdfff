"""What tests arrange about access: tokens with fewer scopes, revoked ones, OAuth apps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec

from attio_orm.sandbox.access.scopes import ALL, scope_text
from attio_orm.sandbox.access.tokens import store_token
from attio_orm.sandbox.bodies import bad_text
from attio_orm.sandbox.catalog import Catalog
from attio_orm.sandbox.clock import Clock
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.storage import Database
from attio_orm.sandbox.timestamps import format_moment


class AccessSetUp(ABC):
    """The part of a workspace that says who may do what."""

    clock: Clock
    _database: Database
    _ids: Ids

    @abstractmethod
    def _read_schema(self) -> None: ...

    def add_token(self, scopes: Iterable[str] = (), name: str | None = None) -> str:
        """Add an API key with these scopes ("note:read-write" includes reading); give its text.

        As in Attio a new key may do nothing until scopes are granted. Its writes name it as their
        actor. Raises ValueError for an unknown scope.
        """
        scope = scope_text(scopes)
        with self._database.lock:
            with self._database.transaction(writes=True):
                catalog = Catalog(self._database, self._ids, format_moment(self.clock.now()))
                key = self._ids.new()
                token = store_token(
                    catalog,
                    scope=scope,
                    client_id=self._ids.new(),
                    actor=("api-token", key),
                    key=key,
                    name=name or "",
                )
            self._read_schema()
        return token

    def revoke_token(self, token: str) -> None:
        """Make a token invalid: requests get a 401, and `GET /v2/self` says it is inactive.

        Raises ValueError for a token that is not in force.
        """
        with self._database.lock:
            with self._database.transaction(writes=True):
                done = self._database.run(
                    "UPDATE tokens SET revoked_at = ? WHERE token = ? AND revoked_at IS NULL",
                    (format_moment(self.clock.now()), token),
                )
                if not done.rowcount:
                    raise ValueError("The workspace has no such token, or it is revoked already.")
            self._read_schema()

    def has_app(self, client_id: str) -> bool:
        """Tell whether an OAuth app of this client id is registered here."""
        with self._database.lock:
            sql = "SELECT 1 FROM apps WHERE client_id = ?"
            return not bad_text(client_id) and self._database.row(sql, (client_id,)) is not None

    def secrets(self) -> list[str]:
        """Give all that nobody should read over a shoulder: tokens, secrets, and OAuth codes."""
        with self._database.lock:
            rows = self._database.rows(
                "SELECT token FROM tokens UNION SELECT secret FROM apps"
                " UNION SELECT secret FROM webhooks UNION SELECT code FROM codes"
            )
        return [secret for (secret,) in rows]

    def add_app(self, redirect_uris: Iterable[str], scopes: Iterable[str] = ALL) -> tuple[str, str]:
        """Register an OAuth app and give its client id and client secret.

        The tokens it gets have `scopes`, whatever it asks for: Attio takes them from the app's
        settings. Raises ValueError for an unknown scope, or an address that is none.
        """
        uris = list(redirect_uris)
        for uri in uris:
            parts = urlsplit(uri)
            if not parts.scheme or parts.fragment or not (parts.netloc or parts.path):
                raise ValueError(
                    f"{uri!r} is no redirect URI: give a whole address without a fragment."
                )
        scope = scope_text(scopes)
        client, secret = self._ids.new(), Ids.token()
        with self._database.transaction(writes=True):
            self._database.run(
                "INSERT INTO apps (client_id, secret, redirect_uris, scope) VALUES (?, ?, ?, ?)",
                (client, secret, msgspec.json.encode(uris).decode(), scope),
            )
        return client, secret
