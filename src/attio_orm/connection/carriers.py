"""What carries the requests of a connection: by what ``connect()`` was told of it, and checked."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from msgspec import Struct

from attio_orm.errors import ValidationError
from attio_orm.transport import Backend, HttpBackend
from attio_orm.transport.bounds import MAX_ANSWER
from attio_orm.transport.pool import Pool
from attio_orm.transport.tokens import HiddenKey, hidden
from attio_orm.wording import show

if TYPE_CHECKING:
    from ssl import SSLContext

    from attio_orm.transport.httpx_backend import Given

    Brought: TypeAlias = Backend | Given | Sequence[Given]
    """What ``connect(transport=...)`` takes: the ``Given`` are a sync and an async one, or one."""

Trusted: TypeAlias = "SSLContext | str | os.PathLike[str]"
"""What ``connect(ssl=...)`` takes: a context, or a file or folder of certificates."""

_SCHEMES = ("http://", "https://", "socks5://", "socks5h://")


class Carrier(Struct, frozen=True):
    """The arguments of ``connect()`` that say how requests are carried."""

    brought: Any = None
    pool: Pool | None = None
    max_answer: int = MAX_ANSWER
    ssl: Any = None
    proxy: HiddenKey | None = None  # it may hold a password

    def check(self) -> None:
        """Raise ``ValidationError`` for what cannot be meant. Opens nothing."""
        most = self.max_answer
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValidationError(f"max_answer is a number of bytes from 1 on, not {show(most)}.")
        if self.pool is not None and not isinstance(self.pool, Pool):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValidationError(f"pool takes a Pool(size=...), not {show(self.pool)}.")
        _check_trusted(self.ssl)
        if self.proxy is not None:
            _check_proxy(self.proxy)
        for name in ("pool", "ssl", "proxy"):
            if self.brought is not None and getattr(self, name) is not None:
                raise ValidationError(
                    f"{name} is for connections that attio-orm makes, and transport brings its "
                    f"own. Set it there, or leave transport out."
                )

    def backend(self, base: str) -> Backend:
        """What carries requests to a server of this address."""
        if self.brought is None:
            return HttpBackend(
                base, pool=self.pool, max_answer=self.max_answer, ssl=self.ssl, proxy=self.proxy
            )
        if _is_backend(self.brought):
            return cast("Backend", self.brought)
        several = isinstance(self.brought, tuple | list)
        given: list[Any] = list(self.brought) if several else [self.brought]
        if not given or "httpx" not in sys.modules:  # who brings something of it has imported it
            raise _unknown(self.brought)
        from attio_orm.transport.httpx_backend import HttpxBackend, is_of_httpx  # with httpx

        if not all(map(is_of_httpx, given)):
            raise _unknown(self.brought)
        return HttpxBackend(base, *given, max_answer=self.max_answer)

    def backend_of_sandbox(self) -> Backend | None:
        """What was brought for a workspace of this process, which needs nothing."""
        if self.brought is not None and not _is_backend(self.brought):
            raise ValidationError(
                "A sandbox:// workspace is not reached over HTTP: leave transport out, or give it "
                "a Backend."
            )
        return cast("Backend | None", self.brought)


def carrier(
    transport: Brought | None,
    pool: Pool | None,
    max_answer: int,
    ssl: Trusted | None,
    proxy: str | HiddenKey | None,
) -> Carrier:
    """What ``connect()`` was told, checked. Raises ``ValidationError``."""
    made = Carrier(transport, pool, max_answer, ssl, hidden(proxy))
    del proxy
    made.check()
    return made


def _is_backend(given: object) -> bool:
    return callable(getattr(given, "send", None)) and callable(getattr(given, "asend", None))


def _unknown(given: object) -> ValidationError:
    return ValidationError(
        f"transport takes a Backend, or a client or transport of httpx (or a sync and an async one "
        f"of them as a pair), not {show(given)}."
    )


def _check_trusted(given: object) -> None:
    if given is None:
        return
    if isinstance(given, str | os.PathLike):
        path = cast("str | os.PathLike[str]", given)
        if not os.path.exists(path):
            raise ValidationError(f"There are no certificates at ssl={os.fspath(path)!r}.")
        return
    kind = getattr(sys.modules.get("ssl"), "SSLContext", None)  # who has one has imported it
    if kind is None or not isinstance(given, kind):
        raise ValidationError(
            f"ssl takes an ssl.SSLContext or the path of certificates, not {show(given)}."
        )


def _check_proxy(proxy: HiddenKey) -> None:
    given = proxy.given
    problem = None
    if not isinstance(given, str):
        problem = f"is of type {type(given).__name__}, not str"
    elif not given.lower().startswith(_SCHEMES) or not _has_host(given):
        problem = "is not the address of one"
    del given  # it may hold a password, which tools that print local variables would show
    if problem is not None:
        raise ValidationError(
            f"proxy {problem}. Give an address like http://proxy.example:3128 (https:// and "
            "socks5:// are taken, too)."
        )


def _has_host(address: str) -> bool:
    from urllib.parse import urlsplit  # only here: few are given a proxy

    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
