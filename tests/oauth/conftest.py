from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.fernet import Fernet

from attio_orm.oauth import OAuthApp
from attio_orm.testing import ServedSandbox, serve
from attio_sandbox import Workspace

BACK = "https://app.example.com/callback"
SCOPES = ("record_permission:read-write", "object_configuration:read")


@dataclass
class Member:
    """Somebody with a browser, who authorizes apps for a workspace."""

    workspace: Workspace

    def agrees(self, url: str) -> str:
        """The address that the browser is sent back to."""
        params = dict(parse_qsl(urlsplit(url).query))
        reply = self.workspace.handle("GET", "/authorize", params=params)
        assert reply.status == 302, reply.body
        return reply.headers["location"]


@pytest.fixture(scope="module")
def served() -> Iterator[ServedSandbox]:
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def member(served: ServedSandbox) -> Member:
    return Member(served.workspace)


MakeApp = Callable[..., OAuthApp]


@pytest.fixture
def make_app(served: ServedSandbox) -> MakeApp:
    """An app of the served sandbox, with these scopes."""

    def make(*scopes: str, pkce: bool = False) -> OAuthApp:
        client_id, secret = served.workspace.add_app([BACK], scopes or SCOPES)
        return OAuthApp(client_id, secret, BACK, pkce, url=served.url)

    return make


@pytest.fixture(scope="session")
def key() -> bytes:
    return Fernet.generate_key()
