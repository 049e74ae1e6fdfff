"""Writes docs/reference, or with ``--check`` says whether it is what the docstrings make."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from docs.generator import source
from docs.generator.markdown import Reference
from docs.generator.pages import COMPLETE

FOLDER = source.ROOT / "docs" / "reference"
COMMAND = "python -m docs.generator"
SHOWN = 40


def main() -> int:
    """The exit code: 1 where a docstring is missing, or with ``--check`` a page is out of date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = parser.parse_args().check
    reference = Reference()
    pages = reference.pages()
    problems = [*reference.problems, *missing(reference)]
    if check:
        problems += differences(pages)
    else:
        write(pages)
    print("\n".join(dict.fromkeys(problems)), file=sys.stderr, end="\n" if problems else "")
    return 1 if problems else 0


def missing(reference: Reference) -> list[str]:
    """Public names that have no place in the reference; a twin has that of its function."""
    found: list[str] = []
    for module, left_out in COMPLETE.items():
        names = reference.exports(module)
        for name in sorted(names - left_out):
            is_twin = name[0] == "a" and name[1:] in names
            path = f"{module}.{name}"
            if not is_twin and reference.find(path).path not in reference.names():
                found.append(f"{path} is public and on no page: add it in docs/generator/pages.py")
    return found


def differences(pages: dict[str, str]) -> list[str]:
    """How the files differ from what they should be, and the command that puts them right."""
    there = {file.name: file.read_text("utf-8") for file in FOLDER.glob("*.md")}
    found: list[str] = []
    for name in sorted(there.keys() | pages.keys()):
        old, new = there.get(name, ""), pages.get(name, "")
        if old != new:
            lines = list(
                difflib.unified_diff(
                    old.splitlines(),
                    new.splitlines(),
                    f"{name} (there)",
                    f"{name} (made)",
                    lineterm="",
                )
            )
            found.append("\n".join(lines[:SHOWN]))
    if found:
        found.append(f"docs/reference is not what the docstrings make. Run: {COMMAND}")
    return found


def write(pages: dict[str, str]) -> None:
    """Put the pages into the folder, and remove those that are no longer made."""
    FOLDER.mkdir(exist_ok=True)
    for file in FOLDER.glob("*.md"):
        if file.name not in pages:
            file.unlink()
    for name, text in pages.items():
        Path(FOLDER, name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
