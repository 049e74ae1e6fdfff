"""Who the members behind actors are: looked up once for a connection, and kept with its schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from attio_orm.connection import current
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import in_task, now
from attio_orm.effects import Operation, colour, run
from attio_orm.errors import AttioError, NotLoadedError
from attio_orm.records.base import Record, mapper_of
from attio_orm.schema.definitions import Member
from attio_orm.types.actors import ACTOR, MEMBER, current_members

if TYPE_CHECKING:
    from attio_orm.records.rows import Row

_AGAIN: Final = 10.0  # seconds until a workspace that refused to list its members is asked again

_MEMBER: Final = f'"{MEMBER}"'.encode()


class Owners:
    """The members of one connection's workspace, as its actors ask for them."""

    def __init__(self, connection: BaseConnection, *, asynchronous: bool) -> None:
        self._schema = connection.schema
        self._asynchronous = asynchronous  # what an ``a``-method loaded must not block
        self._seen: tuple[Member, ...] | None = None
        self._by_id: dict[str, Member] = {}
        self.failed = -_AGAIN

    def known(self, member_id: str, /) -> Member | None:
        """The member of this id, where the members are known already. Sends nothing."""
        members = self._schema.known_members()
        # where the schema was forgotten, who was known before will do until it is asked for again
        if members is not None and members is not self._seen:
            self._by_id = {each.id: each for each in members}
            self._seen = members
        return self._by_id.get(member_id)

    def find(self, member_id: str, /) -> Member | None:
        """The member of this id; the members are asked for where they are not known.

        For one who is not among them they are asked for again, at most every 10 s. Raises
        ``NotLoadedError`` where that would stop an event loop.
        """
        found, schema = self.known(member_id), self._schema
        is_new = schema.known_members() is None
        # in a program with many records of one who has left, this is asked for each of them
        if found is not None or not (is_new or schema.members_may_be_new):
            return found
        if self._asynchronous or in_task():
            if not is_new:
                return None  # one who has left must not stop every record
            raise NotLoadedError(
                "The members of the workspace are not known yet, and asking for them here would "
                "block the event loop: `await connection.schema.afetch_members()` before reading "
                "the name or e-mail address of one."
            )
        run(
            schema.members() if is_new else schema.look_for_members(),
            "Reading the name or e-mail address of a member",
            "await connection.schema.afetch_members() before",
        )
        if is_new:
            schema.note_look()  # that was the look
        return self.known(member_id)


def owners_of(connection: BaseConnection, *, asynchronous: bool) -> Owners:
    """Who knows the members, for what was loaded by a sync method, or by an ``a``-method."""
    name = "owners, asynchronous" if asynchronous else "owners"
    found = connection.attached.get(name)
    if not isinstance(found, Owners):  # of two threads that come first the later one's stays
        found = connection.attached[name] = Owners(connection, asynchronous=asynchronous)
    return found


def _current() -> Owners | None:
    connection = current.current_or_none()
    return None if connection is None else owners_of(connection, asynchronous=False)


current_members.append(_current)


def bring_members(
    connection: BaseConnection, model: type[Record], rows: Iterable[Row]
) -> Operation[None]:
    """Ask for the members, once, where an ``a``-method brought a record that has an owner.

    Its actors could not ask later, as that would stop the event loop. Only attributes that people
    set count: of what Attio notes by itself (who made a record) nearly all records have some.
    """
    # the colour first: sync code, which asks when a name is read, does not pay for the rest
    if connection.schema.known_members() is not None or (yield from colour()) != "async":
        return
    owners, slugs = owners_of(connection, asynchronous=True), _owner_slugs(connection, model)
    if now() - owners.failed < _AGAIN or not any(_has_member(row, slugs) for row in rows):
        return
    try:
        yield from connection.schema.members()
    except AttioError:  # the token may have no scope for it: who reads a name is told then
        owners.failed = now()


def _owner_slugs(connection: BaseConnection, model: type[Record]) -> set[str]:
    """The attributes of a model that refer to actors, and that people set."""
    mapper = mapper_of(model)
    found = {
        slug
        for slug, attribute in mapper.by_slug.items()
        if attribute.type == ACTOR and attribute.is_writable
    }
    known = None if mapper.strict else connection.schema.get(mapper.object)
    if known is not None:
        for slug, spec in known.attributes.items():
            if spec.type == ACTOR and spec.is_writable and slug not in mapper.by_slug:
                found.add(slug)
    return found


def _has_member(row: Row, slugs: Iterable[str]) -> bool:
    # by the bytes, as nothing of most records is decoded: value objects have no list inside
    values = bytes(row.values)
    for slug in slugs:
        begin = values.find(f'"{slug}"'.encode())
        if begin >= 0 and _MEMBER in values[begin : values.find(b"]", begin)]:
            return True
    return False
