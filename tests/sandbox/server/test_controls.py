"""The controls over HTTP: what a test-suite in any language has of the fixtures."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Server
from attio_sandbox.storage import SCHEMA_VERSION

COMPANIES = "/v2/objects/companies/records"
CONTROLS = "/__sandbox__"


def add(http: httpx.Client, name: str = "Acme") -> int:
    body = {"data": {"values": {"name": name}}}
    return http.post(COMPANIES, json=body).status_code


def names(http: httpx.Client) -> list[str]:
    found = http.post(f"{COMPANIES}/query", json={}).json()["data"]
    return sorted(each["values"]["name"][0]["value"] for each in found)


def error(answer: httpx.Response, status: int) -> str:
    body = answer.json()
    assert (answer.status_code, body["status_code"]) == (status, status)
    assert body["type"] == ("auth_error" if status == 401 else "invalid_request_error")
    assert isinstance(body["code"], str)
    return str(body["message"])


def test_a_reset_keeps_the_token(http: httpx.Client, workspace: Workspace) -> None:
    token = workspace.token
    for body in ({}, None):
        add(http)
        answer = http.post(f"{CONTROLS}/reset", json=body)
        assert (answer.status_code, answer.json()) == (200, {"token": token})
        assert names(http) == []


def test_a_seed_by_its_name(http: httpx.Client) -> None:
    answer = http.post(f"{CONTROLS}/seed", json={"name": "crm"})
    assert (answer.status_code, answer.json()) == (200, {"records": []})
    assert len(names(http)) == 500
    http.post(f"{CONTROLS}/seed", json={"name": "empty"})
    assert names(http) == []


def test_a_seed_of_records(http: httpx.Client) -> None:
    records: list[dict[str, Any]] = [
        {"object": "people", "values": {"name": "Byron, Ada", "company": {"$ref": "acme"}}},
        {"object": "companies", "$id": "acme", "values": {"name": "Acme"}},
    ]
    answer = http.post(f"{CONTROLS}/seed", json={"records": records})
    assert answer.status_code == 200
    ada, acme = answer.json()["records"]
    assert (ada["object"], ada["$id"]) == ("people", None)
    assert (acme["object"], acme["$id"]) == ("companies", "acme")
    person = http.get(f"/v2/objects/people/records/{ada['record_id']}").json()["data"]
    assert person["values"]["company"][0]["target_record_id"] == acme["record_id"]


def test_seeds_that_are_refused(http: httpx.Client) -> None:
    def refused(**body: Any) -> str:
        return error(http.post(f"{CONTROLS}/seed", **body), 400)

    text = '{"records": {"people": [\n{"name": "X"},\n{"company": {"$ref": "nobody"}}]}}'
    assert "line 3, record 2 (people): there is no record 'nobody'" in refused(content=text)
    assert "'empty'" in refused(json={"name": "big"}) or "A seed is" in refused(json={"name": "x"})
    assert "A seed is" in refused(json={"name": "crm", "records": []})
    assert "A seed has" in refused(json={})
    assert "'record' is not known here" in refused(json={"record": []})
    assert "not valid JSON" in refused(content="{")
    assert "an object, not array" in refused(json=[])
    assert names(http) == []


def test_a_snapshot_and_back(http: httpx.Client, workspace: Workspace) -> None:
    add(http)
    snapshot = http.get(f"{CONTROLS}/snapshot")
    assert snapshot.headers["content-type"] == "application/octet-stream"
    add(http, "Beta")
    assert http.put(f"{CONTROLS}/restore", content=snapshot.content).status_code == 204
    assert names(http) == ["Acme"]
    other = Workspace()
    with Server(other) as server:
        headers = {"authorization": f"Bearer {other.token}"}
        with httpx.Client(base_url=server.url, headers=headers) as client:
            client.put(f"{CONTROLS}/restore", content=snapshot.content)
            assert names(client) == ["Acme"]
    other.close()


def test_a_snapshot_may_be_larger_than_other_bodies(http: httpx.Client) -> None:
    http.post(f"{CONTROLS}/seed", json={"name": "crm"})
    rows = [{"object": "companies", "values": {"name": "Large", "description": "x" * 100_000}}] * 60
    http.post(f"{CONTROLS}/seed", json={"records": rows})
    snapshot = http.get(f"{CONTROLS}/snapshot").content
    assert len(snapshot) > 16 * 2**20
    http.post(f"{CONTROLS}/reset")
    assert http.put(f"{CONTROLS}/restore", content=snapshot).status_code == 204
    assert len(names(http)) == 500
    assert http.post(f"{CONTROLS}/seed", content=snapshot).status_code == 413


def test_snapshots_that_are_refused(http: httpx.Client, workspace: Workspace) -> None:
    add(http)
    good = workspace.snapshot()

    def refused(content: bytes) -> str:
        return error(http.put(f"{CONTROLS}/restore", content=content), 400)

    newer = good[:60] + (SCHEMA_VERSION + 1).to_bytes(4) + good[64:]
    assert f"has format {SCHEMA_VERSION + 1}" in refused(newer)
    assert "damaged" in refused(good[:-4096])
    assert "not a snapshot" in refused(b"")
    assert names(http) == ["Acme"]


def test_faults(http: httpx.Client) -> None:
    fault = {"fault": 429, "times": 2, "retry_after": 7, "match": f"POST {COMPANIES}"}
    assert http.post(f"{CONTROLS}/faults", json=fault).status_code == 204
    assert http.get("/v2/objects").status_code == 200
    for _ in range(2):
        answer = http.post(COMPANIES, json={"data": {"values": {}}})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert add(http) == 200
    http.post(f"{CONTROLS}/faults", json={"fault": "drop_before", "match": None})
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/v2/objects")
    http.post(f"{CONTROLS}/faults", json={"fault": 500, "times": 100})
    assert http.get("/v2/objects").status_code == 500
    assert http.delete(f"{CONTROLS}/faults").status_code == 204
    assert http.get("/v2/objects").status_code == 200


def test_an_answer_of_ones_own(http: httpx.Client) -> None:
    body = {"data": [{"anything": None}]}
    said = {"reply": body, "status": 203, "match": "GET /v2/objects"}
    assert http.post(f"{CONTROLS}/faults", json=said).status_code == 204
    answer = http.get("/v2/objects")
    assert (answer.status_code, answer.json()) == (203, body)
    assert len(http.get("/v2/objects").json()["data"]) == 5
    http.post(f"{CONTROLS}/faults", json={"reply": None})
    assert http.get("/v2/objects").content == b"null"


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body(http: httpx.Client, status: int) -> None:
    http.post(f"{CONTROLS}/faults", json={"reply": {"data": []}, "status": status})
    answer = http.get("/v2/objects")
    assert (answer.status_code, answer.content) == (status, b"")
    assert http.get("/v2/objects").status_code == 200


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"fault": "explode"}, "'explode'.*drop_before"),
        ({"fault": 200}, "status from 400"),
        ({"fault": 503.5}, "'fault' is a whole number or a text"),
        ({"fault": True}, "'fault' is a whole number or a text"),
        ({"fault": 503, "times": 0}, "times of at least 1"),
        ({"fault": 503, "times": 1.5}, "'times' is a whole number"),
        ({"fault": 503, "match": "("}, "regular expression"),
        ({"fault": 503, "match": 5}, "'match' is a text"),
        ({"fault": "latency", "seconds": 1e9}, "up to 60"),
        ({"fault": 503, "status": 500}, "A fault is"),
        ({"fault": 503, "often": 5}, "'often' is not known here.*'times'"),
        ({}, "A fault is"),
        ({"reply": {}, "fault": 503}, "leave out 'fault'"),
        ({"reply": {}, "status": 99}, "status from 200 to 599"),
        ({"reply": {}, "times": 0}, "times=0"),
        ({"fault": 503, "retry_after": "1\r\nset-cookie: a=b"}, "Retry-After"),
        ({"fault": 503, "retry_after": "é"}, "Retry-After"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_faults_that_are_none(http: httpx.Client, fault: Any, words: str) -> None:
    answer = http.post(f"{CONTROLS}/faults", json=fault)
    assert pytest.raises(ValueError, match=words).matches(ValueError(error(answer, 400)))
    assert http.get("/v2/objects").status_code == 200


def test_the_clock(http: httpx.Client) -> None:
    answer = http.post(f"{CONTROLS}/clock", json={"now": "2030-01-31T12:00:00+02:00"})
    assert answer.json()["now"].startswith("2030-01-31T10:00:0")
    http.post(f"{CONTROLS}/clock", json={"advance": 86_400})
    assert http.get(f"{CONTROLS}/clock").json()["now"].startswith("2030-02-01T10:00:")
    created = http.post(COMPANIES, json={"data": {"values": {}}}).json()["data"]["created_at"]
    assert created.startswith("2030-02-01T10:00:")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"advance": -1}, 'from 0 on, not -1. Set it back with "now"'),
        ({"advance": 1e300}, "to the year 2999"),
        ({"advance": 10**12}, "to the year 2999"),
        ({"advance": "1"}, "'advance' is a number"),
        ({"now": "2026-01-31T12:00:00"}, "with its zone"),
        ({"now": "tomorrow"}, "with its zone"),
        ({"now": "0001-01-01T00:00:00+14:00"}, "from the year 1970"),
        ({"now": 5}, "'now' is a text"),
        ({"now": "2026-01-31T12:00:00Z", "advance": 1}, "The clock takes"),
        ({}, "The clock takes"),
        ({"freeze": True}, "'freeze' is not known"),
    ],
    ids=lambda each: str(each)[:40],
)
def test_clocks_that_are_none(http: httpx.Client, body: Any, words: str) -> None:
    before = http.get(f"{CONTROLS}/clock").json()["now"]
    assert words in error(http.post(f"{CONTROLS}/clock", json=body), 400)
    assert http.get(f"{CONTROLS}/clock").json()["now"][:13] == before[:13]


def test_requests(http: httpx.Client) -> None:
    http.get("/v2/objects", params={"a": "b"})
    add(http)
    first, second = http.get(f"{CONTROLS}/requests").json()["requests"]
    at = first.pop("at")
    assert at.endswith("Z")
    assert first == {
        "method": "GET",
        "path": "/v2/objects",
        "params": {"a": "b"},
        "json": None,
        "status": 200,
    }
    assert second["json"] == {"data": {"values": {"name": "Acme"}}}
    assert http.delete(f"{CONTROLS}/requests").status_code == 204
    assert http.get(f"{CONTROLS}/requests").json() == {"requests": []}


def test_health_needs_no_token(server: Server, workspace: Workspace) -> None:
    for headers in ({}, {"authorization": "Bearer wrong"}):
        answer = httpx.get(f"{server.url}{CONTROLS}/health", headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert httpx.head(f"{server.url}{CONTROLS}/health").status_code == 200
    workspace.close()
    assert httpx.get(f"{server.url}{CONTROLS}/health").status_code == 503


CALLS: list[tuple[str, str]] = [
    ("POST", "reset"),
    ("POST", "seed"),
    ("GET", "snapshot"),
    ("PUT", "restore"),
    ("POST", "faults"),
    ("DELETE", "faults"),
    ("GET", "clock"),
    ("POST", "clock"),
    ("GET", "requests"),
    ("DELETE", "requests"),
]


@pytest.mark.parametrize(("method", "name"), CALLS)
def test_the_token_is_that_of_the_workspace(
    server: Server, workspace: Workspace, method: str, name: str
) -> None:
    reader = workspace.access.add_token(["record_permission:read"])
    workspace.load("companies", [{"name": "Acme"}])
    for given in ("", "Bearer wrong", f"Bearer {reader}", f"Bearer {workspace.token}x"):
        headers = {"authorization": given} if given else {}
        answer = httpx.request(method, f"{server.url}{CONTROLS}/{name}", headers=headers)
        assert "Authorization: Bearer <token>" in error(answer, 401)
        assert workspace.token not in answer.text
    assert workspace.count("companies") == 1


def test_paths_and_methods_that_are_none(http: httpx.Client) -> None:
    assert "POST /__sandbox__/reset" in error(http.get(f"{CONTROLS}/nothing"), 404)
    assert "GET /__sandbox__/health" in error(http.get(CONTROLS), 404)
    wrong = http.get(f"{CONTROLS}/reset")
    assert error(wrong, 405) == "/__sandbox__/reset takes POST, not GET."
    assert wrong.headers["allow"] == "POST, OPTIONS"
    assert http.options(f"{CONTROLS}/clock").headers["allow"] == "GET, POST, OPTIONS"
    assert error(http.get("/__sandboxes__/reset"), 404)


def test_controls_are_no_requests(http: httpx.Client, workspace: Workspace) -> None:
    http.post(f"{CONTROLS}/faults", json={"fault": 500, "times": 3})
    http.get(f"{CONTROLS}/clock")
    assert http.get(f"{CONTROLS}/requests").json() == {"requests": []}
    assert [http.get("/v2/objects").status_code for _ in range(4)] == [500, 500, 500, 200]


def test_controls_have_no_limits() -> None:
    workspace = Workspace(limits="attio")
    workspace.clock.freeze()
    with Server(workspace) as server:
        headers = {"authorization": f"Bearer {workspace.token}"}
        with httpx.Client(base_url=server.url, headers=headers) as http:
            statuses = [http.post(f"{CONTROLS}/faults", json={"fault": 500}) for _ in range(30)]
            assert {each.status_code for each in statuses} == {204}
    workspace.close()


def test_each_workspace_has_its_own(workspace: Workspace) -> None:
    other = Workspace()
    for each in (workspace, other):
        each.load("companies", [{"name": "Acme"}])
    with Server(workspace, other) as server:
        headers = {"authorization": f"Bearer {other.token}"}
        answer = httpx.post(f"{server.url}{CONTROLS}/reset", headers=headers)
        assert answer.json() == {"token": other.token}
    assert (workspace.count("companies"), other.count("companies")) == (1, 0)
    other.close()


def test_a_reset_while_others_read_and_write(server: Server, workspace: Workspace) -> None:
    headers = {"authorization": f"Bearer {workspace.token}"}
    over = threading.Event()
    statuses: set[int] = set()

    def ask(send: Callable[[httpx.Client], int]) -> None:
        with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
            while not over.is_set():
                statuses.add(send(client))

    def read(client: httpx.Client) -> int:
        return client.post(f"{COMPANIES}/query", json={}).status_code

    threads = [threading.Thread(target=ask, args=(each,)) for each in (add, read, add, read)]
    for each in threads:
        each.start()
    with httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        snapshot = client.get(f"{CONTROLS}/snapshot").content
        for _ in range(8):
            assert client.post(f"{CONTROLS}/reset").status_code == 200
            assert client.put(f"{CONTROLS}/restore", content=snapshot).status_code == 204
    over.set()
    for each in threads:
        each.join()
    assert statuses == {200}
