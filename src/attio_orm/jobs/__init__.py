"""Bulk work: many records created, changed, upserted or deleted, each row accounted for."""

from attio_orm.jobs.items import BulkItem, BulkReport
from attio_orm.jobs.progress import Progress

__all__ = ["BulkItem", "BulkReport", "Progress"]
