"""Benchmark: four processes that share Attio's limit of writes by Redis; the cost of one reserve.

Each process writes as fast as it is let to a served sandbox that counts as Attio does; it counts by
the second of its clock, and what it refuses is counted here. It needs ``redis-server``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from attio_orm.effects import run
from attio_orm.limits import Limiter, RedisLimiter
from attio_orm.testing import serve
from tests.benchmarks.measuring import Result, interleaved
from tests.redis_server import RedisServer

WRITES = 25
"""What the sandbox takes a second."""

BOOKED, ALL = "writes a second that they took", "writes a second that are let in"
IN_REDIS, IN_PROCESS, PING = "reserve, in Redis", "reserve, in this process", "a ping of Redis"

_WORKER = """
import sys, time

from attio_orm import connect
from attio_orm.limits import RedisLimiter
from attio_orm.signals import request_finished

url, token, redis, begin, end = sys.argv[1:6]
told = []

def note(sender, status, purpose, **values):
    if purpose == "write":
        told.append((time.time(), status))

request_finished.connect(note)
connection = connect(url, api_key=token, limits=RedisLimiter(redis), on_drift="ignore")
time.sleep(max(0.0, float(begin) - time.time()))
while len(told) < 3 or time.time() < float(end):
    connection.api.tasks.create(content="Call")
for moment, status in told:
    print(moment, status)
"""


def shared_limits(*, processes: int = 4, seconds: float = 20.0, rounds: int = 5) -> Result:
    """So many processes for so many seconds; then the cost of one reserve."""
    result = Result(
        "shared-limits",
        f"{processes} processes write to a served sandbox as fast as a RedisLimiter lets them, for "
        f"{seconds:g} s; and what it costs to book a time",
        "",
    )
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        try:
            _together(result, server, processes, seconds)
            _one_reserve(result, server, rounds)
        finally:
            server.stop()
    return result


def _together(result: Result, server: RedisServer, processes: int, seconds: float) -> None:
    with serve("sandbox://?limits=attio") as sandbox:
        begin = time.time() + 1.5  # all have started by then
        command = [
            sys.executable, "-c", _WORKER, sandbox.url, sandbox.token, server.url, str(begin),
            str(begin + seconds),
        ]  # fmt: skip
        workers = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)
        ]
        told = [
            [line.split() for line in worker.communicate()[0].splitlines()] for worker in workers
        ]
    counts = [len(lines) for lines in told]
    moments = sorted(float(moment) for lines in told for moment, _ in lines)
    refused = sum(status == "429" for lines in told for _, status in lines)
    taken = (len(moments) - 1) / (moments[-1] - moments[0])
    result.add(BOOKED, taken)
    result.add(ALL, float(WRITES))
    # the other way round, as smaller is better: 0.95 of the limit and more
    result.compare(ALL, BOOKED, 1 / 0.95)
    result.add("writes of the busiest process", float(max(counts)))
    result.add("writes of the idlest process", float(min(counts)))
    result.compare("writes of the busiest process", "writes of the idlest process", 1.2)
    result.add(
        "the longest gap between two writes, in ms",
        1e3 * max(later - earlier for earlier, later in pairwise(moments)),
    )
    # no fact: where the machine is busy, what was let out in time comes late, and bunches
    result.add("writes sent", float(len(moments)))
    result.add("writes let in", float(len(moments) - refused))
    result.compare("writes sent", "writes let in", 1.0)
    result.require(f"each of {processes} processes had its turns", min(counts) > 2)


def _one_reserve(result: Result, server: RedisServer, rounds: int) -> None:
    times = 20 * rounds
    limiter, alone = RedisLimiter(server.url, key="cost"), Limiter(10**9)

    with server.client() as client:
        taken = interleaved(
            {
                IN_REDIS: lambda: [run(limiter.reserve("read")) for _ in range(times)],
                PING: lambda: [client.ping() for _ in range(times)],
                IN_PROCESS: lambda: [alone.reserve("read") for _ in range(times)],
            },
            rounds,
            units=times,
        )
    limiter.close()
    result.add_all({f"{name}, in µs": value * 1e6 for name, value in taken.items()})
    result.compare(f"{IN_REDIS}, in µs", f"{PING}, in µs", 2.5)
