"""What every backend keeps, for how long, and what only one of them does."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from attio_orm import ValidationError
from attio_orm.cache import CacheBackend, DiskCache, MemoryCache, RedisCache
from tests.redis_server import RedisServer


def test_what_is_put_is_there_until_it_is_deleted(backend: CacheBackend) -> None:
    assert backend.get("a") is None
    backend.put("a", b"\x00\xff one", 60)
    backend.put("a", b"two", 60)
    found = backend.get("a")
    assert found is not None
    assert found[0] == b"two"
    assert 59 < found[1] <= 60
    backend.delete("a")
    backend.delete("a")
    assert backend.get("a") is None


def test_a_generation_stays_until_it_is_outdated_and_never_comes_again(
    backend: CacheBackend,
) -> None:
    people, companies = backend.generations(["people", "companies"])
    assert people != companies
    assert backend.generations(["companies", "people"]) == [companies, people]
    seen = {people}
    for _ in range(5):
        backend.outdate(["people"])
        now, same = backend.generations(["people", "companies"])
        assert now not in seen
        assert same == companies
        seen.add(now)


def test_threads_that_come_at_once_begin_one_generation(backend: CacheBackend) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(backend.generations, [["people"]] * 40))
    assert len({each for (each,) in found}) == 1


# -- memory ----------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    moment = [1000.0]
    monkeypatch.setattr("attio_orm.cache.memory.monotonic", lambda: moment[0])
    monkeypatch.setattr("attio_orm.cache.disk.time.time", lambda: moment[0])
    return moment


def test_memory_forgets_what_is_over(clock: list[float]) -> None:
    memory = MemoryCache()
    memory.put("a", b"one", 10)
    clock[0] += 9.5
    assert memory.get("a") == (b"one", 0.5)
    clock[0] += 0.5
    assert memory.get("a") is None
    assert memory.usage().bytes == 0


def test_memory_is_bounded_in_answers_and_bytes() -> None:
    memory = MemoryCache(most_bytes=10)
    memory.size = 3
    for key in "abc":
        memory.put(key, b"xx", 60)
    memory.get("a")  # used: the least recently used goes
    memory.put("d", b"xx", 60)
    assert [key for key in "abcd" if memory.get(key)] == ["a", "c", "d"]
    memory.put("e", b"x" * 9, 60)
    assert [key for key in "abcde" if memory.get(key)] == ["e"]
    memory.put("f", b"x" * 11, 60)
    assert memory.get("f") is None
    usage = memory.usage()
    assert (usage.bytes, usage.evicted) == (9, 4)
    with pytest.raises(ValidationError, match="most_bytes"):
        MemoryCache(most_bytes=0)


# -- disk ------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_gives_nothing_of_an_unknown_age(
    tmp_path: Path, clock: list[float]
) -> None:
    disk = DiskCache(tmp_path / "cache.db")
    disk.put("a", b"one", 300)
    clock[0] += 10
    assert disk.get("a") == (b"one", 290)
    clock[0] = 900  # it was put in the future
    assert disk.get("a") is None
    disk.put("a", b"one", 300)
    clock[0] += 10**6
    assert disk.get("a") is None
    disk.close()


def test_the_oldest_go_from_a_file_that_is_full(tmp_path: Path, clock: list[float]) -> None:
    disk = DiskCache(tmp_path / "cache.db")
    disk.size = 2
    for key in "abc":
        clock[0] += 1
        disk.put(key, b"1234", 60)
    assert [key for key in "abc" if disk.get(key)] == ["b", "c"]
    usage = disk.usage()
    assert (usage.bytes, usage.evicted) == (8, 1)
    disk.close()


def test_only_its_owner_reads_a_file_and_a_strange_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    DiskCache(path).close()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    strange = tmp_path / "notes.txt"
    strange.write_text("dear diary, " * 100)
    for wrong in (strange, tmp_path / "no" / "cache.db"):
        with pytest.raises(ValidationError, match="give the path of a new file"):
            DiskCache(wrong)
    assert strange.read_text().startswith("dear diary")


def _outdate(path: Path) -> None:
    disk = DiskCache(path)
    disk.outdate(["people"])
    disk.put("theirs", b"of another process", 60)
    disk.close()


def test_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    disk = DiskCache(path)
    before = disk.generations(["people"])
    other = multiprocessing.get_context("fork").Process(target=_outdate, args=(path,))
    other.start()
    other.join(10)
    assert other.exitcode == 0
    assert disk.generations(["people"]) != before
    found = disk.get("theirs")
    assert found is not None
    assert found[0] == b"of another process"
    disk.close()


def test_a_value_of_another_type_is_a_miss(tmp_path: Path) -> None:
    disk = DiskCache(tmp_path / "cache.db")
    disk.put("a", b"one", 60)
    with sqlite3.connect(tmp_path / "cache.db") as file:
        file.execute("UPDATE answers SET value = 'text'")
    file.close()
    assert disk.get("a") is None
    disk.close()


# -- Redis -----------------------------------------------------------------------------------------


def test_redis_touches_only_its_prefix(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set("somebody:else", "1")
        cache = RedisCache(redis_server.url, prefix="mine")
        cache.put("a", b"one", 60)
        cache.generations(["people"])
        mine = {key for key in client.scan_iter() if key.startswith("mine:")}
        assert mine == {"mine:cache:answer:a", "mine:cache:generation:people"}
        assert client.ttl("mine:cache:answer:a") in {59, 60}
        # what has no end was put there by somebody else
        client.persist("mine:cache:answer:a")
        assert cache.get("a") is None
        cache.outdate(["people"])
        cache.delete("a")
        assert client.get("somebody:else") == "1"
        cache.close()


def test_redis_hides_its_address() -> None:
    cache = RedisCache("redis://:s3cret@127.0.0.1:1/0")
    assert "s3cret" not in repr(cache)
    with pytest.raises(ValidationError, match="redis://localhost") as caught:
        RedisCache("http://:s3cret@127.0.0.1")
    assert "s3cret" not in str(caught.value)
