"""How messages show names that were nearly right, and phrases that are not English as written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import attio_orm
from attio_orm.wording import did_you_mean, meant, quoted

SOURCE = Path(attio_orm.__file__).parent
ROOT = Path(__file__).parents[1]


def test_close_names_are_offered_as_they_are_written() -> None:
    assert did_you_mean("nmae", ["name", "stage"]) == "Did you mean 'name'? "
    assert did_you_mean("nmae", ["name", "stage"], quoted) == 'Did you mean "name"? '
    assert did_you_mean("email", ["email_addresses", "name"]) == "Did you mean 'email_addresses'? "
    assert did_you_mean("xyz", ["name", "stage"]) == ""
    assert meant(["b", "a"]) == "Did you mean 'b' or 'a'? "
    assert meant([]) == ""


def test_the_question_is_written_in_one_place() -> None:
    asking = {
        file.relative_to(SOURCE).as_posix()
        for file in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.JoinedStr) and "did you mean " in ast.unparse(node).lower()
    }
    assert asking == {"wording.py"}


# What was read as odd, and how it is said instead. Only what is always wrong stands here.
ODD = {
    r"(?<!there )\b(is|are) no (?!longer\b|more\b)": "is not a ..., are not ...",
    r"\bwhat (is|are) no\b(?! (longer|more)\b)": "anything but a ...",
    r"\bwhat lacks\b": "what is missing",
    r"\bin the place of\b": "in place of",
    r"\bas ever\b": "as usual",
    r"\bnot won\b": "missed",
}


def prose() -> Iterator[tuple[str, str]]:
    """What people read, with where it stands: pages, docstrings and messages, spaces as one."""
    for page in [*ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md"), ROOT / "README.md"]:
        for number, line in enumerate(page.read_text("utf-8").splitlines(), 1):
            yield f"{page.relative_to(ROOT)}:{number}", line
    for folder in (ROOT / "src", ROOT / "examples"):
        for file in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", " ".join(node.value.split())


def odd(text: str) -> list[str]:
    return [better for phrase, better in ODD.items() if re.search(phrase, text, re.IGNORECASE)]


def test_odd_phrases_do_not_come_back() -> None:
    assert [
        f"{where}: say {found}: {text}" for where, text in prose() if (found := odd(text))
    ] == []


@pytest.mark.parametrize(
    ("text", "is_odd"),
    [
        ("'x' is no meeting: give a saved Meeting.", True),
        ("Raises ``ValidationError`` for what is no number.", True),
        ("Controls are no requests.", True),
        ("There is no meeting of that id.", False),
        ("It is no longer there, and is no more.", False),
    ],
    ids=["is no", "what is no", "are no", "there is no", "no longer"],
)
def test_what_counts_as_odd(text: str, is_odd: bool) -> None:
    assert bool(odd(text)) is is_odd
