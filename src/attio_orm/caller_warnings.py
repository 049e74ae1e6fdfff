"""Warnings that name the line of the caller's own code which led to them."""

from __future__ import annotations

import sys
import warnings
from types import FrameType
from typing import Any

from msgspec import Struct

_OURS = __name__.partition(".")[0]


def callers_frame() -> FrameType:
    """The innermost frame that is not of this library."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and _is_ours(frame):
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType) -> bool:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] == _OURS


class Place(Struct, frozen=True):
    """A line of the user's own code, with what warnings of it need; it holds no frame."""

    file: str
    line: int
    module: str
    registry: dict[Any, Any]


def callers_place() -> Place:
    """The line of the user's own code that is being run."""
    frame = callers_frame()
    # the module's registry: by it Python tells a line once
    registry = frame.f_globals.setdefault("__warningregistry__", {})
    module = frame.f_globals.get("__name__", "<string>")  # of None nothing is told
    return Place(frame.f_code.co_filename, frame.f_lineno, module, registry)


def warn(message: str, category: type[Warning], place: Place | None = None) -> None:
    """Warn of a line of the user's own code: the one that is being run, unless told."""
    where = place or callers_place()
    # not a stacklevel: how many of our frames lie between is another number for each way here
    warnings.warn_explicit(
        message, category, where.file, where.line, module=where.module, registry=where.registry
    )
