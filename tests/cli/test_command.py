from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from typing import Any

import pytest

from attio_orm.cli import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"attio-orm {version('attio-orm')}\n"


def test_nothing_to_do_shows_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    said = capsys.readouterr().out
    assert said.startswith("usage: attio-orm ")
    assert "tour" in said


def test_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["toru"])
    assert stopped.value.code == 2
    assert "toru" in capsys.readouterr().err


def test_tour_is_written_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tour"]) == 0
    assert "What next" in capsys.readouterr().out


def test_interrupt_ends_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(stream: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("attio_orm.cli.tour.guide", interrupted)
    assert main(["tour"]) == 130
    assert capsys.readouterr().err == ""


def run(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "attio_orm", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def test_module_is_the_command() -> None:
    with run("--version") as process:
        said, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, b"")
    assert said.decode().split() == ["attio-orm", version("attio-orm")]


def test_reader_that_leaves_early_is_no_error() -> None:
    with run("tour") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().strip() == b""
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 1
