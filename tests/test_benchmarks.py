"""Each benchmark runs, with tiny sizes: what it measures then means nothing, that it works does."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.benchmarks import figures, measuring, report
from tests.benchmarks.figures import Figures, Processor, Record
from tests.benchmarks.measuring import Result, interleaved, interleaved_forks, may_fail
from tests.benchmarks.run import BENCHMARKS
from tests.redis_server import need_redis

needs_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="They read /proc: a benchmark needs Linux"
)


def run(root: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(root / "tests" / "benchmarks" / "run.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **more},
    )


@needs_linux
@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_benchmark_works(root: Path, name: str) -> None:
    if name == "shared-limits":
        need_redis()
    done = run(root, "--quick", name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\n## {name}\n" in done.stdout
    assert "met" not in done.stdout.replace("**", " ").split()  # nothing was measured
    assert done.stderr == ""


def test_a_name_that_is_none_is_refused(root: Path) -> None:
    done = run(root, "hydrate-4")
    assert done.returncode == 2
    assert "hydrate-4: the benchmarks are hydrate-3, hydrate-20" in done.stderr


def test_the_docs_name_every_benchmark(root: Path) -> None:
    page = (root / "docs" / "performance.md").read_text("utf-8")
    assert [name for name in BENCHMARKS if f"`{name}`" not in page] == []


# -- peers that fail -------------------------------------------------------------------------------


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    monkeypatch.setattr(measuring, "PATIENCE", 5.0)
    monkeypatch.setattr(measuring, "FAILURES", {})
    gc.freeze()  # else each case collects what all tests left, which on a busy machine takes long
    yield measuring.FAILURES
    gc.unfreeze()


def of_another_version() -> float:
    raise ImportError("cannot import name 'Model'\nfrom 'peer'")


def hanging() -> float:
    time.sleep(60)
    return 0.0


@needs_linux
@pytest.mark.parametrize("measure", [interleaved, interleaved_forks])
def test_a_peer_that_fails_or_hangs_is_told_and_the_others_go_on(
    failures: dict[str, str],
    capfd: pytest.CaptureFixture[str],
    measure: Callable[..., dict[str, float]],
) -> None:
    result = Result("sums", "Adding", "s")
    cases = {"old peer": of_another_version, "slow peer": hanging, "ours": lambda: 1.5}
    begun = time.monotonic()
    taken = measure(cases, rounds=3)
    assert time.monotonic() - begun < 30  # a case that failed is not tried again
    assert list(taken) == ["ours"]
    assert "in of_another_version" in capfd.readouterr().err  # where it failed
    result.add_all(taken)
    result.compare("ours", "old peer", 1.0)
    result.compare("ours", "slow peer")
    result.note_failures(failures)
    assert result.is_right
    table = told(result)
    assert "| old peer | failed: ImportError: cannot import name 'Model' |" in table
    assert "| slow peer | failed: TimeoutError: not done after 5 s |" in table


@needs_linux
def test_our_own_failure_is_one(failures: dict[str, str]) -> None:
    result = Result("sums", "Adding", "s")
    result.add_all(interleaved({"ours": of_another_version, "peer": lambda: 1.0}, rounds=1))
    result.compare("ours", "peer")
    result.compare("peer's twin", "ours")  # what others are compared with may be ours all the same
    result.note_failures(failures)
    assert not result.is_right
    alone = Result("sums", "Adding", "s")
    alone.note_failures({"ours": "RuntimeError"})
    assert not alone.is_right
    alone.peers.add("ours")
    assert alone.is_right


@needs_linux
def test_a_server_that_does_not_answer_fails_alone(failures: dict[str, str]) -> None:
    with may_fail("served", "served, 8 clients"):
        hanging()
    assert failures == dict.fromkeys(
        ["served", "served, 8 clients"], "TimeoutError: not done after 5 s"
    )
    with may_fail("outer", seconds=2.0):
        with may_fail("inner", seconds=0.1):
            hanging()
        hanging()
    assert failures["inner"].endswith("0.1 s")
    assert failures["outer"].endswith("2 s")
    with pytest.raises(KeyboardInterrupt), may_fail("other"):
        raise KeyboardInterrupt
    assert "other" not in failures


@needs_linux
@pytest.mark.parametrize(
    ("package", "name", "case"),
    [
        ("pyairtable", "hydrate-20", "pyairtable, 20 reads"),
        ("pyairtable", "import", "pyairtable.orm"),
        ("moto", "serving", "moto's server"),
    ],
)
def test_a_benchmark_survives_a_peer_of_another_version(
    root: Path, tmp_path: Path, package: str, name: str, case: str
) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "__init__.py").write_text("raise AttributeError('orm has moved')\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = run(root, "--quick", name, PYTHONPATH=path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"| {case} | failed: " in done.stdout
    others = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert len([line for line in others if "failed" not in line]) > 3


# -- figures ---------------------------------------------------------------------------------------


def told(*results: Result) -> str:
    found = Figures.of_runs(results, on="2026-03-01", load=0.1)
    return report.printed("sums", found, dict(results[-1].facts))


def summed(ours: float | None, *, floor: float = 2.0, note: str = "") -> Result:
    result = Result("sums", "Adding", "s")
    result.add("ours", ours, note)
    result.add_all({"floor": floor, "absent": None})
    result.compare("ours", "floor", 1.3)
    result.compare("ours", "absent", 1.0)
    return result


def test_a_result_tells_what_was_missed_and_what_is_wrong() -> None:
    result = summed(3.0)
    assert [ratio.value for ratio in result.ratios] == [1.5]
    assert result.is_right
    result.require("two and two are four", holds=True)
    result.require("two and two are five", holds=False)
    assert not result.is_right
    table = told(result)
    assert "| ours / floor | 1.5 | <= 1.3, **not met** |" in table
    assert "| absent | not here |" in table
    assert "- two and two are five: FAILED" in table


def test_runs_are_told_by_their_median_and_spread() -> None:
    # the ratio is that of each run: the second machine minute was twice as slow for both
    runs = [summed(2.0, note="first"), summed(5.0, floor=4.0, note="slow"), summed(3.0, note="mid")]
    table = told(*runs)
    assert "| ours | 3 (2 to 5), mid |" in table
    assert "| floor | 2 (2 to 4) |" in table
    assert "| ours / floor | 1.25 (1 to 1.5) | <= 1.3, met, not in each run |" in table
    assert "| ours / floor | 1 | <= 1.3, met |" in told(summed(2.0), summed(2.0))


def test_what_failed_in_one_run_has_no_figure() -> None:
    failed = summed(None)
    failed.note_failures({"ours": "ValueError: no"})
    table = told(summed(2.0), failed)
    assert "| ours | failed: ValueError: no |" in table
    assert "| ours / floor |  | <= 1.3 |" in table


A = Processor("Quick CPU 9", "family 6, model 1", 2, "512 KB")
B = Processor("Slow CPU", "", 8)


def recorded(at: Processor, *ours: float, load: float = 0.1, **more: Result) -> Record:
    sums = Figures.of_runs([summed(each) for each in ours], on="2026-03-01", load=load)
    others = {
        name: Figures.of_runs([each], on="2026-04-02", load=0.0) for name, each in more.items()
    }
    return Record(at, {"sums": sums, **others})


def test_the_page_names_processors_and_says_where_a_target_is_not_met() -> None:
    drawn = Result("lines", "Drawing", "ms", drawing="| a |\n| --- |")
    drawn.add_all({"short": 1.0, "long": 2.0})
    drawn.compare("long", "short", 1.0)
    text = report.section(
        [recorded(A, 2.0, 2.2, 2.4, lines=drawn), recorded(B, 3.0, 4.0, 5.0, load=1.5)],
        ["lines", "sums", "later"],
    )
    assert (
        "- **A**: Quick CPU 9 (family 6, model 1), 2 cores, 512 KB of cache each; Python " in text
    )
    assert "2026-03-01 to 2026-04-02" in text
    assert "Fewer runs: `lines`." in text
    assert "- **B**: Slow CPU, 8 cores; Python " in text
    assert "Busy with other work (load): `sums` (1.5)." in text
    assert (
        "| `sums` | ours | floor | <= 1.3, **not met** on B | 1.1 (1 to 1.2) | 2 (1.5 to 2.5) |"
        in text
    )
    assert "| `sums`, s | ours | 2.2 (2 to 2.4) | 4 (3 to 5) |" in text
    assert "|  | absent | not here | not here |" in text
    # of what is drawn, a missed target still is a line
    assert "| `lines` | long | short | <= 1, **not met** | 2 |  |" in text
    assert "`lines` on A: Drawing, in ms.\n\n| a |\n| --- |" in text
    everywhere = report.section([recorded(A, 4.0), recorded(B, 5.0)], ["sums"])
    assert "| `sums` | ours | floor | <= 1.3, **not met** | 2 | 2.5 |" in everywhere


def test_figures_are_kept_for_each_processor(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    first, second = recorded(A, 2.0, 2.2, 2.41234), recorded(B, 3.0, gone=summed(1.0))
    first.save(folder, ["sums", "later"])
    second.save(folder, ["sums", "later"])
    names = ["quick-cpu-9-family-6-model-1-2-cores.json", "slow-cpu-8-cores.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    loaded = figures.load_all(folder)
    assert loaded == [first, second]
    assert list(loaded[1].benchmarks) == ["sums"]  # no benchmark has the other name any more
    text = (folder / names[0]).read_text("utf-8")
    assert '"ours": [2.0, 2.2, 2.412],\n' in text  # to be read, and compared by git
    assert msgspec.json.decode(text)["processor"]["cores"] == 2
    # measured again: only what was, and of this processor
    first.benchmarks["later"] = Figures.of_runs([summed(9.0)], on="2026-05-01", load=0.0)
    first.save(folder, ["sums", "later"])
    again = figures.load_all(folder)[0].benchmarks
    assert again["later"].values["ours"] == [9.0]
    assert again["sums"].values["ours"] == [2.0, 2.2, 2.412]


def test_a_processor_is_what_linux_says(tmp_path: Path) -> None:
    told = tmp_path / "cpuinfo"
    told.write_text(
        "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: Some CPU @ 2 GHz\n"
        "stepping\t: 3\ncache size\t: 512 KB\n\nprocessor\t: 1\nmodel name\t: another\n"
    )
    found = Processor.here(str(told))
    assert found.name == "Some CPU @ 2 GHz"
    assert found.kind == "family 25, model 1, stepping 3"
    assert found.cache == "512 KB"
    nothing = Processor.here(str(tmp_path / "none"))
    assert nothing.name
    assert (nothing.kind, nothing.cores) == ("", os.cpu_count())


@needs_linux
def test_others_at_work_are_seen() -> None:
    command = [sys.executable, "-c", "while True: pass"]
    with subprocess.Popen(command) as worker:
        try:
            assert figures.busy_cores(0.5) > 0.3
        finally:
            worker.kill()


def test_the_figures_go_between_the_marks_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before\n\n{report.BEGIN}\n\nold\n\n{report.END}\n\nAfter\n", "utf-8")
    for _ in range(2):
        report.write(page, "new")
        written = page.read_text("utf-8")
        assert written == f"Before\n\n{report.BEGIN}\n\nnew\n\n{report.END}\n\nAfter\n"
    page.write_text("no marks", "utf-8")
    with pytest.raises(ValueError, match="to write between"):
        report.write(page, "new")


def test_the_page_is_what_was_kept(root: Path) -> None:
    text = report.section(figures.load_all(figures.FOLDER), BENCHMARKS)
    page = (root / "docs" / "performance.md").read_text("utf-8")
    assert f"{report.BEGIN}\n\n{text}\n\n{report.END}" in page, "run.py --page makes it anew"


def test_tiny_sizes_are_not_kept(root: Path) -> None:
    done = run(root, "--write", "--quick", "identity")
    assert done.returncode == 2
    assert "--quick measures nothing" in done.stderr
    assert run(root, "--runs", "0", "identity").returncode == 2


@pytest.mark.parametrize("more", ["identity", "--quick", "--write", "--runs=2"])
def test_the_page_is_made_alone(root: Path, more: str) -> None:
    done = run(root, "--page", more)
    assert done.returncode == 2
    assert "--page measures nothing" in done.stderr
