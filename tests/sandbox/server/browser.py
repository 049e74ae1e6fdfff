"""A real Chromium without a window, driven over a pipe by the DevTools protocol."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE = 60.0
OPTIONS = """
    headless no-sandbox disable-gpu disable-dev-shm-usage no-first-run disable-extensions
    disable-background-networking remote-debugging-pipe
"""
# The browser reads commands from file 3 and writes answers to file 4.
START = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(each), fcntl.F_DUPFD, 10) for each in sys.argv[1:3]]
for number, end in zip((3, 4), ends):
    os.dup2(end, number)
os.execv(sys.argv[3], sys.argv[3:])
"""


def find_chromium() -> str | None:
    """Where the browser is, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Chromium:
    """One browser with one page. Each command waits for its answer."""

    def __init__(self, program: str, profile: Path) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-c", START, str(to_browser), str(from_browser), program),
                *(f"--{option}" for option in OPTIONS.split()),
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._number = 0
        self._rest = b""
        self.events: list[Any] = []
        self._session: str | None = None
        targets = self.ask("Target.getTargets")["targetInfos"]
        page = next(each["targetId"] for each in targets if each["type"] == "page")
        attached = self.ask("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **params: Any) -> Any:
        """The result of a command."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer)
                return answer["result"]
            self.events.append(answer)

    def _read(self) -> Any:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            assert ready, "the browser does not answer"
            part = os.read(self._in, 1 << 20)
            assert part, "the browser has gone"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def open(self, url: str) -> None:
        """Go to an address, and wait until its page is there."""
        self.ask("Page.navigate", url=url)
        self.settle()

    def settle(self) -> None:
        """Wait for the load event of a page that is on its way."""
        until = time.monotonic() + PATIENCE
        while not any(each.get("method") == "Page.loadEventFired" for each in self.events):
            assert time.monotonic() < until, "the page is not loaded"
            self.events.append(self._read())
        self.events = [e for e in self.events if e.get("method") != "Page.loadEventFired"]

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression on the page."""
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait_for(self, script: str) -> Any:
        """The value of an expression once it is true; it may be a promise."""
        until = time.monotonic() + PATIENCE
        while True:
            result = self.ask(
                "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
            )
            assert "exceptionDetails" not in result, result
            value = result["result"].get("value")
            if value:
                return value
            assert time.monotonic() < until, f"never true: {script}"
            time.sleep(0.05)

    def press(self, key: str) -> None:
        """Press a key, such as ``Tab``, ``Enter`` or ``/``."""
        codes = {"Tab": 9, "Enter": 13, "/": 191}
        text = {"text": {"Enter": "\r"}.get(key, key)} if key != "Tab" else {}
        for type in ("keyDown", "keyUp"):
            code = {"windowsVirtualKeyCode": codes[key], "key": key, "code": key}
            self.ask("Input.dispatchKeyEvent", type=type, **code, **text)

    def resize(self, width: int, height: int = 900) -> None:
        """Make the window so many pixels wide."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def prefer(self, scheme: str) -> None:
        """Prefer the colours ``light`` or ``dark``."""
        wish = {"name": "prefers-color-scheme", "value": scheme}
        self.ask("Emulation.setEmulatedMedia", features=[wish])

    def allow_scripts(self, allow: bool) -> None:
        """Let pages run scripts, or not."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not allow)

    @property
    def complaints(self) -> list[Any]:
        """What the browser complained of: errors, refused resources, scripts that ran or failed."""
        methods = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        return [each for each in self.events if each.get("method") in methods]

    @property
    def requested(self) -> list[str]:
        """The addresses that the page asked for."""
        return [
            each["params"]["request"]["url"]
            for each in self.events
            if each.get("method") == "Network.requestWillBeSent"
        ]

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        self._process.wait(timeout=30)
        os.close(self._out)
        os.close(self._in)
