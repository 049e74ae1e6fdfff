"""A workspace put back to its start, beside opening it anew: what each test of a suite pays."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from attio_sandbox import Workspace
from tests.benchmarks.measuring import Result, interleaved

TARGET_MS = 20.0


def resetting(*, rounds: int = 15, seed: Any = "crm") -> Result:
    """Milliseconds of a reset in memory and in a file, and of opening a workspace."""
    result = Result("reset", "A workspace with the made-up CRM, put back to its start", "ms")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        memory, file = Workspace(seed=seed), Workspace(folder / "crm.db", seed=seed)
        for each in (memory, file):
            stack.callback(each.close)
            each.reset()  # the first one makes what it goes back to
        people = memory.count("people")

        def reset(workspace: Workspace) -> Callable[[], None]:
            def work() -> None:
                workspace.load("people", [{"job_title": "Analyst"}])
                workspace.reset()

            return work

        taken = interleaved(
            {
                "reset in memory": reset(memory),
                "reset in a file": reset(file),
                "opened anew in memory": lambda: Workspace(seed=seed).close(),
            },
            rounds,
        )
        for name, seconds in taken.items():
            result.add(name, seconds * 1000)
        result.add("a reset as it should be", TARGET_MS)
        result.compare("reset in memory", "a reset as it should be", 1.0)
        result.compare("reset in memory", "opened anew in memory")
        found = [each.count("people") for each in (memory, file)]
    result.require("each has what it began with", found == [people, people])
    return result
