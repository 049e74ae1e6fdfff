"""The Markdown of notes, which is a small part of Markdown, and the plain text of it.

Headings of three levels, lists, bold, italic, strikethrough, `==highlight==` and links. All of
it stands on single lines, so that lines are read one by one; a blank line only parts blocks,
and plain text has none. See https://docs.attio.com/rest-api/endpoint-reference/notes/create-a-note.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_ITEM = re.compile(r"([ \t]*)(?:[-*+]|(\d{1,9})[.)])[ \t]+(.*)", re.ASCII)
_TOKEN = re.compile(
    r"\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<image>!)?\[(?P<label>[^\[\]]*)\]\((?P<url>(?:[^()\s]|\([^()\s]*\))+)\)"
    r"|(?P<run>\*+|_+|~+|=+)"
)
_SPECIAL = re.compile(r"([\\`*_~=\[\]!])")
_MARKER = re.compile(r"([ \t]*)(?:(#+|[-+])|(\d+)([.)]))", re.ASCII)
# The delimiters that runs of one character are made of; longer runs are text.
_DELIMITERS = {
    "*": ("*",), "**": ("**",), "***": ("**", "*"),
    "_": ("_",), "__": ("__",), "___": ("__", "_"),
    "~~": ("~~",), "==": ("==",),
}  # fmt: skip


class _Inline(NamedTuple):
    markdown: str
    plain: str


def to_plaintext(markdown: str) -> str:
    """Give the text of Markdown: no markers, of a link its label, no blank lines."""
    lines = map(_plain_line, _lines(markdown))
    return "\n".join(line for line in lines if line.strip())


def normalise(markdown: str) -> str:
    """Give Markdown as Attio writes it: `-` for bullets, `*` for italic, `**` for bold.

    Images go, and a heading below the third level becomes one of the third.
    """
    return "\n".join(_normal_line(line) for line in _lines(markdown))


def from_plaintext(text: str) -> str:
    """Give the Markdown that reads as `text`: what looks like a marker is escaped."""
    return "\n".join(
        line if not line.strip() or _plain_line(line) == line else _escape(line)
        for line in _lines(text)
    )


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _plain_line(line: str) -> str:
    found = _HEADING.fullmatch(line)
    if found is not None:
        return _inline(found[2].rstrip()).plain
    found = _ITEM.fullmatch(line)
    if found is not None:
        return _inline(found[3]).plain
    return _inline(line).plain


def _normal_line(line: str) -> str:
    if not line.strip():
        return ""
    found = _HEADING.fullmatch(line)
    if found is not None:
        return f"{found[1][:3]} {_stable(found[2].rstrip())}"
    found = _ITEM.fullmatch(line)
    if found is not None:
        marker = "-" if found[2] is None else f"{found[2]}."
        return f"{found[1]}{marker} {_stable(found[3])}"
    return _stable(line)


def _stable(text: str) -> str:
    """Give `text` in normal form, or as it is where the normal form would read otherwise."""
    inline = _inline(text)
    if inline.markdown == text:
        return text
    return inline.markdown if _inline(inline.markdown) == inline else text


def _escape(line: str) -> str:
    escaped = _SPECIAL.sub(r"\\\1", line)
    found = _MARKER.match(escaped)
    if found is None:
        return escaped
    marker = f"\\{found[2]}" if found[2] is not None else f"{found[3]}\\{found[4]}"
    return f"{found[1]}{marker}{escaped[found.end() :]}"


def _inline(text: str) -> _Inline:
    """Read one line; time grows with its length only."""
    parts = _Parts()
    end = 0
    for found in _TOKEN.finditer(text):
        parts.add(text[end : found.start()])
        end = found.end()
        if (escaped := found["escaped"]) is not None:
            parts.add(found[0], escaped)
        elif (run := found["run"]) is not None:
            parts.add_run(run, text[found.start() - 1 : found.start()], text[end : end + 1])
        elif found["image"] is None:
            label = _inline(found["label"])
            parts.add(f"[{label.markdown}]({found['url']})", label.plain)
    parts.add(text[end:])
    return parts.joined()


class _Parts:
    """The parts of a line; a delimiter is text until another closes it."""

    def __init__(self) -> None:
        self.markdown: list[str] = []
        self.plain: list[str] = []
        self.open: list[tuple[str, int]] = []
        self.counts: dict[str, int] = {}

    def add(self, markdown: str, plain: str | None = None) -> None:
        if markdown:
            self.markdown.append(markdown)
            self.plain.append(markdown if plain is None else plain)

    def add_run(self, run: str, before: str, after: str) -> None:
        delimiters = _DELIMITERS.get(run)
        if delimiters is None:
            self.add(run)
            return
        opens = bool(after) and not after.isspace()
        closes = bool(before) and not before.isspace()
        if run[0] == "_":
            opens, closes = opens and not before.isalnum(), closes and not after.isalnum()
        # Of `***` the part that was opened last is closed first.
        top = self.open[-1][0] if self.open else None
        for delimiter in delimiters if top != delimiters[-1] else reversed(delimiters):
            if closes and self.counts.get(delimiter):
                self._close(delimiter)
            else:
                if opens:
                    self.open.append((delimiter, len(self.markdown)))
                    self.counts[delimiter] = self.counts.get(delimiter, 0) + 1
                self.add(delimiter)

    def _close(self, delimiter: str) -> None:
        while True:
            name, place = self.open.pop()
            self.counts[name] -= 1
            if name == delimiter:
                break
        mark = delimiter.replace("_", "*")
        self.markdown[place] = mark
        self.plain[place] = ""
        self.add(mark, "")

    def joined(self) -> _Inline:
        return _Inline("".join(self.markdown), "".join(self.plain))
