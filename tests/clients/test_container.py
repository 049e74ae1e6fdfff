"""The Dockerfile, step by step and without a daemon.

What is tested: that what it copies is enough to build from, that its `pip` steps leave a Python
with the command, and that its entry point and health check work there. Not tested: the base
image, and the one step that only makes a user.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PORT = "8787"


class Step(NamedTuple):
    """One instruction of a Dockerfile."""

    name: str
    text: str

    @property
    def arguments(self) -> list[str]:
        """What a JSON form has."""
        found: list[str] = json.loads(self.text)
        return found


def stages(text: str) -> list[list[Step]]:
    """The instructions of each stage, which begins with its FROM."""
    joined = text.replace("\\\n", " ")
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    steps = [Step(*line.split(None, 1)) for line in lines]
    starts = [number for number, step in enumerate(steps) if step.name == "FROM"] + [len(steps)]
    return [steps[start:end] for start, end in itertools.pairwise(starts)]


BUILD, FINAL = stages((ROOT / "Dockerfile").read_text("utf-8"))


def only(name: str) -> Step:
    (found,) = [step for step in FINAL if step.name == name]
    return found


def test_the_stages() -> None:
    for stage in (BUILD, FINAL):
        image = re.match(r"python:(3\.\d+)-slim", stage[0].text)
        assert image is not None
        project = (ROOT / "pyproject.toml").read_text("utf-8")
        assert f'"Programming Language :: Python :: {image[1]}"' in project
    assert stages("FROM a\nRUN x \\\n y\n\nFROM b\n") == [
        [Step("FROM", "a"), Step("RUN", "x   y")],
        [Step("FROM", "b")],
    ]


def test_it_runs_as_nobody_special() -> None:
    names = [step.name for step in FINAL]
    assert int(only("USER").text) > 1000
    assert f"--uid {only('USER').text} " in FINAL[1].text
    assert names.index("USER") > max(at for at, name in enumerate(names) if name == "RUN")
    assert only("EXPOSE").text == PORT
    assert PORT in only("ENTRYPOINT").arguments


def sources() -> list[str]:
    copies = [step.text.split() for step in BUILD if step.name == "COPY"]
    return [source for *found, _ in copies for source in found]


def test_what_is_copied_is_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    assert {f"!{each}" for each in sources()} == {each for each in ignored if each[:1] == "!"}


def run(command: Sequence[str], folder: Path) -> None:
    """Run a step; skips the tests where an index cannot be reached, and for nothing else."""
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", timeout=300)
    said = f"{' '.join(command)}: {done.stderr[-3000:]}"
    if done.returncode and re.search("No matching distribution|NewConnectionError", said):
        pytest.skip(f"the index of packages cannot be reached: {said[-300:]}")
    assert done.returncode == 0, said


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that stands for / in the image, after the steps of the first stage."""
    root = tmp_path_factory.mktemp("image")
    context = root / "build"
    context.mkdir()
    for source in sources():
        if (ROOT / source).is_dir():
            shutil.copytree(
                ROOT / source, context / source, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(ROOT / source, context)
    for step in BUILD:
        if step.name == "RUN":
            program, *rest = shlex.split(step.text.replace("/opt/attio", f"{root}/opt/attio"))
            run([sys.executable if program == "python" else program, *rest], context)
    return root


def environment(root: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    variables = dict(part.split("=", 1) for part in only("ENV").text.split())
    path = variables.pop("PATH").replace("/opt/attio", f"{root}/opt/attio")
    return {**kept, **variables, "PATH": path.replace("$PATH", os.environ["PATH"])}


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return str(taken.getsockname()[1])


def with_port(arguments: Sequence[str], port: str) -> list[str]:
    return [each.replace(PORT, port) for each in arguments]


def test_it_serves_and_is_healthy(built: Path) -> None:
    port = free_port()
    variables = {**environment(built), "ATTIO_SANDBOX_TOKEN": "secret"}
    command = [*only("ENTRYPOINT").arguments, *only("CMD").arguments]
    program = shutil.which(command[0], path=variables["PATH"])
    assert program is not None
    assert program.startswith(str(built))
    health = json.loads(only("HEALTHCHECK").text.partition("CMD")[2])
    check = with_port(health, port)
    check[0] = str(shutil.which(check[0], path=variables["PATH"]))

    def is_healthy() -> bool:
        done = subprocess.run(check, env=variables, capture_output=True, timeout=30)
        return done.returncode == 0

    process = subprocess.Popen(
        [program, *with_port(command[1:], port)],
        cwd=built,
        env=variables,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        until = time.monotonic() + 60
        while not is_healthy():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < until
        headers = ["-H", "Authorization: Bearer secret"]
        url = f"http://127.0.0.1:{port}/v2/self"
        curl = ["curl", "--silent", "--noproxy", "*", *headers, url]
        answer = subprocess.run(curl, capture_output=True, check=True, timeout=30)
        assert json.loads(answer.stdout)["active"] is True
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "secret" not in said
    assert "GET /v2/self 200 " in said
    assert not is_healthy()
