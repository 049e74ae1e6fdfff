"""`attio`, from PyPI, against the served sandbox: generated from Attio's newest description."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.clients.contracts import check, install

SCRIPT = Path(__file__).parent / "pypi_attio" / "contract.py"
VERSION = "attio==0.26.1"


def test_every_step(tmp_path: Path) -> None:
    quiet = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    pip = [sys.executable, "-m", "pip", "install", *quiet, "--target", str(tmp_path)]
    install([*pip, VERSION], tmp_path, VERSION)
    check([sys.executable, "-P"], SCRIPT, PYTHONPATH=str(tmp_path))
