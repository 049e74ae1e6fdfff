"""Scopes and the operations that need them: as Attio's description has them today."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from attio_orm.transport.scopes import NEEDED, Scope
from tests.sandbox.specification import FILE

SCRIPT = Path(__file__).parents[2] / "scripts" / "scopes"


def test_the_module_is_what_the_description_gives(shared: Path, tmp_path: Path) -> None:
    def checked(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, SCRIPT, "--check", path], capture_output=True, text=True, check=False
        )

    assert checked(shared / FILE).returncode == 0
    operations = json.loads((shared / FILE).read_text("utf-8"))
    operations["GET /v2/self"]["scopes"] = ["note:read"]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(operations), "utf-8")
    done = checked(changed)
    assert done.returncode == 1
    assert "run scripts/scopes" in done.stderr


def test_each_scope_is_there_for_reading_and_writing() -> None:
    assert {each for scopes in NEEDED.values() for each in scopes} <= set(Scope)
    nouns = {each.partition(":")[0] for each in Scope}
    assert {f"{noun}:{way}" for noun in nouns for way in ("read", "read-write")} == set(Scope)
    assert Scope.RECORD_PERMISSION_READ_WRITE == "record_permission:read-write"
