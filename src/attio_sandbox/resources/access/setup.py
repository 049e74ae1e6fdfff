"""What tests arrange about access: tokens with fewer scopes, revoked ones, OAuth apps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from attio_sandbox.ids import Ids
from attio_sandbox.requests import Calls
from attio_sandbox.resources.access.scopes import ALL, scope_text
from attio_sandbox.resources.access.tokens import find_token, store_token


class Access:
    """Says who may do what in a workspace, beside its first token, which may do everything."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def add_token(
        self,
        scopes: Iterable[str] = (),
        name: str | None = None,
        *,
        level: Literal["workspace", "user"] = "workspace",
        member: str | None = None,
    ) -> str:
        """Add a token with these scopes ("note:read-write" includes reading); give its text.

        As in Attio a new one may do nothing until scopes are granted. An API key of the workspace
        is the actor of its writes. One of the level "user", which apps get, acts for a `member`
        (an id or an e-mail address), who is the actor then. Raises ValueError for an unknown
        scope, level or member.
        """
        scope = scope_text(scopes)
        if level not in ("workspace", "user"):
            raise ValueError(f"There is no level {level!r}: use 'workspace' or 'user'.")
        if (level == "user") is (member is None):
            raise ValueError(
                "A token of the level 'user' acts for a member, and only such a one does: give "
                "both level='user' and member, or neither."
            )
        with self._calls.call(writes=True) as call:
            key = call.ids.new()
            if member is None:
                # the token itself is the client of a token of the workspace (facts.md 1)
                client, actor, by = key, ("api-token", key), None
            else:
                found = call.schema.find_member(member)
                if found is None:
                    raise ValueError(f"The workspace has no member {member!r}: add them first.")
                client, actor, by = call.ids.new(), ("workspace-member", found.id), found.id
            return store_token(
                call.catalog,
                scope=scope,
                client_id=client,
                actor=actor,
                key=key,
                name=name or "",
                member=by,
            )

    def revoke_token(self, token: str) -> None:
        """Make a token invalid: requests get a 401, and `GET /v2/self` says it is inactive.

        Raises ValueError for a token that is not in force.
        """
        with self._calls.call(writes=True) as call:
            done = call.database.run(
                "UPDATE tokens SET revoked_at = ? WHERE token = ? AND revoked_at IS NULL",
                (call.now, token),
            )
            if not done.rowcount:  # the statement itself looked: no other call comes in between
                raise ValueError("The workspace has no such token, or it is revoked already.")
            call.schema.touch()

    def accepts(self, headers: Mapping[str, str]) -> bool:
        """Tell whether headers (lower-case names) carry a token of this workspace."""
        return find_token(self._calls.schema, headers) is not None

    def knows_code(self, body: bytes) -> bool:
        """Tell whether the form of a `POST /oauth/token` has a code of this workspace."""
        code = dict(parse_qsl(body.decode("latin-1"))).get("code", "")
        with self._calls.call(writes=False) as call:
            return call.database.row("SELECT 1 FROM codes WHERE code = ?", (code,)) is not None

    def add_app(
        self,
        redirect_uris: Iterable[str],
        scopes: Iterable[str] = ALL,
        *,
        credentials: tuple[str, str] | None = None,
    ) -> tuple[str, str]:
        """Register an OAuth app and give its client id and client secret.

        The tokens it gets have `scopes`, whatever it asks for: Attio takes them from the app's
        settings. With `credentials`, what another workspace gave, it is the same app in this one.
        Raises ValueError for an unknown scope, or an address that is not valid.
        """
        uris = list(redirect_uris)
        for uri in uris:
            parts = urlsplit(uri)
            if not parts.scheme or parts.fragment or not (parts.netloc or parts.path):
                raise ValueError(
                    f"{uri!r} is not a redirect URI: give a whole address without a fragment."
                )
        scope = scope_text(scopes)
        with self._calls.call(writes=True) as call:
            client, secret = credentials or (call.ids.new(), Ids.token())
            if call.database.row("SELECT 1 FROM apps WHERE client_id = ?", (client,)) is not None:
                raise ValueError("The workspace has this app already.")
            call.database.insert(
                "apps",
                client_id=client,
                secret=secret,
                redirect_uris=msgspec.json.encode(uris).decode(),
                scope=scope,
            )
        return client, secret

    def secrets(self) -> list[str]:
        """Give all that nobody should read over a shoulder: tokens, secrets, and OAuth codes."""
        with self._calls.call(writes=False) as call:
            rows = call.database.rows(
                "SELECT token FROM tokens UNION SELECT secret FROM apps"
                " UNION SELECT secret FROM webhooks UNION SELECT code FROM codes"
            )
        return [secret for (secret,) in rows]
