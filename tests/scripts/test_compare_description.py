"""scripts/compare-description: what it lists of two descriptions of Attio's operations."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.specification import FILE

SCRIPT = Path(__file__).parents[2] / "scripts" / "compare-description"


def note() -> dict[str, Any]:
    return {"properties": {"title": {"type": "string"}}, "required": ["title"], "type": "object"}


OLD: dict[str, Any] = {
    "POST /v2/notes": {
        "stage": "beta",
        "scopes": ["note:read-write", "record_permission:read"],
        "levels": ["`workspace`, `user`"],
        "request": {
            "$defs": {"Data": note(), "Format": {"enum": ["plaintext", "markdown"]}},
            "type": "object",
            "properties": {
                "data": {"$ref": "#/$defs/Data"},
                "format": {"$ref": "#/$defs/Format"},
                "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            },
            "required": ["data"],
        },
        "responses": {"200": {"type": "object", "properties": {"data": note()}}},
    },
    "GET /v2/self": {
        "stage": "stable",
        "scopes": [],
        "levels": [],
        "request": None,
        "responses": {},
    },
}


@pytest.fixture
def compared(tmp_path: Path) -> Callable[[Any, Any], tuple[int, list[str], str]]:
    """The exit code of the script for two descriptions, its lines, and what it says of errors."""

    def run(old: Any, new: Any) -> tuple[int, list[str], str]:
        paths = tmp_path / "old.json", tmp_path / "new.json"
        for path, each in zip(paths, (old, new), strict=True):
            path.write_text(each if isinstance(each, str) else json.dumps(each))
        done = subprocess.run(
            [sys.executable, SCRIPT, *paths], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout.splitlines(), done.stderr

    return run


def test_nothing_new(compared: Any) -> None:
    assert compared(OLD, OLD) == (0, ["Nothing is new: both have 2 operations."], "")


def test_operations(compared: Any) -> None:
    new = copy.deepcopy(OLD)
    new["POST /v2/memos"] = new.pop("POST /v2/notes")
    assert compared(OLD, new)[:2] == (
        1,
        [
            "+ POST /v2/memos (beta; note:read-write, record_permission:read; workspace, user)",
            "- POST /v2/notes",
        ],
    )


def test_what_an_operation_needs(compared: Any) -> None:
    new = copy.deepcopy(OLD)
    new["POST /v2/notes"] |= {
        "stage": "stable",
        "scopes": ["note:read-write", "object_configuration:read"],
        "levels": ["`workspace`"],
    }
    new["GET /v2/self"]["levels"] = ["`workspace`, `user`"]
    assert compared(OLD, new)[1] == [
        "GET /v2/self",
        "  levels: + user, + workspace, - no token",
        "POST /v2/notes",
        "  stage: beta is stable now",
        "  scopes: + object_configuration:read, - record_permission:read",
        "  levels: - user",
    ]


def test_members(compared: Any) -> None:
    new = copy.deepcopy(OLD)
    request = new["POST /v2/notes"]["request"]
    request["$defs"]["Format"]["enum"] = ["plaintext", "html"]
    request["$defs"]["Data"]["properties"]["tags"] = {
        "type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}},
    }  # fmt: skip
    request["$defs"]["Data"]["required"] = ["tags"]
    del request["properties"]["limit"]
    assert compared(OLD, new)[1] == [
        "POST /v2/notes",
        "  request: + data.tags (array, required)",
        "  request: + data.tags[] (object)",
        "  request: + data.tags[].id (string)",
        "  request: - limit",
        "  request: data.title is not required now",
        '  request: options of format: + "html", - "markdown"',
    ]


def test_answers(compared: Any) -> None:
    new = copy.deepcopy(OLD)
    code = {"type": "object", "properties": {"code": {"enum": ["not_found"]}}}
    responses = new["POST /v2/notes"]["responses"]
    responses["200"]["properties"]["data"]["properties"]["title"] = {"type": ["string", "null"]}
    responses["404"] = code
    assert compared(OLD, new)[1] == [
        "POST /v2/notes",
        "  statuses: + 404",
        "  answer 200: types of data.title: + null",
    ]
    newer = copy.deepcopy(new)
    newer["POST /v2/notes"]["responses"]["404"]["properties"]["code"]["enum"].append("gone")
    assert compared(new, newer)[1] == [
        "POST /v2/notes", '  answer 404: options of code: + "gone"',
    ]  # fmt: skip


def test_variants_are_one(compared: Any) -> None:
    """Required is what each variant asks for; null is none that asks for anything."""
    both = {"type": "object", "properties": {"a": {"const": 1}, "b": {}}, "required": ["a", "b"]}
    one = {"type": "object", "properties": {"a": {"const": 2}}, "required": ["a"]}
    old, new = copy.deepcopy(OLD), copy.deepcopy(OLD)
    old["POST /v2/notes"]["request"] = {"anyOf": [both, {"type": "null"}]}
    new["POST /v2/notes"]["request"] = {"anyOf": [both, one, {"type": "null"}]}
    assert compared(old, new)[1] == [
        "POST /v2/notes",
        "  request: options of a: + 2",
        "  request: b is not required now",
    ]


def test_what_refers_to_itself_ends(compared: Any) -> None:
    old = copy.deepcopy(OLD)
    tree = {"type": "object", "properties": {"and": {"$ref": "#/$defs/Tree"}}}
    old["POST /v2/notes"]["request"] = {"$defs": {"Tree": tree}, "$ref": "#/$defs/Tree"}
    assert compared(old, old)[0] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "has no operations"),
        ("{}", "has no operations"),
        ('{"openapi": "3.1.0"}', "'openapi' is not an operation"),
        ('{"GET /v2/self": []}', "'GET /v2/self' is not an operation"),
    ],
    ids=["no JSON", "a list", "empty", "openapi", "no object"],
)
def test_what_is_no_description(compared: Any, text: str, said: str) -> None:
    code, lines, told = compared(OLD, text)
    assert (code, lines) == (2, [])
    assert said in told
    assert "Traceback" not in told


def test_usage(tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: scripts/compare-description OLD NEW\n")
    missing = str(tmp_path / "missing.json")
    done = subprocess.run([*command, missing, missing], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_attios_own(compared: Any, shared: Path) -> None:
    """The description of October 2026, and one without what came since: a line for each."""
    new = json.loads((shared / FILE).read_text())
    old = {name: each for name, each in copy.deepcopy(new).items() if "/activities" not in name}
    models = old["POST /v2/meetings"]["request"]["$defs"]
    del models["PostV2MeetingsParticipant"]["properties"]["name"]
    lines = compared(old, new)[1]
    assert sum(line.startswith("+ ") for line in lines) == 12
    assert lines[12:] == [
        "POST /v2/meetings",
        "  request: + data.participants[].name (null | string)",
    ]
