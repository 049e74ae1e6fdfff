"""What docs/other-languages.md shows to be copied: its seed, YAML, shell and TypeScript."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import controls
from tests.cli.test_serving import started
from tests.clients.contracts import install
from tests.clients.test_attio_ts_sdk import node
from tests.docs.markdown import Block, blocks

yaml = pytest.importorskip("yaml", reason="schemathesis brings it: of the extra `test`")

ROOT = Path(__file__).resolve().parents[2]
PAGE = blocks((ROOT / "docs" / "other-languages.md").read_text("utf-8"))


def block(language: str, containing: str) -> str:
    (found,) = [each for each in PAGE if each.language == language and containing in each.text]
    assert isinstance(found, Block)
    return found.text


def commands(tmp_path: Path) -> dict[str, str]:
    """An environment with `attio-orm`, and a `pip` that has nothing to do."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, line in {
        "attio-orm": f'exec "{sys.executable}" -m attio_orm "$@"',
        "pip": "exit 0",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_the_seed_is_one() -> None:
    workspace = Workspace(seed=json.loads(block("json", '"define"')))
    assert [workspace.count(slug) for slug in ("companies", "people", "projects")] == [1, 1, 1]
    assert workspace.count("sales", target="lists") == 1
    workspace.close()


def test_compose() -> None:
    services = yaml.safe_load(block("yaml", "services:"))["services"]
    attio, app = services["attio"], services["app"]
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert attio["ports"] == ["127.0.0.1:8787:8787"]
    assert "EXPOSE 8787" in dockerfile
    assert "HEALTHCHECK" in dockerfile
    assert app["depends_on"] == {"attio": {"condition": "service_healthy"}}
    assert app["environment"]["ATTIO_BASE_URL"] == "http://attio:8787"
    token = attio["environment"]["ATTIO_SANDBOX_TOKEN"]
    assert app["environment"]["ATTIO_API_KEY"] == token
    with started("--port", "0", *attio["command"], **attio["environment"]) as sandbox:
        sandbox.http.headers["authorization"] = f"Bearer {token}"
        assert sandbox.http.get("/v2/self").json()["active"] is True
        sandbox.end()


def test_the_steps_in_ci(tmp_path: Path) -> None:
    steps = yaml.safe_load(block("yaml", "runs-on"))["jobs"]["test"]["steps"]
    (script,) = [each["run"] for each in steps if "attio-orm" in each.get("run", "")]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    script = script.replace("8787", port)
    script = script.replace("attio-orm sandbox", f"attio-orm sandbox --port {port}")
    variables = {**commands(tmp_path), "RUNNER_TEMP": str(tmp_path), "NO_PROXY": "*"}
    variables["GITHUB_ENV"] = str(tmp_path / "variables")
    try:
        # as GitHub runs it
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
        done = subprocess.run(
            [*shell, f"{script}\necho $! > {tmp_path}/number"],
            env=variables,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        token = (tmp_path / "attio-token").read_text().strip()
        assert '{"status":"ok"}' in done.stdout
        assert f"::add-mask::{token}" in done.stdout
        assert (tmp_path / "variables").read_text().splitlines() == [
            f"ATTIO_API_KEY={token}",
            f"ATTIO_BASE_URL=http://127.0.0.1:{port}",
        ]
        assert token not in (tmp_path / "attio.log").read_text()
    finally:
        os.kill(int((tmp_path / "number").read_text()), 15)


def test_curl(tmp_path: Path) -> None:
    script = block("text", "export AUTH=")
    (tmp_path / ".attio-token").write_text("secret\n")
    with started("--token-file", str(tmp_path / ".attio-token")) as sandbox:
        done = subprocess.run(
            ["bash", "-ec", script.replace("http://127.0.0.1:8787", sandbox.url)],
            cwd=tmp_path,
            env={**os.environ, "NO_PROXY": "*"},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert '"api_slug":"people"' in done.stdout
        assert '{"token":"secret"}' in done.stdout
        assert (tmp_path / "before.snapshot").read_bytes()[:15] == b"SQLite format 3"
        sandbox.http.headers["authorization"] = "Bearer secret"
        statuses = [sandbox.http.get("/v2/objects").status_code for _ in range(3)]
        assert statuses == [503, 503, 200]
        sandbox.end()


# What a test runner gives, and the code under test: it repeats what was refused.
HARNESS = """
const hooks = [];
const tests = [];
globalThis.beforeEach = (hook) => hooks.push(hook);
globalThis.test = (name, run) => tests.push(run);
globalThis.expect = (found) => ({
  toEqual(wanted) {
    if (JSON.stringify(found) !== JSON.stringify(wanted)) throw new Error(JSON.stringify(found));
  },
});
const headers = { Authorization: `Bearer ${process.env.ATTIO_API_KEY}` };
globalThis.createPerson = async (name) => {
  const answer = await fetch(`${process.env.ATTIO_BASE_URL}/v2/objects/people/records`, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ data: { values: {} } }),
  });
  if (answer.status === 429) return globalThis.createPerson(name);
};
await import("./snippet.mjs");
for (const run of tests) {
  for (const hook of hooks) await hook();
  await run();
}
console.log(`${tests.length} passed`);
"""
TYPES = """
declare function beforeEach(hook: () => Promise<unknown>): void;
declare function test(name: string, run: () => Promise<void>): void;
declare function expect(found: unknown): { toEqual(wanted: unknown): void };
declare function createPerson(name: string): Promise<void>;
declare const process: { env: Record<string, string | undefined> };
"""


def test_typescript(tmp_path: Path) -> None:
    program = node()
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    packages = ["--ignore-scripts", *quiet, "typescript@5.9"]
    install(["npm", "install", *packages], tmp_path, "typescript")
    (tmp_path / "snippet.mts").write_text(TYPES + block("ts", "/__sandbox__/"))
    (tmp_path / "harness.mjs").write_text(HARNESS)
    options = ["--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"]
    compiler = tmp_path / "node_modules" / "typescript" / "bin" / "tsc"
    compiled = subprocess.run(
        [program, str(compiler), *options, "snippet.mts"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert compiled.returncode == 0, compiled.stdout
    with started("--token", "secret") as sandbox:
        done = subprocess.run(
            [program, "harness.mjs"],
            cwd=tmp_path,
            env={**os.environ, "ATTIO_BASE_URL": sandbox.url, "ATTIO_API_KEY": "secret"},
            capture_output=True,
            encoding="utf-8",
            timeout=60,
        )
        sandbox.end()
    assert (done.stdout, done.stderr) == ("1 passed\n", "")


def test_what_it_names_is_there() -> None:
    text = (ROOT / "docs" / "other-languages.md").read_text("utf-8")
    named = set(re.findall(r"`(?:GET|POST|PUT|DELETE) ([a-z]+)`", text))
    assert named == {*controls._CONTROLS, "health"}
    assert shutil.which("curl")
    found: Any = controls._CONTROLS
    for name, verbs in found.items():
        for verb in verbs:
            assert f"`{verb} {name}`" in text
