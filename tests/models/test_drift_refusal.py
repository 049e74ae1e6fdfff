"""A model that was refused for its drift stays refused; a test's workspace is not compared yet."""

from __future__ import annotations

import pytest

from attio_orm import Model, SchemaDriftError
from attio_orm.attributes import Text
from attio_orm.testing import SandboxHandle


class Shoes(Model, object="people", on_drift="raise"):
    shoe_size: Text


def test_each_use_of_a_drifted_model_raises(attio_sandbox: SandboxHandle) -> None:
    class Stranger(Model, object="people", on_drift="raise"):
        shoe_size: Text

    for _ in range(2):
        with pytest.raises(SchemaDriftError, match="no attribute 'shoe_size'"):
            Stranger.objects.first()


def test_a_strict_model_is_defined_after_the_sandbox_opened(attio_sandbox: SandboxHandle) -> None:
    assert attio_sandbox.requests == []
    attio_sandbox.define(Shoes)
    assert Shoes.objects.create(shoe_size="38").shoe_size == "38"
