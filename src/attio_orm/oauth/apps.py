"""``OAuthApp``: sends a member to Attio to authorize the app, and gets the token for it."""

from __future__ import annotations

import hmac
import os
import secrets
from collections import Counter
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec
from msgspec import Struct

from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.errors import AttioError, OutcomeUnknownError, StateMismatchError, ValidationError
from attio_orm.oauth.sending import ATTIO, send, without_frames
from attio_orm.oauth.tokens import OAuthToken
from attio_orm.transport import Request
from attio_orm.transport.tokens import HIDDEN, HiddenKey, hidden
from attio_orm.transport.urls import base_address
from attio_orm.wording import show

# What https://www.rfc-editor.org/rfc/rfc7636 takes: 43 to 128 characters.
_VERIFIER_LENGTH = 64


class Authorization(Struct, frozen=True):
    """Where to send the member's browser, and what to keep for them until they come back.

    Keep ``state`` (and ``code_verifier`` where there is one) in the session of their browser:
    ``exchange()`` wants both. Neither is shown in the repr.
    """

    url: str
    state: str
    code_verifier: str | None = None

    def __repr__(self) -> str:
        return f"Authorization({self.url.partition('?')[0]!r}, state={HIDDEN})"


class OAuthApp:
    """An app of build.attio.com, whose scopes are set there. Needs ``attio-orm[oauth]``.

    What is not given is taken from ``ATTIO_CLIENT_ID``, ``ATTIO_CLIENT_SECRET`` and
    ``ATTIO_REDIRECT_URI``, which is an address that is registered for the app. ``pkce`` adds a
    challenge to each authorization (RFC 7636). ``url`` is another server that speaks OAuth, such as
    a served sandbox. Raises ``ValidationError``. See
    https://docs.attio.com/rest-api/tutorials/connect-an-app-through-oauth.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        redirect_uri: str | None = None,
        pkce: bool = False,
        *,
        url: str = ATTIO,
    ) -> None:
        secret = hidden(client_secret or os.environ.get("ATTIO_CLIENT_SECRET"))
        del client_secret
        client = client_id or os.environ.get("ATTIO_CLIENT_ID")
        back = redirect_uri or os.environ.get("ATTIO_REDIRECT_URI")
        if not client or secret is None or not back:
            names = {"client_id": client, "client_secret": secret, "redirect_uri": back}
            lacking = [name for name, value in names.items() if not value]
            raise ValidationError(
                f"OAuthApp lacks {', '.join(lacking)}: give them, or set "
                f"{', '.join(f'ATTIO_{name.upper()}' for name in lacking)}. The app's page at "
                "build.attio.com has them."
            )
        if not all(isinstance(each, str) for each in (client, secret.given, back)):
            raise ValidationError("client_id, client_secret and redirect_uri are texts.")
        parts = urlsplit(back)
        if not parts.scheme or parts.fragment or not (parts.netloc or parts.path):
            raise ValidationError(
                f"redirect_uri is a whole address without a fragment, such as "
                f"https://app.example.com/callback, not {show(back)}."
            )
        self.client_id = client
        self._secret = secret
        self.redirect_uri = back
        self.pkce = pkce
        self.url = base_address(url)

    def authorization_url(self, state: str | None = None) -> Authorization:
        """The address at which a member chooses a workspace and authorizes the app.

        ``state`` ties the answer to the browser that asked; without it, it is made at random. Sends
        nothing.
        """
        client = _client(self.client_id)
        state = state or secrets.token_urlsafe(32)
        more: dict[str, Any] = {}
        verifier = None
        if self.pkce:
            verifier = client.create_code_verifier(_VERIFIER_LENGTH)
            challenge = client.create_code_challenge(verifier, "S256")
            more = {"code_challenge": challenge, "code_challenge_method": "S256"}
        scheme, _, place = self.url.partition("://")
        # the library refuses http://, which is right for all but a server on this machine
        made = client.prepare_request_uri(
            f"https://{place}/authorize", redirect_uri=self.redirect_uri, state=state, **more
        )
        return Authorization(f"{scheme}{made.removeprefix('https')}", state, verifier)

    @sync_method
    def exchange(
        self, code: str, *, state: str, expected_state: str, code_verifier: str | None = None
    ) -> Operation[OAuthToken]:
        """Change the code that came to ``redirect_uri`` for an access token; a code is good once.

        ``state`` is what came with it, ``expected_state`` and ``code_verifier`` are those of the
        ``Authorization``. Raises ``StateMismatchError`` before any request, ``ValidationError``
        without the verifier of an app with ``pkce``, ``InvalidRequestError`` for a code that was
        used or is too old, ``AuthenticationError`` for a wrong secret, ``OutcomeUnknownError``,
        ``TransportError``. See
        https://docs.attio.com/rest-api/tutorials/connect-an-app-through-oauth.
        """
        _check_state(state, expected_state)
        return self._exchange(code, code_verifier)

    aexchange = async_twin(exchange)

    @sync_method
    def from_callback(
        self, url: str, *, expected_state: str, code_verifier: str | None = None
    ) -> Operation[OAuthToken]:
        """The same from the whole address that the member's browser was sent to.

        Raises what ``exchange()`` does, and ``ValidationError`` where the member declined.
        """
        pairs = parse_qsl(urlsplit(str(url)).query, keep_blank_values=True)
        counted, found = Counter(name for name, _ in pairs), dict(pairs)
        # first, as all else may be made up by anybody
        _check_state(found.get("state"), expected_state)
        error, said = found.get("error"), found.get("error_description")
        if error is not None:
            raise ValidationError(
                f"The app was not authorized: Attio sent the browser back with {show(error)}"
                f"{f' ({show(said)})' if said else ''}. The member may begin again at "
                "authorization_url()."
            )
        if counted["code"] != 1 or counted["state"] != 1:
            raise ValidationError(
                "The address does not hold one code and one state, as Attio's callback does. Give "
                "the whole address that the browser was sent to."
            )
        return self._exchange(found["code"], code_verifier)

    afrom_callback = async_twin(from_callback)

    def _exchange(self, code: str, verifier: str | None) -> Operation[OAuthToken]:
        if not isinstance(cast("object", code), str) or not code:
            raise ValidationError("The code is empty: give the one that came to the redirect_uri.")
        if self.pkce and verifier is None:
            raise ValidationError(
                "The app has pkce=True: give the code_verifier of its Authorization, which was to "
                "be kept until the member came back."
            )
        try:
            token = yield from send(self.url, self._request(code, verifier))
        except OutcomeUnknownError as error:
            raise OutcomeUnknownError(
                "The code was sent, and no answer came: it may be used up, and the token is lost. "
                "Have the member authorize the app again: authorization_url()."
            ) from without_frames(error).__cause__
        except AttioError as error:
            raise without_frames(error) from error.__cause__
        return OAuthToken(token, url=self.url)

    def _request(self, code: str, verifier: str | None) -> Request:
        client = _client(self.client_id)
        proof = {} if verifier is None else {"code_verifier": verifier}
        body = client.prepare_request_body(
            code=code, redirect_uri=self.redirect_uri, client_secret=self._secret.given, **proof
        )

        def token_in(answer: bytes) -> HiddenKey:
            from oauthlib.oauth2 import OAuth2Error

            try:
                found = client.parse_request_body_response(answer.decode())
            except (OAuth2Error, ValueError) as error:
                raise msgspec.DecodeError(type(error).__name__) from None
            return HiddenKey(found["access_token"])

        return Request(
            "POST",
            "/oauth/token",
            purpose="write",  # a code is good once: it is not sent again by itself
            content=body.encode(),
            content_type="application/x-www-form-urlencoded",
            decode=token_in,
        )

    def __repr__(self) -> str:
        # half made, tracebacks show it all the same
        client, back = (getattr(self, name, None) for name in ("client_id", "redirect_uri"))
        return f"OAuthApp({client!r}, {HIDDEN}, {back!r})"

    def __reduce__(self) -> Any:
        raise TypeError("An OAuthApp holds a secret and is not pickled: make it where it is used.")


def _client(client_id: str) -> Any:
    try:
        from oauthlib.oauth2 import WebApplicationClient
    except ImportError as error:
        raise ImportError('OAuth needs oauthlib: pip install "attio-orm[oauth]"') from error
    return WebApplicationClient(client_id)


def _check_state(state: object, expected: object) -> None:
    texts = state, expected
    if all(isinstance(each, str) and each for each in texts):
        given, kept = (str(each).encode(errors="surrogatepass") for each in texts)
        if hmac.compare_digest(given, kept):  # the time it takes tells nothing
            return
    raise StateMismatchError(
        "The state that came back is not the one that was sent: the callback belongs to another "
        "log-in, or somebody made it up. Nothing was asked of Attio. Call "
        "authorization_url() again, and keep its state in the session of the browser."
    )
