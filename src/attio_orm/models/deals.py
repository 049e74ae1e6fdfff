"""``Deal.objects.won()``, ``lost()``, ``open()``: which stages these are, each workspace says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

from msgspec import Struct

from attio_orm.conditions.q import Chosen, Q
from attio_orm.errors import ValidationError
from attio_orm.guards import is_several
from attio_orm.models.manager import Manager, ManagerDescriptor
from attio_orm.models.queryset import QuerySet
from attio_orm.records.base import Record
from attio_orm.schema.definitions import Choice
from attio_orm.wording import quoted

M = TypeVar("M", bound=Record)

Outcome = Literal["won", "lost"]

# Of a workspace that celebrates nothing; what Attio makes, with and without its decoration.
_TITLES: dict[Outcome, tuple[str, ...]] = {"won": ("Won 🎉", "Won"), "lost": ("Lost",)}


class Stages(Chosen, Struct, frozen=True):
    """The stages of deals that are won or lost, which a query picks in its own workspace."""

    model: str
    outcomes: tuple[Outcome, ...]
    named: tuple[tuple[str, ...] | None, ...]

    def pick(self, choices: Callable[[], Sequence[Choice]]) -> Sequence[str]:
        """The titles. Raises ``ValidationError`` where there are none of an outcome."""
        found: list[str] = []
        for outcome, named in zip(self.outcomes, self.named, strict=True):
            found += named if named is not None else self._found(outcome, choices())
        return found

    def _found(self, outcome: Outcome, choices: Sequence[Choice]) -> list[str]:
        if outcome == "won":
            celebrated = [each.title for each in choices if each.celebrate]
            if celebrated:
                return celebrated
        for title in _TITLES[outcome]:
            if any(each.title == title for each in choices):
                return [title]
        there = ", ".join(quoted(each.title) for each in choices) or "none"
        raise ValidationError(
            f"No stage of {self.model} can be told to be {outcome}; there are {there}. Name those "
            f'that are on the class: class {self.model}(attio_orm.Deal, {outcome}={{"..."}}).'
        )


class DealQuerySet(QuerySet[M]):
    """A queryset of deals, which knows what is won, lost and open."""

    def won(self) -> Self:
        """The deals that are won.

        By the model's ``won={"Closed Won"}``; else in a stage that Attio celebrates, else in the
        one titled ``Won 🎉`` or ``Won``. The stages are looked up when the records are asked for,
        and if there is none ``ValidationError`` names the keyword.
        """
        return self.filter(stage__in=self._stages("won"))

    def lost(self) -> Self:
        """The deals that are lost: by the model's ``lost={...}``, else in the stage ``Lost``."""
        return self.filter(stage__in=self._stages("lost"))

    def open(self) -> Self:
        """The deals that are neither won nor lost."""
        return self.filter(~Q(stage__in=self._stages("won", "lost")))

    def _stages(self, *outcomes: Outcome) -> Stages:
        model: Any = self.model
        named = {"won": model._won, "lost": model._lost}
        return Stages(model.__name__, outcomes, tuple(named[each] for each in outcomes))


class DealManagers(ManagerDescriptor):
    """The manager of deals, which has the methods of their querysets."""

    if TYPE_CHECKING:

        def __get__(  # pyright: ignore[reportIncompatibleMethodOverride]
            self, instance: None, owner: type[M]
        ) -> DealQuerySet[M]: ...

    def _of(self, owner: type[Any]) -> Any:
        manager: Any = _manager_class()
        return manager(owner)


@cache
def _manager_class() -> Any:
    return Manager.from_queryset(DealQuerySet)  # when it is needed: it looks at every method


class Outcomes:
    """What deals are won and lost by: the class keywords ``won`` and ``lost``."""

    _won: ClassVar[tuple[str, ...] | None] = None
    _lost: ClassVar[tuple[str, ...] | None] = None

    def __init_subclass__(
        cls, *, won: Iterable[str] | None = None, lost: Iterable[str] | None = None, **kwargs: Any
    ) -> None:
        if won is not None:
            cls._won = _named(cls.__name__, "won", won)
        if lost is not None:
            cls._lost = _named(cls.__name__, "lost", lost)
        super().__init_subclass__(**kwargs)


def _named(model: str, keyword: str, titles: object) -> tuple[str, ...]:
    several: list[Any] = list(titles) if is_several(titles) else []
    if not several or not all(isinstance(each, str) for each in several):
        raise TypeError(
            f'class {model}: {keyword} takes the titles of stages, e.g. {keyword}={{"Closed"}}, '
            f"not {titles!r}."
        )
    return tuple(sorted(several))
