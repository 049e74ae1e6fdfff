"""Workspaces in files: what is kept, and which files are refused."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from attio_sandbox import Workspace, WorkspaceFileError
from attio_sandbox.storage import (
    SCHEMA_VERSION,
    Database,
    _advice,  # pyright: ignore[reportPrivateUsage]
)
from tests.sandbox.client import Client, record_id


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "attio.db"


def test_a_file_keeps_everything(file: Path) -> None:
    first = Workspace(file)
    first.define_object("things", "Thing", "Things")
    first.define_attribute("things", api_slug="stage", type="status", statuses=["Open"])
    member = first.setup.add_member("kim@acme.example.com")
    api = Client(first)
    key = record_id(api.create("people", name="Ada", job_title="Analyst"))
    api.patch("people", key, job_title="Countess")
    before = api.read("people", key), api.history("people", key, "job_title")
    names = (first.token, first.workspace_id, first.slug)
    first.close()
    first.close()
    second = Workspace(str(file), seed="crm")  # a seed fills a new workspace only
    assert (second.token, second.workspace_id, second.slug) == names
    again = Client(second)
    assert (again.read("people", key), again.history("people", key, "job_title")) == before
    assert len(again.query("people")) == 1
    assert (
        again.data("GET", f"/v2/workspace_members/{member}")["email_address"]
        == "kim@acme.example.com"
    )
    statuses = again.data("GET", "/v2/objects/things/attributes/stage/statuses")
    assert [status["title"] for status in statuses] == ["Open"]
    again.create("people", name="Bob")
    second.close()


def test_files_are_wal_and_marked(file: Path) -> None:
    workspace = Workspace(file)
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    assert connection.execute("PRAGMA application_id").fetchone()[0] != 0
    connection.close()
    workspace.close()


def test_two_workspaces_on_one_file_see_each_other(file: Path) -> None:
    one, two = Workspace(file), Workspace(file)
    Client(one).create("people", name="Ada")
    assert len(Client(two).query("people")) == 1
    two.define_object("things", "Thing", "Things")
    assert Client(one).query("things") == []
    one.close()
    two.close()


def test_a_killed_process_loses_no_acknowledged_write(file: Path) -> None:
    script = f"""
import json, os, signal
from attio_sandbox import Workspace
workspace = Workspace({str(file)!r})
headers = {{"Authorization": "Bearer " + workspace.token}}
for index in range(30):
    body = json.dumps({{"data": {{"values": {{"name": str(index)}}}}}}).encode()
    reply = workspace.handle("POST", "/v2/objects/people/records", headers=headers, body=body)
    print(json.loads(reply.body)["data"]["id"]["record_id"], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == -9, done.stderr
    workspace = Workspace(file)
    assert sorted(Client(workspace).ids("people")) == sorted(done.stdout.split())
    workspace.close()


def test_a_file_of_text_is_refused(file: Path) -> None:
    file.write_text("not a database, but a text that is long enough to have a header" * 10)
    with pytest.raises(WorkspaceFileError, match=r"not a workspace file.*Choose another path"):
        Workspace(file)


def test_a_database_of_another_program_is_refused(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    with pytest.raises(WorkspaceFileError, match="another program"):
        Workspace(file)


def test_a_newer_file_is_refused(file: Path) -> None:
    Workspace(file).close()
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(WorkspaceFileError, match="Upgrade attio-orm"):
        Workspace(file)


def test_a_file_of_the_format_before_the_first_release_is_refused(file: Path) -> None:
    Workspace(file).close()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(WorkspaceFileError, match=r"format 1, which no release.*Remove the file"):
        Workspace(file)


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceFileError, match="directory"):
        Workspace(tmp_path / "nowhere" / "attio.db")
    with pytest.raises(WorkspaceFileError, match=r"directory|write"):
        Workspace(tmp_path)


def test_a_damaged_file_is_refused(file: Path) -> None:
    Workspace(file).close()
    damaged = bytearray(file.read_bytes())
    damaged[100:8192] = b"\xaa" * (8192 - 100)
    file.write_bytes(damaged)
    with pytest.raises(WorkspaceFileError, match="cannot be used"):
        Workspace(file)


def test_a_full_disk_undoes_the_write_and_says_so(file: Path) -> None:
    workspace = Workspace(file)
    api = Client(workspace)
    key = record_id(api.create("people", name="Ada"))
    database = workspace._engine.database  # pyright: ignore[reportPrivateUsage]
    (pages,) = database.row("PRAGMA page_count")
    database.run(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(WorkspaceFileError, match=r"full.*make room"):
        api.create("companies", name="Acme", description="x" * 1_000_000)
    assert api.query("companies") == []
    database.run("PRAGMA max_page_count = 1000000")
    api.create("companies", name="Acme", description="x" * 1_000_000)
    assert api.ids("people") == [key]
    workspace.close()


@pytest.mark.parametrize(
    ("problem", "advice"),
    [
        ("attempt to write a readonly database", "Give write permission"),
        ("database is locked", "in use by another process"),
        ("database disk image is malformed", "Restore it or choose another path"),
    ],
)
def test_what_to_do_about_trouble_with_a_file(problem: str, advice: str) -> None:
    workspace = Workspace()
    database = workspace._engine.database  # pyright: ignore[reportPrivateUsage]
    assert advice in _advice("attio.db", sqlite3.OperationalError(problem))
    with (
        pytest.raises((WorkspaceFileError, sqlite3.OperationalError)),
        database.transaction(writes=True),
    ):
        raise sqlite3.OperationalError(problem)
    assert Client(workspace).query("people") == []
    workspace.close()


def test_opening_a_new_file_twice_at_once_makes_one_workspace(file: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        workspaces = list(pool.map(lambda _: Workspace(file), range(8)))
    assert len({workspace.token for workspace in workspaces}) == 1
    for workspace in workspaces:
        workspace.close()


def test_a_file_without_its_workspace_is_refused(file: Path) -> None:
    Workspace(file).close()
    connection = sqlite3.connect(file)
    connection.execute("DELETE FROM meta")
    connection.commit()
    connection.close()
    with pytest.raises(WorkspaceFileError, match="cannot be used"):
        Workspace(file)


def test_an_unknown_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="'crm'"):
        Workspace(seed="big")  # type: ignore[arg-type]


def test_an_empty_path_is_refused() -> None:
    """SQLite would keep it in a file that is gone at the end."""
    with pytest.raises(WorkspaceFileError, match=r"path .* is empty"):
        Workspace("")


class TestWhetherATableIsEmpty:
    """It is remembered, and has to be forgotten whenever rows may be there after all."""

    ROW = "INSERT INTO pending (kind, record, due) VALUES ('merge', 'x', '9')"

    @pytest.fixture(params=["memory", "file"])
    def database(self, request: pytest.FixtureRequest, file: Path) -> Iterator[Database]:
        workspace = Workspace(file if request.param == "file" else None)
        database = workspace._engine.database
        assert database.is_empty("pending")
        yield database
        workspace.close()

    def test_after_writes(self, database: Database) -> None:
        database.run(self.ROW)
        assert not database.is_empty("pending")
        database.run("DELETE FROM pending")
        assert database.is_empty("pending")
        database.run(self.ROW)
        assert not database.is_empty("pending")

    def test_after_what_was_undone(self, database: Database) -> None:
        database.run(self.ROW)

        def fail(block: AbstractContextManager[object]) -> None:
            with block:
                database.run("DELETE FROM pending")
                assert database.is_empty("pending")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail(database.transaction(writes=True))
        assert not database.is_empty("pending")
        with database.transaction(writes=True):
            with pytest.raises(ZeroDivisionError):
                fail(database.savepoint())
            assert not database.is_empty("pending")

    def test_after_another_process_wrote(self, file: Path) -> None:
        one, two = Workspace(file), Workspace(file)
        with one._engine.call(writes=False):
            assert one._engine.database.is_empty("pending")
        two._engine.database.run(self.ROW)
        with one._engine.call(writes=False):
            assert not one._engine.database.is_empty("pending")
        one.close()
        two.close()

    def test_of_a_workspace_that_was_restored(self) -> None:
        workspace = Workspace()
        assert workspace._engine.database.is_empty("pending")
        fresh = workspace.snapshot()
        workspace._engine.database.run(self.ROW)
        full = workspace.snapshot()
        for snapshot, is_empty in ((fresh, True), (full, False)) * 2:
            workspace.restore(snapshot)
            assert workspace._engine.database.is_empty("pending") is is_empty
        workspace.close()


def test_a_read_in_memory_is_a_part_of_the_write_around_it() -> None:
    workspace = Workspace()
    database = workspace._engine.database
    with database.transaction(writes=False):
        assert not database.is_in_transaction, "there is nothing to undo"
        with database.transaction(writes=True):
            database.run(TestWhetherATableIsEmpty.ROW)

    def fail() -> None:
        with database.transaction(writes=True):
            with database.transaction(writes=False):
                database.run(TestWhetherATableIsEmpty.ROW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert database.row("SELECT count(*) FROM pending") == (1,)
    workspace.close()
