"""Overrides of save() and asave(), mixins, protocols and enums: as users write them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Literal, Protocol, assert_type

from attio_orm import Model
from attio_orm.attributes import MultiSelect, Select, Status, Text
from attio_orm.values import Option


class Stage(StrEnum):
    LEAD = "Lead"
    WON = "Won"


class Titled:
    title: Text


class HasDescription(Protocol):
    def describe(self) -> str: ...


class Base(ABC):
    @abstractmethod
    def describe(self) -> str: ...


class Jotting(Titled, HasDescription, Base, Model):
    stage: Status[Stage]
    sector: Select[Stage]
    tags: MultiSelect[Stage]

    def describe(self) -> str:
        return self.title or ""

    def save(
        self,
        *,
        fields: Iterable[str] | None = None,
        on_conflict: Literal["overwrite", "raise"] = "overwrite",
        force: bool = False,
        again: bool = False,
    ) -> None:
        self.title = (self.title or "").strip()
        super().save(fields=fields, on_conflict=on_conflict, force=force, again=again)

    async def asave(
        self,
        *,
        fields: Iterable[str] | None = None,
        on_conflict: Literal["overwrite", "raise"] = "overwrite",
        force: bool = False,
        again: bool = False,
    ) -> None:
        self.title = (self.title or "").strip()
        await super().asave(fields=fields, on_conflict=on_conflict, force=force, again=again)


class Loose(Model):
    title: Text

    def save(self, **options: Any) -> None:
        super().save(**options)

    async def asave(self, **options: Any) -> None:
        await super().asave(**options)


jotting = Jotting(title="a")
assert_type(jotting.title, str | None)
assert_type(jotting.stage, Stage | None)
assert_type(jotting.sector, Option | None)
jotting.stage = Stage.WON
jotting.sector = Stage.WON
jotting.tags = [Stage.WON]
Jotting.objects.filter(Jotting.stage == Stage.WON, stage=Stage.LEAD)
assert_type(Jotting.objects.create(title="b"), Jotting)
