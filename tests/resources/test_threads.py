"""Threads of records and entries, and the comments in them."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from attio_orm import (
    Comment,
    Company,
    ListEntry,
    NotSupportedByAttio,
    OutcomeUnknownError,
    Person,
    Thread,
    UnsupportedLookup,
    ValidationError,
)
from attio_orm.testing import assert_num_requests
from tests.colours import Colour

pytestmark = pytest.mark.usefixtures("no_waits")
OWNER = "owner@sandbox.example"


class Pipeline(ListEntry, list="sales", parent=Company):
    """A list of companies."""


async def test_a_conversation_begins_and_goes_on(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    eve = attio_sandbox.add_member("eve@acme.example.com", first_name="Eve")
    first = await colour.call(ada, "add_comment", "Hello", author="EVE@acme.example.com")
    attio_sandbox.clock.move(1)
    reply = await colour.call(first.thread, "reply", "Hi", author=OWNER)
    assert (first.content, first.author.id, first.is_resolved) == ("Hello", eve, False)
    assert (first.record, first.entry, first.resolved_at) == (ada, None, None)
    assert reply.thread == first.thread
    assert first.thread.id == first.id  # as Attio has it
    with assert_num_requests(1):
        (thread,) = await colour.items(ada.threads)
        assert await colour.items(thread.comments) == [first, reply]
        assert (thread.record, thread.entry) == (ada, None)
        found = (await colour.call(thread.comments, "all"))[0]
        assert found is first  # one comment is one object
    await colour.call(thread, "reply", "Bye", author=eve)
    with assert_num_requests(0):  # a thread that was whole stays so
        assert [each.content for each in await colour.items(thread.comments)] == [
            "Hello",
            "Hi",
            "Bye",
        ]
    await colour.call(reply, "delete")
    await colour.call(reply, "delete")
    assert await colour.call(thread.comments, "count") == 2
    await colour.call(first, "delete")  # and its thread with it
    assert await colour.items(ada.threads) == []
    with pytest.raises(Thread.DoesNotExist):
        await colour.call(thread, "refresh")


async def test_entries_have_threads_of_their_own(attio_sandbox: Any, colour: Colour) -> None:
    attio_sandbox.define(Pipeline)
    acme = Company.objects.create(name="Acme")
    entry = Pipeline.objects.create(parent=acme)
    comment = await colour.call(entry, "add_comment", "In the list", author=OWNER)
    assert (comment.entry, comment.record) == (entry, acme)
    (thread,) = await colour.items(entry.threads)
    assert (thread.entry, thread.record) == (entry, acme)
    assert await colour.call(Thread.objects.filter(entry=entry), "count") == 1
    # what is on the record itself is not in the list's threads
    await colour.call(acme, "add_comment", "On the company", author=OWNER)
    assert await colour.call(entry.threads, "count") == 1


async def test_a_long_thread_is_read_to_its_end(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    first = ada.add_comment("0", author=OWNER)
    comments = attio_sandbox.connection.api.comments
    author = {"type": "workspace-member", "id": first.author.id}
    for number in range(1, 300):
        comments.create(content=str(number), author=author, thread_id=first.thread.id)
    with assert_num_requests(1):
        (thread,) = await colour.items(ada.threads)
    with assert_num_requests(2):  # 250 at a time
        found = await colour.call(thread.comments, "all")
    assert [int(each.content) for each in found] == list(range(300))
    with assert_num_requests(0):
        assert await colour.call(thread.comments, "count") == 300
    alone = await colour.call(Thread.objects, "get", id=thread.id)  # begins with 250
    with assert_num_requests(1):
        assert len(await colour.call(alone.comments, "all")) == 300


async def test_an_author_who_is_no_member_is_refused(ada: Person, colour: Colour) -> None:
    with pytest.raises(ValidationError, match=r"(?s)'nobody@acme\.example\.com' is not a member"):
        await colour.call(ada, "add_comment", "Hello", author="nobody@acme.example.com")
    with pytest.raises(ValidationError, match="content is empty"):
        await colour.call(ada, "add_comment", " ", author=OWNER)
    assert await colour.items(ada.threads) == []


def test_what_attio_does_not_have_is_refused_before_anything_is_sent(ada: Person) -> None:
    comment = ada.add_comment("Hello", author=OWNER)
    with assert_num_requests(0):
        with pytest.raises(ValidationError, match="thread=, record= and entry=, not none"):
            Comment.objects.create(content="a", author=OWNER)
        with pytest.raises(ValidationError, match="not thread and record"):
            Comment.objects.create(content="a", author=OWNER, record=ada, thread=comment.thread)
        with pytest.raises(NotSupportedByAttio, match="with their threads alone"):
            Comment.objects.first()
        with pytest.raises(UnsupportedLookup, match="by record or entry alone"):
            list(Thread.objects.all())
        with pytest.raises(UnsupportedLookup, match="sorted by nothing"):
            ada.threads.order_by("created_at")
        with pytest.raises(NotSupportedByAttio, match="with its first comment"):
            comment.thread.delete()
        with pytest.raises(NotSupportedByAttio, match="add_comment"):
            ada.threads.create()
        with pytest.raises(ValidationError, match="is not a list entry"):
            Thread.objects.filter(entry=ada)


async def test_a_comment_without_an_answer_is_not_repeated(
    ada: Person, attio_sandbox: Any, colour: Colour
) -> None:
    attio_sandbox.fail_next("drop_after", match="POST /v2/comments")
    with pytest.raises(OutcomeUnknownError):
        await colour.call(ada, "add_comment", "Hello", author=OWNER)
    assert await colour.call(ada.threads, "count") == 1


def test_a_comment_is_pickled_with_what_it_says(ada: Person) -> None:
    comment = ada.add_comment("Hello", author=OWNER)
    copy = pickle.loads(pickle.dumps(comment))
    with assert_num_requests(0):
        assert copy == comment
        assert copy.model_dump()["content"] == "Hello"


async def test_authors_have_names_in_async_code_and_cost_one_request(
    ada: Person, attio_sandbox: Any
) -> None:
    eve = attio_sandbox.add_member("eve@acme.example.com", first_name="Eve")
    comment = await ada.aadd_comment("Hello", author=eve)
    with attio_sandbox.connection.session():
        attio_sandbox.connection.schema.forget()
        with assert_num_requests(3):  # the comment, the slugs of objects, the members
            found = await Comment.objects.aget(id=comment.id)
        with assert_num_requests(1):
            again = (await found.thread.comments.aall())[0]
        assert (again.author.name, again.author.email) == ("Eve", "eve@acme.example.com")
