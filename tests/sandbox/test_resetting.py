"""A workspace as a whole: reset, snapshot, restore, and a seed in the place of it."""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import SnapshotError, WebhookDelivery, Workspace
from attio_sandbox.storage import SCHEMA_VERSION
from tests.sandbox.client import Client, record_id

URL = "https://app.example/hooks"
Open = Callable[..., Workspace]


@pytest.fixture(params=["memory", "file"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    path = None if request.param == "memory" else tmp_path / "crm.db"
    made: list[Workspace] = []

    def open_(**options: object) -> Workspace:
        made.append(Workspace(path, **options))  # type: ignore[arg-type]
        return made[-1]

    yield open_
    for each in made:
        each.close()


def add_company(workspace: Workspace, name: str) -> str:
    return record_id(Client(workspace).create("companies", name=name))


def test_a_reset_goes_back_to_the_start(opened: Open) -> None:
    workspace = opened(token="stays")
    known = workspace.workspace_id
    company = add_company(workspace, "Acme")
    workspace.define_object("projects", "Project", "Projects")
    other = workspace.access.add_token(["record_permission:read"])
    for _ in range(2):
        workspace.reset()
        api = Client(workspace)
        assert (workspace.token, workspace.workspace_id) == ("stays", known)
        assert api.send("GET", f"/v2/objects/companies/records/{company}").status == 404
        assert api.send("GET", "/v2/objects/projects").status == 404
        assert not workspace.access.accepts({"authorization": f"Bearer {other}"})
        add_company(workspace, "Beta")
        assert workspace.count("companies") == 1


def test_a_reset_keeps_the_seed(opened: Open) -> None:
    workspace = opened(seed="crm")
    people = workspace.look_up("/v2/objects/people/records/query", json={"limit": 5})
    assert workspace.count("people") == 3000
    workspace.load("people", [{"job_title": "Analyst"}])
    workspace.reset()
    assert workspace.count("people") == 3000
    assert workspace.look_up("/v2/objects/people/records/query", json={"limit": 5}) == people


def test_a_reset_keeps_a_seed_of_records(opened: Open) -> None:
    workspace = opened(seed={"records": {"companies": [{"name": "Acme"}]}})
    found = workspace.look_up("/v2/objects/companies/records/query", json={})
    add_company(workspace, "Beta")
    workspace.reset()
    assert workspace.look_up("/v2/objects/companies/records/query", json={}) == found


def test_a_reset_of_a_file_that_was_there_makes_it_anew(tmp_path: Path) -> None:
    first = Workspace(tmp_path / "crm.db", token="stays")
    add_company(first, "Acme")
    first.close()
    again = Workspace(tmp_path / "crm.db", seed={"records": {"people": [{"name": "Ada"}]}})
    assert (again.count("companies"), again.count("people")) == (1, 0)
    again.reset()
    assert (again.token, again.count("companies"), again.count("people")) == ("stays", 0, 1)
    again.close()


def test_a_reset_forgets_faults_requests_deliveries_and_the_clock(opened: Open) -> None:
    workspace = opened()
    workspace.receive(URL, lambda delivery: 200)
    add_hook(workspace)
    add_company(workspace, "Acme")
    workspace.faults.fail_next(503, times=5)
    workspace.clock.move(86_400)
    workspace.clock.freeze()
    before = workspace.clock.now()
    assert len(workspace.webhooks.deliveries) == 1
    workspace.reset()
    assert workspace.requests == []
    assert workspace.webhooks.deliveries == []
    assert workspace.clock.now() < before
    add_company(workspace, "Beta")  # no fault
    assert workspace.webhooks.deliveries == [], "the webhook is gone"


def add_hook(workspace: Workspace) -> None:
    subscriptions = [{"event_type": "record.created", "filter": None}]
    body = {"data": {"target_url": URL, "subscriptions": subscriptions}}
    Client(workspace).data("POST", "/v2/webhooks", body)


def test_a_delivery_on_its_way_is_nobodys_after_a_reset(opened: Open) -> None:
    workspace = opened()
    add_hook(workspace)
    snapshot = workspace.snapshot()
    seen: list[str] = []

    def receive(delivery: WebhookDelivery) -> int:
        seen.append(str(delivery.event["id"]["record_id"]))
        if len(seen) == 1:
            workspace.restore(snapshot)  # from inside of what it sends
        return 200

    workspace.receive(URL, receive)
    add_company(workspace, "Acme")
    assert len(seen) == 1
    assert workspace.webhooks.deliveries == []
    add_company(workspace, "Beta")
    assert [each.status for each in workspace.webhooks.deliveries] == [200]


def test_what_is_owed_in_a_snapshot_is_delivered_after_it(opened: Open) -> None:
    workspace = opened()
    add_hook(workspace)
    answers = [500, 200]
    workspace.receive(URL, lambda delivery: answers.pop(0))
    add_company(workspace, "Acme")
    snapshot = workspace.snapshot()
    workspace.reset()
    workspace.restore(snapshot)
    workspace.clock.move(3600)
    (delivery,) = workspace.webhooks.deliveries
    assert (delivery.attempt, delivery.status) == (2, 200)


def test_a_snapshot_is_restored_in_another_workspace(opened: Open) -> None:
    workspace = opened(token="stays")
    with_acme = Workspace()
    company = add_company(with_acme, "Acme")
    for snapshot in (with_acme.snapshot(), workspace.snapshot(), with_acme.snapshot()):
        workspace.restore(snapshot)
        assert workspace.token == "stays"
        assert not workspace.access.accepts({"authorization": f"Bearer {with_acme.token}"})
    record = Client(workspace).read("companies", company)
    assert record["id"]["workspace_id"] == with_acme.workspace_id
    with_acme.close()


def test_a_snapshot_of_a_file_is_one_of_memory_and_a_file(tmp_path: Path) -> None:
    file = Workspace(tmp_path / "crm.db")
    company = add_company(file, "Acme")
    snapshot = file.snapshot()
    file.close()
    memory = Workspace()
    memory.restore(snapshot)
    (tmp_path / "copy.db").write_bytes(memory.snapshot())
    copy = Workspace(tmp_path / "copy.db")
    for workspace in (memory, copy):
        assert Client(workspace).read("companies", company)["id"]["record_id"] == company
        workspace.close()


def test_statements_of_before_do_not_read_the_tables_of_now(opened: Open) -> None:
    # SQLite numbers tables by when they were made. A statement that was prepared for one order
    # would read another table in a database that was made in another.
    workspace = opened()
    company = add_company(workspace, "Acme")
    rows = sqlite3.connect(":memory:", isolation_level=None)
    rows.deserialize(workspace.snapshot())
    rows.create_function("fold", 1, str.casefold, deterministic=True)
    tables = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
    statements = [sql for (sql,) in rows.execute(f"{tables} ORDER BY type = 'index', name DESC")]
    other = sqlite3.connect(":memory:", isolation_level=None)
    other.create_function("fold", 1, str.casefold, deterministic=True)
    for sql in statements:
        other.execute(sql)
    for (table,) in rows.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        found = rows.execute(f"SELECT * FROM {table}").fetchall()
        marks = ", ".join("?" * len(found[0])) if found else ""
        if found and table not in ("sqlite_sequence", "sqlite_stat1"):
            other.executemany(f"INSERT INTO {table} VALUES ({marks})", found)
    for pragma in ("application_id", "user_version"):
        other.execute(f"PRAGMA {pragma} = {rows.execute(f'PRAGMA {pragma}').fetchone()[0]}")
    snapshots = [other.serialize(), workspace.snapshot()]
    rows.close()
    other.close()
    for snapshot in snapshots * 2:
        workspace.restore(snapshot)
        assert Client(workspace).read("companies", company)["id"]["record_id"] == company
        assert workspace.count("companies") == 1


def changed(snapshot: bytes, at: int, number: int) -> bytes:
    return snapshot[:at] + number.to_bytes(4) + snapshot[at + 4 :]


def test_snapshots_that_are_none(opened: Open) -> None:
    workspace = opened()
    company = add_company(workspace, "Acme")
    snapshot = workspace.snapshot()
    wrong = {
        "not a snapshot": [b"", b"{}", b"PK" * 4000],
        "another program": [changed(snapshot, 68, 7)],
        f"format {SCHEMA_VERSION + 1}.*Upgrade attio-orm": [
            changed(snapshot, 60, SCHEMA_VERSION + 1)
        ],
        "format 1,.*Take it anew": [changed(snapshot, 60, 1)],
        "damaged": [
            snapshot[:-4096],
            snapshot + b"\0",
            snapshot[:100] + bytes(8000) + snapshot[8100:],
            snapshot[:20_000] + os.urandom(200_000) + snapshot[220_000:],
        ],
    }
    for words, bodies in wrong.items():
        for body in bodies:
            with pytest.raises(SnapshotError, match=words):
                workspace.restore(body)
    assert Client(workspace).read("companies", company)["id"]["record_id"] == company
    assert workspace.count("companies") == 1


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM meta",
        "DELETE FROM meta WHERE key = 'token'",
        "DELETE FROM meta WHERE key = 'slug'",
        "DELETE FROM meta WHERE key = 'token_id'",
        "UPDATE tokens SET id = '9d2bb0b4-1d2a-4f5e-8d4c-0c3a3f6e7b01'",
        "DELETE FROM actors WHERE type = 'api-token'",
        "DROP TABLE records; CREATE TABLE records (num)",
    ],
)
def test_a_snapshot_that_lacks_what_every_request_needs(opened: Open, statement: str) -> None:
    """Else nobody could even reset the workspace: its token is asked for first."""
    workspace = opened()
    add_company(workspace, "Acme")
    token = workspace.token
    with closing(sqlite3.connect(":memory:")) as edited:
        edited.create_function("fold", 1, str.casefold, deterministic=True)
        edited.deserialize(workspace.snapshot())
        edited.executescript(statement)
        changed_by_hand = edited.serialize()
    with pytest.raises(SnapshotError, match="damaged"):
        workspace.restore(changed_by_hand)
    assert workspace.token == token
    assert len(Client(workspace).query("companies")) == 1


def test_a_file_is_a_snapshot_too(tmp_path: Path) -> None:
    """A file says that it has a log beside it; that of a workspace which was closed has none."""
    workspace = Workspace(tmp_path / "crm.db")
    add_company(workspace, "Acme")
    workspace.close()
    other = Workspace()
    other.restore((tmp_path / "crm.db").read_bytes())
    assert other.count("companies") == 1


def test_an_older_snapshot_gets_the_tables_it_lacks(opened: Open) -> None:
    workspace = opened()
    company = add_company(workspace, "Acme")
    old = sqlite3.connect(":memory:")
    old.create_function("fold", 1, str.casefold, deterministic=True)
    old.deserialize(workspace.snapshot())
    old.execute("DROP TABLE comments")
    old.execute("PRAGMA user_version = 2")
    old.commit()
    workspace.reset()
    workspace.restore(old.serialize())
    old.close()
    member = workspace.look_up("/v2/workspace_members")[0]["id"]["workspace_member_id"]
    body = {
        "data": {
            "format": "plaintext",
            "content": "Hello",
            "author": {"type": "workspace-member", "id": member},
            "record": {"object": "companies", "record_id": company},
        }
    }
    assert Client(workspace).send("POST", "/v2/comments", body).status == 200


def test_other_processes_of_the_file_see_a_reset(tmp_path: Path) -> None:
    one, two = Workspace(tmp_path / "crm.db"), Workspace(tmp_path / "crm.db")
    add_company(one, "Acme")
    one.define_object("projects", "Project", "Projects")
    assert two.count("companies") == 1
    one.reset()
    assert two.count("companies") == 0
    assert Client(two).send("GET", "/v2/objects/projects").status == 404
    assert one.token == two.token
    add_company(two, "Beta")
    assert one.count("companies") == 1
    for each in (one, two):
        each.close()
    assert [each.name for each in tmp_path.iterdir()] == ["crm.db"]


def test_requests_go_on_while_it_is_reset(opened: Open) -> None:
    workspace = opened()
    done = threading.Event()
    answers: set[int] = set()

    def ask() -> None:
        api = Client(workspace)
        while not done.is_set():
            made = api.send("POST", "/v2/objects/companies/records", {"data": {"values": {}}})
            answers.add(made.status)
            answers.add(api.send("POST", "/v2/objects/companies/records/query", {}).status)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for _ in range(15):
        workspace.reset()
    done.set()
    for each in threads:
        each.join()
    workspace.reset()
    assert answers <= {200}
    assert workspace.count("companies") == 0


def test_sql_sees_a_reset(opened: Open) -> None:
    workspace = opened(billing_plan="enterprise")

    def names() -> list[Any]:
        query = {"sql": "SELECT name FROM objects.companies"}
        answer = Client(workspace).send("POST", "/v2/sql", query)
        assert answer.status == 200, answer
        return [row["name"] for row in answer.json["data"]["rows"]]

    for name in ("Acme", "Beta"):  # as many changes each time
        add_company(workspace, name)
        assert names() == [name]
        workspace.reset()
    assert names() == []


def test_not_while_something_is_arranged_as_a_whole(opened: Open) -> None:
    workspace = opened()
    with workspace.setup.together():
        workspace.load("companies", [{"name": "Acme"}])
        with pytest.raises(ValueError, match="together"):
            workspace.reset()
    assert workspace.count("companies") == 1


def test_not_after_it_was_closed(opened: Open) -> None:
    workspace = opened()
    workspace.close()
    for act in (workspace.reset, workspace.snapshot):
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            act()


def test_a_seed_takes_the_place_of_the_workspace(opened: Open) -> None:
    workspace = opened(token="stays")
    add_company(workspace, "Acme")
    assert workspace.seed("crm") == []
    assert (workspace.count("people"), workspace.token) == (3000, "stays")
    workspace.seed("empty")
    assert workspace.count("companies") == 0
    with pytest.raises(ValueError, match="no seed 'big'"):
        workspace.seed("big")  # type: ignore[arg-type]


def test_only_its_owner_may_read_a_file(tmp_path: Path) -> None:
    if os.name != "posix":
        return  # files have no modes there
    path = tmp_path / "crm.db"

    def modes() -> set[int]:
        return {stat.S_IMODE(each.stat().st_mode) for each in tmp_path.iterdir()}

    before = os.umask(0)
    try:
        workspace = Workspace(path)
        add_company(workspace, "Acme")
        assert (len(list(tmp_path.iterdir())), modes()) == (3, {0o600})
        workspace.close()
        path.chmod(0o644)  # as earlier versions made it
        workspace = Workspace(path)
        assert workspace.count("companies") == 1
        workspace.close()
        assert modes() == {0o600}
        foreign = tmp_path / "notes.txt"
        foreign.write_text("shopping " * 100)
        foreign.chmod(0o644)
        with pytest.raises(Exception, match="not a workspace file"):
            Workspace(foreign)
        assert stat.S_IMODE(foreign.stat().st_mode) == 0o644
    finally:
        os.umask(before)
