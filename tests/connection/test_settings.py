"""Settings: from code, the environment, a profile; which of them counts, and what is refused."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from inspect import Parameter, signature
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import pytest

from attio_orm import NotConnectedError, Pool, Retry, Settings, ValidationError, aconnect, connect
from attio_orm.connection.settings import profiles_path

TOKEN = "tok-very-secret-1234"


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "attio-orm" / "profiles.toml"
    path.parent.mkdir()
    path.touch(0o600)
    return path


def test_its_fields_are_the_arguments_of_connect() -> None:
    for function in (connect, aconnect):
        given = {
            name: each.default
            for name, each in signature(function).parameters.items()
            if name not in ("settings", "profile")
        }
        assert all(default is not Parameter.empty for default in given.values())
        usual = Settings()
        assert {name: getattr(usual, name) for name in usual.__struct_fields__} == given


def test_arguments_beat_settings_and_settings_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTIO_BASE_URL", "http://localhost:1")
    settings = Settings(url="sandbox://", timeout=5.0, max_attempts=2, timezone="Europe/Berlin")
    with connect(settings=settings, max_attempts=3) as connection:
        assert connection.base == "sandbox://"
        assert connection.transport.timeout == 5.0
        assert str(connection.timezone) == "Europe/Berlin"
        assert connection.sandbox is not None
        connection.sandbox.fail_next(503, times=2)
        connection.request("GET", "/v2/self")
        assert connection.stats().retries == 2, "three attempts, as the argument says"
    with connect("sandbox://?seed=crm", settings=Settings(url="http://localhost:1")) as connection:
        assert connection.base == "sandbox://?seed=crm"


def test_an_argument_counts_where_it_is_the_default_too() -> None:
    with connect("sandbox://", settings=Settings(timeout=5.0), timeout=30.0) as connection:
        assert connection.transport.timeout == 30.0


async def test_its_twin_takes_them_too() -> None:
    async with aconnect(settings=Settings(url="sandbox://", timeout=4.0)) as connection:
        assert connection.transport.timeout == 4.0


def test_it_shows_no_secret() -> None:
    settings = Settings(api_key=TOKEN, proxy="http://u:pw@proxy.example:1", retry=Retry(base=2.0))
    assert TOKEN not in repr(settings)
    assert "pw" not in repr(settings)
    assert "base=2.0" in repr(settings)
    assert "timeout" not in repr(settings)


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "API_KEY": TOKEN, "BASE_URL": "https://eu.example.com", "TIMEOUT": "2.5", "DEADLINE": "9",
        "MAX_ATTEMPTS": "3", "SCHEMA_TTL": "none", "TIMEZONE": "Asia/Tokyo", "ON_DRIFT": "ignore",
        "PROXY": "", "MIDDLEWARE": "nothing of ours",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"EU_{name}", value)
    found = Settings.from_env("EU_")
    assert found.url == "https://eu.example.com"
    assert (found.timeout, found.deadline, found.max_attempts) == (2.5, 9.0, 3)
    assert (found.schema_ttl, found.timezone, found.on_drift) == (None, "Asia/Tokyo", "ignore")
    assert found.proxy is None
    assert TOKEN not in repr(found)
    connection = connect(
        settings=found, transport=_Answering(), schema=None, schema_ttl=10.0
    )  # an argument that is not the default
    with connection:
        assert connection.schema.ttl == 10.0
        connection.request("GET", "/v2/self")
    assert _Answering.tokens == [f"Bearer {TOKEN}"]


class _Answering:
    tokens: ClassVar[list[str]] = []

    def send(self, request: Any, /) -> Any:
        from tests.transport.fakes import answer

        self.tokens.append(request.headers["authorization"])
        return answer(200, {"active": True})

    async def asend(self, request: Any, /) -> Any:
        return self.send(request)

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


def test_a_variable_that_is_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTIO_MAX_ATTEMPTS", "many")
    with pytest.raises(ValidationError, match="ATTIO_MAX_ATTEMPTS is a number, not 'many'"):
        Settings.from_env()


def test_a_profile(profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", TOKEN)
    profiles.write_text(
        '[staging]\nurl = "sandbox://"\napi_key_env = "ACME_KEY"\ntimeout = 3\n'
        '[production]\nurl = "https://api.attio.com"\nkeyring = true\n'
    )
    assert profiles_path() == profiles
    settings = Settings.from_profile("staging")
    assert (settings.url, settings.timeout) == ("sandbox://", 3)
    assert TOKEN not in repr(settings)
    with connect(profile="staging", timeout=6.0) as connection:
        assert connection.base == "sandbox://"
        assert connection.transport.timeout == 6.0
    with pytest.raises(ValidationError, match="settings or a profile, not both"):
        connect(profile="staging", settings=settings)


@pytest.mark.parametrize("mode", [0o644, 0o660, 0o602], ids=oct)
async def test_a_file_that_others_may_read(profiles: Path, mode: int) -> None:
    profiles.write_text('[staging]\nurl = "sandbox://"\n')
    profiles.chmod(mode)
    with pytest.raises(ValidationError, match="chmod 600"):
        connect(profile="staging")
    with pytest.raises(ValidationError, match="chmod 600"):
        await aconnect(profile="staging")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[production]\nurl = "x"', r"no profile 'staging'.*production"),
        ("[staging", "is not TOML"),
        ('[staging]\napi_key = "tok-very-secret-1234"', "holds a token"),
        ("[staging]\ntimout = 3", r"has 'timout'.*timeout"),
        ('[staging]\ntimeout = "3"', "timeout is a number"),
        ("[staging]\nurl = 3", "url is a text"),
        ('[staging]\napi_key_env = "A"\nkeyring = true', "leave one of them out"),
    ],
)
def test_a_profile_that_cannot_be_meant(profiles: Path, text: str, said: str) -> None:
    profiles.write_text(text)
    with pytest.raises(ValidationError, match=said) as caught:
        Settings.from_profile("staging")
    assert TOKEN not in str(caught.value)


def test_no_file_and_no_token(profiles: Path) -> None:
    profiles.write_text('[staging]\napi_key_env = "NOT_SET_ANYWHERE"')
    with pytest.raises(NotConnectedError, match="NOT_SET_ANYWHERE, which is empty"):
        connect(profile="staging")
    profiles.unlink()
    with pytest.raises(ValidationError, match="no profiles at"):
        connect(profile="staging")


@dataclass
class _Keyring:
    tokens: dict[tuple[str, str], str]
    broken: bool = False

    def get_password(self, service: str, name: str) -> str | None:
        if self.broken:
            raise sys.modules["keyring.errors"].KeyringError("locked")
        return self.tokens.get((service, name))


def test_the_keyring_of_the_system(profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    profiles.write_text('[staging]\nurl = "https://x.example.com"\nkeyring = true')
    found = _Keyring({("attio-orm", "staging"): TOKEN})
    import keyring.errors

    monkeypatch.setattr(keyring, "get_password", found.get_password)
    settings = Settings.from_profile("staging")
    _Answering.tokens.clear()
    with connect(settings=settings, transport=_Answering()) as connection:
        connection.request("GET", "/v2/self")
    assert _Answering.tokens == [f"Bearer {TOKEN}"]
    found.tokens.clear()
    with pytest.raises(NotConnectedError, match="keyring set attio-orm staging"):
        Settings.from_profile("staging")
    found.broken = True
    with pytest.raises(NotConnectedError, match="locked"):
        Settings.from_profile("staging")
    monkeypatch.setitem(sys.modules, "keyring", _absent())
    with pytest.raises(ValidationError, match=r'pip install "attio-orm\[keyring\]"'):
        Settings.from_profile("staging")


def _absent() -> ModuleType:
    none: Any = None  # what sys.modules has of a module that cannot be imported
    found: ModuleType = none
    return found


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"settings": {"timeout": 3}}, "settings takes Settings"),
        ({"settings": Settings(timeout=-1)}, "timeout is a number of seconds above 0"),
        ({"retry": 3}, r"retry takes Retry\(...\), not 3"),
        ({"settings": Settings(pool=Pool(size=3), transport=_Answering())}, "pool is for"),
    ],
    ids=["dict", "timeout", "retry", "pool"],
)
def test_what_cannot_be_meant(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        connect(**{"api_key": "k-12345678", **given})
