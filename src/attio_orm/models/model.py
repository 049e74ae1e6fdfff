"""``Model``: the class that users derive from, and what every instance can do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

import inflection

from attio_orm import errors, hydration
from attio_orm.models import (
    changes,
    history,
    loading,
    relations,
    saving,
    serializing,
    validation,
    writing,
)
from attio_orm.models.attribute_lists import AttributeList
from attio_orm.models.declaration import RESERVED, inherited, settle_declared
from attio_orm.models.identifiers import CreatedAt, RecordId
from attio_orm.models.plain_forms import PlainForms
from attio_orm.models.registry import registry
from attio_orm.models.state import RecordState
from attio_orm.operations import arun, run
from attio_orm.query.absent import ModelType
from attio_orm.query.manager import ManagerDescriptor
from attio_orm.values import Reference, ReferenceMatch, TrackedList

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.descriptors import AnyAttribute, Relation
    from attio_orm.models.changes import Change
    from attio_orm.models.history import HistoricValue
    from attio_orm.models.record_entries import RecordEntries

M = TypeVar("M", bound="Model")


class Model(PlainForms, metaclass=ModelType):
    """A class whose instances are the records of one Attio object.

    ``class Person(Model)`` stands for the object ``people`` (the class name, pluralised);
    ``object="slug"`` names another, ``abstract=True`` makes a base without an object of its own,
    ``strict=True`` refuses attributes that are not declared, and ``on_drift`` says for this class
    what ``connect(on_drift=...)`` says for all.
    """

    __slots__ = ("__dict__", "__weakref__", "_state")

    objects: ClassVar[ManagerDescriptor] = ManagerDescriptor()
    DoesNotExist: ClassVar[type[errors.DoesNotExist]] = errors.DoesNotExist
    """What this model raises where no record matches; every model has its own subclass."""
    MultipleObjectsReturned: ClassVar[type[errors.MultipleObjectsReturned]] = (
        errors.MultipleObjectsReturned
    )
    """What this model raises where several records match; every model has its own subclass."""

    id = RecordId()
    created_at = CreatedAt()

    _state: RecordState
    _object: ClassVar[str] = ""
    _strict: ClassVar[bool] = False
    _shipped: ClassVar[bool] = False
    _on_drift: ClassVar[str | None] = None
    _is_entry: ClassVar[bool] = False
    _own_attributes: ClassVar[Mapping[str, AnyAttribute]] = {}
    _attributes: ClassVar[Mapping[str, AnyAttribute]] = {}
    _by_slug: ClassVar[Mapping[str, AnyAttribute]] = {}

    def __init_subclass__(
        cls,
        *,
        object: str | None = None,
        abstract: bool = False,
        strict: bool | None = None,
        on_drift: Literal["warn", "raise", "ignore"] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls._own_attributes = settle_declared(cls, RESERVED.union(dir(Model)))
        cls._attributes = inherited(cls)
        cls._by_slug = {attribute.slug: attribute for attribute in cls._attributes.values()}
        if strict is not None:
            cls._strict = strict
        if on_drift is not None:
            cls._on_drift = on_drift
        cls.DoesNotExist = _exception(cls, "DoesNotExist")
        cls.MultipleObjectsReturned = _exception(cls, "MultipleObjectsReturned")
        if abstract:
            cls._object = ""
            return
        if object is not None or not cls._object:
            cls._object = object or inflection.pluralize(inflection.underscore(cls.__name__))
        cls._shipped = cls.__module__ == "attio_orm.models.standard"
        if not cls.__dict__.get("_dynamic", False):
            registry.add(cls)

    def __init__(self, **values: Any) -> None:
        if not type(self)._object:
            raise TypeError(f"{type(self).__name__} is abstract: derive a model from it.")
        _set_state(self, RecordState(None, "", None, None, None, parts={}))
        writing.assign_all(self, values)

    # -- identity -----------------------------------------------------------------------------

    @property
    def web_url(self) -> str | None:
        """The page of the record in Attio's own web application, once it is saved."""
        if self._state.web_url is None and self._is_deferred:
            self._split()
        return self._state.web_url

    @property
    def connection(self) -> Connection | None:
        """The connection this instance came from, ``None`` where it is new or detached."""
        batch = self._state.batch
        return batch.connection if batch is not None else None

    @property
    def entries(self) -> RecordEntries:
        """The entries of lists that are about this record; reading the property sends nothing."""
        from attio_orm.models.record_entries import RecordEntries

        return RecordEntries(self)

    @property
    def raw(self) -> dict[str, Any]:
        """Attio's own values by slug, as last loaded: plain ``dict`` and ``list``.

        Without a relation that a save of its other side has changed since: touch that first.
        """
        if self._is_deferred:
            self._split()
        values, stale = self._state.values, self._state.stale or ()
        plain: dict[str, Any] = hydration.plain(values) or {} if values is not None else {}
        return {slug: each for slug, each in plain.items() if slug not in stale}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other):
            return NotImplemented
        assert isinstance(other, Model)
        mine = self._state.id
        return mine is not None and mine == other._state.id

    def __hash__(self) -> int:
        if self._state.id is None:
            raise TypeError(
                f"An unsaved {type(self).__name__} has no id and no hash yet: save it first."
            )
        return hash((type(self), self._state.id))

    def __repr__(self) -> str:
        return serializing.represent(self)

    # -- attributes -----------------------------------------------------------------------------

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            attribute = self._attribute(name) if name not in RESERVED else None
            if attribute is None:
                return self._undeclared(name)
            return attribute.__get__(self, type(self))

        def __setattr__(self, name: str, value: Any) -> None:
            attribute = self._attributes.get(name)
            if attribute is not None:
                writing.assign(self, attribute, value)
            else:
                writing.assign_undeclared(self, name, value)

    def __getitem__(self, slug: str) -> Any:
        attribute = self._slugged(slug)
        if attribute is None:
            if slug == "created_at":  # Attio counts it among the attributes
                return self.created_at
            return self._undeclared(slug, bracketed=True)
        if attribute.key in self.__dict__:
            return self.__dict__[attribute.key]
        return attribute.__get__(self, type(self))

    def __setitem__(self, slug: str, value: Any) -> None:
        attribute = self._slugged(slug)
        if attribute is None:
            writing.keep_for_later(self, slug, value)
        else:
            writing.assign(self, attribute, value)

    __iter__ = None  # ``[]`` takes names, and not positions

    def __delattr__(self, name: str) -> None:
        raise TypeError(
            f"{type(self).__name__}.{name} cannot be deleted: set it to None (or []) and save."
        )

    def _attribute(self, name: str) -> AnyAttribute | None:
        """The attribute of this Python name or slug, declared or known from the workspace."""
        found = self._attributes.get(name) or self._by_slug.get(name)
        if found is not None or self._strict:
            return found
        return writing.undeclared(self, name)

    def _slugged(self, slug: str) -> AnyAttribute | None:
        """The attribute of this slug, or else of this Python name."""
        found = self._by_slug.get(slug)
        if found is None and not self._strict:
            found = writing.undeclared(self, slug)
        return found or self._attributes.get(slug)

    def _undeclared(self, name: str, *, bracketed: bool = False) -> Any:
        """What was set under a name that neither class nor schema know (yet)."""
        state = self._state
        if bracketed or name not in RESERVED:
            if state.extra is not None and name in state.extra:
                return state.extra[name]
            if self._is_deferred and not self._strict and state.parts is None:
                self._split()  # loading it makes the schema known
                attribute = self._slugged(name)
                if attribute is not None:
                    return attribute.__get__(self, type(self))
        raise writing.unknown_attribute(self, name)

    @property
    def _is_deferred(self) -> bool:
        state = self._state
        return state.values is None and state.id is not None

    def _split(self) -> dict[str, hydration.Raw]:
        """The raw values by slug; loads an instance made by ``ref()`` that was never loaded."""
        state = self._state
        if state.values is None and state.id is not None and state.parts is None:
            loading.load_deferred(self)
        if state.parts is None:
            state.parts = hydration.split(state.values)
        return state.parts

    def _tracked(self, attribute: AnyAttribute, items: Iterable[Any]) -> TrackedList[Any]:
        return AttributeList(items, self, attribute)

    def _relate(self, relation: Relation[Any, Any, Any]) -> Any:
        return relations.related(self, relation)

    def _reference(self) -> Reference:
        return relations.reference_to(self)

    # -- changes ----------------------------------------------------------------------------------

    @property
    def changes(self) -> dict[str, Change]:
        """What differs from what was loaded: Python name to ``Change(old, new)``."""
        return changes.changes(self)

    @property
    def is_changed(self) -> bool:
        """Whether saving would send anything."""
        state = self._state
        return state.id is None or bool(state.extra) or bool(changes.changed(self))

    def save(
        self,
        *,
        fields: Iterable[str] | None = None,
        on_conflict: Literal["overwrite", "raise"] = "overwrite",
        force: bool = False,
    ) -> None:
        """Create the record, or send what changed and nothing else.

        ``fields`` limits it to these attributes; ``on_conflict="raise"`` re-reads first and raises
        ``StaleRecordError`` if what is about to be overwritten changed since it was loaded (best
        effort: Attio has no compare-and-set); ``force`` sends every loaded attribute.
        Raises ``ValidationError``, ``UniquenessConflictError``, ``DoesNotExist`` where the record
        vanished, ``OutcomeUnknownError`` where a create got no answer.
        See https://docs.attio.com/rest-api/endpoint-reference/records/update-a-record-append-multiselect-values.
        """
        run(saving.save(self, fields=fields, on_conflict=on_conflict, force=force))

    async def asave(
        self,
        *,
        fields: Iterable[str] | None = None,
        on_conflict: Literal["overwrite", "raise"] = "overwrite",
        force: bool = False,
    ) -> None:
        """The twin of ``save()`` for async code."""
        await arun(saving.save(self, fields=fields, on_conflict=on_conflict, force=force))

    def delete(self) -> None:
        """Delete the record for good. A second time is silent.

        See https://docs.attio.com/rest-api/endpoint-reference/records/delete-a-record.
        """
        run(saving.delete(self))

    async def adelete(self) -> None:
        """The twin of ``delete()`` for async code."""
        await arun(saving.delete(self))

    def refresh(self) -> None:
        """Read the record anew and drop unsaved changes. Raises ``DoesNotExist`` if it is gone.

        See https://docs.attio.com/rest-api/endpoint-reference/records/get-a-record.
        """
        run(loading.refresh(self))

    async def arefresh(self) -> None:
        """The twin of ``refresh()`` for async code."""
        await arun(loading.refresh(self))

    def history(self, name: str) -> list[HistoricValue]:
        """Every value the attribute ever had, oldest first, with who set it and when.

        ``name`` is the Python name or the slug. Raises ``UnknownAttributeError``, and
        ``DoesNotExist`` if the record is gone.
        See https://docs.attio.com/rest-api/endpoint-reference/records/list-record-attribute-values.
        """
        return run(history.history(self, name))

    async def ahistory(self, name: str) -> list[HistoricValue]:
        """The twin of ``history()`` for async code."""
        return await arun(history.history(self, name))

    def load(self, *paths: str) -> None:
        """Load these relations (paths as in ``includes()``) for this instance.

        Raises ``UnknownAttributeError`` for a path that is no relation.
        """
        run(relations.load(self, paths))

    async def aload(self, *paths: str) -> None:
        """The twin of ``load()`` for async code."""
        await arun(relations.load(self, paths))

    @classmethod
    def ref(cls, id: str) -> Self:
        """The instance of this record id, loaded when it is touched; sends nothing now.

        Raises ``ValidationError`` where ``id`` is no UUID.
        """
        return loading.deferred(cls, id)

    @classmethod
    def by(cls, *, create: Mapping[str, Any] | bool = False, **match: Any) -> ReferenceMatch:
        """A reference by a unique attribute, e.g. ``Company.by(domains="acme.com")``.

        Assign it to a relation; Attio finds the record when the owner is saved. With ``create`` the
        save upserts the record first, with these values (``True``: the match alone). See
        https://docs.attio.com/docs/attribute-types/attribute-types-record-reference.
        """
        return relations.match(cls, match, create)

    @classmethod
    def validate(cls, **values: Any) -> None:
        """Check values; raises one ``ValidationError`` with every problem there is."""
        run(validation.validate(cls, values))

    @classmethod
    async def avalidate(cls, **values: Any) -> None:
        """The twin of ``validate()`` for async code."""
        await arun(validation.validate(cls, values))


_set_state = Model.__dict__["_state"].__set__


def _exception(cls: type[Model], name: str) -> Any:
    bases = tuple(
        dict.fromkeys(getattr(base, name) for base in cls.__bases__ if hasattr(base, name))
    )
    return type(
        name, bases, {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.{name}"}
    )
