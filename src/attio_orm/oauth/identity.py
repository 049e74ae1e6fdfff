"""``Identity``: what Attio says of a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from attio_orm.errors import AuthenticationError
from attio_orm.transport.scopes import Scope


class Identity(Struct, frozen=True):
    """Whose token it is, and what it may do. Only ``is_active`` is always there.

    ``token_level`` is ``"workspace"``, or ``"user"`` of a token that acts for one member;
    ``member_id`` is the member who authorized it; ``client_id`` is that of the app. See
    https://docs.attio.com/rest-api/endpoint-reference/meta/identify.
    """

    workspace_id: str | None = None
    workspace_name: str | None = None
    workspace_slug: str | None = None
    client_id: str | None = None
    scopes: frozenset[Scope] = frozenset()
    token_level: str | None = None
    is_active: bool = False
    member_id: str | None = None

    def __reduce__(self) -> Any:
        return identity_of, (answer_of(self),)  # a scope newer than this version has no name

    def check_active(self) -> None:
        """Raise ``AuthenticationError`` where the token is unknown, revoked or deleted."""
        if not self.is_active:
            raise AuthenticationError(
                "Attio says that the access token is not active: it is unknown, or was revoked. "
                "Make a new API key, or have the member authorize the app again.",
                status=401,
                method="GET",
                path="/v2/self",
            )


def identity_of(answer: Mapping[str, Any]) -> Identity:
    """Read the answer of ``GET /v2/self`` and of the introspection."""

    def text(name: str) -> str | None:
        value = answer.get(name)
        return value if isinstance(value, str) and value else None

    if answer.get("active") is not True:
        return Identity()
    return Identity(
        workspace_id=text("workspace_id"),
        workspace_name=text("workspace_name"),
        workspace_slug=text("workspace_slug"),
        client_id=text("client_id"),
        scopes=frozenset(map(_scope, (text("scope") or "").split())),
        token_level=text("token_level"),
        is_active=True,
        member_id=text("authorized_by_workspace_member_id"),
    )


def answer_of(identity: Identity) -> dict[str, Any]:
    """An identity as Attio answers it, which ``identity_of()`` reads."""
    return {
        "active": identity.is_active,
        "workspace_id": identity.workspace_id,
        "workspace_name": identity.workspace_name,
        "workspace_slug": identity.workspace_slug,
        "client_id": identity.client_id,
        "scope": " ".join(sorted(identity.scopes)),
        "token_level": identity.token_level,
        "authorized_by_workspace_member_id": identity.member_id,
    }


def _scope(text: str) -> Scope:
    try:
        return Scope(text)
    except ValueError:  # one of before, or one that is newer than this library: it is kept
        made = str.__new__(Scope, text)
        made._name_, made._value_ = text, text
        return made
