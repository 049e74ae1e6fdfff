"""What lookups see of a model: its declared attributes first, then what the workspace has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from attio_orm.conditions.lookups import RECORD_ID, UNKNOWN
from attio_orm.conditions.paths import NeedsObject, Resolved, Resolver, place_of
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import NotFoundError, UnknownAttributeError, ValidationError
from attio_orm.query.compiler import NeedsMembers, UnknownMember, UnknownTitle
from attio_orm.records.base import Record, mapper_of
from attio_orm.records.names import types_of
from attio_orm.records.relations import resolver as models
from attio_orm.records.rows import endpoint_of
from attio_orm.schema.definitions import Choice
from attio_orm.types.actors import ActorAttribute
from attio_orm.types.base import CHOICES, CODECS, AnyAttribute, AttributeSchema
from attio_orm.types.dates import TimestampAttribute
from attio_orm.types.names_elsewhere import meant
from attio_orm.types.references import REFERENCE, ReferenceAttribute

T = TypeVar("T")

# Every object and list has these, whether or not a class declares them.
_EVERYWHERE: Mapping[str, AnyAttribute] = {
    "created_at": TimestampAttribute("created_at", read_only=True),
    "created_by": ActorAttribute("created_by", read_only=True),
}


class _NeedsMore(Exception):
    def __init__(self, object: str, name: str) -> None:
        super().__init__(object, name)
        self.object = object
        self.name = name


class NeedsSchema(_NeedsMore):
    """A name is not declared, and the object's attributes are not known yet."""


class NeedsChoices(_NeedsMore):
    """The titles of a select or status are wanted, and not known yet."""


class UnknownInAll(UnknownAttributeError):
    """No attribute of this name in any of the objects that a relation leads to."""

    places: Sequence[str] = ()  # those that may have got one since


def with_schema(connection: BaseConnection, work: Callable[[], T]) -> Operation[T]:
    """What ``work()`` gives, with whatever part of the schema it turns out to need.

    Names, titles and members that are not known are looked up once more before they are refused.
    """
    schema = connection.schema
    # What was looked up once more, of members, attributes, and titles of an attribute; and what was
    # read for the first time, for the very name that it lacks: that was the look.
    looked: set[tuple[str, ...]] = set()
    read: set[tuple[str, ...]] = set()

    def again(
        what: tuple[str, ...], look: Operation[object], refusal: Exception
    ) -> Operation[None]:
        if what in read:
            schema.note_look(*what)
        if what in looked | read:
            raise refusal from None
        looked.add(what)
        try:  # then it is tried again in any case: another thread may have just looked it up
            yield from look
        except NotFoundError:  # there is no such object, or not yet
            raise refusal from None

    # The work is pure, and is done again after each answer: a query mostly needs nothing at all,
    # and what it does need shows only on the way.
    while True:
        try:
            return work()
        except NeedsSchema as need:
            yield from schema.ensure(need.object)
            read.add((need.object,))
        except NeedsChoices as need:
            yield from schema.choices(need.object, need.name)
            read.add((need.object, need.name))
        except NeedsObject as need:
            if not (yield from schema.ensure_many([need.object])) and need.refusal:
                raise need.refusal from None
        except NeedsMembers:
            yield from schema.members()
            read.add(())
        except UnknownMember as error:
            yield from again((), schema.look_for_members(), ValidationError(error.problems))
        except UnknownTitle as error:
            plain, path = ValidationError(error.problems), error.path
            if path is None or path.resolver is None:
                raise plain from None
            place = place_of(path.resolver)
            yield from again((place, path.slug), schema.look_again(place, path.slug), plain)
        except UnknownInAll as error:
            refusal = UnknownAttributeError(str(error))
            if not error.places:
                raise refusal from None
            # one after another: it is refused where all of them were looked at
            left = [each for each in error.places if (each,) not in looked | read]
            place = left[0] if left else error.places[0]
            yield from again((place,), schema.look_again(place), refusal)
        except UnknownAttributeError as error:
            if error.place is None:
                raise
            yield from again((error.place,), schema.look_again(error.place), error)


class AttributeResolver:
    """The attributes of one model, with one connection's schema behind it."""

    def __init__(
        self, model: type[Record], connection: BaseConnection, *, choices: bool = False
    ) -> None:
        """``choices``: the titles of selects and statuses are wanted, too (``NeedsChoices``)."""
        mapper = mapper_of(model)
        self.model = model
        self._mapper = mapper
        self._connection = connection
        self._choices = choices
        self.object = endpoint_of(mapper.object).slug
        self.is_list = mapper.is_entry
        self.is_activity = mapper.is_activity
        self.strict = bool(mapper.strict)
        self.model_name = model.__name__

    def attribute(self, name: str) -> Resolved | None:
        """The attribute of this Python name or slug; ``NeedsSchema`` where that cannot be told."""
        mapper = self._mapper
        found = mapper.by_name.get(name) or _EVERYWHERE.get(name)
        schema = self._connection.schema.get(mapper.object)
        if found is not None:
            spec = schema.attributes.get(found.slug) if schema is not None else None
            return self._resolved(found, spec)
        if schema is None:
            if mapper.strict:
                return None
            raise NeedsSchema(mapper.object, name)
        spec = schema.attributes.get(name)
        if spec is None or (mapper.strict and name != "record_id"):
            return None
        return self._resolved(None, spec)

    def _resolved(self, declared: AnyAttribute | None, spec: AttributeSchema | None) -> Resolved:
        known = spec or declared
        assert known is not None
        titles: Sequence[str] | Mapping[str, str] | None = None
        if known.type in CHOICES:
            titles = self._connection.schema.known_choices(self._mapper.object, known.slug)
            if titles is None and self._choices:  # Attio refused one: what is declared may be old
                raise NeedsChoices(self._mapper.object, known.slug)
            is_told = not self._mapper.is_activity  # of those nothing says what is there by now
            if titles is None and is_told and declared is not None and declared.checked_options:
                titles = declared.options
        codec = CODECS.get(known.type)
        lookups = codec.lookups if codec is not None else UNKNOWN
        found = Resolved(
            slug=known.slug,
            type=known.type,
            is_multi=known.is_multi,
            spec=known,
            lookups=RECORD_ID if known.slug == "record_id" else lookups,
            is_archived=bool(spec is not None and spec.is_archived),
            choices=titles,
        )
        return self._leading(found, declared) if known.type == REFERENCE else found

    def _leading(self, found: Resolved, declared: AnyAttribute | None) -> Resolved:
        """The relation with where it leads: to one object, to several, or to any."""
        targets: list[type[Record]] = (
            declared.models() if isinstance(declared, ReferenceAttribute) else []
        )
        by_object = {mapper_of(model).object: model for model in targets}
        allowed = list(by_object) or list(found.spec.allowed_objects)
        here = self._mapper.object
        if not allowed and self.is_list and self._connection.schema.get(here) is None:
            raise NeedsSchema(here, found.slug)  # the list says what its entries are about
        if len(allowed) == 1:
            return replace(found, target=lambda: self._at(allowed[0], by_object))

        def reach(slug: str) -> Resolver | None:
            if not allowed and not self._is_object(slug):
                raise NeedsObject(slug)
            return self._at(slug, by_object) if not allowed or slug in allowed else None

        known = {*models().objects(), *self._connection.schema}
        return replace(found, reach=reach, objects=allowed or sorted(known))

    def _at(self, slug: str, by_object: Mapping[str, type[Record]]) -> Resolver:
        model = by_object.get(slug) or self._connection.mapping.model(slug)
        return AttributeResolver(model, self._connection, choices=self._choices)

    def _is_object(self, slug: str) -> bool:
        return models().for_object(slug) is not None or slug in self._connection.schema

    def names(self) -> list[str]:
        """Every name a lookup may start with."""
        declared = self._mapper.attributes
        named = sorted(declared, key=lambda name: declared[name].read_only)  # the useful ones first
        names = dict.fromkeys([*named, *_EVERYWHERE])
        schema = self._connection.schema.get(self._mapper.object)
        if schema is not None and not self._mapper.strict:
            slugs = {attribute.slug for attribute in declared.values()}
            there = [slug for slug, spec in schema.attributes.items() if not spec.is_archived]
            names.update((slug, None) for slug in there if slug not in slugs)
        return list(names)

    def choices(self, slug: str) -> Sequence[Choice]:
        """The options or statuses of an attribute; ``NeedsChoices`` where they are not known."""
        found = self._connection.schema.choices_known(self._mapper.object, slug)
        if found is None:
            raise NeedsChoices(self._mapper.object, slug)
        return found

    def meant(self, name: str) -> list[tuple[str, ...]]:
        """What a name of other libraries stands for, among ``names()``."""
        return meant(name, types_of(self._mapper, self._connection.schema.get(self._mapper.object)))
