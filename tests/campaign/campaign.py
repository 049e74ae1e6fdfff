"""Rounds of operations through the proxy, each on a workspace of its own."""

from __future__ import annotations

import asyncio
import itertools
import random
import threading
import time
import warnings
from collections.abc import Callable, Collection, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from attio_orm import AttioError, Connection, connect
from attio_orm.cache import Cache, RedisCache
from attio_orm.effects import sleep
from attio_orm.limits import RedisLimiter
from attio_orm.signals import post_save
from attio_orm.testing import sandbox
from attio_orm.transport import Backend, HttpBackend, Limiter, RateLimiter
from attio_sandbox.server import Server
from tests.campaign.journal import Journal
from tests.campaign.models import define
from tests.campaign.operations import OPERATIONS as RECORD_OPERATIONS
from tests.campaign.operations import Lane, Table, Tally, note_saved
from tests.campaign.processes import killed
from tests.campaign.proxy import FAULTS, Line, Proxy
from tests.campaign.resources import KINDS, Clerk
from tests.campaign.scene import Scene
from tests.colours import COLOURS
from tests.redis_server import RedisServer

OPERATIONS_OF: dict[str, Table] = {"records": RECORD_OPERATIONS, **KINDS}
"""The operations by what they are about."""

KILLED = "killed"
"""Processes, each killed at a random moment of its ``LIFE``, in seconds."""

LIFE = 2.0

MANY = 10_000
"""Requests a second that limiters let out here: the waits are not what is tried."""

OPERATIONS = 10_000
ROUND = 150
"""How many operations a workspace sees."""

LANES = 5
RATE = 0.12
"""The share of requests to which something happens."""

MEDDLING = 0.6
"""The share of writes that failed on the way after which somebody else changes the record."""

TIMEOUT, DEADLINE, DELAY = 1.0, 1.2, 1.5
"""Seconds: how long the client waits for an answer and, in each third round, for an operation, and
how long the proxy holds an answer back, which is longer.
"""


def campaign(
    operations: int = OPERATIONS,
    seed: int = 1,
    *,
    rounds: Collection[int] | None = None,
    rate: float = RATE,
    without: Collection[str] = (),
    over: str = "plain",
    about: str = "records",
    redis: RedisServer | None = None,
) -> Tally:
    """So many random operations; ``rounds`` picks some of their rounds by number.

    ``rate`` is the share of requests to which something happens, ``without`` leaves out faults of
    the line, ``over`` is one of ``WAYS``, ``about`` what is done: one of ``OPERATIONS_OF``, or
    ``KILLED``. With a ``redis``, limits and cache are kept there, and it is stopped now and then.
    """
    tally = Tally()
    if about == KILLED:
        with TemporaryDirectory() as folder:
            for number in itertools.count():
                if tally.counts["operations"] >= operations:
                    break
                killed(f"{seed}/{number}", tally, Path(folder), seconds=LIFE, rate=rate)
        return tally
    for number in range(-(-operations // ROUND)):
        if rounds is None or number in rounds:
            Round(
                number, seed, tally, rate=rate, without=without, over=over, about=about, redis=redis
            ).run(min(ROUND, operations - number * ROUND))
    return tally


class StepClock:
    """A clock that jumps: ahead by up to a minute, and back by a hundredth of a second."""

    def __init__(self, seed: str) -> None:
        self._dice, self._ahead = random.Random(seed), 0.0

    def __call__(self) -> float:
        if self._dice.random() < 0.05:
            self._ahead += self._dice.choice((-0.01, 1.0, 60.0))
        return time.monotonic() + self._ahead


class Round:
    """Some operations on a workspace of its own, shared out among the lanes.

    Rounds go by threads and by tasks in turn, two with a connection for each lane, two with one for
    all of them.
    """

    def __init__(
        self,
        number: int,
        seed: int,
        tally: Tally,
        *,
        rate: float = RATE,
        without: Collection[str] = (),
        backend: Callable[..., Backend] = HttpBackend,
        over: str = "plain",
        about: str = "records",
        redis: RedisServer | None = None,
    ) -> None:
        # rate is the share of requests to which something happens; backend sends them; about is
        # what the operations are; redis keeps limits and cache, and is stopped now and then
        self.name, self.tally, self.rate, self.backend = f"{seed}/{number}", tally, rate, backend
        self.over, self.about, self.redis = over, about, redis
        self.faults = tuple(each for each in FAULTS if each not in without)
        self.colour = COLOURS[number % 2]
        self.alone = number % 4 < 2
        self.deadline = None if number % 3 else DEADLINE

    def run(self, operations: int) -> None:
        """Do them, and look at what is left when nothing is under way any more."""
        with ExitStack() as stack:
            stack.enter_context(_quick_waits())
            stack.enter_context(post_save.connected_to(note_saved))
            handle = stack.enter_context(sandbox())
            define(handle)
            is_records = self.about == "records"
            scene = (Scene if is_records else Journal)(handle, meddling=MEDDLING)
            if self.redis is not None:
                stack.enter_context(_flapping(self.redis, self.tally))
            server = stack.enter_context(Server(handle.workspace))
            proxy = Proxy(server.port, scene.see, delay=DELAY, way=self.over)
            stack.enter_context(proxy)
            lines: list[Line] = []
            connections: list[Connection] = []
            for n in range(LANES if self.alone else 1):
                seed = f"{self.name}/{n}"
                lines.append(proxy.line(seed, self.rate, later=self.alone, only=self.faults))
                connections.append(stack.enter_context(self._connected(lines[-1], handle.token)))
            lanes: list[Lane] = []
            for n in range(LANES):
                place, dice = n if self.alone else 0, random.Random(f"{self.name}/{n} operations")
                lane = (Lane if is_records else Clerk)(
                    f"{self.name}/{n}", connections[place], lines[place], scene, self.colour,
                    dice, self.tally, alone=self.alone,
                    table=OPERATIONS_OF[self.about],
                )  # fmt: skip
                lanes.append(lane)
            works = [_many(lane, len(range(n, operations, LANES))) for n, lane in enumerate(lanes)]
            if self.colour.is_async:
                asyncio.run(_together(works, connections))
            else:
                with ThreadPoolExecutor(LANES) as pool:
                    for done in [pool.submit(_finish, work) for work in works]:
                        done.result()
            for lane in lanes:
                lane.at_the_end()
            for line in lines:
                self.tally.met += line.met
            self.tally.edits += scene.edits

    @contextmanager
    def _connected(self, line: Line, token: str) -> Generator[Connection]:
        """A connection by this line, whose introspection meets faults as well."""
        limits: RateLimiter | None = None
        cache: Cache | None = None
        if self.redis is not None:
            limits = RedisLimiter(self.redis.url, reads=MANY, writes=MANY)
            cache = Cache(ttl=300, backend=RedisCache(self.redis.url, self.name))
        elif self.about != "records":
            limits = Limiter(MANY, MANY, clock=StepClock(self.name))
        for _ in range(50):
            try:
                made = connect(
                    line.url, api_key=token, limits=limits, cache=cache, timeout=TIMEOUT,
                    on_drift="ignore", deadline=self.deadline,
                    transport=self.backend(line.url, **line.options),
                )  # fmt: skip
            except AttioError:
                continue
            except Exception as error:
                self.tally.fault("foreign", f"{self.name} connect(): {error!r}")
                continue
            with made:
                yield made
            return
        raise AssertionError("no connection in fifty attempts")


async def _many(lane: Lane, operations: int) -> None:
    for _ in range(operations):
        await lane.step()


async def _together(works: list[Coroutine[Any, Any, None]], connections: list[Connection]) -> None:
    async with asyncio.TaskGroup() as group:
        for work in works:
            group.create_task(work)
    for connection in connections:  # by the loop that its sockets are of
        await connection.aclose()


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Carry out a coroutine that never waits for a loop."""
    try:
        work.send(None)
    except StopIteration:
        return
    raise AssertionError("a sync lane has waited for something")


@contextmanager
def _flapping(server: RedisServer, tally: Tally) -> Generator[None]:
    """Stop Redis and start it again, empty, again and again; and start it in the end."""
    over = threading.Event()

    def flap() -> None:
        while True:
            server.stop()
            tally.met["Redis stopped"] += 1
            over.wait(random.uniform(0.05, 0.3))
            server.start()
            if over.wait(random.uniform(0.1, 0.4)):
                return

    thread = threading.Thread(target=flap, name="flapping")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The Redis at|The cache")
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


@contextmanager
def _quick_waits() -> Generator[None]:
    """Retries wait for a twentieth of what they would, and so does what limiters let wait."""
    with (
        patch("random.uniform", lambda low, high: low + (high - low) * 0.05 * random.random()),
        patch("attio_orm.transport.limits.sleep", lambda seconds: sleep(seconds * 0.02)),
        patch("attio_orm.transport.pacing.sleep", lambda seconds: sleep(seconds * 0.02)),
    ):
        yield
