"""What the endpoints of notes, tasks, comments, meetings, recordings and files share."""

from __future__ import annotations

from attio_orm.sandbox.activities.cascades import forget_record, move_records

__all__ = ["forget_record", "move_records"]
