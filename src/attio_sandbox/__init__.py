"""A faithful local Attio workspace on SQLite, reached in process.

It is written from Attio's documentation alone and shares no code with the client.
"""

from attio_sandbox.clock import Clock
from attio_sandbox.faults import Dropped, Faults
from attio_sandbox.requests import Reply
from attio_sandbox.requests.calls import Settings
from attio_sandbox.requests.replies import Recorded
from attio_sandbox.resources.access.setup import Access
from attio_sandbox.resources.webhooks.deliveries import Deliveries
from attio_sandbox.resources.webhooks.messages import WebhookDelivery
from attio_sandbox.seed_files import Planted, SeedError, SeedFile
from attio_sandbox.setup import SetUp
from attio_sandbox.storage import SnapshotError, WorkspaceFileError
from attio_sandbox.workspace import Workspace

__all__ = [
    "Access",
    "Clock",
    "Deliveries",
    "Dropped",
    "Faults",
    "Planted",
    "Recorded",
    "Reply",
    "SeedError",
    "SeedFile",
    "SetUp",
    "Settings",
    "SnapshotError",
    "WebhookDelivery",
    "Workspace",
    "WorkspaceFileError",
]
