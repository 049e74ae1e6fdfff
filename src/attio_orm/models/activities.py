"""``Activity``: models whose instances are the events of one activity, such as phone calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import inflection

from attio_orm.errors import NotSupportedByAttio, UnsupportedLookup
from attio_orm.keywords import unknown_keyword
from attio_orm.models.model import Model
from attio_orm.records.assignment import accept_item
from attio_orm.records.base import Mapper, OnDrift
from attio_orm.schema.definitions import ACTIVITIES
from attio_orm.types.references import Reference, ReferenceMatch


class _Absent:
    """What records of objects have, and those of activities have not: says so."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._name = ""

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._name = self._name or name  # of a method and its twin, the method

    def __get__(self, instance: object, owner: type[Any]) -> Any:
        return self if instance is None else self._refuse(owner)

    def __set__(self, instance: object, value: object) -> NoReturn:
        self._refuse(type(instance))

    def _refuse(self, owner: type[Any]) -> NoReturn:
        raise NotSupportedByAttio(
            f"{owner.__name__}.{self._name}: Attio has no {self._what} of the records of "
            f"activities. Ask the records that it refers to."
        )


class Activity(Model, abstract=True):
    """A class whose instances are the records of one activity: the events of a kind.

    ``class Call(Activity, activity="phone_calls")`` stands for Attio's phone calls (without
    ``activity``: the class name, pluralised). Found, made, changed and deleted as records are.
    Attio does not tell which attributes an activity has: it has those that the class declares, and
    others are read as they come. So no drift is told, and titles of options are checked by Attio.
    There is no history of them and no page, and no notes, tasks, files or entries:
    ``NotSupportedByAttio``. See https://docs.attio.com/rest-api/endpoint-reference/activities.
    """

    _mapper = Mapper("Activity", accept_item)
    _keywords = ("activity", "abstract", "strict")

    def __init_subclass__(
        cls,
        *,
        activity: str | None = None,
        abstract: bool = False,
        strict: bool | None = None,
        dynamic: bool = False,
        **kwargs: Any,
    ) -> None:
        for name in ("object", "on_drift"):
            if name in kwargs:
                raise unknown_keyword(f"class {cls.__name__}", name, cls._keywords)
        # what derives from the class of an activity, and names none, stands for the same one
        place = None
        if not abstract and (activity is not None or not cls._mapper.object):
            plural = inflection.pluralize(inflection.underscore(cls.__name__))
            place = ACTIVITIES + (activity or plural)
        on_drift: OnDrift = "ignore"  # there is nothing to compare it with
        super().__init_subclass__(
            object=place,
            abstract=abstract,
            strict=strict,
            on_drift=on_drift,
            dynamic=dynamic,
            **kwargs,
        )

    if not TYPE_CHECKING:  # type checkers know what every model has
        web_url = _Absent("page")
        entries = _Absent("entries")
        notes = _Absent("notes")
        tasks = _Absent("tasks")
        comments = _Absent("comments")
        threads = _Absent("threads")
        add_comment = aadd_comment = _Absent("comments")
        files = _Absent("files")
        meetings = _Absent("meetings")
        emails = _Absent("e-mails")
        merge = amerge = _Absent("merge")
        history = ahistory = _Absent("history")
        as_of = aas_of = _Absent("history")
        write_history = awrite_history = _Absent("history")

    @classmethod
    def by(
        cls, *, create: Mapping[str, object] | bool | None = False, **match: object
    ) -> ReferenceMatch:
        """Nothing in Attio refers to the record of an activity: raises ``UnsupportedLookup``."""
        raise UnsupportedLookup(
            f"{cls.__name__}.by(): nothing in Attio refers to the records of activities. Use the "
            f"records that they refer to."
        )

    def _reference(self) -> Reference:
        raise UnsupportedLookup(
            f"{self!r} is the record of an activity, and nothing in Attio refers to those. Use the "
            f"records that it refers to."
        )
