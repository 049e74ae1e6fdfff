from __future__ import annotations

import asyncio
from typing import Any

import pytest

from attio_orm.api.base import Resource
from attio_orm.api.facade import Api
from attio_orm.errors import ConflictError, OutcomeUnknownError, ValidationError
from tests.api.calls import CALLS, ID, Sent
from tests.api.fakes import FakeBackend, Reply, fake

CURSOR = {
    "activities.list",
    "meetings.list",
    "call_recordings.list",
    "files.list",
    "views.list",
    "emails.list",
}
MANY = {"query", "list", "values", "write_values", "entries", "search", "unsubscribe"}


def verbs() -> set[str]:
    """Every sync verb of the facade, as ``resource.verb``."""
    _, transport = fake()
    return {
        f"{resource}.{name}"
        for resource, found in vars(Api(transport)).items()
        for name in vars(type(found))
        if f"a{name}" in vars(type(found))
    }


def answer_of(call: Sent) -> tuple[Any, Any]:
    """What the server answers, and what the verb makes of it."""
    resource, verb = call.verb.split(".")
    if verb == "delete":
        return {}, None
    if resource == "self_":
        return {"active": True}, {"active": True}
    data: Any = {"a": 1}
    if verb in MANY and resource != "sql":
        data = [data]
    if call.verb in CURSOR or verb == "transcript":
        return {"data": data, "pagination": {"next_cursor": "next"}}, (data, "next")
    if call.verb == "threads.get":
        pagination = {"next_cursor": "next"}
        return {"data": data, "pagination": pagination}, {**data, "pagination": pagination}
    return {"data": data}, data


def bound(api: Api, call: Sent, prefix: str = "") -> Any:
    resource, verb = call.verb.split(".")
    return getattr(getattr(api, resource), prefix + verb)


def assert_sent(backend: FakeBackend, call: Sent) -> None:
    assert backend.requests == [(call.method, "/v2" + call.path, call.body)]


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_each_verb_makes_its_request_and_gives_the_data(call: Sent) -> None:
    body, result = answer_of(call)
    backend, transport = fake(body=body)
    assert bound(Api(transport), call)(*call.args, **call.keywords) == result
    assert_sent(backend, call)


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_its_twin_does_the_same(call: Sent) -> None:
    body, result = answer_of(call)
    backend, transport = fake(body=body)
    work = bound(Api(transport), call, "a")(*call.args, **call.keywords)
    assert asyncio.run(work) == result
    assert_sent(backend, call)


def test_every_verb_is_among_the_calls() -> None:
    apart = {"files.upload", "files.download", "files.stream", "scim.schemas",
             "meetings.find_or_create"}  # fmt: skip
    assert verbs() == {call.verb for call in CALLS} | apart


def test_every_verb_has_a_twin_over_the_same_operation() -> None:
    _, transport = fake()
    for resource in vars(Api(transport)).values():
        made = vars(type(resource))
        names = [name for name in made if not name.startswith("_")]
        for name in names:
            twin = made.get(f"a{name}")
            if twin is None:
                assert name[0] == "a"
                assert name[1:] in made
            elif name != "stream":  # two context managers
                assert twin.__wrapped__ is made[name].__wrapped__


def test_a_verb_tells_what_it_does() -> None:
    _, transport = fake()
    api = Api(transport)
    assert api.notes.adelete.__doc__ == "The twin of ``delete()``."
    assert "docs.attio.com" in (api.notes.delete.__doc__ or "")
    assert api.notes.list.__name__ == "list"
    assert api.notes.adelete.__name__ == "adelete"
    assert repr(api.notes) == "<Notes of the Attio API>"
    assert all(isinstance(resource, Resource) for resource in vars(api).values())


def test_scim_is_not_under_v2() -> None:
    backend, transport = fake(body={"Resources": []})
    assert Api(transport).scim.schemas() == {"Resources": []}
    assert backend.requests == [("GET", "/scim/v2/Schemas", None)]


@pytest.mark.parametrize("folder", ["f", None])
def test_a_file_is_uploaded_as_a_form(folder: str | None) -> None:
    backend, transport = fake(data={"file_type": "file"})
    made = Api(transport).files.upload(
        "people", ID, "a.txt", b"\x00\xff", content_type="text/plain", parent_folder_id=folder
    )
    assert made == {"file_type": "file"}
    [wire] = backend.wire
    assert wire.path == "/v2/files/upload"
    assert wire.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="a.txt"' in wire.body
    assert (b'name="parent_folder_id"\r\n\r\nf\r\n' in wire.body) is (folder == "f")
    assert b"\x00\xff" in wire.body


def test_records_are_decoded_by_whoever_asks() -> None:
    _, transport = fake(data=[])
    assert Api(transport).records.query("people", decode=len) == len('{"data": []}')


def test_a_delete_that_answers_nothing() -> None:
    def answer(method: str, path: str, body: Any) -> Any:
        raise Reply(204, None)

    _, transport = fake(answer)
    assert Api(transport).call_recordings.delete(ID, ID) is None


def test_the_caller_keeps_what_it_gave() -> None:
    given = {"title": "Call", "parent_object": "people"}
    backend, transport = fake()
    Api(transport).notes.create(given, content="x")
    assert given == {"title": "Call", "parent_object": "people"}
    assert backend.requests[0][2]["data"].items() >= {**given, "content": "x"}.items()


def test_nothing_is_sent_for_an_id_that_is_empty() -> None:
    backend, transport = fake()
    with pytest.raises(ValidationError, match='after "/v2/notes" is empty'):
        Api(transport).notes.delete("")
    assert backend.requests == []


def test_errors_of_attio_are_raised() -> None:
    def answer(method: str, path: str, body: Any) -> Any:
        error = {"status_code": 409, "type": "invalid_request_error", "code": "slug_conflict"}
        raise Reply(409, {**error, "message": 'A list with api_slug "x" already exists.'})

    _, transport = fake(answer)
    with pytest.raises(ConflictError, match="already exists"):
        Api(transport).lists.create(name="X", api_slug="x", parent_object="people")


def test_a_create_whose_answer_has_no_data_has_an_unknown_outcome() -> None:
    _, transport = fake(body={"unexpected": True})
    with pytest.raises(OutcomeUnknownError):
        Api(transport).records.create("people", {})
