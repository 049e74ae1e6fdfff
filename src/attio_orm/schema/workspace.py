"""Introspection: what a workspace has, asked for once, and again where it may have changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from time import monotonic
from typing import Any, Final, Self

from msgspec.structs import replace

from attio_orm.api import attributes, lists, members, objects, options, statuses, views
from attio_orm.effects import Done, Operation, async_twin, gather, sync_method
from attio_orm.errors import (
    AttioError,
    InvalidResponseError,
    NotFoundError,
    NotSupportedByAttio,
    UnknownAttributeError,
    ValidationError,
)
from attio_orm.schema.answers import (
    read_choice,
    read_list,
    read_member,
    read_object,
    read_view,
    with_attributes,
)
from attio_orm.schema.declared_by import Declarations, NoDeclarations
from attio_orm.schema.definitions import (
    LISTS,
    Choice,
    Kind,
    Member,
    ObjectSchema,
    View,
    bare_activity,
    kind_and_slug,
)
from attio_orm.schema.store import Listed, Place, Store
from attio_orm.transport import Transport
from attio_orm.types.base import AttributeSchema
from attio_orm.wording import READ_ANEW, did_you_mean, quoted

OPTIONAL_OBJECTS = ("deals", "users", "workspaces")


def no_object(slug: str, kind: Kind, known: Iterable[str]) -> NotFoundError:
    """The error for an object or a list that is not in the workspace."""
    names = list(known)
    word = kind.removesuffix("s")
    close = did_you_mean(slug, names, quoted).rstrip()
    if kind == "objects" and slug in OPTIONAL_OBJECTS:
        advice = (
            "It is a standard object that is switched off: activate it in Attio's settings, "
            "under Objects (the API cannot)."
        )
    elif close:
        advice = close
    else:
        advice = (
            f"It has {_listed(names)}. Make the {word} by connection.schema.apply(Model) or in "
            f'Attio\'s settings, or name another on the class: {word}="..."; in the sandbox, '
            f"define(Model) makes it."
        )
    said = f'This workspace has no {word} "{slug}". {advice}'
    return NotFoundError(said, status=404, code="not_found", method="GET", path=f"/v2/{kind}")


def no_attribute(slug: str, owner: ObjectSchema) -> UnknownAttributeError:
    """The error for an attribute that an object or list does not have."""
    close = did_you_mean(slug, owner.attributes, quoted).rstrip()
    hint = close or f"It has {_listed(list(owner.attributes))}."
    return UnknownAttributeError(f'"{owner.slug}" has no attribute "{slug}". {hint} {READ_ANEW}')


def _listed(names: list[str]) -> str:
    if not names:
        return "none"
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(map(quoted, names[:10])) + more


_MOST_VIEWS = 1_000  # on one page
_MOST_PAGES = 100
_MEMBERS: Final = "members"
_AGAIN: Final = 10.0  # seconds until what is not known is looked up again
TTL: Final = 3600.0  # seconds until everything is read anew


def now() -> float:
    """The seconds that ages are counted in."""
    return monotonic()


class KnownSchema:
    """What is known of the workspace, and asked for; ``Schema`` changes it as well.

    Objects, their attributes, options, statuses and members are asked for when they are needed,
    once, and kept for ``ttl`` seconds (``None``: for good), or until ``forget()``. What is not
    among them is looked up once more, at most every 10 s, before it is refused. ``in``, ``[]``,
    iteration and ``get`` send nothing.
    """

    declarations: Declarations = NoDeclarations()

    def __init__(self, transport: Transport, *, ttl: float | None = TTL) -> None:
        self.transport = transport
        self._store = Store(now())
        self.ttl = ttl

    @property
    def store(self) -> Store:
        """What is kept by now; another one after ``forget()``."""
        return self._store

    # -- what is known, without a request ---------------------------------------------------------

    @property
    def age(self) -> float | None:
        """The seconds since what is known was read; ``None`` where nothing was, or of a file."""
        store = self._store
        return now() - store.since if store.ages and store.listed else None

    def get(self, slug: str, *, kind: Kind = "objects") -> ObjectSchema | None:
        """The object (or list) where it is known already, else ``None``. Sends nothing.

        A list is ``"lists/sales"`` here, as everywhere in ``Schema``, or named with ``kind``.
        """
        place = kind, bare = kind_and_slug(slug, kind)
        found = self._store.schemas.get(place)
        # Attio's endpoints of attributes do not take activities: there is nothing to ask for
        return bare_activity(bare) if found is None and kind == "activities" else found

    def slug_of(self, id: str) -> str | None:
        """The slug of the object or list with this id, as far as it is known. Sends nothing."""
        for kind, listed in self._store.listed.copy().items():
            for owner in listed.values():
                if owner.id == id:
                    return owner.slug if kind == "objects" else f"{LISTS}{owner.slug}"
        return None

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
        # a list of a copy, so that threads which add meanwhile do not disturb the loop
        return iter([slug for kind, slug in self._store.schemas.copy() if kind == "objects"])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<Schema of {', '.join(self) or 'nothing yet'}>"

    def forget(self, slug: str | None = None) -> None:
        """Drop what is kept of one object or list, or everything: it is asked for again."""
        # Operations under way go on with the store of before, and so bring nothing old to this one.
        store = self._store
        self._store = (
            Store(now(), store.ids) if slug is None else store.without(kind_and_slug(slug)[1])
        )

    # -- objects and their attributes -------------------------------------------------------------

    @sync_method
    def fetch(self, slug: str) -> Operation[ObjectSchema]:
        """The object, asked for where it is not known; ``NotFoundError`` where there is none."""
        return self.ensure(slug)

    afetch = async_twin(fetch)

    def ensure(self, slug: str, *, kind: Kind = "objects") -> Operation[ObjectSchema]:
        """The object (or list), asked for where it is not known.

        Raises ``NotFoundError`` where the workspace has none, with close matches or, for a
        standard object that is off, how to activate it.
        """
        store = self._store
        kind, slug = kind_and_slug(slug, kind)
        if kind == "activities":
            return store.schemas.get((kind, slug)) or bare_activity(slug)
        if (kind, slug) not in store.schemas:
            yield from self._load_missing(store, [slug], kind)
        found = store.schemas.get((kind, slug))
        if found is None:
            raise no_object(slug, kind, store.listed[kind])
        return found

    def absent(self, slug: str, *, kind: Kind = "objects") -> NotFoundError:
        """The error that ``ensure()`` raises for what the workspace does not have."""
        kind, slug = kind_and_slug(slug, kind)
        return no_object(slug, kind, self._store.listed.get(kind, ()))

    def ensure_many(
        self, slugs: Iterable[str], *, kind: Kind = "objects"
    ) -> Operation[dict[str, ObjectSchema]]:
        """The objects (or lists) by slug; those that the workspace does not have are left out.

        Where nothing is known it takes one request, then one for each slug, side by side.
        """
        store = self._store
        places = {each: kind_and_slug(each, kind) for each in slugs}
        by_kind: dict[Kind, list[str]] = {}
        for of, slug in places.values():
            if of != "activities":
                by_kind.setdefault(of, []).append(slug)
        yield from gather(self._load_missing(store, there, of) for of, there in by_kind.items())
        found = {each: self.get(place[1], kind=place[0]) for each, place in places.items()}
        return {each: schema for each, schema in found.items() if schema is not None}

    def listed(self, kind: Kind) -> Operation[Listed]:
        """Everything of a kind by slug, its attributes left out."""
        return self._list(self._store, kind, ())

    def _load_missing(self, store: Store, slugs: Iterable[str], kind: Kind) -> Operation[None]:
        lacking = [slug for slug in dict.fromkeys(slugs) if (kind, slug) not in store.schemas]
        if lacking:
            listed = yield from self._list(store, kind, lacking)
            there = [listed[slug] for slug in lacking if slug in listed]
            yield from gather(self._load_attributes(store, owner) for owner in there)

    def _list(self, store: Store, kind: Kind, needed: Iterable[str]) -> Operation[Listed]:
        """Everything of a kind by slug; asked for again where one that is needed is not there."""
        kinds = store.to_list(kind, needed)
        if kinds:
            yield from gather(self._load_list(store, one, store.listed.get(one)) for one in kinds)
        return store.listed[kind]

    def _load_list(self, store: Store, kind: Kind, seen: Listed | None) -> Operation[None]:
        def load() -> Operation[None]:
            if store.listed.get(kind) is not seen:
                return  # another flight landed meanwhile
            ask = objects.list_ if kind == "objects" else lists.list_
            read = read_object if kind == "objects" else read_list
            owners = map(read, (yield from ask(self.transport)))
            store.listed[kind] = {owner.slug: owner for owner in owners}

        return store.flights.share(("list", kind), load)

    def _load_attributes(self, store: Store, owner: ObjectSchema) -> Operation[None]:
        place: tuple[Kind, str] = (owner.kind, owner.slug)

        def load() -> Operation[None]:
            if place not in store.schemas:
                yield from self._read_attributes(store, owner)

        return store.flights.share(("attributes", *place), load)

    def _read_attributes(self, store: Store, owner: ObjectSchema) -> Operation[None]:
        if owner.kind == "activities":
            return
        items = yield from attributes.list_(
            self.transport, owner.slug, target=owner.kind, show_archived=True
        )
        store.keep_schema(with_attributes(owner, items, store.object_slugs()))

    def know(self, ids: Iterable[str], *, kind: Kind = "objects") -> Operation[None]:
        """List the objects (or lists), where one of these ids is not known to ``slug_of()``."""
        if any(self.slug_of(each) is None for each in ids):
            store = self._store
            yield from self._load_list(store, kind, store.listed.get(kind))

    # -- what may have changed since --------------------------------------------------------------

    @property
    def is_old(self) -> bool:
        """Whether what is known was read more than ``ttl`` seconds ago; a snapshot does not age."""
        store, ttl = self._store, self.ttl
        return ttl is not None and store.ages and bool(store.listed) and now() - store.since > ttl

    def renew(self) -> Operation[bool]:
        """Read all objects and attributes anew where that is due; gives whether it was done.

        Options and members are forgotten, and asked for when they are needed.
        """

        def load() -> Operation[bool]:
            old = self._store
            if not self.is_old:
                return False  # another flight landed meanwhile
            fresh = Store(now(), old.ids)
            by_kind: dict[Kind, list[str]] = {k: [] for k in old.listed if k != "activities"}
            for (kind, slug), schema in old.schemas.copy().items():
                if kind == "activities":  # as a snapshot brought it, and nobody else tells
                    fresh.keep_schema(schema)
                    continue
                by_kind.setdefault(kind, []).append(slug)
            try:
                for kind, slugs in by_kind.items():
                    yield from self._list(fresh, kind, ())
                    yield from self._load_missing(fresh, slugs, kind)
            except AttioError:  # what is known has served until now: some seconds more will do
                old.since = now() - (self.ttl or 0) + _AGAIN
                return False
            if self._store is old:  # else it was forgotten meanwhile
                self._store = fresh
            return True

        return (yield from self._store.flights.share("renew", load))

    def read_anew(
        self, slugs: Iterable[str], attributes: Mapping[str, Iterable[str]]
    ) -> Operation[tuple[dict[str, ObjectSchema], dict[str, dict[str, tuple[Choice, ...]]]]]:
        """These objects and lists as they are now, and the choices of some of their attributes.

        By place: those that are there, and the choices by slug. Takes a request for the objects,
        one for the lists where one is among them, then one each, side by side; it is all kept.
        """
        store = self._store
        places = {each: kind_and_slug(each) for each in slugs}
        kinds: dict[Kind, None] = dict.fromkeys(("objects", *(kind for kind, _ in places.values())))
        yield from gather(self._load_list(store, kind, store.listed.get(kind)) for kind in kinds)
        # looked at once: what another thread makes meanwhile is not among what is read here
        there = {
            each: owner
            for each, (kind, slug) in places.items()
            if (owner := store.listed[kind].get(slug)) is not None
        }
        yield from gather(self._read_attributes(store, owner) for owner in there.values())
        found: list[tuple[str, ObjectSchema]] = [
            (each, store.schemas[places[each]]) for each in there
        ]
        wanted: list[tuple[str, Place]] = [
            (each, (owner.kind, owner.slug, slug))
            for each, owner in found
            for slug in dict.fromkeys(attributes.get(each, ()))
            if slug in owner.attributes and owner.attributes[slug].has_choices
        ]
        read = yield from gather(
            self.choices(owner, slug, kind=kind, refresh=True) for _, (kind, owner, slug) in wanted
        )
        choices: dict[str, dict[str, tuple[Choice, ...]]] = {}
        for (each, place), of_it in zip(wanted, read, strict=True):
            choices.setdefault(each, {})[place[2]] = of_it
        return dict(found), choices

    def look_again(self, slug: str, attribute: str | None = None) -> Operation[bool]:
        """Look up what an object or list has by now; gives whether it was asked for.

        Its attributes, or the options or statuses of one of them; where it was done in the last
        10 s, and no schema write was sent since, nothing is.
        """
        kind, bare = kind_and_slug(slug)
        if kind == "activities":
            return Done(False)

        def load() -> Operation[None]:
            store = self._store
            if attribute is not None:
                yield from self.choices(bare, attribute, kind=kind, refresh=True)
            elif (kind, bare) not in store.schemas:
                yield from self.ensure(bare, kind=kind)
            else:
                listed = store.listed.get(kind, {})
                owner = listed.get(bare) or store.schemas[kind, bare]
                yield from self._read_attributes(store, owner)
                read = store.schemas[kind, bare].attributes.values()
                known = {one.slug for one in store.listed.get("objects", {}).values()}
                if any(each not in known for one in read for each in one.allowed_objects):
                    # it refers to an object that was made since, and only its id is known
                    yield from self._load_list(store, "objects", store.listed.get("objects"))
                    yield from self._read_attributes(store, owner)

        return self._looked_again((kind, bare, attribute), load)

    def note_look(self, slug: str | None = None, attribute: str | None = None) -> None:
        """Take what was read a moment ago for the look that is due: for the first one or not.

        Without a ``slug``: the members.
        """
        self._note(_MEMBERS if slug is None else (*kind_and_slug(slug), attribute))

    def _note(self, what: Hashable) -> None:
        self._store.looked[what] = now(), self.transport.schema_writes

    def look_for(self, slug: str, names: Iterable[str]) -> Operation[None]:
        """Look again for attributes that records came with, and that are not known yet.

        Where that fails nothing is raised: the records are there.
        """
        kind, bare = kind_and_slug(slug)
        store = self._store  # one for all that follows: another thread may forget() meanwhile
        known = store.schemas.get((kind, bare))
        if known is None:
            return
        places: list[Place] = [(kind, bare, each) for each in names if each not in known.attributes]
        if any(place not in store.unlisted for place in places):
            try:
                yield from self.look_again(slug)
            except AttioError:
                return
            now_known = store.schemas[kind, bare].attributes
            store.unlisted.update(place for place in places if place[2] not in now_known)

    @property
    def members_may_be_new(self) -> bool:
        """Whether ``look_for_members()`` would ask; sends nothing."""
        return self._is_due(_MEMBERS)

    def look_for_members(self) -> Operation[bool]:
        """Look up the members there are by now; gives whether they were asked for."""

        def load() -> Operation[None]:
            yield from self.members(refresh=True)

        return self._looked_again(_MEMBERS, load)

    def _looked_again(self, what: Hashable, load: Callable[[], Operation[None]]) -> Operation[bool]:
        def look() -> Operation[bool]:
            if not self._is_due(what):
                return False
            # before it is sent: what was written meanwhile may not be in the answer
            self._note(what)
            yield from load()
            return True

        # who comes while it is under way waits for it: it is the look that is owed to them, too
        return self._store.flights.share(("again", what), look)

    def _is_due(self, what: Hashable) -> bool:
        looked = self._store.looked.get(what)
        if looked is None:
            return True
        when, writes = looked
        return now() - when >= _AGAIN or writes != self.transport.schema_writes

    def to_list(self, slug: str) -> list[Kind]:
        """What is listed before the attributes of an object or list are asked for: ``ensure()``."""
        kind, bare = kind_and_slug(slug)
        return self._store.to_list(kind, [bare])

    def former_id(self, slug: str, attribute: str) -> str | None:
        """The id of the attribute that first had this slug, as far as that was ever known."""
        return self._store.ids.get(kind_and_slug(slug), {}).get(attribute)

    @property
    def is_snapshot(self) -> bool:
        """Whether it was begun from a file, which does not age."""
        return not self._store.ages

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
        if seen is not None and not refresh:
            return seen
        if kind == "activities":  # Attio checks them itself
            return ()
        target = kind
        owner = yield from self.ensure(object, kind=kind)
        found = owner.attributes.get(attribute)
        if found is None:
            yield from self.look_again(object if kind == "objects" else f"{LISTS}{object}")
            owner = yield from self.ensure(object, kind=kind)
            found = owner.attributes.get(attribute)
        if found is None:
            raise no_attribute(attribute, owner)
        if not found.has_choices:
            raise ValidationError(
                f'"{attribute}" of "{object}" is of type {found.type}; only select and status '
                "attributes have choices. Name one of these."
            )
        ask = options.list_ if found.type == "select" else statuses.list_

        def load() -> Operation[None]:
            if store.choices.get(place) is seen:  # else another flight landed meanwhile
                items = yield from ask(
                    self.transport, object, attribute, target=target, show_archived=True
                )
                store.keep(place, map(read_choice, items))

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

    def choices_known(self, object: str, attribute: str) -> tuple[Choice, ...] | None:
        """What ``choices()`` gives where that is known already, else ``None``; sends nothing."""
        return self._store.choices.get((*kind_and_slug(object), attribute))

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
                asked = now()
                items = yield from members.list_(self.transport)
                store.member_rows, store.members_since = tuple(items), asked
                store.members = tuple(map(read_member, items))

        if seen is None or refresh:
            yield from load() if refresh else store.flights.share("members", load)
        return store.members or ()

    def member_rows(self) -> Operation[tuple[Mapping[str, Any], ...]]:
        """The members as Attio tells of them; asked for again when they are older than ``ttl``."""
        store, ttl = self._store, self.ttl
        is_old = ttl is not None and now() - store.members_since > ttl
        yield from self.members(refresh=store.members is not None and is_old)
        return self._store.member_rows or store.member_rows

    def known_members(self) -> tuple[Member, ...] | None:
        """The members, ``None`` where they are not known yet; sends nothing."""
        return self._store.members

    def member_by_email(self, email: str) -> Member | None:
        """The member of this address, where the members are known; sends nothing."""
        wanted = email.casefold()
        members = self._store.members or ()
        return next((each for each in members if each.email.casefold() == wanted), None)

    @sync_method
    def fetch_members(self) -> Operation[tuple[Member, ...]]:
        """The members of the workspace, asked for where they are not known.

        From then on actors have the names and e-mail addresses of members without a request.
        """
        return self.members()

    afetch_members = async_twin(fetch_members)

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
        if kind == "activities":
            raise NotSupportedByAttio(
                f"Attio has no saved views of activities, such as {slug!r}: use filter(...)."
            )
        target = kind
        seen = store.views.get(place)

        def load() -> Operation[None]:
            if store.views.get(place) is not seen:
                return
            found: list[View] = []
            cursor: str | None = None
            used: set[str] = set()
            while True:
                items, cursor = yield from views.list_(
                    self.transport, slug, target=target, limit=_MOST_VIEWS, cursor=cursor
                )
                found += map(read_view, items)
                if cursor is None:
                    break
                if cursor in used or len(used) >= _MOST_PAGES:
                    raise InvalidResponseError(
                        f"The saved views of {slug!r} do not end: the cursor of a next page comes "
                        f"again and again. Something between here and Attio (a cache, a proxy) "
                        f"repeats old answers; ask again without it."
                    )
                used.add(cursor)
            store.views[place] = tuple(found)

        if seen is None or refresh:
            yield from load() if refresh else store.flights.share(("views", *place), load)
        return store.views[place]

    # -- the snapshot -----------------------------------------------------------------------------

    @sync_method
    def save(self, path: str | os.PathLike[str]) -> Operation[None]:
        """Write the schema of every object, with its options and statuses, as a JSON file.

        What is not known yet is asked for; lists are in it where they are known. ``connect()``
        starts from the file without a request: ``connect(schema=path)``.
        """
        store = self._store
        listed = yield from self._list(store, "objects", ())
        yield from self._load_missing(store, listed, "objects")
        known = list(store.schemas.values())
        chosen = [(owner, a) for owner in known for a in owner.attributes.values() if _kept(a)]
        yield from gather(self.choices(owner.slug, a.slug, kind=owner.kind) for owner, a in chosen)
        from attio_orm.schema import snapshot  # most programs ask the workspace

        held = {(owner.kind, owner.slug): snapshot.Known(owner) for owner in known}
        for (kind, owner, slug), found in store.choices.items():
            if (kind, owner) in held:
                held[kind, owner].choices[slug] = list(found)
        snapshot.write(path, held.values())

    asave = async_twin(save)

    @classmethod
    def load(cls, path: str | os.PathLike[str], transport: Transport) -> Self:
        """The schema that ``save`` wrote. Sends nothing for what is in the file.

        Raises ``ValidationError`` where the file is missing or is not a snapshot.
        """
        schema = cls(transport)
        store = schema.store
        store.ages = False
        listed: dict[Kind, dict[str, ObjectSchema]] = {}
        from attio_orm.schema import snapshot  # as in ``save``

        for known in snapshot.read(path):
            owner = known.schema
            listed.setdefault(owner.kind, {})[owner.slug] = replace(owner, attributes={})
            store.keep_schema(owner)
            for slug, found in known.choices.items():
                store.keep((owner.kind, owner.slug, slug), found)
        store.listed.update(listed)
        return schema


def _kept(attribute: AttributeSchema) -> bool:
    return attribute.has_choices and not attribute.is_archived
