"""What Attio says of a token, leniently read."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from attio_orm import AuthenticationError
from attio_orm.oauth import Identity, Scope
from attio_orm.oauth.identity import answer_of, identity_of


def test_it_is_read_written_and_pickled() -> None:
    found = identity_of(
        {
            "active": True, "scope": "note:read-write brand_new:read public_collection:read",
            "client_id": "c1", "workspace_id": "w1", "workspace_name": "Acme",
            "workspace_slug": "acme", "token_level": "user",
            "authorized_by_workspace_member_id": "m1", "exp": None,
        }
    )  # fmt: skip
    assert found.scopes == {Scope.NOTE_READ_WRITE, "brand_new:read", "public_collection:read"}
    assert all(isinstance(each, Scope) for each in found.scopes)
    assert (found.workspace_id, found.client_id, found.member_id) == ("w1", "c1", "m1")
    assert (found.token_level, found.is_active) == ("user", True)
    assert pickle.loads(pickle.dumps(found)) == identity_of(answer_of(found)) == found
    with pytest.raises(ValueError, match="record:read"):
        Scope("record:read")  # what is written in a program is one of today's


@pytest.mark.parametrize(
    "answer",
    [{}, {"active": False}, {"active": "true", "scope": "note:read"}, {"active": None}],
    ids=["nothing", "false", "a text", "null"],
)
def test_only_true_is_active(answer: dict[str, Any]) -> None:
    assert identity_of(answer) == Identity(is_active=False)
    with pytest.raises(AuthenticationError, match="not active"):
        identity_of(answer).check_active()


def test_members_of_other_types_are_left_out() -> None:
    odd = {"active": True, "scope": None, "workspace_id": 7, "workspace_name": ""}
    assert identity_of(odd) == Identity(is_active=True)
