"""A program that writes until it is killed: ``python -m tests.campaign.child URL TOKEN ...``.

To a file it appends what it begins, and what came of it, each in one write: ``begin``, then
``made``, ``unknown`` or ``failed``.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from typing import Any
from unittest.mock import patch

from attio_orm import AttioError, Model, OutcomeUnknownError, ServerError, TransportError, connect
from attio_orm.attributes import Text

AUTHOR = "owner@sandbox.example"
DEADLINE = 0.5
"""Seconds for an answer."""


class Client(Model, object="clients", on_drift="ignore"):
    name: Text


class Child:
    """Its operations: one that ``is_bad`` says that all is done, and does nothing."""

    def __init__(self, file: int, record: str, seed: str, *, is_async: bool, is_bad: bool) -> None:
        self.file, self.record, self.is_async, self.is_bad = file, record, is_async, is_bad
        self.dice = random.Random(seed)
        self.number = int(seed.rpartition("/")[2]) * 100_000
        self.notes: list[Any] = []

    def tell(self, *words: str) -> None:
        os.write(self.file, f"{' '.join(words)}\n".encode())

    async def call(self, owner: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        found = getattr(owner, f"a{method}" if self.is_async else method)(*args, **kwargs)
        return await found if self.is_async else found

    async def run(self) -> None:
        while True:
            await self.step()

    async def step(self) -> None:
        self.number += 1
        mark, record = f"mark {self.number}", Client.ref(self.record)
        kind = self.dice.choice(("notes", "tasks", "comments", "folders", "titles", "titles"))
        if kind == "titles" and self.notes:
            note = self.dice.choice(self.notes)
            value = f"ours {self.number}"
            note.title = value
            done = await self.tried(f"title {note.id} {value}", self.call(note, "save"))
            if done is None:
                self.notes.remove(note)
        elif kind == "tasks":
            await self.tried(mark, self.call(record.tasks, "create", mark))
        elif kind == "comments":
            await self.tried(mark, self.call(record, "add_comment", mark, author=AUTHOR))
        elif kind == "folders":
            await self.tried(mark, self.call(record.files, "create_folder", mark))
        else:
            note = await self.tried(mark, self.call(record.notes, "create", mark))
            if note is not None:
                self.notes.append(note)

    async def tried(self, what: str, work: Any) -> Any:
        """What it gave; ``None`` where it failed."""
        self.tell("begin", what)
        if self.is_bad:
            self.tell("made", what)
            work.close()
            time.sleep(0.01)
            return None
        try:
            found = await work
        except AttioError as error:
            is_open = isinstance(error, OutcomeUnknownError)
            if what.startswith("title"):  # what is repeated may have arrived at any of its errors
                is_open = is_open or isinstance(error, TransportError | ServerError)
            self.tell("unknown" if is_open else "failed", what)
            return None
        self.tell("made", what)
        return True if found is None else found


def main(url: str, token: str, path: str, record: str, seed: str, colour: str, bad: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        try:
            made = connect(url, api_key=token, limits=None, timeout=DEADLINE, on_drift="ignore")
            break
        except AttioError:
            continue
    child = Child(file, record, seed, is_async=colour == "async", is_bad=bad == "bad")
    with made.active():
        if child.is_async:
            asyncio.run(child.run())
        else:
            child.run().send(None)


if __name__ == "__main__":
    with patch("random.uniform", lambda low, high: low + (high - low) * 0.02):
        main(*sys.argv[1:])
