"""``Note.objects``: lists of resources, narrowed and sorted by what Attio itself has for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, Never, TypeVar, overload

from msgspec.structs import replace

from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Done, Operation, arun, async_twin, gather, run, sync_method
from attio_orm.errors import UnsupportedLookup, ValidationError
from attio_orm.jobs.items import BulkReport
from attio_orm.jobs.progress import Progress
from attio_orm.jobs.run import BulkOptions
from attio_orm.resources import bulk, saving
from attio_orm.resources.base import BaseResource
from attio_orm.resources.loading import by_id
from attio_orm.resources.loops import Loop
from attio_orm.resources.planning import explained
from attio_orm.resources.query import Query, connection_of, listing_of
from attio_orm.resources.reading import Pages, count_of, everything, rows_of
from attio_orm.signals import NeverSends
from attio_orm.transport.call_options import call_options
from attio_orm.transport.dry_run import Plan
from attio_orm.wording import show

R = TypeVar("R", bound=BaseResource)


class Methods(Generic[R]):
    """What managers and querysets have in common."""

    @property
    def model(self) -> type[R]:
        """The class whose instances these are."""
        raise NotImplementedError

    def _start(self) -> Query:
        return Query()

    def _one(self) -> Query:
        """The query, of its first one alone."""
        query = self._start()
        stop = query.start + 1 if query.stop is None else min(query.stop, query.start + 1)
        return replace(query, stop=stop)

    def _read_already(self) -> list[R] | None:
        """What is here, and needs no request."""
        return None

    if not TYPE_CHECKING:  # type checkers are to report the names that are not there

        def __getattr__(self, name: str) -> Any:
            raise _no_method(self, name)

    def all(self) -> ResourceQuerySet[R]:
        """A queryset of the same, which is read anew."""
        return ResourceQuerySet(self.model, self._start())

    def filter(self, *conditions: Never, **lookups: object) -> ResourceQuerySet[R]:
        """Those that meet all of these; Attio filters. Raises ``UnsupportedLookup`` for others."""
        query = self._start()
        if conditions:  # a Q, as querysets of records take it
            raise _unsupported(self.model, "filter by a Q or another condition")
        if query.start or query.stop is not None:
            raise ValidationError("A slice cannot be filtered: filter first, then slice.")
        filters = dict(query.filters)
        listing = listing_of(self.model)
        for name, value in lookups.items():
            check = listing.lookups.get(name)
            if check is None:
                raise _unsupported(self.model, f"filter by {name}")
            try:
                checked = check(value)
            except ValidationError as error:
                raise ValidationError(str(error), attribute=name) from None
            if name in filters and filters[name] != checked:
                raise UnsupportedLookup(
                    f"{self.model.__name__}s are filtered by one {name} at a time: Attio takes one."
                )
            filters[name] = checked
        both = [name for name in listing.alone if name in filters]
        if len(both) > 1:
            raise UnsupportedLookup(
                f"{' and '.join(both)} cannot be given together: Attio finds what meets either of "
                f"them. Filter by one, and compare the other yourself."
            )
        return ResourceQuerySet(self.model, replace(query, filters=filters))

    def order_by(self, order: str, *more: Never) -> ResourceQuerySet[R]:
        """Sorted by this name, descending with a ``-`` in front; Attio sorts.

        Raises ``UnsupportedLookup`` for what it does not sort by.
        """
        query = self._start()
        if query.start or query.stop is not None:
            raise ValidationError("A slice cannot be sorted: sort first, then slice.")
        if order.removeprefix("-") not in listing_of(self.model).orders:
            raise _unsupported(self.model, f"sort by {order}")
        if more:
            raise _unsupported(self.model, "sort by several at once")
        return ResourceQuerySet(self.model, replace(query, order=order))

    def using(
        self,
        source: BaseConnection | None = None,
        *,
        timeout: float | None = None,
        deadline: float | None = None,
        max_attempts: int | None = None,
    ) -> ResourceQuerySet[R]:
        """The same on this connection instead of the current one, or with limits of its own.

        ``timeout`` (seconds a wait), ``deadline`` (seconds a call) and ``max_attempts`` are those
        of ``connect()``, for what this queryset sends alone. A deadline that passes raises
        ``DeadlineExceededError``. Raises ``ValidationError`` for what cannot be meant.
        """
        options, query = call_options(timeout, deadline, max_attempts), self._start()
        if source is None and options is None:
            raise TypeError(
                "using() takes a connection, timeout, deadline or max_attempts; none was given."
            )
        if source is not None:
            if not isinstance(source, BaseConnection):  # pyright: ignore[reportUnnecessaryIsInstance]
                raise TypeError(
                    f"using() takes a connection, such as connect() gives, not {show(source)}: "
                    f"Attio itself gives {self.model.__name__}s, and no other source has them."
                )
            query = replace(query, connection=source)
        if options is not None:
            before = query.options
            query = replace(query, options=options if before is None else options.within(before))
        return ResourceQuerySet(self.model, query)

    def iterator(self) -> ResourceStream[R]:
        """One after another, page by page, none of them kept; for ``for`` and ``async for``."""
        return ResourceStream(self.model, self._start())

    # -- reading ----------------------------------------------------------------------------------

    @sync_method
    def get(self, /, id: object = None, **lookups: object) -> Operation[R]:
        """The one of this id by one request, or the only one that meets these lookups.

        Raises ``DoesNotExist`` or ``MultipleObjectsReturned`` of the class.
        """
        return self._start().bounded(self._get(id, lookups))

    aget = async_twin(get)

    @sync_method
    def get_or_none(self, /, id: object = None, **lookups: object) -> Operation[R | None]:
        """Like ``get()``, and ``None`` where there is none."""
        try:
            return (yield from self._start().bounded(self._get(id, lookups)))
        except self.model.DoesNotExist:
            return None

    aget_or_none = async_twin(get_or_none)

    def _get(self, id: object, lookups: Mapping[str, object]) -> Operation[R]:
        queryset = self.filter(**lookups)
        if id is not None:
            query = queryset.query
            more = query.filters.keys() - {*listing_of(self.model).needs}
            if more:  # or it would be ignored without a word
                raise UnsupportedLookup(
                    f"get(id=...) takes no {' or '.join(sorted(more))} beside the id, which means "
                    f"one {self.model.__name__} alone: compare it yourself."
                )
            return (yield from by_id(self.model, id, connection_of(query), query.filters))
        name = self.model.__name__
        if not queryset.query.filters:
            raise ValidationError(f"Say which {name} is meant: get(id=...).")
        found = yield from everything(self.model, replace(queryset.query, stop=2))
        if not found:
            raise self.model.DoesNotExist(f"There is no such {name}.")
        if len(found) > 1:
            raise self.model.MultipleObjectsReturned(
                f"More than one {name} matches: use filter(...), or get(id=...)."
            )
        return found[0]

    @sync_method
    def first(self) -> Operation[R | None]:
        """The first in order, or ``None``: one request."""
        read = self._read_already()
        if read is None:
            read = yield from self._start().bounded(everything(self.model, self._one()))
        return read[0] if read else None

    afirst = async_twin(first)

    @sync_method
    def exists(self) -> Operation[bool]:
        """Whether there is any: one request."""
        read = self._read_already()
        if read is not None:
            return bool(read)
        return bool((yield from self._start().bounded(rows_of(self.model, self._one()))))

    aexists = async_twin(exists)

    @sync_method
    def count(self) -> Operation[int]:
        """How many there are. Attio has no count.

        What it lists by offset takes about three requests for each factor of ten, of one item each;
        what it lists by cursor is read whole.
        """
        read, query = self._read_already(), self._start()
        return query.bounded(count_of(self.model, query)) if read is None else Done(len(read))

    acount = async_twin(count)

    def explain(self) -> Plan:
        """The request that reading begins with; sends nothing."""
        return explained(self.model, self._start())

    # -- writing ----------------------------------------------------------------------------------

    @sync_method
    def create(self, /, **values: object) -> Operation[R]:
        """Make one of these values by its ``save()``, and give it: one request.

        Raises what ``save()`` raises.
        """
        return self._start().bounded(self._create(values))

    acreate = async_twin(create)

    def _create(self, values: Mapping[str, object]) -> Operation[R]:
        made = self.model(**values)
        yield from saving.save(made, connection=self._start().connection)
        return made

    @sync_method
    def bulk_create(
        self,
        rows: Iterable[R | Mapping[str, object]],
        *,
        on_error: Literal["collect", "stop"] = "collect",
        on_progress: Callable[[Progress], Any] | None = None,
        concurrency: int | None = None,
        keep: Literal["auto", "all", "errors", "none"] = "auto",
        deadline: float | None = None,
    ) -> Operation[BulkReport[Any]]:
        """Make many, one request each, side by side; the report is in the rows' order.

        ``on_error="stop"`` raises the first failure. Nothing is repeated blindly: a create whose
        outcome is not known is reported so. The arguments are those of a model's
        ``bulk_create()``.
        """
        query = self._start()
        options = BulkOptions(on_error, on_progress, concurrency, keep, deadline)
        return query.bounded(bulk.bulk_create(self.model, rows, query.connection, options))

    abulk_create = async_twin(bulk_create)

    @sync_method
    def delete(self, *, confirm: int) -> Operation[int]:
        """Delete all of these for good; gives how many.

        ``confirm`` is how many you expect: another number raises ``ValidationError`` and deletes
        none.
        """
        return self._start().bounded(self._delete(confirm))

    adelete = async_twin(delete)

    def _delete(self, confirm: int) -> Operation[int]:
        found = yield from everything(self.model, self._start())
        if confirm != len(found) or isinstance(confirm, bool):
            raise ValidationError(
                f"{len(found)} {self.model.__name__}s match, and confirm={confirm!r}: nothing was "
                f"deleted."
            )
        yield from gather(saving.delete(each) for each in found)
        return len(found)


class ResourceQuerySet(Loop[R], Methods[R]):
    """Resources that are read when they are looked at, once; each method gives another queryset."""

    def __init__(self, model: type[R], query: Query) -> None:
        self._model = model
        self.query = query
        self._found: list[R] | None = None

    @property
    def model(self) -> type[R]:
        """The class whose instances these are."""
        return self._model

    def _start(self) -> Query:
        return self.query

    def _read_already(self) -> list[R] | None:
        return self._found

    def __included__(self) -> ResourceQuerySet[R]:
        """What an ``Include`` is given."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        query = replace(self.query, connection=None)  # which no pickle can hold
        return {"_model": self._model, "query": query, "_found": None}

    def _all(self) -> Operation[list[R]]:
        if self._found is None:
            self._found = yield from self.query.bounded(everything(self._model, self.query))
        return self._found

    def __len__(self) -> int:
        return len(run(self._all(), "len()", "[each async for each in ...]"))

    def __bool__(self) -> bool:
        return bool(run(self._all(), "bool()", "await aexists()"))

    @overload
    def __getitem__(self, index: int) -> R: ...
    @overload
    def __getitem__(self, index: slice) -> ResourceQuerySet[R]: ...
    def __getitem__(self, index: int | slice) -> R | ResourceQuerySet[R]:
        query = self.query
        if isinstance(index, slice):
            start, stop = index.start or 0, index.stop
            if start < 0 or (stop is not None and stop < 0) or index.step not in (None, 1):
                raise ValidationError("A queryset is sliced from its beginning, in steps of one.")
            begin = query.start + start
            ends = [each for each in (query.stop, None if stop is None else query.start + stop)
                    if each is not None]  # fmt: skip
            return ResourceQuerySet(
                self._model,
                replace(query, start=begin, stop=max(begin, min(ends)) if ends else None),
            )
        if index < 0:
            raise ValidationError("A queryset has no negative index: order_by the other way.")
        if self._found is not None:
            return self._found[index]
        at = query.start + index
        if query.stop is not None and at >= query.stop:
            raise IndexError(f"There is no {self._model.__name__} at {index}.")
        found = run(
            query.bounded(everything(self._model, replace(query, start=at, stop=at + 1))),
            "Indexing",
            "afirst()",
        )
        if not found:
            raise IndexError(f"There is no {self._model.__name__} at {index}.")
        return found[0]

    def __repr__(self) -> str:
        if self._found is not None:
            return f"<ResourceQuerySet {self._found!r}>"
        by = "".join(f" {name}={value!r}" for name, value in self.query.filters.items())
        return f"<ResourceQuerySet of {self._model.__name__}{by}>"


class ResourceStream(Generic[R]):
    """A pass over the pages, each dropped when the next one comes."""

    def __init__(self, model: type[R], query: Query) -> None:
        self._model = model
        self._query = query

    def __iter__(self) -> Iterator[R]:
        pages = Pages(self._model, self._query)
        while not pages.done:
            page = self._query.bounded(pages.next_page())
            yield from run(page, "Iterating", "async for")

    async def __aiter__(self) -> AsyncIterator[R]:
        pages = Pages(self._model, self._query)
        while not pages.done:
            for each in await arun(self._query.bounded(pages.next_page())):
                yield each


class ResourceManager(Methods[R], NeverSends):
    """The way to the resources of one class: ``Note.objects.filter(parent=person)``."""

    def __init__(self, model: type[R]) -> None:
        self._model = model

    @property
    def model(self) -> type[R]:
        """The class whose instances these are."""
        return self._model

    def __repr__(self) -> str:
        return f"<ResourceManager of {self._model.__name__}>"


class ManagerOf:
    """The manager of the class; instances have none."""

    def __get__(self, instance: None, owner: type[R]) -> ResourceManager[R]:
        if instance is not None:
            raise AttributeError("objects")  # what the class says of it
        return ResourceManager(owner)


def _unsupported(model: type[BaseResource], what: str) -> UnsupportedLookup:
    listing = listing_of(model)
    has = " or ".join(listing.lookups) or "nothing"
    sorts = " or ".join(f"{each} (or -{each})" for each in listing.orders) or "nothing"
    return UnsupportedLookup(
        f"Attio has no way to {what}: {model.__name__}s are filtered by {has}, and sorted by "
        f"{sorts}. Compare what else you need yourself."
    )


def _no_method(owner: Methods[Any], name: str) -> AttributeError:
    if name.startswith("_"):  # what copy, pickle and inspect look for
        return AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}")
    model = owner.model.__name__
    return AttributeError(
        f"There is no {name}() of {model}s, which Attio finds by two or three things alone. They "
        f"have filter(), order_by(), get(), get_or_none(), first(), exists(), count(), iterator(), "
        f"create(), bulk_create() and delete(): read them, and do the rest in Python."
    )


def read_on(
    queryset: ResourceQuerySet[R], connection: BaseConnection | None
) -> ResourceQuerySet[R]:
    """The same on the connection of what it is about; ``None`` is the current one."""
    return ResourceQuerySet(queryset.model, replace(queryset.query, connection=connection))
