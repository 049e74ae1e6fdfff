"""`attio`, from PyPI, against the served sandbox: generated from Attio's newest description."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from attio_sandbox import Workspace
from tests.clients.contracts import check, install

SCRIPT = Path(__file__).parent / "pypi_attio" / "contract.py"
VERSION = "attio==0.26.1"


def test_every_step(tmp_path: Path) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    pip = [sys.executable, "-m", "pip", "install", *quiet, "--target", str(tmp_path)]
    install([*pip, VERSION], tmp_path, VERSION)
    check([sys.executable, "-P"], SCRIPT, add_activity, PYTHONPATH=str(tmp_path))


def add_activity(workspace: Workspace) -> None:
    """An activity with attributes, for which the API has no endpoint."""
    workspace.define_activity("demos", "Demo", "Demos", extends="interactions")
    for slug, is_unique in (("subject", False), ("number", True)):
        workspace.define_attribute(
            "demos", target="activities", api_slug=slug, type="text", is_unique=is_unique
        )


def test_it_calls_every_operation() -> None:
    text = SCRIPT.read_text("utf-8")
    called = set(re.findall(r"\.((?:get|post|put|patch|delete)_v2_\w+)", text))
    assert len(called) == 97
