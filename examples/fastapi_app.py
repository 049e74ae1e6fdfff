"""A FastAPI service over Attio: one connection for the app, one session for each request.

    python examples/fastapi_app.py     # asks itself a few questions, and ends
    uvicorn fastapi_app:app            # in this folder, with uvicorn installed: serves

Runs on a sandbox. With ATTIO_API_KEY set, ``aconnect()`` alone is your own Attio.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import httpx
from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from attio_orm import Company, Deal, DoesNotExist, Person, ValidationError, aconnect, asearch
from attio_orm.web import AttioMiddleware


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with aconnect("sandbox://?seed=crm"):  # the default connection while the app runs
        yield


app = FastAPI(title="Who is who", lifespan=lifespan)
app.add_middleware(AttioMiddleware, ttl=5)


@app.exception_handler(DoesNotExist)
async def not_found(request: Request, error: DoesNotExist) -> JSONResponse:
    return JSONResponse({"detail": "There is no such record."}, status_code=404)


@app.exception_handler(ValidationError)
async def invalid(request: Request, error: ValidationError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=422)


class Change(BaseModel):
    """What a client may change; everything else stays as it is."""

    job_title: str


@app.get("/people/{email}")
async def read_person(email: str) -> Person:  # a model is a response model
    return await Person.objects.aget(email_addresses=email)


@app.patch("/people/{email}")
async def change_person(email: str, change: Change) -> Person:
    person = await Person.objects.aget(email_addresses=email)
    person.job_title = change.job_title
    await person.asave()
    return person


@app.get("/companies/{domain}/team")
async def read_team(domain: str) -> list[dict[str, Any]]:
    company = await Company.objects.includes("team").aget(domains=domain)
    return [{"name": str(each.name), "title": each.job_title} for each in company.team]


@app.get("/search")
async def find(text: Annotated[str, Query(min_length=2)]) -> list[dict[str, str]]:
    found = await asearch(text, Person, Company, limit=5)
    return [{"kind": type(each).__name__, "name": str(each.name)} for each in found]


@app.get("/deals/{deal_id}")
def read_deal(deal_id: str) -> dict[str, Any]:
    """A plain function: FastAPI runs it in a thread, which works in the session of its request."""
    deal = Deal.objects.get(id=deal_id)
    if deal.associated_company is None:  # loaded here, at the first touch
        raise HTTPException(404, "The deal has no company.")
    return {"deal": deal.name, "company": deal.associated_company.name}


@app.get("/deals.csv")
async def export_deals() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "name,stage,value\n"
        async for deal in Deal.objects.iterator():  # page by page, none of them kept
            value = deal.value.amount if deal.value else ""
            yield f'"{deal.name}",{deal.stage},{value}\n'

    return StreamingResponse(lines(), media_type="text/csv")


async def ask() -> None:
    """What a client would send. A server calls the app in the same way, and its lifespan too."""
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        ada = "/people/ada@lovelace.dev"
        print("Ada is", (await client.get(ada)).json()["job_title"])
        changed = await client.patch(ada, json={"job_title": "Countess"})
        print("Ada is", changed.json()["job_title"])
        print("Nobody is", (await client.get("/people/nobody@lovelace.dev")).status_code)

        # Many at once: each request has objects of its own.
        domains = ["acme.example.com", "lovelace.dev"]
        teams = await asyncio.gather(*(client.get(f"/companies/{each}/team") for each in domains))
        for domain, team in zip(domains, teams, strict=True):
            print(f"{domain} has {len(team.json())} people.")

        found = (await client.get("/search", params={"text": "lovelace"})).json()
        print("Found", ", ".join(f"{each['kind']} {each['name']}" for each in found))
        print("Deals:", len((await client.get("/deals.csv")).text.splitlines()) - 1)
        deal = await Deal.objects.exclude(associated_company=None).afirst()
        assert deal is not None
        print("A deal with", (await client.get(f"/deals/{deal.id}")).json()["company"])


if __name__ == "__main__":
    asyncio.run(ask())
