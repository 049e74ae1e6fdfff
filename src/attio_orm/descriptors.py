"""How a declared attribute works: read once from the record's raw values, then a dictionary hit.

They are non-data descriptors at run time: the first read decodes the value and puts it into the
instance's ``__dict__``. ``__set__`` exists for type checkers only; writes go through
``Model.__setattr__``.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar, overload

from attio_orm import hydration
from attio_orm import values as v
from attio_orm.query import expressions as x

if TYPE_CHECKING:
    from attio_orm.models.model import Model

E = TypeVar("E")
R = TypeVar("R")
W = TypeVar("W")

# ``type`` is the name of an attribute here
AnyClass: TypeAlias = type[Any]
ModelClass: TypeAlias = "type[Model]"
ExprClass: TypeAlias = type[x.Expr[Any]]


class Attribute(Generic[E, R, W]):
    """One attribute of an object: how it is read, written, compared and filtered.

    ``slug`` is Attio's name where the Python name differs. ``unique``, ``required`` and ``options``
    describe the attribute where a model is made into one (the sandbox's ``define``); for a
    workspace that exists, its own schema counts. ``read_only`` marks what Attio computes.
    """

    type: str = ""
    multi: bool = False
    create_only: ClassVar[bool] = False  # said when the record is made, and never changed
    joins: ClassVar[bool] = True  # may be read in one pass with others
    expression: ClassVar[ExprClass]

    def __init__(
        self,
        slug: str | None = None,
        *,
        read_only: bool = False,
        required: bool = False,
        unique: bool = False,
        options: Iterable[str] = (),
    ) -> None:
        self.name = slug or ""
        self.key = self.name
        self.slug = slug or ""
        self.named = slug is not None
        self.read_only = read_only
        self.is_required = required
        self.is_unique = unique
        self.options: tuple[str, ...] = tuple(options)
        self.checked_options = bool(self.options)
        self.owner: AnyClass | None = None
        self._read: hydration.Reader | None = None

    def bind(self, owner: AnyClass, name: str) -> None:
        """Give the attribute its place: the class and the Python name."""
        self.owner = owner
        self.name = self.key = name
        if not self.named:
            self.slug = name

    def parametrize(self, arguments: tuple[Any, ...]) -> None:
        """Take what the annotation says in brackets (options, target models)."""

    # what a codec asks of an attribute (``AttributeSpec``)

    @property
    def is_multi(self) -> bool:
        """Whether the attribute holds several values."""
        return self.multi

    @property
    def is_writable(self) -> bool:
        """Whether values can be written at all."""
        return not self.read_only

    @property
    def currency(self) -> str | None:
        """The currency of a currency attribute, where the class says it."""
        return None

    @property
    def allowed_objects(self) -> tuple[str, ...]:
        """The object slugs that a reference may point at; empty for any."""
        return ()

    # reading

    @overload
    def __get__(self, instance: None, owner: AnyClass) -> E: ...
    @overload
    def __get__(self, instance: Model, owner: AnyClass) -> R: ...
    def __get__(self, instance: Any, owner: AnyClass) -> Any:
        if instance is None:
            return self.expression_at(x.Path((), owner))
        state = instance._state
        parts, batch = state.parts, state.batch
        if parts is None:
            if batch is not None and state.values is not None:
                habit = batch.habit
                if self in habit.attributes and habit.follow(instance, state.values):
                    return instance.__dict__[self.key]
            parts = instance._split()
        if batch is not None and self.joins:
            batch.note(self)
        raw = parts.get(self.slug)
        found = self.read(raw)
        if self.is_multi:
            value: Any = instance._tracked(self, found)
        else:
            value = found[0] if found else None
        instance.__dict__[self.key] = value
        return value

    if TYPE_CHECKING:

        def __set__(self, instance: Model, value: W) -> None: ...

    def _reader(self) -> hydration.Reader:
        return hydration.reader(v.codec_for(self.type))

    def read(self, raw: Any) -> list[Any]:
        """All values in one attribute's raw values, as Python values."""
        if raw is None:
            return []
        if self._read is None:
            self._read = self._reader()
        return self._read(raw)

    def expression_at(self, path: tuple[str, ...]) -> Any:
        """The expression for this attribute, reached over the relations of ``path``."""
        names = (*path, self.name)
        return type(self).expression(x.Path(names, getattr(path, "origin", None)))

    def __repr__(self) -> str:
        owner = f"{self.owner.__name__}." if self.owner else ""
        return f"<{type(self).__name__} {owner}{self.name}>"


class Relation(Attribute[E, R, W]):
    """A reference to records of other objects; see ``One``, ``Maybe`` and ``Many``."""

    type = "record-reference"

    def __init__(self, slug: str | None = None, **options: Any) -> None:
        super().__init__(slug, **options)
        self.targets: tuple[Any, ...] = ()
        # the registry's: the models it was resolved among, and the ones it was resolved to
        self.resolved: tuple[Any, list[weakref.ref[ModelClass]]] | None = None

    def parametrize(self, arguments: tuple[Any, ...]) -> None:
        """Take the target model: a class, or its name."""
        self.targets = arguments

    @property
    def allowed_objects(self) -> tuple[str, ...]:
        """The object slugs of the declared targets."""
        return tuple(model._object for model in self.models())

    def read(self, raw: Any) -> list[Any]:
        """The references among the values; what cannot be read as one stays in ``raw``."""
        return [each for each in super().read(raw) if isinstance(each, v.Reference)]

    def models(self) -> list[ModelClass]:
        """The declared target models, resolved now; empty for any object."""
        from attio_orm.models.registry import registry

        return registry.targets(self)

    @overload
    def __get__(self, instance: None, owner: AnyClass) -> E: ...
    @overload
    def __get__(self, instance: Model, owner: AnyClass) -> R: ...
    def __get__(self, instance: Any, owner: AnyClass) -> Any:
        if instance is None:
            return RelationPath(self, x.Path((), owner))
        state = instance._state
        batch = state.batch
        if batch is None:
            return instance._relate(self)
        if state.parts is None and state.values is not None:
            habit = batch.habit
            if self in habit.attributes and habit.follow(instance, state.values):
                cache = instance.__dict__
                if self.key in cache:
                    return cache[self.key]
        value = instance._relate(self)
        batch.note(self)
        return value

    def expression_at(self, path: tuple[str, ...]) -> Any:
        """The related class, with the way to it."""
        return RelationPath(self, path)


class RelationPath:
    """What class access to a relation gives: the related class's attributes, with the way there."""

    def __init__(self, relation: Relation[Any, Any, Any], path: tuple[str, ...]) -> None:
        self._relation = relation
        self._path = x.Path((*path, relation.name), getattr(path, "origin", None))

    def __getattr__(self, name: str) -> Any:
        from attio_orm.errors import UnknownAttributeError

        if name.startswith("__"):
            raise AttributeError(name)
        if name == "id":
            return x.IdExpr(x.Path((*self._path, "id"), self._path.origin))
        from attio_orm.models.registry import registry

        models = self._relation.models()
        if len(models) != 1:  # the name of an object says which
            of_name = (model for model in models if model._object == name)
            reached = next(of_name, None) if models else registry.for_object(name)
            if reached is not None:
                from attio_orm.query.reaching import through

                here: Any = self
                return through(here, reached)
        # the class that is named is what type checkers see, also where the application has its own
        for model in (*models, *registry.declared_targets(self._relation)):
            attribute = model._attributes.get(name)
            if attribute is not None:
                return attribute.expression_at(self._path)
        known = " or ".join(model.__name__ for model in models) or "any object"
        raise UnknownAttributeError(
            f"{'.'.join(self._path)} leads to {known}, which declares no attribute {name!r}: "
            f"declare it, or use the keyword form filter({'__'.join(self._path)}__{name}=...)."
        )

    def __bool__(self) -> bool:
        raise TypeError(
            f"{'.'.join(self._path)} on the class is a relation, not a value: compare its "
            f"attributes, its .id, or use the keyword form."
        )

    def __repr__(self) -> str:
        return f"<relation {'.'.join(self._path)}>"


AnyAttribute: TypeAlias = Attribute[Any, Any, Any]
