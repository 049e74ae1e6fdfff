"""Benchmark 8: what importing costs, in fresh interpreters."""

from __future__ import annotations

import importlib.util
import os
import statistics
import subprocess
import sys
import time

from tests.benchmarks.measuring import Result, may_fail, not_failed
from tests.benchmarks.pages import ATTRIBUTES

_MODEL = """
import attio_orm
from attio_orm.attributes import *
from attio_orm import Model
class Contact(Model):
    name: PersonalName
    job_title: Text
    company: Maybe["Contact"]
    score: Number
"""
_FIVE = "import pydantic, httpx, cachetools, blinker, inflection"
_FIVE_MODEL = f"""
{_FIVE}
class Contact(pydantic.BaseModel):
{chr(10).join(f"    {name}: str | None = None" for name in ATTRIBUTES)}
"""
CASES = {
    "bare python": "pass",
    "attio_orm": "import attio_orm",
    "attio_orm, first model": _MODEL,
    "the five packages": _FIVE,
    "the five packages, first model": _FIVE_MODEL,
}
PEERS = {
    "pyairtable.orm": "import pyairtable.orm",
    "SQLAlchemy ORM": "import sqlalchemy.orm",
    "Django models": "import django.db.models",
}


def importing(*, rounds: int = 20) -> Result:
    """Benchmark 8."""
    result = Result(
        "import",
        "A fresh interpreter that imports and ends, its bytecode compiled before; the time of a "
        "bare one taken off",
        "ms",
    )
    # without bytecode on disk each start would compile everything anew
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    cases = dict(CASES)
    absent = []
    for name, code in PEERS.items():
        package = code.split()[1].partition(".")[0]
        if importlib.util.find_spec(package) is None:
            absent.append(name)
        else:
            cases[name] = code
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name in not_failed(cases):
            with may_fail(name):
                begun = time.perf_counter()
                subprocess.run([sys.executable, "-c", cases[name]], env=environment, check=True)
                if number:  # the first one writes the bytecode
                    taken[name].append((time.perf_counter() - begun) * 1e3)
    medians = {name: statistics.median(taken[name]) for name in not_failed(taken)}
    bare = medians.pop("bare python")
    result.add("bare python", bare, "all of it")
    result.add_all({name: value - bare for name, value in medians.items()})
    result.add_all(dict.fromkeys(absent))
    result.compare("attio_orm", "the five packages", 0.5)
    result.compare("attio_orm, first model", "the five packages, first model")
    for name in PEERS:
        result.compare("attio_orm", name)
    return result
