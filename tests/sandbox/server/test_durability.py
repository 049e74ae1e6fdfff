"""What was acknowledged stays: killed servers, many clients, two processes, a full disk."""

from __future__ import annotations

import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace, WorkspaceFileError
from attio_sandbox.server import Server
from tests.cli.test_serving import Sandbox, started
from tests.sandbox.server.writers import COMPANIES, Writers, check, stored


def kept_in(path: Path) -> dict[str, tuple[str, str]]:
    workspace = Workspace(path)
    try:
        query = f"{COMPANIES}/query"
        return stored(lambda page: workspace.look_up(query, json=page))
    finally:
        workspace.close()


@pytest.mark.parametrize("after", [0.15, 0.6])
def test_a_killed_server_keeps_every_acknowledged_write(tmp_path: Path, after: float) -> None:
    path = tmp_path / "crm.db"
    sandbox = Sandbox("--data", str(path))
    writers = Writers(sandbox.url, sandbox.token, 8)
    while len(writers.acknowledged) < 5:
        time.sleep(0.01)
    time.sleep(after)
    sandbox.end(signal.SIGKILL)
    writers.end()
    workspace = Workspace(path)
    assert workspace._engine.database.row("PRAGMA integrity_check") == ("ok",)
    workspace.close()
    check(kept_in(path), writers)


def test_thirty_two_clients_lose_nothing(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "crm.db")
    reads: list[int] = []
    with Server(workspace) as server:
        writers = Writers(server.url, workspace.token, 32)
        with httpx.Client(base_url=server.url, headers=writers.headers, timeout=30) as client:
            until = time.monotonic() + 1.5
            while time.monotonic() < until or len(writers.acknowledged) < 64:

                def page(query: Any) -> Any:
                    return client.post(f"{COMPANIES}/query", json=query).json()["data"]

                found = stored(page)
                assert all(text == f"of {name}" for name, text in found.values()), "no half"
                reads.append(len(found))
        writers.end()
    workspace.close()
    assert reads == sorted(reads), "nothing vanishes"
    kept = kept_in(tmp_path / "crm.db")
    check(kept, writers)
    assert len(kept) == len(writers.acknowledged) == len(writers.tried)
    assert all(kept[key] == wanted for key, wanted in writers.acknowledged.items())


def test_one_of_many_gets_a_unique_value(workspace: Workspace, server: Server) -> None:
    headers = {"authorization": f"Bearer {workspace.token}"}
    body = {"data": {"values": {"name": "Acme", "domains": ["acme.example.com"]}}}
    barrier = threading.Barrier(32)

    def ask(_: int) -> int:
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
            barrier.wait()
            return client.post(COMPANIES, json=body).status_code

    with ThreadPoolExecutor(32) as pool:
        statuses = sorted(pool.map(ask, range(32)))
    assert statuses == [200] + [400] * 31
    assert workspace.count("companies") == 1


def test_two_processes_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    with started("--data", str(path)) as one, started("--data", str(path)) as two:
        assert one.token == two.token
        both = [Writers(each.url, each.token, 3) for each in (one, two)]
        while any(len(each.acknowledged) < 20 for each in both):
            time.sleep(0.01)
        for each in both:
            each.end()
        made = {"data": {"api_slug": "ships", "singular_noun": "Ship", "plural_noun": "Ships"}}
        assert one.http.post("/v2/objects", json=made).status_code == 200
        assert two.http.get("/v2/objects/ships").status_code == 200, "seen by the other at once"
        assert one.end() == two.end() == 0
    kept = kept_in(path)
    for each in both:
        assert each.acknowledged
        assert all(kept[key] == wanted for key, wanted in each.acknowledged.items())


def fill(http: httpx.Client) -> tuple[int, httpx.Response]:
    """Write until a write is refused; gives how many were not, and the refusal."""
    for number in range(10_000):
        values = {"name": f"{number}", "description": "x" * 20_000}
        answer = http.post(COMPANIES, json={"data": {"values": values}})
        if answer.status_code != 200:
            return number, answer
    raise AssertionError("the disk is never full")


def test_a_full_disk_is_said_and_undone(tmp_path: Path) -> None:
    path = tmp_path / "crm.db"
    workspace = Workspace(path)
    workspace._engine.database.run("PRAGMA max_page_count = 300")
    headers = {"authorization": f"Bearer {workspace.token}"}
    with Server(workspace) as server, httpx.Client(base_url=server.url, headers=headers) as http:
        count, refused = fill(http)
        assert refused.status_code == 507
        assert "make room" in refused.json()["message"]
        assert http.post(f"{COMPANIES}/query").status_code == 200
        assert workspace.count("companies") == count
        workspace._engine.database.run("PRAGMA max_page_count = 100000")
        body = {"data": {"values": {"name": "again"}}}
        assert http.post(COMPANIES, json=body).status_code == 200
    workspace.close()
    reopened = Workspace(path)
    assert reopened.count("companies") == count + 1
    reopened.close()


def test_a_file_that_may_not_grow(tmp_path: Path) -> None:
    """As on a disk that is full: the system itself refuses to write."""
    path = tmp_path / "crm.db"
    program = f"""if True:
        import resource, signal, sys
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, {resource.RLIM_INFINITY}))
        from attio_orm.cli import main
        sys.exit(main(["sandbox", "--port", "0", "--data", {str(path)!r}, "--token", "t"]))
    """
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stdout is not None
    url = process.stdout.readline().split()[2]
    with httpx.Client(base_url=url, headers={"authorization": "Bearer t"}) as http:
        count, refused = fill(http)
        assert count
        assert refused.status_code == 507
        assert "crm.db" in refused.json()["message"]
        assert http.post(f"{COMPANIES}/query", json={"limit": 1}).status_code == 200
    process.terminate()
    process.communicate(timeout=30)
    reopened = Workspace(path)
    assert reopened.count("companies") == count
    reopened.close()


def test_a_file_locked_by_another_program_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "crm.db"
    workspace = Workspace(path)
    workspace._engine.database.run("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    headers = {"authorization": f"Bearer {workspace.token}"}
    with Server(workspace) as server:
        body = {"data": {"values": {"name": "a"}}}
        answer = httpx.post(f"{server.url}{COMPANIES}", headers=headers, json=body)
        assert answer.status_code == 503
        assert "in use by another process" in answer.json()["message"]
        other.execute("ROLLBACK")
        other.close()
        answer = httpx.post(f"{server.url}{COMPANIES}", headers=headers, json=body)
        assert answer.status_code == 200
    workspace.close()


def test_the_error_in_process_is_clear(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "crm.db")
    workspace._engine.database.run("PRAGMA max_page_count = 200")
    with pytest.raises(WorkspaceFileError, match="make room"):
        workspace.load("companies", ({"name": "x" * 5_000} for _ in range(10_000)))
    assert workspace.count("companies") == 0
    workspace.close()
