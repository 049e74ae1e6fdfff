"""What tests arrange about webhooks: who receives them, and what was delivered."""

from __future__ import annotations

from collections.abc import Callable

from attio_orm.sandbox.delivery.courier import Courier
from attio_orm.sandbox.delivery.messages import Receiver, WebhookDelivery


class DeliverySetUp:
    """The part of a workspace that tells webhooks what happened."""

    _courier: Courier

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """The last attempts to deliver to webhooks, oldest first; `clear()` forgets them."""
        return self._courier.deliveries

    @property
    def allow_http_targets(self) -> bool:
        """Whether webhooks are delivered over the network, and may have http:// targets.

        Off at first, so that a test sends nothing by accident: then only the receivers of
        `receive()` are told, and Attio's rule that targets are https:// holds.
        """
        return self._courier.allows_network

    @allow_http_targets.setter
    def allow_http_targets(self, allow: bool) -> None:
        self._courier.allows_network = allow
        self._courier.wake()

    def receive(self, target_url: str, receiver: Receiver) -> Callable[[], None]:
        """Deliver to webhooks whose target starts with `target_url` by calling `receiver`.

        It gets a WebhookDelivery after the change was stored, in the thread that made the
        request, and gives the HTTP status of its answer; an exception is a target that does not
        answer, and is noted in `deliveries`. Failed deliveries are tried again when the clock
        comes to it. The function given ends it. `receiver` may use the workspace itself.
        """
        return self._courier.receive(target_url, receiver)

    def settle(self, timeout: float = 10.0) -> bool:
        """Wait until all deliveries that are due were tried; False after `timeout` seconds."""
        return self._courier.settle(timeout)
