"""One request on its way through a handler."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from attio_sandbox.bodies import Field, check, is_uuid
from attio_sandbox.errors import PATH_MESSAGE, Issue, bad_param, forbidden, invalid, wrong_param
from attio_sandbox.records.transactions import Transaction
from attio_sandbox.requests.replies import Reply
from attio_sandbox.schema import Activity, Collection, List, Object, Schema

WORKSPACE, USER = "workspace", "user"  # the levels of tokens


@dataclass(slots=True)
class Settings:
    """What a workspace does unlike others; all is off at first, and times are in seconds.

    With `enrichment` people get a company by their e-mail domain, `enrichment_delay` after they
    were created. A merge is done `merge_delay` after its response, which is then a 202; search
    lags `search_delay` behind. `refuse_record_id_in` is for filters with `$in` on `record_id`,
    `allow_http_targets` for webhooks over the network. With `shuffle_ties` records and entries that
    sort alike come in another order in each query. `reserved_emails` takes e-mail addresses of
    people under `.test`, `.example`, `.invalid` and `.localhost`; `is_enterprise` has what only
    that plan has, as SQL, whose statements are stopped after `sql_timeout`. `max_objects` is how
    many objects the plan allows, the standard ones among them.
    """

    enrichment: bool = False
    enrichment_delay: float = 0.25  # as it was measured (facts.md 16)
    merge_delay: float = 0.0
    search_delay: float = 0.0
    refuse_record_id_in: bool = False
    allow_http_targets: bool = False
    shuffle_ties: bool = False
    reserved_emails: bool = False
    is_enterprise: bool = False
    sql_timeout: float = 30.0
    max_objects: int | None = None
    _random: Random = field(default_factory=lambda: Random(0), repr=False)

    def tie_breaker(self) -> int | None:
        """Give a number that the order of ties follows from, None where they keep theirs."""
        return self._random.randrange(1, 1_000_003) if self.shuffle_ties else None


@dataclass(frozen=True, slots=True)
class Token:
    """One access token that is in force; `actor` is the number of whom its writes name.

    `member` is the id of the one member that a user-level token acts for, None of a token of the
    workspace.
    """

    token: str
    id: str
    actor: int
    scope: str
    scopes: frozenset[str]
    client_id: str
    created_at: str
    member: str | None = None

    @property
    def level(self) -> str:
        """What Attio calls the level of the token."""
        return WORKSPACE if self.member is None else USER

    def require(self, scopes: Iterable[str]) -> None:
        """Raise the 403 that names those of `scopes` which the token lacks."""
        missing = [
            scope
            for scope in scopes
            if scope not in self.scopes
            and not (scope.endswith(":read") and f"{scope}-write" in self.scopes)
        ]
        if missing:
            names = ", ".join(f'"{scope}"' for scope in missing)
            raise forbidden(
                f"The access token lacks the scope {names}, which this endpoint requires. Grant it "
                "in the settings of the token."
            )


@dataclass(slots=True, kw_only=True)
class Call(Transaction):
    """One authorised request: its path names, query parameters and decoded body.

    `token` is None where the route is public, or the workspace acts by itself; `body` is the
    undecoded body, and `headers` have lower-case names. A handler gives the body of the answer,
    or a whole Reply.
    """

    settings: Settings
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    json: Any = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    token: Token | None = None

    @property
    def reserved_emails(self) -> bool:
        """Whether people take e-mail addresses that nobody can have."""
        return self.settings.reserved_emails

    # What the path names

    @property
    def object(self) -> Object:
        """The object of the path; raises the 404 if there is none."""
        return self.schema.object(self.names["object"])

    @property
    def list(self) -> List:
        """The list of the path; raises the 404 where the token sees none."""
        return self.schema.get_list(self.names.get("list") or self.names["identifier"], self.actor)

    @property
    def activity(self) -> Activity:
        """The activity of the path; raises the 404 if there is none."""
        return self.schema.activity(self.names.get("activity") or self.names["identifier"])

    @property
    def collection(self) -> Collection:
        """What `{object}`, `{list}`, `{activity}` or `{target}/{identifier}` names, or its 404."""
        names = self.names
        if "activity" in names or names.get("target") == Activity.target:
            return self.activity
        if "list" in names or names.get("target") == List.target:
            return self.list
        return self.schema.object(names.get("object") or names["identifier"])

    def uuid(self, name: str) -> str:
        """Give a path name that must be a UUID, lower-case; raises the 400 otherwise."""
        value = self.names[name]
        if not is_uuid(value):
            raise invalid(PATH_MESSAGE, [Issue("invalid_string", (name,), "Invalid uuid")])
        return value.lower()

    # What the query and the body hold

    def checked(self, field: Field) -> Any:
        """Give the body where it has the shape asked for; raises the 400 otherwise."""
        check(field, self.json)
        return self.json

    def flag(self, name: str) -> bool:
        """Give a boolean query parameter, False where it is not there."""
        value = self.params.get(name, "false")
        if value not in ("true", "false"):
            raise wrong_param(name, "boolean", "string")
        return value == "true"

    def page(
        self, default: int | None = None, maximum: int | None = None, minimum: int = 1
    ) -> slice:
        """Give the slice that the query parameters `limit` and `offset` name.

        Without a `limit` it is `default` long; raises the 400 outside `minimum` to `maximum`.
        """
        limit, offset = self._whole("limit", minimum, maximum), self._whole("offset", 0) or 0
        if limit is None:
            limit = default
        return slice(offset, None if limit is None else offset + limit)

    def _whole(self, name: str, minimum: int, maximum: int | None = None) -> int | None:
        text = self.params.get(name)
        if text is None:
            return None
        if len(text) > 15 or not (text.isascii() and text.removeprefix("-").isdigit()):
            raise wrong_param(name, "number", "nan")
        # Attio documents the largest pages and not what it does beyond them (facts.md 13.14):
        # refusing is what shows the mistake.
        if int(text) < minimum:
            raise bad_param(f"Number must be greater than or equal to {minimum}", name, "too_small")
        if maximum is not None and int(text) > maximum:
            raise bad_param(f"Number must be less than or equal to {maximum}", name, "too_big")
        return int(text)


# What a handler gives to be done when the transaction is over: others are answered meanwhile.
Later = Callable[[], bytes]
Handler = Callable[[Call], bytes | Reply | Later]


class Calls(Protocol):
    """Where calls come from that no request made: the parts of a workspace arrange it by them."""

    @property
    def schema(self) -> Schema:
        """The schema as it is now."""
        ...

    def call(self, *, writes: bool) -> AbstractContextManager[Call]:
        """Open a transaction and give the call that works in it."""
        ...
