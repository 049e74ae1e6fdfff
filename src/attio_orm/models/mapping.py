"""What maps models to the workspace of one connection: introspection, drift, models on the fly."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import inflection

from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation
from attio_orm.errors import NotFoundError, SchemaDriftError, ValidationError
from attio_orm.models.activities import Activity
from attio_orm.models.drift import Drift, check_drift, compare, report_absent
from attio_orm.models.entries import ListEntry
from attio_orm.models.model import Model
from attio_orm.models.registry import registry
from attio_orm.models.scopes import scopes_for
from attio_orm.records.base import OnDrift, Record, mapper_of
from attio_orm.schema.definitions import kind_and_slug
from attio_orm.transport.dry_run import refuse_stray
from attio_orm.types.base import AnyAttribute

if TYPE_CHECKING:
    from attio_orm.schema.declared import DeclaredObject


class WorkspaceMapping:
    """The models of one connection, as far as its workspace has them; a connection carries it."""

    def __init__(self, connection: BaseConnection, on_drift: OnDrift) -> None:
        self.on_drift: OnDrift = on_drift
        self.undeclared: dict[tuple[type[Any], str], AnyAttribute] = {}
        self.dumpers: dict[tuple[Any, ...], Any] = {}
        # weakly, as the connection has it: with a cycle a connection that nobody closed would
        # keep its sockets until the garbage collector comes by
        self._connection = weakref.ref(connection)
        self._made: dict[str, type[Model]] = {}
        self._checked: weakref.WeakSet[type[Record]] = weakref.WeakSet()
        self._assumed: weakref.WeakSet[type[Record]] = weakref.WeakSet()

    @property
    def connection(self) -> BaseConnection:
        """The connection whose workspace it is."""
        found = self._connection()
        assert found is not None
        return found

    def needed_scopes(self) -> frozenset[str]:
        """What a token needs to read the application's models."""
        needed = (scopes_for(model) or frozenset() for model in registry.declared())
        return frozenset[str]().union(*needed)

    def model(self, object: str) -> type[Any]:
        """The model of an object (or of ``lists/`` and a list): declared, shipped, or made now."""
        found = registry.for_object(object) or self._made.get(object)
        if found is None:
            found = self._made[object] = _made_for(object)
        return found

    def ready(self, model: type[Record], *, writing: bool = False) -> Operation[None]:
        """Introspect what a model needs: an application's model once, any for its first write."""
        connection, mapper = self.connection, mapper_of(model)
        connection.check_open()  # before a receiver is told of what cannot be sent
        if writing:
            refuse_stray(connection)
        if connection.schema.is_old and (yield from connection.schema.renew()):
            yield from self._compare_anew()
        known = connection.schema.get(mapper.object)
        if known is None and (writing or not (mapper.shipped or mapper.is_dynamic)):
            known = yield from connection.schema.ensure(mapper.object)
            yield from self._compare_anew(mapper.object)  # of what was forgotten meanwhile
        if known is not None and model not in self._checked and model not in self._assumed:
            yield from self._check(model)

    def _check(self, model: type[Record], *, is_new: bool = False) -> Operation[None]:
        known = self.connection.schema.get(mapper_of(model).object)
        assert known is not None
        self._checked.add(model)  # before it asks: those who come meanwhile do not ask as well
        how = self._how_told(model)
        if how != "ignore":
            try:
                is_done = yield from check_drift(self.connection, model, known, how, is_new=is_new)
            except SchemaDriftError:
                self._checked.discard(model)  # refused once, refused each time
                raise
            if not is_done:
                self._checked.discard(model)  # define() may make it good before its first use

    def _how_told(self, model: type[Record]) -> OnDrift:
        """How differences are told; not at all of a model that ships, or declares nothing."""
        mapper = mapper_of(model)
        if mapper.shipped or not mapper.attributes:
            return "ignore"
        return mapper.on_drift or self.on_drift

    def _compare_anew(self, object: str | None = None) -> Operation[None]:
        """Warn of how models differ from the workspace by now; what works goes on, and so no more.

        Of those that were compared before: what was never used is compared at its first use.
        """
        connection = self.connection
        for model in list(self._checked):
            slug = mapper_of(model).object
            if object not in (None, slug) or model in self._assumed:
                continue
            if self._how_told(model) == "ignore":
                continue
            known = connection.schema.get(slug)
            if known is None:
                report_absent(connection, model, "warn")
            else:
                yield from check_drift(connection, model, known, "warn")

    # -- what models declare, for the schema that makes it (``Declarations``) ---------------------

    def place_of(self, model: type[Any]) -> str:
        """The slug of the object that a model stands for, or ``lists/`` and that of its list.

        Raises ``ValidationError`` for what stands for none.
        """
        is_model = isinstance(model, type) and issubclass(model, Record)
        if not (is_model and mapper_of(model).object):
            raise ValidationError(f"{model!r} is not a model of an object or a list.")
        return mapper_of(model).object

    def declared(self, model: type[Any]) -> DeclaredObject:
        """What a model declares; an attribute that was renamed meanwhile by the id it had."""
        from attio_orm.models.declared import declared_object  # most programs never ask

        place = self.place_of(model)
        schema = self.connection.schema
        return declared_object(model, lambda slug: schema.former_id(place, slug))

    def differs(self, place: str) -> None:
        """Compare the models of an object or list with it anew, each at its next use."""
        for each in [each for each in self._checked if mapper_of(each).object == place]:
            self._checked.discard(each)

    def forget_checked(self, model: type[Record]) -> None:
        """Check the models of its object against the workspace anew, each at its next use."""
        self.differs(mapper_of(model).object)
        self._assumed.discard(model)

    def assume_checked(self, models: Iterable[type[Record]]) -> None:
        """Do not compare these models with the workspace: they are still to be made there."""
        self._assumed.update(models)

    def drift(self, model: type[Record]) -> Operation[list[Drift]]:
        """How a declared model and the workspace differ, as that is now."""
        connection, object = self.connection, mapper_of(model).object
        if kind_and_slug(object)[0] == "activities":
            return []  # Attio does not tell what they have
        known = yield from connection.schema.ensure(object)
        if connection.schema.is_snapshot:
            with suppress(NotFoundError):  # not made there yet: then the file has the word
                yield from connection.schema.look_again(object)
            known = connection.schema[object]
        return (yield from compare(connection, model, known))

    def introspect(self, *, is_new: bool = False) -> Operation[None]:
        """The schemas of everything the application declared, side by side.

        What a new sandbox (``is_new``) lacks is not a difference yet: ``define()`` makes it.
        """
        models = registry.declared()
        connection = self.connection
        known = yield from connection.schema.ensure_many(
            dict.fromkeys(mapper_of(model).object for model in models)
        )
        for model in models:
            mapper = mapper_of(model)
            if mapper.object in known:
                yield from self._check(model, is_new=is_new)
            elif not is_new:
                report_absent(connection, model, mapper.on_drift or self.on_drift)

    def require_object(self, model: type[Record]) -> Operation[None]:
        """After a 404: say clearly where it is the object that the workspace does not have."""
        object, schema = mapper_of(model).object, self.connection.schema
        if schema.get(object) is None:
            yield from schema.ensure(object)


def _made_for(object: str) -> type[Model]:
    """A model for what nobody declared: an object's slug, or ``lists/`` and a list's."""
    kind, slug = kind_and_slug(object)
    singular = slug if kind == "lists" else inflection.singularize(slug.replace("-", "_"))
    name = inflection.camelize(singular.replace("-", "_"))
    body = {"__module__": __name__}
    if kind == "activities":
        return type(name, (Activity,), body, activity=slug, dynamic=True)
    if kind == "lists":
        return type(name, (ListEntry,), body, list=slug, dynamic=True)
    return type(name, (Model,), body, object=slug, dynamic=True)
