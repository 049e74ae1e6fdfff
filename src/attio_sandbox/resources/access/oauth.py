"""OAuth 2.0: apps ask for a code, change it for an access token, and ask what a token may do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from attio_sandbox.bodies import bad_text
from attio_sandbox.errors import invalid
from attio_sandbox.ids import Ids
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call, Reply, json_reply
from attio_sandbox.resources.access.tokens import given_token, store_token, token_document
from attio_sandbox.timestamps import format_timestamp

TABLES = """
CREATE TABLE apps (
    num INTEGER PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, secret TEXT NOT NULL,
    redirect_uris TEXT NOT NULL, scope TEXT NOT NULL);
CREATE TABLE codes (
    code TEXT PRIMARY KEY, client_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    expires_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE code_challenges (
    code TEXT PRIMARY KEY, method TEXT NOT NULL, challenge TEXT NOT NULL) WITHOUT ROWID;
"""
# The longest that RFC 6749 advises; Attio does not publish its own.
CODE_LIFETIME = timedelta(minutes=10)
# What RFC 6750 allows in a token; anything else cannot be one.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*", re.ASCII)
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}", re.ASCII)  # RFC 7636, section 4
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
    if uri not in msgspec.json.decode(app[0]):  # shown here: an unknown address gets nothing
        return _problem(
            "invalid_request", "The redirect_uri is not one that is registered for the app."
        )
    state = given.get("state")
    if given.get("response_type") != "code":
        return _redirect(uri, error="unsupported_response_type", state=state)
    challenge = given.get("code_challenge")
    method = given.get("code_challenge_method", "plain")
    if challenge is not None and (
        method not in ("S256", "plain") or _CHALLENGE.fullmatch(challenge) is None
    ):
        return _redirect(uri, error="invalid_request", state=state)
    code = Ids.token()
    expires = format_timestamp(call.moment + CODE_LIFETIME)
    # Here, as nothing else ever looks at codes that nobody fetched.
    call.database.run("DELETE FROM codes WHERE expires_at <= ?", (call.now,))
    call.database.run("DELETE FROM code_challenges WHERE code NOT IN (SELECT code FROM codes)")
    call.database.run(
        "INSERT INTO codes VALUES (?, ?, ?, ?)", (code, given["client_id"], uri, expires)
    )
    if challenge is not None:
        call.database.run("INSERT INTO code_challenges VALUES (?, ?, ?)", (code, method, challenge))
    return _redirect(uri, code=code, state=state)


def _is_proved(call: Call, code: str, verifier: str) -> bool:
    """Whether a code was asked for without a challenge, or the verifier is the one behind it."""
    row = call.database.row("SELECT method, challenge FROM code_challenges WHERE code = ?", (code,))
    if row is None:
        return True
    method, challenge = row
    if method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(verifier.encode(), challenge.encode())


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
    # Compared so that the time it takes tells nothing of the secret.
    if app is None or not hmac.compare_digest(app[0].encode(), secret.encode()):
        return _problem("invalid_client", "The client_id or the client_secret is wrong.", 401)
    if form.get("grant_type") != "authorization_code":
        return _problem("unsupported_grant_type", "The grant_type must be authorization_code.")
    row = call.database.row(
        "SELECT redirect_uri FROM codes WHERE code = ? AND client_id = ? AND expires_at > ?",
        (form.get("code", ""), client, call.now),
    )
    if row is None or form.get("redirect_uri", row[0]) != row[0]:  # Attio does without it, too
        return _problem(
            "invalid_grant", "The code is unknown, used, expired, or was given to another address."
        )
    if not _is_proved(call, form["code"], form.get("code_verifier", "")):
        return _problem("invalid_grant", "The code_verifier is not the one behind the challenge.")
    # Good once; Attio gives no refresh token with it (facts.md 1).
    call.database.run("DELETE FROM codes WHERE code = ?", (form["code"],))
    token = store_token(call.catalog, scope=app[1], client_id=client, actor=("app", client))
    reply = json_reply(json_body({"access_token": token, "token_type": "Bearer"}))
    reply.headers["cache-control"] = "no-store"
    return reply


def identify(call: Call) -> bytes:
    """Answer GET /v2/self: whose token it is, or that there is none (which is not a 401)."""
    if call.token is None:
        given = given_token(call.headers)
        if given is not None and _TOKEN.fullmatch(given) is None:
            raise invalid("The access token is malformed.")  # a 400, as was observed (facts.md 1)
        return b'{"active":false}'
    return json_body(token_document(call.token, call.schema))
