"""``Model``: the class that users derive from, and what every instance can do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar, cast

from attio_orm.effects import Operation, arun, async_twin, run, sync_method
from attio_orm.errors import UnknownAttributeError
from attio_orm.keywords import unknown_keyword
from attio_orm.models import matches
from attio_orm.models.declaration import declare
from attio_orm.models.extensions import RecordExtensions
from attio_orm.models.manager import Manager, ManagerDescriptor
from attio_orm.models.metaclass import ModelType
from attio_orm.models.missing_methods import missing_on_instance
from attio_orm.models.record_entries import RecordEntries
from attio_orm.models.registry import registry
from attio_orm.query.pages import load_paths
from attio_orm.records import assignment, changes, copies, loading, rows, serialization
from attio_orm.records.base import Mapper, OnDrift, Record, set_state
from attio_orm.records.changes import Change
from attio_orm.records.deferred_loading import deferred
from attio_orm.records.names import (
    RESERVED,
    attribute_at,
    attribute_of,
    attribute_since,
    unknown_attribute,
)
from attio_orm.records.serialization import Names
from attio_orm.records.state import RecordState, changed
from attio_orm.types.pydantic_hooks import LateSerializer
from attio_orm.types.references import ReferenceMatch
from attio_orm.writes import creations, saving
from attio_orm.writes.upserts import make

if TYPE_CHECKING:
    from datetime import datetime

    from attio_orm.models.connection import Connection
    from attio_orm.records.as_of import RecordAsOf
    from attio_orm.records.history import HistoricValue
    from attio_orm.types.provenance import ValueMeta

M = TypeVar("M", bound="Model")

_NO_KEYS = (
    "{0} has no attribute 'keys'. model_dump() gives a dict of an instance; an attribute of this "
    'slug is instance["keys"].'
)


class Model(Record, RecordExtensions, metaclass=ModelType):
    """A class whose instances are the records of one Attio object.

    ``class Person(Model)`` stands for the object ``people`` (the class name, pluralised);
    ``object="slug"`` names another, ``abstract=True`` makes a base without an object of its own,
    ``strict=True`` refuses attributes that are not declared, and ``on_drift`` says for this class
    what ``connect(on_drift=...)`` says for all. ``cache_ttl`` is for how many seconds the cache of
    a connection may answer ``get(id=...)``; 0 for never.
    """

    __slots__ = ()

    objects: ClassVar = ManagerDescriptor()  # of no type: a manager of one's own keeps its own
    _mapper = Mapper("Model", assignment.accept_item)
    _keywords: ClassVar[tuple[str, ...]] = ("object", "abstract", "strict", "on_drift", "cache_ttl")
    _taken: ClassVar[frozenset[str]] = frozenset()  # names of its kind alone, beside those of all

    def __init_subclass__(
        cls,
        *,
        object: str | None = None,
        abstract: bool = False,
        strict: bool | None = None,
        on_drift: OnDrift | None = None,
        cache_ttl: float | None = None,
        shipped: bool = False,
        dynamic: bool = False,
        **kwargs: object,
    ) -> None:
        try:
            super().__init_subclass__(**kwargs)  # of other bases, which may take keywords
        except TypeError as error:
            if "keyword" not in str(error) or not kwargs:
                raise
            name = next((each for each in kwargs if repr(each) in str(error)), next(iter(kwargs)))
            raise unknown_keyword(f"class {cls.__name__}", name, cls._keywords) from None
        cls._mapper = declare(
            cls,
            taken=_names_of_models() | cls._taken,
            object=object,
            abstract=abstract,
            strict=strict,
            on_drift=on_drift,
            cache_ttl=cache_ttl,
            shipped=shipped,
            dynamic=dynamic,
        )
        cls.DoesNotExist = _exception(cls, "DoesNotExist")
        cls.MultipleObjectsReturned = _exception(cls, "MultipleObjectsReturned")
        if not (abstract or dynamic):  # what is made for one workspace is not for references of all
            registry.add(cls)

    def __init__(self, **values: object) -> None:
        if not self._mapper.object:
            raise TypeError(f"{type(self).__name__} is abstract: derive a model from it.")
        set_state(self, RecordState(parts={}))
        assignment.assign_all(self, values)

    # -- identity -----------------------------------------------------------------------------

    @property
    def web_url(self) -> str | None:
        """The page of the record in Attio's own web application, once it is saved."""
        if self._state.web_url is None and self._state.is_deferred:  # ref() made it: read it now
            self._state.split()
        return self._state.web_url

    @property
    def connection(self) -> Connection | None:
        """The connection this instance came from, ``None`` where it is new or detached."""
        return cast("Connection | None", self._state.connection)

    @property
    def entries(self) -> RecordEntries:
        """The entries of lists that are about this record; reading the property sends nothing."""
        return RecordEntries(self)

    @property
    def raw(self) -> dict[str, Any]:
        """Attio's own values by slug, as last loaded: plain ``dict`` and ``list``.

        Without a relation that a save of its other side has changed since: touch that first.
        """
        state = self._state
        if state.is_deferred:
            state.split()
        found = rows.plain_values(state.values)
        return {slug: each for slug, each in found.items() if not state.is_stale(slug)}

    def __repr__(self) -> str:
        return serialization.represent(self)

    # -- attributes -----------------------------------------------------------------------------

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            attribute = attribute_of(self, name) if name not in RESERVED else None
            if attribute is None:
                return self._undeclared(name, bracketed=False)
            return attribute.__get__(self, type(self))

        def __setattr__(self, name: str, value: object) -> None:
            attribute = self._mapper.attributes.get(name)
            if attribute is not None:
                assignment.assign(self, attribute, value)
            else:
                assignment.assign_undeclared(self, name, value, Model)

    def __getitem__(self, slug: str) -> Any:
        attribute = attribute_at(self, slug)
        if attribute is None:
            if slug == "created_at":  # Attio counts it among the attributes
                return self.created_at
            return self._undeclared(slug, bracketed=True)
        if attribute.key in self.__dict__:  # decoded already: descriptors would do it anew
            return self.__dict__[attribute.key]
        return attribute.__get__(self, type(self))

    def __setitem__(self, slug: str, value: object) -> None:
        attribute = attribute_at(self, slug)
        if attribute is None:
            assignment.keep_for_later(self, slug, value)
        else:
            assignment.assign(self, attribute, value)

    if TYPE_CHECKING:
        __iter__ = None  # a record is one thing, and not several
    else:
        __pydantic_serializer__ = LateSerializer()

        def __iter__(self) -> Iterator[tuple[str, Any]]:
            # ``dict(record)`` is what FastAPI tries where there is no response model
            return iter(serialization.dump(self, "json").items())

    __contains__ = None  # ``"name" in record`` would look among those pairs

    def __delattr__(self, name: str) -> None:
        # what is not an attribute of Attio is the class's own: a cached_property, a private name
        if name in vars(self) and assignment.is_own(self, name):
            object.__delattr__(self, name)
            return
        raise TypeError(
            f"{type(self).__name__}.{name} cannot be deleted: set it to None (or []) and save."
        )

    def _undeclared(self, name: str, *, bracketed: bool) -> Any:
        """What was set under a name that neither class nor schema know (yet)."""
        state = self._state
        if bracketed or name not in RESERVED:
            if state.extra is not None and name in state.extra:
                return state.extra[name]
            if name == "keys" and not bracketed:
                # ``dict()`` asks for it, and FastAPI by that, of each record of an answer: neither
                # is to wait for a look at the workspace, nor for the names that come near
                raise UnknownAttributeError(_NO_KEYS.format(type(self).__name__))
            if state.is_deferred and not self._mapper.strict and state.parts is None:
                state.split()  # loading it makes the schema known
                attribute = attribute_at(self, name)
                if attribute is not None:
                    return attribute.__get__(self, type(self))
        if not bracketed:  # what follows a dot may be meant for a method
            known = missing_on_instance(
                type(self).__name__, name, of_manager=hasattr(Manager, name)
            )
            if known is not None:
                raise known
        attribute = attribute_since(self, name) if bracketed or name not in RESERVED else None
        if attribute is not None:
            return attribute.__get__(self, type(self))
        raise unknown_attribute(self, name)

    # -- changes ----------------------------------------------------------------------------------

    @property
    def changes(self) -> dict[str, Change]:
        """What differs from what was loaded: Python name to ``Change(old, new)``."""
        return changes.changes(self)

    @property
    def is_changed(self) -> bool:
        """Whether saving would send anything."""
        state = self._state
        return state.id is None or bool(state.extra) or bool(changed(self))

    @sync_method
    def save(
        self,
        *,
        fields: Iterable[str] | None = None,
        on_conflict: Literal["overwrite", "raise"] = "overwrite",
        force: bool = False,
        again: bool = False,
    ) -> Operation[None]:
        """Create the record, or send what changed and nothing else.

        ``fields`` limits it to these attributes, ``force`` sends every loaded one;
        ``on_conflict="raise"`` re-reads first, and raises ``StaleRecordError`` if what is to be
        overwritten changed meanwhile (best effort: Attio has no compare-and-set). Where a create
        got no answer (``OutcomeUnknownError``), it is refused until ``settle()`` or ``again=True``.
        See https://docs.attio.com/rest-api/endpoint-reference/records/update-a-record-append-multiselect-values.
        """
        return saving.save(
            self, make=make, fields=fields, on_conflict=on_conflict, force=force, again=again
        )

    asave = async_twin(save)

    @sync_method
    def settle(self, *, matching: str) -> Operation[bool]:
        """Find out whether a save that got no answer has created the record.

        Asks once, by a unique attribute. ``True``: it is there, and the instance has its id now;
        what differs there stays in ``changes``. ``False``: it is not, and ``save()`` creates it.
        Raises ``ValidationError`` for an attribute that is not unique. The ``parent`` of an entry
        is not: by it, an entry that is there raises too. Where all is known, nothing is sent.
        """
        return creations.settle(self, matching)

    asettle = async_twin(settle)

    @sync_method
    def delete(self) -> Operation[None]:
        """Delete the record for good. A second time is silent.

        See https://docs.attio.com/rest-api/endpoint-reference/records/delete-a-record.
        """
        return saving.delete(self)

    adelete = async_twin(delete)

    @sync_method
    def refresh(self) -> Operation[None]:
        """Read the record anew and drop unsaved changes. Raises ``DoesNotExist`` if it is gone.

        See https://docs.attio.com/rest-api/endpoint-reference/records/get-a-record.
        """
        return loading.refresh(self)

    arefresh = async_twin(refresh)

    @sync_method
    def history(self, name: str) -> Operation[list[HistoricValue]]:
        """Every value the attribute ever had, oldest first, with who set it and when.

        ``name`` is the Python name or the slug. Raises ``UnknownAttributeError``, and
        ``DoesNotExist`` if the record is gone.
        See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-attribute-values.
        """
        from attio_orm.records import history  # few programs look back

        return history.history(self, name)

    ahistory = async_twin(history)

    @sync_method
    def as_of(self, moment: datetime, *names: str) -> Operation[RecordAsOf]:
        """What the record was at a moment: ``deal.as_of(moment, "stage").stage``.

        One request for each attribute that is touched; those named here are loaded now, together.
        Raises ``ValidationError`` for a moment without a time zone, and for an unsaved record.
        From ``aas_of()`` only what is named can be read, else ``NotLoadedError`` says so.
        See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-attribute-values.
        """
        from attio_orm.records import as_of

        return as_of.as_of(self, moment, names)

    aas_of = async_twin(as_of)

    @sync_method
    def write_history(
        self,
        name: str,
        values: Iterable[tuple[Any, datetime, datetime | None] | HistoricValue],
        *,
        replace: Literal[True],
    ) -> Operation[None]:
        """Replace the whole history of one attribute: each (value, active_from, active_until).

        1 to 400 values in any order; ``active_until`` is ``None`` of what is still there. What is
        not among them is gone, so ``replace=True`` has to be said. Raises ``ValidationError``
        before anything is sent for what Attio refuses: moments in the future or of no time zone,
        an end before its beginning, values that overlap, a relationship; and
        ``ReadOnlyAttributeError`` for what Attio sets itself. No webhook is told of it.
        See https://docs.attio.com/rest-api/endpoint-reference/records.
        """
        from attio_orm.writes import histories  # what a migration needs, once

        return histories.write_history(self, name, values, replace)

    awrite_history = async_twin(write_history)

    def meta(self, name: str) -> list[ValueMeta]:
        """Each value of the attribute that Attio has, since when (UTC), and who set it.

        ``name`` is the Python name or the slug; unsaved changes are not in it. Sends nothing for
        what was loaded. Raises ``UnknownAttributeError``.
        """
        from attio_orm.records.value_meta import value_meta  # as few ask for this

        return value_meta(self, name)

    @sync_method
    def load(self, *paths: str) -> Operation[None]:
        """Load these relations (paths as in ``includes()``) for this instance.

        Raises ``UnknownAttributeError`` for a path that is not a relation.
        """
        return load_paths(self, paths)

    aload = async_twin(load)

    @classmethod
    def ref(cls, id: str) -> Self:
        """The instance of this record id, loaded when it is touched; sends nothing now.

        Raises ``ValidationError`` where ``id`` is not a UUID.
        """
        return deferred(cls, id)

    @classmethod
    def by(
        cls, *, create: Mapping[str, object] | bool | None = False, **match: object
    ) -> ReferenceMatch:
        """A reference by a unique attribute, e.g. ``Company.by(domains="acme.com")``.

        Assign it to a relation; Attio finds the record when the owner is saved. With ``create`` the
        save upserts the record first, with these values (``True``: the match alone). See
        https://docs.attio.com/docs/attribute-types/attribute-types-record-reference.
        """
        return matches.match(cls, match, create)

    @classmethod
    def validate(cls, **values: object) -> None:
        """Check values; raises one ``ValidationError`` with every problem there is."""
        run(saving.validate(cls, values), "validate()", "its twin: await avalidate()")

    @classmethod
    async def avalidate(cls, **values: object) -> None:
        """The twin of ``validate()``."""
        await arun(saving.validate(cls, values))

    # -- plain forms: none of them sends a request ------------------------------------------------

    def model_dump(
        self,
        *,
        mode: Literal["python", "json"] = "python",
        include: Names | None = None,
        exclude: Names | None = None,
    ) -> dict[str, Any]:
        """Id, ``created_at``, ``web_url`` and the attributes; an unloaded relation as its id.

        ``include`` and ``exclude`` are names (or slugs), or a ``dict`` of names that says by
        relation what of the related records: ``{"name": True, "company": {"name"}}``.
        Raises ``UnknownAttributeError`` for a name that the model does not have.
        """
        return serialization.dump(self, mode, include, exclude)

    def model_dump_json(
        self,
        *,
        indent: int | None = None,
        include: Names | None = None,
        exclude: Names | None = None,
    ) -> str:
        """What ``model_dump(mode="json")`` gives, as the text of it; ``indent`` in spaces."""
        return serialization.dump_json(self, indent=indent, include=include, exclude=exclude)

    @classmethod
    def model_json_schema(
        cls, *, mode: Literal["validation", "serialization"] = "validation"
    ) -> dict[str, Any]:
        """The JSON schema of the values of a new record, as a request body would have them.

        ``mode="serialization"`` is that of ``model_dump_json()``.
        """
        from attio_orm.records import pydantic_schemas  # pydantic is imported by those who use it

        return pydantic_schemas.json_schema_of(cls, mode)

    def __reduce__(self) -> tuple[Any, ...]:
        return copies.reduce(self)

    def __copy__(self) -> Self:
        return copies.shallow_copy(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copies.deep_copy(self, memo)

    # pydantic is imported by those who use it
    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from attio_orm.records import pydantic_schemas

        return pydantic_schemas.model_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: Any) -> dict[str, Any]:
        from attio_orm.records import pydantic_schemas

        return pydantic_schemas.model_json_schema(cls, handler)


saving.Stock.save, saving.Stock.asave = Model.save, Model.asave


@cache
def _names_of_models() -> frozenset[str]:
    return RESERVED.union(dir(Model))


def _exception(cls: type[Model], name: str) -> Any:
    """The class's own subclass of the exceptions of its bases."""
    bases = tuple(
        dict.fromkeys(getattr(base, name) for base in cls.__bases__ if hasattr(base, name))
    )
    return type(
        name, bases, {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.{name}"}
    )
