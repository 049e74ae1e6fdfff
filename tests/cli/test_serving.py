"""`attio-orm sandbox` as people start it: a process, its output, its signals, its file."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from attio_orm.cli import main, serving
from attio_sandbox import Workspace
from attio_sandbox.server import AddressError


class Sandbox:
    """The running command."""

    def __init__(self, *options: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "attio_orm", "sandbox", "--port", "0", *options],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self.process.stdout is not None
        self.said = ""
        while "Ctrl-C" not in self.said:
            line = self.process.stdout.readline()
            assert line, self.process.communicate()
            self.said += line
        self.url = self.found(r"(http://\S+)  ")
        self.token = self.found(r"Access token +(.+)")
        headers = {"authorization": f"Bearer {self.token}"}
        self.http = httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.said)
        assert match, self.said
        return match[1]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.http.close()
        self.process.send_signal(number)
        rest, self.complaints = self.process.communicate(timeout=30)
        self.said += rest
        return self.process.returncode


@contextmanager
def started(*options: str, **environment: str) -> Iterator[Sandbox]:
    sandbox = Sandbox(*options, **environment)
    try:
        yield sandbox
    finally:
        if sandbox.process.returncode is None:
            sandbox.end(signal.SIGKILL)


def names(http: httpx.Client) -> list[str]:
    found = http.post("/v2/objects/companies/records/query").json()["data"]
    return [each["values"]["name"][0]["value"] for each in found]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_stops_cleanly_and_keeps_its_data(tmp_path: Path, number: int) -> None:
    file = tmp_path / "crm.db"
    with started("--data", str(file), "--token", "secret") as sandbox:
        assert sandbox.token == "secret"
        body = {"data": {"values": {"name": "Acme"}}}
        assert sandbox.http.post("/v2/objects/companies/records", json=body).status_code == 200
        assert sandbox.end(number) == 0
        assert sandbox.complaints == ""
        assert "crm.db has everything" in sandbox.said
    assert list(tmp_path.iterdir()) == [file], "no -wal and no -shm"
    with started("--data", str(file)) as again:
        assert again.token == "secret"
        assert names(again.http) == ["Acme"]


def test_the_line_to_try_works() -> None:
    with started("--seed", "crm") as sandbox:
        line = sandbox.found(r"(?m)^ +(curl .*)$")
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, encoding="utf-8", check=True, timeout=30
        )
        assert json.loads(done.stdout)["data"][0]["api_slug"] == "people"
        page = httpx.get(sandbox.url)
        assert (page.status_code, "3,000" in page.text) == (200, True)
        assert sandbox.token not in page.text
        assert sandbox.end() == 0


def test_a_token_in_a_file(tmp_path: Path) -> None:
    file, data = tmp_path / "my token", tmp_path / "crm.db"
    options = ("--token-file", str(file), "--data", str(data))
    with started(*options) as sandbox:
        token = file.read_text().strip()
        assert token
        assert token not in sandbox.said
        assert sandbox.token == f"in {file}"
        line = sandbox.found(r"(?m)^ +(curl .*)$")
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=True, timeout=30)
        assert json.loads(done.stdout)["data"][0]["api_slug"] == "people"
        sandbox.end()
    assert Workspace(data).token == token
    if os.name == "posix":
        assert {stat.S_IMODE(each.stat().st_mode) for each in (file, data)} == {0o600}
    file.write_text("\n chosen \n")
    file.chmod(0o644)
    with started(*options, ATTIO_SANDBOX_TOKEN="another") as sandbox:
        sandbox.http.headers["authorization"] = "Bearer chosen"
        assert sandbox.http.get("/v2/objects").status_code == 200
        sandbox.end()
    assert file.read_text() == "\n chosen \n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_token_in_the_environment(tmp_path: Path) -> None:
    with started(ATTIO_SANDBOX_TOKEN="from-outside") as sandbox:
        assert "from-outside" not in sandbox.said
        line = sandbox.found(r"(?m)^ +(curl .*)$")
        variables = {**os.environ, "ATTIO_SANDBOX_TOKEN": "from-outside"}
        done = subprocess.run(
            ["sh", "-c", line], capture_output=True, check=True, timeout=30, env=variables
        )
        assert json.loads(done.stdout)["data"][0]["api_slug"] == "people"
        sandbox.end()
    file = tmp_path / "token"
    file.write_text("")
    with started("--token-file", str(file), ATTIO_SANDBOX_TOKEN="from-outside") as sandbox:
        assert file.read_text() == "from-outside\n"
        sandbox.end()
    with started("--token", "given", ATTIO_SANDBOX_TOKEN="from-outside") as sandbox:
        assert sandbox.token == "given"
        sandbox.end()


def test_files_that_hold_no_token(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "notes"
    for content in (b"two words", b"x" * 5000, "tökén".encode(), b"a\nb"):
        file.write_bytes(content)
        assert "holds no token" in refused(capsys, "--token-file", str(file))
        assert file.read_bytes() == content
    nowhere = refused(capsys, "--token-file", str(tmp_path / "no" / "such"))
    assert "cannot be written: No such file or directory. Check that its directory" in nowhere
    assert refused(capsys, "--token-file", str(tmp_path))


def test_a_seed_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, data = tmp_path / "seed.json", tmp_path / "crm.db"
    file.write_text('{"records": {"people": [\n{"company": {"$ref": "nobody"}}]}}')
    said = refused(capsys, "--seed", str(file), "--data", str(data))
    assert f"The seed {file} is refused" in said
    assert "line 2, record 1 (people): there is no record 'nobody'" in said
    file.write_text('{"records": {"companies": [\n\n{"name": 5}]}}')
    assert "line 3, record 1" in refused(capsys, "--seed", str(file), "--data", str(data))
    assert list(tmp_path.iterdir()) == [file], "it is not there empty the next time"
    file.write_text('{"records": {"companies": [{"name": "Acme"}]}}')
    for _ in range(2):  # the second time it is there, and not filled again
        with started("--seed", str(file), "--data", str(data)) as sandbox:
            assert names(sandbox.http) == ["Acme"]
            sandbox.http.post("/v2/objects/companies/records", json={"data": {"values": {}}})
            assert sandbox.http.post("/__sandbox__/reset").status_code == 200
            assert names(sandbox.http) == ["Acme"]
            sandbox.end()


def test_a_line_for_each_request() -> None:
    with started("--log", "--token", "secret") as sandbox:
        sandbox.http.get("/v2/objects", params={"token": "secret"})
        sandbox.http.post("/v2/nothing")
        sandbox.http.post("/__sandbox__/faults", json={"fault": "drop_before"})
        with pytest.raises(httpx.RemoteProtocolError):
            sandbox.http.get("/v2/self")
        sandbox.http.get("/")
        sandbox.end()
        said = sandbox.said.partition("Ctrl-C.\n")[2].splitlines()
    assert [re.sub(r"[\d.]+ ms$", "1 ms", each) for each in said] == [
        "GET /v2/objects 200 1 ms",
        "POST /v2/nothing 404 1 ms",
        "POST /__sandbox__/faults 204 1 ms",
        "GET /v2/self - 1 ms",
        "Stopped.",
    ]


def test_the_plan_and_reserved_emails_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Workspace] = []

    def stop(url: str, token: object, options: object) -> None:
        raise AddressError("enough seen")

    monkeypatch.setattr(serving, "_greet", stop)
    monkeypatch.setattr(
        "attio_sandbox.Workspace",
        lambda *given, **named: opened.append(Workspace(*given, **named)) or opened[-1],
    )
    options = ["--billing-plan", "enterprise", "--reserved-emails", "allow"]
    assert main(["sandbox", "--port", "0", *options]) == 1
    (workspace,) = opened
    assert (workspace.is_enterprise, workspace.reserved_emails) == (True, True)


def test_limits_and_enrichment_are_passed_on() -> None:
    with started("--limits", "attio", "--enrichment") as sandbox:
        # side by side, as on a busy machine one after the other are not 26 in a second
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(sandbox.http.put, "/v2/objects/x/records") for _ in range(200)]
        assert 429 in [each.result().status_code for each in asked]
        assert sandbox.end() == 0


def test_webhooks_go_over_the_network() -> None:
    got: list[tuple[str, bytes]] = []
    came = threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got.append((self.headers["attio-signature"], body))
            self.send_response(200)
            self.end_headers()
            came.set()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Receiver) as receiver, started() as sandbox:
        thread = threading.Thread(target=receiver.serve_forever, args=(0.01,))
        thread.start()
        hook = {
            "target_url": f"http://127.0.0.1:{receiver.server_port}/hooks",
            "subscriptions": [{"event_type": "record.created", "filter": None}],
        }
        made = sandbox.http.post("/v2/webhooks", json={"data": hook}).json()["data"]
        body = {"data": {"values": {"name": "Acme"}}}
        sandbox.http.post("/v2/objects/companies/records", json=body)
        assert came.wait(20)
        receiver.shutdown()
        thread.join()
        assert sandbox.end() == 0
    ((signature, content),) = got
    expected = hmac.new(made["secret"].encode(), content, hashlib.sha256).hexdigest()
    assert signature == expected
    assert json.loads(content)["events"][0]["event_type"] == "record.created"


def test_what_is_in_progress_does_not_hold_up_the_end_for_ever() -> None:
    with started() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(b"POST /v2/objects HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
            started_at = time.monotonic()
            sandbox.end()
            assert time.monotonic() - started_at < 20


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["sandbox", "--port", "0", *options]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("attio-orm sandbox: ")
    assert "Traceback" not in said.err
    return said.err


def test_a_port_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(capsys, "--port", port)
    assert re.search(f"port {port}.*in use.*another", said)


def test_files_that_cannot_be_served(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("shopping list " * 100)
    assert "not a workspace file" in refused(capsys, "--data", str(text))
    assert text.read_text() == "shopping list " * 100

    foreign = tmp_path / "other.db"
    with sqlite3.connect(foreign) as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    assert "another program" in refused(capsys, "--data", str(foreign))

    newer = tmp_path / "newer.db"
    Workspace(newer).close()
    with sqlite3.connect(newer) as database:
        database.execute("PRAGMA user_version = 9999")
    database.close()
    assert "Upgrade attio-orm" in refused(capsys, "--data", str(newer))

    assert "empty" in refused(capsys, "--data", "")
    assert "directory" in refused(capsys, "--data", str(tmp_path / "no" / "such.db"))
    assert refused(capsys, "--data", str(tmp_path))


def test_a_token_that_cannot_be_one(capsys: pytest.CaptureFixture[str]) -> None:
    for token in ("two words", "", "tökén"):
        assert "token" in refused(capsys, "--token", token)


@pytest.mark.parametrize(
    "options",
    [("--port", "x"), ("--port", "-1"), ("--port", "70000"), ("--seed", "big"), ("--limits", "x")],
)
def test_options_that_are_none(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["sandbox", *options])
    assert stopped.value.code == 2
    assert "usage: attio-orm sandbox" in capsys.readouterr().err
