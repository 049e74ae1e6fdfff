"""Access tokens: those of the workspace's settings, and those that apps were granted."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attio_orm.sandbox.access.scopes import ALL, scope_text
from attio_orm.sandbox.catalog import Catalog
from attio_orm.sandbox.errors import invalid
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.storage import Database

# What RFC 6750 allows in a token; anything else cannot be one.
_FORM = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """One access token that is in force; `actor` is the number of whom its writes name."""

    token: str
    id: str
    actor: int
    scope: str
    scopes: frozenset[str]
    client_id: str
    created_at: str


def given_token(headers: Mapping[str, str]) -> str | None:
    """Give the token of an `Authorization` header, None where there is none to be read.

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


def check_form(token: str | None) -> None:
    """Raise the 400 that `GET /v2/self` gives for a token that cannot be one."""
    if token is not None and _FORM.fullmatch(token) is None:
        raise invalid("The access token is malformed.")


def read_tokens(database: Database) -> dict[str, Token]:
    """Give the tokens that are in force, by their text."""
    return {
        token: Token(token, key, actor, scope, frozenset(scope.split()), client, created)
        for token, key, actor, scope, client, created in database.rows(
            "SELECT token, id, actor, scope, client_id, created_at FROM tokens"
            " WHERE revoked_at IS NULL"
        )
    }


def store_token(
    catalog: Catalog,
    *,
    scope: str,
    client_id: str,
    actor: tuple[str, str],
    token: str | None = None,
    key: str | None = None,
    name: str = "",
) -> str:
    """Add a token, inside the caller's transaction, and give its text."""
    token = token or Ids.token()
    key = key or catalog.ids.new()
    catalog.database.run(
        "INSERT INTO tokens (token, id, actor, name, scope, client_id, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (token, key, catalog.actor(*actor), name, scope, client_id, catalog.now),
    )
    catalog.has_changed = True
    return token


def found_token(catalog: Catalog) -> None:
    """Add the token that a workspace starts with, where it is not there: it may do everything."""
    if catalog.database.row("SELECT 1 FROM tokens") is None:
        meta = dict(catalog.database.rows("SELECT key, value FROM meta"))
        store_token(
            catalog,
            scope=scope_text(ALL),
            client_id=meta["client_id"],
            actor=("api-token", meta["token_id"]),
            token=meta["token"],
            key=meta["token_id"],
            name="Sandbox",
        )


def token_document(token: Token, schema: Schema) -> dict[str, Any]:
    """Give what `GET /v2/self` and the introspection of OAuth say of a token."""
    issued = datetime.fromisoformat(token.created_at[:23] + "+00:00")
    return {
        "active": True,
        "scope": token.scope,
        "client_id": token.client_id,
        "token_type": "Bearer",
        "exp": None,
        "iat": int(issued.timestamp()),
        "sub": schema.workspace_id,
        "aud": token.client_id,
        "iss": "attio.com",
        "token_level": "workspace",
        "authorized_by_workspace_member_id": schema.members[0].id,
        "workspace_id": schema.workspace_id,
        "workspace_name": schema.meta["name"],
        "workspace_slug": schema.meta["slug"],
        "workspace_logo_url": None,
    }
