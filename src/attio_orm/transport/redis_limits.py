"""Limits that several processes share: a book in Redis, written by a script and Redis' own clock.

Each request books the next free time there. Times are evenly spaced, first come, first served, and
no clock of a caller counts: what a caller gets is a number of seconds to wait.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from importlib import import_module
from threading import Semaphore as ThreadSemaphore
from typing import TYPE_CHECKING, Any, Literal, cast

from attio_orm.caller_warnings import warn
from attio_orm.effects import Operation, call
from attio_orm.errors import ConnectionFailedError, ValidationError
from attio_orm.transport.limits import Freed, Kind, Unbooked
from attio_orm.transport.process_locks import ProcessLock
from attio_orm.transport.tokens import HiddenKey
from attio_orm.transport.urls import host_of

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Semaphore, Task
    from collections.abc import AsyncGenerator

PERIOD = 1.04
"""Seconds in which the limit is used up: a second, and a little for requests that bunch on their
way from several processes."""

PATIENCE = 1.0
"""Seconds that Redis may take, unless its address says otherwise (``?socket_timeout=5``)."""

PROBED = 1.0
"""Seconds after which a Redis that could not be used is asked again."""

SOON = 0.05
"""Seconds after which those who could not ask Redis look again, at the earliest."""

HANDED_OVER = PROBED + SOON + PERIOD
"""Seconds after which all who went on without Redis have asked it again, and their last requests
are a second ago."""

NEVER = 10**15
"""Microseconds, longer than anybody waits."""

MOST_CONNECTIONS = 16
"""What the threads of a process use at most, and the tasks of each event loop."""

OnOutage = Literal["local", "wait", "raise"]

# ARGV: what to do, a number of microseconds, those until the end of what the caller has booked so
# far, whether its answer may be asked for twice (KEYS[2] keeps it then), from which wait on nothing
# is booked, and those that a book at rest rests on. Gives microseconds.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local what, number, ahead = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local book = redis.call('HMGET', KEYS[1], 'seen', 'paused', 'read', 'write')
local seen = tonumber(book[1]) or now
-- a clock that was set back takes all times with it, or everybody would wait for the old ones
local back = math.max(0, seen - now)
local function moment(text)
  local at = (tonumber(text) or 0) - back
  -- nobody books an hour ahead: the key was written by others, or the clock is another one
  if at <= now + 3600000000 then return at end
  return now
end
local at = { paused = moment(book[2]), read = moment(book[3]), write = moment(book[4]) }
local wait = 0
if what == 'pause' then
  at.paused = math.max(at.paused, now + number)
  at.read = math.max(at.read, at.paused)
  at.write = math.max(at.write, at.paused)
else
  local again = string.sub(what, 1, 6) == 'again:'
  local kind = again and string.sub(what, 7) or what
  if again and at.paused <= now then return 0 end
  if ARGV[4] == '1' then
    local known = tonumber(redis.call('GET', KEYS[2]))
    if known then return math.max(0, known - now) end
  end
  -- the book was lost, by a restart or an eviction, or the clock was set on, by more than the way
  -- of a question takes: what the caller holds of it still counts
  local isLost = not tonumber(book[kind == 'read' and 3 or 4])
  if isLost or now + ahead > at[kind] + 100000 then at[kind] = now + ahead end
  -- after an outage others go on without Redis until they ask again
  local rest = tonumber(ARGV[6])
  if rest > 0 and at[kind] <= now + ahead then at[kind] = now + ahead + rest end
  local mine = math.max(now, at[kind], at.paused)
  wait = mine - now
  if wait >= tonumber(ARGV[5]) then return wait end
  at[kind] = mine + number
  if ARGV[4] == '1' then
    redis.call('SET', KEYS[2], string.format('%.0f', mine), 'PX', 60000 + math.ceil(wait / 1000))
  end
end
local last = math.max(at.paused, at.read, at.write) - now
redis.call('HSET', KEYS[1], 'seen', string.format('%.0f', now),
  'paused', string.format('%.0f', at.paused),
  'read', string.format('%.0f', at.read), 'write', string.format('%.0f', at.write))
redis.call('PEXPIRE', KEYS[1], 60000 + math.ceil(math.max(0, last) / 1000))
return wait
"""


class RedisLimiter:
    """At most ``reads`` and ``writes`` requests a second, together with all that share a key.

    Give it to ``connect(limits=...)`` in each process; ``url`` is an address of Redis
    (``redis://``, ``rediss://``, ``unix://``). ``key`` defaults to a hash of the connection's
    access token, and has to be given where a callable gives tokens. Requests are spaced evenly, and
    a 429 of one process pauses all. ``on_outage`` says what becomes of requests while Redis cannot
    be used: ``"local"`` warns once and takes a quarter of each limit in this process, ``"wait"``
    waits for Redis, ``"raise"`` raises ``ConnectionFailedError``. Needs
    ``pip install "attio-orm[redis]"`` (``ImportError`` without); raises ``ValidationError``.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        reads: int = 100,
        writes: int = 25,
        on_outage: OnOutage = "local",
    ) -> None:
        given = HiddenKey(url)  # it may hold a password, which no traceback is to show
        del url
        if on_outage not in ("local", "wait", "raise"):
            raise ValidationError(f'on_outage takes "local", "wait" or "raise", not {on_outage!r}.')
        for name, number in (("reads", reads), ("writes", writes)):
            if type(number) is not int or number < 1:
                raise ValidationError(
                    f"{name} is a whole number a second, from 1 on, not {number!r}."
                )
        if key is not None and (not isinstance(key, str) or not key):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValidationError(f"key is a name, such as that of a workspace, not {key!r}.")
        self.key = key
        self.reads = reads
        self.writes = writes
        self.on_outage: OnOutage = on_outage
        self._redis = _Redis(given)
        self._books: dict[str, _Book] = {}

    def for_token(self, base: str, key: HiddenKey | None) -> _Book:
        """The limiter of one connection: that of its token at an address, unless it has a key."""
        name = self.key
        if name is None:
            name = key.digest() if key is not None else host_of(base)
            if name is None:
                raise ValidationError(
                    "A RedisLimiter counts by the access token, and here a callable gives it: "
                    'name the workspace, by RedisLimiter(..., key="...").'
                )
            name = name[:32]
        # one for all connections with the token, so that they share what is done without Redis
        return self._books.setdefault(name, _Book(self, self._redis, name))

    def reserve(self, kind: Kind) -> Operation[float]:
        """Book the next free time for a request; gives the seconds to wait for it."""
        return self._own().reserve(kind)

    def again(self, kind: Kind, wait: float) -> Operation[float]:
        """The seconds to wait on after a wait; 0 unless a pause has begun meanwhile."""
        return self._own().again(kind, wait)

    def pause(self, seconds: float) -> Operation[None]:
        """Let nothing of all processes out for some seconds."""
        return self._own().pause(seconds)

    def close(self) -> None:
        """Let go of the sockets of threads; they are opened anew where they are needed."""
        self._redis.close()

    async def aclose(self) -> None:
        """Let go of the sockets of this event loop, and of those of threads."""
        await self._redis.aclose()

    def __repr__(self) -> str:
        return f"RedisLimiter({self._redis.place!r}, reads={self.reads}, writes={self.writes})"

    def __reduce__(self) -> Any:
        raise TypeError("A RedisLimiter is not pickled: make one in each process.")

    def _own(self) -> _Book:
        if self.key is None:
            raise ValidationError(
                "This RedisLimiter has no key yet: give it to connect(limits=...), which counts by "
                "the access token, or name one, by RedisLimiter(..., key=...)."
            )
        return self.for_token("", None)


class _Book:
    """The limits of one key, and what this process does while Redis cannot be used."""

    def __init__(self, limiter: RedisLimiter, redis: _Redis, name: str) -> None:
        self._limiter = limiter
        self._redis = redis
        # in braces, so that a cluster keeps what belongs together in one place
        self.name = f"attio-orm:limits:{{{name}}}"
        self._spacing = {
            kind: round(PERIOD * 1e6 / limit)
            for kind, limit in (("read", limiter.reads), ("write", limiter.writes))
        }
        # alone a quarter of the limit, and no more in any second: of 25 these are 6
        self._spacing_alone = {
            kind: PERIOD / (limit // 4) if limit >= 4 else 4 * PERIOD / limit
            for kind, limit in (("read", limiter.reads), ("write", limiter.writes))
        }
        # until when this process has booked, by its own clock
        self._booked: dict[Kind, float] = {"read": 0.0, "write": 0.0}
        self._has_warned = False
        # without Redis: which limits it keeps alone, until when it has booked of each, its pauses
        self._alone_with: set[Kind] = set()
        self._booked_alone: dict[Kind, float] = {"read": 0.0, "write": 0.0}
        self._paused_until = 0.0
        self._freed: dict[Kind, Freed] = {"read": Freed(), "write": Freed()}
        self._lock = ProcessLock()  # for arithmetic only

    def reserve(self, kind: Kind) -> Operation[float]:
        """As ``RedisLimiter.reserve``."""
        return (yield from self._reserve(kind, kind, ""))

    def reserve_within(self, kind: Kind, seconds: float) -> Operation[float]:
        """As ``reserve``; nothing is booked where the wait is ``seconds`` or longer."""
        return (yield from self._reserve(kind, kind, "", seconds))

    def again(self, kind: Kind, wait: float) -> Operation[float]:
        """As ``RedisLimiter.again``."""
        if isinstance(wait, Unbooked):
            return (yield from self._reserve(kind, kind, wait.name))
        return (yield from self._reserve(kind, f"again:{kind}", ""))

    def give_back(self, kind: Kind, seconds: float) -> None:
        """Nobody waits for a booked time any more: the next of this process gets it."""
        with self._lock.here:
            self._freed[kind].add(time.monotonic() + seconds)

    def pause(self, seconds: float) -> Operation[None]:
        """As ``RedisLimiter.pause``."""
        # whether Redis hears of it or not
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)
        if self._redis.may_be_asked():
            try:
                yield from self._redis.run(
                    (self.name, self.name), ("pause", round(seconds * 1e6), 0, 0, NEVER, 0)
                )
            except self._redis.failures as failure:
                self._note_outage(failure)

    def close(self) -> None:
        """As ``RedisLimiter.close``."""
        self._limiter.close()

    async def aclose(self) -> None:
        """As ``RedisLimiter.aclose``."""
        await self._limiter.aclose()

    def _reserve(
        self, kind: Kind, what: str, name: str, within: float = math.inf
    ) -> Operation[float]:
        is_waited_for = self._limiter.on_outage == "wait"
        if what == kind and not name:
            with self._lock.here:
                now = time.monotonic()
                freed = self._freed[kind].take(max(now, self._paused_until), now + within)
            if freed is not None:  # of this process, so Redis need not be asked
                return freed - now
        if not self._redis.may_be_asked():
            return self._without(kind, what, name, self._redis.failure, within)
        if is_waited_for and not name:
            from uuid import uuid4  # here: no other limiter needs it

            name = uuid4().hex
        booked = max(self._booked[kind], self._booked_alone[kind])
        ahead = max(0.0, booked - time.monotonic())
        most = NEVER if within >= NEVER / 1e6 else max(1, round(within * 1e6))
        # who has to wait for its own share has filled it, and so may others
        is_full = kind in self._alone_with and ahead > 0
        rest = round(HANDED_OVER * 1e6) if is_full else 0
        asked = (what, self._spacing[kind], round(ahead * 1e6), int(is_waited_for), most, rest)
        try:
            wait = yield from self._redis.run((self.name, f"{self.name}:{name}"), asked)
        except self._redis.failures as failure:
            self._note_outage(failure)
            return self._without(kind, what, name, failure, within)
        seconds = wait / 1e6
        if (seconds or what == kind) and wait < most:
            self._alone_with.discard(kind)
            until = time.monotonic() + seconds + self._spacing[kind] / 1e6
            self._booked[kind] = max(self._booked[kind], until)
        return max(seconds, self._paused_until - time.monotonic())

    def _note_outage(self, failure: Exception) -> None:
        if "WRONGTYPE" in str(failure):
            raise ValidationError(
                f"The key {self.name!r} of the Redis at {self._redis.place} holds something that "
                f"is not a limiter's: delete it, or give RedisLimiter(key=...) another name."
            ) from None
        self._redis.note_outage(failure)

    def _without(
        self, kind: Kind, what: str, name: str, failure: Exception | None, within: float
    ) -> float:
        """What is done while Redis cannot be used."""
        mode = self._limiter.on_outage
        if mode == "raise":
            raise ConnectionFailedError(
                f"The limits are kept in the Redis at {self._redis.place}, which cannot be used"
                f"{_told(failure)}. Nothing was sent. Start it, or let requests go on without it, "
                f'by RedisLimiter(..., on_outage="local").'
            ) from failure
        if mode == "wait":
            wait = Unbooked(max(SOON, self._redis.down_until - time.monotonic()))
            wait.name = name
            return wait
        if not self._has_warned:
            self._has_warned = True
            warn(
                f"The Redis at {self._redis.place}, which keeps the limits, cannot be used"
                f"{_told(failure)}. Until it can, this process takes a quarter of each limit.",
                RuntimeWarning,
            )
        if what != kind and time.monotonic() >= self._paused_until:
            return 0.0  # its time was booked, before Redis went away or after
        return self._alone(kind, within)

    def _alone(self, kind: Kind, within: float) -> float:
        """The wait for the next of the times that this process gives by itself."""
        with self._lock.here:
            now = time.monotonic()
            if kind not in self._alone_with:
                # where there was something to wait for, a second after it: what others had booked
                # would go out in the same one
                self._alone_with.add(kind)
                if self._booked[kind] > now:
                    self._booked_alone[kind] = self._booked[kind] + PERIOD
            at = max(now, self._booked_alone[kind], self._paused_until)
            if at - now >= within:
                return at - now
            look = max(now, self._redis.down_until) + SOON
            if at > look:  # or what is booked here would come on top of what Redis gives then
                return Unbooked(look - now)
            # as evenly as Redis does: others have just sent what it gave them
            self._booked_alone[kind] = at + self._spacing_alone[kind]
            return at - now


def _told(failure: Exception | None) -> str:
    return f" ({str(failure).rstrip('.')})" if failure is not None and str(failure) else ""


class _OfLoop:
    """The client of one event loop, whose sockets that loop closes when it shuts down.

    asyncio closes the async generators of a loop at its end, so a suspended one does that.
    """

    def __init__(self, client: Any, turns: Semaphore) -> None:
        self.client = client
        self.turns = turns  # of those who ask at one time
        self._guard = _guard(client)
        self._is_watched = False

    async def watch(self) -> None:
        """Begin with it."""
        if not self._is_watched:
            self._is_watched = True
            await anext(self._guard)


async def _guard(client: Any) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        await client.connection_pool.disconnect()


def _most(client: Any) -> int:
    """The connections that may be open at a time; the client raises where there are more."""
    return min(MOST_CONNECTIONS, int(client.connection_pool.max_connections))


class _Redis:
    """The clients of one Redis: one for threads, which a fork may use too, one an event loop."""

    def __init__(self, url: HiddenKey) -> None:
        """Raises ``ImportError`` without the extra, ``ValidationError`` for a bad address."""
        try:
            self._module: Any = import_module("redis")
        except ImportError:
            raise ImportError(
                'A RedisLimiter needs the package redis: pip install "attio-orm[redis]".'
            ) from None
        self._url = url
        try:
            self.place = host_of(str(url.given)) or "its socket"
            self._client: Any = self._made(self._module)
            pool = self._client.connection_pool
            pool.connection_class(**pool.connection_kwargs)  # it does not connect; are there such?
        except (ValueError, TypeError, AttributeError):
            raise ValidationError(
                "This is not an address of Redis: it begins with redis://, rediss:// or unix://, "
                "such as redis://localhost:6379/0, and has options of the client alone after a ?."
            ) from None
        self._of_threads: dict[int, ThreadSemaphore] = {}
        self._loops: dict[AbstractEventLoop, _OfLoop] = {}
        self._asking: set[Task[Any]] = set()
        self._lock = ProcessLock()
        self.failures: tuple[type[Exception], ...] = (
            self._module.exceptions.RedisError, OSError, TimeoutError,
        )  # fmt: skip
        self._sha = ""
        self.down_until = float("-inf")
        self.failure: Exception | None = None  # that of the outage, while it lasts

    def may_be_asked(self) -> bool:
        """Whether it is there, as far as it is known.

        After an outage one caller finds out, and the others go on without it meanwhile: each would
        wait in vain where it hangs.
        """
        if self.failure is None:
            return True
        with self._lock.here:
            now = time.monotonic()
            if now < self.down_until:
                return False
            self.down_until = now + PROBED
            return True

    def note_outage(self, failure: Exception) -> None:
        """It could not be used."""
        # without its traceback, whose frames would live as long as the outage
        self.failure = failure.with_traceback(None)
        self.down_until = time.monotonic() + PROBED

    def run(self, keys: tuple[str, str], arguments: tuple[Any, ...]) -> Operation[float]:
        """Run the script, once: what may have been done is not asked for again."""
        everything = (2, *keys, *arguments)
        before = self.failure

        def sync() -> Any:
            with self._turns():
                self._hear(before)
                if self._sha:
                    try:
                        return self._client.evalsha(self._sha, *everything)
                    except self._module.exceptions.NoScriptError:
                        pass  # Redis is a new one, and has done nothing
                answer = self._client.eval(SCRIPT, *everything)
                self._note_sha()
                return answer

        async def async_() -> Any:
            from asyncio import create_task, shield  # here: sync programs import none of it

            # a task of its own: the client does not let each cancellation through, and one that
            # comes between question and answer would cost the connection
            asking = create_task(self._asked(everything, before))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
            return await shield(asking)

        answer = float((yield from call(sync, async_)))
        if before is not None and self.failure is before:
            self.failure = None
        return answer

    async def _asked(self, everything: tuple[Any, ...], before: Exception | None) -> Any:
        found = await self._of_loop()
        async with found.turns:
            self._hear(before)
            if self._sha:
                try:
                    return await found.client.evalsha(self._sha, *everything)
                except self._module.exceptions.NoScriptError:
                    pass
            answer = await found.client.eval(SCRIPT, *everything)
            self._note_sha()
            return answer

    def _turns(self) -> ThreadSemaphore:
        """For threads that ask at one time; each process has its own, see ``ProcessLock``."""
        pid = os.getpid()
        found = self._of_threads.get(pid)
        return found or self._of_threads.setdefault(pid, ThreadSemaphore(_most(self._client)))

    def _hear(self, before: Exception | None) -> None:
        """Raise where those who had their turn before have found out that it is away."""
        now = self.failure
        if now is not None and now is not before:
            raise self._module.exceptions.ConnectionError(str(now))

    def close(self) -> None:
        """Close the idle sockets of threads."""
        self._client.connection_pool.disconnect(inuse_connections=False)

    async def aclose(self) -> None:
        """Close the idle sockets of this event loop, and those of threads."""
        from asyncio import gather, get_running_loop

        self.close()
        loop = get_running_loop()
        # what nobody waits for any more still has its connection
        asking = [each for each in self._asking.copy() if each.get_loop() is loop]
        await gather(*asking, return_exceptions=True)
        found = self._loops.get(loop)
        if found is not None:
            await found.client.connection_pool.disconnect(inuse_connections=False)

    def _note_sha(self) -> None:
        from hashlib import sha1  # by which Redis knows a script

        self._sha = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()

    async def _of_loop(self) -> _OfLoop:
        from asyncio import Semaphore, get_running_loop

        loop = get_running_loop()
        found = self._loops.get(loop)
        if found is None:
            with self._lock.here:
                # each asyncio.run() is one more loop: what they leave must not pile up
                for over in [each for each in self._loops if each.is_closed()]:
                    del self._loops[over]
                made = self._made(import_module("redis.asyncio"))
                found = self._loops[loop] = _OfLoop(made, Semaphore(_most(made)))
            await found.watch()
        return found

    def _made(self, module: Any) -> Any:
        retry: Any = import_module(f"{module.__name__}.retry").Retry
        backoff: Any = import_module("redis.backoff").NoBackoff
        options = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "retry": retry(backoff(), 0),  # a repeat would book another time
        }
        made: Callable[..., Any] = module.ConnectionPool.from_url
        return module.Redis(connection_pool=made(cast("str", self._url.given), **options))
