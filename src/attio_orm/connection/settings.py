"""``Settings``: what ``connect()`` is told, as a value; from the environment or from a profile."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from msgspec import Struct
from msgspec.structs import force_setattr

from attio_orm.errors import NotConnectedError, ValidationError
from attio_orm.transport import ApiKey, RateLimiter
from attio_orm.transport.bounds import MAX_ANSWER
from attio_orm.transport.error_handlers import OnError
from attio_orm.transport.pool import Pool
from attio_orm.transport.retries import Retry
from attio_orm.transport.tokens import HiddenKey, hidden
from attio_orm.wording import close_matches, meant

if TYPE_CHECKING:
    from attio_orm.cache import Cache
    from attio_orm.connection.carriers import Brought

Snapshot: TypeAlias = "str | os.PathLike[str] | None"

SERVICE: Final = "attio-orm"
"""Under what name the system's keyring has the tokens of profiles; the user name is the profile."""


class Settings(Struct, frozen=True, kw_only=True):
    """What ``connect()`` is told, to keep and to pass on: ``connect(settings=Settings(...))``.

    Each field is the argument of that name. An argument beside it goes first, then the settings,
    then the environment. The repr shows neither token nor proxy.
    """

    url: str | None = None
    api_key: ApiKey | HiddenKey | None = None
    schema: Snapshot = None
    schema_ttl: float | None = 3600.0
    on_drift: Literal["warn", "raise", "ignore"] = "warn"
    limits: Literal["auto"] | RateLimiter | None = "auto"
    timeout: float = 30.0
    deadline: float | None = None
    max_attempts: int = 5
    retry: Retry | None = None
    cache: Cache | None = None
    pool: Pool | None = None
    timezone: str | tzinfo = "UTC"
    max_answer: int = MAX_ANSWER
    on_error: OnError | None = None
    ssl: Any = None
    proxy: str | HiddenKey | None = None
    transport: Brought | None = None

    def __post_init__(self) -> None:
        force_setattr(self, "api_key", hidden(self.api_key))
        force_setattr(self, "proxy", hidden(self.proxy))

    @classmethod
    def from_env(cls, prefix: str = "ATTIO_") -> Settings:
        """What variables with this prefix say, such as ``ATTIO_BASE_URL`` and ``ATTIO_TIMEOUT``.

        They are named as the fields, and ``BASE_URL`` for ``url``: ``API_KEY``, ``SCHEMA``,
        ``SCHEMA_TTL``, ``ON_DRIFT``, ``TIMEOUT``, ``DEADLINE``, ``MAX_ATTEMPTS``, ``TIMEZONE``,
        ``MAX_ANSWER``, ``SSL``, ``PROXY``. Empty is as good as not set. Raises ``ValidationError``
        for a text that is not a number.
        """
        given: dict[str, Any] = {"api_key": hidden(os.environ.get(f"{prefix}API_KEY") or None)}
        for name in _IN_PROFILES:
            variable = f"{prefix}{'BASE_URL' if name == 'url' else name.upper()}"
            text = os.environ.get(variable)
            if text:
                given[name] = _number(variable, name, text) if name in _NUMBERS else text
        return cls(**given)

    @classmethod
    def from_profile(cls, name: str, *, path: str | os.PathLike[str] | None = None) -> Settings:
        """A table of ``profiles.toml``: ``url``, ``api_key_env``, and other fields by name.

        The file is ``~/.config/attio-orm/profiles.toml`` (``%APPDATA%`` on Windows, ``~/Library/
        Application Support`` on macOS, ``$XDG_CONFIG_HOME`` where it is set), or ``path``.
        ``api_key_env`` names the variable that holds the token; with ``keyring = true`` it is in
        the system's keyring, for the service ``attio-orm`` and the profile's name (extra
        ``keyring``). Raises ``ValidationError``, also for a file that others may read, and
        ``NotConnectedError`` where there is no token.
        """
        file = profiles_path() if path is None else Path(path)
        table = dict(_table(file, name))
        variable, in_keyring = table.pop("api_key_env", None), table.pop("keyring", False)
        where = f"The profile {name!r} of {file}"
        for key in table:
            if key == "api_key":
                raise ValidationError(
                    f"{where} holds a token. Do not keep one in a file: name the variable that "
                    f'has it (api_key_env = "ATTIO_STAGING_KEY"), or put it into the keyring.'
                )
            if key not in _IN_PROFILES:
                known = [*_IN_PROFILES, "api_key_env", "keyring"]
                raise ValidationError(
                    f"{where} has {key!r}. {meant(close_matches(key, known))}"
                    f"It takes {', '.join(known)}."
                )
        for key in _NUMBERS & table.keys():
            if isinstance(table[key], bool) or not isinstance(table[key], int | float):
                raise ValidationError(f"{where}: {key} is a number, not {table[key]!r}.")
        for key in table.keys() - _NUMBERS:
            if not isinstance(table[key], str):
                raise ValidationError(f"{where}: {key} is a text, not {table[key]!r}.")
        token = None
        if variable is not None and in_keyring:
            raise ValidationError(f"{where} has api_key_env and keyring: leave one of them out.")
        if variable is not None:
            token = hidden(os.environ.get(str(variable)) or None)
            if token is None:
                raise NotConnectedError(f"{where} takes its token from {variable}, which is empty.")
        elif in_keyring:
            token = _from_keyring(name, where)
        return cls(api_key=token, **table)

    @property
    def chosen(self) -> dict[str, Any]:
        """The fields that are not as they are by themselves."""
        usual = _USUAL
        return {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not getattr(usual, name)
            and value != getattr(usual, name)
        }

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.chosen.items())
        return f"Settings({', '.join(shown)})"


_USUAL: Final = Settings()

_NUMBERS: Final = frozenset({"schema_ttl", "timeout", "deadline", "max_attempts", "max_answer"})

_IN_PROFILES: Final = (
    "url", "schema", "schema_ttl", "on_drift", "timeout", "deadline", "max_attempts", "timezone",
    "max_answer", "ssl", "proxy",
)  # fmt: skip


def profiles_path() -> Path:
    """Where profiles are kept on this system."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path.home() / ".config"
    return Path(os.environ.get("XDG_CONFIG_HOME") or base) / "attio-orm" / "profiles.toml"


def _table(file: Path, name: str) -> Mapping[str, Any]:
    import tomllib  # few programs have profiles

    try:
        with open(file, "rb") as opened:
            # of the file that is read, and not of another one that came in its place since
            mode = os.fstat(opened.fileno()).st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise ValidationError(
                    f"Others may read or change {file}, which says where your token goes. Make it "
                    f"yours alone: chmod 600 {file}"
                )
            profiles = tomllib.load(opened)
    except FileNotFoundError:
        raise ValidationError(
            f"There are no profiles at {file}. Make it, with a table [{name}] that has url and "
            f"api_key_env."
        ) from None
    except OSError as error:
        raise ValidationError(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValidationError(f"{file} is not TOML: {error}.") from None
    found = profiles.get(name)
    if not isinstance(found, dict):
        known = [key for key, value in profiles.items() if isinstance(value, dict)]
        has = f"It has {', '.join(known)}." if known else "It has none."
        raise ValidationError(
            f"{file} has no profile {name!r}. {meant(close_matches(name, known))}{has}"
        )
    return cast("Mapping[str, Any]", found)


def _from_keyring(name: str, where: str) -> HiddenKey:
    try:
        import keyring
        import keyring.errors
    except ImportError:
        raise ValidationError(
            f"{where} has its token in the system's keyring, which takes a package: "
            f'pip install "attio-orm[keyring]"'
        ) from None
    try:
        found = hidden(keyring.get_password(SERVICE, name))
    except keyring.errors.KeyringError as error:
        raise NotConnectedError(f"{where}: the keyring gives no token ({error}).") from None
    if found is None:
        raise NotConnectedError(
            f"{where} has no token in the keyring. Put it there: keyring set {SERVICE} {name}"
        )
    return found


def _number(variable: str, name: str, text: str) -> float | int | None:
    if text.lower() == "none" and name in ("schema_ttl", "deadline"):
        return None
    kind: Callable[[str], float] = int if name in ("max_attempts", "max_answer") else float
    try:
        return kind(text)
    except ValueError:
        raise ValidationError(f"{variable} is a number, not {text!r}.") from None
