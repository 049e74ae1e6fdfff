"""What the benchmarks found as the table of docs/performance.md, and into that page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from tests.benchmarks.measuring import Result

BEGIN = "<!-- benchmarks: written by tests/benchmarks/run.py --write -->"
END = "<!-- end of benchmarks -->"

_HEAD = """\
| benchmark | measured | | compared with | | ratio | target |
| --- | --- | --- | --- | --- | --- | --- |"""


def section(results: Iterable[Result], at: datetime) -> str:
    """Each ratio of each benchmark in a line; a benchmark that compares nothing has its figures."""
    results = list(results)
    lines = [
        f"Measured on {at:%Y-%m-%d} with Python {platform.python_version()} on {os.cpu_count()} "
        f"cores, in medians of interleaved rounds of one run.",
        "",
        _HEAD,
    ]
    absent: dict[str, None] = {}
    for result in results:
        lines += [] if result.drawing else _lines(result)
        absent.update((case.name, None) for case in result.cases if case.value is None)
    for result in results:
        if result.drawing:
            lines += ["", f"`{result.name}`: {result.work}, in {result.unit}.", "", result.drawing]
    if absent:
        lines += ["", f"Not installed where this was measured: {', '.join(absent)}."]
    return "\n".join(lines)


def _lines(result: Result) -> list[str]:
    name = f"`{result.name}`"
    unit = result.unit.partition(" (")[0]
    values = {case.name: case.value for case in result.cases}
    lines: list[str] = []
    for ratio in result.ratios:
        target = "" if ratio.at_most is None else f"{ratio.at_most:g}"
        missed = "" if ratio.is_met else ", **missed**"
        cells = [name, ratio.of, _shown(values[ratio.of]), ratio.to, _shown(values[ratio.to])]
        lines.append(f"| {' | '.join(cells)} | {ratio.value:.3g} | {target}{missed} |")
        name = unit if len(lines) == 1 else ""
    compared = {each for ratio in result.ratios for each in (ratio.of, ratio.to)}
    for case in result.cases:
        if case.value is None or case.name in compared:
            continue
        lines.append(f"| {name} | {case.name} | {_shown(case.value)} | {case.note} | | | |")
        name = unit if len(lines) == 1 else ""
    return lines


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:,.3g}" if value < 1_000 else f"{value:,.0f}"


def write(page: Path, text: str) -> None:
    """Put the text between the marks of the page; the rest of it stays. Raises ``ValueError``."""
    whole = page.read_text("utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} has no lines {BEGIN} and {END} to write between.")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", "utf-8")
