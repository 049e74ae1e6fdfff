"""Plain text for whatever reads it: a terminal, wide or narrow, coloured or not, or a pipe."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from typing import TextIO

WIDEST = 80
NARROWEST = 40
# What stands in where the stream cannot show these.
_PLAIN = {"─": "-", "│": "|", "→": "->", "…": "..."}
_STYLES = {
    "bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33",
    "magenta": "35", "cyan": "36",
}  # fmt: skip


class Terminal:
    """Writes styled lines to a stream: colour only where a person looks, only what it can show.

    ``colour`` of ``None`` decides by the stream, ``NO_COLOR`` (https://no-color.org) and ``TERM``.
    """

    def __init__(self, stream: TextIO, *, colour: bool | None = None) -> None:
        self._stream = stream
        self._encoding = getattr(stream, "encoding", None) or "utf-8"  # StringIO has none
        self.colour = _wants_colour(stream) if colour is None else colour
        self.width = max(NARROWEST, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns))

    def line(self, text: str = "") -> None:
        """Write a line, with stand-ins for what the stream's encoding lacks."""
        self._stream.write(self.shown(text) + "\n")

    def flush(self) -> None:
        """Let the reader see what was written so far."""
        self._stream.flush()

    def style(self, text: str, *styles: str) -> str:
        """The text in these styles (``"bold"``, ``"green"``), where there is colour."""
        if not (self.colour and text and styles):
            return text
        return f"\x1b[{';'.join(_STYLES[each] for each in styles)}m{text}\x1b[0m"

    def shown(self, text: str) -> str:
        """The text as the stream can show it: without accents, or ``?``, where there is no way."""
        if self._can_show(text):
            return text
        return "".join(char if self._can_show(char) else self._stand_in(char) for char in text)

    def escaped(self, text: str) -> str:
        """Source code as the stream can show it: an escape for each character that it lacks."""
        return text.encode(self._encoding, "backslashreplace").decode(self._encoding)

    def _can_show(self, text: str) -> bool:
        try:
            text.encode(self._encoding)
        except UnicodeEncodeError:
            return False
        return True

    def _stand_in(self, char: str) -> str:
        plain = _PLAIN.get(char) or unicodedata.normalize("NFKD", char)
        return plain.encode(self._encoding, "ignore").decode(self._encoding) or "?"


def columns(text: str) -> int:
    """How many columns a text takes: two for a wide character, none for a combining one."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def wrapped(text: str, width: int, *, hanging: str = "") -> list[str]:
    """The text in lines of at most ``width`` columns; ``hanging`` begins each but the first.

    Breaks at spaces, keeps those that a line begins with, and cuts words that fit in no line.
    """
    words = text.split(" ")
    lines: list[str] = []
    current = words[0]
    for word in words[1:]:
        if columns(current) + 1 + columns(word) <= width:
            current = f"{current} {word}"
        else:
            lines += _cut(current, width, hanging)
            current = hanging + word
    return lines + _cut(current, width, hanging)


def _cut(text: str, width: int, hanging: str) -> list[str]:
    lines: list[str] = []
    while columns(text) > width:
        end = width
        while columns(text[:end]) > width:
            end -= 1
        lines.append(text[:end])
        text = hanging + text[end:]
    return [*lines, text]


def _wants_colour(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    if sys.platform == "win32" and not (os.environ.get("WT_SESSION") or os.environ.get("TERM")):
        return False  # older consoles show the codes themselves
    return stream.isatty()
