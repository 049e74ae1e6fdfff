"""Relations loaded for one record after another, told to whoever wrote the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attio_orm.errors import LazyLoadWarning
from attio_orm.models.notices import users_frame, warn

if TYPE_CHECKING:
    from attio_orm.models.model import Model

MANY = 10
FEW = 10


def note(instance: Model, relation: Any, owners: int) -> None:
    """A touch is about to load ``relation`` for so many records: warn where it is a habit.

    Once for a line and session, at its tenth load. A load for the records of a page counts for
    nothing, as ``includes()`` would take as many requests.
    """
    model, name = type(instance).__name__, relation.name
    _note(
        instance,
        owners,
        name,
        f"This line has loaded {model}.{name} with {MANY} requests, one after another, for a few "
        f'records each time. Add includes("{name}") to the query that gives the {model} records, '
        f"or fetch them together: 500 take one request.",
    )


def note_deferred(instance: Model, waiting: int) -> None:
    """A touch is about to load so many instances of ``ref()``: warn where it is a habit."""
    model = type(instance).__name__
    _note(
        instance,
        waiting,
        "ref",
        f"This line has loaded {MANY} times what {model}.ref() made, with a request each. Fetch "
        f"them together with {model}.objects.in_bulk(ids), or make all of them before the first "
        f"is touched: 500 take one request.",
    )


def _note(instance: Model, together: int, what: str, message: str) -> None:
    batch = instance._state.batch
    session = batch.session if batch is not None else None
    if session is None or together >= FEW:
        return
    frame = users_frame()
    place = frame.f_code.co_filename, frame.f_lineno, what
    count = session.lazy_loads[place] = session.lazy_loads.get(place, 0) + 1
    if count == MANY:
        warn(message, LazyLoadWarning)
