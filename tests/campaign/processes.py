"""Programs that are killed in the middle of a write, and what they had said by then."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from attio_orm.testing import sandbox
from attio_sandbox.server import Server
from tests.campaign.journal import Journal
from tests.campaign.models import Client
from tests.campaign.operations import Tally
from tests.campaign.proxy import Line, Proxy

CHILDREN = 2
PATIENCE = 60.0
"""Seconds for a program to begin."""

DELAY = 0.7


def killed(
    seed: str, tally: Tally, folder: Path, *, seconds: float, rate: float, is_bad: bool = False
) -> None:
    """Let programs write, kill each within so many seconds, and look at what is there.

    What one acknowledged in its file is there once; what failed is not; of the rest, which is
    unknown or was under way, there is one at most.
    """
    dice = random.Random(seed)
    with ExitStack() as stack:
        handle = stack.enter_context(sandbox())
        handle.define(Client)
        journal = Journal(handle, meddling=0.0)
        server = stack.enter_context(Server(handle.workspace))
        proxy = stack.enter_context(Proxy(server.port, journal.see, delay=DELAY))
        programs: list[tuple[subprocess.Popen[bytes], Path, Line, float]] = []
        for n in range(CHILDREN):
            line = proxy.line(f"{seed}/{n}", 0.0)
            path = folder / f"{seed.replace('/', '-')}-{n}"
            command = [
                sys.executable, "-m", "tests.campaign.child", line.url, handle.token, str(path),
                journal.new_record(), f"{seed}/{n}", ("sync", "async")[n % 2],
                "bad" if is_bad else "good",
            ]  # fmt: skip
            program = subprocess.Popen(command)
            stack.callback(program.kill)
            programs.append((program, path, line, 0.05 + dice.random() * seconds))
        for program, path, line, _ in programs:
            _wait_for(path, program)
            line.rate, line.burst = rate, max(rate, 0.4)
        for program, _, line, life in programs:
            time.sleep(life)
            program.kill()
            program.wait()
            tally.met += line.met
            tally.met["killed"] += 1
        programs[0][2].rest()
        tally.edits += journal.edits
        announced: set[str] = set()
        for _, path, _, _ in programs:
            announced |= _check(path, journal, tally)
        for mark in journal.made.keys() - announced:
            tally.fault("mistaken", f"{mark} was made, and nobody said so")


def _wait_for(path: Path, program: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while not path.exists() or path.read_bytes().count(b"\nmade") < 2:
        if program.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"a program did not begin: {program.returncode}")
        time.sleep(0.005)


def _check(path: Path, journal: Journal, tally: Tally) -> set[str]:
    """Compare what a program said with what is there; gives all it began."""
    said: dict[str, str] = {}
    for each in path.read_text().splitlines():
        word, _, what = each.partition(" ")
        if word != "begin" or what not in said:
            said[what] = word
    for what, word in said.items():
        tally.count("operations")
        if word == "made":
            tally.count("acknowledged")
        else:
            tally.count("failed" if word == "failed" else "unknown")
        if what.startswith("title"):
            _, id, value = what.split(" ", 2)
            place = f"/v2/notes/{id}"
            times = sum(each.value == value for each in journal.since(place, "title"))
            if value in journal.came_back(place, "title"):
                tally.fault("overwritten", f"{what} came back")
            times = min(times, 1)  # the same, written again, is what it was
            tally.names["note title"] += 1
        else:
            times = len(journal.there(what))
            tally.names["create"] += 1
        if word == "made" and not times:
            tally.fault("lost", f"{path.name}: {what}")
        if word == "failed" and times:
            tally.fault("denied", f"{path.name}: {what}")
        if times > 1:
            tally.fault("doubled", f"{path.name}: {what}, {times} times")
    return set(said)
