"""Deliveries to webhooks: signed, in order, tried again, and never lost."""

from __future__ import annotations

import hashlib
import hmac
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from attio_sandbox.resources.webhooks import deliveries, posting
from attio_sandbox.resources.webhooks.messages import WebhookDelivery
from attio_sandbox.resources.webhooks.posting import KEPT_BYTES, Post
from tests.sandbox.client import Client, record_id
from tests.sandbox.resources.webhooks.hooks import HOOKS, URL, add, key_of, subscription

DAY = timedelta(days=1)


class Target:
    """A receiver that answers with the statuses it is given, then with 200."""

    def __init__(self, *statuses: int) -> None:
        self.got: list[WebhookDelivery] = []
        self.statuses = list(statuses)

    def __call__(self, delivery: WebhookDelivery) -> int:
        self.got.append(delivery)
        return self.statuses.pop(0) if self.statuses else 200

    @property
    def attempts(self) -> list[int]:
        return [delivery.attempt for delivery in self.got]

    @property
    def keys(self) -> set[str]:
        return {delivery.headers["Idempotency-Key"] for delivery in self.got}


def attach(ws: Workspace, api: Client, *statuses: int) -> tuple[Target, Any]:
    target = Target(*statuses)
    ws.receive(URL, target)
    return target, add(api)


def status_of(api: Client, webhook: Any) -> str:
    found: str = api.data("GET", f"{HOOKS}/{key_of(webhook)}")["status"]
    return found


def owed(ws: Workspace) -> int:
    return int(ws._engine.database.row("SELECT count(*) FROM deliveries")[0])


def test_a_delivery_is_one_event_that_is_signed(ws: Workspace, api: Client) -> None:
    target, webhook = attach(ws, api)
    person = api.create("people", name="Ada")
    (delivery,) = target.got
    body = json.loads(delivery.body)
    actor = person["values"]["name"][0]["created_by_actor"]
    assert body == {
        "webhook_id": key_of(webhook),
        "events": [{"event_type": "record.created", "id": person["id"], "actor": actor}],
    }
    assert delivery.event == body["events"][0]
    signature = hmac.new(webhook["secret"].encode(), delivery.body, hashlib.sha256).hexdigest()
    assert delivery.headers["Attio-Signature"] == signature
    assert delivery.headers["X-Attio-Signature"] == signature
    assert delivery.headers["Content-Type"] == "application/json"
    (listed,) = ws.webhooks.deliveries
    assert (listed.status, listed.attempt, listed.error) == (200, 1, None)
    assert (listed.body, listed.headers) == (delivery.body, delivery.headers)
    assert listed.sent_at == ws.clock.now()
    assert owed(ws) == 0


def test_the_change_can_be_read_when_it_is_told(ws: Workspace, api: Client) -> None:
    names: list[Any] = []

    def receiver(delivery: WebhookDelivery) -> int:
        found = api.read("people", delivery.event["id"]["record_id"])
        names.append(found["values"]["name"][0]["full_name"])
        return 204

    ws.receive(URL, receiver)
    add(api)
    api.create("people", name="Ada")
    assert names == ["Ada"]


def test_events_come_in_order(ws: Workspace, api: Client) -> None:
    target, _ = attach(ws, api)
    made = [record_id(api.create("people", name=f"P{n}")) for n in range(40)]
    assert [delivery.event["id"]["record_id"] for delivery in target.got] == made
    assert len(target.keys) == 40


def test_each_webhook_is_told_once(ws: Workspace, api: Client) -> None:
    target, first = attach(ws, api)
    second = add(api, url=f"{URL}/2")
    add(api, subscription("note.created"), url=f"{URL}/3")
    api.create("people", name="Ada")
    assert [delivery.webhook_id for delivery in target.got] == [key_of(first), key_of(second)]
    assert len(target.keys) == 2
    assert [delivery.target_url for delivery in target.got] == [URL, f"{URL}/2"]


def test_the_longest_prefix_receives(ws: Workspace, api: Client) -> None:
    target, _ = attach(ws, api)
    other = Target()
    stop = ws.receive(f"{URL}/2", other)
    add(api, url=f"{URL}/2/x")
    api.create("people", name="Ada")
    assert (len(target.got), len(other.got)) == (1, 1)
    stop()
    stop()
    api.create("people", name="Bob")
    assert (len(target.got), len(other.got)) == (3, 1)


# Trying again


def test_a_refused_delivery_is_tried_again(ws: Workspace, api: Client, clock: Clock) -> None:
    target, webhook = attach(ws, api, 500, 404)
    api.create("people", name="Ada")
    clock.move(249)
    assert target.attempts == [1]
    clock.move(1)
    assert target.attempts == [1, 2]
    clock.move(499)
    assert target.attempts == [1, 2]
    clock.move(1)
    assert target.attempts == [1, 2, 3]
    assert len(target.keys) == len({delivery.body for delivery in target.got}) == 1
    assert [delivery.status for delivery in ws.webhooks.deliveries] == [500, 404, 200]
    clock.move(30 * DAY)
    assert target.attempts == [1, 2, 3]
    assert (owed(ws), status_of(api, webhook)) == (0, "active")


@pytest.mark.parametrize("status", [100, 199, 301, 302, 400, 410, 500])
def test_only_2xx_is_success(ws: Workspace, api: Client, status: int) -> None:
    attach(ws, api, status)
    api.create("people", name="Ada")
    assert owed(ws) == 1


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_success(ws: Workspace, api: Client, status: int) -> None:
    attach(ws, api, status)
    api.create("people", name="Ada")
    assert owed(ws) == 0


def test_ten_retries_over_three_days_then_degraded(
    ws: Workspace, api: Client, clock: Clock
) -> None:
    target, webhook = attach(ws, api, *[500] * 11)
    api.create("people", name="Ada")
    clock.move(2.5 * DAY)
    assert (target.attempts, status_of(api, webhook)) == (list(range(1, 11)), "active")
    clock.move(DAY)
    assert (target.attempts, status_of(api, webhook)) == (list(range(1, 12)), "degraded")
    assert owed(ws) == 0
    clock.move(30 * DAY)
    assert len(target.got) == 11, "it is given up"


def test_a_degraded_webhook_still_receives_and_recovers(
    ws: Workspace, api: Client, clock: Clock
) -> None:
    target, webhook = attach(ws, api, *[500] * 11)
    api.create("people", name="Ada")
    clock.move(4 * DAY)
    assert status_of(api, webhook) == "degraded"
    api.create("people", name="Bob")
    assert target.attempts[-1] == 1
    assert status_of(api, webhook) == "active"


def test_after_seven_days_it_is_inactive(ws: Workspace, api: Client, clock: Clock) -> None:
    target, webhook = attach(ws, api, *[500] * 100)
    api.create("people", name="Ada")
    clock.move(9.5 * DAY)
    assert status_of(api, webhook) == "degraded"
    api.create("people", name="Bob")
    count = len(target.got)
    clock.move(DAY)
    assert status_of(api, webhook) == "inactive"
    assert len(target.got) > count, "retries of the time it was degraded"
    clock.move(DAY)
    count = len(target.got)
    api.create("people", name="Cid")
    clock.move(30 * DAY)
    assert (len(target.got), owed(ws), status_of(api, webhook)) == (count, 0, "inactive")


def test_new_events_do_not_wait_for_retries(ws: Workspace, api: Client, clock: Clock) -> None:
    target, _ = attach(ws, api, 500)
    first, second = api.create("people", name="Ada"), api.create("people", name="Bob")
    clock.move(DAY)
    told = [delivery.event["id"]["record_id"] for delivery in target.got]
    assert told == [record_id(first), record_id(second), record_id(first)]


def test_retries_come_with_requests_where_time_just_passes(ws: Workspace, api: Client) -> None:
    target, _ = attach(ws, api, 500)
    ws.clock.resume()
    api.create("people", name="Ada")
    ws._engine.database.run("UPDATE deliveries SET due_at = '2026-01-01T00:00:00.000000000Z'")
    ws._engine.outbox.look()
    api.query("people")
    assert target.attempts == [1, 2]


def test_an_exception_is_no_answer(ws: Workspace, api: Client, clock: Clock) -> None:
    def receiver(delivery: WebhookDelivery) -> int:
        if delivery.attempt == 1:
            raise RuntimeError("down")
        return 200

    ws.receive(URL, receiver)
    add(api)
    assert api.try_create("people", name="Ada").status == 200
    (delivery,) = ws.webhooks.deliveries
    assert (delivery.status, delivery.error) == (None, "RuntimeError: down")
    assert not delivery.is_accepted
    clock.move(250)
    assert ws.webhooks.deliveries[-1].is_accepted


def test_an_interrupt_passes_and_the_event_stays_owed(ws: Workspace, api: Client) -> None:
    def receiver(delivery: WebhookDelivery) -> int:
        raise KeyboardInterrupt

    stop = ws.receive(URL, receiver)
    add(api)
    with pytest.raises(KeyboardInterrupt):
        api.create("people", name="Ada")
    stop()
    target = Target()
    ws.receive(URL, target)
    assert len(api.query("people")) == 1
    assert target.attempts == [1]


def test_nothing_leaves_the_process_by_accident(ws: Workspace, api: Client, clock: Clock) -> None:
    add(api)
    api.create("people", name="Ada")
    (delivery,) = ws.webhooks.deliveries
    assert delivery.status is None
    assert "workspace.receive()" in str(delivery.error)
    target = Target()
    ws.receive(URL, target)
    clock.move(250)
    assert target.attempts == [2]


def test_the_list_of_deliveries_is_bounded(ws: Workspace, api: Client) -> None:
    attach(ws, api)
    api.create("people", name="Ada")
    ws.webhooks.deliveries.extend(ws.webhooks.deliveries * 1_200)
    api.create("people", name="Bob")
    assert len(ws.webhooks.deliveries) == 1_000
    ws.webhooks.deliveries.clear()
    assert ws.webhooks.deliveries == []


# Changes of the webhook meanwhile


def test_a_deleted_webhook_is_owed_nothing(ws: Workspace, api: Client, clock: Clock) -> None:
    target, webhook = attach(ws, api, 500)
    api.create("people", name="Ada")
    api.send("DELETE", f"{HOOKS}/{key_of(webhook)}")
    clock.move(DAY)
    assert (target.attempts, owed(ws)) == ([1], 0)


def test_a_retry_goes_to_the_new_target(ws: Workspace, api: Client, clock: Clock) -> None:
    target, webhook = attach(ws, api, 500)
    other = Target()
    ws.receive("https://other.test/", other)
    api.create("people", name="Ada")
    body = {"data": {"target_url": "https://other.test/x", "subscriptions": []}}
    api.data("PATCH", f"{HOOKS}/{key_of(webhook)}", body)
    clock.move(250)
    assert (target.attempts, other.attempts) == ([1], [2])
    api.create("people", name="Bob")
    assert other.attempts == [2]


def test_a_receiver_may_delete_its_webhook(ws: Workspace, api: Client) -> None:
    def receiver(delivery: WebhookDelivery) -> int:
        return api.send("DELETE", f"{HOOKS}/{delivery.webhook_id}").status

    ws.receive(URL, receiver)
    add(api)
    api.create("people", name="Ada")
    assert owed(ws) == 0
    assert api.data("GET", HOOKS) == []


# Receivers that write


def test_a_receiver_may_write(ws: Workspace, api: Client) -> None:
    seen: list[str] = []

    def receiver(delivery: WebhookDelivery) -> int:
        seen.append(delivery.event["event_type"])
        if delivery.event["event_type"] == "record.created":
            key = delivery.event["id"]["record_id"]
            api.patch("people", key, job_title="VP")
            assert seen == ["record.created"], "what it caused comes after it"
        return 200

    ws.receive(URL, receiver)
    add(api, subscription(), subscription("record.updated"))
    api.create("people", name="Ada")
    assert seen == ["record.created", "record.updated"]


def test_a_receiver_that_causes_its_own_events_comes_to_an_end(ws: Workspace, api: Client) -> None:
    def receiver(delivery: WebhookDelivery) -> int:
        api.create("people", name="Again")
        return 200

    ws.receive(URL, receiver)
    add(api)
    api.create("people", name="Ada")
    assert 10 < len(ws.webhooks.deliveries) < 100
    assert "25 events in a row" in str(ws.webhooks.deliveries[-1].error)
    assert owed(ws) == 0


def test_a_receiver_may_wait_for_a_thread_that_writes(ws: Workspace, api: Client) -> None:
    seen: list[str] = []

    def receiver(delivery: WebhookDelivery) -> int:
        seen.append(delivery.event["event_type"])
        if len(seen) == 1:
            thread = threading.Thread(target=api.create, args=("people",), kwargs={"name": "Bob"})
            thread.start()
            thread.join(5)
            assert not thread.is_alive()
        return 200

    ws.receive(URL, receiver)
    add(api)
    api.create("people", name="Ada")
    assert len(seen) == 2


def test_32_threads_lose_no_event(ws: Workspace, api: Client) -> None:
    target, _ = attach(ws, api)

    def work(n: int) -> list[str]:
        return [record_id(api.create("people", name=f"{n} {k}")) for k in range(10)]

    with ThreadPoolExecutor(32) as pool:
        made = [key for keys in pool.map(work, range(32)) for key in keys]
    assert ws.settle()
    told = [delivery.event["id"]["record_id"] for delivery in target.got]
    assert len(told) == 320
    assert sorted(told) == sorted(made)
    rows = ws._engine.database.rows("SELECT id FROM records ORDER BY num")
    assert told == [row[0] for row in rows], "in the order they were committed"


# Files


def test_what_is_owed_survives_in_the_file(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "a.db"
    first = Workspace(path, clock=clock)
    api = Client(first)
    _, webhook = attach(first, api, 500)
    key = record_id(api.create("people", name="Ada"))
    first.close()
    clock.move(DAY)
    assert first.webhooks.deliveries[-1].attempt == 1, "a closed workspace delivers nothing"
    second = Workspace(path, clock=clock)
    target = Target(500)
    second.receive(URL, target)
    assert Client(second).query("people")
    clock.move(499)
    assert target.attempts == [2], "no burst of retries after a pause"
    clock.move(1)
    assert target.attempts == [2, 3]
    assert target.got[0].event["id"]["record_id"] == key
    signature = hmac.new(webhook["secret"].encode(), target.got[0].body, hashlib.sha256)
    assert target.got[0].headers["Attio-Signature"] == signature.hexdigest()
    second.close()


_WRITER = """
import sys
from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id
from tests.sandbox.resources.webhooks.hooks import URL, add

ws = Workspace(sys.argv[1])
api = Client(ws)
add(api)
ws.receive(URL, lambda delivery: 500)
while True:
    print(record_id(api.create("people", name="Ada")), flush=True)
"""


def test_a_killed_process_loses_no_event(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    root = Path(__file__).parents[4]
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert writer.stdout is not None
    with writer, writer.stdout as stdout:
        acknowledged = [stdout.readline().strip() for _ in range(20)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [line.strip() for line in stdout if len(line) == 37]
    ws = Workspace(path)
    target = Target()
    ws.receive(URL, target)
    ws.clock.move(DAY)
    told = [delivery.event["id"]["record_id"] for delivery in target.got]
    assert set(acknowledged) <= set(told)
    assert len(told) == len(set(told)) == len(ws._engine.database.rows("SELECT 1 FROM records"))
    ws.close()


def test_a_process_without_receivers_leaves_it_to_the_one_that_has_them(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    serving, writing = Workspace(path), Workspace(path)
    target, _ = attach(serving, Client(serving))
    Client(writing).create("people", name="Ada")
    assert (writing.webhooks.deliveries, owed(writing), target.attempts) == ([], 1, [])
    Client(serving).query("people")
    assert target.attempts == [1]
    assert owed(writing) == 0
    serving.close()
    writing.close()


# Over the network


class Server:
    """An HTTP server whose answers `script` writes; it notes what it got."""

    def __init__(self, script: Callable[[BaseHTTPRequestHandler], None]) -> None:
        got: list[tuple[str, dict[str, str], bytes]] = []
        self.got = got

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                got.append((self.path, dict(self.headers), body))
                script(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def respond(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()

    return script


Serve = Callable[[Callable[[BaseHTTPRequestHandler], None]], Server]


@pytest.fixture
def serve(ws: Workspace) -> Iterator[Serve]:
    servers: list[Server] = []

    def start(script: Callable[[BaseHTTPRequestHandler], None]) -> Server:
        servers.append(Server(script))
        return servers[-1]

    ws.allow_http_targets = True
    yield start
    ws.close()
    for server in servers:
        server.stop()


def test_over_http(ws: Workspace, api: Client, serve: Serve) -> None:
    server = serve(respond(200))
    webhook = add(api, url=f"{server.url}/a?b=c")
    made = [record_id(api.create("people", name=f"P{n}")) for n in range(5)]
    assert ws.settle()
    assert [json.loads(body)["events"][0]["id"]["record_id"] for _, _, body in server.got] == made
    path, headers, body = server.got[0]
    assert path == "/a?b=c"
    signature = hmac.new(webhook["secret"].encode(), body, hashlib.sha256).hexdigest()
    assert headers["Attio-Signature"] == headers["X-Attio-Signature"] == signature
    assert headers["Content-Type"] == "application/json"
    assert [delivery.status for delivery in ws.webhooks.deliveries] == [200] * 5
    assert owed(ws) == 0


def test_over_http_retries_follow_the_clock(
    ws: Workspace, api: Client, serve: Serve, clock: Clock
) -> None:
    server = serve(respond(503))
    webhook = add(api, url=server.url)
    api.create("people", name="Ada")
    assert ws.settle()
    clock.move(250)
    assert ws.settle()
    clock.move(DAY)
    assert ws.settle()
    assert len({headers["Idempotency-Key"] for _, headers, _ in server.got}) == 1
    assert [delivery.attempt for delivery in ws.webhooks.deliveries] == list(range(1, 10))
    clock.move(3 * DAY)
    assert ws.settle()
    assert status_of(api, webhook) == "degraded"
    assert server.got[0][0] == "/"


def test_a_redirect_is_not_followed(ws: Workspace, api: Client, serve: Serve) -> None:
    other = serve(respond(200))
    server = serve(respond(302, Location=other.url))
    add(api, url=server.url)
    api.create("people", name="Ada")
    assert ws.settle()
    assert (len(server.got), other.got) == (1, [])
    assert ws.webhooks.deliveries[-1].status == 302


def test_a_post_that_was_given_up_sends_nothing(serve: Serve) -> None:
    server = serve(respond(200))
    post = Post(server.url, 5)
    post.give_up()
    with pytest.raises(TimeoutError, match="5 seconds"):
        post.send({}, b"")
    with pytest.raises(ValueError, match="names no host"):
        Post("https:///x", 5).send({}, b"")
    assert server.got == []


def test_the_sandbox_as_its_own_target(ws: Workspace, api: Client, serve: Serve) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        reply = ws.handle("POST", handler.path, headers=dict(handler.headers), body=b"{}")
        respond(reply.status)(handler)

    server = serve(script)
    add(api, url=f"{server.url}/v2/objects/people/records")
    api.create("people", name="Ada")
    assert ws.settle()
    assert [delivery.status for delivery in ws.webhooks.deliveries] == [401], "it has no token"
    assert len(api.query("people")) == 1


def answering(*parts: bytes, status: int = 200, **headers: str) -> Any:
    """A script that sends these parts as the body, however long it said that it would be."""

    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        for part in parts:
            handler.wfile.write(part)
            handler.wfile.flush()
        handler.close_connection = True

    return script


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        (answering(b'{"no": ', b'"hook"}', Content_Length="14"), b'{"no": "hook"}'),
        (answering(b"no hook", Connection="close"), b"no hook"),
        (answering(b"3\r\nno \r\n4\r\nhook\r\n0\r\n\r\n", Transfer_Encoding="chunked"), b"no hook"),
        (answering(b"3\r\nno \r\nxyz", Transfer_Encoding="chunked"), b"no "),
        (answering(b"no ho", Content_Length="7"), b"no ho"),
        (answering(b"ab" * 10_000, Content_Length="20000"), b"ab" * 4_096),
        (answering(Content_Length="0"), b""),
        (answering(status=204), b""),
    ],
)
def test_the_beginning_of_the_answer_is_kept(
    ws: Workspace, api: Client, serve: Serve, script: Any, wanted: bytes
) -> None:
    add(api, url=serve(script).url)
    api.create("people", name="Ada")
    assert ws.settle()
    (delivery,) = ws.webhooks.deliveries
    assert delivery.is_accepted
    assert delivery.answer == wanted


def test_the_answer_of_a_refusal_is_kept(ws: Workspace, api: Client, serve: Serve) -> None:
    add(api, url=serve(answering(b"bad signature", status=401, Content_Length="13")).url)
    api.create("people", name="Ada")
    assert ws.settle()
    (delivery,) = ws.webhooks.deliveries
    assert (delivery.status, delivery.answer) == (401, b"bad signature")


def test_a_body_that_does_not_come_is_not_waited_for(
    ws: Workspace, api: Client, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "BODY_WAIT", 0.1)
    release = threading.Event()

    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9")
        handler.end_headers()
        handler.wfile.write(b"some")
        release.wait(20)

    add(api, url=serve(script).url)
    api.create("people", name="Ada")
    assert ws.settle()
    assert not release.is_set()
    release.set()
    (delivery,) = ws.webhooks.deliveries
    assert (delivery.status, delivery.answer, delivery.error) == (200, b"some", None)


def test_a_receiver_in_this_process_answers_with_a_status_alone(ws: Workspace, api: Client) -> None:
    attach(ws, api)
    api.create("people", name="Ada")
    assert [(each.status, each.answer) for each in ws.webhooks.deliveries] == [(200, b"")]


def test_an_endless_body_is_read_no_further_than_its_beginning(
    ws: Workspace, api: Client, serve: Serve
) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(2**40))
        handler.end_headers()
        while True:
            handler.wfile.write(b"x" * 65_536)

    add(api, url=serve(script).url)
    api.create("people", name="Ada")
    assert ws.settle(4)
    assert ws.webhooks.deliveries[-1].status == 200
    assert ws.webhooks.deliveries[-1].answer == b"x" * KEPT_BYTES


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 20", b"garbage\r\n\r\n", b"x" * 100_000])
def test_a_broken_answer_is_none(ws: Workspace, api: Client, serve: Serve, answer: bytes) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(answer)
        handler.close_connection = True

    add(api, url=serve(script).url)
    api.create("people", name="Ada")
    assert ws.settle()
    assert ws.webhooks.deliveries[-1].status is None
    assert ws.webhooks.deliveries[-1].error


def test_a_target_that_nobody_listens_on(ws: Workspace, api: Client, serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for number, url in enumerate((f"http://127.0.0.1:{port}", "http://x..y/", "http://ü.test/ü")):
        add(api, subscription(), url=url)
        api.create("people", name="Ada")
        assert ws.settle()
        assert ws.webhooks.deliveries[-1].error, number


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "TIMEOUT", 0.3)


def test_a_request_does_not_wait_for_the_target(ws: Workspace, api: Client, serve: Serve) -> None:
    release = threading.Event()

    def script(handler: BaseHTTPRequestHandler) -> None:
        release.wait(20)
        respond(200)(handler)

    add(api, url=serve(script).url)
    api.create("people", name="Ada")
    assert ws.webhooks.deliveries == []
    release.set()
    assert ws.settle()
    # Had the request waited, the target would have been given up before it could answer.
    assert [delivery.status for delivery in ws.webhooks.deliveries] == [200]


@pytest.mark.usefixtures("impatient")
def test_a_target_that_hangs_holds_up_nobody_else(ws: Workspace, api: Client, serve: Serve) -> None:
    release = threading.Event()

    def script(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")
        release.wait(20)

    hanging = serve(script)
    quick = serve(respond(200))
    add(api, url=hanging.url)
    add(api, url=quick.url)
    api.create("people", name="Ada")
    assert ws.settle()
    release.set()
    by_target = {delivery.target_url: delivery for delivery in ws.webhooks.deliveries}
    assert by_target[quick.url].status == 200
    assert by_target[hanging.url].error == "TimeoutError: no answer within 0.3 seconds"


@pytest.mark.usefixtures("impatient")
def test_a_target_that_drips_is_given_up(ws: Workspace, api: Client, serve: Serve) -> None:
    def script(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(100):
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.05)

    add(api, url=serve(script).url)
    api.create("people", name="Ada")
    assert ws.settle(3)
    assert ws.webhooks.deliveries[-1].error == "TimeoutError: no answer within 0.3 seconds"


def test_closing_does_not_wait_for_a_target_that_hangs(
    ws: Workspace, api: Client, serve: Serve
) -> None:
    reached, release = threading.Event(), threading.Event()

    def script(handler: BaseHTTPRequestHandler) -> None:
        reached.set()
        release.wait(20)

    add(api, url=serve(script).url)
    api.create("people", name="Ada")
    assert reached.wait(5)
    assert not ws.settle(0.05)
    ws.close()
    assert not release.is_set()
    release.set()
    assert [t.name for t in threading.enumerate() if "webhook" in t.name] == []


def test_no_more_than_25_a_second_to_a_target(ws: Workspace, api: Client, serve: Serve) -> None:
    times: list[float] = []

    def script(handler: BaseHTTPRequestHandler) -> None:
        times.append(time.monotonic())
        respond(200)(handler)

    server = serve(script)
    add(api, url=server.url)
    for n in range(30):
        api.create("people", name=f"P{n}")
    assert ws.settle()
    assert len(server.got) == 30
    # What is sent in one second may arrive in a little less, where the first was held up.
    assert all(later - earlier > 0.8 for earlier, later in zip(times, times[25:], strict=False))


def test_receivers_in_this_process_go_before_the_network(
    ws: Workspace, api: Client, serve: Serve
) -> None:
    server = serve(respond(200))
    target = Target()
    stop = ws.receive(server.url, target)
    add(api, url=f"{server.url}/x")
    api.create("people", name="Ada")
    assert ws.settle()
    assert (target.attempts, server.got) == ([1], [])
    stop()
    api.create("people", name="Bob")
    assert ws.settle()
    assert len(server.got) == 1


def test_many_threads_over_http(ws: Workspace, api: Client, serve: Serve, monkeypatch: Any) -> None:
    monkeypatch.setattr(deliveries, "MAX_EACH_SECOND", 10_000)
    server = serve(respond(200))
    for n in range(3):
        add(api, url=f"{server.url}/{n}")
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda n: record_id(api.create("people", name=f"P{n}")), range(48)))
    assert ws.settle(20)
    told = [json.loads(body)["events"][0]["id"]["record_id"] for _, _, body in server.got]
    assert sorted(told) == sorted(made * 3)


def test_a_workspace_that_nobody_closes_ends_its_thread(serve: Serve) -> None:
    server = serve(respond(500))
    ws = Workspace()
    ws.allow_http_targets = True
    api = Client(ws)
    add(api, url=server.url)
    api.create("people", name="Ada")
    assert ws.settle()
    (thread,) = [t for t in threading.enumerate() if t.name == "attio-orm webhooks"]
    del ws, api
    thread.join(5)
    assert not thread.is_alive()
