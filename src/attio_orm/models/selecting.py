"""Which attributes a plain form has: ``include`` and ``exclude`` of ``model_dump()``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from attio_orm.errors import ValidationError
from attio_orm.values.codec import is_mapping, show

if TYPE_CHECKING:
    from attio_orm.models.model import Model

Names: TypeAlias = Collection[str] | Mapping[str, Any]
"""Names of attributes, or a mapping of them to ``True`` or to names of the related record."""

ALWAYS = ("id", "created_at", "web_url")


class Selection:
    """What is asked for of one instance, and of each related one."""

    __slots__ = ("_exclude", "_include")

    def __init__(
        self, instance: Model, include: Names | None = None, exclude: Names | None = None
    ) -> None:
        self._include = None if include is None else _by_name(instance, include, "include")
        self._exclude = {} if exclude is None else _by_name(instance, exclude, "exclude")

    def __contains__(self, name: str) -> bool:
        wanted = self._include is None or self._include.get(name, False) is not False
        return wanted and self._exclude.get(name) is not True

    def below(self, name: str) -> dict[str, Names]:
        """What to include and exclude of the records of one relation."""
        include = (self._include or {}).get(name, True)
        exclude = self._exclude.get(name, False)
        found: dict[str, Names] = {}
        if not isinstance(include, bool):
            found["include"] = include
        if not isinstance(exclude, bool):
            found["exclude"] = exclude
        return found


def _by_name(instance: Model, given: Names, what: str) -> dict[str, Any]:
    if isinstance(given, str) or not isinstance(given, Collection):
        raise ValidationError(
            f'{what} takes names of attributes, such as {what}={{"name"}}, not {show(given)}.'
        )
    below: Mapping[str, Any] = given if is_mapping(given) else dict.fromkeys(given, True)
    return {_python_name(instance, name): each for name, each in below.items()}


def _python_name(instance: Model, name: str) -> str:
    if name in ALWAYS or name in instance._attributes:
        return name
    from attio_orm.models.writing import unknown_attribute

    attribute = None if instance._is_deferred else instance._attribute(name)
    attribute = attribute or instance._by_slug.get(name)
    if attribute is None:
        raise unknown_attribute(instance, name)
    return attribute.name
