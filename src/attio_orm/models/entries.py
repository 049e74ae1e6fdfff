"""``ListEntry``: models whose instances are the entries of a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import inflection

from attio_orm.conditions.paths import PARENT
from attio_orm.effects import Operation, arun, run
from attio_orm.errors import UnsupportedLookup
from attio_orm.keywords import unknown_keyword
from attio_orm.models.declaration import annotates
from attio_orm.models.model import Model
from attio_orm.records.assignment import accept_item
from attio_orm.records.base import Mapper, OnDrift
from attio_orm.records.names import unknown_attribute
from attio_orm.records.relations import One, references
from attio_orm.schema.definitions import LISTS
from attio_orm.types.references import Reference, ReferenceMatch


class Parent(One[Any]):
    """The record that an entry is about; set when the entry is made, and never after that."""

    create_only = True  # Attio refuses another parent later on

    def __init__(self) -> None:
        super().__init__(PARENT, required=True)


class ListEntry(Model, abstract=True):
    """A class whose instances are the entries of one Attio list.

    ``class Pipeline(ListEntry, list="sales", parent=Company)`` stands for the list ``sales``
    (without ``list``: the class name), whose entries are about companies; what else the class may
    say is as for ``Model``. ``entry.parent`` is the record, and ``objects`` finds, makes and
    changes entries as it does records. See https://docs.attio.com/docs/objects-and-lists.
    """

    parent: One[Any] = Parent()
    """The record that the entry is about. Set when the entry is made, and read-only after that."""
    _mapper = Mapper("ListEntry", accept_item, is_entry=True)
    _keywords = ("list", "parent", "abstract", "strict", "on_drift", "cache_ttl")
    _taken: ClassVar[frozenset[str]] = frozenset({"add", "aadd", "remove", "aremove"})

    def __init_subclass__(
        cls,
        *,
        list: str | None = None,
        parent: type[Model] | str | None = None,
        abstract: bool = False,
        strict: bool | None = None,
        on_drift: OnDrift | None = None,
        cache_ttl: float | None = None,
        dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        if "object" in kwargs:
            raise unknown_keyword(f"class {cls.__name__}", "object", cls._keywords)
        if parent is not None or annotates(cls, "parent"):
            relation = Parent()  # of its own, as each list has its own kind of parents
            relation.parametrize((parent,) if parent is not None else ())
            setattr(cls, "parent", relation)  # noqa: B010 - it is its own descriptor
        # what derives from the class of a list, and names none, stands for the same list
        place = None
        if not abstract and (list is not None or not cls._mapper.object):
            place = LISTS + (list or inflection.underscore(cls.__name__))
        super().__init_subclass__(
            object=place,
            abstract=abstract,
            strict=strict,
            on_drift=on_drift,
            cache_ttl=cache_ttl,
            dynamic=dynamic,
            **kwargs,
        )

    @property
    def parent_id(self) -> str | None:
        """The id of the parent record, which is not loaded for this; ``None`` before it is set."""
        relation = self._mapper.attributes["parent"]
        if relation.key in self.__dict__:  # assigned, and perhaps not saved, or loaded
            held: Any = self.__dict__[relation.key]
            return getattr(held, "id", None)
        found = references(self, relation)
        return found[0].id if found else None

    @classmethod
    def add(cls, *records: object, allow_duplicates: bool = False, **values: object) -> list[Self]:
        """Put records into the list, each once; gives their entries, in the order of the records.

        The entries there are, are looked up by their parents (500 in one request); what is missing
        is made, one request each. An entry that is there is left alone without ``values``, and
        changed with them: what is given of a list is added to it. ``allow_duplicates=True`` makes
        new entries, whatever there is. Raises ``MultipleObjectsReturned``, before anything is sent,
        for a record with several, and ``ValidationError`` for one of another object.
        See https://docs.attio.com/rest-api/endpoint-reference/entries/assert-a-list-entry-by-parent.
        """
        adding = cls._adding(records, values, allow_duplicates=allow_duplicates)
        return run(adding, "add()", "its twin: await aadd()")

    @classmethod
    async def aadd(
        cls, *records: object, allow_duplicates: bool = False, **values: object
    ) -> list[Self]:
        """The twin of ``add()``."""
        return await arun(cls._adding(records, values, allow_duplicates=allow_duplicates))

    @classmethod
    def remove(cls, *records: object, confirm: int | None = None) -> int:
        """Take records off the list; gives how many entries were deleted. The records stay.

        A record that is not in the list does not count. Of a record with several entries it raises
        ``MultipleObjectsReturned`` before anything is sent, unless ``confirm`` says how many there
        are in all; where there are more or fewer, ``ValidationError``, and nothing is deleted.
        See https://docs.attio.com/rest-api/endpoint-reference/entries/delete-a-list-entry.
        """
        removing = cls._removing(records, confirm)
        return run(removing, "remove()", "its twin: await aremove()")

    @classmethod
    async def aremove(cls, *records: object, confirm: int | None = None) -> int:
        """The twin of ``remove()``."""
        return await arun(cls._removing(records, confirm))

    @classmethod
    def _adding(
        cls, records: Sequence[object], values: Mapping[str, object], *, allow_duplicates: bool
    ) -> Operation[list[Self]]:
        from attio_orm.writes import membership  # many programs add no entry so

        cls.objects  # noqa: B018 - an abstract class has none, and says so
        return membership.add(cls, records, values, allow_duplicates=allow_duplicates)

    @classmethod
    def _removing(cls, records: Sequence[object], confirm: int | None) -> Operation[int]:
        from attio_orm.writes import membership

        cls.objects  # noqa: B018
        return membership.remove(cls, records, confirm)

    @property
    def entries(self) -> Any:
        """Records have entries, entries do not: raises ``UnknownAttributeError``."""
        raise unknown_attribute(self, "entries")

    @classmethod
    def by(
        cls, *, create: Mapping[str, object] | bool | None = False, **match: object
    ) -> ReferenceMatch:
        """Nothing in Attio refers to a list entry: raises ``UnsupportedLookup``."""
        raise UnsupportedLookup(
            f"{cls.__name__}.by(): nothing in Attio refers to a list entry. Use its parent "
            f"record instead."
        )

    def _reference(self) -> Reference:
        raise UnsupportedLookup(
            f"{self!r} is a list entry, and nothing in Attio refers to those. Use its parent: "
            f"entry.parent, or entry.parent_id."
        )
