"""Every operation of Attio's specification: good requests, bad ones, and the answers to both."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client
from tests.sandbox.scene import SAMPLES, Scene
from tests.sandbox.specification import Operation, Specification

# What the specification refuses, and the live API takes, by facts.md.
TOLERATED: dict[str, tuple[str, ...]] = {
    "POST /v2/meetings": ("data - external_ref", "data/external_ref"),
    "POST /v2/comments": ("data + surprise",),  # of the strict bodies it is none (facts.md 16)
}
WRONG = (None, 5, "\u2603", True, [], {}, [[]], {"x": 1})


@pytest.fixture(scope="module")
def specification(shared: Path) -> Specification:
    return Specification(shared / "attio-api" / "openapi.json")


@pytest.fixture
def scene(ws: Workspace) -> Scene:
    return Scene(ws)


def send(api: Client, operation: Operation, path: dict[str, str], params: Any, body: Any) -> Any:
    """Send one request and give the status and the decoded body, None where it is empty."""
    raw = b"" if body is None else json.dumps(body).encode()
    where = operation.template.format(**path)
    reply = api.workspace.handle(
        operation.method, where, params=params, headers=api.headers, body=raw
    )
    return reply.status, json.loads(reply.body) if reply.body else None


def test_there_is_a_sample_of_every_operation(specification: Specification) -> None:
    assert set(SAMPLES) == set(specification.operations)


@pytest.mark.parametrize("name", SAMPLES)
def test_good_requests(name: str, scene: Scene, specification: Specification) -> None:
    operation, sample = specification.operations[name], scene.sample(name)
    if operation.request is not None:
        assert specification.problems(operation.request, sample.body) == []
    status, body = send(scene.api, operation, sample.path, sample.params, sample.body)
    assert status == sample.status, body
    assert specification.answer_problems(operation, status, body) == []


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value inside a body."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a body with another value at that path."""
    if not path:
        return value
    found = copy.deepcopy(body)
    holder = found
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return found


def spoiled(body: Any) -> Iterator[tuple[str, Any]]:
    """Bodies with one thing wrong: a member gone, one too many, or another type."""
    for path in places(body):
        where = "/".join(map(str, path)) or "the body"
        for value in WRONG:
            yield f"{where} = {value!r}", changed(body, path, value)
        holder = body
        for step in path:
            holder = holder[step]
        if isinstance(holder, dict):
            yield f"{where} + surprise", changed(body, path, {**holder, "surprise": 1})
            for key in holder:
                less = {k: v for k, v in holder.items() if k != key}
                yield f"{where} - {key}", changed(body, path, less)


def is_tolerated(name: str, what: str) -> bool:
    """Values are judged one by one, with a shorthand for each type (section 4)."""
    return what.startswith(("data/values/", "data/entry_values/", *TOLERATED.get(name, ())))


@pytest.mark.parametrize("name", [n for n in SAMPLES if n.split()[0] in ("POST", "PUT", "PATCH")])
def test_bad_bodies(name: str, scene: Scene, specification: Specification) -> None:
    """What is wrong by the specification is a 400 that names the place; nothing is ever a 5xx."""
    operation, sample = specification.operations[name], scene.sample(name)
    if operation.request is None:
        pytest.fail(f"{name} takes no body: it needs no sample here")
    accepted, strange, refused = [], [], 0
    for what, body in spoiled(sample.body):
        if body is None:
            continue
        wrong = specification.problems(operation.request, body)
        status, answer = send(scene.api, operation, sample.path, sample.params, body)
        refused += bool(wrong) and status == 400
        if status >= 500:
            strange.append((what, status))
        elif wrong and status not in (400, 404) and not is_tolerated(name, what):
            accepted.append((what, status))
        elif status == 400 and 400 in operation.responses:
            strange += [
                (what, each) for each in specification.answer_problems(operation, 400, answer)
            ]
    assert strange == []
    assert accepted == []
    assert refused >= 5


@pytest.mark.parametrize("name", [n for n in SAMPLES if "_id}" in n])
def test_ids_of_nothing(name: str, scene: Scene, specification: Specification) -> None:
    """A UUID that names nothing is a 404, a text that is not a UUID a 400 or a 404."""
    operation, sample = specification.operations[name], scene.sample(name)
    for key in (n for n in sample.path if n.endswith("_id")):
        path = {**sample.path, key: GHOST}
        status, body = send(scene.api, operation, path, sample.params, sample.body)
        assert status == 404, (key, body)
        assert (body["code"], body["type"]) == ("not_found", "invalid_request_error")
        path = {**sample.path, key: "nonsense"}
        status, body = send(scene.api, operation, path, sample.params, sample.body)
        assert status in (400, 404), (key, body)


@pytest.mark.parametrize("name", SAMPLES)
def test_without_a_token(name: str, scene: Scene, specification: Specification) -> None:
    operation, sample = specification.operations[name], scene.sample(name)
    scene.api.headers = {}
    status, body = send(scene.api, operation, sample.path, sample.params, sample.body)
    if name == "GET /v2/self":
        assert (status, body) == (200, {"active": False})
    else:
        assert (status, body["type"]) == (401, "auth_error")


def test_what_does_not_exist(scene: Scene) -> None:
    """Section 12 of facts.md: no batch, no count, no list of records by GET, no undo."""
    for method, path in (
        ("GET", "/v2/objects/people/records"),
        ("POST", "/v2/objects/people/records/bulk"),
        ("POST", "/v2/batch"),
        ("DELETE", "/v2/objects/people"),
        ("DELETE", "/v2/objects/people/attributes/name"),
        ("DELETE", "/v2/lists/hiring"),
        ("PATCH", f"/v2/notes/{scene.ids['note_id']}"),
        ("PATCH", f"/v2/comments/{scene.ids['comment_id']}"),
        ("POST", f"/v2/comments/{scene.ids['comment_id']}/resolve"),
        ("POST", f"/v2/webhooks/{scene.ids['webhook_id']}/test"),
        ("GET", "/v2/objects/people/records/count"),
        ("GET", "/v2/me"),
        ("GET", "/v2"),
        ("GET", "/"),
    ):
        status, body = scene.api.send(method, path)[:2]
        assert status in (400, 404), (method, path, body)


def test_scopes_of_every_operation(
    ws: Workspace, scene: Scene, specification: Specification, clock: Clock
) -> None:
    """A token without any scope may ask for nothing but itself."""
    token = ws.access.add_token(scopes=())
    for name in SAMPLES:
        operation, sample = specification.operations[name], scene.sample(name)
        scene.api.headers = {"Authorization": f"Bearer {token}"}
        status, body = send(scene.api, operation, sample.path, sample.params, sample.body)
        scene.api.headers = {"Authorization": f"Bearer {ws.token}"}
        if name == "GET /v2/self":
            assert (status, body["active"]) == (200, True)
        else:
            assert (status, body["type"]) == (403, "auth_error"), name
