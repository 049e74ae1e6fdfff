"""Benchmarks 1 to 3: from the bytes of pages to objects of the identity map; reads; memory."""

from __future__ import annotations

import gc
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
    resident,
    trim,
)
from tests.benchmarks.pages import ATTRIBUTES, PAGE, People

RECORDS = 10_000
ROUNDS = 7
# no relation among the three: it gives an object, which costs what it takes to find that
THREE = ("name", "email_addresses", "job_title")
RELATED = ("name", "email_addresses", "company")

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
def pages_of(records: int) -> list[bytes]:
    """Pages of so many people; made in another process, so that this one's memory stays clean."""
    page = min(PAGE, records)

    def make() -> list[bytes]:
        maker = People()
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
    pages, library = pages_of(records), Library()
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
        f"({', '.join(THREE)})",
        "µs a record",
    )
    result.add_all(taken)
    result.compare(mine, floor, 1.3)
    result.compare(mine, peer, 0.3)
    result.compare(relation, peer)
    return result


def hydrate_20(*, records: int = RECORDS, rounds: int = ROUNDS) -> Result:
    """Benchmark 2."""
    pages, library = pages_of(records), Library()
    twenty = reader(ATTRIBUTES)
    session = library.session_with_companies()
    mine, flat_case = "attio_orm, 20 reads", f"{designs.DECODER} + flat pydantic, 20 reads"
    cases = {
        "f2 structs, 20 reads": lambda: structs(pages, designs.structs_reader(ATTRIBUTES)),
        flat_case: lambda: flat(pages, twenty),
        mine: lambda: library.hydrate_in(session, pages, twenty),
    }
    made: dict[str, peers.Hydrate | None] = {
        name: make(pages, twenty) for name, make in peers.HYDRATING.items()
    }
    cases.update({name: work for name, work in made.items() if work is not None})
    taken = interleaved_forks({name: per_record(work) for name, work in cases.items()}, rounds)
    result = Result(
        "hydrate-20",
        f"{records:,} records of 20 attributes from their own wire format (the databases: SQLite "
        f"in memory) to objects, all kept, all attributes read",
        "µs a record",
    )
    result.add_all({**dict.fromkeys(made), **taken})
    result.compare(mine, "pyairtable, 20 reads", 0.95)
    for name in [*peers.HYDRATING, "f2 structs, 20 reads", flat_case]:
        if name != "pyairtable, 20 reads":
            result.compare(mine, name)
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
    result.compare("attio_orm", "plain attribute", 1.1)
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
    result.add_all({name: forked(kept(work)) for name, work in cases.items()})
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
