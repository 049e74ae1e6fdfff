"""``Resource``: the class of notes, tasks and the like, with the manners of a model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attio_orm.connection import current
from attio_orm.connection.sessions import in_task
from attio_orm.effects import Operation, async_twin, run, sync_method
from attio_orm.errors import NotLoadedError
from attio_orm.resources import loading, saving
from attio_orm.resources.base import BaseResource, fields_of, unknown_name
from attio_orm.resources.instances import reference, with_state
from attio_orm.resources.queries import ManagerOf
from attio_orm.resources.state import ResourceState, set_state
from attio_orm.types.pydantic_hooks import LateSerializer
from attio_orm.types.timestamps import iso_format


class Resource(BaseResource):
    """Something of Attio that is not a record: it has fixed fields, and no attributes.

    Equal by class and id. Each class says what Attio lets do with it: what it has no request for
    raises ``ReadOnlyAttributeError`` or ``NotSupportedByAttio``, before anything is sent.
    """

    objects: ClassVar = ManagerOf()

    @property
    def raw(self) -> dict[str, Any]:
        """Attio's own answer, as last loaded; empty before it is created."""
        state = self._state
        if state.raw is not None:
            return state.raw
        if state.id is None:
            return {}
        if in_task() or state.asynchronous:
            raise NotLoadedError(
                f"{self!r} is not loaded, and loading it here would block the event loop: "
                f"`await instance.arefresh()` first."
            )
        run(loading.refresh(self), "Touching what was not loaded", "await arefresh() before")
        return state.raw or {}

    @classmethod
    def ref(cls, id: str) -> Self:
        """The instance of this id, loaded when it is touched; sends nothing now.

        Raises ``ValidationError`` where ``id`` is not a UUID.
        """
        return reference(cls, id, current.current_or_none())

    if not TYPE_CHECKING:

        def __setattr__(self, name: str, value: object) -> None:
            if not (name.startswith("_") or hasattr(type(self), name)):
                raise unknown_name(type(self), name)
            object.__setattr__(self, name, value)

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            if name == "objects":
                raise AttributeError(
                    f"An instance has no manager: use {type(self).__name__}.objects, of the class."
                )
            raise unknown_name(type(self), name)

    # -- changes ----------------------------------------------------------------------------------

    @sync_method
    def save(self, *, on_conflict: Literal["overwrite", "raise"] = "overwrite") -> Operation[None]:
        """Create it, or send what changed and nothing else; nothing changed: nothing sent.

        ``on_conflict="raise"`` reads it first, and raises ``StaleRecordError`` where what is to be
        overwritten was changed meanwhile (best effort: Attio has no compare-and-set). Raises
        ``ReadOnlyAttributeError`` where Attio has no such request, and ``OutcomeUnknownError``
        where a create got no answer: look for it before you create another.
        """
        return saving.save(self, on_conflict)

    asave = async_twin(save)

    @sync_method
    def delete(self) -> Operation[None]:
        """Delete it for good. A second time is silent.

        Raises ``NotSupportedByAttio`` where Attio cannot.
        """
        return saving.delete(self)

    adelete = async_twin(delete)

    @sync_method
    def refresh(self) -> Operation[None]:
        """Read it anew and drop unsaved changes. Raises ``DoesNotExist`` if it is gone."""
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
        set_state(self, ResourceState(**given))

    def __copy__(self) -> Self:
        return with_state(type(self), ResourceState(**self.__getstate__()))

    # pydantic is imported by those who use it
    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from attio_orm.resources import pydantic_schemas

        return pydantic_schemas.resource_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: object, handler: Any) -> dict[str, Any]:
        from attio_orm.resources import pydantic_schemas

        return pydantic_schemas.resource_json_schema(cls, handler)
