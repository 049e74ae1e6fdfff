"""Colours for Python source code."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections.abc import Iterator

from attio_orm.cli.terminal import Terminal

_STYLES = {"COMMENT": "dim", "STRING": "green", "FSTRING": "green", "NUMBER": "cyan"}


def highlighted(code: str, terminal: Terminal) -> list[str]:
    """The lines of the code; keywords, strings, numbers and comments have colours of their own."""
    lines = code.splitlines()
    if not terminal.colour:
        return lines
    for (row, start), end, style in reversed(list(_spans(code))):  # else columns would shift
        line = lines[row - 1]
        lines[row - 1] = line[:start] + terminal.style(line[start:end], style) + line[end:]
    return lines


def _spans(code: str) -> Iterator[tuple[tuple[int, int], int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        style = _style(token)
        if style is not None and token.start[0] == token.end[0]:  # a style ends with its line
            yield token.start, token.end[1], style


def _style(token: tokenize.TokenInfo) -> str | None:
    name = tokenize.tok_name[token.type]
    if name == "NAME":
        return "magenta" if keyword.iskeyword(token.string) else None
    return _STYLES.get(name.partition("_")[0])  # FSTRING_START and the like are new in Python 3.12
