"""Warnings that name the line of the user's own code which led to them."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

_OURS = __name__.partition(".")[0]


def users_frame() -> FrameType:
    """The innermost frame that is not of this library."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame):
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType) -> bool:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0] == _OURS


def warn(message: str, category: type[Warning]) -> None:
    """Warn of the line in the user's own code that is being run."""
    frame = users_frame()
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )
