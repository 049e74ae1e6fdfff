"""Relations loaded for one record after another, told to whoever wrote the line."""

from __future__ import annotations

from attio_orm.caller_warnings import callers_frame, warn
from attio_orm.errors import LazyLoadWarning
from attio_orm.records.base import Record, state_of

MANY = 10
FEW = 10


def note_relation(record: Record, name: str, owners: int) -> None:
    """A touch is about to load a relation for so many records: warn where that happens often.

    Once for a line and session, at its tenth load. A load for the records of a page counts for
    nothing, as ``includes()`` would take as many requests.
    """
    model = type(record).__name__
    _note(
        record,
        owners,
        name,
        f"This line has loaded {model}.{name} with {MANY} requests, one after another, for a few "
        f'records each time. Add includes("{name}") to the query that gives the {model} records, '
        f"or fetch them together: 500 take one request.",
    )


def note_deferred(record: Record, waiting: int) -> None:
    """A touch is about to load so many instances of ``ref()``: warn where that happens often."""
    model = type(record).__name__
    _note(
        record,
        waiting,
        "ref",
        f"This line has loaded {MANY} times what {model}.ref() made, with a request each. Fetch "
        f"them together with {model}.objects.in_bulk(ids), or make all of them before the first "
        f"is touched: 500 take one request.",
    )


def _note(record: Record, together: int, what: str, message: str) -> None:
    session = state_of(record).session
    if session is None or together >= FEW:
        return
    frame = callers_frame()  # the line of the application, which is where it can be mended
    place = frame.f_code.co_filename, frame.f_lineno, what
    count = session.lazy_loads[place] = session.lazy_loads.get(place, 0) + 1
    if count == MANY:  # once: after that the line is known, and a loop would repeat it
        warn(message, LazyLoadWarning)
