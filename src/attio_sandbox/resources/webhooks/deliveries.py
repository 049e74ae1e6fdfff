"""Delivers what the outbox owes: to receivers in this process, or by a worker over the network."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import replace

import msgspec

from attio_sandbox.clock import Clock
from attio_sandbox.requests import Settings
from attio_sandbox.resources.webhooks.messages import (
    TIMEOUT,
    Receiver,
    WebhookDelivery,
    message_headers,
)
from attio_sandbox.resources.webhooks.outbox import DEPTH, Outbox, Owed, is_inactive
from attio_sandbox.resources.webhooks.posting import Answer, Post
from attio_sandbox.storage import WorkspaceFileError
from attio_sandbox.timestamps import format_timestamp, to_datetime

MAX_LISTED = 1_000
# A receiver whose writes cause events for itself would go on for ever.
MAX_DEPTH = 25
MAX_AT_ONCE = 8
MAX_EACH_SECOND = 25  # to one target (facts.md 9)
# How often to look for what another process wrote into the same file.
_LOOK_EVERY = 60.0


class Deliveries:
    """Delivers the events of one workspace, after their transaction and outside its lock.

    Receivers in this process are called in the thread of the request, one at a time; where
    another thread is calling one just then, that thread takes over what is owed.
    """

    def __init__(self, outbox: Outbox, clock: Clock, settings: Settings) -> None:
        self.outbox = outbox
        self.clock = clock
        self._settings = settings
        self._listed: list[WebhookDelivery] = []
        self._receivers: dict[str, Receiver] = {}
        self._state = threading.Lock()
        self._calls = 0
        self._round = 0  # of which database the deliveries are
        self._is_draining = False
        self._is_closed = False
        self._worker = _Worker(self)
        clock.watch(self.wake)

    # What tests arrange and look at

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """The last attempts to deliver to webhooks, oldest first; `clear()` forgets them."""
        return self._listed

    @property
    def allow_http_targets(self) -> bool:
        """Whether webhooks are delivered over the network, and may have http:// targets.

        Off at first, so that a test sends nothing by accident: then only the receivers of
        `receive()` are told, and Attio's rule that targets are https:// holds.
        """
        return self._settings.allow_http_targets

    @allow_http_targets.setter
    def allow_http_targets(self, allow: bool) -> None:
        self._settings.allow_http_targets = allow
        self.wake()

    def receive(self, target_url: str, receiver: Receiver) -> Callable[[], None]:
        """Deliver to webhooks whose target starts with `target_url` by calling `receiver`.

        It gets a WebhookDelivery after the change was stored, in the thread that made the
        request, and gives the HTTP status of its answer; an exception is a target that does not
        answer, and is noted in `deliveries`. Failed deliveries are tried again when the clock
        comes to it. The function given ends it. `receiver` may use the workspace itself.
        """
        # Another dict each time, as other threads look for their receiver without a lock.
        self._receivers = {**self._receivers, target_url: receiver}
        self.wake()

        def stop() -> None:
            self._receivers = {
                known: found
                for known, found in self._receivers.items()
                if known != target_url or found is not receiver
            }

        return stop

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until all deliveries that are due were tried; False after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self.wake()
        while self._has_work():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
            if self.take(remote=False) is not None:
                self._drain()  # what fell due meanwhile
        return True

    def _has_work(self) -> bool:
        if self._is_draining or self._worker.is_busy:
            return True
        return any(self.take(remote=remote) is not None for remote in (False, True))

    # Delivering

    def wake(self) -> None:
        """Deliver what is due by now; what goes over the network is set on its way only."""
        earliest = self.outbox.earliest
        if earliest is None or self._is_closed:
            return
        if self.outbox.database.path and not (self._receivers or self.allow_http_targets):
            return  # the process that serves this file delivers
        if earliest <= self._now():
            self._drain()
        if self.allow_http_targets:
            self._worker.wake()

    def _drain(self) -> None:
        """Call receivers until nothing is due, unless another thread does so: then it goes on."""
        with self._state:
            self._calls += 1
            if self._is_draining:
                return
            self._is_draining = True
        try:
            while True:
                seen = self._calls
                while (owed := self.take(remote=False)) is not None:
                    self.attempt(owed, self._hand_over)
                # Who came since `seen` was read found it draining and left: look once more.
                with self._state:
                    if self._calls == seen:
                        self._is_draining = False
                        return
        except WorkspaceFileError:
            self._is_draining = False  # the disk is full, and what is owed stays so
        except BaseException:
            self._is_draining = False
            raise

    def _now(self) -> str:
        return format_timestamp(self.clock.now())

    def take(self, *, remote: bool, skip: Collection[int] = ()) -> Owed | None:
        """Give the first delivery that is due, to the network or to receivers in this process.

        `skip` holds numbers of webhooks that have to wait.
        """
        outbox = self.outbox
        with outbox.database.lock:
            if self._is_closed:
                return None
            webhooks = self._webhooks(remote, skip)
            while (owed := outbox.due(self._now(), webhooks)) is not None:
                if not is_inactive(owed.degraded_at, owed.due_at):
                    return owed
                with outbox.database.transaction(writes=True):
                    outbox.remove(owed)
            outbox.look()
            return None

    def next_wait(self) -> float | None:
        """Give the seconds until something for the network is due, None where nothing is."""
        with self.outbox.database.lock:
            if self._is_closed:
                return None
            now = self.clock.now()
            due = self.outbox.next_due(format_timestamp(now), self._webhooks(True, ()))
            return None if due is None else (to_datetime(due) - now).total_seconds()

    def start_anew(self) -> None:
        """Go on with what the outbox owes now, as its database is another; under its lock.

        What is on its way of the one before arrives or not, and nothing is noted of it.
        """
        self._round += 1
        self._listed.clear()
        self.outbox.look()

    def _webhooks(self, remote: bool, skip: Collection[int]) -> list[int]:
        return [
            num
            for num, url in self.outbox.targets().items()
            if self._is_remote(url) is remote and num not in skip
        ]

    def _is_remote(self, url: str) -> bool:
        return self.allow_http_targets and self._receiver(url) is None

    def _receiver(self, url: str) -> Receiver | None:
        receivers = self._receivers
        found = [prefix for prefix in receivers if url.startswith(prefix)]
        return receivers[max(found, key=len)] if found else None

    def _hand_over(self, delivery: WebhookDelivery) -> Answer:
        receiver = self._receiver(delivery.target_url)
        if receiver is None:
            raise LookupError(
                f"nobody receives at {delivery.target_url}: call workspace.receive(), or set "
                "workspace.allow_http_targets to deliver over the network"
            )
        return Answer(int(receiver(delivery)))

    def attempt(self, owed: Owed, carry: Callable[[WebhookDelivery], Answer]) -> None:
        """Deliver once by `carry`, which gives the answer, and note what came of it.

        An exception of `carry` is a target that did not answer.
        """
        began = self._round
        delivery = WebhookDelivery(
            webhook_id=owed.webhook_id,
            target_url=owed.target_url,
            event=msgspec.json.decode(owed.body)["events"][0],
            headers=message_headers(owed.secret, owed.key, owed.body),
            body=owed.body,
            attempt=owed.attempt + 1,
            sent_at=self.clock.now(),
        )
        depth = DEPTH.set(owed.depth + 1)
        is_loop = owed.depth >= MAX_DEPTH
        try:
            if is_loop:
                raise RecursionError(
                    f"not delivered, as receivers caused it through {MAX_DEPTH} events in a row"
                )
            answer = carry(delivery)
            done = replace(delivery, status=answer.status, answer=answer.body)
        except Exception as error:
            done = replace(delivery, error=f"{type(error).__name__}: {error}")
        finally:
            DEPTH.reset(depth)
        database = self.outbox.database
        with database.lock:
            if began != self._round:
                return
            self._listed.append(done)
            del self._listed[:-MAX_LISTED]
            if not self._is_closed:
                with database.transaction(writes=True):
                    if done.is_accepted:
                        self.outbox.accept(owed)
                    elif is_loop:
                        self.outbox.remove(owed)
                    else:
                        self.outbox.refuse(owed)

    def close(self) -> None:
        """Stop delivering; what is still owed stays in the outbox."""
        with self.outbox.database.lock:
            self._is_closed = True
        # Outside the lock: a delivery on its way takes it to note what came of it.
        self._worker.close()


class _Worker:
    """The thread that sends over the network: one delivery at a time to a webhook, not too fast.

    It starts when it is needed, and ends with the deliveries, which it does not keep alive.
    """

    def __init__(self, deliveries: Deliveries) -> None:
        self._signal = threading.Event()
        # Weakly: a workspace that nobody closed is let go of, and wakes the thread to end it.
        self._deliveries = weakref.ref(deliveries, lambda _: self._signal.set())
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._running: dict[int, tuple[Post, threading.Thread]] = {}
        self._sent: dict[str, deque[float]] = {}
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether a delivery is on its way just now."""
        return bool(self._running)

    def wake(self) -> None:
        """Look at once for what is due."""
        with self._lock:
            if self._thread is None and not self._is_closed:
                self._thread = threading.Thread(
                    target=self._run, name="attio-orm webhooks", daemon=True
                )
                self._thread.start()
        self._signal.set()

    def close(self) -> None:
        """End the thread and every delivery that is on its way."""
        with self._lock:
            self._is_closed = True
            running = list(self._running.values())
            threads = [thread for _, thread in running]
            if self._thread is not None:
                threads.append(self._thread)
        self._signal.set()
        for post, _ in running:
            post.give_up()
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(TIMEOUT + 1)

    def _run(self) -> None:
        while not self._is_closed:
            deliveries = self._deliveries()
            if deliveries is None:
                return
            wait = self._step(deliveries)
            del deliveries  # while it waits, the workspace may go
            self._signal.wait(wait)
            self._signal.clear()

    def _step(self, deliveries: Deliveries) -> float:
        """Start what is due, end what hangs, and give the seconds until there is more to do."""
        waits = [_LOOK_EVERY]
        paced: set[int] = set()
        while len(self._running) < MAX_AT_ONCE:
            owed = deliveries.take(remote=True, skip={*self._running, *paced})
            if owed is None:
                break
            wait = self._pace(owed.target_url)
            if wait > 0:
                paced.add(owed.webhook)
                waits.append(wait)
            else:
                self._start(deliveries, owed)
        now = time.monotonic()
        for post, _ in list(self._running.values()):
            if post.deadline <= now:
                post.give_up()
            else:
                waits.append(post.deadline - now)
        due = deliveries.next_wait()
        if due is not None:
            waits.append(due)
        return max(min(waits), 0.001)

    def _pace(self, url: str) -> float:
        """Give how long the target has to be left alone, and count one sent where it is 0."""
        sent = self._sent.setdefault(url, deque())
        now = time.monotonic()
        while sent and sent[0] <= now - 1:
            sent.popleft()
        if len(sent) >= MAX_EACH_SECOND:
            return sent[0] + 1 - now
        sent.append(now)
        return 0.0

    def _start(self, deliveries: Deliveries, owed: Owed) -> None:
        post = Post(owed.target_url, TIMEOUT)
        thread = threading.Thread(
            target=self._send, args=(deliveries, owed, post), name="attio-orm webhook", daemon=True
        )
        with self._lock:
            if self._is_closed:
                return
            self._running[owed.webhook] = (post, thread)
            thread.start()

    def _send(self, deliveries: Deliveries, owed: Owed, post: Post) -> None:
        def carry(delivery: WebhookDelivery) -> Answer:
            return post.send(delivery.headers, delivery.body)

        try:
            deliveries.attempt(owed, carry)
        finally:
            with self._lock:
                self._running.pop(owed.webhook, None)
            self._signal.set()
