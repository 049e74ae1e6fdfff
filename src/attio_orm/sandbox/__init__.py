"""A faithful local Attio workspace on SQLite, reached in process.

It is written from Attio's documentation alone and shares no code with the client.
"""

from __future__ import annotations

from attio_orm.sandbox.clock import Clock
from attio_orm.sandbox.delivery.messages import WebhookDelivery
from attio_orm.sandbox.faults import Dropped
from attio_orm.sandbox.replies import Reply
from attio_orm.sandbox.storage import WorkspaceFileError
from attio_orm.sandbox.workspace import Workspace

__all__ = ["Clock", "Dropped", "Reply", "WebhookDelivery", "Workspace", "WorkspaceFileError"]
