"""What users install: the wheel, alone with what it requires, and the source archive."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from attio_sandbox.images import source_key

pytest.importorskip("hatchling", reason="it builds the package: of the extra `test`")

ROOT = Path(__file__).resolve().parent.parent
WHOLE: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT: dict[str, Any] = WHOLE["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
IMAGE = "attio_sandbox/crm.image"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source archive."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


def required(name: str, seen: set[str]) -> Iterator[metadata.Distribution]:
    """What a distribution requires without extras, and what that requires."""
    for text in metadata.distribution(name).requires or ():
        wanted = Requirement(text)
        applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if applies and wanted.name.lower() not in seen:
            seen.add(wanted.name.lower())
            yield metadata.distribution(wanted.name)
            yield from required(wanted.name, seen)


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel and its six dependencies, and nothing else of this machine."""
    home = tmp_path_factory.mktemp("alone")
    venv.create(home, symlinks=os.name == "posix", with_pip=False)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    (site,) = (*home.glob("lib/python*/site-packages"), *home.glob("Lib/site-packages"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    command = [*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    for found in required("attio-orm", set()):
        tops = {Path(file).parts[0] for file in found.files or () if ".." not in Path(file).parts}
        for top in tops - {"__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(Path(str(found.locate_file(top))))
    return scripts


def run(alone: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What a command of that Python gives, in an empty folder."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COV", "ATTIO", "VIRTUAL_ENV"))
    }
    return subprocess.run(
        [str(alone / command[0]), *command[1:]],
        cwd=folder,
        env=kept | {"PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


def test_the_wheel_has_all_files_of_the_packages_and_no_others(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    source = ROOT / "src"
    there = {
        path.relative_to(source).as_posix()
        for package in ("attio_orm", "attio_sandbox")
        for path in (source / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == there | {IMAGE}  # made by the build
    assert {"attio_orm/py.typed", "attio_sandbox/py.typed"} <= inside


def test_the_wheel_has_the_filled_workspace(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        made = opened.getinfo(IMAGE)
        assert 2_000_000 < made.file_size < 4_500_000
        assert made.external_attr >> 16 & 0o044 == 0o044  # whoever installs is not who runs it
        assert opened.read(IMAGE).startswith(
            b"attio_sandbox image 1\n" + str(source_key()).encode()
        )


def test_a_wheel_of_the_source_archive_has_it_too(built: Path, tmp_path: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=unpacked, check=True, capture_output=True, timeout=120)
    (found,) = tmp_path.glob("*.whl")
    assert IMAGE in zipfile.ZipFile(found).namelist()


def test_the_build_asks_for_what_the_image_takes() -> None:
    hook = WHOLE["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    (msgspec,) = (each for each in PROJECT["dependencies"] if each.startswith("msgspec"))
    assert hook["dependencies"] == [msgspec]


def test_an_installed_wheel_fills_no_workspace_and_no_cache(alone: Path, tmp_path: Path) -> None:
    program = (
        "import os, attio_sandbox.bootstrap as b\n"
        "b.make_image = None  # a call would fail\n"
        "os.environ['XDG_CACHE_HOME'] = os.environ['LOCALAPPDATA'] = os.getcwd()\n"
        "from attio_sandbox import Workspace\n"
        "print(Workspace(seed='crm').count('people'), os.listdir())\n"
    )
    done = run(alone, tmp_path, "python", "-W", "error", "-c", program)
    assert (done.stdout, done.stderr) == ("3000 []\n", "")


def test_the_wheel_works_alone(alone: Path, tmp_path: Path) -> None:
    program = (
        "import attio_orm, sys, importlib.util as u\n"
        "assert 'site-packages' in attio_orm.__file__, attio_orm.__file__\n"
        "assert not any(map(u.find_spec, ('starlette', 'phonenumbers', 'typer', 'pytest')))\n"
        "from attio_orm import Person, connect\n"
        "with connect('sandbox://?seed=crm'):\n"
        "    print(Person.objects.get(email_addresses='ada@lovelace.dev').name)\n"
    )
    done = run(alone, tmp_path, "python", "-W", "error", "-c", program)
    assert (done.stdout, done.stderr) == ("Ada Lovelace\n", "")


def test_the_command_of_the_wheel(alone: Path, tmp_path: Path) -> None:
    version = run(alone, tmp_path, "attio-orm", "--version")
    assert version.stdout == f"attio-orm {PROJECT['version']}\n"

    tour = run(alone, tmp_path, "attio-orm", "tour")
    assert (tour.returncode, tour.stderr) == (0, "")
    after = tour.stdout.partition("What next")[2]
    assert "Read on" in after
    assert not re.search(r"\b(docs|examples|tests)\b", after)  # they are in a clone alone
    (page,) = re.findall(r"-m pydoc (attio_orm\.\w+)", after)
    shown = run(alone, tmp_path, "python", "-m", "pydoc", page)
    assert re.search(r"\bsave\(", shown.stdout)  # Python 3.13 breaks the line behind it


def test_what_lacks_an_extra_names_it(alone: Path, tmp_path: Path) -> None:
    served = run(alone, tmp_path, "attio-orm", "sandbox", "--port", "0")
    assert served.returncode == 1
    (extra,) = re.findall(r'pip install "attio-orm\[(\w+)\]"', served.stderr)
    assert extra in EXTRAS


def test_the_extras() -> None:
    assert {"all", "cli", "sandbox", "server"} <= set(EXTRAS)
    for_work = {"all", "test", "dev"}  # on the library itself
    (everything,) = map(Requirement, EXTRAS["all"])
    assert everything.name == PROJECT["name"]
    assert everything.extras == set(EXTRAS) - for_work
    assert "attio-orm[sandbox]" in EXTRAS["server"]  # both give the same answers
    assert {Requirement(each).name for each in EXTRAS["cli"]} == {
        "typer", "rich", "ipython", "libcst",
    }  # fmt: skip


def test_extras_that_are_named_anywhere_exist() -> None:
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.py")]
    named = {
        extra.strip()
        for file in files
        for found in re.findall(r"attio-orm\[([\w, ]+)\]", file.read_text("utf-8"))
        for extra in found.split(",")
    }
    assert named
    assert named <= set(EXTRAS)


def test_the_source_archive_has_what_the_readme_points_at(built: Path) -> None:
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        inside = {name.partition("/")[2] for name in opened.getnames()}
    readme = (ROOT / "README.md").read_text("utf-8")
    links = {link for link in re.findall(r"\]\(([\w./-]+)\)", readme)}
    constraints = set(re.findall(r"-c (\S+)", readme))
    assert links
    assert constraints
    assert links | constraints <= inside
