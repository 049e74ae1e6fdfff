"""``Resource``: the class of notes, tasks and the like, with the manners of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeGuard, TypeVar

from msgspec import Struct

from attio_orm import errors
from attio_orm.connection import current, sessions
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import Session, in_task, session_of
from attio_orm.effects import Operation, async_twin, run, sync_method
from attio_orm.errors import UnknownAttributeError, ValidationError
from attio_orm.guards import Whole
from attio_orm.models.connection import Connection
from attio_orm.records.changes import Change
from attio_orm.resources.fields import MOMENT, Field, Json, read_moment
from attio_orm.resources.queries import Asked, Listing, ManagerOf
from attio_orm.signals import NeverSends
from attio_orm.transport import Settle
from attio_orm.types.checks import as_uuid
from attio_orm.types.pydantic_hooks import LateSerializer
from attio_orm.types.timestamps import iso_format
from attio_orm.wording import did_you_mean, show, with_article

R = TypeVar("R", bound="Resource")


class ResourceState(Struct):
    """What one resource is, what Attio last told of it, and what was set since.

    ``raw`` is ``None`` where it was never loaded; ``values`` are those that were set, and the lists
    that were handed out and may have been changed, by name. ``scope`` is what else its address
    takes, by name.
    """

    id: str | None = None
    raw: Json | None = None
    values: dict[str, Any] = {}
    connection: BaseConnection | None = None
    session: Session | None = None
    scope: dict[str, Any] = {}
    asynchronous: bool = False
    deleted: bool = False
    loaded_at: float = float("-inf")
    is_unanswered: bool = False  # a create was sent, and nobody knows what became of it


class Resource(NeverSends, Whole):
    """Something of Attio that is not a record: it has fixed fields, and no attributes.

    Equal by class and id. Each class says what Attio lets do with it: what it has no request for
    raises ``ReadOnlyAttributeError`` or ``NotSupportedByAttio``, before anything is sent.
    """

    DoesNotExist: ClassVar[type[errors.DoesNotExist]] = errors.DoesNotExist
    """What this class raises where there is none; every class has its own subclass."""
    MultipleObjectsReturned: ClassVar[type[errors.MultipleObjectsReturned]] = (
        errors.MultipleObjectsReturned
    )
    """What this class raises where several match; every class has its own subclass."""

    objects: ClassVar = ManagerOf()
    created_at: Field[datetime | None, datetime | None] = Field(
        "created_at", read=read_moment, schema=MOMENT
    )

    _state: ResourceState
    _key: ClassVar[str] = "id"  # of its id among those that an answer has
    _noun: ClassVar[str] = "resource"  # what messages call it
    _fields: ClassVar[dict[str, Field[Any, Any]]] = {}
    _listing: ClassVar[Listing] = Listing("whole", 0)

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        cls._fields = _found_fields(cls)
        cls.DoesNotExist = _exception(cls, "DoesNotExist")
        cls.MultipleObjectsReturned = _exception(cls, "MultipleObjectsReturned")

    def __init__(self, **values: object) -> None:
        object.__setattr__(self, "_state", ResourceState())
        for name, value in values.items():
            if name not in fields_of(type(self)):
                raise _unknown(type(self), name)
            setattr(self, name, value)

    # -- what a class says of its endpoints: operations over a transport ---------------------------

    @classmethod
    def _get(cls, connection: BaseConnection, id: str, scope: Mapping[str, Any]) -> Operation[Json]:
        """One, by its id; ``scope`` is what else its address takes, as filters name it."""
        raise errors.NotSupportedByAttio(f"Attio gives no {cls._noun} by its id: use filter(...).")

    @classmethod
    def _page(
        cls, connection: BaseConnection, asked: Asked
    ) -> Operation[tuple[list[Json], str | None]]:
        """One request for a list: the items, and the cursor of the next page where it has one."""
        raise NotImplementedError

    def _insert(self, connection: BaseConnection) -> Operation[Json]:
        """The request that creates it."""
        raise errors.ReadOnlyAttributeError(
            f"Attio has no way to create {with_article(self._noun)}."
        )

    def _update(
        self, connection: BaseConnection, changes: Mapping[str, Change], settle: Settle
    ) -> Operation[Json]:
        """The request that changes it; what may be written once alone never comes here."""
        raise errors.ReadOnlyAttributeError(
            f"Attio has no way to change {with_article(self._noun)}."
        )

    def _remove(self, connection: BaseConnection) -> Operation[None]:
        """The request that deletes it."""
        raise errors.NotSupportedByAttio(f"Attio has no way to delete {with_article(self._noun)}.")

    @classmethod
    def _before(cls, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        """What reading these answers takes, such as the slugs of objects."""
        return
        yield  # an operation, which most often does nothing

    @classmethod
    def _bring(cls, connection: BaseConnection, rows: list[Json]) -> Operation[None]:
        """What comes with a list, such as the members, which async code could not ask for later."""
        return
        yield

    def _prepare(self, connection: BaseConnection) -> Operation[None]:
        """What comes before a change is looked at, such as the ids of members given by e-mail."""
        return
        yield

    def _merge(self, row: Json, changes: Mapping[str, Change]) -> Json:
        """The body of a change of lists, whose additions and removals go into what ``row`` has."""
        raise NotImplementedError

    def _check(self) -> None:
        """Raise ``ValidationError`` for what fields cannot tell by themselves, before a save."""

    # -- identity ---------------------------------------------------------------------------------

    @property
    def id(self) -> str | None:
        """Its UUID; ``None`` before it is created."""
        return self._state.id

    @property
    def connection(self) -> Connection | None:
        """The connection it came from, ``None`` where it is new or detached."""
        found = self._state.connection
        return found if isinstance(found, Connection) else None

    @property
    def raw(self) -> dict[str, Any]:
        """Attio's own answer, as last loaded; empty before it is created."""
        return self._loaded()

    @classmethod
    def ref(cls, id: str) -> Self:
        """The instance of this id, loaded when it is touched; sends nothing now.

        Raises ``ValidationError`` where ``id`` is not a UUID.
        """
        return reference(cls, id, current.current_or_none())

    def _loaded(self) -> Json:
        """What Attio last told; what was never loaded is loaded now, in sync code alone."""
        state = self._state
        if state.raw is not None:
            return state.raw
        if state.id is None:
            return {}
        if in_task() or state.asynchronous:
            raise errors.NotLoadedError(
                f"{self!r} is not loaded, and loading it here would block the event loop: "
                f"`await instance.arefresh()` first."
            )
        from attio_orm.resources.loading import refresh

        run(refresh(self), "Touching what was not loaded", "await arefresh() before")
        return state.raw or {}

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or not isinstance(other, Resource):
            return NotImplemented
        mine = self._state.id
        return mine is not None and mine == other._state.id  # two unsaved ones are two

    def __hash__(self) -> int:
        if self._state.id is None:
            raise TypeError(
                f"An unsaved {type(self).__name__} has no id and no hash yet: save it first."
            )
        return hash((type(self), self._state.id))

    def __repr__(self) -> str:
        state, name = self._state, type(self).__name__
        if state.id is None:
            return f"<{name} new: {', '.join(state.values) or 'empty'}>"
        raw = state.raw or {}
        title = next((raw[each] for each in ("title", "name", "content_plaintext", "subject_line")
                      if isinstance(raw.get(each), str)), None)  # fmt: skip
        return f"<{name} {state.id}{'' if title is None else f' {show(title)}'}>"

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            if not (name.startswith("_") or hasattr(type(self), name)):
                raise _unknown(type(self), name)
            object.__setattr__(self, name, value)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            if name == "objects":
                raise AttributeError(
                    f"An instance has no manager: use {type(self).__name__}.objects, of the class."
                )
            raise _unknown(type(self), name)

    # -- changes ----------------------------------------------------------------------------------

    @property
    def changes(self) -> dict[str, Change]:
        """What differs from what was loaded: name to ``Change(old, new)``.

        Raises ``ValidationError`` where a list was given something that it cannot hold.
        """
        found: dict[str, Change] = {}
        for name, value in self._state.values.items():
            field = fields_of(type(self))[name]
            new, old = field.accepted(value), field.loaded(self)
            if self._state.id is None or field.key(new) != field.key(old):
                found[name] = Change(old, new)
        return found

    @property
    def is_changed(self) -> bool:
        """Whether saving would send anything."""
        return self._state.id is None or bool(self.changes)

    @sync_method
    def save(self, *, on_conflict: Literal["overwrite", "raise"] = "overwrite") -> Operation[None]:
        """Create it, or send what changed and nothing else; nothing changed: nothing sent.

        ``on_conflict="raise"`` reads it first, and raises ``StaleRecordError`` where what is to be
        overwritten was changed meanwhile (best effort: Attio has no compare-and-set). Raises
        ``ReadOnlyAttributeError`` where Attio has no such request, and ``OutcomeUnknownError``
        where a create got no answer: look for it before you create another.
        """
        from attio_orm.resources import saving

        return saving.save(self, on_conflict)

    asave = async_twin(save)

    @sync_method
    def delete(self) -> Operation[None]:
        """Delete it for good. A second time is silent.

        Raises ``NotSupportedByAttio`` where Attio cannot.
        """
        from attio_orm.resources import saving

        return saving.delete(self)

    adelete = async_twin(delete)

    @sync_method
    def refresh(self) -> Operation[None]:
        """Read it anew and drop unsaved changes. Raises ``DoesNotExist`` if it is gone."""
        from attio_orm.resources import loading

        return loading.refresh(self)

    arefresh = async_twin(refresh)

    # -- plain forms: none of them sends a request ------------------------------------------------

    def model_dump(self) -> dict[str, Any]:
        """``id``, ``created_at`` and the fields, records in them as their ids."""
        found: dict[str, Any] = {"id": self.id}
        for name, field in fields_of(type(self)).items():
            found[name] = field.dumped(getattr(self, name))
        return found

    def _as_json(self) -> dict[str, Any]:
        return {
            name: iso_format(value) if isinstance(value, datetime) else value
            for name, value in self.model_dump().items()
        }

    if TYPE_CHECKING:
        __iter__ = None  # it is one thing, and not several
    else:
        __pydantic_serializer__ = LateSerializer()

        def __iter__(self) -> Iterator[tuple[str, Any]]:
            # ``dict(note)`` is what FastAPI tries where there is no response model
            return iter(self._as_json().items())

    __contains__ = None

    def __getstate__(self) -> dict[str, Any]:
        state = self._state
        return {
            "id": state.id,
            "raw": state.raw,
            "values": {name: change.new for name, change in self.changes.items()},
            "scope": state.scope,
            "deleted": state.deleted,
        }

    def __setstate__(self, given: dict[str, Any]) -> None:
        object.__setattr__(self, "_state", ResourceState(**given))

    def __copy__(self) -> Self:
        made = type(self).__new__(type(self))
        made.__setstate__(self.__getstate__())
        return made

    # pydantic is imported by those who use it
    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from attio_orm.resources import pydantic_schemas

        return pydantic_schemas.resource_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: Any) -> dict[str, Any]:
        from attio_orm.resources import pydantic_schemas

        return pydantic_schemas.resource_json_schema(cls, handler)


def reference(
    model: type[R],
    id: str,
    connection: BaseConnection | None,
    session: Session | None = None,
    *,
    scope: Mapping[str, Any] | None = None,
    asynchronous: bool = False,
) -> R:
    """The live instance of an id in a session, else one that loads when it is touched."""
    valid = as_uuid(id)
    if valid is None:
        raise ValidationError(
            f"{show(id)} is not the id of {with_article(model.__name__)}: give its UUID."
        )
    if connection is None:
        return _made(model, ResourceState(valid, scope=dict(scope or {})))
    session = session_of(connection) if session is None else session
    with session.lock:
        found: R | None = session.get(model, valid)
        if found is None:
            found = _made(
                model,
                ResourceState(
                    valid,
                    connection=connection,
                    session=session,
                    scope=dict(scope or {}),
                    asynchronous=asynchronous,
                ),
            )
            session.map(model).put(valid, found)
        return found


def _made(model: type[R], state: ResourceState) -> R:
    found = model.__new__(model)
    object.__setattr__(found, "_state", state)
    return found


def materialize(
    model: type[R],
    rows: list[Json],
    connection: BaseConnection,
    session: Session,
    *,
    asynchronous: bool,
    scope: Mapping[str, Any] | None = None,
) -> list[R]:
    """The instances of these answers: live ones take them in where untouched, others are new."""
    found: list[R] = []
    with session.lock:
        for row in rows:
            each = reference(
                model,
                id_in(model, row),
                connection,
                session,
                scope=scope,
                asynchronous=asynchronous,
            )
            take_in(each, row)
            if session.explicit:
                session.keep(model, str(each.id), each)
            found.append(each)
    return found


def id_in(model: type[Resource], row: Json) -> str:
    """The id that an answer has. Raises ``InvalidResponseError`` where it has none."""
    key: Any = model._key  # pyright: ignore[reportPrivateUsage]
    ids: Any = row.get("id")
    found = as_uuid(ids.get(key)) if isinstance(ids, dict) else as_uuid(ids)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    if found is None:
        raise errors.InvalidResponseError(
            f"A {model.__name__} came without its id ({key}): ask what stands between here and "
            f"Attio."
        )
    return found


def take_in(instance: Resource, row: Json, saved: Mapping[str, Change] | None = None) -> None:
    """Let an instance be what an answer says; what was set since, and not ``saved``, stays.

    ``None`` keeps all unsaved changes, and what they were loaded with.
    """
    state, fields = instance._state, fields_of(type(instance))  # pyright: ignore[reportPrivateUsage]
    if state.raw is None:
        state.raw = dict(row)
    else:
        left = dict(state.values) if state.values else {}
        kept: dict[str, Any] = {}
        for name, value in left.items():
            field = fields[name]
            new = field.accepted(value)
            if field.key(new) == field.key(field.of(state.raw, instance)):
                continue  # a list that was only read
            if saved is not None and name in saved and field.key(saved[name].new) == field.key(new):
                continue
            kept[name] = value
        # what a change began with stays: on_conflict="raise" is to find that it is no longer so
        base = {} if saved is not None else {
            fields[name].member: state.raw.get(fields[name].member) for name in kept
        }  # fmt: skip
        state.raw, state.values = {**row, **base}, kept
    state.deleted, state.loaded_at = False, sessions.now()


def fields_of(model: type[Resource]) -> dict[str, Field[Any, Any]]:
    """The fields of a class by name, those of its bases first."""
    return model._fields  # pyright: ignore[reportPrivateUsage]


def _is_field(value: object) -> TypeGuard[Field[Any, Any]]:
    return isinstance(value, Field)


def _found_fields(model: type[Any]) -> dict[str, Field[Any, Any]]:
    found: dict[str, Field[Any, Any]] = {}
    for kind in reversed(model.__mro__):
        for name, each in vars(kind).items():
            if _is_field(each):
                found[name] = each
    return found


def _unknown(model: type[Resource], name: str) -> UnknownAttributeError:
    known = ["id", *fields_of(model)]
    return UnknownAttributeError(
        f"{model.__name__} has no {name!r}. {did_you_mean(name, dir(model))}"
        f"Its fields: {', '.join(known)}."
    )


def gone(instance: Resource) -> errors.DoesNotExist:
    """The error for what is no longer there."""
    return instance.DoesNotExist(
        f"{type(instance).__name__} {instance.id} no longer exists in the workspace."
    )


def _exception(cls: type[Resource], name: str) -> Any:
    """The class's own subclass of the exceptions of its bases."""
    bases = tuple(
        dict.fromkeys(getattr(base, name) for base in cls.__bases__ if hasattr(base, name))
    )
    return type(
        name, bases, {"__module__": cls.__module__, "__qualname__": f"{cls.__qualname__}.{name}"}
    )
