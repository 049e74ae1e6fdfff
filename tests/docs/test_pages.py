"""The README and every page of docs/ tell the truth: their code runs, and gives what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.markdown import Block, blocks

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGES = {
    "python",
    "bash",
    "console",
    "text",
    "json",
    "toml",
    "ini",
    "diff",
    "http",
    "yaml",
    "ts",
}
INSTALLS = re.compile(r"\b(pip|apt|apt-get|uv|pipx|poetry)\b.*\b(install|add)\b|\bgit clone\b")
# What an interpreter prints when something was left behind, though the exit code is 0.
LEFTOVERS = re.compile(r"Exception ignored|was never (awaited|retrieved)|Warning:")

FOLLOWED = {ROOT / "docs" / "how-to-add.md"}  # in a copy of the project, by test_how_to_add.py

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def run_page(page: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page's code in a process and a folder of its own, on the sandbox, with no network."""
    environment = {name: v for name, v in os.environ.items() if not name.startswith("ATTIO_")}
    search = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]
    environment |= {
        "ATTIO_BASE_URL": "sandbox://?seed=crm",
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(str(Path(path).resolve()) for path in [ROOT, *search]),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.docs.page", str(page)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page not in FOLLOWED],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_the_code_runs_and_gives_what_the_page_says(page: Path, tmp_path: Path) -> None:
    done = run_page(page, tmp_path)
    assert done.returncode == 0, f"{page}\n{done.stderr}"
    assert not LEFTOVERS.search(done.stderr), done.stderr


def _unexplained(block: Block) -> bool:
    return not (block.is_shell and INSTALLS.search(block.text))


@every_page
def test_only_blocks_that_install_are_not_run(page: Path) -> None:
    left_out = [block for block in blocks(page.read_text("utf-8")) if block.not_run is not None]
    assert [block.line for block in left_out if _unexplained(block)] == []


@every_page
def test_every_block_names_a_language_that_is_checked_or_only_shown(page: Path) -> None:
    for block in blocks(page.read_text("utf-8")):
        assert block.language in LANGUAGES, f"line {block.line}: {block.language or 'no language'}"
        if block.language == "json":
            json.loads(block.text)
        elif block.language == "toml":
            tomllib.loads(block.text)


def _anchors(page: Path) -> set[str]:
    text = re.sub(
        r"^(```+|~~~+).*?^\1", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    headings = re.findall(r"^#+ +(.+?) *$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    dead: list[str] = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            dead.append(target)
    assert dead == []


GUIDES = {page for page in PAGES if page.parent == ROOT / "docs"} - {ROOT / "docs" / "index.md"}


def _linked(page: Path) -> set[Path]:
    found = re.findall(r"\]\(([^)\s#]+)", page.read_text("utf-8"))
    return {(page.parent / path).resolve() for path in found if "://" not in path}


@pytest.mark.parametrize("start", ["README.md", "docs/index.md"])
def test_every_guide_is_named_where_people_start(start: str) -> None:
    missing = GUIDES - _linked(ROOT / start)
    assert sorted(page.name for page in missing) == []


@pytest.mark.parametrize("page", sorted(GUIDES), ids=lambda page: page.name)
def test_a_guide_leads_on_to_others(page: Path) -> None:
    assert _linked(page) & GUIDES - {page}
