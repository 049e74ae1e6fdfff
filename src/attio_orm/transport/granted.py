"""The scopes that a token is known to have: a write without its scope is refused before it goes.

Where they are not known, nothing is looked up. See
https://docs.attio.com/rest-api/guides/authentication.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from attio_orm.errors import ForbiddenError
from attio_orm.guards import is_mapping
from attio_orm.transport.exchange import Exchange
from attio_orm.transport.tokens import Token

_READ, _WRITE = ":read", ":read-write"
_ON = {
    "record": ("object_configuration:read", "record_permission:read"),
    "entry": ("list_configuration:read", "list_entry:read"),
}


class GrantedScopes:
    """What is known of one transport's token; of another one, which it got since, nothing is."""

    def __init__(self) -> None:
        self._known: tuple[Token | None, frozenset[str]] | None = None  # one, so that both agree

    def of(self, token: Token | None) -> frozenset[str] | None:
        """The scopes of this token as Attio gave them, ``None`` where they are not known."""
        known = self._known
        return known[1] if known is not None and known[0] == token else None

    def note(self, token: Token | None, scopes: frozenset[str] | None) -> None:
        """Keep what Attio said of a token; ``None`` where it said nothing."""
        self._known = None if scopes is None else (token, scopes)

    def check(self, exchange: Exchange) -> None:
        """Raise ``ForbiddenError`` for a write whose token is known to lack a scope."""
        known = self._known
        if known is None:
            return
        token, granted = known
        if token != exchange.token:
            self._known = None  # it was replaced, and may have others
            return
        request = exchange.request
        if request.purpose != "write":
            return
        wanted = needed(request.method, request.path, request.json)
        lacking = sorted(missing(wanted, granted))
        if lacking:
            raise _refused(request.method, request.path, lacking)


def missing(scopes: Iterable[str], granted: frozenset[str]) -> frozenset[str]:
    """Those of some scopes that are not granted; what may be written may be read."""
    return frozenset(
        scope for scope in scopes
        if scope not in granted
        and not (scope.endswith(_READ) and f"{scope.removesuffix(_READ)}{_WRITE}" in granted)
    )  # fmt: skip


def joined(scopes: Iterable[str]) -> frozenset[str]:
    """Scopes without those that another one of them contains."""
    every = frozenset(scopes)
    return frozenset(
        scope for scope in every
        if not (scope.endswith(_READ) and f"{scope.removesuffix(_READ)}{_WRITE}" in every)
    )  # fmt: skip


def needed(method: str, path: str, sent: object = None) -> frozenset[str]:
    """The scopes of an operation; none of one that Attio's description does not have.

    Of what is described as needing those of records and those of lists, which are seldom both
    needed, the ones that what is ``sent`` tells.
    """
    segments = tuple(path.partition("?")[0].strip("/").split("/"))
    for template, scopes in _operations().get((method, len(segments)), ()):
        if all(_fits(part, given) for part, given in zip(template, segments, strict=True)):
            if "{target}" in template:  # attributes of objects or of lists: each has its own
                other = "list" if segments[1] == "objects" else "object"
                scopes = tuple(each for each in scopes if not each.startswith(f"{other}_"))
            elif template == ("v2", "comments"):
                scopes = _of_comment(scopes, sent)
            return frozenset(scopes)
    return frozenset()


def _of_comment(scopes: tuple[str, ...], sent: object) -> tuple[str, ...]:
    """Those of comments, with those of what it is on; of a reply nobody knows here what that is."""
    data: object = sent.get("data") if is_mapping(sent) else None
    on = next((each for each in _ON if is_mapping(data) and each in data), None)
    return tuple(
        each for each in scopes
        if each.startswith("comment:") or (on is not None and each in _ON[on])
    )  # fmt: skip


def scopes_of(answer: Mapping[str, Any]) -> frozenset[str] | None:
    """The scopes in an answer of ``GET /v2/self``; ``None`` where it does not tell them.

    Attio may leave out all but ``active``.
    """
    given = answer.get("scope")
    if answer.get("active") is not True or not isinstance(given, str):
        return None
    return frozenset(given.split())


def needed_at(*paths: str, write: bool = False) -> frozenset[str]:
    """The scopes of all operations on what stands at these paths of Attio's description.

    Of those that only read, without ``write``; without those that another one contains.
    """
    from attio_orm.transport.scopes import NEEDED  # as below

    found: set[str] = set()
    for name, scopes in NEEDED.items():
        method, _, place = name.partition(" ")
        reads = method == "GET" or place.endswith(("/query", "/search"))
        if (write or reads) and any(_is_at(place, path) for path in paths):
            found.update(scopes)
    return joined(found)


def _is_at(place: str, path: str) -> bool:
    """Whether an operation is on what stands at a path, or on one of it."""
    return place == path or (place.startswith(f"{path}/") and "/" not in place[len(path) + 1 :])


def _fits(part: str, given: str) -> bool:
    if part == "{target}":
        return given in ("objects", "lists")
    return part == given or part.startswith("{")


@cache
def _operations() -> dict[tuple[str, int], list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    from attio_orm.transport.scopes import NEEDED  # only here: few connections know their scopes

    found: dict[tuple[str, int], list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    # names before placeholders: /objects/records/search is not of an object called "records"
    for name, scopes in sorted(NEEDED.items(), key=lambda item: item[0].replace("{", "~")):
        method, _, path = name.partition(" ")
        template = tuple(path.strip("/").split("/"))
        found.setdefault((method, len(template)), []).append((template, scopes))
    return found


def _refused(method: str, path: str, lacking: list[str]) -> ForbiddenError:
    several = len(lacking) > 1
    error = ForbiddenError(
        f"{method} {path} was not sent: the token lacks the scope{'s' if several else ''} "
        f"{', '.join(lacking)}. Grant {'them' if several else 'it'} to the API key in Attio's "
        f"settings, under Developers, and call whoami() to look again. The scopes of an OAuth app "
        f"are set at build.attio.com, and its members have to authorize it again.",
        status=403,
        method=method,
        path=path,
    )
    error.missing_scopes = frozenset(lacking)
    return error
