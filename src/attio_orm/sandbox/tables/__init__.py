"""The tables of a workspace's database, one module a room."""

from __future__ import annotations

from attio_orm.sandbox.tables import access, activities, pending, records

TABLES = records.TABLES + activities.TABLES + access.TABLES + pending.TABLES
