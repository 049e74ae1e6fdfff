"""What a class body declares: attributes from annotations and assignments, resolved late."""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Container
from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard, get_args, get_origin

from attio_orm.descriptors import Attribute

if TYPE_CHECKING:
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model

# Names that belong to every instance, now or in a later version; a slug of that name is reached as
# person["notes"], or declared under another Python name.
RESERVED = frozenset({"notes", "tasks", "entries", "comments", "threads", "files", "meetings"})

_SUBSCRIPT = re.compile(r"\s*([\w.]+)\s*\[(.*)\]\s*\Z", re.DOTALL)


class _Names(dict[str, Any]):
    """The names an annotation may use; one not defined yet stands for itself, as a string."""

    def __init__(self, cls: type[Any]) -> None:
        super().__init__()
        self._scopes: list[Any] = [vars(cls)]
        module = sys.modules.get(cls.__module__)
        frame: Any = sys._getframe(1)
        while frame is not None:
            if frame.f_globals.get("__name__") == cls.__module__:
                self._scopes.append(frame.f_locals)
            frame = frame.f_back
        self._scopes += [vars(module) if module else {}, vars(builtins)]

    def __missing__(self, name: str) -> Any:
        for scope in self._scopes[1:]:
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


def _refuse_mistake(cls: type[Model], name: str, annotation: Any) -> None:
    """Raise ``TypeError`` for a line that was meant to declare an attribute, and does not."""
    from attio_orm.models.registry import is_model

    pending, where = [annotation], f"{cls.__module__}.{cls.__qualname__}.{name}"
    while pending:
        part = pending.pop()
        if get_origin(part) is ClassVar:
            return
        if is_model(part):
            raise TypeError(
                f"{where} is annotated with the model {part.__name__}: write "
                f"Maybe[{part.__name__}], One[{part.__name__}] or Many[{part.__name__}]."
            )
        kind = get_origin(part) or part
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
            f"TYPE_CHECKING alone), correct it, or mark it ClassVar[...] if it is no attribute."
        )


def declared(cls: type[Model]) -> dict[str, AnyAttribute]:
    """The attributes that this class body declares itself, by Python name, bound to the class."""
    found: dict[str, AnyAttribute] = {}
    body = dict(vars(cls))
    names: _Names | None = None
    for name, annotation in annotations_of(cls).items():
        given = body.get(name)
        if isinstance(annotation, str):
            if annotation.startswith(("ClassVar", "typing.ClassVar")):
                continue
            names = names or _Names(cls)
            found_type = _evaluate(annotation, names)
            if isinstance(found_type, str) and found_type != annotation:  # quoted once more
                found_type = _evaluate(found_type, names)
            annotation = found_type
        origin = get_origin(annotation) or annotation
        if not _is_kind(origin):
            if given is None and not name.startswith("_"):
                _refuse_mistake(cls, name, annotation)
            continue
        attribute: AnyAttribute = given if _is_attribute(given) else origin()
        if given is not None and not _is_attribute(given):
            raise TypeError(
                f"{cls.__name__}.{name} is declared as {origin.__name__} and given {given!r}: "
                f"leave the value out, or give {origin.__name__}(...). Attio sets defaults itself."
            )
        attribute.parametrize(get_args(annotation))
        found[name] = attribute
    for name, given in body.items():
        if _is_attribute(given):
            found.setdefault(name, given)
    for name, attribute in found.items():
        attribute.bind(cls, name)
    return found


def settle_declared(cls: type[Model], taken: Container[str]) -> dict[str, AnyAttribute]:
    """Put what the body declares on the class. Raises ``TypeError`` for a name that is taken."""
    own = declared(cls)
    for name, attribute in own.items():
        if name in taken:
            raise TypeError(
                f"{cls.__name__}.{name}: {name!r} is a name of every model. Declare it "
                f'under another name, e.g. {name}_ = {type(attribute).__name__}("{name}").'
            )
        if name not in vars(cls):
            setattr(cls, name, attribute)
    return own


def inherited(cls: type[Model]) -> dict[str, AnyAttribute]:
    """The attributes of a class and its bases, the bases' first."""
    merged: dict[str, AnyAttribute] = {}
    for base in reversed(cls.__mro__):
        merged.update(vars(base).get("_own_attributes", {}))
    return merged
