"""Two hundred models of fifty attributes: what importing them takes, and introspection."""

from __future__ import annotations

import compileall
import gc
import importlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from attio_orm import connect
from attio_orm.records.base import mapper_of
from attio_orm.transport.requests import WireRequest, WireResponse
from tests.benchmarks.defining_attributes import EXPONENT, exponent
from tests.benchmarks.measuring import Result, forked, resident, trim

MODULE = "many_things"
SECONDS = 0.5  # the import may take so many
KINDS = (
    "Text", "Number", "Select", "Date", "Checkbox", "Currency", "Timestamp", "EmailAddresses",
    "MultiSelect", "Status", "Rating", "PhoneNumbers", "Location", "Domains", "Actor",
)  # fmt: skip
_IMPORTS = f"""\
from __future__ import annotations

from attio_orm import Many, Maybe, Model
from attio_orm.attributes import {", ".join(sorted(KINDS))}
"""


def source(models: int, attributes: int) -> str:
    """A module with so many models, two relations each, a fifth of the slugs of their own."""
    lines = [_IMPORTS]
    for number in range(models):
        lines += ["", f'class Thing{number}(Model, object="thing_{number}"):']
        lines += [f'    """The things of kind {number}."""', ""]
        lines.append(f"    parent: Maybe[Thing{(number + 1) % models}]")
        lines.append(f"    children: Many[Thing{(number + 2) % models}]")
        for at in range(attributes - 2):
            kind = KINDS[at % len(KINDS)]
            slug = "" if at % 5 else f' = {kind}("slug_{at}")'
            lines.append(f"    attribute_{at}: {kind}{slug}")
        lines.append("")
    return "\n".join(lines)


class Recorded:
    """A backend that knows what a sandbox answered about these models, and counts what is asked."""

    def __init__(self, module: Any) -> None:
        models = [each for name, each in vars(module).items() if name.startswith("Thing")]
        with connect("sandbox://", on_drift="ignore") as connection:
            assert connection.sandbox is not None
            connection.sandbox.define(*models)
            self.token = connection.sandbox.token
            slugs = [mapper_of(model).object for model in models]
            paths = ["/v2/objects", *(f"/v2/objects/{slug}/attributes" for slug in slugs)]
            workspace = connection.sandbox.workspace
            self.bodies = {
                path: msgspec.json.encode({"data": workspace.look_up(path)}) for path in paths
            }
        self.asked: list[str] = []

    def send(self, request: WireRequest, /) -> WireResponse:
        """The answer."""
        self.asked.append(request.path)
        return WireResponse(200, {}, self.bodies[request.path.partition("?")[0]])

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send``."""
        return self.send(request)

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""


def many_models(
    *, sizes: tuple[int, ...] = (25, 50, 100, 200), attributes: int = 50, rounds: int = 7
) -> Result:
    """Import and introspection at each size; their growth, and the memory of a model."""
    most, memory = sizes[-1], 0.0
    result = Result(
        "many-models",
        f"Models of {attributes} attributes each: importing their module in a fresh interpreter, "
        f"its bytecode compiled before and `import attio_orm` taken off, and connect(), which "
        f"reads the schema of each from answers that are there at once",
        "ms of processor time",
    )
    result.add("target", SECONDS * 1e3)
    took: dict[str, list[float]] = {"import": [], "introspection": []}
    for size in sizes:
        with _module(size, attributes):
            took["import"].append(
                statistics.median(_fresh(_IMPORTING) for _ in range(rounds)) * 1e3
            )
            result.add(f"import of {size}", took["import"][-1])
            memory, asked, seconds = forked(_introspecting(size, rounds))
            took["introspection"].append(seconds * 1e3)
            result.add(f"introspection of {size}", seconds * 1e3, f"{asked} requests")
            result.require(
                f"{size} models ask for the objects, and once for each", asked == size + 1
            )
    result.add("memory of a model", memory / 1e3, "kB")
    result.add("straight line", 1.0, "exponent")
    for kind, taken in took.items():
        result.add(f"{kind}, growth", exponent(sizes, taken), "exponent")
        result.compare(f"{kind}, growth", "straight line", EXPONENT)
    result.compare(f"import of {most}", "target", 1.0)
    return result


_IMPORTING = f"""
import time, attio_orm, attio_orm.attributes
from attio_orm import Many, Maybe, Model
begun = time.process_time()
import {MODULE}
print(time.process_time() - begun)
"""


@contextmanager
def _module(models: int, attributes: int) -> Any:
    """The module of so many models, where imports find it, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, f"{MODULE}.py").write_text(source(models, attributes), "utf-8")
        compileall.compile_dir(folder, quiet=1)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            sys.path.remove(folder)


def _fresh(code: str) -> float:
    """What the code prints, in an interpreter that finds the module."""
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": paths},
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def _introspecting(models: int, rounds: int) -> Callable[[], tuple[float, int, float]]:
    """The bytes of a model, and the requests and seconds of a ``connect()``."""

    def work() -> tuple[float, int, float]:
        trim()
        before = resident()
        module = importlib.import_module(MODULE)
        trim()
        bytes_of_model = (resident() - before) / models
        backend = Recorded(module)
        times: list[float] = []
        for _ in range(rounds):
            backend.asked.clear()
            gc.collect()
            begun = time.process_time()
            connect(
                "http://recorded.invalid",
                api_key=backend.token,
                transport=backend,
                limits=None,
                on_drift="raise",
            ).close()
            times.append(time.process_time() - begun)
        return bytes_of_model, len(backend.asked), statistics.median(times)

    return work
