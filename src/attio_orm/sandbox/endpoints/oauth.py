"""OAuth 2.0: apps ask for a code, change it for an access token, and ask what a token may do."""

from __future__ import annotations

import hmac
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from attio_orm.sandbox.access.tokens import store_token
from attio_orm.sandbox.bodies import bad_text
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.endpoints.members import identify
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.replies import Reply, json_reply
from attio_orm.sandbox.routes import Route
from attio_orm.sandbox.timestamps import format_moment

# The longest that RFC 6749 advises; Attio does not publish its own.
CODE_LIFETIME = timedelta(minutes=10)
_FORM = "application/x-www-form-urlencoded"


def _problem(error: str, description: str, status: int = 400) -> Reply:
    """Give an error as RFC 6749 section 5.2 has it; Attio's own bodies are not documented."""
    reply = json_reply(json_body({"error": error, "error_description": description}), status)
    reply.headers["cache-control"] = "no-store"
    return reply


def _redirect(uri: str, **params: str | None) -> Reply:
    """Send the browser back to the app, which may have a query of its own in its address."""
    parts = urlsplit(uri)
    added = urlencode({name: value for name, value in params.items() if value is not None})
    query = f"{parts.query}&{added}" if parts.query else added
    location = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
    return Reply(302, {"location": location, "content-length": "0"}, b"")


def authorize(call: Call) -> Reply:
    """Answer GET /authorize: the member agrees at once, and the app gets its code.

    See https://docs.attio.com/rest-api/tutorials/connect-an-app-through-oauth.
    """
    given = call.params
    if any(bad_text(value) for value in given.values()):
        return _problem("invalid_request", "A parameter is not valid text.")
    app = call.database.row(
        "SELECT redirect_uris FROM apps WHERE client_id = ?", (given.get("client_id", ""),)
    )
    if app is None:
        return _problem("invalid_client", "There is no app with this client_id.")
    uri = given.get("redirect_uri", "")
    if uri not in msgspec.json.decode(app[0]):
        return _problem(
            "invalid_request", "The redirect_uri is not one that is registered for the app."
        )
    state = given.get("state")
    if given.get("response_type") != "code":
        return _redirect(uri, error="unsupported_response_type", state=state)
    code = Ids.token()
    expires = format_moment(call.moment + CODE_LIFETIME)
    call.database.run("DELETE FROM codes WHERE expires_at <= ?", (call.now,))
    call.database.run(
        "INSERT INTO codes VALUES (?, ?, ?, ?)", (code, given["client_id"], uri, expires)
    )
    return _redirect(uri, code=code, state=state)


def exchange(call: Call) -> Reply:
    """Answer POST /oauth/token: a code, which is good once, becomes an access token."""
    kind = call.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    try:
        form = dict(parse_qsl(call.body.decode(), keep_blank_values=True, errors="strict"))
    except ValueError:
        form = {}
    if kind != _FORM or not form or any(bad_text(value) for value in form.values()):
        return _problem("invalid_request", f"The body must be form-encoded ({_FORM}).")
    client = form.get("client_id", "")
    app = call.database.row("SELECT secret, scope FROM apps WHERE client_id = ?", (client,))
    secret = form.get("client_secret", "")
    if app is None or not hmac.compare_digest(app[0].encode(), secret.encode()):
        return _problem("invalid_client", "The client_id or the client_secret is wrong.", 401)
    if form.get("grant_type") != "authorization_code":
        return _problem("unsupported_grant_type", "The grant_type must be authorization_code.")
    row = call.database.row(
        "SELECT redirect_uri FROM codes WHERE code = ? AND client_id = ? AND expires_at > ?",
        (form.get("code", ""), client, call.now),
    )
    if row is None or form.get("redirect_uri", row[0]) != row[0]:
        return _problem(
            "invalid_grant", "The code is unknown, used, expired, or was given to another address."
        )
    call.database.run("DELETE FROM codes WHERE code = ?", (form["code"],))
    token = store_token(call.catalog, scope=app[1], client_id=client, actor=("app", client))
    reply = json_reply(json_body({"access_token": token, "token_type": "Bearer"}))
    reply.headers["cache-control"] = "no-store"
    return reply


ROUTES = (
    Route("GET", "/authorize", authorize, writes=True, is_public=True),
    Route("POST", "/oauth/token", exchange, writes=True, is_public=True, raw=True),
    Route("POST", "/oauth/introspect", identify, is_public=True, raw=True),
)
