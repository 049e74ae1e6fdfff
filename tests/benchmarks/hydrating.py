"""Benchmarks 1 to 3 and the workloads: from the bytes of pages to objects; reads; memory."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from typing import Any

from attio_orm import Company, Maybe, Model, Session, connect
from attio_orm import attributes as kinds
from attio_orm.connection.sessions import RefMap
from attio_orm.records import rows
from attio_orm.records.loading import LoadContext, materialize
from tests.benchmarks import designs, peers
from tests.benchmarks.measuring import (
    Result,
    forked,
    interleaved,
    interleaved_forks,
    may_fail,
    resident,
    trim,
)
from tests.benchmarks.pages import ATTRIBUTES, PAGE, People

RECORDS = 10_000
ROUNDS = 7
# no relation among the three: it gives an object, which costs what it takes to find that
THREE = ("name", "email_addresses", "job_title")
RELATED = ("name", "email_addresses", "company")

ESCAPED = 1 / 3  # of the texts

Read = Callable[[Any], Any]


class Contact(Model, object="people", strict=True):
    """All that the pages have, declared."""

    name: kinds.PersonalName
    email_addresses: kinds.EmailAddresses
    phone_numbers: kinds.PhoneNumbers
    job_title: kinds.Text
    description: kinds.Text
    company: Maybe[Company]
    primary_location: kinds.Location
    linkedin: kinds.Text
    avatar_url: kinds.Text
    created_by: kinds.Actor
    last_interaction: kinds.Interaction
    strongest_connection_strength: kinds.Select
    lead_status: kinds.Status
    score: kinds.Number
    is_customer: kinds.Checkbox
    rating: kinds.Rating
    deal_value: kinds.Currency
    birthday: kinds.Date
    tags: kinds.MultiSelect


class Plain:
    """An object with one ordinary attribute."""

    def __init__(self) -> None:
        self.job_title = "Engineer"


class Filled:
    """The same, put into its dictionary, as what makes many objects does."""

    def __init__(self) -> None:
        self.__dict__["job_title"] = "Engineer"


class Cached:
    """The same, read once from elsewhere: the standard library's way of doing what models do."""

    @cached_property
    def job_title(self) -> str:
        return "Engineer"


class Answering(Filled):
    """The same, with an answer for names that nobody declared."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


@cache
def pages_of(records: int, **kind: float) -> list[bytes]:
    """Pages of so many people; made in another process, so that this one's memory stays clean.

    ``kind`` says what they are like, as ``People`` takes it.
    """
    page = min(PAGE, records)

    def make() -> list[bytes]:
        maker = People(**kind)  # type: ignore[arg-type]
        return [maker.page(page) for _ in range(records // page)]

    made: list[bytes] = forked(make)
    return made


def reader(names: Sequence[str]) -> Read:
    """What reads these attributes of an object, as user code does."""
    made: dict[str, Any] = {}
    exec(f"def read(each): return ({', '.join(f'each.{name}' for name in names)},)", made)
    read: Read = made["read"]
    return read


class Library:
    """The library's own way, from the body of a page to the objects of a session."""

    def __init__(self) -> None:
        self.connection = connect("sandbox://", on_drift="ignore")
        self.companies: list[Any] = []

    def hydrate(
        self, pages: Sequence[bytes], read: Read | None, model: type[Model] = Contact
    ) -> list[Any]:
        """The objects of the pages, in a new session."""
        return self.hydrate_in(Session(self.connection), pages, read, model)

    def hydrate_in(
        self,
        session: Session,
        pages: Sequence[bytes],
        read: Read | None,
        model: type[Model] = Contact,
    ) -> list[Any]:
        """The objects of the pages, in this session."""
        kept: list[Any] = []
        for body in pages:
            batch = LoadContext(self.connection, session)
            found = materialize(model, rows.decode_page(body), batch)
            if read is not None:
                for each in found:
                    read(each)
            kept += found
        return kept

    def session_with_companies(self) -> Session:
        """A session that holds every company which the pages point at."""
        session = Session(self.connection)
        found = [
            rows.Row(rows.RowId(each), values=rows.encode_values({})) for each in People().companies
        ]
        self.companies = materialize(Company, found, LoadContext(self.connection, session))
        return session


def structs(pages: Sequence[bytes], read: Read | None) -> list[Any]:
    """The floor: needed fields decoded into structs, and the identity map."""
    live, kept = RefMap(), []
    for body in pages:
        for record in designs.decode_structs(body).data:
            found = live.get(record.id.record_id)
            if found is None:
                found = record
                live.put(record.id.record_id, found)
            if read is not None:
                read(found)
            kept.append(found)
    return kept


def flat(pages: Sequence[bytes], read: Read | None) -> list[Any]:
    """A pydantic model per record, made of the decoded page, and the identity map."""
    live, kept = RefMap(), []
    for body in pages:
        for record in designs.loads(body)["data"]:
            record_id = record["id"]["record_id"]
            found = live.get(record_id)
            if found is None:
                found = designs.flat_person(record)
                live.put(record_id, found)
            if read is not None:
                read(found)
            kept.append(found)
    return kept


def per_record(
    work: Callable[[], Sequence[Any]], *, collecting: bool = True
) -> Callable[[], float]:
    """What gives the microseconds of processor time that the work takes for each record."""

    def measured() -> float:
        gc.collect()
        if not collecting:
            gc.disable()
        begun = time.process_time()
        kept = work()
        taken = time.process_time() - begun
        return taken / len(kept) * 1e6

    return measured


def hydrate_3(*, records: int = RECORDS, rounds: int = ROUNDS) -> Result:
    """Benchmark 1."""
    pages, library = pages_of(records, escaped=ESCAPED), Library()
    three, related = reader(THREE), reader(RELATED)
    session = library.session_with_companies()
    floor, peer = "f2 structs, 3 reads", f"{designs.DECODER} + flat pydantic, 3 reads"
    mine, relation = "attio_orm, 3 reads", "attio_orm, 3 reads, one of them a relation"
    taken = interleaved_forks(
        {
            floor: per_record(lambda: structs(pages, designs.structs_reader(THREE))),
            peer: per_record(lambda: flat(pages, three)),
            "attio_orm, 0 reads": per_record(lambda: library.hydrate(pages, None)),
            mine: per_record(lambda: library.hydrate(pages, three)),
            relation: per_record(lambda: library.hydrate_in(session, pages, related)),
        },
        rounds,
    )
    result = Result(
        "hydrate-3",
        f"{len(pages)} pages to {records:,} objects of an identity map, all kept; 3 reads of each "
        f"({', '.join(THREE)}); a third of the texts with escapes",
        "µs a record",
    )
    result.add_all(taken)
    result.compare(mine, floor, 1.3)
    result.compare(mine, peer, 0.3)
    result.compare(relation, peer)
    return result


def hydrate_20(*, records: int = RECORDS, rounds: int = ROUNDS) -> Result:
    """Benchmark 2."""
    pages, library = pages_of(records, escaped=ESCAPED), Library()
    twenty = reader(ATTRIBUTES)
    session = library.session_with_companies()
    mine, flat_case = "attio_orm, 20 reads", f"{designs.DECODER} + flat pydantic, 20 reads"
    cases = {
        "f2 structs, 20 reads": lambda: structs(pages, designs.structs_reader(ATTRIBUTES)),
        flat_case: lambda: flat(pages, twenty),
        mine: lambda: library.hydrate_in(session, pages, twenty),
    }
    made: dict[str, peers.Hydrate | None] = dict.fromkeys(peers.HYDRATING)
    for name, make in peers.HYDRATING.items():
        with may_fail(name):
            made[name] = make(pages, twenty)
    cases.update({name: work for name, work in made.items() if work is not None})
    taken = interleaved_forks({name: per_record(work) for name, work in cases.items()}, rounds)
    result = Result(
        "hydrate-20",
        f"{records:,} records of 20 attributes from their own wire format (the databases: SQLite "
        f"in memory) to objects, all kept, all attributes read; a third of the texts with escapes",
        "µs a record",
    )
    result.add_all({**dict.fromkeys(made), **taken})
    result.compare(mine, "pyairtable, 20 reads", 0.95)
    for name in [*peers.HYDRATING, "f2 structs, 20 reads", flat_case]:
        if name != "pyairtable, 20 reads":
            result.compare(mine, name)
    return result


def workloads(*, records: int = 4_000, rounds: int = ROUNDS) -> Result:
    """What data of other kinds costs, and other ways of going through it."""
    library = Library()
    session = library.session_with_companies()
    plain, third = pages_of(records), pages_of(records, escaped=ESCAPED)
    escaped, large = pages_of(records, escaped=1.0), pages_of(records, attributes=60)
    sparse = pages_of(records, attributes=60, empty=True)
    odd = pages_of(records, odd=ESCAPED)
    three, twenty = reader(THREE), reader(ATTRIBUTES)
    floor_three, floor_twenty = designs.structs_reader(THREE), designs.structs_reader(ATTRIBUTES)

    def dropping(work: Callable[[Sequence[bytes]], Any]) -> Sequence[Any]:
        for body in plain:
            work([body])
        return range(records)

    result = Result(
        "workloads",
        f"{records:,} records of several kinds to objects of an identity map: so many attributes "
        f"read of those there are",
        "µs a record",
    )
    cases: dict[str, Callable[[], Sequence[Any]]] = {}
    for name, pages in {
        "3 of 20": plain,
        "3 of 20, escapes in a third": third,
        "3 of 20, escapes in all": escaped,
        "3 of 60": large,
        "3 of 60, 40 of them empty": sparse,
    }.items():
        cases[f"f2, {name}"] = lambda pages=pages: structs(pages, floor_three)  # type: ignore[misc]
        cases[name] = lambda pages=pages: library.hydrate(pages, three)  # type: ignore[misc]
    for name, pages in {
        "20 of 20": plain,
        "20 of 20, escapes in a third": third,
        "20 of 20, escapes in all": escaped,
    }.items():
        cases[f"f2, {name}"] = lambda pages=pages: structs(pages, floor_twenty)  # type: ignore[misc]
        cases[name] = lambda pages=pages: library.hydrate_in(session, pages, twenty)  # type: ignore[misc]
    cases["3 of 20, odd records"] = lambda: library.hydrate(odd, three)
    cases["f2, 3 of 20, dropped"] = lambda: dropping(lambda page: structs(page, floor_three))
    cases["3 of 20, dropped"] = lambda: dropping(lambda page: library.hydrate(page, three))
    result.add_all(
        interleaved_forks({name: per_record(work) for name, work in cases.items()}, rounds)
    )
    for name in cases:
        if f"f2, {name}" in cases:
            result.compare(
                name, f"f2, {name}", 1.3 if name.endswith("third") and "3 of" in name else None
            )
    for reads in ("3 of 20", "20 of 20"):
        result.compare(f"{reads}, escapes in a third", reads)
        result.compare(f"{reads}, escapes in all", reads, 1.25)
    result.compare("3 of 60", "3 of 20", 1.2)
    result.compare("f2, 3 of 60", "f2, 3 of 20")
    result.compare("3 of 60, 40 of them empty", "3 of 20", 1.2)
    result.compare("3 of 20, odd records", "3 of 20")
    result.compare("3 of 20, dropped", "3 of 20")
    read = [each.job_title for each in library.hydrate(escaped[:1], three)]
    sent = [each["values"]["job_title"] for each in json.loads(escaped[0])["data"]]
    result.require(
        "texts with escapes are read as they were sent",
        read == [title[0]["value"] if title else None for title in sent],
    )
    return result


def reread(*, reads: int = 200_000, rounds: int = ROUNDS) -> Result:
    """The second half of benchmark 2: reading what was read before."""
    library = Library()
    body = pages_of(1)[0]
    (contact,) = library.hydrate([body], reader(THREE))
    plain, filled, cached, answering = Plain(), Filled(), Cached(), Answering()

    def loop(body: str, each: Any) -> Callable[[], None]:
        # code of its own for each case, as the interpreter fits code to the objects it meets
        made: dict[str, Any] = {"each": each, "times": range(reads)}
        exec(f"def work(each=each):\n for _ in times: {body}", made)
        work: Callable[[], None] = made["work"]
        return work

    taken = interleaved(
        {
            "plain attribute": loop("each.job_title", plain),
            "plain attribute, of an object filled through `__dict__`": loop(
                "each.job_title", filled
            ),
            "the same, its class with `__getattr__`": loop("each.job_title", answering),
            "functools.cached_property": loop("each.job_title", cached),
            "attio_orm": loop("each.job_title", contact),
        },
        rounds,
        clock=time.process_time,
        units=reads,
    )
    result = Result(
        "reread", "Reading, in a loop, an attribute that was read before", "ns a turn of the loop"
    )
    result.add_all({name: seconds * 1e9 for name, seconds in taken.items()})
    result.compare("attio_orm", "plain attribute")
    result.compare("attio_orm", "plain attribute, of an object filled through `__dict__`")
    result.compare("attio_orm", "the same, its class with `__getattr__`")
    result.compare("attio_orm", "functools.cached_property")
    return result


def retain_10k(*, records: int = RECORDS, rounds: int = ROUNDS) -> Result:
    """Benchmark 3."""
    pages, library = pages_of(records), Library()
    three, twenty = reader(THREE), reader([each for each in ATTRIBUTES if each != "company"])
    nested = designs.nested_adapter()

    def kept(work: Callable[[], Any]) -> Callable[[], float]:
        def measured() -> float:
            trim()
            before = resident()
            held = work()
            trim()
            after = resident()
            del held
            return (after - before) / records

        return measured

    cases: dict[str, Callable[[], Any]] = {
        "attio_orm, 0 reads": lambda: library.hydrate(pages, None),
        "attio_orm, 3 reads": lambda: library.hydrate(pages, three),
        "attio_orm, 19 reads": lambda: library.hydrate(pages, twenty),
        "f2 structs": lambda: structs(pages, None),
        f"{designs.DECODER} dicts": lambda: [designs.loads(body) for body in pages],
        "nested pydantic": lambda: [nested.validate_json(body) for body in pages],
    }
    result = Result(
        "retain-10k",
        f"Memory that {records:,} kept records take, and what the garbage collector adds to the "
        f"time of making them",
        "bytes a record (then µs a record)",
    )
    result.add("JSON", sum(map(len, pages)) / records)
    result.peers = set(cases) - {name for name in cases if name.startswith("attio_orm")}
    kept_bytes = interleaved_forks({name: kept(work) for name, work in cases.items()}, rounds=1)
    result.add_all(kept_bytes)
    for name in cases:
        result.compare(name, "JSON", 1.25 if name == "attio_orm, 0 reads" else None)
    timings: dict[str, Callable[[], float]] = {}
    for reads, read in (("0", None), ("3", three)):

        def work(read: Read | None = read) -> list[Any]:
            return library.hydrate(pages, read)

        timings[f"{reads} reads, gc on"] = per_record(work)
        timings[f"{reads} reads, gc off"] = per_record(work, collecting=False)
    result.add_all(interleaved_forks(timings, rounds))
    result.compare("0 reads, gc on", "0 reads, gc off", 1.15)
    result.compare("3 reads, gc on", "3 reads, gc off")
    return result
