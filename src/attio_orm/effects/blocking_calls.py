"""Sync calls inside a running event loop, which stands still until they are done."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from types import FrameType

from msgspec import Struct

from attio_orm.caller_warnings import Place, callers_place, warn
from attio_orm.errors import BlockingCallWarning


class BlockingCall(Struct, frozen=True, gc=False):
    """A sync call of the user's in a thread whose event loop runs: where, and what to write."""

    place: Place
    called: str
    instead: str

    def tell(self) -> None:
        """Warn of it: once a place, however often it is called there."""
        known = (self.place.file, self.place.line, self.called)
        if known in _told:
            return
        warn(
            f"{self.called} blocks the event loop that runs here, and every task of it, until "
            f"Attio answers. Use {self.instead}; or call it in a thread, by asyncio.to_thread().",
            BlockingCallWarning,
            self.place,
        )
        _told.add(known)  # only now: where the warning is an error, it is one each time


# Not left to Python's own registry of warnings, which any catch_warnings() of the program clears.
_told: set[tuple[str, int, str]] = set()

# The call that is being driven. A variable of the context, as the threads that work for the call
# have copies of it, and no frames of the caller.
under_way: ContextVar[BlockingCall | None] = ContextVar("attio_orm_blocking_call", default=None)


def blocking_call(called: str, instead: str) -> BlockingCall | None:
    """The user's call, where an event loop runs in this thread and whoever wrote it can await."""
    # asked of asyncio only where somebody has imported it, which takes a while
    events = sys.modules.get("asyncio.events")
    if events is None or events._get_running_loop() is None:
        return None
    if _is_interactive() or _is_importing():
        return None
    return BlockingCall(callers_place(), called, instead)


def _is_interactive() -> bool:
    """Whether this is a shell or a notebook, where nobody but the user waits for the loop."""
    if hasattr(sys, "ps1") or sys.flags.interactive:  # IPython and Jupyter set ps1 as well
        return True
    marimo = sys.modules.get("marimo")  # the notebooks that do not
    return marimo is not None and bool(marimo.running_in_notebook())


def _is_importing() -> bool:
    """Whether the loop is importing the module that calls, whose code cannot await.

    Servers import an app so, and ``connect()`` at the top of a module is what they find there.
    """
    frame: FrameType | None = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            return True
        if frame.f_globals.get("__name__", "").startswith("asyncio."):  # what runs the loop
            return False
        frame = frame.f_back
    return False


def note_sending() -> None:
    """Something is about to be sent: tell of the sync call that waits for it in a loop, if any."""
    call = under_way.get()
    if call is not None:
        call.tell()


def note_waiting(called: str, instead: str) -> None:
    """Calls of the user's own are about to be waited for: tell of it, if that is in a loop."""
    call = blocking_call(called, instead)
    if call is not None:
        call.tell()
