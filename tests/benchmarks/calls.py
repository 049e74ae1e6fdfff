"""Calls a second of the sandbox in process, over the same work in bare SQLite and JSON."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from time import process_time
from typing import Any

from tests.benchmarks.crowds import fill, person
from tests.benchmarks.measuring import Result, interleaved

PEOPLE = 2_000
PAGE = 500
_BASE = "/v2/objects/people/records"
Call = Callable[[int], Any]


class Bare:
    """The same answers, kept as JSON text in one table: found by id, by e-mail address, by time.

    What it knows of Attio is one answer, which it takes as the form of all.
    """

    def __init__(self, people: int, form: dict[str, Any]) -> None:
        self.form = form
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.execute(
            "CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT UNIQUE, created_at TEXT,"
            " body TEXT)"
        )
        self.database.execute("CREATE INDEX people_by_time ON people (created_at, id)")
        self.keys = [self.insert(person(number, people)) for number in range(people)]

    def insert(self, values: dict[str, Any]) -> str:
        key, now = str(uuid.uuid4()), datetime.now(UTC).isoformat()
        ids = {**self.form["id"], "record_id": key}
        filled = self.filled(self.form["values"], values)
        text = json.dumps({**self.form, "id": ids, "created_at": now, "values": filled})
        self.database.execute(
            "INSERT INTO people VALUES (?, ?, ?, ?)", (key, values["email_addresses"][0], now, text)
        )
        return key

    def filled(self, values: dict[str, Any], sent: dict[str, Any]) -> dict[str, Any]:
        """The values of the form, with the text that was sent in those that have one."""
        changed = {
            name: [{**self.form["values"][name][0], "value": value}]
            for name, value in sent.items()
            if isinstance(value, str)
        }
        return {**values, **changed}

    def read(self, key: str) -> str:
        text: str = self.database.execute(
            "SELECT body FROM people WHERE id = ?", (key,)
        ).fetchone()[0]
        return text

    def create(self, sent: bytes) -> bytes:
        key = self.insert(json.loads(sent)["data"]["values"])
        return f'{{"data":{self.read(key)}}}'.encode()

    def get(self, key: str) -> bytes:
        return f'{{"data":{self.read(key)}}}'.encode()

    def patch(self, key: str, sent: bytes) -> bytes:
        found = json.loads(self.read(key))
        found["values"] = self.filled(found["values"], json.loads(sent)["data"]["values"])
        text = json.dumps(found)
        self.database.execute("UPDATE people SET body = ? WHERE id = ?", (text, key))
        return f'{{"data":{text}}}'.encode()

    def find(self, sent: bytes) -> bytes:
        email = json.loads(sent)["filter"]["email_addresses"]
        rows = self.database.execute("SELECT body FROM people WHERE email = ?", (email,))
        return f'{{"data":[{",".join(text for (text,) in rows)}]}}'.encode()

    def page(self, sent: bytes) -> bytes:
        asked = json.loads(sent)
        rows = self.database.execute(
            "SELECT body FROM people ORDER BY created_at, id LIMIT ? OFFSET ?",
            (asked["limit"], asked["offset"]),
        )
        return f'{{"data":[{",".join(text for (text,) in rows)}]}}'.encode()


class Local:
    """The same calls of a workspace, in process."""

    def __init__(self, people: int) -> None:
        self.workspace = fill(None, people)
        self.headers = {"authorization": f"Bearer {self.workspace.token}"}
        found = json.loads(self.page(b'{"limit": 500, "offset": 0}'))["data"]
        self.keys = [each["id"]["record_id"] for each in found]
        self.form: dict[str, Any] = found[0]

    def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        reply = self.workspace.handle(method, path, headers=self.headers, body=body)
        assert reply.status == 200, reply.body
        return reply.body

    def create(self, sent: bytes) -> bytes:
        return self.ask("POST", _BASE, sent)

    def get(self, key: str) -> bytes:
        return self.ask("GET", f"{_BASE}/{key}")

    def patch(self, key: str, sent: bytes) -> bytes:
        return self.ask("PATCH", f"{_BASE}/{key}", sent)

    def find(self, sent: bytes) -> bytes:
        return self.ask("POST", f"{_BASE}/query", sent)

    page = find


def _works(subject: Bare | Local, people: int, numbers: count[int]) -> dict[str, Call]:
    def made(values: dict[str, Any]) -> bytes:
        return json.dumps({"data": {"values": values}}).encode()

    def key(at: int) -> str:
        return subject.keys[at % len(subject.keys)]

    def create(at: int) -> bytes:
        values = person(next(numbers), people)
        del values["pipeline"]
        return subject.create(made(values))

    def find(at: int) -> bytes:
        email = person(at % people, people)["email_addresses"][0]
        return subject.find(json.dumps({"filter": {"email_addresses": email}}).encode())

    def page(at: int) -> bytes:
        return subject.page(json.dumps({"limit": PAGE, "offset": at % 1_000}).encode())

    return {
        "create": create,
        "get": lambda at: subject.get(key(at)),
        "patch": lambda at: subject.patch(key(at), made({"job_title": f"Founder {at}"})),
        "query of 1": find,
        f"query of {PAGE}": page,
    }


def calls(*, people: int = PEOPLE, each: int = 200, rounds: int = 7) -> Result:
    """Create, get, patch, a query of one and of a page, through `Workspace.handle`."""
    result = Result(
        "calls",
        f"A call of a workspace in memory with {people:,} people, from the bytes of the request to"
        " those of the answer; the floor keeps the answers as JSON text in one table of SQLite, and"
        " checks nothing",
        "µs of processor time",
    )
    numbers = count(people)
    local = Local(people)
    bare = Bare(people, local.form)
    names = list(_works(bare, people, numbers))
    for name in names:
        times = max(1, each // 20) if name == f"query of {PAGE}" else each
        cases = {
            f"{name}, {who}": _repeated(_works(subject, people, numbers)[name], times)
            for who, subject in (("sandbox", local), ("floor", bare))
        }
        taken = interleaved(cases, rounds, clock=process_time, units=times)
        for case, seconds in taken.items():
            result.add(case, seconds * 1e6, f"{1 / seconds:,.0f} a second")
        result.compare(f"{name}, sandbox", f"{name}, floor")
    asked = json.dumps({"limit": PAGE, "offset": 0}).encode()
    mine, theirs = (len(json.loads(subject.page(asked))["data"]) for subject in (local, bare))
    result.require(f"a page of both has {mine}", mine == theirs)
    local.workspace.close()
    bare.database.close()
    return result


def _repeated(work: Call, times: int) -> Callable[[], None]:
    def run() -> None:
        for at in range(times):
            work(at)

    return run
