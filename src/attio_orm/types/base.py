"""What all attribute types build on: codec, raw values, decoding, the declared attribute."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    Generic,
    NoReturn,
    Protocol,
    TypeAlias,
    TypeVar,
    overload,
)

import msgspec
from msgspec import Raw, Struct

from attio_orm.conditions.expressions import Expr, Path
from attio_orm.conditions.lookups import UNKNOWN, TypeLookups
from attio_orm.errors import ValidationError
from attio_orm.guards import is_dict, is_list, is_mapping
from attio_orm.transport.decoding import plain
from attio_orm.types.checks import freeze, refuse, refuse_missing
from attio_orm.types.pydantic_hooks import CompositeValue

STRING: Final = {"type": "string"}
STRING_OR_NULL: Final = {"anyOf": [STRING, {"type": "null"}]}

E = TypeVar("E")
R = TypeVar("R")
T = TypeVar("T")
W = TypeVar("W")

JsonValue: TypeAlias = (
    "str | int | float | bool | Decimal | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)
"""What can be sent as JSON."""

AnyClass: TypeAlias = type[Any]  # ``type`` is the name of an attribute of codecs and attributes
AnyExpr: TypeAlias = type[Expr[Any]]

Titles: TypeAlias = Iterable[str] | Mapping[str, str]
"""The titles of a select or status, mapped to their ids where these are known."""

# what a list may be assigned from; not ``Sequence``, as a ``str`` is one of those too
Several: TypeAlias = list[T] | tuple[T, ...] | set[T] | frozenset[T]


CHOICES = frozenset({"select", "status"})
"""The types whose values are titles of a list that the workspace keeps."""


class AttributeSchema(Struct, frozen=True):
    """One attribute of an object or list, as Attio describes it.

    ``allowed_objects`` holds the slugs of what a reference may point at (empty: anything);
    ``relationship`` is the other side of a pair, as (object slug, attribute slug); ``display`` is
    how Attio shows the ``currency``: code, name, narrowSymbol or symbol. See
    https://docs.attio.com/docs/attribute-types/attribute-types.
    """

    id: str
    slug: str
    title: str
    type: str
    is_multi: bool = False
    is_required: bool = False
    is_unique: bool = False
    is_writable: bool = True
    is_archived: bool = False
    is_system: bool = False
    allowed_objects: tuple[str, ...] = ()
    currency: str | None = None
    default_value: Any = None
    relationship: tuple[str, str] | None = None
    description: str | None = None
    display: str | None = None

    @property
    def has_choices(self) -> bool:
        """Whether its values come from a list of options or statuses."""
        return self.type in CHOICES


class AttributeSpec(Protocol):
    """What a codec may ask about the attribute a value is meant for.

    ``type`` is Attio's name of it (``"personal-name"``), ``currency`` a code where it is known;
    ``allowed_objects`` are the slugs that a reference may point at, empty for any.
    """

    @property
    def slug(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def is_multi(self) -> bool: ...
    @property
    def is_writable(self) -> bool: ...
    @property
    def is_required(self) -> bool: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def allowed_objects(self) -> tuple[str, ...]: ...


class Codec(ABC, Generic[T]):
    """How the values of one attribute type are read, assigned, written, compared and filtered.

    Stateless: one instance serves every attribute of the type, in any thread. ``shape`` is what one
    value object of an answer is decoded into; members that are not needed are not in it.
    ``lookups`` says what Attio compares of it. ``member`` is the one of ``shape`` that ``read``
    gives as it is, where it does no more than that; with ``text`` it is made into that class of
    text, which remembers the rest in its ``wire``. ``json_schema`` describes what ``dump`` gives of
    a value that Attio has, ``json_inputs`` what else ``accept`` takes in JSON; what has a title
    there is a component of its own, of the ``value_class``. ``dumped_as_text`` is true where of
    that ``dump`` gives just the text, ``json_class`` is the class whose values are JSON as they
    are.
    """

    type: str
    shape: Any
    lookups: TypeLookups = UNKNOWN
    member: ClassVar[str | None] = None
    text: ClassVar[AnyClass | None] = None
    json_schema: ClassVar[Mapping[str, Any]] = {}
    json_inputs: ClassVar[tuple[dict[str, Any], ...]] = ()
    value_class: ClassVar[AnyClass | None] = None
    dumped_as_text: ClassVar[bool] = False
    json_class: ClassVar[AnyClass | None] = None

    @abstractmethod
    def read(self, wire: Any) -> T | None:
        """The Python value of one decoded ``shape``; ``None`` where it holds nothing.

        Raises ``ValueError`` for a text that the type cannot have; the caller keeps such a value
        raw.
        """

    def accept(self, value: object, attr: AttributeSpec) -> T:
        """The Python value for what a user assigns, be it in Attio's own form.

        Raises ``ValidationError``.
        """
        if type(value) is str:  # as most are: not in a form of Attio's, and never missing
            return self.coerce(value, attr)
        refuse_missing(value)
        # the one value of an attribute may come in a list, as it does in an answer
        if is_list(value) and len(value) == 1 and not attr.is_multi and is_mapping(value[0]):
            value = value[0]
        if is_mapping(value):
            value = self.unwrap({k: each for k, each in value.items() if k not in _READ_ONLY})
        return self.coerce(value, attr)

    def unwrap(self, given: dict[Any, Any]) -> object:
        """What is assigned by a value object of Attio's, without what Attio says of every value."""
        return given["value"] if set(given) == {"value"} else given

    @abstractmethod
    def coerce(self, value: object, attr: AttributeSpec) -> T:
        """The Python value of one in a form of its own. Raises ``ValidationError``."""

    def parse(self, value: object, attr: AttributeSpec) -> T:
        """The Python value of one that stands by itself, and not for an attribute.

        Raises ``ValidationError``.
        """
        return self.accept(value, attr)

    @abstractmethod
    def write(self, value: T) -> JsonValue:
        """The JSON of one value in a write body; ``value`` is one that ``coerce`` gave."""

    def key(self, value: T) -> Hashable:
        """What makes two values the same one: for lists without repeats and change tracking."""
        return value

    @abstractmethod
    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """The JSON of a lookup's right-hand side, for one property of the value.

        ``None`` is the type's default property. Raises ``ValidationError`` for a wrong type.
        """

    def dump(self, value: T) -> JsonValue:
        """The value as plain JSON data, which ``coerce`` takes back."""
        return self.write(value)


# What Attio says of every value, and may refuse to be told.
_READ_ONLY = frozenset({"active_from", "active_until", "created_by_actor", "attribute_type"})
_PROVENANCE = frozenset({"active_from", "created_by_actor"})
_SCALARS = (str, bool, int, float)


class RawValue(CompositeValue, Struct, frozen=True):
    """A value whose type (``type``, Attio's name of it) no codec knows, as it came (``data``)."""

    type: str
    data: dict[str, Any] = {}

    def __hash__(self) -> int:
        return hash((self.type, freeze(self.data)))


class RawCodec(Codec[RawValue]):
    """Values of an unknown type, kept as ``RawValue``."""

    shape = dict[str, Any]

    def __init__(self, type: str) -> None:
        self.type = type

    def read(self, wire: dict[str, Any]) -> RawValue | None:
        """The value with all its members."""
        return RawValue(self.type, wire)

    def unwrap(self, given: dict[Any, Any]) -> object:
        """All members, as nothing is known of them."""
        return given

    def coerce(self, value: object, attr: AttributeSpec) -> RawValue:
        """A ``RawValue``, a mapping of the value's members, or a scalar."""
        if isinstance(value, RawValue):
            if value.type != self.type:
                raise ValidationError(
                    f"A RawValue of type {value.type!r} does not fit: the attribute's type is "
                    f"{self.type!r}."
                )
            return value
        if is_mapping(value):
            return RawValue(self.type, {str(name): each for name, each in value.items()})
        if isinstance(value, _SCALARS):
            return RawValue(self.type, {"value": value})
        refuse(value, f"give a RawValue({self.type!r}, {{...}}), a dict, or plain JSON data.")

    def write(self, value: RawValue) -> JsonValue:
        """The value's members, without those that Attio sets itself."""
        return {name: each for name, each in value.data.items() if name not in _READ_ONLY}

    def key(self, value: RawValue) -> Hashable:
        """The value's members, without those that Attio sets itself."""
        return freeze(self.write(value))

    def filter_value(self, prop: str | None, value: object, attr: AttributeSpec) -> JsonValue:
        """Plain JSON data, unchanged."""
        if isinstance(value, _SCALARS):
            return value
        refuse(value, f"compare an attribute of type {self.type!r} with plain JSON data.")


CODECS: dict[str, Codec[Any]] = {}
"""The codecs by attribute type; ``types.registry`` fills it."""

Reader: TypeAlias = Callable[[Raw], list[Any]]


def codec_for(type: str) -> Codec[Any]:
    """The codec of an attribute type (``"email-address"``); an unknown type keeps values raw."""
    # not kept: whoever answers names the types, and the table would grow by what it likes
    return CODECS.get(type) or RawCodec(type)


def reader(codec: Codec[Any]) -> Reader:
    """What decodes one attribute's raw values with ``codec``, as a list of Python values.

    Values of another type than declared are read by the type that they carry themselves; what no
    codec knows comes as ``RawValue``.
    """
    # The tag of a shape is Attio's ``attribute_type``, so that another type cannot be decoded. A
    # type made at run time: type checkers take it for a name that they cannot find.
    shape: Any = list[codec.shape]  # type: ignore[name-defined]
    decode: Callable[[Raw], list[Any]] = msgspec.json.Decoder(shape).decode
    read = codec.read  # once, as what follows runs for every value of every page

    def values(raw: Raw) -> list[Any]:
        try:
            return [value for wire in decode(raw) if (value := read(wire)) is not None]
        except (msgspec.DecodeError, ValueError, RecursionError):
            return read_any(raw)

    return values


def read_any(raw: Raw) -> list[Any]:
    """One attribute's values, each read by the ``attribute_type`` that it carries."""
    return convert(wires_of(raw))


def wires_of(raw: Raw) -> list[dict[str, Any]]:
    """One attribute's value objects; anything else comes as the ``value`` of one."""
    found = plain(raw)
    wires: list[Any] = found if is_list(found) else [found]
    present: list[Any] = [wire for wire in wires if wire is not None]
    return [wire if is_dict(wire) else {"value": wire} for wire in present]


def convert(wires: Iterable[Mapping[str, object]]) -> list[Any]:
    """Value objects as Attio gives them (``dict``), as Python values."""
    found: list[Any] = []
    for wire in wires:
        kind = str(wire.get("attribute_type"))
        codec = codec_for(kind)
        try:
            value = codec.read(_converted(wire, codec))
        except (msgspec.ValidationError, ValueError):  # one odd value must not cost its page
            value = RawValue(kind, dict(wire))
        if value is not None:
            found.append(value)
    return found


def _converted(wire: Mapping[str, object], codec: Codec[Any]) -> Any:
    try:
        return msgspec.convert(wire, codec.shape)
    except msgspec.ValidationError:
        # who set it and when may be what is odd, and is not the value
        rest = {name: each for name, each in wire.items() if name not in _PROVENANCE}
        return msgspec.convert(rest, codec.shape)


class AttributeSource(Protocol):
    """What knows a record's values: its state."""

    def read(self, record: object, attribute: AnyAttribute, /) -> Any:
        """The value of an attribute, which is then in the record's ``__dict__`` too."""
        ...


class HasAttributes(Protocol):
    """A record, as its attributes see it. All other names are its user's."""

    _state: Any  # an ``AttributeSource``; as such it would have to be writable from outside


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
    codec: Codec[Any]
    expression: ClassVar[AnyExpr]

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if "codec" in vars(cls):  # else the type is inherited, or comes with each instance
            cls.type = cls.codec.type

    def __init__(
        self,
        slug: str | None = None,
        *,
        read_only: bool = False,
        required: bool = False,
        unique: bool = False,
        options: Iterable[str] = (),
        id: str | None = None,
    ) -> None:
        self.name = slug or ""
        self.key = self.name
        self.slug = slug or ""
        self.named = slug is not None
        self.id = id  # Attio's, by which drift knows it when its slug was changed
        self.read_only = read_only
        self.is_required = required
        self.is_unique = unique
        self.options: tuple[str, ...] = tuple(options)
        self.checked_options = bool(self.options)
        self.owner: AnyClass | None = None
        self._read: Reader | None = None

    def bind(self, owner: AnyClass, name: str) -> None:
        """Give the attribute its place: the class and the Python name."""
        self.owner = owner
        self.name = self.key = name
        if not self.named:
            self.slug = name

    def parametrize(self, arguments: tuple[object, ...]) -> None:
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
    def __get__(self, instance: HasAttributes, owner: AnyClass) -> R: ...
    def __get__(self, instance: HasAttributes | None, owner: AnyClass) -> Any:
        if instance is None:
            return self.expression_at(Path((), owner))
        return instance._state.read(instance, self)  # pyright: ignore[reportPrivateUsage]

    if TYPE_CHECKING:
        # At run time there is none: what stands in a record's ``__dict__`` has to win over the
        # attribute, so that reading a value again costs what any Python attribute does.

        def __set__(self, instance: HasAttributes, value: W) -> None: ...

    def read(self, raw: Raw | None) -> list[Any]:
        """All values in one attribute's raw values, as Python values."""
        if raw is None:
            return []
        if self._read is None:  # most attributes are never read alone, and decoders take room
            self._read = reader(self.codec)
        return self._read(raw)

    # writing

    def accept(self, value: object, spec: AttributeSpec, titles: Titles | None = None) -> Any:
        """The Python value for what a user assigns. Raises ``ValidationError``.

        ``titles`` are those of a select or status, where they are known.
        """
        return self.codec.accept(value, spec)

    def expression_at(self, path: Path) -> Any:
        """The expression for this attribute, reached over the relations of ``path``."""
        return type(self).expression(Path((*path, self.name), path.origin))

    def __repr__(self) -> str:
        owner = f"{self.owner.__name__}." if self.owner else ""
        return f"<{type(self).__name__} {owner}{self.name}>"


AnyAttribute: TypeAlias = Attribute[Any, Any, Any]


class UnknownAttribute(Attribute[Expr[Any], Any, Any]):
    """An attribute of a type that this library does not know; read as it came."""

    expression = Expr
    joins = False

    def __init__(self, kind: str, *, multi: bool) -> None:
        super().__init__(read_only=True)
        self.type = kind
        self.multi = multi
        self.codec = RawCodec(kind)

    def read(self, raw: Raw | None) -> list[Any]:
        """The values, each by the type that it says it has."""
        return [] if raw is None else read_any(raw)

    def accept(self, value: object, spec: AttributeSpec, titles: Titles | None = None) -> NoReturn:
        """Nothing: it is not known how Attio takes it. Raises ``ValidationError``."""
        raise ValidationError(
            f"is of type {self.type!r}, which this version cannot write; use "
            f"connection.request() for it."
        )
