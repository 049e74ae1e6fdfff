"""The schema of one workspace: asked for at first need, kept, shared by threads and tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from attio_orm.api import attributes, lists, members, objects, options, statuses, views
from attio_orm.errors import NotFoundError, ValidationError
from attio_orm.operations import Operation, arun, gather, run
from attio_orm.schema import missing, snapshot
from attio_orm.schema.flights import Flights
from attio_orm.schema.reading import (
    read_choice,
    read_list,
    read_member,
    read_object,
    read_view,
    with_attributes,
)
from attio_orm.schema.records import (
    AttributeSchema,
    Choice,
    Kind,
    Member,
    ObjectSchema,
    View,
    kind_and_slug,
)

if TYPE_CHECKING:
    from attio_orm.transport.pipeline import Transport

Listed: TypeAlias = Mapping[str, ObjectSchema]
_MOST_VIEWS = 1_000  # on one page
Place: TypeAlias = tuple[Kind, str, str]  # kind, slug of the object or list, slug of the attribute


class _Store:
    """What is kept, and the flights that fill it. Values are replaced, never changed in place."""

    def __init__(self) -> None:
        self.listed: dict[Kind, Listed] = {}  # everything of a kind, attributes left out
        self.schemas: dict[tuple[Kind, str], ObjectSchema] = {}
        self.choices: dict[Place, tuple[Choice, ...]] = {}
        self.titles: dict[Place, Mapping[str, str]] = {}
        self.views: dict[tuple[Kind, str], tuple[View, ...]] = {}
        self.members: tuple[Member, ...] | None = None
        self.flights = Flights()

    def without(self, slug: str) -> _Store:
        """A copy that knows nothing of one object or list."""
        kept = _Store()
        kept.schemas = {k: v for k, v in self.schemas.copy().items() if k[1] != slug}
        kept.choices = {k: v for k, v in self.choices.copy().items() if k[1] != slug}
        kept.titles = {k: v for k, v in self.titles.copy().items() if k[1] != slug}
        kept.views = {k: v for k, v in self.views.copy().items() if k[1] != slug}
        kept.members = self.members
        return kept

    def keep(self, place: Place, found: Iterable[Choice]) -> None:
        """Keep the choices of an attribute; of namesakes the active one has the title."""
        choices = tuple(found)
        titles: dict[str, str] = {}
        for choice in sorted(choices, key=lambda choice: choice.is_archived):
            titles.setdefault(choice.title, choice.id)
        self.titles[place] = titles
        self.choices[place] = choices


class Schema:
    """What is known of the workspace: ``schema["people"].attributes["job_title"]``.

    Objects, their attributes, options, statuses and members are asked for when they are needed,
    once, and kept until ``forget()``. ``in``, ``[]``, iteration and ``get`` send nothing.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._store = _Store()

    # -- what is known, without a request ---------------------------------------------------------

    def get(self, slug: str, *, kind: Kind = "objects") -> ObjectSchema | None:
        """The object (or list) where it is known already, else ``None``. Sends nothing.

        A list is ``"lists/sales"`` here, as everywhere in ``Schema``, or named with ``kind``.
        """
        return self._store.schemas.get(kind_and_slug(slug, kind))

    def __getitem__(self, slug: str) -> ObjectSchema:
        found = self.get(slug)
        if found is None:
            raise KeyError(
                f'The schema of "{slug}" is not loaded yet: connection.schema.fetch("{slug}") '
                "asks for it."
            )
        return found

    def __contains__(self, slug: object) -> bool:
        return isinstance(slug, str) and kind_and_slug(slug) in self._store.schemas

    def __iter__(self) -> Iterator[str]:
        return iter([slug for kind, slug in self._store.schemas.copy() if kind == "objects"])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Schema of {', '.join(self) or 'nothing yet'}>"

    def forget(self, slug: str | None = None) -> None:
        """Drop what is kept of one object or list, or everything: it is asked for again."""
        # Operations under way go on with the store of before, and so bring nothing old to this one.
        self._store = _Store() if slug is None else self._store.without(kind_and_slug(slug)[1])

    # -- objects and their attributes -------------------------------------------------------------

    def fetch(self, slug: str) -> ObjectSchema:
        """The object, asked for where it is not known; ``NotFoundError`` where there is none."""
        return run(self.ensure(slug))

    async def afetch(self, slug: str) -> ObjectSchema:
        """The twin of ``fetch`` for async code."""
        return await arun(self.ensure(slug))

    def ensure(self, slug: str, *, kind: Kind = "objects") -> Operation[ObjectSchema]:
        """The object (or list), asked for where it is not known.

        Raises ``NotFoundError`` where the workspace has none, with close matches or, for a
        standard object that is off, how to activate it.
        """
        store = self._store
        kind, slug = kind_and_slug(slug, kind)
        found = store.schemas.get((kind, slug))
        if found is None:
            found = (yield from self._ensure_many(store, [slug], kind)).get(slug)
        if found is None:
            raise missing.no_object(slug, kind, store.listed[kind])
        return found

    def absent(self, slug: str, *, kind: Kind = "objects") -> NotFoundError:
        """The error that ``ensure()`` raises for what the workspace does not have."""
        kind, slug = kind_and_slug(slug, kind)
        return missing.no_object(slug, kind, self._store.listed.get(kind, ()))

    def ensure_many(
        self, slugs: Iterable[str], *, kind: Kind = "objects"
    ) -> Operation[dict[str, ObjectSchema]]:
        """The objects (or lists) by slug; those that the workspace does not have are left out.

        Where nothing is known it takes one request, then one for each slug, side by side.
        """
        store, wanted = self._store, dict.fromkeys(slugs)
        by_kind: dict[Kind, list[str]] = {}
        for each in wanted:
            of, slug = kind_and_slug(each, kind)
            by_kind.setdefault(of, []).append(slug)
        found = yield from gather(
            self._ensure_many(store, there, of) for of, there in by_kind.items()
        )
        known = {
            (of, slug): schema
            for of, there in zip(by_kind, found, strict=True)
            for slug, schema in there.items()
        }
        places = {each: kind_and_slug(each, kind) for each in wanted}
        return {each: known[place] for each, place in places.items() if place in known}

    def _ensure_many(
        self, store: _Store, slugs: Iterable[str], kind: Kind
    ) -> Operation[dict[str, ObjectSchema]]:
        wanted = list(dict.fromkeys(slugs))
        lacking = [slug for slug in wanted if (kind, slug) not in store.schemas]
        if lacking:
            listed = yield from self._list(store, kind, lacking)
            there = [listed[slug] for slug in lacking if slug in listed]
            yield from gather(self._load_attributes(store, owner) for owner in there)
        return {s: store.schemas[kind, s] for s in wanted if (kind, s) in store.schemas}

    def _list(self, store: _Store, kind: Kind, needed: Iterable[str]) -> Operation[Listed]:
        """Everything of a kind by slug; asked for again where one that is needed is not there."""
        seen = store.listed.get(kind)
        if seen is not None and all(slug in seen for slug in needed):
            return seen
        # The attributes of lists name objects by their ids, so both are needed.
        also = kind == "lists" and "objects" not in store.listed
        kinds: list[Kind] = [kind, "objects"] if also else [kind]
        yield from gather(self._load_list(store, one, store.listed.get(one)) for one in kinds)
        return store.listed[kind]

    def _load_list(self, store: _Store, kind: Kind, seen: Listed | None) -> Operation[None]:
        def load() -> Operation[None]:
            if store.listed.get(kind) is not seen:
                return  # another flight landed meanwhile
            if kind == "objects":
                found = [read_object(i) for i in (yield from objects.list_(self._transport))]
            else:
                found = [read_list(i) for i in (yield from lists.list_(self._transport))]
            store.listed[kind] = {owner.slug: owner for owner in found}

        return store.flights.share(("list", kind), load)

    def _load_attributes(self, store: _Store, owner: ObjectSchema) -> Operation[None]:
        place: tuple[Kind, str] = (owner.kind, owner.slug)

        def load() -> Operation[None]:
            if place in store.schemas:
                return
            items = yield from attributes.list_(
                self._transport, owner.slug, target=owner.kind, show_archived=True
            )
            slugs = {one.id: one.slug for one in store.listed.get("objects", {}).values()}
            store.schemas[place] = with_attributes(owner, items, slugs)

        return store.flights.share(("attributes", *place), load)

    # -- options, statuses, members ---------------------------------------------------------------

    def choices(
        self, object: str, attribute: str, *, kind: Kind = "objects", refresh: bool = False
    ) -> Operation[tuple[Choice, ...]]:
        """The options or statuses of an attribute, archived ones included, in Attio's order.

        Kept; ``refresh`` asks again. Raises ``ValidationError`` for an attribute of another type.
        """
        store = self._store
        kind, object = kind_and_slug(object, kind)
        place: Place = (kind, object, attribute)
        seen = store.choices.get(place)
        if seen is None or refresh:
            owner = yield from self.ensure(object, kind=kind)
            load = self._choices_loader(store, owner, attribute, seen)
            # A flight that is under way may be older than the change that the caller knows of.
            yield from load() if refresh else store.flights.share(("choices", *place), load)
        return store.choices[place]

    def known_choices(
        self, object: str, attribute: str, *, kind: Kind = "objects"
    ) -> Mapping[str, str] | None:
        """The ids of the options or statuses by title, archived ones too; sends nothing.

        ``None`` where they are not known yet.
        """
        return self._store.titles.get((*kind_and_slug(object, kind), attribute))

    def _choices_loader(
        self, store: _Store, owner: ObjectSchema, slug: str, seen: tuple[Choice, ...] | None
    ) -> Callable[[], Operation[None]]:
        attribute = owner.attributes.get(slug)
        if attribute is None:
            raise missing.no_attribute(slug, owner)
        if not attribute.has_choices:
            raise ValidationError(
                f'"{slug}" of "{owner.slug}" is of type {attribute.type}; only select and status '
                "attributes have choices. Name one of these."
            )
        place: Place = (owner.kind, owner.slug, slug)
        ask = options.list_ if attribute.type == "select" else statuses.list_

        def load() -> Operation[None]:
            if store.choices.get(place) is seen:
                items = yield from ask(
                    self._transport, owner.slug, slug, target=owner.kind, show_archived=True
                )
                store.keep(place, map(read_choice, items))

        return load

    def options(
        self, object: str, attribute: str, *, kind: Kind = "objects", refresh: bool = False
    ) -> Operation[dict[str, str]]:
        """The ids of an attribute's options or statuses by title, without the archived ones."""
        found = yield from self.choices(object, attribute, kind=kind, refresh=refresh)
        return {choice.title: choice.id for choice in found if not choice.is_archived}

    def members(self, *, refresh: bool = False) -> Operation[tuple[Member, ...]]:
        """The members of the workspace, suspended ones included. Kept; ``refresh`` asks again."""
        store = self._store
        seen = store.members

        def load() -> Operation[None]:
            if store.members is seen:
                items = yield from members.list_(self._transport)
                store.members = tuple(read_member(item) for item in items)

        if seen is None or refresh:
            yield from load() if refresh else store.flights.share("members", load)
        return store.members or ()

    # -- saved views ------------------------------------------------------------------------------

    def known_views(self, slug: str, *, kind: Kind = "objects") -> tuple[View, ...] | None:
        """The saved views of an object or list, ``None`` where they are not known yet."""
        return self._store.views.get(kind_and_slug(slug, kind))

    def views(
        self, slug: str, *, kind: Kind = "objects", refresh: bool = False
    ) -> Operation[tuple[View, ...]]:
        """The saved views of an object or list, without the archived ones.

        Kept; ``refresh`` asks again.
        """
        store = self._store
        kind, slug = place = kind_and_slug(slug, kind)
        seen = store.views.get(place)

        def load() -> Operation[None]:
            if store.views.get(place) is not seen:
                return
            found: list[View] = []
            cursor: str | None = None
            while True:
                items, following = yield from views.list_(
                    self._transport, slug, target=kind, limit=_MOST_VIEWS, cursor=cursor
                )
                found += map(read_view, items)
                if following is None or following == cursor:
                    break
                cursor = following
            store.views[place] = tuple(found)

        if seen is None or refresh:
            yield from load() if refresh else store.flights.share(("views", *place), load)
        return store.views[place]

    # -- the snapshot -----------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the schema of every object, with its options and statuses, as a JSON file.

        What is not known yet is asked for; lists are in it where they are known. ``connect()``
        starts from the file without a request: ``connect(schema=path)``.
        """
        run(self._save(path))

    async def asave(self, path: str | os.PathLike[str]) -> None:
        """The twin of ``save`` for async code."""
        await arun(self._save(path))

    def _save(self, path: str | os.PathLike[str]) -> Operation[None]:
        store = self._store
        listed = yield from self._list(store, "objects", ())
        yield from self._ensure_many(store, listed, "objects")
        known = list(store.schemas.values())
        chosen = [(owner, a) for owner in known for a in owner.attributes.values() if _kept(a)]
        yield from gather(self.choices(owner.slug, a.slug, kind=owner.kind) for owner, a in chosen)
        held = {(owner.kind, owner.slug): snapshot.Known(owner) for owner in known}
        for (kind, owner, slug), found in store.choices.items():
            if (kind, owner) in held:
                held[kind, owner].choices[slug] = list(found)
        snapshot.write(path, held.values())

    @classmethod
    def load(cls, path: str | os.PathLike[str], transport: Transport) -> Schema:
        """The schema that ``save`` wrote. Sends nothing for what is in the file.

        Raises ``ValidationError`` where the file is missing or is no snapshot.
        """
        schema = cls(transport)
        store = schema._store
        listed: dict[Kind, dict[str, ObjectSchema]] = {}
        for known in snapshot.read(path):
            owner = known.schema
            listed.setdefault(owner.kind, {})[owner.slug] = replace(owner, attributes={})
            store.schemas[owner.kind, owner.slug] = owner
            for slug, found in known.choices.items():
                store.keep((owner.kind, owner.slug, slug), found)
        store.listed.update(listed)
        return schema


def _kept(attribute: AttributeSchema) -> bool:
    return attribute.has_choices and not attribute.is_archived
