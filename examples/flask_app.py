"""A Flask app over Attio: one connection for the process, one session for each request.

    python examples/flask_app.py                    # asks itself a few questions, and ends
    flask --app examples/flask_app:create_app run   # serves

Runs on a sandbox. With ATTIO_API_KEY set, ``connect()`` alone is your own Attio.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Flask, Response, request

from attio_orm import Company, Deal, DoesNotExist, Person, ValidationError, connect
from attio_orm.web import AttioWSGIMiddleware

CHANGEABLE = {"job_title", "email_addresses"}


def create_app() -> Flask:
    connection = connect("sandbox://?seed=crm")
    app = Flask(__name__)
    app.wsgi_app = AttioWSGIMiddleware(  # type: ignore[method-assign]
        app.wsgi_app, connection=connection, ttl=5
    )

    @app.errorhandler(DoesNotExist)
    def not_found(error: DoesNotExist) -> tuple[dict[str, str], int]:
        return {"error": "There is no such record."}, 404

    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> tuple[dict[str, str], int]:
        return {"error": str(error)}, 422

    @app.get("/people/<email>")
    def read_person(email: str) -> dict[str, Any]:
        person = Person.objects.includes("company").get(email_addresses=email)
        company = person.company.name if person.company else None
        return {"name": str(person.name), "title": person.job_title, "company": company}

    @app.patch("/people/<email>")
    def change_person(email: str) -> dict[str, Any]:
        person = Person.objects.get(email_addresses=email)
        for name, value in request.get_json().items():
            if name in CHANGEABLE:
                person[name] = value
        person.save()  # one request, with what really changed
        return person.model_dump(mode="json")

    @app.get("/companies/<domain>/team")
    def read_team(domain: str) -> list[str]:
        company = Company.objects.get(domains=domain)
        return [str(each.name) for each in company.team]

    @app.get("/deals.csv")
    def export_deals() -> Response:
        def lines() -> Iterator[str]:  # written while it is sent, in the session of the request
            yield "name,stage,company\n"
            for deal in Deal.objects.includes("associated_company").iterator():
                company = deal.associated_company.name if deal.associated_company else ""
                yield f'"{deal.name}",{deal.stage},"{company}"\n'

        return Response(lines(), mimetype="text/csv")

    return app


def main() -> None:
    client = create_app().test_client()
    ada = "/people/ada@lovelace.dev"
    print("Ada:", client.get(ada).get_json())
    print("Now a", client.patch(ada, json={"job_title": "Countess"}).get_json()["job_title"])
    refused = client.patch(ada, json={"email_addresses": ["not an address"]})
    print(refused.status_code, refused.get_json()["error"])
    print("Nobody:", client.get("/people/nobody@lovelace.dev").status_code)
    print("Acme has", len(client.get("/companies/acme.example.com/team").get_json()), "people.")
    with client.get("/deals.csv") as answer:
        print("Deals:", len(answer.get_data(as_text=True).splitlines()) - 1)


if __name__ == "__main__":
    main()
