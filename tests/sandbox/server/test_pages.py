"""The page: what it shows, that nothing in it runs, and who may look."""

from __future__ import annotations

import base64
import html
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Application, Server
from attio_sandbox.server.pages.cells import cell, pretty
from attio_sandbox.server.pages.guard import is_loopback
from tests.sandbox.server.scenery import HOSTILE, Scenery

VOID = frozenset({"meta", "link", "br", "input", "img"})


class Page(HTMLParser):
    """Checks that tags are closed in order; notes tags, links, ids and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.scripts: list[str | None] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.ids: list[str] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag == "script":
            self.scripts.append(dict(attrs).get("src"))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self._open[-1:] != ["script"], data
        self.text += data


@pytest.fixture
def scenery(workspace: Workspace) -> Scenery:
    return Scenery(workspace)


@pytest.fixture
def browser(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


def shown(browser: httpx.Client, path: str) -> Page:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


def every_path(scenery: Scenery) -> list[str]:
    return [
        "/",
        "/browse/",
        "/browse/objects/people",
        "/browse/objects/people?q=ada&page=1",
        "/browse/objects/people?where=name:contains:ada&sort=-created_at&columns=all",
        "/browse/objects/deals/board",
        "/browse/objects/people?where=rank:is:nothing",
        "/browse/search?q=ada",
        "/browse/objects/people/attributes",
        f"/browse/objects/people/{scenery.person}",
        f"/browse/objects/deals/{scenery.deal}",
        "/browse/lists/crew",
        "/browse/lists/crew/attributes",
        "/browse/activities/phone_calls?sort=-fee&q=script",
        "/browse/activities/phone_calls/board",
        "/browse/activities/phone_calls/attributes",
        f"/browse/activities/phone_calls/{scenery.call_}",
        "/browse/webhooks",
        "/browse/requests",
    ]


def test_every_page_is_whole_and_nothing_of_it_runs(
    browser: httpx.Client, scenery: Scenery
) -> None:
    for path in every_path(scenery):
        page = shown(browser, path)
        assert page.tags.isdisjoint({"img", "iframe", "style", "object"}), path
        assert page.scripts == ["/browse/page.js"], "a file of ours, and nothing in the page"
        assert not [name for name in page.attributes if name.startswith("on")], path
        assert "style" not in page.attributes, "the policy forbids it"
        assert {"title", "h1", "main"} <= page.tags
        assert len(page.ids) == len(set(page.ids))
        for link in page.links:
            assert link.startswith(("/", "#", "?", "data:image/svg+xml,")), link
            assert not link.startswith("//")


def test_every_link_leads_somewhere(browser: httpx.Client, scenery: Scenery) -> None:
    seen: set[str] = set()
    visits: Counter[str] = Counter()
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        for link in shown(browser, path).links:
            target = str(httpx.URL(f"http://x{path}").join(link).raw_path, "ascii")
            if link.startswith(("/", "?")) and target not in seen:
                seen.add(target)
                page, _, _ = target.partition("?")
                visits[page] += 1
                if page.startswith("/browse/page."):
                    assert browser.get(target).headers["content-type"].startswith("text/")
                elif visits[page] <= 8:  # of the ways to sort and filter a table
                    waiting.append(target)
    assert f"/browse/objects/people/{scenery.person}" in seen
    assert "/browse/lists/crew/attributes" in seen
    assert f"/browse/activities/phone_calls/{scenery.call_}" in seen
    assert not [each for each in seen if f"/people/{scenery.call_}" in each]


def test_a_record_with_all_that_hangs_on_it(browser: httpx.Client, scenery: Scenery) -> None:
    page = shown(browser, f"/browse/objects/people/{scenery.person}")
    for text in (
        "Ada Lovelace", "ada@lovelace.dev", "Analyst", "History", "Countess", "SW1, London, GB",
        "+442079460018", "due 2026-05-01 10:00:00 for Sandbox Owner", "open", "Crew",
    ):  # fmt: skip
        assert text in page.text, text
    assert page.text.count(HOSTILE) >= 7  # company, description, rank twice, list, note, task ...
    assert [link for link in page.links if link.startswith("/browse/objects/companies/")]
    deal = shown(browser, f"/browse/objects/deals/{scenery.deal}").text
    assert "1,250.50 USD" in deal
    assert "Lead" in deal
    assert "It has no entries in lists, no tasks, no notes, no comments." in deal


def test_records_are_searched_and_paged(browser: httpx.Client, workspace: Workspace) -> None:
    rows = [
        {"name": f"Person {n:03d}", "email_addresses": [f"p{n}@x.example.com"]} for n in range(120)
    ]
    workspace.load("people", rows)
    found: list[str] = []
    path = "/browse/objects/people"
    while path:
        page = shown(browser, path)
        found += re.findall(r"Person \d+", page.text)
        following = [link for link in page.links if link.startswith("?page=")]
        path = ""
        if len(found) < 120:
            path = f"/browse/objects/people{following[-1]}"
    assert sorted(found) == [f"Person {n:03d}" for n in range(120)]
    assert "101 to 120 of 120" in page.text
    for search in ("erson 07", "p7", "PERSON 07"):
        text = shown(browser, f"/browse/objects/people?q={search}").text
        assert "Person 07" in text
        assert "Person 011" not in text
    assert "Nothing here" in shown(browser, "/browse/objects/people?q=nobody").text
    nothing = shown(browser, "/browse/objects/users").text
    assert "There are no records yet. POST /v2/objects/users/records makes one." in nothing
    for page_number in ("0", "-1", "x", "9" * 30, "999999999", "\u0662"):
        assert shown(browser, f"/browse/objects/people?page={page_number}")


def test_the_search_text_is_escaped(browser: httpx.Client, scenery: Scenery) -> None:
    answer = browser.get("/browse/objects/companies", params={"q": HOSTILE})
    assert "<script>" not in answer.text
    page = Page(answer.text)
    assert HOSTILE in page.text, "it was found, too"
    for odd in ("'; DROP TABLE records; --", "%", "_", "\x00", "x" * 5_000, "ä" * 300):
        assert browser.get("/browse/objects/people", params={"q": odd}).status_code == 200
    assert browser.get("/browse/objects/people?q=%ED%A0%80%FF%00").status_code == 200


def test_entries_and_attributes(browser: httpx.Client, scenery: Scenery) -> None:
    entries = shown(browser, "/browse/lists/crew").text
    assert "Ada Lovelace" in entries
    assert "7" in entries
    attributes = shown(browser, "/browse/objects/deals/attributes").text
    for text in ("stage", "status", "required", "Won 🎉", "read-only"):
        assert text in attributes


def test_activities_are_shown_where_there_is_something_to_see(
    browser: httpx.Client, workspace: Workspace
) -> None:
    page = shown(browser, "/")
    assert "Activities" not in page.text
    assert not [link for link in page.links if "/activities/" in link]
    assert "There are no records yet." in shown(browser, "/browse/activities/phone_calls").text
    scenery = Scenery(workspace)
    page = shown(browser, "/")
    assert page.text.count("Activities") == 2, "in the navigation and on the overview"
    assert page.links.count("/browse/activities/phone_calls") == 2
    record = shown(browser, f"/browse/activities/phone_calls/{scenery.call_}")
    assert f"/browse/objects/people/{scenery.person}" in record.links
    for text in ("Ada Lovelace", "The record was created", "Asked", HOSTILE, "12.00 USD"):
        assert text in record.text, text
    assert "It has no" not in record.text


def test_webhooks_and_their_deliveries(browser: httpx.Client, scenery: Scenery) -> None:
    page = shown(browser, "/browse/webhooks")
    for text in ("https://hooks.example/<b>", "record.updated", "note.created", "200", "500"):
        assert text in page.text
    assert '"event_type": "record.updated"' in page.text
    assert "Answered with status 500" in page.text
    assert "Attio-Signature: " in page.text
    assert "secret" not in page.text


def test_requests_and_their_bodies(browser: httpx.Client, scenery: Scenery) -> None:
    scenery.workspace.faults.fail_next("drop_before")
    with pytest.raises(httpx.RemoteProtocolError):
        browser.get("/v2/dropped")
    browser.post("/v2/objects?limit=1", content=b"no json")
    page = shown(browser, "/browse/requests")
    assert page.text.index("/v2/objects") < page.text.index("/v2/dropped"), "newest first"
    for text in ("dropped", "401", "limit=1", '"job_title": "Analyst"', '"code": "unauthorized"'):
        assert text in page.text, text
    assert "/browse/" not in page.text, "looking is not a request"
    assert '"secret": "…"' in page.text


def test_looking_changes_nothing(browser: httpx.Client, scenery: Scenery) -> None:
    workspace = scenery.workspace
    workspace.faults.fail_next(500)
    before = len(workspace.requests)
    for path in every_path(scenery):
        shown(browser, path)
    assert len(workspace.requests) == before
    assert browser.get("/v2/self").status_code == 500, "the fault waits for a request"


def test_what_is_not_there(browser: httpx.Client, scenery: Scenery) -> None:
    for path in (
        "/browse/objects/nope", "/browse/lists/nope", "/browse/objects/people/nope", "/browse/nope",
        f"/browse/objects/deals/{scenery.person}", "/browse/@nope/", "/browse/objects/%3Cb%3E",
        "/browse/activities/nope", f"/browse/activities/phone_calls/{scenery.person}",
        f"/browse/objects/people/{scenery.call_}", f"/browse/lists/crew/{scenery.person}",
        "/browse/objects/nope/attributes", "/browse/../../etc/passwd", "/browse/page.css/x",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code == 404, path
        assert "<b>" not in answer.text
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = browser.request(method, "/browse/objects/people")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    head = browser.head("/browse/objects/people")
    assert (head.status_code, head.content) == (200, b"")


def test_much_is_cut_and_its_size_said(browser: httpx.Client, workspace: Workspace) -> None:
    text = "x" * 9_000_000
    (key,) = workspace.load("people", [{"name": "Ada", "description": text}])
    answer = browser.get(f"/browse/objects/people/{key}")
    assert "(9,000,000 characters)" in answer.text
    assert len(answer.content) < 40_000
    headers = {"authorization": f"Bearer {workspace.token}"}
    browser.get(f"/v2/objects/people/records/{key}", headers=headers)
    answer = browser.get("/browse/requests")
    assert "bytes)" in answer.text
    assert len(answer.content) < 40_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"attribute_type": "number", "value": 1234567.25}, "1,234,567.25"),
        ({"attribute_type": "number", "value": 99_999_999_999.99}, "99,999,999,999.99"),
        ({"attribute_type": "rating", "value": 4}, "4"),
        ({"attribute_type": "checkbox", "value": True}, "yes"),
        ({"attribute_type": "checkbox", "value": False}, "no"),
        ({"attribute_type": "domain", "domain": "a.com", "root_domain": "a.com"}, "a.com"),
        ({"attribute_type": "date", "value": "2026-01-02"}, "2026-01-02"),
        (
            {
                "attribute_type": "interaction",
                "interaction_type": "email",
                "interacted_at": "2026-01-02T03:04:05.000000000Z",
            },
            "email, 2026-01-02 03:04:05",
        ),
        (
            {
                "attribute_type": "actor-reference",
                "referenced_actor_type": "system",
                "referenced_actor_id": None,
            },
            "system",
        ),
        (
            {
                "attribute_type": "record-reference",
                "target_object": "people",
                "target_record_id": "0123456789",
            },
            "01234567",
        ),
        ({"attribute_type": "new", "inner": 1}, '{"attribute_type":"new","inner":1}'),
        ({"attribute_type": "currency", "currency_value": "1.5", "currency_code": None}, "1.5"),
    ],
)
def test_values_as_text(value: dict[str, Any], text: str) -> None:
    assert cell(value, {}).text == text


def test_bodies_as_text() -> None:
    assert pretty({"a": [1]}) == '{\n  "a": [\n    1\n  ]\n}'
    assert pretty({"access_token": "abc", "secret": None}) == (
        '{\n  "access_token": "…",\n  "secret": null\n}'
    )
    assert pretty(b"<html>") == "<html>"
    assert pretty(b"\xff\xfe") == "\ufffd\ufffd"
    assert pretty(b"[" + b"1," * 300_000 + b"1]").endswith("(600,003 bytes)")


class TestWhoMayLook:
    """By what a request says of itself, as a server tells the app."""

    async def ask(
        self,
        workspace: Workspace,
        path: str = "/",
        *,
        client: str = "127.0.0.1",
        server: str = "127.0.0.1",
        **headers: str,
    ) -> httpx.Response:
        application = Application(workspace)

        async def moved(scope: Any, receive: Any, send: Any) -> None:
            await application({**scope, "server": (server, 8787)}, receive, send)

        transport = httpx.ASGITransport(moved, client=(client, 5))
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
            answer = await browser.get(path, headers=named)
        application.close()
        return answer

    @pytest.mark.parametrize("host", ["localhost:8787", "127.0.0.1", "[::1]:8787", "a.localhost"])
    async def test_this_machine(self, workspace: Workspace, host: str) -> None:
        answer = await self.ask(workspace, host=host)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert workspace.token not in answer.text

    @pytest.mark.parametrize(
        "request_",
        [
            {"host": "evil.example"},
            {"host": "127.0.0.1.evil.example"},
            {"host": ""},
            {"host": "["},
            {"client": "192.0.2.7"},
            {"server": "192.0.2.1"},
            {"server": "0.0.0.0"},
            {"x_forwarded_for": "127.0.0.1"},
            {"forwarded": "for=127.0.0.1"},
            {"via": "1.1 proxy"},
            {"authorization": "Bearer wrong"},
            {"authorization": "Basic ====="},
            {"authorization": "Basic d3Jvbmc6d3Jvbmc="},
        ],
    )
    async def test_others_need_the_token(
        self, workspace: Workspace, request_: dict[str, str]
    ) -> None:
        request = {"client": "192.0.2.7"} | request_ if "authorization" in request_ else request_
        answer = await self.ask(workspace, **request)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert "objects" not in answer.text

    @pytest.mark.parametrize("form", ["Bearer {0}", "Basic {0}:", "Basic any:{0}"])
    async def test_the_token_opens_it(self, workspace: Workspace, form: str) -> None:
        scheme, _, rest = form.format(workspace.token).partition(" ")
        if scheme == "Basic":
            rest = base64.b64encode(rest.encode()).decode()
        answer = await self.ask(workspace, client="192.0.2.7", authorization=f"{scheme} {rest}")
        assert answer.status_code == 200

    async def test_a_token_with_fewer_scopes_does_not(self, workspace: Workspace) -> None:
        token = workspace.access.add_token(["note:read"])
        answer = await self.ask(workspace, client="192.0.2.7", authorization=f"Bearer {token}")
        assert answer.status_code == 401

    def test_names_of_this_machine(self) -> None:
        assert is_loopback("127.8.9.1")
        assert not is_loopback("10.0.0.1")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_the_first_steps_work(
    server: Server, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = httpx.get(server.url).text
    shell, python = (
        html.unescape(each) for each in re.findall(r"<pre[^>]*>(.*?)</pre>", home, re.S)
    )
    export, _, command = shell.partition("\n\n")
    assert export.startswith("export ATTIO_API_KEY=…")
    monkeypatch.setenv("ATTIO_API_KEY", workspace.token)
    command = command.replace("curl ", "curl -s -f --noproxy '*' ", 1)
    subprocess.run(["sh", "-c", command], check=True, capture_output=True, timeout=60)
    done = subprocess.run(
        [sys.executable, "-c", python], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    people = workspace.look_up("/v2/objects/people/records/query", json={})
    names = [each["values"]["name"][0]["full_name"] for each in people]
    assert sorted(names) == ["Ada Lovelace", "Grace Hopper"], "without an order they come by id"
    assert "First steps" not in httpx.get(server.url).text, "it is empty no more"


def test_several_workspaces_each_on_its_own_pages(server: Server, browser: httpx.Client) -> None:
    other = Workspace(token="second")
    (key,) = other.load("people", [{"name": "Only here"}])
    server.application.add(other)
    try:
        home = shown(browser, "/")
        base = f"/browse/@{other.workspace_id}"
        assert f"{base}/" in home.links
        page = shown(browser, f"{base}/objects/people")
        assert "Only here" in page.text
        assert f"{base}/objects/people/{key}" in page.links
        assert "Only here" in shown(browser, f"{base}/objects/people/{key}").text
        assert "Only here" not in shown(browser, "/browse/objects/people").text
    finally:
        other.close()


def test_without_a_workspace_there_is_no_page() -> None:
    with Server() as server:
        assert httpx.get(server.url).status_code == 404
        assert httpx.get(f"{server.url}/v2/objects").status_code == 503
