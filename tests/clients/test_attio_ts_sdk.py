"""attio-ts-sdk, from npm, against the served sandbox: it checks requests and answers itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.contracts import check, install

HERE = Path(__file__).parent / "attio_ts_sdk"
MAJOR = 20


def node() -> str:
    """The path of node; skips the test where it is missing or too old."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    if int(version.stdout.strip().removeprefix("v").split(".")[0]) < MAJOR:
        pytest.skip(f"node {version.stdout.strip()} is older than {MAJOR}")
    return found


def test_every_step(tmp_path: Path) -> None:
    program = node()
    for name in ("package.json", "contract.mjs"):
        shutil.copy(HERE / name, tmp_path)
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    install(["npm", "install", "--ignore-scripts", *quiet], tmp_path, "attio-ts-sdk")
    check([program], tmp_path / "contract.mjs")
