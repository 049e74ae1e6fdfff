"""How messages show names that were nearly right."""

from __future__ import annotations

import ast
from pathlib import Path

import attio_orm
from attio_orm.wording import did_you_mean, meant, quoted

SOURCE = Path(attio_orm.__file__).parent


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
