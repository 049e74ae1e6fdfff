"""A workspace of some thousands of records, seeded once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from attio_orm.embedded import SandboxHandle
from attio_orm.sandbox import Workspace
from attio_orm.testing import sandbox


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeded") / "crm.db"
    Workspace(path, seed="crm").close()
    return path


@pytest.fixture(scope="session")
def line_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    path = tmp_path_factory.mktemp("line") / "line.db"
    workspace = Workspace(path)
    workspace.clock.freeze()
    ids: list[str] = []
    for n in range(1201):
        workspace.clock.move(0.001)
        row = {"name": f"Person, {n:04d}", "job_title": "VP" if n % 3 else "CEO"}
        ids += workspace.load("people", [row])
    workspace.close()
    return path, ids


@pytest.fixture
def people(line_file: tuple[Path, list[str]], tmp_path: Path) -> Iterator[list[str]]:
    """1,201 people, each made a millisecond after the one before, and named by their places."""
    source, ids = line_file
    path = tmp_path / "line.db"
    shutil.copy(source, path)
    with sandbox(f"sandbox:///{path}"):
        yield ids


@pytest.fixture
def crm(seeded_file: Path, tmp_path: Path) -> Iterator[SandboxHandle]:
    """A fresh connected workspace with 3,000 people, 800 companies and 1,500 deals."""
    path = tmp_path / "crm.db"
    shutil.copy(seeded_file, path)
    with sandbox(f"sandbox:///{path}") as handle:
        yield handle
