"""Sessions, and the identity map: within one session, one record is one object.

The map holds its objects weakly; an explicit session keeps the recently used alive beside it.
"""

from __future__ import annotations

import sys
import threading
import weakref
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import TYPE_CHECKING, Any

from attio_orm.connection.defaults import holding
from attio_orm.effects.concurrency import handed_on
from attio_orm.errors import ValidationError

if TYPE_CHECKING:
    from cachetools import LRUCache

    from attio_orm.connection.base import BaseConnection

RECENT = 10_000


def now() -> float:
    """The seconds that ages are counted in: they never go back, unlike the machine's clock."""
    return monotonic()


def check_ttl(seconds: object) -> float | None:
    """A time to live: ``None``, or seconds from 0 up. Raises ``ValidationError``."""
    if seconds is None:
        return None
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not seconds >= 0:
        raise ValidationError(f"ttl is in seconds, from 0 up, or None; not {seconds!r}.")
    return seconds


def check_size(objects: object) -> int:
    """How many objects a session keeps: from 1 up. Raises ``ValidationError``."""
    if not isinstance(objects, int) or isinstance(objects, bool) or objects < 1:
        raise ValidationError(
            f"size is how many objects a session keeps, a whole number from 1 up; not {objects!r}."
        )
    return objects


class _Ref(weakref.ref[Any]):
    __slots__ = ("key",)
    key: str


class RefMap:
    """Record id -> live object, weakly. Not locked: its session is."""

    __slots__ = ("_dead", "_mark", "_refs")

    def __init__(self) -> None:
        self._refs: dict[str, _Ref] = {}
        self._dead: deque[_Ref] = deque()
        # The garbage collector may call this at any moment, also in a thread that holds the lock.
        # So it takes none, and the next access drains what it has noted.
        self._mark = self._dead.append

    def get(self, key: str) -> Any:
        """The live object of this id, or ``None``."""
        found = self._refs.get(key)
        return found() if found is not None else None

    def all(self) -> list[Any]:
        """Every object that is alive."""
        found = [ref() for ref in self._refs.values()]
        return [each for each in found if each is not None]

    def put(self, key: str, value: object) -> _Ref:
        """Hold ``value`` weakly under ``key``; gives the reference."""
        if self._dead:
            self.drain()
        ref = _Ref(value, self._mark)
        ref.key = key
        self._refs[key] = ref
        return ref

    def discard(self, key: str) -> None:
        """Forget this id."""
        self._refs.pop(key, None)

    def drain(self) -> None:
        """Drop the entries of objects that are gone."""
        dead, refs = self._dead, self._refs
        while dead:
            ref = dead.popleft()
            if refs.get(ref.key) is ref:  # and no newer object of this id
                del refs[ref.key]

    def __len__(self) -> int:
        self.drain()
        return len(self._refs)


class Session:
    """One unit of work on one connection.

    ``ttl`` is in seconds: how long ``get(id=...)`` may answer from here without a request. An
    explicit session keeps the ``size`` most recently used objects alive, and changed ones until
    they are saved, refreshed or dropped.
    """

    def __init__(
        self,
        connection: BaseConnection,
        *,
        ttl: float | None = None,
        size: int = RECENT,
        explicit: bool = False,
    ) -> None:
        # weakly, or an implicit session would keep the key alive that it is kept under
        self.connection_ref = weakref.ref(connection)
        self.ttl = ttl
        self.explicit = explicit
        self.lock = threading.RLock()
        self._maps: dict[type[Any], RefMap] = {}
        self._recent: LRUCache[tuple[type[Any], str], Any] | None = None
        if explicit:
            from cachetools import LRUCache  # scripts without a session need not import it

            self._recent = LRUCache(maxsize=size)
        self._used: dict[tuple[type[Any], str], None] = {}  # since the last came in, in order
        self._changed: dict[int, Any] = {}  # by identity: what is new has no id yet
        self.lazy_loads: dict[tuple[str, int, str], int] = {}  # by file, line and what

    @property
    def connection(self) -> BaseConnection | None:
        """The connection this session belongs to (``None`` once that is gone)."""
        return self.connection_ref()

    def map(self, model: type[Any]) -> RefMap:
        """The identity map of one model."""
        found = self._maps.get(model)
        if found is None:
            found = self._maps.setdefault(model, RefMap())  # one for all threads that come first
        return found

    def get(self, model: type[Any], record_id: str) -> Any:
        """The live object of this record, or ``None``."""
        refs, recent = self._maps.get(model), self._recent
        found = None if refs is None else refs.get(record_id)
        if found is None or recent is None:
            return found
        # Which was used last matters when the next one comes in: until then it is only noted, for
        # which no lock is needed.
        key = model, record_id
        if key in recent:
            self._used.pop(key, None)
            self._used[key] = None
        else:
            self.keep(model, record_id, found)
        return found

    def every(self, record_id: str) -> list[Any]:
        """The live objects of one record, of whatever class: several may stand for an object."""
        with self.lock:
            found = [refs.get(record_id) for refs in self._maps.values()]
            return [each for each in found if each is not None]

    def live(self, model: type[Any] | None = None) -> list[Any]:
        """Every object of the session that is alive, or those of one model."""
        with self.lock:
            maps = self._maps.values() if model is None else [self.map(model)]
            return [each for refs in maps for each in refs.all()]

    def keep(self, model: type[Any], record_id: str, instance: object) -> None:
        """Note ``instance`` as recently used."""
        with self.lock:
            recent, used = self._recent, self._used
            if recent is None:
                return
            for key in list(used):  # a copy in one step, as others note theirs meanwhile
                used.pop(key, None)
                if key in recent:
                    recent[key]  # as cachetools counts its use
            recent[model, record_id] = instance

    def hold(self, instance: object) -> None:
        """Keep a changed object alive (explicit sessions only, until they end)."""
        with self.lock:
            if self._recent is not None:
                self._changed[id(instance)] = instance

    def release(self, instance: object) -> None:
        """The object has nothing unsaved any more."""
        if self._changed:  # mostly nothing is, and then no lock is needed
            with self.lock:
                self._changed.pop(id(instance), None)

    def expunge(self, instance: Any) -> None:
        """Forget one object; it stays usable, and the next fetch makes a new one."""
        with self.lock:
            record_id = instance.id
            self._changed.pop(id(instance), None)
            if record_id is None:
                return
            model: type[Any] = instance.__class__
            if self.map(model).get(record_id) is instance:  # and not what was loaded after it
                self.map(model).discard(record_id)
                if self._recent is not None:
                    self._recent.pop((model, record_id), None)

    def end(self) -> None:
        """Keep nothing alive any more: one object that outlives the session does not hold all."""
        with self.lock:
            self._recent = None
            self._used.clear()
            self._changed.clear()

    def clear(self) -> None:
        """Forget every object; those still referenced stay usable."""
        with self.lock:
            self._maps.clear()
            self._changed.clear()
            self._used.clear()
            if self._recent is not None:
                self._recent.clear()

    def __len__(self) -> int:
        with self.lock:
            return sum(len(each) for each in self._maps.values())

    def __repr__(self) -> str:
        kind = f"ttl={self.ttl}" if self.explicit else "implicit"
        return f"<Session {kind}, {len(self)} objects>"


class _Implicit(weakref.WeakKeyDictionary["BaseConnection", Session]):
    """The sessions of one thread or root task, by connection."""


_explicit: ContextVar[tuple[Session, ...]] = ContextVar("attio_orm_sessions", default=())
_task: ContextVar[_Implicit | None] = ContextVar("attio_orm_task_sessions", default=None)
_thread = threading.local()


def session_of(connection: BaseConnection) -> Session:
    """The session in use here: an explicit one, else that of the thread or root task."""
    for session in reversed(_explicit.get()):
        if session.connection_ref() is connection:
            return session
    implicit = _implicit()
    found = implicit.get(connection)
    if found is None:  # of several threads that come first, all get the same one
        found = implicit.setdefault(connection, Session(connection))
    return found


def _implicit() -> _Implicit:
    found = _task.get()
    if found is None:
        if in_task():
            found = _Implicit()
            _task.set(found)
        else:
            found = getattr(_thread, "implicit", None)
            if found is None:
                found = _thread.implicit = _Implicit()
    return found


# The threads and tasks that one operation starts share the session of its caller.
handed_on.append(lambda: (_task, _implicit()))


@contextmanager
def entered(session: Session) -> Generator[Session]:
    """Make ``session`` the one in use inside the block."""
    with holding(_explicit, (*_explicit.get(), session)):
        yield session


def enter(session: Session) -> None:
    """Make ``session`` the one in use from now on, in a context that is never left."""
    _explicit.set((*_explicit.get(), session))


def loop_is_running() -> bool:
    """Whether an event loop runs in this thread; asyncio is not imported to find out."""
    events = sys.modules.get("asyncio.events")
    return events is not None and events._get_running_loop() is not None


def in_task() -> bool:
    """Whether this code runs inside an asyncio task; asyncio is not imported to find out."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return False
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False
