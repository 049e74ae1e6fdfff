"""How the benchmarks measure: interleaved rounds, medians, ratios of one run.

The machines they run on are shared and their speed drifts, so a figure alone says little. What
counts is the ratio to a floor and to peers whose rounds were taken in between. A case that fails or
hangs is left out and told, and the others go on: a peer may be of a version that cannot do this.
"""

from __future__ import annotations

import gc
import os
import pickle
import select
import signal
import statistics
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

Work = Callable[[], Any]

PATIENCE = 300.0
"""Seconds until one round of one case is given up."""

FAILURES: dict[str, str] = {}
"""Why cases failed, by name; each benchmark has a process of its own, so that these are its own."""


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


@dataclass
class Result:
    """What one benchmark found."""

    name: str
    work: str
    unit: str
    cases: list[Case] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)
    facts: list[tuple[str, bool]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    """Why cases have no value, where it is not that they are not installed."""
    compared: list[tuple[str, str]] = field(default_factory=list)
    peers: set[str] = field(default_factory=set)
    """Cases that may fail; so may those that others are compared with, and that are not."""
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
        self.compared.append((of, to))
        values = {case.name: case.value for case in self.cases}
        mine, theirs = values.get(of), values.get(to)
        if mine is not None and theirs:
            self.ratios.append(Ratio(of, to, mine / theirs, at_most))

    def require(self, what: str, holds: bool) -> None:
        """Note what has to be so on any machine: what is wrong measures nothing."""
        self.facts.append((what, holds))

    def note_failures(self, failures: Mapping[str, str]) -> None:
        """Note the cases that failed, which have no value then."""
        self.failures.update(failures)
        self.cases += [
            Case(name, None) for name in failures if all(name != case.name for case in self.cases)
        ]

    @property
    def is_right(self) -> bool:
        """Whether all that was required holds, and no case but a peer's failed.

        Missed targets do not count here.
        """
        own = {of for of, _ in self.compared} - self.peers
        may_fail = {to for _, to in self.compared} - own | self.peers
        return all(holds for _, holds in self.facts) and self.failures.keys() <= may_fail


@contextmanager
def may_fail(*names: str, seconds: float | None = None) -> Generator[None]:
    """What is raised within, or takes longer, is the failure of these cases, and nobody else's.

    Time is only kept in the main thread, and anything but Python code may overstay it.
    """
    try:
        with _limited(seconds or PATIENCE):
            yield
    except Exception as error:
        if not isinstance(error, ForkFailedError):  # which was printed in the fork
            traceback.print_exc()
        FAILURES.update(dict.fromkeys(names, _told(error)))


class ForkFailedError(RuntimeError):
    """What was raised in another process, in a line."""


def _told(error: BaseException) -> str:
    if isinstance(error, ForkFailedError):
        return str(error)
    first = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


@contextmanager
def _limited(seconds: float) -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, give_up)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)  # that of one around this, or none
        signal.signal(signal.SIGALRM, before)


def not_failed(names: Iterable[str]) -> list[str]:
    """Those of the cases that did not fail until now."""
    return [name for name in names if name not in FAILURES]


def interleaved(
    cases: Mapping[str, Work],
    rounds: int,
    *,
    clock: Callable[[], float] = time.perf_counter,
    units: int = 1,
) -> dict[str, float]:
    """The median seconds for each unit of the cases' work; a round runs each of them once.

    A case that fails is not in what this gives.
    """
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name in not_failed(cases):
            with may_fail(name):
                gc.collect()
                begun = clock()
                kept = cases[name]()
                seconds = clock() - begun
                del kept  # letting go of it is no part of the work
                if number:  # the first one warms up
                    taken[name].append(seconds / units)
    return _medians(taken)


def _medians(taken: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: statistics.median(taken[name]) for name in not_failed(taken)}


def forked(work: Work, *, seconds: float | None = None) -> Any:
    """What the work gives in a fork of this process: no case leaves its objects to the next.

    The garbage collector does not look at what was there before, most of it the peers' own modules:
    in a fork, each look copies memory. Raises ``ForkFailedError`` where the work fails, and
    ``TimeoutError`` where it takes longer than so many seconds.
    """
    reading, writing = os.pipe()
    gc.collect()
    sys.stdout.flush()  # else both would write what is not written yet
    child = os.fork()
    if child == 0:
        try:
            gc.freeze()
            with os.fdopen(writing, "wb") as pipe:
                try:
                    answer = pickle.dumps((work(), ""))
                except BaseException as error:
                    answer = pickle.dumps((None, _told(error)))
                    traceback.print_exc()
                    sys.stderr.flush()
                pipe.write(answer)
        finally:
            os._exit(0)
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as pipe:
            if not select.select([pipe], [], [], seconds)[0]:
                raise TimeoutError(f"not done after {seconds:g} s")
            answer = pipe.read()
    finally:
        if seconds is not None:
            os.kill(child, signal.SIGKILL)  # it has answered, or is given up
        os.waitpid(child, 0)
    if not answer:
        raise ForkFailedError("its process ended without an answer")
    given, failure = pickle.loads(answer)
    if failure:
        raise ForkFailedError(failure)
    return given


def interleaved_forks(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """The median of what each case gives, every round of every case in a fork of its own.

    A case that fails is not in what this gives.
    """
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name in not_failed(cases):
            with may_fail(name):
                taken[name].append(forked(cases[name], seconds=PATIENCE))
    return _medians(taken)


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
