"""Who may do what: access tokens, their scopes, and OAuth apps that ask for them."""

from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.access import oauth, tokens
from attio_sandbox.resources.access.oauth import authorize, exchange, identify

RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/self", identify, is_public=True, is_short=True),
        Route("GET", "/authorize", authorize, writes=True, is_public=True),
        Route("POST", "/oauth/token", exchange, writes=True, is_public=True, raw=True),
        Route("POST", "/oauth/introspect", identify, is_public=True, raw=True),
    ),
    tables=tokens.TABLES + oauth.TABLES,
)
