"""Run benchmarks: ``python tests/benchmarks/run.py [options] [name ...]``, all of them by default.

Each runs in an interpreter of its own and prints what it measured as Markdown: the library, the
floor and the peers in interleaved rounds of one run, and their ratios beside the targets. Peers are
measured where they are installed. A missed target is shown and is no failure, since the machine may
be busy; what is wrong on any machine is one (exit status 1). ``--quick`` makes everything tiny: it
shows that the benchmarks work and measures nothing. ``--write`` runs all of them and puts the
figures into docs/performance.md, whose prose stays as it is.
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
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

# name: module, function, and the sizes that only show that it works
BENCHMARKS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "hydrate-3": ("hydrating", "hydrate_3", {"records": 20, "rounds": 1}),
    "hydrate-20": ("hydrating", "hydrate_20", {"records": 20, "rounds": 1}),
    "reread": ("hydrating", "reread", {"reads": 100, "rounds": 1}),
    "retain-10k": ("hydrating", "retain_10k", {"records": 20, "rounds": 1}),
    "identity": ("identities", "identity", {"records": 20, "rounds": 1}),
    "client-overhead": (
        "client_overhead",
        "client_overhead",
        {"small_requests": 2, "page_requests": 1, "rounds": 1, "records": 5},
    ),
    "request-path": ("request_path", "request_path", {"requests": 2, "tasks": (1, 2), "rounds": 1}),
    "paging": ("paging", "paging", {"records": 1_000, "latency": 0.001, "rounds": 1}),
    "writes": ("writing", "writing", {"records": 10, "people": 20}),
    "import": ("importing", "importing", {"rounds": 1}),
    "ready": ("ready", "ready", {"rounds": 1}),
    "sandbox": ("tables", "sandbox", {"sizes": (50, 100), "rounds": 1}),
    "scan": ("tables", "scan", {"sizes": (50, 100)}),
    "count": ("tables", "count", {"sizes": (100,)}),
    "curve": ("curves", "curve", {"sizes": (50, 100), "rounds": 1}),
    "defining": ("defining_attributes", "defining", {"sizes": (2, 4), "rounds": 1}),
    "calls": ("calls", "calls", {"people": 20, "each": 2, "rounds": 1}),
    "serving": ("serving", "serving", {"records": 2, "cycles": 2, "clients": 2, "rounds": 1}),
    "reset": ("resetting", "resetting", {"rounds": 1, "seed": "empty"}),
    "footprint": ("footprint", "footprint", {"sizes": (50, 100)}),
    "dumps": ("dumps", "dumps", {"records": 20, "rounds": 1}),
    "leak": ("leak", "leak", {"people": 50, "threads": 2}),
}


def main() -> int:
    """Run what the command line names; gives the exit status."""
    parser = argparse.ArgumentParser(description="Run benchmarks of attio-orm.")
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true", help="tiny sizes, to see that they work")
    parser.add_argument("--write", action="store_true", help="all, into docs/performance.md")
    parser.add_argument("--one", metavar="FILE", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"{', '.join(unknown)}: the benchmarks are {', '.join(BENCHMARKS)}")
    if options.write and (options.names or options.quick):
        parser.error("--write measures all of them, whole: give it alone")
    if options.one:
        return run_one(options.names[0], options.one, quick=options.quick)
    now = datetime.now(UTC)
    print(
        f"# attio-orm benchmarks, {now:%Y-%m-%d}, Python {platform.python_version()}, "
        f"{os.cpu_count()} cores{', quick: not a measurement' if options.quick else ''}",
        flush=True,
    )
    # without bytecode on disk every interpreter would compile the library anew
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    failed: list[str] = []
    results: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in options.names or BENCHMARKS:
            print(flush=True)
            found = Path(folder, name)
            command = [sys.executable, __file__, "--one", str(found), name]
            command += ["--quick"] * options.quick
            if subprocess.run(command, env=environment).returncode:
                failed.append(name)
            elif options.write:
                sys.path[0] = str(ROOT)
                results.append(pickle.loads(found.read_bytes()))
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
        return 1
    if options.write:
        from tests.benchmarks import report

        report.write(ROOT / "docs" / "performance.md", report.section(results, now))
    return 0


def run_one(name: str, found: Path, *, quick: bool) -> int:
    """Run one benchmark here, and leave what it found in a file; gives the exit status."""
    sys.path[0] = str(ROOT)  # for ``tests.benchmarks``, and so that no module here hides another
    module, function, tiny = BENCHMARKS[name]
    work = getattr(importlib.import_module(f"tests.benchmarks.{module}"), function)
    result = work(**tiny) if quick else work()
    print(result.table(), flush=True)
    found.write_bytes(pickle.dumps(result))
    return 0 if result.is_right else 1


if __name__ == "__main__":
    sys.exit(main())
