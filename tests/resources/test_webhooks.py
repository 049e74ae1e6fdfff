"""Webhooks as resources."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from attio_orm import OutcomeUnknownError, ValidationError, Webhook
from attio_orm.testing import assert_num_requests
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("no_waits")
URL = "https://acme.example.com/hook"
FILTER = {"$and": [{"field": "parent_object_id", "operator": "equals", "value": "x"}]}


async def test_a_webhook_is_made_changed_and_deleted(attio_sandbox: Any, colour: Colour) -> None:
    made = await colour.call(
        Webhook.objects, "create", target_url=URL,
        subscriptions=["record.created", {"event_type": "note.created", "filter": FILTER}],
    )  # fmt: skip
    first = {"event_type": "record.created", "filter": None}  # which Attio wants said
    second = {"event_type": "note.created", "filter": FILTER}
    assert (made.target_url, made.status, made.subscriptions) == (URL, "active", [first, second])
    made.subscriptions.remove(second)
    assert made.is_changed
    with assert_num_requests(1):
        await colour.call(made, "save")
    await colour.call(made, "refresh")
    assert made.subscriptions == [first]
    for number in range(12):
        await colour.call(
            Webhook.objects, "create", target_url=f"{URL}/{number}",
            subscriptions=["task.created"],
        )  # fmt: skip
    assert len(await colour.items(Webhook.objects.all())) == 13
    assert await colour.call(Webhook.objects, "first") == made  # of a list of ten at least
    assert await colour.call(Webhook.objects, "count") == 13
    await colour.call(made, "delete")
    assert await colour.call(Webhook.objects, "get_or_none", id=made.id) is None


def test_the_secret_is_with_the_one_that_was_made_and_nowhere_else(attio_sandbox: Any) -> None:
    made = Webhook.objects.create(target_url=URL, subscriptions=["record.created"])
    secret = made.secret
    assert secret
    shown = [repr(made), repr(made.raw), repr(made.model_dump()), repr(made.changes)]
    assert not [text for text in shown if secret in text]
    assert secret.encode() not in pickle.dumps(made)
    with attio_sandbox.connection.session():
        assert Webhook.objects.get(id=made.id).secret is None  # Attio tells it once


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
async def test_a_change_without_an_answer_is_read_before_it_is_sent_again(
    attio_sandbox: Any, colour: Colour, fault: str
) -> None:
    made = await colour.call(
        Webhook.objects, "create", target_url=URL, subscriptions=["record.created"]
    )
    made.target_url = f"{URL}/2"
    attio_sandbox.fail_next(fault, match="PATCH /v2/webhooks")
    await colour.call(made, "save")
    again = Webhook.objects.get(id=made.id)
    assert again.target_url == f"{URL}/2"
    sent = sum(each.method == "PATCH" for each in attio_sandbox.requests)
    assert sent == (2 if fault == "drop_before" else 1)
    attio_sandbox.fail_next("drop_after", match="POST /v2/webhooks")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(
            Webhook.objects, "create", target_url=f"{URL}/3", subscriptions=["record.created"]
        )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"target_url": "http://acme.example.com"}, "give one with https://"),
        ({"subscriptions": ["record.create"]}, "Did you mean 'record.created'"),
        ({"subscriptions": [{"event_type": "record.created", "filters": []}]}, "is not a sub"),
        ({"subscriptions": []}, "needs target_url and subscriptions"),
    ],
    ids=["http", "typo", "member", "none"],
)
def test_what_attio_would_refuse_is_not_sent(
    attio_sandbox: Any, values: dict[str, Any], message: str
) -> None:
    given = {"target_url": URL, "subscriptions": ["record.created"], **values}
    with assert_num_requests(0), pytest.raises(ValidationError, match=message):
        Webhook.objects.create(**given)


async def test_many_are_made_and_each_is_told_of(attio_sandbox: Any, colour: Colour) -> None:
    rows = [
        {"target_url": f"{URL}/1", "subscriptions": ["record.created"]},
        {"target_url": "http://acme.example.com", "subscriptions": ["record.created"]},
        Webhook(target_url=f"{URL}/2", subscriptions=["record.created"]),
    ]
    report = await colour.call(Webhook.objects, "bulk_create", rows)
    assert [each.error is None for each in report] == [True, False, True]
    assert all(report[at].instance.secret for at in (0, 2))
    assert await colour.call(Webhook.objects, "count") == 2
