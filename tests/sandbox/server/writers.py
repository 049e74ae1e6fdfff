"""Clients that write to a served sandbox at once, and note what was acknowledged."""

from __future__ import annotations

import threading
from typing import Any

import httpx

COMPANIES = "/v2/objects/companies/records"


class Writers:
    """`count` clients, each creating and changing companies until the server is gone or `end()`."""

    def __init__(self, url: str, token: str, count: int) -> None:
        self.url = url
        self.headers = {"authorization": f"Bearer {token}"}
        self.acknowledged: dict[str, tuple[str, str]] = {}
        self.tried: set[str] = set()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(count)]
        for each in self._threads:
            each.start()

    def end(self) -> None:
        """Wait until all have stopped."""
        self._over.set()
        for each in self._threads:
            each.join()

    def _run(self, writer: int) -> None:
        with httpx.Client(base_url=self.url, headers=self.headers, timeout=30) as client:
            number = 0
            while not self._over.is_set():
                name = f"{writer}-{number}"
                number += 1
                try:
                    self._write(client, name)
                except httpx.TransportError:
                    return

    def _write(self, client: httpx.Client, name: str) -> None:
        with self._lock:
            self.tried.add(name)
        # Two values in one write: half of it would be one without the other.
        values = {"name": name, "description": f"of {name}", "domains": [f"d{name}.example"]}
        answer = client.post(COMPANIES, json={"data": {"values": values}})
        if answer.status_code != 200:
            return
        key = answer.json()["data"]["id"]["record_id"]
        with self._lock:
            self.acknowledged[key] = (name, f"of {name}")
        changed = {"name": f"{name}!", "description": f"of {name}!"}
        answer = client.patch(f"{COMPANIES}/{key}", json={"data": {"values": changed}})
        if answer.status_code == 200:
            with self._lock:
                self.acknowledged[key] = (f"{name}!", f"of {name}!")


def stored(read: Any) -> dict[str, tuple[str, str]]:
    """Name and description of every company by id; `read` gives a page of the query."""
    found: dict[str, tuple[str, str]] = {}
    offset = 0
    while page := read({"limit": 500, "offset": offset}):
        offset += len(page)
        for each in page:
            values = each["values"]
            assert len(values["domains"]) == 1
            found[each["id"]["record_id"]] = (
                values["name"][0]["value"],
                values["description"][0]["value"],
            )
    return found


def check(kept: dict[str, tuple[str, str]], writers: Writers) -> None:
    """Every acknowledged write is there, and what was not acknowledged is there whole or not."""
    assert writers.acknowledged, "something was written"
    for key, (name, description) in writers.acknowledged.items():
        # The change after it may have been stored and its answer lost.
        assert kept[key] in ((name, description), (f"{name}!", f"{description}!"))
    for name, description in kept.values():
        assert description == f"of {name}"
        assert name.removesuffix("!") in writers.tried
