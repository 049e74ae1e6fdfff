"""What happened in a workspace, as webhooks tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One event of Attio's webhooks: its type, its id keys besides the workspace's, the rest.

    `actor` is the number of who did it. See https://docs.attio.com/rest-api/webhooks-events.
    """

    type: str
    id: dict[str, str]
    extra: dict[str, Any]
    actor: int
