"""What a class body declares: attributes from annotations and assignments, resolved late."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Container
from copy import copy
from typing import Any, ClassVar, TypeGuard, get_args, get_origin

import inflection

from attio_orm.records.base import Mapper, OnDrift, Record, mapper_of
from attio_orm.transport.caching import check_seconds
from attio_orm.types.base import AnyAttribute, Attribute

_SUBSCRIPT = re.compile(r"\s*([\w.]+)\s*\[(.*)\]\s*\Z", re.DOTALL)


class _Names(dict[str, Any]):
    """The names an annotation may use; one not defined yet stands for itself, as a string."""

    def __init__(self, cls: type[Any]) -> None:
        super().__init__()
        # Not the class body: a name there is the attribute's own. Classes in functions may name
        # what only those functions know, which still run while a body does.
        self._scopes: list[Any] = []
        module = sys.modules.get(cls.__module__)
        frame: Any = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        while frame is not None:
            if frame.f_globals.get("__name__") == cls.__module__:
                self._scopes.append(frame.f_locals)
            frame = frame.f_back
        self._scopes += [vars(module) if module else {}, vars(builtins)]

    def __missing__(self, name: str) -> Any:
        for scope in self._scopes:
            if name in scope:
                return scope[name]
        return name


def annotations_of(cls: type[Any]) -> dict[str, Any]:
    """What the class body annotates: types, or their text."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return dict(annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF))
    return dict(vars(cls).get("__annotations__", {}))


def _evaluate(text: str, names: _Names) -> Any:
    if text.isidentifier():
        return names[text]
    try:
        return eval(text, {}, names)
    except Exception:
        # e.g. ``Maybe[crm.Company]`` where ``crm`` is imported for type checkers only
        found = _SUBSCRIPT.match(text)
        if found is None:
            return None
        outer = _evaluate(found.group(1), names)
        try:
            return outer[found.group(2).strip("'\"")]
        except Exception:
            return None


def _is_attribute(value: object) -> TypeGuard[AnyAttribute]:
    return isinstance(value, Attribute)


def _is_kind(value: object) -> TypeGuard[type[AnyAttribute]]:
    return isinstance(value, type) and issubclass(value, Attribute)


def _refuse_mistake(cls: type[Any], name: str, annotation: object) -> None:
    """Raise ``TypeError`` for a line that was meant to declare an attribute, and does not."""
    pending, where = [annotation], f"{cls.__module__}.{cls.__qualname__}.{name}"
    while pending:
        part = pending.pop()
        if get_origin(part) is ClassVar:
            return
        kind: Any = get_origin(part) or part
        if isinstance(part, type) and issubclass(part, Record):
            raise TypeError(
                f"{where} is annotated with the model {part.__name__}: write "
                f"Maybe[{part.__name__}], One[{part.__name__}] or Many[{part.__name__}]."
            )
        if _is_kind(kind) or _is_attribute(kind):
            kind_name = kind.__name__ if _is_kind(kind) else type(kind).__name__
            raise TypeError(
                f"{where} has {kind_name} inside another annotation: write {name}: {kind_name} "
                f"alone. What is missing reads as None (or []), and several values have a type of "
                f"their own, e.g. EmailAddresses."
            )
        pending += get_args(part)
    if isinstance(annotation, str) or annotation is None:
        raise TypeError(
            f"{where} has an annotation that cannot be resolved: import what it names (not under "
            f"TYPE_CHECKING alone), correct it, or mark it ClassVar[...] if it is not an attribute."
        )


def declared(cls: type[Record]) -> dict[str, AnyAttribute]:
    """The attributes that this class adds to its bases', by Python name, bound to the class.

    Those of its body, and of the plain classes that it is the first model to derive from.
    """
    found: dict[str, AnyAttribute] = {}
    for body in (*_plain_bases(cls), cls):  # of two that declare one name, the nearest
        found.update(_declared_in(body, cls))
    for name, attribute in found.items():
        attribute.bind(cls, name)
    return found


def _plain_bases(cls: type[Record]) -> list[type[Any]]:
    """The bases that are neither models nor bases of one (mixins, protocols), the nearest last."""
    known = {each for base in cls.__bases__ if issubclass(base, Record) for each in base.__mro__}
    return [base for base in reversed(cls.__mro__) if base is not cls and base not in known]


def annotates(cls: type[Record], name: str) -> bool:
    """Whether the class, or a plain class that it is the first to derive from, has this line."""
    return any(name in annotations_of(body) for body in (*_plain_bases(cls), cls))


def _declared_in(body: type[Any], cls: type[Record]) -> dict[str, AnyAttribute]:
    """What one class body declares for ``cls``: that class's own, or a plain one of its bases."""
    found: dict[str, AnyAttribute] = {}
    names: _Names | None = None
    nearest, here = vars(cls), vars(body)
    for name, annotation in annotations_of(body).items():
        if _is_hidden(name, body, cls):
            continue
        given = nearest.get(name, here.get(name))
        if isinstance(annotation, str):
            if annotation.startswith(("ClassVar", "typing.ClassVar")):
                continue
            if names is None:  # once for all annotations: it walks the stack
                names = _Names(body)
            found_type = _evaluate(annotation, names)
            if isinstance(found_type, str) and found_type != annotation:  # quoted once more
                found_type = _evaluate(found_type, names)
            annotation = found_type
        origin = get_origin(annotation) or annotation
        if not _is_kind(origin):
            if given is None and not name.startswith("_") and not _is_promise(name, body, cls):
                _refuse_mistake(body, name, annotation)
            continue
        attribute = _own(given, name, cls) if _is_attribute(given) else origin()
        if given is not None and not _is_attribute(given):
            raise TypeError(
                f"{body.__name__}.{name} is declared as {origin.__name__} and given {given!r}: "
                f"leave the value out, or give {origin.__name__}(...). Attio sets defaults itself."
            )
        try:
            attribute.parametrize(get_args(annotation))
        except TypeError as error:
            raise TypeError(f"{body.__module__}.{body.__qualname__}.{name} {error}") from None
        found[name] = attribute
    for name, given in vars(body).items():
        # without an annotation, as in code that nobody type-checks
        if _is_attribute(given) and name not in found and not _is_hidden(name, body, cls):
            found[name] = _own(given, name, cls)
    return found


def _is_hidden(name: str, body: type[Any], cls: type[Record]) -> bool:
    """Whether a class nearer than this plain base says something else under the name."""
    if body is cls:
        return False
    here = vars(cls).get(name)
    if name in annotations_of(cls) or (here is not None and not _is_attribute(here)):
        return True
    nearer = cls.__mro__[1 : cls.__mro__.index(body)]
    return any("_mapper" in vars(n) and name in mapper_of(n).own_attributes for n in nearer)


def _is_promise(name: str, body: type[Any], cls: type[Record]) -> bool:
    """Whether a plain base only says of what type something is that others declare."""
    is_protocol = getattr(body, "_is_protocol", False)
    return body is not cls and (is_protocol or name in mapper_of(cls).attributes)


def _own(given: AnyAttribute, name: str, cls: type[Record]) -> AnyAttribute:
    # a plain class may serve several models, and an attribute knows the one that it belongs to
    return given if name in vars(cls) else copy(given)


def declare(
    cls: type[Record],
    *,
    taken: Container[str],
    object: str | None,
    abstract: bool,
    strict: bool | None,
    on_drift: OnDrift | None,
    cache_ttl: float | None,
    shipped: bool,
    dynamic: bool,
) -> Mapper:
    """The mapper of a new class, whose attributes are put on it.

    Raises ``TypeError`` for a line that declares nothing, or one of the names that are ``taken``,
    and ``ValidationError`` for a ``cache_ttl`` that is not a number of seconds.
    """
    if cache_ttl is not None:
        check_seconds(f"{cls.__name__}: cache_ttl", cache_ttl)
    above = mapper_of(cls)  # that of its base, as it has none of its own yet
    if abstract:
        place = ""
    elif object is not None or not above.object:
        place = object or inflection.pluralize(inflection.underscore(cls.__name__))
    else:
        place = above.object
    own = _settled(cls, taken)
    attributes = {**_inherited(cls), **own}
    by_slug = {attribute.slug: attribute for attribute in attributes.values()}
    return Mapper(
        cls.__name__,
        above.accept_item,
        place,
        attributes,
        by_slug,
        {**by_slug, **attributes},
        own,
        strict=_nearest(cls, "strict") if strict is None else strict,
        shipped=shipped,
        is_entry=above.is_entry,
        is_dynamic=dynamic,
        on_drift=on_drift or _nearest(cls, "on_drift"),
        cache_ttl=_nearest(cls, "cache_ttl") if cache_ttl is None else cache_ttl,
    )


def _settled(cls: type[Record], taken: Container[str]) -> dict[str, AnyAttribute]:
    own = declared(cls)
    for name, attribute in own.items():
        if name in taken:
            kind = type(attribute).__name__
            raise TypeError(
                f"{cls.__name__}.{name}: {name!r} is a name of every model. Declare it under "
                f'another name, e.g. {name}_ = {kind}("{attribute.slug}").'
            )
        if name not in vars(cls):
            setattr(cls, name, attribute)
    return own


def _inherited(cls: type[Record]) -> dict[str, AnyAttribute]:
    """The attributes of the bases, the most distant first."""
    merged: dict[str, AnyAttribute] = {}
    for base in reversed(cls.__mro__[1:]):
        if "_mapper" in vars(base):
            merged.update(mapper_of(base).own_attributes)
    return merged


def _nearest(cls: type[Record], option: str) -> Any:
    """What the nearest base says of an option; one that says nothing leaves it to the next."""
    said = (getattr(vars(base).get("_mapper"), option, None) for base in cls.__mro__)
    return next((value for value in said if value is not None), None)
