"""Requests and deliveries as they come in, and the command that sends a request again."""

from __future__ import annotations

import html
import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from attio_sandbox import WebhookDelivery, Workspace
from attio_sandbox.resources.webhooks.posting import KEPT_BYTES
from attio_sandbox.server import Server
from attio_sandbox.server.pages.content import PageContent
from attio_sandbox.server.pages.secrets import hiding
from attio_sandbox.server.pages.traffic import SHOWN, Traffic
from tests.sandbox.server.scenery import HOSTILE

ORIGIN = "http://127.0.0.1:8787"


@pytest.fixture
def ws() -> Iterator[Workspace]:
    workspace = Workspace()
    yield workspace
    workspace.close()


def ask(ws: Workspace, method: str, path: str, body: Any = None, **params: str) -> None:
    headers = {"authorization": f"Bearer {ws.token}"}
    sent = b"" if body is None else json.dumps(body).encode()
    ws.handle(method, path, params=params, headers=headers, body=sent)


def traffic(ws: Workspace) -> Traffic:
    return Traffic(PageContent(ws, hiding(ws.access.secrets())), ORIGIN)


def last_command(ws: Workspace) -> str:
    return str(traffic(ws).requests().items[0]["curl"])


def test_the_command_of_a_get(ws: Workspace) -> None:
    ask(ws, "GET", "/v2/tasks", limit="5", sort="created_at:asc")
    assert last_command(ws) == (
        f"curl '{ORIGIN}/v2/tasks?limit=5&sort=created_at%3Aasc' \\\n"
        '  -H "Authorization: Bearer $ATTIO_API_KEY"'
    )


def test_the_command_of_a_write_and_what_is_quoted(ws: Workspace) -> None:
    body = {"data": {"values": {"name": 'O\'Brien $(rm -rf /) `x` "y" 🎉'}}}
    ask(ws, "POST", "/v2/objects/people/records", body)
    words = shlex.split(last_command(ws).replace("\\\n", ""))
    assert words[:4] == ["curl", "-X", "POST", f"{ORIGIN}/v2/objects/people/records"]
    assert words[4:8] == [
        "-H", "Authorization: Bearer $ATTIO_API_KEY", "-H", "Content-Type: application/json"
    ]  # fmt: skip
    assert words[8] == "-d"
    assert json.loads(words[9]) == body


def test_the_command_holds_no_secret(ws: Workspace) -> None:
    body = {"client_secret": "hush", "note": f"use {ws.token}"}
    ask(ws, "POST", f"/v2/{ws.token}", body, access_token="hush")
    command = last_command(ws)
    assert "hush" not in command
    assert ws.token not in command
    assert "access_token=…" in command


def test_a_long_body_is_a_file_in_the_command(ws: Workspace) -> None:
    ask(ws, "POST", "/v2/objects", {"data": "x" * 10_000})
    assert last_command(ws).endswith("-d @body.json")


def test_a_body_that_is_not_kept_is_a_file_too(ws: Workspace) -> None:
    headers = {"authorization": f"Bearer {ws.token}"}
    ws.handle("POST", "/v2/objects", headers=headers, body=b"no json")
    assert last_command(ws).endswith("--data-binary @body")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_command_works() -> None:
    workspace = Workspace()
    with Server(workspace) as server:
        body = {"data": {"values": {"name": 'O\'Brien, "Ada" ${HOME}'}}}
        path = f"{server.url}/v2/objects/people/records"
        headers = {"authorization": f"Bearer {workspace.token}"}
        httpx.post(path, json=body, headers=headers)
        page = httpx.get(f"{server.url}/browse/requests").text
        assert "As curl" in page
        command = Traffic(PageContent(workspace), server.url).requests().items[0]["curl"]
        environment = {**os.environ, "ATTIO_API_KEY": workspace.token, "HOME": "/nowhere"}
        done = subprocess.run(
            ["sh", "-c", command.replace("curl ", "curl -s --noproxy '*' ", 1)],
            env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        name = json.loads(done.stdout)["data"]["values"]["name"][0]
        assert name["full_name"] == '"Ada" ${HOME} O\'Brien'
    workspace.close()


def test_news_are_what_came_after(ws: Workspace) -> None:
    ask(ws, "GET", "/v2/self")
    first = traffic(ws).requests()
    assert (len(first.items), first.is_whole) == (1, True)
    seen = first.items[0]["key"]
    assert traffic(ws).requests(seen) == ([], False)
    ask(ws, "GET", "/v2/self")
    ask(ws, "GET", "/v2/objects")
    news = traffic(ws).requests(seen)
    assert [each["path"] for each in news.items] == ["/v2/objects", "/v2/self"]
    assert not news.is_whole
    ws.requests.clear()
    assert traffic(ws).requests(seen) == ([], True)
    for _ in range(SHOWN + 20):
        ask(ws, "GET", "/v2/self")
    assert (len(traffic(ws).requests(seen).items), traffic(ws).requests(seen).is_whole) == (
        SHOWN, True
    )  # fmt: skip


def test_news_of_deliveries(ws: Workspace) -> None:
    ws.receive("https://hooks.example/", lambda delivery: 202)
    hook = {
        "target_url": "https://hooks.example/x",
        "subscriptions": [{"event_type": "record.created", "filter": None}],
    }
    ask(ws, "POST", "/v2/webhooks", {"data": hook})
    assert traffic(ws).deliveries() == ([], True)
    for name in ("Ada", "Bob"):
        ask(ws, "POST", "/v2/objects/people/records", {"data": {"values": {"name": name}}})
    (second, first) = traffic(ws).deliveries().items
    assert (second["status"], second["event"], second["is_accepted"]) == (
        202,
        "record.created",
        True,
    )
    assert "Attio-Signature: " in second["headers"]
    assert [each["key"] for each in traffic(ws).deliveries(first["key"]).items] == [second["key"]]


def answered(ws: Workspace, answer: bytes) -> str:
    """What the page shows of the body of a target's answer."""
    ws.webhooks.deliveries.append(
        WebhookDelivery(
            webhook_id="w",
            target_url="https://hooks.example/x",
            event={"event_type": "record.created"},
            headers={},
            body=b"{}",
            attempt=1,
            sent_at=ws.clock.now(),
            status=422,
            answer=answer,
        )
    )
    return str(traffic(ws).deliveries().items[0]["answer"])


def test_the_answer_of_a_target_is_shown_without_secrets(ws: Workspace) -> None:
    assert answered(ws, b'{"code":"no_hook","token":"hush"}') == (
        '{\n  "code": "no_hook",\n  "token": "…"\n}'
    )
    assert answered(ws, f"you sent {ws.token}.".encode()) == "you sent …."
    assert answered(ws, b"\xff") == "\ufffd"
    assert answered(ws, b"") == ""


def test_a_long_answer_of_a_target_is_cut(ws: Workspace) -> None:
    assert answered(ws, b"x" * 5_000) == "x" * 4_096 + "\n… (5,000 bytes)"
    said = answered(ws, (b"x" * 4_090 + ws.token.encode()).ljust(KEPT_BYTES, b"y"))
    assert said == "x" * 4_090 + "…" + "y" * 5 + "\n… (8,192 bytes or more)"


def test_the_answer_of_a_target_is_escaped(ws: Workspace) -> None:
    answered(ws, HOSTILE.encode())
    with Server(ws) as server:
        for path in ("webhooks", "webhooks/news"):
            page = httpx.get(f"{server.url}/browse/{path}").text
            assert html.escape(HOSTILE, quote=False) in page.replace("&#34;", '"').replace(
                "&#39;", "'"
            )
            assert HOSTILE not in page


def test_news_over_http_are_no_requests() -> None:
    workspace = Workspace()
    with Server(workspace) as server:
        httpx.get(f"{server.url}/v2/self")
        key = Traffic(PageContent(workspace), "").requests().items[0]["key"]
        everything = httpx.get(f"{server.url}/browse/requests/news").text
        assert f'id="{key}"' in everything
        assert "data-whole" in everything
        nothing = httpx.get(f"{server.url}/browse/requests/news?after={key}")
        assert (nothing.status_code, nothing.text.strip()) == (200, "")
        assert len(nothing.content) < 100
        assert httpx.get(f"{server.url}/browse/webhooks/news").status_code == 200
        strange = httpx.get(f"{server.url}/browse/requests/news?after=<script>")
        assert "<script>" not in strange.text
        elsewhere = {"host": "evil.example"}
        assert httpx.get(f"{server.url}/browse/requests/news", headers=elsewhere).status_code == 401
        assert len(workspace.requests) == 1
    workspace.close()
