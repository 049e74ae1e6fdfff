"""The page in a real Chromium: nothing of a record runs, it fits, it is readable, it is live."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Server
from tests.clients.contracts import install
from tests.sandbox.server.browser import Chromium, find_chromium
from tests.sandbox.server.scenery import HOSTILE, Scenery

PROGRAM = find_chromium()
AXE = Path(__file__).parent / "axe" / "package.json"
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no chromium on this machine")

# The contrast of each text with what is behind it, as WCAG 2 has it: 4.5 is what AA asks for.
CONTRASTS = """
(() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const light = rgb => rgb.slice(0, 3).map(v => v / 255)
    .map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = node => {
    for (; node; node = node.parentElement) {
      const rgb = parse(getComputedStyle(node).backgroundColor);
      if (rgb.length === 3 || rgb[3] > 0) return rgb;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) bad.push([walker.currentNode.data.slice(0, 40), contrast]);
  }
  return bad;
})()
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    assert PROGRAM is not None
    browser = Chromium(PROGRAM, tmp_path_factory.mktemp("profile"))
    yield browser
    browser.close()


LONG = "A status that goes on and on until it does not fit into any column"


def add_wide_object(workspace: Workspace) -> None:
    """An object of 60 attributes, with long, right-to-left and very large values."""
    workspace.define_object("wides", "Wide", "Wides")
    workspace.define_attribute("wides", api_slug="name", type="text")
    statuses = ["New", LONG, "مكتمل 🎉", "Empty"]
    workspace.define_attribute("wides", api_slug="phase", type="status", statuses=statuses)
    kinds = ("text", "number", "currency", "rating", "checkbox", "date")
    for n in range(60):
        title = f"A rather long title {n}"
        kind = kinds[n % 6]
        workspace.define_attribute("wides", api_slug=f"a{n}", type=kind, title=title)
    values = ("word " * 60, 99_999_999_999.99, 99_999_999_999.99, 3, True, "2026-02-03")
    every = {f"a{n}": values[n % 6] for n in range(60)}
    names = ("x" * 300, "مرحبا بالعالم", "👩‍👩‍👧‍👦 family", HOSTILE)
    workspace.load(
        "wides", [{"name": name, "phase": statuses[n % 3], **every} for n, name in enumerate(names)]
    )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Server, Scenery]]:
    workspace = Workspace()
    scenery = Scenery(workspace)
    add_wide_object(workspace)
    with Server(workspace) as server:
        yield server, scenery
    workspace.close()


@pytest.fixture
def empty() -> Iterator[Server]:
    workspace = Workspace()
    with Server(workspace) as server:
        yield server
    workspace.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from npm; skips the test where it cannot be had."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("axe")
    shutil.copy(AXE, folder)
    quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
    install(["npm", "install", "--ignore-scripts", *quiet], folder, "axe-core")
    script = folder / "node_modules" / "axe-core" / "axe.min.js"
    return script.read_text(encoding="utf-8")


PATHS = (
    "/", "/browse/objects/people", "/browse/objects/people/{person}", "/browse/lists/crew",
    "/browse/objects/people/attributes", "/browse/webhooks", "/browse/requests",
    "/browse/objects/wides?columns=all&sort=-a2", "/browse/objects/wides/board",
    "/browse/objects/people?where=name:contains:ada&where=rank:filled:",
    "/browse/objects/people?where=name:min:3", "/browse/search?q=ada",
    "/browse/activities/phone_calls?sort=fee", "/browse/activities/phone_calls/board",
    "/browse/activities/phone_calls/{call}", "/browse/activities/phone_calls/attributes",
)  # fmt: skip
EMPTY_PATHS = (
    "/", "/browse/objects/people", "/browse/objects/deals/board", "/browse/requests",
    "/browse/webhooks", "/browse/activities/phone_calls",
)  # fmt: skip


def address(server: Server, scenery: Scenery, path: str) -> str:
    return server.url + path.format(person=scenery.person, call=scenery.call_)


def findings(chromium: Chromium, axe: str, url: str) -> list[Any]:
    """What axe-core finds on a page with all of it open, in both colour schemes."""
    found: list[Any] = []
    for width, scheme in ((1280, "light"), (400, "dark")):
        chromium.resize(width)
        chromium.prefer(scheme)
        chromium.open(url)
        chromium.run("document.querySelectorAll('details').forEach(each => each.open = true)")
        chromium.run(f"{axe}; 0")  # past the policy of the page, as extensions are
        answer = chromium.wait_for("axe.run().then(found => ({violations: found.violations}))")
        found += [
            (url, scheme, each["id"], [node["html"][:200] for node in each["nodes"]])
            for each in answer["violations"]
        ]
    return found


@pytest.mark.parametrize("path", PATHS)
def test_axe_finds_nothing(
    chromium: Chromium, axe: str, served: tuple[Server, Scenery], path: str
) -> None:
    server, scenery = served
    assert findings(chromium, axe, address(server, scenery, path)) == []


def test_axe_finds_nothing_where_nothing_is_yet(
    chromium: Chromium, axe: str, empty: Server
) -> None:
    for path in EMPTY_PATHS:
        assert findings(chromium, axe, empty.url + path) == []


@pytest.mark.parametrize("path", PATHS)
def test_every_page(chromium: Chromium, served: tuple[Server, Scenery], path: str) -> None:
    server, scenery = served
    chromium.events.clear()
    for width in (320, 400, 1280):
        chromium.resize(width)
        for scheme in ("light", "dark") if width > 320 else ("light",):
            chromium.prefer(scheme)
            chromium.open(address(server, scenery, path))
            chromium.run("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert chromium.run("document.title").endswith("Attio sandbox"), "no script ran"
            assert chromium.run("document.documentElement.scrollWidth") <= width, "it fits"
            assert chromium.run(CONTRASTS) == []
            dark = chromium.run("getComputedStyle(document.body).backgroundColor")
            assert (dark == "rgb(255, 255, 255)") is (scheme == "light")
    assert chromium.complaints == []
    elsewhere = [url for url in chromium.requested if not url.startswith((server.url, "data:"))]
    assert elsewhere == []


def focused(chromium: Chromium) -> Any:
    return chromium.run("document.activeElement.textContent.trim() || document.activeElement.id")


def test_by_keyboard_from_the_overview_to_a_record(
    chromium: Chromium, served: tuple[Server, Scenery]
) -> None:
    server, _ = served
    chromium.resize(1280)
    chromium.open(server.url)
    chromium.press("Tab")
    assert focused(chromium) == "Skip to the content"
    assert chromium.run("document.activeElement.getBoundingClientRect().width") > 50, "it is seen"
    for _ in range(20):
        chromium.press("Tab")
        if focused(chromium).startswith("People"):
            break
    assert chromium.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    chromium.press("Enter")
    chromium.settle()
    assert chromium.run("document.querySelector('h1').innerText") == "People"

    chromium.run("document.getElementById('q').focus()")
    chromium.ask("Input.insertText", text="lovelace")
    chromium.press("Enter")
    chromium.settle()
    assert chromium.run("document.getElementById('q').value") == "lovelace"
    names = "[...document.querySelectorAll('tbody th a')].map(each => each.innerText)"
    assert chromium.run(names) == ["Ada Lovelace"]

    chromium.run("document.querySelector('tbody th a').focus()")
    chromium.press("Enter")
    chromium.settle()
    assert chromium.run("document.querySelector('h1').innerText") == "Ada Lovelace"
    history = chromium.run("document.querySelector('.timeline').innerText")
    assert "Countess" in history
    assert history.index("Analyst") < history.rindex("The record was created"), "newest first"


def test_everything_has_a_name_for_those_who_listen(
    chromium: Chromium, served: tuple[Server, Scenery]
) -> None:
    server, scenery = served
    named = {
        "link", "button", "searchbox", "navigation", "region", "columnheader", "combobox",
        "textbox",
    }  # fmt: skip
    chromium.ask("Accessibility.enable")
    for path in PATHS:
        chromium.open(address(server, scenery, path))
        assert chromium.run("document.documentElement.lang") == "en"
        assert chromium.run("document.querySelectorAll('h1').length") == 1
        nodes = chromium.ask("Accessibility.getFullAXTree")["nodes"]
        roles = [each["role"]["value"] for each in nodes if not each["ignored"]]
        assert {"banner", "main", "navigation"} <= set(roles)
        nameless = [
            each["role"]["value"]
            for each in nodes
            if not each["ignored"]
            and each["role"]["value"] in named
            and not each.get("name", {}).get("value", "").strip()
        ]
        assert nameless == []
    chromium.ask("Accessibility.disable")


def test_a_browser_elsewhere_gives_the_token_as_password(
    chromium: Chromium, served: tuple[Server, Scenery]
) -> None:
    server, scenery = served
    chromium.ask("Network.setExtraHTTPHeaders", headers={"X-Forwarded-For": "192.0.2.1"})
    try:
        token = scenery.workspace.token
        chromium.open(f"http://any:{token}@127.0.0.1:{server.port}/browse/objects/people")
        assert "Ada Lovelace" in chromium.run("document.body.innerText")
        assert token not in chromium.run("document.documentElement.outerHTML")
    finally:
        chromium.ask("Network.setExtraHTTPHeaders", headers={})


def test_each_row_has_its_line(chromium: Chromium, served: tuple[Server, Scenery]) -> None:
    server, _ = served
    lines = (
        "[...document.querySelectorAll('.records tbody tr > *')].every(each => "
        "getComputedStyle(each).borderTopWidth === '1px' && "
        "getComputedStyle(each).borderCollapse === 'separate')"
    )
    for width in (400, 1280):
        chromium.resize(width)
        chromium.open(server.url + "/browse/objects/people")
        assert chromium.run(lines) is True, "also the names, which stay in their place"
    chromium.open(server.url + "/browse/objects/people?where=job_title:is:CEO")
    heights = "[...document.querySelectorAll('.condition :is(input, select)')].map(each => each."
    shown = {each for each in chromium.run(f"{heights}offsetHeight)") if each}
    assert len(shown) == 1, "the fields of a condition stand level"


def test_a_slash_goes_to_the_search(chromium: Chromium, served: tuple[Server, Scenery]) -> None:
    server, _ = served
    chromium.resize(1280)
    for path, wanted in (
        ("/browse/requests", "Search all records"),
        ("/browse/objects/people", ""),
    ):
        chromium.open(server.url + path)
        chromium.press("/")
        assert chromium.run("document.activeElement.dataset.search") == ""
        assert chromium.run("document.activeElement.placeholder") == wanted
        assert chromium.run("document.activeElement.value") == "", "it is not typed"
        chromium.press("/")
        assert chromium.run("document.activeElement.value") == "/", "in a field it is a slash"


def test_requests_come_in_while_the_page_is_looked_at(chromium: Chromium) -> None:
    workspace = Workspace()
    with Server(workspace) as server:
        chromium.open(f"{server.url}/browse/requests")
        assert "none yet" in chromium.run("document.querySelector('main').innerText")
        httpx.get(f"{server.url}/v2/self")
        chromium.wait_for("document.querySelectorAll('#log details').length === 1")
        assert "none yet" not in chromium.run("document.querySelector('main').innerText")
        chromium.run("document.querySelector('#log details').open = true")
        httpx.get(f"{server.url}/v2/<b>", params={"q": HOSTILE})
        chromium.wait_for("document.querySelectorAll('#log details').length === 2")
        paths = "[...document.querySelectorAll('#log .url')].map(each => each.innerText)"
        assert chromium.run(paths) == ["/v2/%3Cb%3E", "/v2/self"]
        opened = "[...document.querySelectorAll('#log details')].map(each => each.open)"
        assert chromium.run(opened) == [False, True], "what was opened stays so"
        assert chromium.run("document.title") == "Requests · Attio sandbox"
        assert "2 new" in chromium.run("document.querySelector('[data-said]').innerText")

        chromium.run("document.querySelector('[data-live] button').click()")
        assert chromium.run("document.querySelector('[data-said]').innerText") == "Paused"
        workspace.requests.clear()
        chromium.run("document.querySelector('[data-live] button').click()")
        chromium.wait_for("document.querySelectorAll('#log details').length === 0")
        assert workspace.requests == [], "looking is no request"
    workspace.close()


def test_deliveries_come_in_too(chromium: Chromium) -> None:
    workspace = Workspace()
    scenery = Scenery(workspace)
    with Server(workspace) as server:
        chromium.open(f"{server.url}/browse/webhooks")
        before = chromium.run("document.querySelectorAll('#log details').length")
        path = f"/v2/objects/people/records/{scenery.person}"
        scenery.send("PATCH", path, values={"job_title": "Admiral"})
        chromium.wait_for(f"document.querySelectorAll('#log details').length === {before + 2}")
    workspace.close()


def test_a_command_is_copied(chromium: Chromium, served: tuple[Server, Scenery]) -> None:
    server, _ = served
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    chromium.ask("Browser.grantPermissions", permissions=permissions, origin=server.url)
    chromium.open(f"{server.url}/browse/requests")
    chromium.run("document.querySelector('#log details').open = true")
    chromium.ask("Page.bringToFront")
    chromium.run("document.querySelector('[data-copy]').click()")
    text = chromium.wait_for("navigator.clipboard.readText()")
    assert text.startswith("curl ")
    assert "$ATTIO_API_KEY" in text


def test_a_condition_offers_what_its_attribute_takes(
    chromium: Chromium, served: tuple[Server, Scenery]
) -> None:
    server, _ = served
    chromium.open(f"{server.url}/browse/objects/wides")
    chromium.run("document.querySelector('.narrow').open = true")
    choose = "by.value = '{}'; by.dispatchEvent(new Event('change'))"
    offered = "[...document.getElementById('op').options].map(each => each.value)"
    chromium.run("const by = document.getElementById('by'); " + choose.format("a2"))
    assert chromium.run(offered) == ["is", "not", "min", "max", "filled", "empty"]
    chromium.run(choose.format("phase"))
    assert chromium.run(offered) == ["is", "not", "filled", "empty"]
    lists = "[...document.getElementById('value').list.options].map(each => each.value)"
    assert LONG in chromium.run(lists)
    chromium.run("document.getElementById('value').value = 'New'")
    chromium.run("document.querySelector('[data-condition] button').click()")
    chromium.settle()
    assert chromium.run("document.querySelectorAll('tbody tr').length") == 2
    assert "Phase is New" in chromium.run("document.querySelector('.conditions').innerText")


def test_without_scripts_tables_are_sorted_and_filtered(
    chromium: Chromium, served: tuple[Server, Scenery]
) -> None:
    server, _ = served
    chromium.allow_scripts(False)
    try:
        chromium.open(f"{server.url}/browse/objects/wides")
        chromium.run("document.querySelector('thead th:first-child a').click()")
        chromium.settle()
        assert chromium.run("document.querySelector('[aria-sort]').innerText") == "Record"
        chromium.run("document.querySelector('.narrow').open = true")
        chromium.run("document.getElementById('by').value = 'phase'")
        chromium.run("document.getElementById('op').value = 'not'")
        chromium.run("document.getElementById('value').value = 'New'")
        chromium.run("document.querySelector('[data-condition] button').click()")
        chromium.settle()
        assert chromium.run("document.querySelectorAll('tbody tr').length") == 2
        assert chromium.run("document.querySelector('[aria-sort]').innerText") == "Record"
        chromium.open(f"{server.url}/browse/requests")
        assert chromium.run("document.querySelectorAll('#log details').length") > 5
        assert not chromium.run("document.querySelector('[data-live]').checkVisibility()")
        assert chromium.run("document.querySelector('[data-copy]').hidden")
    finally:
        chromium.allow_scripts(True)


def test_motion_and_print(chromium: Chromium, served: tuple[Server, Scenery]) -> None:
    server, _ = served
    chromium.open(f"{server.url}/browse/objects/wides/board")
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    chromium.ask("Emulation.setEmulatedMedia", features=features)
    chromium.run("document.querySelector('.card').classList.add('fresh')")
    assert (
        chromium.run("getComputedStyle(document.querySelector('.fresh')).animationName") == "none"
    )
    chromium.ask("Emulation.setEmulatedMedia", media="print", features=[])
    assert chromium.run("getComputedStyle(document.querySelector('.side')).display") == "none"
    assert chromium.run("document.querySelector('.card').checkVisibility()")
    chromium.ask("Emulation.setEmulatedMedia", media="", features=[])
