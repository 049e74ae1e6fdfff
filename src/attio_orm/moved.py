"""Where names were before: pickles of then still load, and imports that the docs taught still work.

A module that is gone stands in ``sys.modules`` as an alias, which imports what a name has become
when it is asked for it. Names that only pickles use give no warning.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from attio_orm.caller_warnings import warn

# What pickles made until 0.1 hold. The functions behind ``attio_orm.pickles`` stay for ever; so do
# these, as nobody knows how long a pickle lies in a queue or a cache.
_PICKLED: Final[dict[str, dict[str, str]]] = {
    "attio_orm.models.serializing": {"restore": "attio_orm.pickles:record"},
    "attio_orm.models.history": {"HistoricValue": "attio_orm"},
    "attio_orm.models.changes": {"Change": "attio_orm"},
    "attio_orm.models.conflicts": {
        "Conflict": "attio_orm", "ConflictFinder": "attio_orm.pickles:ConflictFinder",
    },
    "attio_orm.models.bulk": {"BulkItem": "attio_orm", "BulkReport": "attio_orm"},
    "attio_orm.query.expressions": {"Order": "attio_orm.expressions"},
    "attio_orm.plans": {"Plan": "attio_orm", "PlannedRequest": "attio_orm"},
    "attio_orm.schema.records": {
        "AttributeSchema": "attio_orm.schema", "ObjectSchema": "attio_orm.schema",
        "Choice": "attio_orm.schema", "Member": "attio_orm.schema", "View": "attio_orm.schema",
    },
    "attio_orm.query.including": {"Include": "attio_orm"},
    "attio_orm.query.trees": {"Include": "attio_orm"},
    "attio_orm.query.q": {"_from_tokens": "attio_orm.pickles:q", "Q": "attio_orm"},
    "attio_orm.query.queryset": {
        "_restored": "attio_orm.pickles:queryset", "QuerySet": "attio_orm",
    },
    "attio_orm.values.parts": {"_restore": "attio_orm.pickles:text"},
    "attio_orm.values.actors": {"Actor": "attio_orm.values"},
    "attio_orm.values.choices": {
        "Option": "attio_orm.values", "StatusValue": "attio_orm.values",
        "ChoiceWire": "attio_orm.types.choices", "OptionIdWire": "attio_orm.types.choices",
    },
    "attio_orm.values.domains": {
        "Domain": "attio_orm.values", "DomainWire": "attio_orm.types.domains",
    },
    "attio_orm.values.emails": {
        "EmailAddress": "attio_orm.values", "EmailWire": "attio_orm.types.emails",
    },
    "attio_orm.values.interactions": {"Interaction": "attio_orm.values"},
    "attio_orm.values.lists": {"TrackedList": "attio_orm.values"},
    "attio_orm.values.locations": {"Location": "attio_orm.values"},
    "attio_orm.values.money": {"Money": "attio_orm.values"},
    "attio_orm.values.names": {
        "PersonalName": "attio_orm.values", "NameWire": "attio_orm.types.names",
    },
    "attio_orm.values.phones": {
        "PhoneNumber": "attio_orm.values", "PhoneWire": "attio_orm.types.phones",
    },
    "attio_orm.values.raw": {"RawValue": "attio_orm.values"},
    "attio_orm.values.references": {
        "Reference": "attio_orm.values", "ReferenceMatch": "attio_orm.values",
    },
}  # fmt: skip

# What the docs taught; for one release.
_TAUGHT: Final = {
    "attio_orm.context": "attio_orm.connection.current",
    "attio_orm.plans": "attio_orm",
    "attio_orm.workers": "attio_orm",
    "attio_orm.identity": "attio_orm",
    "attio_orm.query.streaming": "attio_orm",
    "attio_orm.query.expressions": "attio_orm.expressions",
    "attio_orm.embedded": "attio_orm.testing",
    "attio_orm.served": "attio_orm.testing",
    "attio_orm.sandbox": "attio_sandbox",
    "attio_orm.sandbox.server": "attio_sandbox.server",
    "attio_orm.sandbox.replies": "attio_sandbox",
    "attio_orm.sandbox.delivery.messages": "attio_sandbox",
}


class _Alias(ModuleType):
    """A module that is gone."""

    def __init__(self, name: str, names: dict[str, str], now: str | None) -> None:
        super().__init__(name, f"Moved to {now}." if now else "Names that old pickles hold.")
        # no __path__: ``from`` would ask for each name twice, first in a line of importlib's own
        self._names = names
        self._now = now

    def __getattr__(self, name: str) -> Any:
        place = self._names.get(name)
        if place is not None:
            module, _, other = place.partition(":")
            return getattr(import_module(module), other or name)
        if name.startswith("__") or self._now is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        found = getattr(import_module(self._now), name)
        warn(
            f"{self.__name__}.{name} is deprecated, and gone in the next release: import it from "
            f"{self._now}.",
            DeprecationWarning,
        )
        return found


def forward() -> None:
    """Let the names of before lead to what they have become."""
    for name in {**_PICKLED, **_TAUGHT}:
        sys.modules.setdefault(name, _Alias(name, _PICKLED.get(name, {}), _TAUGHT.get(name)))
