"""The sandbox over HTTP: what is answered, what is refused, and faults that are real ones."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.bodies import is_uuid
from attio_sandbox.faults import Dropped
from attio_sandbox.server import Application, Server, asgi
from attio_sandbox.storage import WorkspaceFileError
from attio_sandbox.timestamps import read_timestamp
from tests.sandbox.server.wire import exchange

PEOPLE = "/v2/objects/people/records"


def create(http: httpx.Client, **values: Any) -> httpx.Response:
    return http.post(PEOPLE, json={"data": {"values": values}})


def test_answers_as_in_process(http: httpx.Client, workspace: Workspace) -> None:
    headers = {"authorization": f"Bearer {workspace.token}"}
    for path in ("/v2/objects", "/v2/self", "/v2/objects/people/attributes", "/v2/nowhere"):
        over, inside = http.get(path), workspace.handle("GET", path, headers=headers)
        assert (over.status_code, over.content) == (inside.status, inside.body)
        assert over.headers["content-type"] == "application/json; charset=utf-8"


def test_query_parameters_and_encoded_paths(http: httpx.Client) -> None:
    path = "/v2/objects/deals/attributes/stage/statuses/Won%20%F0%9F%8E%89"
    answer = http.patch(path, json={"data": {"title": "Won/yes"}})
    assert answer.json()["data"]["title"] == "Won/yes"
    again = http.patch(
        "/v2/objects/deals/attributes/stage/statuses/Won%2Fyes", json={"data": {"title": "Won"}}
    )
    assert again.status_code == 200
    short = http.get("/v2/objects/people/attributes", params={"limit": "2", "offset": "1"}).json()
    assert [each["api_slug"] for each in short["data"]] == ["name", "email_addresses"]


def test_what_the_server_says_itself_has_the_headers_of_every_answer(
    http: httpx.Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """facts.md 16, Headers: every answer has an id and a time, also where no workspace is asked."""
    monkeypatch.setattr(asgi, "BODY_LIMIT", 100)
    answers = [
        http.get("/v2/objects"),
        http.post(PEOPLE, content=b"x" * 200),
        http.options("/v2/objects/people"),
        http.options("/v2/nowhere"),
    ]
    for path in ("/", "/__sandbox__/health"):
        assert "x-attio-execution-id" not in http.get(path).headers, "not Attio's"
    workspace.close()
    answers.append(http.get("/v2/objects"))
    assert [answer.status_code for answer in answers] == [200, 413, 204, 404, 503]
    ids = [answer.headers["x-attio-execution-id"] for answer in answers]
    assert all(map(is_uuid, ids))
    assert len(set(ids)) == len(ids)
    for answer in answers:
        assert read_timestamp(answer.headers["x-accurate-at"]) == answer.headers["x-accurate-at"]


def test_head_is_get_without_a_body(http: httpx.Client) -> None:
    whole, head = http.get("/v2/objects"), http.head("/v2/objects")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert http.head("/v2/nowhere").status_code == 404


def test_options_say_what_may_be_asked(http: httpx.Client, workspace: Workspace) -> None:
    answer = http.options("/v2/objects/people")
    assert (answer.status_code, answer.headers["allow"]) == (
        204,
        "GET, HEAD, PATCH, DELETE, OPTIONS",
    )
    assert http.options("/v2/nowhere").json()["code"] == "not_found"
    assert workspace.requests == []


def test_an_offer_of_http_2_is_declined(server: Server, workspace: Workspace) -> None:
    """Java's client makes one with its first request, and sends the body of that apart."""
    body = b'{"data": {"values": {"name": "Byron, Ada"}}}'
    head = (
        f"POST {PEOPLE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {workspace.token}\r\n"
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    after = b"GET /v2/nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = exchange(server, head.encode(), body, after, pause=0.05)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'"full_name":"Ada Byron"' in answer
    assert answer.count(b"HTTP/1.1 ") == 2


@pytest.mark.parametrize(
    "authorization", ["bearer {token}", "BEARER {token}", "Basic {basic}", "basic {basic}"]
)
def test_ways_to_send_the_token(server: Server, workspace: Workspace, authorization: str) -> None:
    basic = base64.b64encode(f"{workspace.token}:".encode()).decode()
    sent = authorization.format(token=workspace.token, basic=basic)
    with httpx.Client(base_url=server.url) as other:
        answer = other.get("/v2/objects", headers={"AUTHORIZATION": sent})
    assert answer.status_code == 200


def test_bodies_in_chunks_and_after_a_hundred(server: Server, workspace: Workspace) -> None:
    head = f"POST {PEOPLE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {workspace.token}\r\n"
    body, close = b'{"data": {"values": {}}}', "Connection: close\r\n"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:9], body[9:], b""))
    answer = exchange(server, f"{head}{close}Transfer-Encoding: chunked\r\n\r\n".encode() + chunks)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    expect = f"{head}{close}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n"
    answer = exchange(server, expect.encode(), body, pause=0.2)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_http_1_0(server: Server, workspace: Workspace) -> None:
    head = f"GET /v2/objects HTTP/1.0\r\nAuthorization: Bearer {workspace.token}\r\n\r\n"
    answer = exchange(server, head.encode())
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["data"]


def test_pages_of_other_sites_may_not_read_answers(http: httpx.Client) -> None:
    origin = {"origin": "https://elsewhere.example"}
    asked = origin | {"access-control-request-method": "GET"}
    for answer in (
        http.options("/v2/objects", headers=asked),
        http.get("/v2/self", headers=origin),
    ):
        assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "text/xml"])
def test_a_body_of_another_type_is_refused(http: httpx.Client, kind: str) -> None:
    body = json.dumps({"data": {"values": {}}}).encode()
    refused = http.post(PEOPLE, content=body, headers={"content-type": kind})
    assert (refused.status_code, refused.json()["code"]) == (400, "validation_type")
    assert kind in refused.json()["message"]
    for good in ("application/json", "Application/JSON; charset=utf-8", "application/vnd.a+json"):
        assert http.post(PEOPLE, content=body, headers={"content-type": good}).status_code == 200


def test_bad_tokens(server: Server) -> None:
    for given in (b"", b"Bearer nope", b"\xff", b"Basic ?", b"Bearer \xc3\xb6"):
        answer = httpx.get(f"{server.url}/v2/objects", headers={b"authorization": given})
        assert (answer.status_code, answer.json()["type"]) == (401, "auth_error")


def test_several_workspaces_by_their_tokens(server: Server, workspace: Workspace) -> None:
    other = Workspace(token="second")
    server.application.add(other)
    limited = other.access.add_token(["user_management:read"])
    try:
        other.setup.add_member("kim@else.example.com")
        for token, count in ((workspace.token, 1), ("second", 2), (limited, 2)):
            headers = {"authorization": f"Bearer {token}"}
            found = httpx.get(f"{server.url}/v2/workspace_members", headers=headers).json()["data"]
            assert len(found) == count
        server.application.remove(other)
        headers = {"authorization": "Bearer second"}
        assert httpx.get(f"{server.url}/v2/objects", headers=headers).status_code == 401
    finally:
        other.close()


class TestBodies:
    def test_the_largest_text_is_taken(self, http: httpx.Client) -> None:
        text = "ü" * 5_000_000
        values = {"name": "Ada", "description": text}
        body = json.dumps({"data": {"values": values}}, ensure_ascii=False).encode()
        made = http.post(PEOPLE, content=body, headers={"content-type": "application/json"})
        assert made.status_code == 200, made.text[:500]
        assert made.json()["data"]["values"]["description"][0]["value"] == text

    def test_fifty_megabytes_are_refused_and_the_line_goes_on(self, http: httpx.Client) -> None:
        body = b'{"data": "' + b"x" * (50 * 2**20) + b'"}'
        refused = http.post(PEOPLE, content=body, headers={"content-type": "application/json"})
        assert refused.status_code == 413
        assert refused.json()["type"] == "invalid_request_error"
        assert "16777216 bytes" in refused.json()["message"]
        assert http.get("/v2/objects").status_code == 200

    def test_a_length_without_end_is_refused_before_it_is_read(self, server: Server) -> None:
        head = b"POST /v2/objects HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n"
        answer = exchange(server, head)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in answer

    def test_without_a_length_it_is_counted(
        self, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asgi, "BODY_LIMIT", 100)
        monkeypatch.setattr(asgi, "DRAIN_LIMIT", 300)
        for count, status in ((1, 400), (2, 413), (50, 413)):
            answer = http.post(PEOPLE, content=iter([b"x" * 60] * count))
            assert answer.status_code == status

    def test_a_client_that_stops_in_the_middle_is_told(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(asgi, "READ_TIMEOUT", 0.1)
        head = b"POST /v2/objects HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"
        answer = exchange(server, head + b"{")
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"did not come" in answer

    def test_a_slow_client_is_waited_for(self, server: Server, workspace: Workspace) -> None:
        head = (
            "POST /v2/objects/people/records/query HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            f"authorization: Bearer {workspace.token}\r\ncontent-length: 2\r\n\r\n"
        )
        assert exchange(server, head.encode(), b"{", b"}", pause=0.2).startswith(b"HTTP/1.1 200 ")

    def test_a_client_that_goes_away_writes_nothing(
        self, server: Server, workspace: Workspace, http: httpx.Client
    ) -> None:
        with socket.create_connection(("127.0.0.1", server.port)) as line:
            line.sendall(b"POST /v2/objects HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
        assert http.get("/v2/objects").status_code == 200
        assert [each.method for each in workspace.requests] == ["GET"]

    @pytest.mark.parametrize(
        "line", [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n"]
    )
    def test_what_is_no_http_harms_nothing(
        self, server: Server, http: httpx.Client, line: bytes
    ) -> None:
        assert b"200" not in exchange(server, line)[:20]
        assert http.get("/v2/objects").status_code == 200


class TestFaults:
    @pytest.mark.parametrize(("fault", "there"), [("drop_before", 0), ("drop_after", 1)])
    def test_a_dropped_connection_is_one(
        self, http: httpx.Client, workspace: Workspace, fault: Any, there: int
    ) -> None:
        workspace.faults.fail_next(fault)
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            create(http, name="Ada")
        assert len(http.post(f"{PEOPLE}/query").json()["data"]) == there
        assert workspace.requests[0].status is None

    def test_a_truncated_body_ends_with_the_connection(
        self, http: httpx.Client, workspace: Workspace
    ) -> None:
        workspace.faults.fail_next("truncate")
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            create(http, name="Ada")
        assert len(http.post(f"{PEOPLE}/query").json()["data"]) == 1

    def test_broken_bodies(self, http: httpx.Client, workspace: Workspace) -> None:
        workspace.faults.fail_next("html")
        assert http.get("/v2/objects").headers["content-type"] == "text/html"
        workspace.faults.fail_next("empty")
        assert http.get("/v2/objects").content == b""
        workspace.faults.fail_next("malformed")
        with pytest.raises(json.JSONDecodeError):
            http.get("/v2/objects").json()

    def test_a_slow_body_comes_bit_by_bit(self, http: httpx.Client, workspace: Workspace) -> None:
        workspace.faults.fail_next("slow_body", seconds=0.4)
        started, sizes = time.monotonic(), list[int]()
        with http.stream("GET", "/v2/objects") as answer:
            sizes += [len(part) for part in answer.iter_raw()]
        assert time.monotonic() - started >= 0.35
        assert len(sizes) > 5
        assert sum(sizes) == int(answer.headers["content-length"])

    def test_latency_holds_up_nobody_else(self, http: httpx.Client, workspace: Workspace) -> None:
        workspace.faults.fail_next("latency", seconds=60, match="GET /v2/self")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{http.base_url}/v2/self", timeout=0.1)
        assert http.get("/v2/objects", timeout=30).status_code == 200

    def test_limits_like_attios(self) -> None:
        workspace = Workspace(limits="attio", token="t")
        workspace.clock.freeze()
        with Server(workspace) as server:
            headers = {"authorization": "Bearer t"}
            with httpx.Client(base_url=server.url, headers=headers) as client:
                answers = [client.get("/v2/objects") for _ in range(101)]
        workspace.close()
        assert [each.status_code for each in answers].count(200) == 100
        assert answers[-1].status_code == 429
        assert answers[-1].headers["retry-after"].endswith(" GMT")


def trouble(error: Exception) -> Callable[..., Any]:
    def accept(*_: Any, **__: Any) -> Any:
        raise error

    return accept


class TestTrouble:
    def test_a_bug_is_a_500_in_attios_form(
        self,
        http: httpx.Client,
        workspace: Workspace,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        monkeypatch.setattr(workspace, "accept", trouble(RuntimeError("a bug")))
        answer = http.get("/v2/objects")
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert "a bug" not in answer.text
        assert "GET /v2/objects failed" in caplog.text

    def test_a_file_that_is_broken(
        self, http: httpx.Client, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workspace, "accept", trouble(WorkspaceFileError("It is broken.")))
        answer = http.get("/v2/objects")
        assert (answer.status_code, answer.json()["message"]) == (500, "It is broken.")

    def test_a_closed_workspace(self, http: httpx.Client, workspace: Workspace) -> None:
        workspace.close()
        answer = http.get("/v2/objects")
        assert (answer.status_code, answer.json()["status_code"]) == (503, 503)
        assert "closed" in answer.json()["message"]


class TestOtherServers:
    """The app under a server that has no way to drop a connection."""

    async def test_it_is_a_plain_asgi_app(self, workspace: Workspace) -> None:
        application = Application(workspace)
        headers = {"authorization": f"Bearer {workspace.token}"}
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            answer = await client.get("/v2/objects?a=1", headers=headers)
            assert answer.status_code == 200
            assert workspace.requests[-1].path == "/v2/objects"
            for fault in ("drop_before", "truncate"):
                workspace.faults.fail_next(fault)  # type: ignore[arg-type]
                with pytest.raises(Dropped):
                    await client.get("/v2/objects", headers=headers)
        application.close()

    async def test_without_the_raw_path_it_is_made(self, workspace: Workspace) -> None:
        application = Application(workspace)
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/v2/ö",
            "query_string": b"",
            "headers": [],
        }
        await application(scope, receive, send)
        assert sent[0]["status"] == 404
        assert workspace.requests[-1].path == "/v2/%C3%B6"
        application.close()

    async def test_lifespan(self, workspace: Workspace) -> None:
        application = Application(workspace)
        told = iter(["startup", "shutdown"])
        sent: list[str] = []

        async def receive() -> Any:
            return {"type": f"lifespan.{next(told)}"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await application({"type": "lifespan"}, receive, send)
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        application.close()
