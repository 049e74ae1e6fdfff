"""Relations loaded for one record after another, told to whoever wrote the line."""

from __future__ import annotations

import sys
import warnings
from types import FrameType
from typing import TYPE_CHECKING, Any

from attio_orm.errors import LazyLoadWarning

if TYPE_CHECKING:
    from attio_orm.models.model import Model

MANY = 10
FEW = 10

_OURS = __name__.partition(".")[0]


def note(instance: Model, relation: Any, owners: int) -> None:
    """A touch is about to load ``relation`` for so many records: warn where it is a habit.

    Once for a line and session, at its tenth load. A load for the records of a page counts for
    nothing, as ``includes()`` would take as many requests.
    """
    batch = instance._state.batch
    session = batch.session if batch is not None else None
    if session is None or owners >= FEW:
        return
    frame = _users_frame()
    if frame is None:
        return
    line = frame.f_code.co_filename, frame.f_lineno
    count = session.lazy_loads[line] = session.lazy_loads.get(line, 0) + 1
    if count != MANY:
        return
    model, name = type(instance).__name__, relation.name
    warnings.warn_explicit(
        f"This line has loaded {model}.{name} with {MANY} requests, one after another, for a few "
        f'records each time. Add includes("{name}") to the query that gives the {model} records, '
        f"or fetch them together: 500 take one request.",
        LazyLoadWarning,
        *line,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _users_frame() -> FrameType | None:
    """The innermost frame that is not of this library."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name: str = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] != _OURS:
            return frame
        frame = frame.f_back
    return None
