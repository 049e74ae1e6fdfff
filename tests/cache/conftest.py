"""A workspace behind a connection with a cache, in each kind of backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from attio_orm import Cache, Connection, connect
from attio_orm.cache import CacheBackend, DiskCache, MemoryCache, RedisCache
from attio_orm.connection import defaults
from attio_orm.testing import SandboxHandle
from tests.redis_server import RedisServer

Connect = Callable[..., Connection]


@pytest.fixture(params=["memory", "disk", "redis"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CacheBackend]:
    made: CacheBackend
    if request.param == "memory":
        made = MemoryCache()
    elif request.param == "disk":
        made = DiskCache(tmp_path / "cache.db")
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        made = RedisCache(server.url, prefix=uuid4().hex)
    yield made
    made.close()


@pytest.fixture
def reach(attio_sandbox: SandboxHandle) -> Iterator[Connect]:
    """``reach(cache, **options)``: one more connection to the same workspace."""
    made: list[Connection] = []

    def reach(cache: Cache | None = None, **options: Any) -> Connection:
        options = {"api_key": attio_sandbox.token, "transport": attio_sandbox.backend, **options}
        made.append(connect("http://cached.example", limits=None, cache=cache, **options))
        return made[-1]

    yield reach
    for each in made:
        each.transport.is_closed = True  # its backend is the sandbox's own
        defaults.drop(each)
