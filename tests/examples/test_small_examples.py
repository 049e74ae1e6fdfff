"""The small examples, run as a reader runs them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SAID = {
    "quickstart": (
        "Acme has 13 people.",
        "Ada Lovelace was Mathematician then Countess.",
        "The address belongs to <Person 'Charles Babbage'",
        "Is he still there? False",
        "20 projects, 3 of them live.",
    ),
    "async_app": (
        "Ada Lovelace would like to meet Acme",
        "12 deals to win:",
        "In Progress -> Won 🎉",
        "Won 12 of them",
    ),
    "fastapi_app": (
        "Ada is Mathematician\nAda is Countess\n",
        "Nobody is 404",
        "acme.example.com has 13 people.",
        "Company Analytical Engines",
        "Deals: 1500",
    ),
    "flask_app": (
        "Now a Countess",
        "422 email_addresses: 'not an address'",
        "Nobody: 404",
        "Acme has 13 people.",
        "Deals: 1500",
    ),
    "workspaces_app": (
        "Nobody is 401",
        "Acme logs in: 303\nAcme twice: 422\n",
        "Acme sees Acme 0, Acme 1\nGlobex sees Globex 0, Globex 1\n",
        "Notes: {'lacks': ['note:read-write']}",
    ),
    "script": ("deals of 291 companies stand still", "add --write"),
}


@pytest.mark.parametrize("name", SAID)
def test_runs_without_a_warning(name: str, root: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", str(root / "examples" / f"{name}.py")],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for line in SAID[name]:
        assert line in done.stdout


def test_each_example_is_listed_and_run(root: Path) -> None:
    names = {path.stem for path in (root / "examples").glob("*.py")}
    listed = (root / "examples" / "README.md").read_text(encoding="utf-8")
    assert names == {*SAID, "crm_sales"}
    assert all(f"examples/{name}.py" in listed for name in names)
