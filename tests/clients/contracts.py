"""Contracts: scripts that drive somebody else's client against a served sandbox, step by step.

A script reads ATTIO_BASE_URL and ATTIO_API_KEY, and prints a line for each step:
`{"step": name, "error": null or what failed}`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from attio_orm import testing
from attio_sandbox import Workspace

_STEP = re.compile(r"^(?:await |@)step\(", re.MULTILINE)


def install(command: Sequence[str], folder: Path, what: str) -> None:
    """Install a client by a command; skips the test, with the reason, where that fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{what} cannot be installed: {error}")
    if done.returncode:
        pytest.skip(f"{what} cannot be installed: {done.stderr.strip()[-300:]}")


def check(
    command: Sequence[str],
    script: Path,
    prepare: Callable[[Workspace], None] = lambda workspace: None,
    **environment: str,
) -> None:
    """Run a script against a fresh sandbox; every step of it must have run, and passed.

    `prepare` makes what the API cannot. The plan is the one that has everything.
    """
    with testing.serve("sandbox://?billing_plan=enterprise") as server:
        prepare(server.workspace)
        done = subprocess.run(
            [*command, script.name],
            cwd=script.parent,
            env={**os.environ, **environment, **server.environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
        )
        broken = [each for each in server.requests if (each.status or 0) >= 500]
    steps = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    failed = {step["step"]: step["error"] for step in steps if step["error"]}
    assert failed == {}
    assert done.returncode == 0, done.stderr
    assert len(steps) == len(_STEP.findall(script.read_text(encoding="utf-8"))) > 0
    assert broken == []
