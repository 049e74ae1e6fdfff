"""Each benchmark runs, with tiny sizes: what it measures then means nothing, that it works does."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.benchmarks import report
from tests.benchmarks.measuring import Result
from tests.benchmarks.run import BENCHMARKS


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "tests" / "benchmarks" / "run.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="They read /proc: a benchmark needs Linux")
@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_benchmark_works(root: Path, name: str) -> None:
    done = run(root, "--quick", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\n## {name}\n" in done.stdout
    assert done.stderr == ""


def test_a_name_that_is_none_is_refused(root: Path) -> None:
    done = run(root, "hydrate-4")
    assert done.returncode == 2
    assert "hydrate-4: the benchmarks are hydrate-3, hydrate-20" in done.stderr


def test_the_docs_name_every_benchmark(root: Path) -> None:
    page = (root / "docs" / "performance.md").read_text("utf-8")
    assert [name for name in BENCHMARKS if f"`{name}`" not in page] == []


def test_a_result_tells_what_was_missed_and_what_is_wrong() -> None:
    result = Result("sums", "Adding", "s")
    result.add_all({"ours": 3.0, "floor": 2.0, "absent": None})
    result.compare("ours", "floor", 1.3)
    result.compare("ours", "absent", 1.0)
    assert [ratio.value for ratio in result.ratios] == [1.5]
    assert "| ours / floor | 1.5 | <= 1.3, missed |" in result.table()
    assert "| absent | not here |" in result.table()
    assert result.is_right
    result.require("two and two are four", holds=True)
    result.require("two and two are five", holds=False)
    assert "- two and two are five: FAILED" in result.table()
    assert not result.is_right


def test_the_figures_go_between_the_marks_of_the_page(tmp_path: Path) -> None:
    result = Result("sums", "Adding", "s (then ms)")
    result.add_all({"ours": 3.0, "floor": 2.0, "theirs": 4_000.0, "absent": None, "alone": 5.0})
    result.compare("ours", "floor", 1.3)
    result.compare("ours", "theirs", 1.0)
    result.compare("ours", "absent")
    text = report.section([result], datetime(2026, 3, 1, tzinfo=UTC))
    page = tmp_path / "page.md"
    page.write_text(f"Before\n\n{report.BEGIN}\n\nold\n\n{report.END}\n\nAfter\n", "utf-8")
    for _ in range(2):
        report.write(page, text)
        written = page.read_text("utf-8")
        assert written == f"Before\n\n{report.BEGIN}\n\n{text}\n\n{report.END}\n\nAfter\n"
    assert "Measured on 2026-03-01" in written
    assert "| `sums` | ours | 3 | floor | 2 | 1.5 | 1.3, **missed** |" in written
    assert "| s | ours | 3 | theirs | 4,000 | 0.00075 | 1 |" in written
    assert "|  | alone | 5 |  | | | |" in written
    assert "Not installed where this was measured: absent." in written
    page.write_text("no marks", "utf-8")
    with pytest.raises(ValueError, match="to write between"):
        report.write(page, text)


def test_all_is_written_or_nothing(root: Path) -> None:
    done = run(root, "--write", "identity")
    assert done.returncode == 2
    assert "--write measures all of them" in done.stderr
