"""Checks that mypy and pyright refuse every line of ``bad_code.py`` that ends in ``# error``.

And no other line of it: ``python tests/typing/check_bad_code.py`` from the project's folder.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

CODE = Path(__file__).with_name("bad_code.py")


def marked() -> set[int]:
    """The numbers of the lines that must be refused."""
    lines = CODE.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# error")}


def refused_by_mypy() -> set[int]:
    """The numbers of the lines with an error of mypy."""
    output = _run(
        "mypy", "--no-error-summary", "--show-absolute-path", "--exclude", "$^", str(CODE)
    )
    found = re.findall(rf"^{re.escape(str(CODE))}:(\d+):.* error: ", output, re.MULTILINE)
    return {int(number) for number in found}


def refused_by_pyright() -> set[int]:
    """The numbers of the lines with an error of pyright."""
    root = CODE.parents[2]
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "include": [os.path.relpath(CODE, folder)],
            "typeCheckingMode": "strict",
            "pythonVersion": "3.11",
            "extraPaths": [str(root / "src"), str(CODE.parent)],
        }
        config = Path(folder, "pyrightconfig.json")
        config.write_text(json.dumps(settings), encoding="utf-8")
        python = ["--pythonpath", sys.executable]
        output = _run("pyright", "--outputjson", *python, "--project", str(config))
    found: list[dict[str, Any]] = json.loads(output)["generalDiagnostics"]
    return {each["range"]["start"]["line"] + 1 for each in found if each["severity"] == "error"}


def _run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], stdout=subprocess.PIPE, encoding="utf-8", check=False
    )
    return done.stdout


def main() -> int:
    """Print each line that a checker judged wrongly; 1 where there is one."""
    lines = CODE.read_text(encoding="utf-8").splitlines()
    expected = marked()
    wrong = 0
    for checker, refused in (("mypy", refused_by_mypy()), ("pyright", refused_by_pyright())):
        for number in sorted(refused ^ expected):
            verdict = "refuses" if number in refused else "accepts"
            print(f"{checker} {verdict} {CODE.name}:{number}: {lines[number - 1].strip()}")
            wrong += 1
    print(f"{len(expected)} lines must be refused; {wrong} judged wrongly")
    return 1 if wrong or not expected else 0


if __name__ == "__main__":
    raise SystemExit(main())
