"""``attio-orm doctor``: what is wrong with a connection, and what killed tests left."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attio_orm.cli import main
from attio_orm.cli.terminal import columns
from attio_orm.testing import ServedSandbox, serve


@pytest.fixture(scope="module")
def served() -> Iterator[ServedSandbox]:
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def token(served: ServedSandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ATTIO_API_KEY", served.token)
    monkeypatch.setenv("ATTIO_TEST_API_KEY", served.token)
    return served.token


def test_a_good_connection(
    served: ServedSandbox, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--url", served.url]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    lines = {line.split(maxsplit=1)[0]: line for line in said.out.splitlines()}
    assert served.url in lines["address"]
    assert lines["token"].endswith("is good")
    assert "note:read-write" in said.out
    assert lines["clock"] == "clock      agrees with Attio's"
    assert token not in said.out
    assert main(["doctor", "--url", served.url, "--quiet"]) == 0
    assert capsys.readouterr().out == ""


def test_for_programs(
    served: ServedSandbox, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--url", served.url, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["url"] == served.url
    assert told["health"]["ok"] is True
    assert "note:read-write" in told["health"]["scopes"]


@pytest.mark.parametrize("width", [80, 40])
def test_it_fits(
    served: ServedSandbox,
    token: str,
    width: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    main(["doctor", "--url", served.url])
    with pytest.raises(SystemExit):
        main(["doctor", "--help"])
    said = capsys.readouterr().out
    assert "attio-orm doctor --leftovers t-" in said
    assert max(columns(line) for line in said.splitlines()) <= width


def test_a_clock_that_goes_wrong(
    served: ServedSandbox, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    served.workspace.clock.move(600)
    try:
        assert main(["doctor", "--url", served.url, "--quiet"]) == 1
    finally:
        served.workspace.clock.reset()
    said = capsys.readouterr().out
    assert said.startswith("clock")
    assert "behind Attio's: set it" in said


def test_a_bad_token(
    served: ServedSandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ATTIO_API_KEY", "wrong")
    assert main(["doctor", "--url", served.url, "--json"]) == 3
    health = json.loads(capsys.readouterr().out)["health"]
    assert (health["ok"], health["active"]) == (False, False)
    assert main(["doctor", "--url", served.url]) == 3
    assert "token      The access token is unknown or was revoked" in capsys.readouterr().out


def test_no_answer_and_no_token(
    token: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and does not listen
        assert main(["doctor", "--url", f"http://127.0.0.1:{nobody.getsockname()[1]}"]) == 4
    monkeypatch.delenv("ATTIO_API_KEY")
    assert main(["doctor", "--json"]) == 4
    *_, last = capsys.readouterr().err.splitlines()
    error = json.loads(last)["error"]
    assert (error["type"], error["status"]) == ("NotConnectedError", None)


def test_a_profile(
    served: ServedSandbox,
    token: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("STAGING_KEY", token)
    monkeypatch.delenv("ATTIO_API_KEY")
    file = tmp_path / "attio-orm" / "profiles.toml"
    file.parent.mkdir()
    file.write_text(f'[staging]\nurl = "{served.url}"\napi_key_env = "STAGING_KEY"\n')
    file.chmod(0o600)
    assert main(["doctor", "--profile", "staging"]) == 0
    assert main(["doctor", "--profile", "nowhere"]) == 2
    file.chmod(0o644)
    assert main(["doctor", "--profile", "staging"]) == 2
    assert token not in capsys.readouterr().err


# -- what tests left ------------------------------------------------------------------------------


@pytest.fixture
def left(served: ServedSandbox, token: str) -> Iterator[list[str]]:
    people = served.workspace.load(
        "people", [{"name": "t-3fa2c1 Byron"}, {"name": "T-shirt"}, {"name": "Ada"}]
    )
    companies = served.workspace.load("companies", [{"name": "t-0a1b2c Acme"}])
    yield [people[0], companies[0]]
    for object_, ids in (("people", people), ("companies", companies)):
        for each in ids:
            served.connection.api.records.delete(object_, each)


def test_what_is_left_is_listed_and_left(
    served: ServedSandbox, left: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["doctor", "--leftovers", "t-", "--url", served.url]
    assert main(ask) == 1
    said = capsys.readouterr().out
    assert "people  t-3fa2c1 Byron" in said
    assert "companies  t-0a1b2c Acme" in said
    assert "2 left by tests. Nothing was deleted." in said
    assert "T-shirt" not in said
    assert main([*ask, "--quiet"]) == 1
    paths = capsys.readouterr().out.split()
    assert [path.rpartition("/")[2] for path in paths] == left
    assert main([*ask, "--json"]) == 1
    told: Any = json.loads(capsys.readouterr().out)
    assert [each["path"] for each in told["leftovers"]] == paths


def test_nothing_is_left(
    served: ServedSandbox, token: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["doctor", "--leftovers", "t-", "--url", served.url]
    assert main(ask) == 0
    assert capsys.readouterr().out == "Nothing is left whose name begins with 't-'.\n"
    assert main([*ask, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"leftovers": []}


def test_it_never_looks_with_another_token(
    served: ServedSandbox,
    token: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("ATTIO_TEST_API_KEY")
    assert main(["doctor", "--leftovers", "t-", "--url", served.url]) == 4
    assert "ATTIO_TEST_API_KEY" in capsys.readouterr().err
    assert main(["doctor", "--leftovers", ""]) == 2
