"""Token stores: what each keeps and refuses, and providers that ask them for a connection."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from redis import Redis

from attio_orm import (
    AuthenticationError,
    ConnectionFailedError,
    NotConnectedError,
    Person,
    ValidationError,
)
from attio_orm.connecting import connect_unchecked
from attio_orm.oauth import (
    FileTokens,
    Identity,
    MemoryTokens,
    OAuthToken,
    RedisTokens,
    Scope,
    TokenStore,
)
from attio_orm.testing import SandboxHandle
from tests.colours import Colour
from tests.redis_server import RedisServer

SECRET = "f00dcafe"
PREFIX = "attio-orm:tokens:"
KNOWN = Identity(
    workspace_id="w1", workspace_name="Acme", workspace_slug="acme", client_id="c1",
    scopes=frozenset({Scope.NOTE_READ}), token_level="user", is_active=True, member_id="m1",
)  # fmt: skip


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    return redis_server.url


Open = Callable[..., Any]


@pytest.fixture(params=["file", "redis"])
def open_sealed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same store again and again, with a key."""
    opened: list[RedisTokens] = []
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    prefix = f"{tmp_path}:"  # of this test alone

    def open_store(key: Any) -> TokenStore:
        if request.param == "file":
            return FileTokens(tmp_path / "tokens", key)
        opened.append(RedisTokens(url, key, prefix=prefix))
        return opened[-1]

    yield open_store
    for each in opened:
        each.close()


def test_memory() -> None:
    store = MemoryTokens()
    check(store)
    assert SECRET not in repr(store)


def test_sealed(open_sealed: Open, key: bytes) -> None:
    store = open_sealed(key)
    check(store)
    store.put("user 7/é", OAuthToken(SECRET, url="http://127.0.0.1:1", identity=KNOWN))
    found = open_sealed(key.decode()).get("user 7/é")  # by another process
    assert found == OAuthToken(SECRET)
    assert found.identity == KNOWN
    assert found.url == "http://127.0.0.1:1"
    assert SECRET not in repr(store)
    assert key.decode() not in f"{store!r} {vars(store)}"


def check(store: TokenStore) -> None:
    assert store.get("a") is None
    store.put("a", OAuthToken("one"))
    store.put("b", OAuthToken("two"))
    store.put("a", OAuthToken("three"))
    assert [store.get("a"), store.get("b")] == [OAuthToken("three"), OAuthToken("two")]
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None
    assert store.get("b") == OAuthToken("two")
    with pytest.raises(ValidationError, match="name of a token"):
        store.put("", OAuthToken("one"))
    with pytest.raises(ValidationError, match="not a str") as caught:
        store.put("c", SECRET)  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)


def test_nothing_readable_is_written(tmp_path: Path, redis_url: str, key: bytes) -> None:
    FileTokens(tmp_path / "tokens", key).put("a", OAuthToken(SECRET))
    redis = RedisTokens(redis_url, key)
    redis.put("a", OAuthToken(SECRET))
    redis.close()
    with Redis.from_url(redis_url) as direct:
        sealed = direct.get(f"{PREFIX}a")
    assert isinstance(sealed, bytes)
    for written in ((tmp_path / "tokens").read_bytes(), sealed):
        assert SECRET.encode() not in written


def test_keys_can_be_replaced(open_sealed: Open, key: bytes) -> None:
    open_sealed(key).put("a", OAuthToken(SECRET))
    newer = Fernet.generate_key()
    with pytest.raises(ValidationError, match="sealed with another key") as caught:
        open_sealed(newer).get("a")
    assert newer.decode() not in str(caught.value)
    both = open_sealed([newer, key])
    found = both.get("a")
    assert found == OAuthToken(SECRET)
    both.put("a", found)
    assert open_sealed(newer).get("a") == OAuthToken(SECRET)


@pytest.mark.parametrize("bad", ["", "short", b"", [], ["short"], None, 7])
def test_what_is_no_key(open_sealed: Open, bad: Any) -> None:
    with pytest.raises(ValidationError, match="generate_key"):
        open_sealed(bad)


def test_a_token_under_another_name_is_refused(tmp_path: Path, key: bytes) -> None:
    store = FileTokens(tmp_path / "tokens", key)
    store.put("mallory", OAuthToken("one"))
    store.put("ada", OAuthToken("two"))
    database = sqlite3.connect(tmp_path / "tokens")
    with database:
        database.execute(
            "UPDATE tokens SET sealed = (SELECT sealed FROM tokens WHERE name = 'ada')"
            " WHERE name = 'mallory'"
        )
    database.close()
    with pytest.raises(ValidationError, match="cannot be opened"):
        store.get("mallory")
    assert store.get("ada") == OAuthToken("two")


@pytest.mark.skipif(os.name != "posix", reason="rights of files are those of POSIX")
def test_a_file_is_its_owners_alone(tmp_path: Path, key: bytes) -> None:
    path = tmp_path / "tokens"
    store = FileTokens(path, key)
    store.put("a", OAuthToken(SECRET))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for mode in (0o640, 0o604, 0o660):
        path.chmod(mode)
        for use in (lambda: store.get("a"), lambda: store.put("a", OAuthToken("x"))):
            with pytest.raises(ValidationError, match="chmod 600"):
                use()
    path.chmod(0o600)
    assert store.get("a") == OAuthToken(SECRET)


def test_threads_share_a_file(tmp_path: Path, key: bytes) -> None:
    store = FileTokens(tmp_path / "tokens", key)
    names = [f"user-{number}" for number in range(16)]

    def work(name: str) -> None:
        store.put(name, OAuthToken(f"token-of-{name}"))
        assert store.get(name) == OAuthToken(f"token-of-{name}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, names))
    again = FileTokens(tmp_path / "tokens", key)
    assert [again.get(name) for name in names] == [OAuthToken(f"token-of-{n}") for n in names]


def test_a_file_that_is_something_else(tmp_path: Path, key: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a store at all, and long enough to be looked at\n" * 9)
    path.chmod(0o600)
    with pytest.raises(ValidationError, match="is not a token store"):
        FileTokens(path, key).get("a")
    assert path.read_text().startswith("not a store")
    with pytest.raises(ValidationError, match="is not a token store"):
        FileTokens(tmp_path, key).get("a")  # a folder, whose rights nobody is to change
    with pytest.raises(FileNotFoundError):
        FileTokens(tmp_path / "nowhere" / "tokens", key).get("a")


@pytest.mark.parametrize("sealed", [5, "text", None, b"\x80poison"], ids=repr)
def test_what_somebody_else_put_into_the_file(tmp_path: Path, key: bytes, sealed: object) -> None:
    path = tmp_path / "tokens"
    store = FileTokens(path, key)
    store.put("a", OAuthToken(SECRET))
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("DROP TABLE tokens")
        database.execute("CREATE TABLE tokens (name TEXT, sealed)")
        database.execute("INSERT INTO tokens VALUES ('a', ?)", (sealed,))
        with pytest.raises(ValidationError, match="cannot be opened"):
            store.get("a")
        database.execute("DROP TABLE tokens")
        database.execute("CREATE TABLE tokens (other)")
    for use in (lambda: store.get("a"), lambda: store.put("a", OAuthToken("x"))):
        with pytest.raises(ValidationError, match="is not a token store"):
            use()


def test_redis_of_somebody_else(redis_url: str, key: bytes) -> None:
    store = RedisTokens(redis_url, key)
    with Redis.from_url(redis_url) as direct:
        direct.set(f"{PREFIX}bytes", b"\x80\x04poison")
        direct.rpush(f"{PREFIX}list", "x")
        direct.set("attio-orm:tokens-other", "theirs")
        with pytest.raises(ValidationError, match="cannot be opened"):
            store.get("bytes")
        with pytest.raises(ValidationError, match="another prefix"):
            store.get("list")
        store.delete("bytes")
        assert direct.get("attio-orm:tokens-other") == b"theirs"
    store.close()


async def test_a_poisoned_token_is_sent_nowhere(
    redis_url: str, key: bytes, attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    store = RedisTokens(redis_url, key)
    with (
        Redis.from_url(redis_url) as direct,
        connect_unchecked(
            "sandbox://", api_key=store.provider("poison"), transport=attio_sandbox.backend
        ),
    ):
        direct.set(f"{PREFIX}poison", b"\x80\x04poison")
        ada = Person(name="Ada")
        with pytest.raises(ValidationError, match="cannot be opened"):
            await colour.call(ada, "save")
        assert attio_sandbox.requests == []
        store.put("poison", OAuthToken(attio_sandbox.token, url="https://api.attio.com"))
        await colour.call(ada, "save")
        assert ada.id
    store.close()


def test_redis_that_is_not_there(key: bytes) -> None:
    store = RedisTokens("redis://:pass-word@127.0.0.1:1/0", key)
    with pytest.raises(ConnectionFailedError, match="token store in Redis") as caught:
        store.get("a")
    assert "pass-word" not in f"{caught.value} {store!r}"
    with pytest.raises(ValidationError, match="address of a Redis") as refused:
        RedisTokens("pass-word", key)
    assert "pass-word" not in str(refused.value)


async def test_a_provider_is_asked_for_each_request(
    attio_sandbox: SandboxHandle, open_sealed: Open, key: bytes, colour: Colour
) -> None:
    store = open_sealed(key)
    provider = store.provider("user-7")
    with connect_unchecked(
        "sandbox://", api_key=provider, transport=attio_sandbox.backend
    ) as connection:
        people = Person.objects.using(connection)
        with pytest.raises(NotConnectedError, match="no token for 'user-7'"):
            await colour.call(people, "count")
        assert attio_sandbox.requests == []
        store.put("user-7", OAuthToken(attio_sandbox.token))
        assert await colour.call(people, "count") == 0
        store.put("user-7", OAuthToken(SECRET))
        with pytest.raises(AuthenticationError) as caught:
            await colour.call(people, "count")
        assert SECRET not in str(caught.value)
    assert repr(provider).endswith("'user-7')")


async def test_a_provider_is_asked_once_more_after_a_401(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    store = MemoryTokens()
    texts = [SECRET, attio_sandbox.token]

    class Rotated(MemoryTokens):
        """Whose token is replaced by somebody else while the request is on its way."""

        def get(self, name: str, /) -> OAuthToken | None:
            return OAuthToken(texts.pop(0)) if texts else store.get(name)

    provider = Rotated().provider("user-7")
    with connect_unchecked(
        "sandbox://", api_key=provider, transport=attio_sandbox.backend
    ) as connection:
        found = await colour.call(connection, "request", "GET", "/v2/objects/people")
        assert found["data"]["api_slug"] == "people"
    assert [each.status for each in attio_sandbox.requests] == [401, 200]
    assert texts == []


async def test_a_provider_that_raises(attio_sandbox: SandboxHandle, colour: Colour) -> None:
    class Broken(MemoryTokens):
        def get(self, name: str, /) -> OAuthToken | None:
            raise LookupError("the vault is closed")

    with connect_unchecked(
        "sandbox://", api_key=Broken().provider("a"), transport=attio_sandbox.backend
    ) as connection:
        with pytest.raises(LookupError, match="the vault is closed"):
            await colour.call(Person(name="Ada"), "save")
        assert connection.transport.is_closed is False
    assert attio_sandbox.requests == []
