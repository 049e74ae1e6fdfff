"""Carries what the outbox owes: to receivers in this process, or to the network."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import replace

import msgspec

from attio_orm.sandbox.clock import Clock
from attio_orm.sandbox.delivery.messages import Receiver, WebhookDelivery, message_headers
from attio_orm.sandbox.delivery.network import Network
from attio_orm.sandbox.delivery.outbox import DEPTH, Outbox, Owed, is_inactive, moment_of
from attio_orm.sandbox.storage import WorkspaceFileError
from attio_orm.sandbox.timestamps import format_moment

MAX_LISTED = 1_000
# A receiver whose writes cause events for itself would go on for ever.
MAX_DEPTH = 25


class Courier:
    """Delivers the events of one workspace, after their transaction and outside its lock.

    Receivers in this process are called in the thread of the request, one at a time; where
    another thread is calling one just then, that thread takes over what is owed.
    """

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        """Start with no receivers and without the network."""
        self.outbox = outbox
        self.clock = clock
        self.deliveries: list[WebhookDelivery] = []
        self.allows_network = False
        self._receivers: dict[str, Receiver] = {}
        self._state = threading.Lock()
        self._calls = 0
        self._is_draining = False
        self._is_closed = False
        self._network = Network(self)
        clock.watch(self.wake)

    def receive(self, prefix: str, receiver: Receiver) -> Callable[[], None]:
        """Send what goes to URLs that start with `prefix` to `receiver`, until told otherwise."""
        self._receivers = {**self._receivers, prefix: receiver}
        self.wake()

        def stop() -> None:
            self._receivers = {
                known: found
                for known, found in self._receivers.items()
                if known != prefix or found is not receiver
            }

        return stop

    def wake(self) -> None:
        """Deliver what is due by now; what goes over the network is set on its way only."""
        earliest = self.outbox.earliest
        if earliest is None or self._is_closed:
            return
        if self.outbox.database.path and not (self._receivers or self.allows_network):
            return  # the process that serves this file delivers
        if earliest <= self.now():
            self._drain()
        if self.allows_network:
            self._network.wake()

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
                with self._state:
                    if self._calls == seen:
                        self._is_draining = False
                        return
        except WorkspaceFileError:
            self._is_draining = False  # the disk is full, and what is owed stays so
        except BaseException:
            self._is_draining = False
            raise

    def now(self) -> str:
        """Give the time of the workspace as it stands in the outbox."""
        return format_moment(self.clock.now())

    def take(self, *, remote: bool, skip: Collection[int] = ()) -> Owed | None:
        """Give the first delivery that is due, to the network or to receivers in this process.

        `skip` holds numbers of webhooks that have to wait.
        """
        outbox = self.outbox
        with outbox.database.lock:
            if self._is_closed:
                return None
            webhooks = self._webhooks(remote, skip)
            while (owed := outbox.due(self.now(), webhooks)) is not None:
                if not is_inactive(owed.degraded_at, owed.due_at):
                    return owed
                with outbox.database.transaction(writes=True):
                    outbox.drop(owed)
            outbox.look()
            return None

    def next_wait(self) -> float | None:
        """Give the seconds until something for the network is due, None where nothing is."""
        with self.outbox.database.lock:
            if self._is_closed:
                return None
            now = self.clock.now()
            due = self.outbox.next_due(format_moment(now), self._webhooks(True, ()))
            return None if due is None else (moment_of(due) - now).total_seconds()

    def _webhooks(self, remote: bool, skip: Collection[int]) -> list[int]:
        return [
            num
            for num, url in self.outbox.targets().items()
            if self._is_remote(url) is remote and num not in skip
        ]

    def _is_remote(self, url: str) -> bool:
        return self.allows_network and self._receiver(url) is None

    def _receiver(self, url: str) -> Receiver | None:
        found = [prefix for prefix in self._receivers if url.startswith(prefix)]
        return self._receivers[max(found, key=len)] if found else None

    def _hand_over(self, delivery: WebhookDelivery) -> int:
        receiver = self._receiver(delivery.target_url)
        if receiver is None:
            raise LookupError(
                f"nobody receives at {delivery.target_url}: call workspace.receive(), or set "
                "workspace.allow_http_targets to deliver over the network"
            )
        return receiver(delivery)

    def attempt(self, owed: Owed, carry: Callable[[WebhookDelivery], int]) -> None:
        """Deliver once by `carry`, which gives a status, and note what came of it.

        An exception of `carry` is a target that did not answer.
        """
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
            done = replace(delivery, status=int(carry(delivery)))
        except Exception as error:
            done = replace(delivery, error=f"{type(error).__name__}: {error}")
        finally:
            DEPTH.reset(depth)
        database = self.outbox.database
        with database.lock:
            self.deliveries.append(done)
            del self.deliveries[:-MAX_LISTED]
            if not self._is_closed:
                with database.transaction(writes=True):
                    if done.is_accepted:
                        self.outbox.accept(owed)
                    elif is_loop:
                        self.outbox.drop(owed)
                    else:
                        self.outbox.refuse(owed)

    def settle(self, timeout: float) -> bool:
        """Wait until all that is due was tried; gives False where `timeout` seconds do not do."""
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
        if self._is_draining or self._network.is_busy:
            return True
        return any(self.take(remote=remote) is not None for remote in (False, True))

    def close(self) -> None:
        """Stop delivering; what is still owed stays in the outbox."""
        with self.outbox.database.lock:
            self._is_closed = True
        self._network.close()
