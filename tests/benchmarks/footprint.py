"""What a record takes: in the file of a workspace, and in the memory of the one that serves it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from http.client import HTTPConnection

import msgspec

from attio_sandbox import Workspace
from tests.benchmarks.crowds import COLLEAGUES, IN_LIST, crowds, fill
from tests.benchmarks.measuring import Result, forked, resident, trim

PAGE = 500
TOKEN = "benchmark"
_QUERY = "/v2/objects/people/records/query"


def footprint(*, sizes: tuple[int, ...] = (10_000, 100_000)) -> Result:
    """Bytes of the file for each person, of which indexes, and the memory of a server."""
    result = Result(
        "footprint",
        f"The file of a workspace for each person, with a company for every {COLLEAGUES} and an"
        f" entry for every {IN_LIST}, and the memory of the one that serves it",
        "bytes a person, or MB",
    )
    with crowds(sizes) as paths:
        for size, path in paths.items():
            result.add(f"file, {size:,}", os.path.getsize(path) / size)
            for part, taken in _parts(path).items():
                result.add(f"{part}, {size:,}", taken / size)

            def rendered(path: str = path, size: int = size) -> float:
                return _rendered(path, size)

            result.add(f"JSON of the answers, {size:,}", forked(rendered))
            result.compare(f"file, {size:,}", f"JSON of the answers, {size:,}", 1.0)
        largest = sizes[-1]
        for when, taken in _served(paths[largest], largest).items():
            result.add(f"memory of a server of {largest:,} {when}", taken / 1e6, "MB")

    def held() -> float:
        trim()
        before = resident()
        workspace = fill(None, largest)
        trim()
        taken = resident() - before
        workspace.close()
        return taken / 1e6

    result.add(f"memory of a workspace of {largest:,} without a file", forked(held), "MB")
    return result


def _parts(path: str) -> dict[str, int]:
    """The bytes of the records, of their values by column, and of indexes, where SQLite tells."""
    database = sqlite3.connect(path)
    try:
        rows = database.execute(
            "SELECT s.tbl_name, s.type, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s"
            " ON s.name = d.name WHERE s.tbl_name IN ('records', 'cells') GROUP BY 1, 2"
        ).fetchall()
    except sqlite3.Error:
        return {}  # a build of SQLite without dbstat
    finally:
        database.close()
    return {f"{kind} of {table}": taken for table, kind, taken in sorted(rows)}


def _rendered(path: str, size: int) -> float:
    workspace = Workspace(path)
    headers = {"authorization": f"Bearer {workspace.token}"}
    body = msgspec.json.encode({"limit": min(PAGE, size)})
    reply = workspace.handle("POST", _QUERY, headers=headers, body=body)
    workspace.close()
    return len(reply.body) / len(msgspec.json.decode(reply.body)["data"])


def _served(path: str, size: int) -> dict[str, int]:
    """The memory of a server at its start, and after everybody was read through it."""
    command = [sys.executable, "-m", "attio_orm", "sandbox", "--port", "0"]
    command += ["--data", path, "--token", TOKEN]
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[2].removeprefix("http://")
            found = {"at its start": _resident_of(process)}
            connection = HTTPConnection(address)
            for offset in range(0, size, PAGE):
                body = json.dumps({"limit": PAGE, "offset": offset})
                connection.request("POST", _QUERY, body, headers)
                answer = connection.getresponse()
                raw = answer.read()
                assert answer.status == 200, raw
            connection.close()
            found["after all were read"] = _resident_of(process)
        finally:
            process.terminate()
    return found


def _resident_of(process: subprocess.Popen[str]) -> int:
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
