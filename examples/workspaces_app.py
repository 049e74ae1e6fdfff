"""One app, many workspaces: log-in with OAuth, a token store, a connection for each workspace.

    python examples/workspaces_app.py     # two companies log in, and each sees its own people

Needs ``pip install "attio-orm[oauth,server]" fastapi``. Runs on two sandboxes that one server
serves. With ATTIO_CLIENT_ID, ATTIO_CLIENT_SECRET, ATTIO_REDIRECT_URI and TOKENS_KEY set,
``uvicorn workspaces_app:app`` in this folder serves your own app of build.attio.com.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from cryptography.fernet import Fernet
from fastapi import Cookie, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse

from attio_orm import Connection, ForbiddenError, Person, ValidationError, aconnect
from attio_orm.oauth import FileTokens, OAuthApp, TokenStore
from attio_sandbox import Workspace
from attio_sandbox.server import Server

PUBLIC = "https://app.example.com"
SCOPES = ["record_permission:read-write", "object_configuration:read"]


class Workspaces:
    """A connection for each workspace, made when it is first needed, and kept for all requests."""

    def __init__(self, store: TokenStore, url: str | None) -> None:
        self._store = store
        self._url = url
        self._made: dict[str, Connection] = {}
        self._lock = asyncio.Lock()

    async def connection(self, workspace_id: str) -> Connection:
        async with self._lock:
            if workspace_id not in self._made:
                # the store is asked for each request: a token that is replaced there is used
                provider = self._store.provider(workspace_id)
                made = await aconnect(self._url, api_key=provider, on_drift="ignore")
                await made.awhoami()  # from now on its scopes are known
                self._made[workspace_id] = made
            return self._made[workspace_id]

    async def aclose(self) -> None:
        for each in self._made.values():
            await each.aclose()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    state = app.state
    state.visits = {}  # which workspace a browser is logged in to; yours is a table
    with TemporaryDirectory() as folder:
        if "ATTIO_CLIENT_ID" in os.environ:
            state.oauth, url, server = OAuthApp(), None, None
            state.store = FileTokens("tokens.db", os.environ["TOKENS_KEY"])
        else:
            server, url = open_sandboxes(state), state.oauth.url
            state.store = FileTokens(Path(folder) / "tokens.db", Fernet.generate_key())
        state.workspaces = Workspaces(state.store, url)
        try:
            yield
        finally:
            await state.workspaces.aclose()
            if server is not None:
                server.stop()
                for each in state.sandboxes.values():
                    each.close()


app = FastAPI(title="Many workspaces", lifespan=lifespan)


@app.exception_handler(ValidationError)  # a state that does not match is one as well
async def invalid(request: Request, error: ValidationError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, status_code=422)


@app.exception_handler(ForbiddenError)
async def forbidden(request: Request, error: ForbiddenError) -> JSONResponse:
    return JSONResponse({"lacks": sorted(error.missing_scopes)}, status_code=403)


@app.get("/login")
async def login(request: Request) -> RedirectResponse:
    begun = request.app.state.oauth.authorization_url()
    answer = RedirectResponse(begun.url)
    answer.set_cookie("login", begun.state, max_age=600, secure=True, httponly=True)
    return answer


@app.get("/callback")
async def callback(request: Request, login: Annotated[str, Cookie()] = "") -> RedirectResponse:
    state = request.app.state
    token = await state.oauth.afrom_callback(str(request.url), expected_state=login)
    identity = await token.aintrospect()
    if identity.workspace_id is None:
        raise HTTPException(502, "Attio did not say which workspace it is.")
    await asyncio.to_thread(state.store.put, identity.workspace_id, token)
    visit = secrets.token_urlsafe()
    state.visits[visit] = identity.workspace_id
    answer = RedirectResponse("/people", status_code=303)
    answer.delete_cookie("login")
    answer.set_cookie("visit", visit, secure=True, httponly=True)
    return answer


async def workspace(
    request: Request, visit: Annotated[str, Cookie()] = ""
) -> AsyncGenerator[Connection]:
    """The connection of whoever is logged in; the current one while their request lasts."""
    state = request.app.state
    workspace_id = state.visits.get(visit)
    if workspace_id is None:
        raise HTTPException(401, "Log in first: /login")
    connection = await state.workspaces.connection(workspace_id)
    with connection.active(), connection.session():
        yield connection


InWorkspace = Annotated[Connection, Depends(workspace)]


@app.get("/people")
async def people(connection: InWorkspace) -> list[str]:
    return [str(each.name) async for each in Person.objects.order_by("name")]


@app.post("/people")
async def add_person(connection: InWorkspace, name: str) -> dict[str, Any]:
    person = await Person.objects.acreate(name=name)
    return {"name": str(person.name)}


@app.delete("/notes/{note_id}")
async def delete_note(connection: InWorkspace, note_id: str) -> None:
    await connection.api.notes.adelete(note_id)


def open_sandboxes(state: Any) -> Server:
    """Two companies' Attio, behind one address, with the app in both of them."""
    state.sandboxes = {"Acme": Workspace(), "Globex": Workspace()}
    first, second = state.sandboxes.values()
    client_id, secret = first.add_app([f"{PUBLIC}/callback"], SCOPES)
    second.add_app([f"{PUBLIC}/callback"], SCOPES, credentials=(client_id, secret))
    server = Server(first, second).start()
    state.oauth = OAuthApp(client_id, secret, f"{PUBLIC}/callback", url=server.url)
    return server


async def ask() -> None:
    """What two members' browsers would do, each of another company."""

    def browser() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC)

    def agree(sandbox: Workspace, url: str) -> str:
        """Choose a workspace on Attio's page, and let the app in."""
        params = dict(parse_qsl(urlsplit(url).query))
        return sandbox.handle("GET", "/authorize", params=params).headers["location"]

    async with app.router.lifespan_context(app), browser() as acme, browser() as globex:
        print("Nobody is", (await acme.get("/people")).status_code)
        for client, name in ((acme, "Acme"), (globex, "Globex")):
            sandbox = app.state.sandboxes[name]
            begun = await client.get("/login")
            back = agree(sandbox, begun.headers["location"])
            print(name, "logs in:", (await client.get(back)).status_code)
            print(name, "twice:", (await client.get(back)).status_code)  # its state is gone
            for number in range(2):
                await client.post("/people", params={"name": f"{name} {number}"})
        for client, name in ((acme, "Acme"), (globex, "Globex")):
            print(name, "sees", ", ".join((await client.get("/people")).json()))
        print("Notes:", (await acme.delete("/notes/1")).json())


if __name__ == "__main__":
    asyncio.run(ask())
