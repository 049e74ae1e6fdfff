"""The page in a real Chromium: nothing runs, nothing is loaded, it fits, it is readable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import Server
from tests.sandbox.server.browser import Chromium, find_chromium
from tests.sandbox.server.scenery import Scenery

PROGRAM = find_chromium()
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


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Server, Scenery]]:
    workspace = Workspace()
    scenery = Scenery(workspace)
    with Server(workspace) as server:
        yield server, scenery
    workspace.close()


PATHS = (
    "/", "/browse/objects/people", "/browse/objects/people/{person}", "/browse/lists/crew",
    "/browse/objects/people/attributes", "/browse/webhooks", "/browse/requests",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_every_page(chromium: Chromium, served: tuple[Server, Scenery], path: str) -> None:
    server, scenery = served
    chromium.events.clear()
    for width in (400, 1280):
        chromium.resize(width)
        for scheme in ("light", "dark"):
            chromium.prefer(scheme)
            chromium.open(server.url + path.format(person=scenery.person))
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
    chromium.run("document.querySelector('summary').focus()")
    chromium.press("Enter")
    assert "Countess" in chromium.run("document.querySelector('details[open]').innerText")


def test_everything_has_a_name_for_those_who_listen(
    chromium: Chromium, served: tuple[Server, Scenery]
) -> None:
    server, scenery = served
    named = {"link", "button", "searchbox", "navigation", "region", "columnheader"}
    chromium.ask("Accessibility.enable")
    for path in PATHS:
        chromium.open(server.url + path.format(person=scenery.person))
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
