"""Access tokens: those of the workspace's settings, and those that apps were granted."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from attio_sandbox.ids import Ids
from attio_sandbox.requests import Token
from attio_sandbox.resources.access.scopes import ALL, scope_text
from attio_sandbox.schema import Catalog, Schema
from attio_sandbox.timestamps import to_datetime

TABLES = """
CREATE TABLE tokens (
    num INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, id TEXT NOT NULL UNIQUE,
    actor INTEGER NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, client_id TEXT NOT NULL,
    created_at TEXT NOT NULL, revoked_at TEXT);
CREATE TABLE user_tokens (token INTEGER PRIMARY KEY, member TEXT NOT NULL);
"""


def given_token(headers: Mapping[str, str]) -> str | None:
    """Give the token of an `Authorization` header, None if none can be read.

    Attio takes it as a bearer token and as the user name of HTTP Basic; see
    https://docs.attio.com/rest-api/guides/authentication.
    """
    scheme, _, given = headers.get("authorization", "").strip().partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[0]
        except ValueError:  # not base64, not ASCII, or not UTF-8 inside
            return None
    elif scheme.lower() != "bearer":
        return None
    return given or None


def find_token(schema: Schema, headers: Mapping[str, str]) -> Token | None:
    """Give the token that headers carry, where it is in force."""

    def read() -> dict[str, Token]:
        return {
            token: Token(token, key, actor, scope, frozenset(scope.split()), *others)
            for token, key, actor, scope, *others in schema.database.rows(
                "SELECT tokens.token, id, actor, scope, client_id, created_at, member FROM tokens"
                " LEFT JOIN user_tokens ON user_tokens.token = num WHERE revoked_at IS NULL"
            )
        }

    return schema.cached(Token, read).get(given_token(headers) or "")


def store_token(
    catalog: Catalog,
    *,
    scope: str,
    client_id: str,
    actor: tuple[str, str],
    token: str | None = None,
    key: str | None = None,
    name: str = "",
    member: str | None = None,
) -> str:
    """Add a token, inside the caller's transaction, and give its text.

    With `member` it is one of the user level.
    """
    token = token or Ids.token()
    database = catalog.schema.database
    num = database.insert(
        "tokens",
        token=token,
        id=key or catalog.ids.new(),
        actor=catalog.actor(*actor),
        name=name,
        scope=scope,
        client_id=client_id,
        created_at=catalog.now,
    )
    if member is not None:
        database.insert("user_tokens", token=num, member=member)
    catalog.schema.touch()
    return token


def add_first_token(catalog: Catalog) -> None:
    """Add the token that a workspace starts with, where it is not there: it may do everything."""
    # Also where it was restored from an image, which has none.
    if catalog.schema.database.row("SELECT 1 FROM tokens") is None:
        meta = catalog.schema.meta
        store_token(
            catalog,
            scope=scope_text(ALL),
            client_id=meta["token_id"],
            actor=("api-token", meta["token_id"]),
            token=meta["token"],
            key=meta["token_id"],
            name="Sandbox",
        )
    else:
        # In a file of before it has the scopes that there were then.
        catalog.schema.database.run(
            "UPDATE tokens SET scope = ? WHERE id = ? AND scope != ?",
            (scope_text(ALL), catalog.schema.meta["token_id"], scope_text(ALL)),
        )


def set_first_token(schema: Schema, token: str) -> None:
    """Give the first token another text; it stays the same actor. Raises ValueError."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("A token is of visible ASCII characters, without spaces.")
    schema.database.run("UPDATE meta SET value = ? WHERE key = 'token'", (token,))
    schema.database.run(
        # or replace: the text may be that of a token that was added by hand
        "UPDATE OR REPLACE tokens SET token = ?, revoked_at = NULL WHERE id = ?",
        (token, schema.meta["token_id"]),
    )
    schema.meta["token"] = token
    schema.touch()  # tokens are kept with it


def token_document(token: Token, schema: Schema) -> dict[str, Any]:
    """Give what `GET /v2/self` and the introspection of OAuth say of a token."""
    return {
        "active": True,
        "scope": " ".join(sorted(token.scope.split())),  # in alphabetical order (facts.md 16)
        "client_id": token.client_id,
        "token_type": "Bearer",
        "exp": None,  # tokens do not expire (facts.md 1)
        "iat": int(to_datetime(token.created_at).timestamp()),
        "sub": schema.workspace_id,
        "aud": token.client_id,
        "iss": "attio.com",
        "token_level": token.level,
        "authorized_by_workspace_member_id": token.member or schema.members[0].id,
        "workspace_id": schema.workspace_id,
        "workspace_name": schema.meta["name"],
        "workspace_slug": schema.meta["slug"],
        "workspace_logo_url": None,
    }
