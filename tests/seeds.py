"""Workspaces that are filled once, and copied for each test that takes one.

A copy takes as long as a fresh workspace, and tests stay independent: each may write to its own.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attio_orm.testing import SandboxHandle, sandbox


@contextmanager
def copied(source: Path, folder: Path) -> Iterator[SandboxHandle]:
    """A connected copy of a workspace's file, in a folder of the test."""
    path = folder / source.name
    shutil.copy(source, path)
    with sandbox(f"sandbox:///{path}") as handle:
        yield handle
