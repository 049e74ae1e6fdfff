"""Run benchmarks: ``python tests/benchmarks/run.py [options] [name ...]``, all of them by default.

Each runs in an interpreter of its own, and prints what it measured as Markdown: the library, the
floor and the peers in interleaved rounds of one run, and their ratios beside the targets. Peers are
measured where they are installed; one that fails is named, and the others go on. ``--runs N`` does
it so many times, and gives medians and the lowest and highest. A missed target is shown and is no
failure, since the machine may be busy; what is wrong on any machine is one (exit status 1).

``--write`` runs each three times, but for the longest, and keeps the figures of what it ran in
``results/``, in the file of this machine's kind of processor; docs/performance.md gets the tables
of all these files, and keeps its prose. ``--page`` measures nothing and makes the tables anew.
``--quick`` makes everything tiny: it shows that the benchmarks work and measures nothing.
"""

from __future__ import annotations

import argparse
import importlib
import os
import pickle
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.benchmarks.measuring import Result

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"
RUNS = 3  # of each benchmark whose figures are kept
ONCE = frozenset({"curve", "footprint", "leak", "memory"})  # these take minutes
LONGEST = 3600.0  # seconds that one run of one benchmark may take

# name: module, function, and the sizes that only show that it works
BENCHMARKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "hydrate-3": ("hydrating", "hydrate_3", {"records": 20, "rounds": 1}),
    "hydrate-20": ("hydrating", "hydrate_20", {"records": 20, "rounds": 1}),
    "workloads": ("hydrating", "workloads", {"records": 20, "rounds": 1}),
    "reread": ("hydrating", "reread", {"reads": 100, "rounds": 1}),
    "retain-10k": ("hydrating", "retain_10k", {"records": 20, "rounds": 1}),
    "identity": ("identities", "identity", {"records": 20, "rounds": 1}),
    "client-overhead": (
        "client_overhead",
        "client_overhead",
        {"small_requests": 2, "page_requests": 1, "rounds": 1, "records": 5},
    ),
    "request-path": ("request_path", "request_path", {"requests": 2, "tasks": (1, 2), "rounds": 1}),
    "small-calls": ("small_calls", "small_calls", {"people": 5, "each": 1, "rounds": 1}),
    "cached-gets": ("cached_gets", "cached_gets", {"gets": 10, "rounds": 1}),
    "paging": ("paging", "paging", {"records": 1_000, "latency": 0.001, "rounds": 1}),
    "ceiling": (
        "ceiling",
        "ceiling",
        {"records": 1_000, "in_flight": (2,), "latency": 0.001, "rounds": 1},
    ),
    "writes": ("writing", "writing", {"records": 10, "people": 20}),
    "upserts": ("upserting", "upserts", {"rows": 20, "rounds": 1}),
    "shared-limits": (
        "shared_limits",
        "shared_limits",
        {"processes": 2, "seconds": 0.5, "rounds": 1},
    ),
    "telemetry": ("traced", "telemetry", {"pages": 1, "gets": 2, "rounds": 1}),
    "import": ("importing", "importing", {"rounds": 1}),
    "ready": ("ready", "ready", {"rounds": 1}),
    "sandbox": ("tables", "sandbox", {"sizes": (50, 100), "rounds": 1}),
    "scan": ("tables", "scan", {"sizes": (50, 100)}),
    "count": ("tables", "count", {"sizes": (100,)}),
    "curve": ("curves", "curve", {"sizes": (50, 100), "rounds": 1}),
    "many-models": ("many_models", "many_models", {"sizes": (2, 4), "attributes": 5, "rounds": 1}),
    "defining": ("defining_attributes", "defining", {"sizes": (2, 4), "rounds": 1}),
    "calls": ("calls", "calls", {"people": 20, "each": 2, "rounds": 1}),
    "serving": ("serving", "serving", {"records": 2, "cycles": 2, "clients": 2, "rounds": 1}),
    "served-gets": ("served_gets", "served_gets", {"gets": 4, "clients": 2, "rounds": 1}),
    "reset": ("resetting", "resetting", {"rounds": 1, "seed": "empty"}),
    "footprint": ("footprint", "footprint", {"sizes": (50, 100)}),
    "values": ("plain_values", "values", {"records": 20, "rounds": 1}),
    "memory": ("memory", "memory", {"records": 50, "kept": 50, "rows": (10, 20)}),
    "dumps": ("dumps", "dumps", {"records": 20, "rounds": 1}),
    "leak": ("leak", "leak", {"people": 50, "threads": 2}),
}


def main() -> int:
    """Run what the command line names; gives the exit status."""
    parser = argparse.ArgumentParser(description="Run benchmarks of attio-orm.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--runs", type=int, metavar="N", help="of each; 1, and 3 with --write")
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that they work")
    parser.add_argument("--write", action="store_true", help="keep the figures, and make the page")
    parser.add_argument("--page", action="store_true", help="only make the page of what is kept")
    parser.add_argument("--one", metavar="FILE", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: the benchmarks are {', '.join(BENCHMARKS)}")
    if options.write and options.quick:
        parser.error("--write keeps what was measured, and --quick measures nothing")
    if options.page and (options.names or options.runs or options.quick or options.write):
        parser.error("--page measures nothing: it goes alone")
    if options.runs is not None and options.runs < 1:
        parser.error("--runs is how often each of them runs: 1 or more")
    sys.path[0] = str(ROOT)  # for ``tests.benchmarks``, and so that no module here hides another
    if options.one:
        return run_one(options.names[0], options.one, quick=options.quick)
    if not options.page:
        return run_all(options)
    make_page()
    return 0


def run_all(options: argparse.Namespace) -> int:
    """Run what was asked for, in processes of their own; gives the exit status."""
    from tests.benchmarks import figures, report

    before = os.getloadavg()[0]
    now = datetime.now(UTC)
    print(
        f"# attio-orm benchmarks, {now:%Y-%m-%d}, Python {platform.python_version()}, "
        f"{figures.Processor.here().shown}, load {before:.2g}"
        f"{' (busy)' if before > figures.BUSY else ''}"
        f"{', quick: not a measurement' if options.quick else ''}",
        flush=True,
    )
    failed: list[str] = []
    for name in options.names or BENCHMARKS:
        runs = options.runs or (RUNS if options.write and name not in ONCE else 1)
        results: list[Result] = []
        load = 0.0  # of this one: what was at work before is over
        for _ in range(runs):
            if not options.quick:
                load = max(load, figures.busy_cores())
            found = _in_a_process(name, quick=options.quick)
            if found is None:
                break
            results.append(found)
        if len(results) < runs or not all(each.is_right for each in results):
            failed.append(name)
        if not results:
            continue
        facts = {what: True for each in results for what, _ in each.facts}
        facts |= {what: False for each in results for what, holds in each.facts if not holds}
        measured = figures.Figures.of_runs(results, on=f"{now:%Y-%m-%d}", load=load)
        print(f"\n{report.printed(name, measured, facts, judged=not options.quick)}", flush=True)
        if options.write and name not in failed:
            record = figures.load_here(figures.FOLDER)
            record.benchmarks[name] = measured
            record.save(figures.FOLDER, BENCHMARKS)
            make_page()
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0


def make_page() -> None:
    """Put the tables of all that is kept into docs/performance.md."""
    from tests.benchmarks import figures, report

    report.write(PAGE, report.section(figures.load_all(figures.FOLDER), BENCHMARKS))


def _in_a_process(name: str, *, quick: bool) -> Result | None:
    """Run one benchmark in an interpreter of its own; ``None`` where it fails."""
    # without bytecode on disk every interpreter would compile the library anew
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder, name)
        command = [sys.executable, __file__, "--one", str(found), name, *["--quick"] * quick]
        try:
            done = subprocess.run(command, env=environment, timeout=LONGEST)
        except subprocess.TimeoutExpired:
            print(f"{name}: not done after {LONGEST:g} s", file=sys.stderr)
            return None
        if done.returncode:
            return None
        result: Result = pickle.loads(found.read_bytes())
    return result


def run_one(name: str, found: Path, *, quick: bool) -> int:
    """Run one benchmark here, and leave what it found in a file; gives the exit status."""
    from tests.benchmarks.measuring import FAILURES

    module, function, tiny = BENCHMARKS[name]
    work = getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)
    result: Result = work(**tiny) if quick else work()
    result.note_failures(FAILURES)
    found.write_bytes(pickle.dumps(result))
    if FAILURES:  # a peer that hangs may have left threads, which are not waited for
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
