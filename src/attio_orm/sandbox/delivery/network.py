"""Deliveries over HTTP: one at a time to a webhook, several webhooks at once, not too fast."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING

from attio_orm.sandbox.delivery.messages import TIMEOUT, WebhookDelivery
from attio_orm.sandbox.delivery.posting import Post

if TYPE_CHECKING:
    from attio_orm.sandbox.delivery.courier import Courier
    from attio_orm.sandbox.delivery.outbox import Owed

MAX_AT_ONCE = 8
MAX_EACH_SECOND = 25
# How often to look for what another process wrote into the same file.
_LOOK_EVERY = 60.0


class Network:
    """The thread that sends what a courier owes to the network; it starts when it is needed."""

    def __init__(self, courier: Courier) -> None:
        """Take the courier, who is not kept alive."""
        self._signal = threading.Event()
        self._courier = weakref.ref(courier, lambda _: self._signal.set())
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
            courier = self._courier()
            if courier is None:
                return
            wait = self._step(courier)
            del courier  # while it waits, the workspace may go
            self._signal.wait(wait)
            self._signal.clear()

    def _step(self, courier: Courier) -> float:
        """Start what is due, end what hangs, and give the seconds until there is more to do."""
        waits = [_LOOK_EVERY]
        paced: set[int] = set()
        while len(self._running) < MAX_AT_ONCE:
            owed = courier.take(remote=True, skip={*self._running, *paced})
            if owed is None:
                break
            wait = self._pace(owed.target_url)
            if wait > 0:
                paced.add(owed.webhook)
                waits.append(wait)
            else:
                self._start(courier, owed)
        now = time.monotonic()
        for post, _ in list(self._running.values()):
            if post.deadline <= now:
                post.give_up()
            else:
                waits.append(post.deadline - now)
        due = courier.next_wait()
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

    def _start(self, courier: Courier, owed: Owed) -> None:
        post = Post(owed.target_url, TIMEOUT)
        thread = threading.Thread(
            target=self._send, args=(courier, owed, post), name="attio-orm webhook", daemon=True
        )
        with self._lock:
            if self._is_closed:
                return
            self._running[owed.webhook] = (post, thread)
            thread.start()

    def _send(self, courier: Courier, owed: Owed, post: Post) -> None:
        def carry(delivery: WebhookDelivery) -> int:
            return post.send(delivery.headers, delivery.body)

        try:
            courier.attempt(owed, carry)
        finally:
            with self._lock:
                self._running.pop(owed.webhook, None)
            self._signal.set()
