"""Where the instances of a model live in Attio: the records of an object, the entries of a list.

A model's place (``Model._object``) is the slug of its object, or ``lists/`` and the slug of its
list: no slug has a ``/``. What differs between the two is here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from attio_orm import hydration
from attio_orm.api import entries, records
from attio_orm.errors import ValidationError
from attio_orm.operations import Operation
from attio_orm.plans import dry_run_of
from attio_orm.schema.records import Kind, kind_and_slug

if TYPE_CHECKING:
    from attio_orm.transport import Transport


class Target(Struct, frozen=True):
    """One object or list: its kind and slug, and how its rows are asked for and written."""

    kind: Kind
    slug: str

    @property
    def is_list(self) -> bool:
        """Whether it is a list, whose rows are entries."""
        return self.kind == "lists"

    @property
    def path(self) -> str:
        """Where its rows are: ``/v2/objects/people/records``."""
        return f"/v2/{self.kind}/{self.slug}/{'entries' if self.is_list else 'records'}"

    @property
    def _api(self) -> Any:
        return entries if self.is_list else records

    @property
    def _row(self) -> Any:
        return hydration.decode_entry if self.is_list else hydration.decode_record

    def query(self, transport: Transport, body: Mapping[str, Any]) -> Operation[list[Any]]:
        """A page of rows."""
        decode = hydration.decode_entries if self.is_list else hydration.decode_page
        found: Operation[list[Any]] = self._api.query(transport, self.slug, body, decode=decode)
        return found

    def get(self, transport: Transport, row_id: str) -> Operation[Any]:
        """One row."""
        found: Operation[Any] = self._api.get(transport, self.slug, row_id, decode=self._row)
        return found

    def create(self, transport: Transport, values: Mapping[str, Any]) -> Operation[Any]:
        """Make a row of these values (of an entry: with its parent among them)."""
        if not self.is_list:
            return records.create(transport, self.slug, values, decode=self._row)
        parent, rest = _parted(values, transport)
        return entries.create(transport, self.slug, *parent, rest, decode=self._row)

    def assert_(
        self, transport: Transport, matching: str, values: Mapping[str, Any]
    ) -> Operation[Any]:
        """Make a row or update the one that matches: by a unique attribute, or by the parent."""
        if not self.is_list:
            return records.assert_(transport, self.slug, matching, values, decode=self._row)
        parent, rest = _parted(values, transport)
        return entries.assert_(transport, self.slug, *parent, rest, decode=self._row)

    def change(
        self, transport: Transport, row_id: str, values: Mapping[str, Any], method: str
    ) -> Operation[Any]:
        """Change a row: PATCH adds to multi-valued attributes, PUT overwrites them."""
        verb = self._api.update if method == "PATCH" else self._api.overwrite
        found: Operation[Any] = verb(transport, self.slug, row_id, values, decode=self._row)
        return found

    def delete(self, transport: Transport, row_id: str) -> Operation[None]:
        """Delete a row for good."""
        done: Operation[None] = self._api.delete(transport, self.slug, row_id)
        return done

    def values(
        self, transport: Transport, row_id: str, attribute: str, *, limit: int, offset: int
    ) -> Operation[list[dict[str, Any]]]:
        """A page of the values that one attribute ever had."""
        found: Operation[list[dict[str, Any]]] = self._api.values(
            transport, self.slug, row_id, attribute, show_historic=True, limit=limit, offset=offset
        )
        return found


@lru_cache(maxsize=1024)
def target_of(place: str) -> Target:
    """The target of a place: of ``Model._object``."""
    return Target(*kind_and_slug(place))


def _parted(
    values: Mapping[str, Any], transport: Transport
) -> tuple[tuple[str, str], dict[str, Any]]:
    """The parent's object and id, and the other values of an entry."""
    rest = dict(values)
    parent = rest.pop(hydration.PARENT, None)
    if parent is None:
        raise ValidationError("An entry cannot be made without it.", attribute="parent")
    record_id = parent.get("target_record_id")
    if record_id is None:
        if dry_run_of(transport.sender) is None:
            raise ValidationError("Give the record itself, or its id.", attribute="parent")
        record_id = "(made first)"  # there is no id yet of what the save would make
    return (parent["target_object"], record_id), rest
