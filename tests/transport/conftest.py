"""A server for the tests of the HTTP backend, and no proxies of the machine that runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.transport.server import Server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    server = Server()
    yield server
    server.stop()
