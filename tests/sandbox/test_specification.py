"""Every operation of Attio's description: good requests, bad ones, and the answers to both.

The description is of October 2026 and has 97 operations (specification.py).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.resources.access.scopes import ALL
from tests.sandbox.client import GHOST
from tests.sandbox.helpers import OWNER
from tests.sandbox.scene import PLAN, SAMPLES, Sample, Scene
from tests.sandbox.specification import TAKEN, Operation, Specification, is_union

WRONG = (None, 5, "\u2603", True, [], {}, [[]], {"x": 1})
WITH_BODY = [name for name in SAMPLES if name.split()[0] in ("POST", "PUT", "PATCH")]

# Bodies that refuse unknown members; all others ignore them (facts.md 16, Strictness of bodies).
STRICT = {
    "POST /v2/{target}/{identifier}/attributes",
    "PATCH /v2/{target}/{identifier}/attributes/{attribute}",
    "PUT /v2/objects/{object}/records",
    "PATCH /v2/objects/{object}/records/{record_id}",
    "PUT /v2/objects/{object}/records/{record_id}",
    "PUT /v2/lists/{list}/entries",
    "PATCH /v2/lists/{list}/entries/{entry_id}",
    "PUT /v2/lists/{list}/entries/{entry_id}",
    "PATCH /v2/tasks/{task_id}",
}
# Of these nothing was recorded: as records of objects, which is on the safe side.
STRICT |= {
    "PUT /v2/activities/{activity}/records",
    "PATCH /v2/activities/{activity}/records/{record_id}",
    "PUT /v2/activities/{activity}/records/{record_id}",
}

# Scopes that the description lists for uses of an operation other than the sample's (facts.md 2).
OF_OTHER_USES = {
    "attributes": {"list_configuration:read", "list_configuration:read-write"},
    "/v2/threads": {"list_configuration:read", "list_entry:read"},
    "/v2/comments": {"list_configuration:read", "list_entry:read"},
}


@pytest.fixture(scope="module")
def specification(shared: Path) -> Specification:
    return Specification(shared)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, str]]:
    """A scene that was made once: its workspace's file, and its ids."""
    path = tmp_path_factory.mktemp("scene") / "workspace.db"
    workspace = Workspace(path, billing_plan=PLAN)
    ids = Scene(workspace).ids
    workspace.close()
    return path.read_bytes(), ids


@pytest.fixture
def again(made: tuple[bytes, dict[str, str]], tmp_path: Path) -> Iterator[Callable[[], Scene]]:
    """Gives a scene of its own at each call: a copy of the one that was made."""
    opened: list[Workspace] = []

    def copied() -> Scene:
        path = tmp_path / f"{len(opened)}.db"
        path.write_bytes(made[0])
        opened.append(Workspace(path, billing_plan=PLAN))
        return Scene(opened[-1], made[1])

    yield copied
    for workspace in opened:
        workspace.close()


@pytest.fixture
def scene(again: Callable[[], Scene]) -> Scene:
    return again()


def send(scene: Scene, operation: Operation, sample: Sample) -> tuple[int, Any]:
    """Send one request and give the status and the decoded body, None where it is empty."""
    raw, headers = b"", dict(scene.api.headers)
    if sample.form is not None:
        raw, headers["Content-Type"] = sample.form
    elif sample.body is not None:
        raw = json.dumps(sample.body).encode()
    where = operation.template.format(**sample.path)
    reply = scene.api.workspace.handle(
        operation.method, where, params=sample.params, headers=headers, body=raw
    )
    return reply.status, json.loads(reply.body) if reply.body else None


def as_token(scene: Scene, scopes: Any, **more: Any) -> None:
    token = scene.api.workspace.access.add_token(scopes=scopes, **more)
    scene.api.headers = {"Authorization": f"Bearer {token}"}


def test_there_is_a_sample_of_each_of_97_operations(specification: Specification) -> None:
    assert len(specification.operations) == 97
    assert set(SAMPLES) == set(specification.operations)


def test_pages_that_are_checked_are_not_empty(scene: Scene, specification: Specification) -> None:
    """An empty page would fit whatever its items had to be."""
    for name in SAMPLES:
        if name.startswith("GET") or name.endswith("/query"):
            status, body = send(scene, specification.operations[name], scene.sample(name))
            assert (body.get("data", body) != []) or status == 302, name


def test_what_answers_may_not_be(scene: Scene, specification: Specification) -> None:
    """The checks find what they are for: members made up, left out, or of another type."""
    operation, sample = (x["GET /v2/notes/{note_id}"] for x in (specification.operations, SAMPLES))
    status, body = send(scene, operation, sample(scene))
    for data in (
        {**body["data"], "made_up": 1},
        {key: value for key, value in body["data"].items() if key != "title"},
        {**body["data"], "title": None},
    ):
        assert len(specification.answer_problems(operation, status, {"data": data})) == 1
    refusal = {"status_code": 404, "type": "invalid_request_error", "code": "not_found"}
    assert specification.answer_problems(operation, 404, {**refusal, "message": "No."}) == []
    bare = {"code": "invalid_type", "path": ["data"], "message": "Required"}
    vague = {"code": "invalid_option", "path": ["data"], "message": "Invalid"}
    for problem in (bare, vague, vague | {"code": "invalid", "options": ["a"]}):
        problems = {**refusal, "message": "No.", "validation_errors": [problem]}
        assert specification.answer_problems(operation, 404, problems) != []
    for wrong in (refusal, {**refusal, "message": "No.", "code": "gone"}, body):
        assert specification.answer_problems(operation, 404, wrong) != []
    assert specification.answer_problems(operation, 201, body) != []


@pytest.mark.parametrize("name", SAMPLES)
def test_good_requests(name: str, scene: Scene, specification: Specification) -> None:
    operation, sample = specification.operations[name], scene.sample(name)
    if operation.body is not None and not operation.is_form:
        assert specification.problems(operation.body, sample.body) == []
    assert set(sample.params) >= operation.required
    status, body = send(scene, operation, sample)
    assert status == sample.status, body
    assert specification.answer_problems(operation, status, body) == []


# -- parameters ------------------------------------------------------------------------------------


def kinds(schema: Any, root: Any = None) -> tuple[set[str], list[str]]:
    """The types that a parameter takes, and its options where it has some."""
    root = root or schema
    if "$ref" in schema:
        return kinds(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    found, options = set(), list(schema.get("enum", ()))
    if "type" in schema and not (schema["type"] == "object" and not schema.get("properties")):
        found.add(schema["type"])
    for each in schema.get("anyOf", ()):
        inner, more = kinds(each, root)
        found |= inner
        options += more
    return found - {"null"}, options


GOOD = {"integer": ("10",), "number": ("10",), "boolean": ("true", "false")}
BAD = {"integer": ("ten", "1.5", "-1", ""), "number": ("ten", "-1", ""), "boolean": ("maybe", "1x")}
# Cursors are opaque, and what other texts mean is told by their own tests.


def parameters(operation: Operation, *, good: bool) -> Iterator[tuple[str, str]]:
    """Values of the query's parameters that fit their types, or do not."""
    for parameter, schema in operation.query.items():
        types, options = kinds(schema)
        if options:
            yield from ((parameter, each) for each in (options if good else ("nonsense",)))
        for kind in types:
            yield from ((parameter, each) for each in (GOOD if good else BAD).get(kind, ()))


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("GET")])
def test_parameters(name: str, scene: Scene, specification: Specification) -> None:
    """All that are described are taken; those of another type are refused by name."""
    operation, sample = specification.operations[name], scene.sample(name)
    for parameter, value in parameters(operation, good=True):
        given = sample._replace(params={**sample.params, parameter: value})
        status, body = send(scene, operation, given)
        assert status == sample.status, (parameter, value, body)
        assert specification.answer_problems(operation, status, body) == []
    for parameter, value in parameters(operation, good=False):
        given = sample._replace(params={**sample.params, parameter: value})
        status, body = send(scene, operation, given)
        assert status == 400, (parameter, value, body)
        assert specification.answer_problems(operation, status, body) == []
        assert [each["path"] for each in body["validation_errors"]] == [[parameter]]


@pytest.mark.parametrize(
    "name",
    ["GET /v2/files", "PUT /v2/objects/{object}/records", "PUT /v2/activities/{activity}/records"],
)
def test_parameters_that_are_missing(name: str, scene: Scene, specification: Specification) -> None:
    operation, sample = specification.operations[name], scene.sample(name)
    assert operation.required
    for parameter in operation.required:
        rest = {key: value for key, value in sample.params.items() if key != parameter}
        status, body = send(scene, operation, sample._replace(params=rest))
        assert status == 400, (parameter, body)
        assert specification.answer_problems(operation, status, body) == []


# -- bodies ----------------------------------------------------------------------------------------


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value inside a body."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def at(body: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        body = body[step]
    return body


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of a body with another value at that path."""
    if not path:
        return value
    found = copy.deepcopy(body)
    at(found, path[:-1])[path[-1]] = value
    return found


def without(body: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Bodies that lack one member, and where it was."""
    for path in places(body):
        holder = at(body, path)
        if isinstance(holder, dict):
            for key in holder:
                less = {k: v for k, v in holder.items() if k != key}
                yield (*path, key), changed(body, path, less)


def of_another_type(body: Any) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """Bodies with a value of another type: where, the value, and the body."""
    for path in places(body):
        yield from ((path, value, changed(body, path, value)) for value in WRONG)


def is_tolerated(operation: Operation, path: tuple[Any, ...]) -> bool:
    where = "/".join(map(str, path))
    return any(fact.covers(operation, where) for fact in TAKEN)


def says_missing(answer: Any, path: tuple[Any, ...], lacking: Any, operation: Operation) -> bool:
    """Whether a refusal says of the member at `path` that it is missing, as Attio does."""
    problem = {tuple(e["path"]): e for e in answer.get("validation_errors", ())}.get(path, {})
    if is_union(lacking, operation.body) and problem.get("message") == "Invalid input":
        return problem["code"] == "invalid"  # of comments, whose `data` is one, it is not recorded
    told = problem.get("code"), problem.get("message"), problem.get("received")
    return told == ("invalid_type", "Required", "undefined") and bool(problem.get("expected"))


JSON_BODIES = [n for n in WITH_BODY if n not in ("POST /v2/files", "POST /v2/files/upload")]
"""POST /v2/files is not described; an upload is a form. Both have tests of their own."""


@pytest.mark.parametrize("name", JSON_BODIES)
def test_members_that_are_missing(name: str, scene: Scene, specification: Specification) -> None:
    """facts.md 16, Validation errors: what is missing is `Required`, at its place."""
    operation, sample = specification.operations[name], scene.sample(name)
    refused, strange = 0, []
    for path, body in without(sample.body):
        wrong = specification.problems(operation.body, body)
        status, answer = send(scene, operation, sample._replace(body=body))
        if not wrong or is_tolerated(operation, path):
            assert status < 500, (path, answer)
            continue
        refused += 1
        strange += [(path, each) for each in specification.answer_problems(operation, 400, answer)]
        if status != 400:
            strange.append((path, (status, answer)))
            continue
        lacking = specification.lacks(operation.body, body, path)
        if lacking is not None:
            strange += [(path, answer)] * (not says_missing(answer, path, lacking, operation))
    assert strange == []
    assert refused or not specification.problems(operation.body, {}), "nothing is required"


@pytest.mark.parametrize("name", JSON_BODIES)
def test_members_of_another_type(name: str, scene: Scene, specification: Specification) -> None:
    """What is wrong by the description is a 400; nothing is ever a 5xx."""
    operation, sample = specification.operations[name], scene.sample(name)
    refused, strange = 0, []
    for path, value, body in of_another_type(sample.body):
        if body is None:
            continue
        wrong = specification.problems(operation.body, body)
        status, answer = send(scene, operation, sample._replace(body=body))
        if status >= 500:
            strange.append((path, value, status))
        elif status >= 400:
            strange += [
                (path, value, each)
                for each in specification.answer_problems(operation, status, answer)
            ]
        # a 404 of what is named by it is as good an answer; a member that may be left out is null
        # in the models, whatever Attio says of null
        is_known = wrong and not is_tolerated(operation, path)
        if is_known:
            refused += status == 400
            if status not in (400, 404):
                strange.append((path, value, status))
    assert strange == []
    assert refused >= 5


@pytest.mark.parametrize("name", WITH_BODY)
def test_unknown_members(
    name: str, again: Callable[[], Scene], specification: Specification
) -> None:
    """facts.md 16, Strictness of bodies: nine bodies refuse them, all others ignore them."""
    operation = specification.operations[name]
    sample = again().sample(name)
    if sample.form is not None:
        content, kind = sample.form
        part = b'--xx\r\nContent-Disposition: form-data; name="surprise"\r\n\r\n1\r\n'
        status, body = send(again(), operation, sample._replace(form=(part + content, kind)))
        assert status == sample.status, body
        return
    if "data" in sample.body:
        data = {**sample.body["data"], "surprise": 1}
        status, body = send(again(), operation, sample._replace(body={"data": data}))
        if name in STRICT:
            assert (status, body["code"]) == (400, "validation_type"), body
            assert specification.answer_problems(operation, status, body) == []
            return
        assert status == sample.status, body
        assert specification.answer_problems(operation, status, body) == []
    for more in ({"surprise": 1}, {"sort": [{"attribute": 5}], "expand": ["company"]}):
        scene = again()
        status, body = send(scene, operation, sample._replace(body={**sample.body, **more}))
        assert status == sample.status, body
        assert specification.answer_problems(operation, status, body) == []


# -- what is not there, and who may not ------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in SAMPLES if "_id}" in n])
def test_ids_of_nothing(name: str, scene: Scene, specification: Specification) -> None:
    """A UUID that names nothing is a 404, a text that is not a UUID a 400 or a 404."""
    operation, sample = specification.operations[name], scene.sample(name)
    for key in (n for n in sample.path if n.endswith("_id")):
        ghost = sample._replace(path={**sample.path, key: GHOST})
        status, body = send(scene, operation, ghost)
        assert status == 404, (key, body)
        assert (body["code"], body["type"]) == ("not_found", "invalid_request_error")
        nonsense = sample._replace(path={**sample.path, key: "nonsense"})
        status, body = send(scene, operation, nonsense)
        assert status in (400, 404), (key, body)
        assert specification.answer_problems(operation, status, body) == []


SLUGS = ("object", "list", "activity", "attribute", "identifier")


@pytest.mark.parametrize("name", [n for n in SAMPLES if any(f"{{{each}}}" in n for each in SLUGS)])
def test_slugs_of_nothing(name: str, scene: Scene, specification: Specification) -> None:
    operation, sample = specification.operations[name], scene.sample(name)
    for key in (each for each in SLUGS if each in sample.path):
        ghost = sample._replace(path={**sample.path, key: "ghosts"})
        status, body = send(scene, operation, ghost)
        # facts.md 0.1: a history write says so of an attribute, as a merge does of a record
        is_history = key == "attribute" and name.startswith("PUT")
        code = "value_not_found" if is_history else "not_found"
        assert (status, body["code"]) == (404, code), (key, body)
        assert specification.answer_problems(operation, status, body) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_without_a_token(name: str, scene: Scene, specification: Specification) -> None:
    operation, sample = specification.operations[name], scene.sample(name)
    scene.api.headers = {}
    status, body = send(scene, operation, sample)
    if name == "GET /v2/self":
        assert (status, body) == (200, {"active": False})
        return
    assert status == 401
    assert specification.answer_problems(operation, status, body) == []


@pytest.mark.parametrize("name", SAMPLES)
def test_scopes(name: str, scene: Scene, specification: Specification) -> None:
    """With the scopes of the description it is answered, without one of them it is not."""
    operation, sample = specification.operations[name], scene.sample(name)
    others = {s for part, found in OF_OTHER_USES.items() if part in name for s in found}
    needed = set(operation.scopes) - others
    for scope in sorted(needed):
        subject, level = scope.split(":")
        for instead in (set(), {f"{subject}:read"} if level == "read-write" else set()):
            as_token(scene, (needed - {scope}) | instead)
            status, body = send(scene, operation, sample)
            assert status == 403, (scope, body)
            assert specification.answer_problems(operation, status, body) == []
            assert scope in body["message"]
    as_token(scene, operation.scopes)
    status, body = send(scene, operation, sample)
    assert status == sample.status, body


@pytest.mark.parametrize("name", SAMPLES)
def test_token_levels(name: str, scene: Scene, specification: Specification) -> None:
    """facts.md 1: a token of a user is refused where the description has workspaces alone."""
    operation, sample = specification.operations[name], scene.sample(name)
    as_token(scene, ALL, level="user", member=OWNER)
    status, body = send(scene, operation, sample)
    if operation.levels == {"workspace"}:
        assert status == 403, body
    else:
        assert status == sample.status, body
    assert specification.answer_problems(operation, status, body) == []


def test_what_does_not_exist(scene: Scene) -> None:
    """Section 12 of facts.md: no batch, no count, no list of records by GET, no undo."""
    for method, path in (
        ("GET", "/v2/objects/people/records"),
        ("POST", "/v2/objects/people/records/bulk"),
        ("POST", "/v2/batch"),
        ("DELETE", "/v2/objects/people/attributes/name"),
        ("DELETE", "/v2/lists/hiring"),
        ("PATCH", f"/v2/comments/{scene.ids['comment_id']}"),
        ("POST", f"/v2/comments/{scene.ids['comment_id']}/resolve"),
        ("POST", f"/v2/webhooks/{scene.ids['webhook_id']}/test"),
        ("GET", "/v2/objects/people/records/count"),
        ("GET", "/v2/sequences"),
        ("GET", "/v2/me"),
        ("GET", "/v2"),
        ("GET", "/"),
    ):
        status, body = scene.api.send(method, path)[:2]
        assert status in (400, 404), (method, path, body)
