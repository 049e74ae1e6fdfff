"""How the benchmarks measure: interleaved rounds, medians, ratios of one run.

The machines they run on are shared and their speed drifts, so a figure alone says little. What
counts is the ratio to a floor and to peers whose rounds were taken in between.
"""

from __future__ import annotations

import gc
import os
import pickle
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[], Any]


@dataclass(frozen=True)
class Case:
    """One thing measured: what it took, in the benchmark's unit; ``None`` where it cannot run."""

    name: str
    value: float | None
    note: str = ""


@dataclass(frozen=True)
class Ratio:
    """The figure that counts: a value over another of the same run, and what it should be."""

    of: str
    to: str
    value: float
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the target is met, where there is one."""
        return self.at_most is None or self.value <= self.at_most


@dataclass
class Result:
    """What one benchmark found."""

    name: str
    work: str
    unit: str
    cases: list[Case] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    facts: list[tuple[str, bool]] = field(default_factory=list)
    drawing: str = ""
    """Markdown to show instead of the cases and ratios, where these are many."""

    def add(self, name: str, value: float | None, note: str = "") -> None:
        """Note what one case took."""
        self.cases.append(Case(name, value, note))

    def add_all(self, values: Mapping[str, float | None]) -> None:
        """Note what several cases took."""
        for name, value in values.items():
            self.add(name, value)

    def compare(self, of: str, to: str, at_most: float | None = None) -> None:
        """Note the ratio of two cases, with its target; nothing where one of them did not run."""
        values = {case.name: case.value for case in self.cases}
        mine, theirs = values.get(of), values.get(to)
        if mine is not None and theirs:
            self.ratios.append(Ratio(of, to, mine / theirs, at_most))

    def require(self, what: str, holds: bool) -> None:
        """Note what has to be so on any machine: what is wrong measures nothing."""
        self.facts.append((what, holds))

    @property
    def is_right(self) -> bool:
        """Whether all that was required holds; missed targets do not count here."""
        return all(holds for _, holds in self.facts)

    def table(self) -> str:
        """The cases, ratios and facts as Markdown."""
        lines = [f"## {self.name}", "", f"{self.work}.", ""]
        if self.drawing:
            lines += [self.drawing, ""]
        lines += [f"| case | {self.unit} |", "|---|---|"]
        for case in self.cases:
            shown = "not here" if case.value is None else f"{case.value:,.4g}"
            lines.append(f"| {case.name} | {shown}{f' ({case.note})' if case.note else ''} |")
        if self.ratios:
            lines += ["", "| ratio | measured | target |", "|---|---|---|"]
        for ratio in self.ratios:
            target = "" if ratio.at_most is None else f"<= {ratio.at_most:g}"
            if not ratio.is_met:
                target += ", missed"
            lines.append(f"| {ratio.of} / {ratio.to} | {ratio.value:.3g} | {target} |")
        if self.facts:
            lines += ["", *(f"- {what}{'' if holds else ': FAILED'}" for what, holds in self.facts)]
        return "\n".join(lines)


def interleaved(
    cases: Mapping[str, Work],
    rounds: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
    units: int = 1,
) -> dict[str, float]:
    """The median seconds for each unit of the cases' work; a round runs each of them once."""
    for work in cases.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, work in cases.items():
            gc.collect()
            begun = clock()
            kept = work()
            taken[name].append((clock() - begun) / units)
            del kept  # letting go of it is no part of the work
    return {name: statistics.median(values) for name, values in taken.items()}


def forked(work: Work) -> Any:
    """What the work gives in a fork of this process: no case leaves its objects to the next.

    The garbage collector does not look at what was there before, most of it the peers' own modules:
    in a fork, each look copies memory.
    """
    reading, writing = os.pipe()
    gc.collect()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            gc.freeze()
            with os.fdopen(writing, "wb") as pipe:
                pickle.dump(work(), pipe)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if status or not answer:
        raise RuntimeError("A benchmark failed in its own process: see what it printed above.")
    return pickle.loads(answer)


def interleaved_forks(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of what each case gives, every round of every case in a fork of its own."""
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, work in cases.items():
            taken[name].append(forked(work))
    return {name: statistics.median(values) for name, values in taken.items()}


def trim() -> None:
    """Give memory that is free but kept for later back to the system, so that it is seen again."""
    import ctypes

    gc.collect()
    release = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if release is not None:
        release(0)


def forget_peak() -> None:
    """Let ``peak`` begin anew."""
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def resident() -> int:
    """The bytes of memory that this process has now."""
    return _status("VmRSS")


def peak() -> int:
    """The most bytes of memory that this process ever had."""
    return _status("VmHWM")


def _status(name: str) -> int:
    with open("/proc/self/status", encoding="ascii") as lines:
        for line in lines:
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {name}: this benchmark needs Linux.")
