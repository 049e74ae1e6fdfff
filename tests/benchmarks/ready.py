"""How soon a workspace with the made-up CRM answers, beside telling it anew."""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from urllib.request import urlopen

from tests.benchmarks.measuring import Result

# Prints its own milliseconds: starting an interpreter and importing are another benchmark's.
_TIMED = """
import time, attio_orm
begun = time.perf_counter()
{}
print((time.perf_counter() - begun) * 1e3)
"""
_CASES = {
    "told anew": "from attio_sandbox.bootstrap import make_image\nmake_image()",
    "connect(), in memory": "attio_orm.connect('sandbox://?seed=crm')",
    "connect(), a new file": "attio_orm.connect('sandbox:///crm.db?seed=crm')",
    "connect(), empty": "attio_orm.connect('sandbox://')",
}


def ready(*, rounds: int = 9) -> Result:
    """Each in a fresh interpreter, its bytecode compiled and the image in the cache before."""
    result = Result(
        "ready",
        "The made-up CRM of 5,380 records: told, found by connect() (its imports counted), and "
        "answering over HTTP (`attio-orm sandbox`, from the start of the process)",
        "ms",
    )
    work: dict[str, Callable[[], float]] = {
        name: partial(_timed, code) for name, code in _CASES.items()
    }
    work["attio-orm sandbox --seed crm"] = _served
    taken: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 1):
        for name, measure in work.items():
            found = measure()
            if number:  # the first one fills the cache
                taken[name].append(found)
    result.add_all({name: statistics.median(times) for name, times in taken.items()})
    for name in list(work)[1:]:
        result.compare(name, "told anew", 0.2 if name == "connect(), in memory" else None)
    return result


def _environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def _timed(code: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", _TIMED.format(code)],
            cwd=folder,
            env=_environment(),
            check=True,
            capture_output=True,
            text=True,
        )
    return float(done.stdout)


def _served() -> float:
    begun = time.perf_counter()
    command = [sys.executable, "-m", "attio_orm", "sandbox", "--seed", "crm", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment()) as served:
        assert served.stdout is not None
        (url,) = re.findall(r"http://\S+", served.stdout.readline())  # it stands in the first line
        with urlopen(f"{url}/v2/self") as answer:  # which is answered without a token as well
            answer.read()
        taken = (time.perf_counter() - begun) * 1e3
        served.terminate()
        served.stdout.read()
    return taken
