"""The steps of the tour: what is shown is the body of each function, and that is what runs.

The first line of a docstring is the step's title, the rest tells what happens. Lines of code stay
within 80 columns, so that terminals do not fold them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal

from attio_orm import Company, Connection, Deal, Maybe, Model, Person, connect
from attio_orm.attributes import Currency, Status, Text
from attio_orm.errors import AttioError, UniquenessConflictError
from attio_orm.signals import post_save


def look_around() -> Connection:
    """Connect, and look around.

    A sandbox is a whole Attio inside this process. This one is filled with a
    made-up CRM. Its schema is read the way it is read from the real Attio.
    """
    crm = connect("sandbox://?seed=crm")

    for slug in ("people", "companies", "deals"):
        found = crm.schema.fetch(slug)
        kinds = [f"{a.slug} ({a.type})" for a in found.attributes.values()]
        print(f"{found.plural} have {len(kinds)} attributes:")
        print(f"  {', '.join(kinds[1:3])}, ...")
    return crm


def ask(crm: Connection) -> None:
    """Ask for records, and what they refer to.

    Conditions reach through relations, and Attio does the filtering. includes()
    brings the related records of all results together, one batch a relation.
    """
    vps = (
        Person.objects.filter(job_title__contains="VP", company__name="Acme")
        .includes("company", "associated_deals")
        .order_by("name__last_name")
    )
    for person in vps:
        deals = ", ".join(deal.name or "" for deal in person.associated_deals)
        print(f"{person.name}, {person.job_title}. Deals: {deals or 'none'}")


def relate(crm: Connection) -> None:
    """Follow relations, without a request for each.

    Nothing is included here. The first company that is touched is loaded
    together with those of all 500 people; the loop never asks again.
    """
    people = Person.objects.order_by("-created_at")[:500]
    staff = Counter(p.company.name for p in people if p.company)
    print(f"{len(people)} people work at {len(staff)} companies. Most at:")
    for name, count in staff.most_common(3):
        print(f"{count:>4}  {name}")


def change(crm: Connection) -> None:
    """Change something, and save it.

    Only what changed is sent. Whatever anybody else did to the rest of the
    record meanwhile stays as it is.
    """
    ada = Person.objects.get(email_addresses="ada@lovelace.dev")
    ada.job_title = "Countess"
    print(ada.changes)
    ada.save()
    ada.save()  # nothing has changed since: nothing is sent


def react(crm: Connection) -> None:
    """Let others know.

    Signals tell the rest of a program what happens to records.
    """

    def ring_the_bell(sender: object, *, instance: Deal, **_: object) -> None:
        if instance.stage == "Won 🎉":
            print(f"Ring the bell: {instance.name}, {instance.value}!")

    post_save.connect(ring_the_bell, sender=Deal)

    deal = Deal.objects.filter(stage="In Progress").order_by("-value")[0]
    deal.stage = "Won 🎉"
    deal.save()


def await_(crm: Connection) -> None:
    """The same with async.

    Each method that talks to Attio has a twin that begins with "a".
    """

    async def main() -> None:
        ada, acme = await asyncio.gather(
            Person.objects.aget(email_addresses="ada@lovelace.dev"),
            Company.objects.aget(domains="acme.example.com"),
        )
        ada.company = acme
        await ada.asave()

        best = (
            Deal.objects.filter(stage="Won 🎉")
            .exclude(associated_company=None)
            .includes("associated_company")
            .order_by("-value")[:3]
        )
        async for deal in best:
            company = deal.associated_company
            print(f"{deal.value!s:>13} from {company and company.name}")

    asyncio.run(main())


def load(crm: Connection) -> None:
    """Objects of your own, hundreds at once.

    A class stands for an object. Records are created side by side, and one that
    cannot be made stops none of the others.
    """

    class Project(Model):
        name: Text
        budget: Currency
        stage: Status[Literal["Planned", "Live", "Done"]]
        client: Maybe[Company]

    if crm.sandbox:  # in the real Attio, its settings are the place for this
        crm.sandbox.define(Project)

    rows: list[Any] = [{"name": f"Engine {n}", "budget": n} for n in range(200)]
    rows[1]["client"] = Company.by(domains="acme.example.com")
    rows[13]["budget"] = "a fortune"
    report = Project.objects.bulk_create(rows)
    print(report)
    for item in report.failed:
        print(f"{item.row['name']}: {item.error}")


def mistake(crm: Connection) -> None:
    """Make mistakes.

    What cannot work is refused before it is sent, and the error says what would
    be right. What only Attio can know comes back as an error, and nothing is
    lost: fix it and save again.
    """
    mistakes = {"stage": "Won"}, {"valeu": 5}, {"value": "a lot"}
    for values in mistakes:
        try:
            Deal.objects.create(name="Engine 201", **values)
        except AttioError as error:
            print(f"{type(error).__name__}: {error}")

    ada = Person.objects.get(email_addresses="ada@lovelace.dev")
    cfos = Person.objects.filter(job_title="CFO").exclude(email_addresses=None)
    other = cfos[0]
    ada.email_addresses.append(other.email_addresses[0])
    try:
        ada.save()
    except UniquenessConflictError as error:
        print(f"{type(error).__name__}: {error}")
        print(f"It is the address of {error.existing()}.")
        print(f"Still to be saved: {ada.changes['email_addresses'].new}")


STEPS: tuple[Callable[[Connection], None], ...] = (
    ask, relate, change, react, await_, load, mistake,
)  # fmt: skip
