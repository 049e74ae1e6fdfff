"""Read, change, create, delete: the whole of it in one page.

    python examples/quickstart.py

Runs on a sandbox. With ATTIO_API_KEY set, ``connect()`` alone is your own Attio.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from attio_orm import Company, Deal, Maybe, Model, Person, Q, UniquenessConflictError, connect
from attio_orm.attributes import Currency, Date, Status, Text
from attio_orm.values import EmailAddress


class Project(Model):
    """An object of our own. People, companies and deals come with the package."""

    name: Text
    budget: Currency
    stage: Status[Literal["Planned", "Live", "Done"]]
    starts_on: Date = Date("start_date")  # the Python name may differ from Attio's
    client: Maybe[Company]


def main() -> None:
    # on_drift: Project is about to be made, so it may be missing here
    with connect("sandbox://?seed=crm", on_drift="ignore") as connection:
        if connection.sandbox is not None:
            connection.sandbox.define(Project)
        read()
        write()
        own_objects()


def read() -> None:
    acme = Company.objects.get(domains="acme.example.com")
    print(f"{acme.name} has {Person.objects.filter(company=acme).count()} people.")

    # Conditions go to Attio; what the loop touches comes along in one batch a relation.
    leaders = Person.objects.filter(
        Q(job_title__startswith="VP") | Q(job_title__startswith="Head"),
        company__name__in=["Acme", "Analytical Engines"],
    ).includes("company")
    for person in leaders.order_by("job_title"):
        print(f"  {person.job_title}: {person.name}")

    # On the class, attributes are typed expressions: the same query, checked by your editor.
    big = Deal.objects.filter((Deal.value >= 100_000) & (Deal.stage == "Won 🎉"))
    for deal in big.order_by("-value")[:3]:
        print(f"  {deal.value}: {deal.name}")


def write() -> None:
    ada = Person.objects.get(email_addresses="ada@lovelace.dev")
    ada.job_title = "Countess"
    ada.email_addresses.append(EmailAddress("ada@countess.example.com"))
    print(f"Changed: {', '.join(ada.changes)}")
    ada.save()  # one request, with these two alone
    titles = [each.value for each in ada.history("job_title")]
    print(f"{ada.name} was {' then '.join(titles)}.")

    charles = Person.objects.create(
        name="Babbage, Charles", email_addresses=["charles@lovelace.dev"], company=ada.company
    )
    try:
        Person.objects.create(name="Chuck", email_addresses=["charles@lovelace.dev"])
    except UniquenessConflictError as error:
        print(f"The address belongs to {error.existing()}.")
    charles.delete()
    print(f"Is he still there? {Person.objects.filter(id=charles.id).exists()}")


def own_objects() -> None:
    report = Project.objects.bulk_create(
        {
            "name": f"Difference engine no. {number}",
            "budget": 17_000 * number,
            "stage": "Planned",
            "starts_on": date(1822, 6, number),
            "client": Company.by(domains="acme.example.com"),
        }
        for number in range(1, 21)
    )
    report.raise_for_errors()
    live = Project.objects.filter(budget__gte=300_000).update(stage="Live")
    print(f"{report.counts['created']} projects, {live} of them live.")


if __name__ == "__main__":
    main()
