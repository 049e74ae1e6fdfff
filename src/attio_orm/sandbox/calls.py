"""One request on its way through a handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attio_orm.sandbox.bodies import Field, check, is_uuid
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.errors import PATH_MESSAGE, QUERY_MESSAGE, Issue, invalid
from attio_orm.sandbox.events import Event
from attio_orm.sandbox.replies import Reply
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.storage import Database
from attio_orm.sandbox.timestamps import format_moment

if TYPE_CHECKING:
    from attio_orm.sandbox.access.tokens import Token
    from attio_orm.sandbox.catalog import Catalog
    from attio_orm.sandbox.ids import Ids


@dataclass(slots=True)
class Call:
    """One authorised request: its path names, query parameters and decoded body.

    `actor` is the number of the token's actor, `token` is None where the route is public, `body`
    is the undecoded body, and `headers` have lower-case names. `search_delay` is how many seconds
    search lags behind, `merge_delay` how many a merge takes. A handler gives the body of the
    answer, or a whole Reply.
    """

    database: Database
    schema: Schema
    ids: Ids
    moment: datetime
    actor: int
    names: Mapping[str, str]
    params: Mapping[str, str]
    json: Any
    catalog: Catalog
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""
    token: Token | None = None
    refuse_record_id_in: bool = False
    allow_http_targets: bool = False
    search_delay: float = 0.0
    merge_delay: float = 0.0
    events: list[Event] = field(default_factory=list[Event])

    @property
    def now(self) -> str:
        """The time of the request as Attio writes it."""
        return format_moment(self.moment)

    @property
    def search_until(self) -> str | None:
        """The time up to which search knows records, None where it does not lag."""
        if self.search_delay <= 0:
            return None
        return format_moment(self.moment - timedelta(seconds=self.search_delay))

    def changes(self) -> Changes:
        """Start a unit of work on records."""
        return Changes(self.database, self.schema, self.now, self.actor, self.events)

    def emit(self, type: str, id: dict[str, str], **extra: Any) -> None:
        """Note an event, which webhooks are told of once the request is committed."""
        self.events.append(Event(type, id, extra, self.actor))

    def checked(self, field: Field) -> Any:
        """Give the body where it has the shape asked for; raises the 400 otherwise."""
        check(field, self.json)
        return self.json

    def uuid(self, name: str) -> str:
        """Give a path name that must be a UUID, lower-case; raises the 400 otherwise."""
        value = self.names[name]
        if not is_uuid(value):
            raise invalid(PATH_MESSAGE, [Issue("invalid_string", (name,), "Invalid uuid")])
        return value.lower()

    def flag(self, name: str) -> bool:
        """Give a boolean query parameter, False where it is not there."""
        value = self.params.get(name, "false")
        if value not in ("true", "false"):
            message = "Expected boolean, received string"
            raise invalid(QUERY_MESSAGE, [Issue("invalid_type", (name,), message)])
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
            message = "Expected number, received nan"
            raise invalid(QUERY_MESSAGE, [Issue("invalid_type", (name,), message)])
        if int(text) < minimum:
            message = f"Number must be greater than or equal to {minimum}"
            raise invalid(QUERY_MESSAGE, [Issue("too_small", (name,), message)])
        if maximum is not None and int(text) > maximum:
            message = f"Number must be less than or equal to {maximum}"
            raise invalid(QUERY_MESSAGE, [Issue("too_big", (name,), message)])
        return int(text)


Handler = Callable[[Call], bytes | Reply]
