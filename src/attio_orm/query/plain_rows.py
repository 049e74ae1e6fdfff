"""What ``values()`` and ``rows()`` give, read from rows by columns: mostly no records are made.

A row becomes a record all the same where only that can tell: where the session holds the record, a
value is not of the type that was declared, or a name needs a record. So a page may have both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from attio_orm import signals
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session
from attio_orm.effects import Operation, gather
from attio_orm.errors import ValidationError
from attio_orm.query.execution import AttioExecution
from attio_orm.query.includes import IncludeTree, parse_includes
from attio_orm.query.levels import (
    Columns,
    Found,
    Level,
    Links,
    Node,
    Values,
    attribute_in,
    level_of,
)
from attio_orm.query.pages import Pages, load_included
from attio_orm.query.prefetch import check_includes
from attio_orm.query.query import Query
from attio_orm.query.resolver import with_schema
from attio_orm.query.source import Execution
from attio_orm.query.value_paths import ValuePath, read_steps, value_path
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.column_rows import whole_row
from attio_orm.records.loading import (
    LoadContext,
    batches,
    fetch_rows,
    is_fresh,
    load_context,
    materialize,
)
from attio_orm.records.owners import bring_members
from attio_orm.records.relations import held_records, load_relation, reload_stale, wanted_ids
from attio_orm.records.rows import DecodeRows, Row
from attio_orm.types.references import ReferenceAttribute
from attio_orm.wording import show

if TYPE_CHECKING:
    Relation = ReferenceAttribute[Any, Any, Any]

Read: TypeAlias = Callable[[Sequence[Row]], Operation[list[Values]]]
"""Gives the values of each row of a page, in the order of the names."""


class NamedValues:
    """The names of ``values()`` or ``rows()``, settled for one query before a row is read."""

    def __init__(
        self,
        query: Query[Any],
        execution: Execution,
        connection: BaseConnection,
        paths: Sequence[ValuePath],
        includes: IncludeTree,
    ) -> None:
        self._query = query
        self._execution = execution
        self._connection = connection
        self._paths = paths
        self._includes = includes

    def reader(self, session: Session) -> Read:
        """What reads page after page: what they lead to comes through this session, and once."""
        connection, query, level = self._connection, self._query, None
        by: _ByRecords | _ByColumns
        # receivers are promised the record, and what is included by itself is loaded, too
        if not (signals.post_load.receivers or query.includes.paths):
            level = level_of(connection, query.model, 0, list(enumerate(self._paths)))
        if level is None:
            by = _ByRecords(connection, session, query, self._paths, self._includes)
        else:
            by = _ByColumns(connection, session, query, level)
            # what the session holds is taken from whole rows
            if isinstance(self._execution, AttioExecution) and not len(session.map(query.model)):
                self._execution.decode = by.decoder()
        names_members = any(path.names_members for path in self._paths)

        def read(rows: Sequence[Row]) -> Operation[list[Values]]:
            if rows and names_members:
                yield from connection.schema.members()
            return (yield from by.read(rows)) if rows else []

        return read


def check_names(names: Sequence[object]) -> None:
    """Raise ``ValidationError`` where no name is given, or what is not one."""
    how = "Name the attributes to read, each as a text of its own, e.g. 'name', 'company__name'"
    if not names:
        raise ValidationError(f"{how}.")
    for name in names:
        if not isinstance(name, str):
            raise ValidationError(f"{how}, not {show(name)}.")


def named_values(
    query: Query[Any], pages: Pages[Any], names: Sequence[str]
) -> Operation[NamedValues]:
    """What the names mean. Raises ``UnknownAttributeError``, before a row is read."""
    connection = pages.connection
    # first: the names may need what is known of the workspace then
    execution = yield from pages.execution()
    paths = yield from with_schema(
        connection, lambda: [value_path(query.model, connection, name) for name in names]
    )
    relations = dict.fromkeys(path.relations for path in paths if path.relations)
    yield from check_includes(connection, [query.model], parse_includes(tuple(relations)))
    includes = parse_includes((*query.includes.paths, *relations))
    pages.brings_members = any(path.has_actors for path in paths)
    return NamedValues(query, execution, connection, paths, includes)


class _ByRecords:
    """By records, which the reader keeps: what they refer to is there for the next page."""

    def __init__(
        self,
        connection: BaseConnection,
        session: Session,
        query: Query[Any],
        paths: Sequence[ValuePath],
        includes: IncludeTree,
    ) -> None:
        self._connection = connection
        self._session = session
        self._query = query
        self._paths = paths
        self._includes = includes
        self._kept: list[Record] = []

    def read(self, rows: Sequence[Row]) -> Operation[list[Values]]:
        connection, session, query = self._connection, self._session, self._query
        context = yield from load_context(connection, session, mode=query.mode)
        found = materialize(query.model, rows, context)
        self._kept += found
        yield from load_included(connection, session, found, self._includes)
        return [tuple(path.read(record) for path in self._paths) for record in found]


# -- by columns -----------------------------------------------------------------------------------


class _ByColumns:
    """By columns; what relations lead to in batches, and no record twice."""

    def __init__(
        self, connection: BaseConnection, session: Session, query: Query[Any], level: Level
    ) -> None:
        self._connection = connection
        self._session = session
        self._mode = query.mode
        self._level = level
        self._known: dict[tuple[type[Record], str], Node] = {}

    def decoder(self) -> DecodeRows | None:
        """What decodes the columns with their page; ``None`` where the names need whole rows."""
        return Columns(self._connection, self._level).decoder()

    def read(self, rows: Sequence[Row]) -> Operation[list[Values]]:
        level = self._level
        nodes = yield from self._nodes(level.model, rows)
        if level.below:  # which may lead back here
            self._remember(level.model, rows, nodes)
        found = yield from self._values(level, nodes)
        return list(zip(*(found[position] for position in sorted(found)), strict=True))

    # rows and records

    def _nodes(
        self, model: type[Record], rows: Sequence[Row], wanted: Iterable[str] = ()
    ) -> Operation[list[Node]]:
        """The rows; as records those that the session holds, and those whose ids are ``wanted``."""
        these, session = set(wanted), self._session
        if session.explicit and model is not self._level.model:  # which keeps what is related
            these.update(row.id.record_id for row in rows)
        with session.lock:
            refs = session.map(model)
            places = [
                at
                for at, row in enumerate(rows if these or len(refs) else ())
                if row.id.record_id in these or refs.get(row.id.record_id) is not None
            ]
        nodes: list[Node] = list(rows)
        yield from self._make_records(model, nodes, places)
        return nodes

    def _make_records(
        self, model: type[Record], nodes: list[Node], places: Iterable[int]
    ) -> Operation[None]:
        """Put records at these places."""
        rows = [(at, node) for at in places if not isinstance(node := nodes[at], Record)]
        if rows:
            context = yield from self._context()
            records = materialize(model, [whole_row(row) for _, row in rows], context)
            for (at, _), record in zip(rows, records, strict=True):
                nodes[at] = record

    def _remember(self, model: type[Record], rows: Sequence[Row], nodes: Sequence[Node]) -> None:
        for row, node in zip(rows, nodes, strict=True):
            self._known[model, row.id.record_id] = node

    def _context(self) -> Operation[LoadContext]:
        return load_context(self._connection, self._session, mode=self._mode)

    # values

    def _values(self, level: Level, nodes: list[Node]) -> Operation[Found]:
        columns = Columns(self._connection, level)
        own = columns.read(nodes, (yield from self._context()).owners)
        odd = (at for at, each in enumerate(own) if each is None)
        yield from self._make_records(level.model, nodes, odd)
        links = {name: columns.links(name, own) for name in level.below}
        behind = yield from gather(
            [self._behind(level, name, nodes, links[name]) for name in level.below]
        )
        found = columns.leaves(nodes, own, links)
        for each in behind:
            found |= each
        records = [(at, node) for at, node in enumerate(nodes) if isinstance(node, Record)]
        for position, path in level.paths if records else ():
            values = found[position]
            for at, record in records:
                values[at] = read_steps(record, path.steps, level.depth)
        return found

    def _behind(self, level: Level, name: str, nodes: list[Node], links: Links) -> Operation[Found]:
        """The values behind one relation. Of the links those that lead nowhere are taken out."""
        relation = attribute_in(self._connection, level.model, name)
        assert isinstance(relation, ReferenceAttribute)
        below = level.below[name]
        there = yield from self._related(
            relation, below.model, nodes, links, goes_on=bool(below.below)
        )
        for at, link in enumerate(links):
            if link:
                links[at] = [each for each in link if each in there]
        if not relation.may_be_empty:  # what reading it raises, the record knows
            lost = [at for at, link in enumerate(links) if not link]
            yield from self._make_records(level.model, nodes, lost)
        places = {each: at for at, each in enumerate(there)}
        found = yield from self._values(below, list(there.values()))
        if relation.is_multi:
            return {
                position: [[values[places[each]] for each in link] for link in links]
                for position, values in found.items()
            }
        return {
            position: [values[places[link[0]]] if link else None for link in links]
            for position, values in found.items()
        }

    def _related(
        self,
        relation: Relation,
        model: type[Record],
        nodes: Sequence[Node],
        links: Links,
        *,
        goes_on: bool,
    ) -> Operation[dict[str, Node]]:
        """What the rows refer to, by id. The records among them hold what they refer to then.

        Where it ``goes_on`` from there, that is given as well.
        """
        connection, session, known = self._connection, self._session, self._known
        owners = [
            node
            for node in nodes
            if isinstance(node, Record)
            # what is gone, or was never read, refers to nothing that is known
            and not (state_of(node).deleted or state_of(node).is_deferred)
        ]
        held: list[str] = []
        if owners:
            yield from reload_stale(connection, session, owners, relation)
            held = wanted_ids(connection, session, owners, relation, model)
        there: dict[str, Node] = {}
        lacking: list[str] = []
        # in one request, whoever refers to them
        wanted = dict.fromkeys([*(each for link in links for each in link), *held])
        for each in wanted:
            live = session.get(model, each)
            if live is not None and is_fresh(live, session, without_ttl=True):
                known[model, each] = live  # it is to live as long as its owners would let it
            if (model, each) in known:
                there[each] = known[model, each]
            else:
                lacking.append(each)
        pages = yield from gather([self._fetch(model, chunk) for chunk in batches(lacking)])
        for rows in pages:
            found = yield from self._nodes(model, rows, held)
            self._remember(model, rows, found)
            there.update((row.id.record_id, node) for row, node in zip(rows, found, strict=True))
        there = {each: there[each] for each in wanted if each in there}  # in the order of the rows
        if owners:
            ids = [each for each in held if each in there and not isinstance(there[each], Record)]
            again = [there[each] for each in ids]
            yield from self._make_records(model, again, range(len(again)))
            there.update(zip(ids, again, strict=True))
            known.update({(model, each): there[each] for each in ids})
            # all that it needs is in the session by now
            yield from load_relation(connection, session, owners, relation)
            if goes_on:
                for owner in owners:
                    there.update((str(each.id), each) for each in held_records(owner, relation))
        return there

    def _fetch(self, model: type[Record], ids: Sequence[str]) -> Operation[list[Row]]:
        connection = self._connection
        rows = yield from fetch_rows(connection, mapper_of(model).object, ids)
        yield from bring_members(connection, model, rows)
        return rows
