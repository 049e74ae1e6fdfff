from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_orm.cli.highlighting import highlighted
from attio_orm.cli.terminal import Terminal, columns, wrapped

CODE = 'for each in (1, "two"):\n    print(f"{each}")  # why\n'
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300
)


class Screen(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A screen of a capable terminal."""
    for name in ("NO_COLOR", "WT_SESSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return Screen()


def terminal_of(encoding: str) -> tuple[Terminal, io.BytesIO]:
    written = io.BytesIO()
    return Terminal(io.TextIOWrapper(written, encoding=encoding, newline="")), written


def test_colours_are_for_a_screen_alone(screen: Screen) -> None:
    assert Terminal(screen).style("x", "bold", "red") == "\x1b[1;31mx\x1b[0m"
    assert Terminal(io.StringIO()).style("x", "bold") == "x"
    assert Terminal(io.StringIO(), colour=True).style("", "bold") == ""


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_can_be_switched_off(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert not Terminal(screen).colour


@pytest.mark.parametrize(
    ("settings", "colour"), [({}, False), ({"WT_SESSION": "1"}, True), ({"TERM": "xterm"}, True)]
)
def test_old_windows_consoles_get_none(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], colour: bool
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv("TERM")
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert Terminal(screen).colour is colour


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("200", 80), ("7", 40)])
def test_width_is_that_of_the_screen_within_reason(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Terminal(io.StringIO()).width == width


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "─ → Dáithí 小 🎉…"),
        ("cp1252", "- -> Dáithí ? ?…"),
        ("ascii", "- -> Daithi ? ?..."),
    ],
)
def test_stands_in_for_what_the_stream_cannot_show(encoding: str, shown: str) -> None:
    terminal, written = terminal_of(encoding)
    terminal.line("─ → Dáithí 小 🎉…")
    terminal.flush()
    assert written.getvalue().decode(encoding) == shown + "\n"


def test_code_that_cannot_be_shown_is_escaped_and_means_the_same() -> None:
    code = "stage = 'Won 🎉'"
    terminal, _ = terminal_of("ascii")
    shown = terminal.escaped(code)
    assert shown.isascii()
    scope: dict[str, Any] = {}
    exec(shown, scope)
    assert scope["stage"] == "Won 🎉"


@given(texts)
def test_any_text_can_be_written_in_any_encoding(text: str) -> None:
    for encoding in ("ascii", "latin-1", "cp1252", "utf-8"):
        terminal, written = terminal_of(encoding)
        terminal.line(text)
        terminal.flush()
        assert written.getvalue().endswith(b"\n")


@given(texts, st.integers(min_value=10, max_value=90), st.sampled_from(["", "  "]))
def test_wrapped_lines_fit_and_keep_every_word(text: str, width: int, hanging: str) -> None:
    lines = wrapped(text, width, hanging=hanging)
    assert all(columns(line) <= width for line in lines)
    joined = lines[0] + "".join(line.removeprefix(hanging) for line in lines[1:])
    assert joined.replace(" ", "") == text.replace(" ", "")


def test_wrapped_counts_columns() -> None:
    assert columns("小芳") == 4
    assert columns("e\u0301") == 1
    assert wrapped("小芳 佐藤", 5, hanging="> ") == ["小芳", "> 佐", "> 藤"]
    assert wrapped("one two three", 8, hanging=" ") == ["one two", " three"]
    assert wrapped("  indented text", 10) == ["  indented", "text"]


def test_highlighted_code_is_the_code() -> None:
    plain = Terminal(io.StringIO(), colour=False)
    colourful = Terminal(io.StringIO(), colour=True)
    assert highlighted(CODE, plain) == CODE.splitlines()
    first, second = highlighted(CODE, colourful)
    assert first == (
        '\x1b[35mfor\x1b[0m each \x1b[35min\x1b[0m (\x1b[36m1\x1b[0m, \x1b[32m"two"\x1b[0m):'
    )
    assert second.endswith("  \x1b[2m# why\x1b[0m")


def test_highlighting_leaves_texts_of_several_lines_alone() -> None:
    code = 'x = """one\ntwo"""'
    assert highlighted(code, Terminal(io.StringIO(), colour=True))[0].startswith("x = ")
