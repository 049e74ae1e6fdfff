"""``OAuthToken``: an access token that a member granted to an app."""

from __future__ import annotations

from typing import Any

from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import RefreshNotSupported
from attio_orm.oauth.identity import Identity, identity_of
from attio_orm.oauth.sending import ATTIO, mapping_in, send
from attio_orm.transport import Request
from attio_orm.transport.granted import scopes_of
from attio_orm.transport.scopes import Scope
from attio_orm.transport.tokens import HIDDEN, HiddenKey, Token, hidden
from attio_orm.transport.urls import base_address


class OAuthToken:
    """A token of a workspace; ``connect(api_key=token)`` works with it.

    ``identity`` is what ``introspect()`` found out, ``None`` before: a connection that is made
    afterwards knows its scopes, and refuses a write without one before it is sent. The repr does
    not show the token. ``url`` is where it comes from. Raises ``ValidationError`` for a text that
    cannot be a token.
    """

    __slots__ = ("_is_told", "_key", "identity", "token_type", "url")

    def __init__(
        self,
        access_token: str,
        token_type: str = "Bearer",
        *,
        url: str = ATTIO,
        identity: Identity | None = None,
    ) -> None:
        key = hidden(access_token)  # the library itself has it hidden already
        del access_token
        Token(key)  # says what is wrong with it
        self._key = key or HiddenKey("")
        self.token_type = token_type
        self.url = base_address(url)
        self.identity = identity
        self._is_told = identity is not None and bool(identity.scopes)

    @property
    def access_token(self) -> str:
        """The token itself: keep it where nobody reads it, as a token store does."""
        return str(self._key.given)

    @property
    def scopes(self) -> frozenset[Scope] | None:
        """What it may do; ``None`` before ``introspect()``, and where Attio did not say it."""
        identity = self.identity
        return identity.scopes if identity is not None and self._is_told else None

    @sync_method
    def introspect(self) -> Operation[Identity]:
        """Ask Attio whose token it is, and what it may do; kept as ``identity``.

        One that was revoked gives an ``Identity`` that is not active. Raises ``APIError``,
        ``TransportError``. See https://docs.attio.com/rest-api/tutorials/connect-an-app-through-oauth.
        """
        # it changes nothing, so that it may be repeated
        request = Request("POST", "/oauth/introspect", purpose="introspect", decode=mapping_in)
        answer = yield from send(self.url, request, self._key)
        self.identity, self._is_told = identity_of(answer), scopes_of(answer) is not None
        return self.identity

    aintrospect = async_twin(introspect)

    def refresh(self) -> OAuthToken:
        """Raise ``RefreshNotSupported``: tokens of Attio do not expire, and cannot be renewed."""
        raise RefreshNotSupported(
            "Attio's access tokens do not expire, and it gives no refresh token. Use introspect() "
            "to see whether this one is still active; where it is not, have the member authorize "
            "the app again: OAuthApp.authorization_url()."
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OAuthToken) and self.access_token == other.access_token

    def __hash__(self) -> int:
        return hash(self.access_token)

    def __repr__(self) -> str:
        slug = self.identity.workspace_slug if self.identity is not None else None
        return f"OAuthToken({HIDDEN}{f', workspace {slug}' if slug else ''})"

    def __reduce__(self) -> Any:
        raise TypeError("An access token is not pickled: keep it in a token store.")
