"""What the benchmarks found in words: on the console, and as the tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase

from tests.benchmarks.figures import Comparison, Figures, Record, Spread

BEGIN = "<!-- benchmarks: written by tests/benchmarks/run.py --write -->"
END = "<!-- end of benchmarks -->"


def printed(name: str, figures: Figures, facts: Mapping[str, bool], *, judged: bool = True) -> str:
    """One benchmark for the console, with all that it found.

    Not ``judged``, as nothing was measured, it says what the targets are and not which are met.
    """
    lines = [f"## {name}", "", f"{figures.work}.", ""]
    if figures.drawing:
        lines += [*figures.drawing, ""]
    lines += [f"| case | {figures.unit} |", "|---|---|"]
    lines += [f"| {case} | {_value(figures, case)} |" for case in figures.values]
    if figures.ratios:
        lines += ["", "| ratio | measured | target |", "|---|---|---|"]
    for each in figures.ratios:
        ratio = _spread(figures.ratio(each))
        wanted = target({"": figures} if judged else {}, each)
        lines.append(f"| {each.of} / {each.to} | {ratio} | {wanted} |")
    if facts:
        lines += ["", *(f"- {what}{'' if holds else ': FAILED'}" for what, holds in facts.items())]
    return "\n".join(lines)


def section(records: Sequence[Record], names: Iterable[str]) -> str:
    """What was measured on each processor: which these are, the ratios, the values, the drawings.

    Of the benchmarks of these names, in their order.
    """
    letters = dict(zip(ascii_uppercase, records, strict=False))
    found: dict[str, dict[str, Figures]] = {}  # by benchmark and letter
    for name in names:
        every = {at: each.benchmarks.get(name) for at, each in letters.items()}
        there = {at: figures for at, figures in every.items() if figures is not None}
        if there:
            found[name] = there
    lines = [_described(letter, record) for letter, record in letters.items()]
    if not found:
        return "No figures are kept yet: `python tests/benchmarks/run.py --write` measures them."
    rule = f"{' --- |' * len(letters)}"
    lines += ["", _row("benchmark", "measured", "compared with", "target", *letters)]
    lines.append(f"| --- | --- | --- | --- |{rule}")
    for name, there in found.items():
        first = f"`{name}`"
        for each in _ratios(there):
            cells = [_spread(there[at].ratio(each)) if at in there else "" for at in letters]
            lines.append(_row(first, each.of, each.to, target(there, each), *cells))
            first = ""
    lines += ["", "The values behind these, and those that are compared with nothing:", ""]
    lines += [_row("benchmark", "case", *letters), f"| --- | --- |{rule}"]
    for name, there in found.items():
        first = f"`{name}`, {next(iter(there.values())).unit}"
        for case in _cases(there):
            cells = [_value(there[at], case) if at in there else "" for at in letters]
            lines.append(_row(first, case, *cells))
            first = ""
    for name, there in found.items():
        for letter, figures in there.items():
            if figures.drawing:
                told = f"`{name}` on {letter}: {figures.work}, in {figures.unit}."
                lines += ["", told, "", *figures.drawing]
    return "\n".join(lines)


def _described(letter: str, record: Record) -> str:
    """The processor, and how its figures came about."""
    every = record.benchmarks
    days = sorted({each.on for each in every.values()})
    pythons = sorted({each.python for each in every.values()})
    least = min((each.load for each in every.values()), default=0)
    told = [
        f"- **{letter}**: {record.processor.shown}; Python {' and '.join(pythons)}, "
        f"{' to '.join(dict.fromkeys([days[0], days[-1]]))}; load {least:.2g} at the quietest."
    ]
    runs = max((each.runs for each in every.values()), default=0)
    fewer = [f"`{name}`" for name, each in every.items() if each.runs < runs]
    told.append(f"Medians of {runs} runs, and from the lowest to the highest.")
    if fewer:
        told.append(f"Fewer runs: {', '.join(fewer)}.")
    busy = [f"`{name}` ({each.load:.2g})" for name, each in every.items() if each.is_busy]
    if busy:
        told.append(f"Busy with other work (load): {', '.join(busy)}.")
    return " ".join(told)


def _ratios(there: Mapping[str, Figures]) -> list[Comparison]:
    """What is compared on any of the processors, with the target of the last measured."""
    newest = sorted(there.values(), key=lambda each: each.on)
    found = {(each.of, each.to): each for figures in newest for each in figures.ratios}
    if any(figures.drawing for figures in newest):  # which has so many that only a miss is a line
        return [each for each in found.values() if "not met" in target(there, each)]
    return list(found.values())


def _cases(there: Mapping[str, Figures]) -> list[str]:
    """What was measured on any of the processors; nothing where that is in a drawing."""
    if any(each.drawing for each in there.values()):
        return []
    return list(dict.fromkeys(case for each in there.values() for case in each.values))


def target(there: Mapping[str, Figures], each: Comparison) -> str:
    """The target, and whether the medians meet it: on all processors, and in each run."""
    if each.at_most is None:
        return ""
    found = {at: figures.ratio(each) for at, figures in there.items()}
    ratios = {at: ratio for at, ratio in found.items() if ratio is not None}
    missed = [at for at, ratio in ratios.items() if ratio.median > each.at_most]
    if missed:
        on = "" if len(missed) == len(ratios) else f" on {', '.join(missed)}"
        said = f", **not met**{on}"
    elif any(ratio.high > each.at_most for ratio in ratios.values()):
        said = ", met, not in each run"
    else:
        said = ", met" if ratios else ""
    return f"<= {each.at_most:g}{said}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _value(figures: Figures, case: str) -> str:
    if case in figures.failures:
        return f"failed: {figures.failures[case]}"
    spread = figures.spread(case)
    if spread is None:
        return "not here" if case in figures.values else ""
    note = figures.notes.get(case)
    return f"{_spread(spread)}{f', {note}' if note else ''}"


def _spread(spread: Spread | None) -> str:
    if spread is None:
        return ""
    median, low, high = map(_shown, (spread.median, spread.low, spread.high))
    return median if low == high else f"{median} ({low} to {high})"


def _shown(value: float) -> str:
    return f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


def write(page: Path, text: str) -> None:
    """Put the text between the marks of the page; the rest of it stays. Raises ``ValueError``."""
    whole = page.read_text("utf-8")
    before, begin, rest = whole.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page.name} has no lines {BEGIN} and {END} to write between.")
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}", "utf-8")
