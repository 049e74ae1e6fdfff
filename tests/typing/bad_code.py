"""User code that must be refused: every line that ends in ``# error`` fails under both checkers."""

from __future__ import annotations

from user_code import Colleague, Company, Deal, Fellow, Hiring, Person, Remark, connection

from attio_orm import search, through

deal = Deal.objects.get()
search("ada")  # error
search("ada", Person, limit="5")  # error
search("ada", Person, str)  # error
deal.stage = "Wonn"  # error
deal.label = 3  # error
deal.value = "ten"  # error
deal.company = None  # error
Person.objects.filter(True)  # error
Person.company.nmae  # error
Person.nmae  # error
Person.all()  # error
Person.objects.view(3)  # error
through(Remark.subject, Company).nmae  # error
through(Remark.subject, 3)  # error
Person.company.team.job_titel  # error
Person.objects.get().company.name  # error
Person.objects.get().job_title.upper()  # error
Person.job_title > 3  # error
Person.score.contains("x")  # error
Person.score.in_year(2026)  # error
Deal.stage.active_from > 5  # error
Person.name.first_nmae  # error
Deal.stage.in_(["Wonn"])  # error
Person.objects.order_by(3)  # error
Company.objects.includes(3)  # error
Person.objects.get().email_addresses = "ada@lovelace.dev"  # error
Person.objects.get().email_addresses.append(3)  # error
Person.objects.get().last_call = "yesterday"  # error
Person.objects.get().save(on_conflict="maybe")  # error
for person in Person.objects:  # error
    pass
with connection.concurrent() as batch:
    batch.submit(Person.objects.get().save, on_conflict="maybe")  # error
    batch.submit(Person.objects.get().save())  # error
Hiring.objects.get().level = "high"  # error
Hiring.objects.get().parent = Company.objects.get()  # error
Hiring.parent.domains  # error
Company.objects.get().entries.of(Person)  # error
Company.objects.get().model_dump(include=3)  # error
Colleague.objects.cheifs()  # error
Fellow.objects.filter(job_title="CEO").seniro()  # error
Fellow.objects.get().objects  # error
Company.objects.get().id.nmae  # error
for part in Company.objects.get():  # error
    pass
Company.model_json_schema(mode="python")  # error
Company.objects.get().model_dump_json(indent="2")  # error
