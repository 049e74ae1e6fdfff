"""A model of a custom object with a number."""

from __future__ import annotations

from attio_orm import Model
from attio_orm.attributes import Number


class Measure(Model):
    size: Number
