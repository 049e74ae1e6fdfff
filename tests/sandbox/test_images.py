"""The filled workspace is told once, and found by who opens it next."""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from attio_sandbox import Workspace, bootstrap, images
from attio_sandbox.values import hosts, phones

POSIX = sys.platform != "win32"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and a process that has opened none yet."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("LOCALAPPDATA", str(folder))
    monkeypatch.setattr(sys, "platform", "linux" if POSIX else sys.platform)  # macOS has no such
    monkeypatch.setattr(images, "IN_PACKAGE", tmp_path / "none.image")  # as in a clone
    monkeypatch.setattr(bootstrap._Filled, "image", None)
    return folder / "attio-orm"


class Telling:
    """Counts how often the CRM is told; an image that was told once stands in for it."""

    def __init__(self, image: bytes) -> None:
        self.image = image
        self.times = 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.image


@pytest.fixture(scope="module")
def told() -> bytes:
    return bootstrap.make_image()


@pytest.fixture
def telling(told: bytes, monkeypatch: pytest.MonkeyPatch) -> Telling:
    found = Telling(told)
    monkeypatch.setattr(bootstrap, "make_image", found)
    return found


@pytest.fixture
def open_anew(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Opens a filled workspace as a new process would; gives how many people are in it."""

    def open_(path: Path | None = None) -> int:
        monkeypatch.setattr(bootstrap._Filled, "image", None)
        workspace = Workspace(path, seed="crm")
        count = workspace.count("people")
        workspace.close()
        return count

    return open_


def the_file(cache: Path) -> Path:
    (found,) = cache.glob("*")
    return found


def test_the_second_process_finds_what_the_first_told(
    cache: Path, telling: Telling, open_anew: Callable[..., int]
) -> None:
    assert open_anew() == open_anew() == 3_000
    assert telling.times == 1
    kept = the_file(cache)
    assert kept.suffix == ".image"
    assert 2_000_000 < kept.stat().st_size < 4_500_000
    if POSIX:
        assert kept.stat().st_mode & 0o777 == 0o600


def test_an_empty_workspace_needs_no_image(cache: Path, telling: Telling) -> None:
    Workspace().close()
    Workspace(seed="empty").close()
    assert telling.times == 0
    assert not cache.exists()


def test_the_package_goes_before_the_cache(
    cache: Path,
    told: bytes,
    telling: Telling,
    open_anew: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    path = tmp_path / "crm.image"
    path.write_bytes(images.pack(told, "0" * 64))
    monkeypatch.setattr(images, "IN_PACKAGE", path)
    assert open_anew() == 3_000
    assert telling.times == 0
    assert not cache.exists()


def test_a_file_takes_the_image_over(
    tmp_path: Path, telling: Telling, open_anew: Callable[..., int]
) -> None:
    path = tmp_path / "crm.db"
    assert open_anew(path) == 3_000
    assert open_anew(path) == 3_000  # it is filled already
    assert telling.times == 1
    with sqlite3.connect(path) as opened:
        opened.create_function("fold", 1, str.casefold, deterministic=True)
        assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    opened.close()


def test_of_many_that_open_a_new_file_one_fills_it(tmp_path: Path, telling: Telling) -> None:
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: Workspace(tmp_path / "crm.db", seed="crm"), range(4)))
    assert sorted(each.is_new for each in opened) == [False, False, False, True]
    assert {each.count("people") for each in opened} == {3_000}
    assert len({each.token for each in opened}) == 1
    for each in opened:
        each.close()


def rows_of(database: sqlite3.Connection) -> Iterator[tuple[str, object]]:
    names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    for (name,) in database.execute(names).fetchall():
        if name not in ("meta", "tokens"):  # the token is each workspace's own
            yield name, database.execute(f"SELECT * FROM {name}").fetchall()


def test_a_file_has_the_same_rows_as_the_image(
    tmp_path: Path, told: bytes, open_anew: Callable[..., int]
) -> None:
    path = tmp_path / "crm.db"
    assert open_anew(path) == 3_000
    image = sqlite3.connect(":memory:")
    image.deserialize(told)
    file = sqlite3.connect(path)
    assert dict(rows_of(file)) == dict(rows_of(image))
    file.close()
    image.close()


def test_tokens_are_new_each_time(telling: Telling, tmp_path: Path, told: bytes) -> None:
    workspaces = [
        Workspace(seed="crm"),
        Workspace(seed="crm"),
        Workspace(tmp_path / "a.db", seed="crm"),
    ]
    assert len({each.token for each in workspaces}) == 3
    assert all(len(each.token) == 64 for each in workspaces)
    for each in workspaces:
        each.close()
    image = sqlite3.connect(":memory:")
    image.deserialize(told)
    assert image.execute("SELECT value FROM meta WHERE key = 'token'").fetchall() == [("",)]
    image.close()


@pytest.mark.parametrize("way", ["cut off", "a byte changed", "not ours", "empty", "other code"])
def test_what_is_no_image_is_made_anew(
    way: str, cache: Path, telling: Telling, open_anew: Callable[..., int]
) -> None:
    open_anew()
    kept = the_file(cache)
    data = kept.read_bytes()
    kept.write_bytes(
        {
            "cut off": data[:-1_000],
            "a byte changed": data[:2_000_000] + bytes([data[2_000_000] ^ 1]) + data[2_000_001:],
            "not ours": b"SQLite format 3\0",
            "empty": b"",
            "other code": data.replace(str(images.source_key()).encode(), b"0" * 64),
        }[way]
    )
    assert open_anew() == 3_000
    assert telling.times == 2
    assert kept.read_bytes() == data


@pytest.mark.skipif(not POSIX, reason="Windows has other permissions")
def test_what_others_may_write_is_made_anew(
    cache: Path, telling: Telling, open_anew: Callable[..., int]
) -> None:
    open_anew()
    the_file(cache).chmod(0o666)
    open_anew()
    assert telling.times == 2
    assert the_file(cache).stat().st_mode & 0o777 == 0o600


def test_a_cache_that_cannot_be_written_is_no_error(
    cache: Path, telling: Telling, open_anew: Callable[..., int]
) -> None:
    cache.parent.write_text("a file where the folder should be")
    assert open_anew() == open_anew() == 3_000
    assert telling.times == 2


def test_a_disk_that_is_full_leaves_nothing_behind(
    cache: Path, telling: Telling, open_anew: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*paths: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert open_anew() == 3_000
    assert list(cache.iterdir()) == []


def test_without_a_home_there_is_no_cache(
    telling: Telling, open_anew: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(Path, "home", homeless)
    assert images.cache_folder() is None
    assert open_anew() == 3_000


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux", ".cache/attio-orm"),
        ("darwin", "Library/Caches/attio-orm"),
        ("win32", "AppData/Local/attio-orm"),
    ],
)
def test_the_cache_is_where_the_system_has_it(
    platform: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    assert images.cache_folder() == Path.home() / expected


def test_old_images_go(
    cache: Path, telling: Telling, open_anew: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.mkdir(parents=True)
    for number in range(20):
        (cache / f"crm-0.0.{number}-0123.image").write_bytes(b"")
    (cache / "notes.txt").write_text("of somebody else")
    open_anew()
    open_anew()
    assert telling.times == 1  # the newest one is among those that stay
    assert len(list(cache.glob("crm-*.image"))) == images.KEPT
    assert (cache / "notes.txt").exists()


def test_what_a_killed_process_left_is_removed(
    cache: Path, telling: Telling, open_anew: Callable[..., int]
) -> None:
    """A process that is killed while it writes leaves a file of its own, of some megabytes."""
    cache.mkdir(parents=True, exist_ok=True)
    left, young = cache / ".crm-left", cache / ".crm-young"
    for each in (left, young):
        each.write_bytes(b"half of an image")
    two_hours_ago = time.time() - 7_200
    os.utime(left, (two_hours_ago, two_hours_ago))
    open_anew()
    assert not left.exists()
    assert young.exists()  # another process may be writing it


def test_code_that_changes_has_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def key() -> str | None:
        images.source_key.cache_clear()
        return images.source_key()

    before = key()
    (tmp_path / "seed.py").write_text("PEOPLE = 3_000\n")
    monkeypatch.setattr(images, "_PACKAGE", tmp_path)
    keys = [key()]
    (tmp_path / "seed.py").write_text("PEOPLE = 3_001\n")
    keys.append(key())
    (tmp_path / "seed.py").rename(tmp_path / "words.py")
    keys.append(key())
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "page.py").write_text("fills nothing")
    assert key() == keys[-1]
    assert len({before, *keys}) == 4
    (tmp_path / "words.py").unlink()
    assert key() is None  # as where the code is in an archive: nothing is kept
    monkeypatch.undo()
    assert key() == before


def test_without_the_extra_it_is_the_same(told: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    # A wheel is built where the tables of the extra `sandbox` are not.
    monkeypatch.setattr(phones, "_library", lambda: None)
    monkeypatch.setattr(hosts, "_registered_domain", lambda: None)
    plain, rich = sqlite3.connect(":memory:"), sqlite3.connect(":memory:")
    plain.deserialize(bootstrap.make_image())
    rich.deserialize(told)
    assert dict(rows_of(plain)) == dict(rows_of(rich))
    plain.close()
    rich.close()
