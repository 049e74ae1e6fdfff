"""What benchmarks found in several runs, as files: one for each kind of processor."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from tests.benchmarks.measuring import Result

FOLDER = Path(__file__).with_name("results")
BUSY = 0.5  # with so many cores of work by others, ratios drift as well


class Spread(msgspec.Struct, frozen=True):
    """What the runs gave, summed up."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))


class Comparison(msgspec.Struct, frozen=True):
    """A case, what it is compared with, and what the ratio should be."""

    of: str
    to: str
    at_most: float | None = None


class Figures(msgspec.Struct):
    """What the runs of one benchmark found on one processor."""

    work: str
    unit: str
    on: str
    """The day, as ISO 8601 writes it."""
    python: str
    load: float
    """The most cores that others kept busy before a run."""
    values: dict[str, list[float]]
    """Of each case a value for each run; none where it did not run in each of them."""
    ratios: list[Comparison] = []
    notes: dict[str, str] = {}
    failures: dict[str, str] = {}
    drawing: list[str] = []

    @property
    def runs(self) -> int:
        """How many there were."""
        return max(map(len, self.values.values()), default=0)

    @property
    def is_busy(self) -> bool:
        """Whether the machine had other work to do."""
        return self.load > BUSY

    def spread(self, case: str) -> Spread | None:
        """The values of a case; ``None`` where there are none."""
        values = self.values.get(case)
        return Spread.of(values) if values else None

    def ratio(self, each: Comparison) -> Spread | None:
        """The ratios of each run, ``None`` where one of the two has no values."""
        mine, theirs = self.values.get(each.of), self.values.get(each.to)
        if not mine or not theirs:
            return None
        return Spread.of([of / to for of, to in zip(mine, theirs, strict=True)])

    @classmethod
    def of_runs(cls, results: Sequence[Result], *, on: str, load: float) -> Figures:
        """What several runs of one benchmark found."""
        last = results[-1]
        failures = {name: why for each in results for name, why in each.failures.items()}
        found = cls(last.work, last.unit, on, platform.python_version(), round(load, 2), {})
        for name in dict.fromkeys(case.name for each in results for case in each.cases):
            cases = [case for each in results for case in each.cases if case.name == name]
            values = [case.value for case in cases if case.value is not None]
            whole = len(values) == len(results) and name not in failures
            found.values[name] = [_rounded(value) for value in values] if whole else []
            if whole:
                middle = Spread.of(values).median
                nearest = min(cases, key=lambda case: abs((case.value or 0) - middle))
                if nearest.note:
                    found.notes[name] = nearest.note
        ratios = [ratio for each in results for ratio in each.ratios]
        found.ratios = list(
            dict.fromkeys(Comparison(each.of, each.to, each.at_most) for each in ratios)
        )
        found.failures = failures
        found.drawing = last.drawing.splitlines()
        return found


def _rounded(value: float) -> float:
    return float(f"{value:.4g}") if abs(value) < 10_000 else round(value)


class Processor(msgspec.Struct, frozen=True):
    """What the figures depend on more than on anything else."""

    name: str
    kind: str
    """What tells it from others that are sold under the same name."""
    cores: int
    cache: str = ""

    @property
    def slug(self) -> str:
        """The name of its file."""
        told = f"{self.name} {self.kind} {self.cores} cores"
        return re.sub(r"[^a-z0-9]+", "-", told.lower()).strip("-")

    @property
    def shown(self) -> str:
        """It in a few words."""
        kind = f" ({self.kind})" if self.kind else ""
        cache = f", {self.cache} of cache each" if self.cache else ""
        return f"{self.name}{kind}, {self.cores} cores{cache}"

    @classmethod
    def here(cls, cpuinfo: str = "/proc/cpuinfo") -> Processor:
        """That of this machine, as Linux describes it; its architecture where nothing does."""
        told: dict[str, str] = {}
        if os.path.exists(cpuinfo):
            for line in Path(cpuinfo).read_text("utf-8").splitlines():
                key, _, value = line.partition(":")
                told.setdefault(key.strip(), value.strip())
        name = told.get("model name") or platform.machine()
        keys = ("cpu family", "model", "stepping", "CPU part")  # the last one for ARM
        kind = ", ".join(f"{key} {told[key]}".removeprefix("cpu ") for key in keys if key in told)
        return cls(name, kind, os.cpu_count() or 1, told.get("cache size", ""))


class Record(msgspec.Struct):
    """All that was measured on one kind of processor."""

    processor: Processor
    benchmarks: dict[str, Figures] = {}

    def save(self, folder: Path, names: Iterable[str]) -> None:
        """Write the file, without benchmarks that are none of these by now."""
        known = sorted(self.benchmarks.keys() & set(names))
        self.benchmarks = {name: self.benchmarks[name] for name in known}
        folder.mkdir(exist_ok=True)
        text = json.dumps(msgspec.to_builtins(self), indent=1, ensure_ascii=False)
        # what has no other lists in it, and is short, is in one line
        short = re.sub(r"([\[{])\n([^\[\]{}]*)\n\s*([\]}])", _in_one_line, text)
        (folder / f"{self.processor.slug}.json").write_text(f"{short}\n", "utf-8")


def _in_one_line(found: re.Match[str]) -> str:
    inner = re.sub(r"\n\s+", " ", found[2].strip())
    return found[0] if len(inner) > 90 else f"{found[1]}{inner}{found[3]}"


def load_all(folder: Path) -> list[Record]:
    """What the files say, in the order of their names."""
    paths = sorted(folder.glob("*.json"))
    return [msgspec.json.decode(path.read_bytes(), type=Record) for path in paths]


def load_here(folder: Path) -> Record:
    """What was measured on this kind of processor until now."""
    here = Processor.here()
    return next((each for each in load_all(folder) if each.processor == here), Record(here))


def busy_cores(seconds: float = 0.5) -> float:
    """How many cores are at work while this process waits."""

    def idle() -> int:
        with open("/proc/stat", encoding="ascii") as lines:
            return sum(map(int, lines.readline().split()[4:6]))  # idle, and waiting for a disk

    before, begun = idle(), time.monotonic()
    time.sleep(seconds)
    waited = (idle() - before) / os.sysconf("SC_CLK_TCK")
    return max(0.0, (os.cpu_count() or 1) - waited / (time.monotonic() - begun))
