"""docs/how-to-add.md is right: whoever follows it, in a copy of the project, passes its tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.markdown import Block, blocks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to-add.md"


def change(file: Path, block: Block) -> None:
    """Replace what a ``diff`` block takes away with what it adds; it must fit in one place."""
    lines = block.text.splitlines()
    old = "\n".join(line[1:] for line in lines if not line.startswith("+")) + "\n"
    new = "\n".join(line[1:] for line in lines if not line.startswith("-")) + "\n"
    text = file.read_text("utf-8")
    assert text.count(old) == 1, f"line {block.line}: {file.name} does not have, once:\n{old}"
    file.write_text(text.replace(old, new), "utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the page was followed from its top to its end."""
    copy = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("src", "docs"):
        shutil.copytree(ROOT / name, copy / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", copy)
    for block in blocks(PAGE.read_text("utf-8")):
        if block.file is not None:
            target = copy / block.file
            assert not target.exists(), f"line {block.line}: {block.file} is there already"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, "utf-8")
        elif block.change is not None:
            change(copy / block.change, block)
    return copy


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: v for name, v in os.environ.items() if not name.startswith("ATTIO_")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=environment | {"PYTHONPATH": str(project / "src")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_the_tests_of_the_page_pass(project: Path) -> None:
    tests = [block.file for block in blocks(PAGE.read_text("utf-8")) if block.file is not None]
    names = [name for name in tests if Path(name).name.startswith("test_")]
    assert len(names) == 4, names  # a type, an endpoint, a lookup, a command
    done = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", *names)
    assert done.returncode == 0, done.stdout + done.stderr


def test_they_test_what_the_page_adds(project: Path) -> None:
    """In the project as it is, none of them passes."""
    names = [block.file for block in blocks(PAGE.read_text("utf-8")) if block.file is not None]
    tests = [str(project / name) for name in names if Path(name).name.startswith("test_")]
    found = run(ROOT, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--noconftest", *tests)
    assert found.returncode != 0
    assert " passed" not in found.stdout.splitlines()[-1], found.stdout
