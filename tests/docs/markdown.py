"""Finds the fenced code blocks of a Markdown page, and what the comment above each says of it."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

_FENCE = re.compile(r"^(?P<indent> *)(?P<fence>```+|~~~+)(?P<info>.*)$")
_MARK = re.compile(r"^ *<!-- *(?P<kind>not run|file|change): *(?P<text>.+?) *-->$")


@dataclass(frozen=True)
class Block:
    """One code block: its language, its text, and the page's line where the text begins."""

    language: str
    text: str
    line: int
    not_run: str | None = None  # the reason
    file: str | None = None  # the block is this file, not something to run at once
    change: str | None = None  # the block is a change of this file of the project

    @property
    def is_shell(self) -> bool:
        return self.language in ("bash", "console", "sh", "shell")


def blocks(page: str) -> list[Block]:
    """The code blocks of a page in order. Raises ``ValueError`` for one that is never closed."""
    found: list[Block] = []
    lines = page.splitlines()
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        if opening is None:
            number += 1
            continue
        closing = re.compile(rf"^ *{re.escape(opening['fence'])}{opening['fence'][0]}* *$")
        start = number + 1
        end = start
        while end < len(lines) and not closing.match(lines[end]):
            end += 1
        if end == len(lines):
            raise ValueError(f"the code block at line {number + 1} is never closed")
        mark = _MARK.match(lines[number - 1]) if number else None
        marks = {mark["kind"]: mark["text"]} if mark else {}
        found.append(
            Block(
                language=(opening["info"].split() or [""])[0],
                text=textwrap.dedent("\n".join(lines[start:end])) + "\n",
                line=start + 1,
                not_run=marks.get("not run"),
                file=marks.get("file"),
                change=marks.get("change"),
            )
        )
        number = end + 1
    return found
