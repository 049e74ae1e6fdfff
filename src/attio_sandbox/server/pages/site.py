"""The routes of the page, and how they are rendered: escaped, one script of ours, read-only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from attio_sandbox.server.pages.content import KINDS, PageContent, Target
from attio_sandbox.server.pages.guard import may_look
from attio_sandbox.server.pages.queries import MAX_SEARCH, TableQuery
from attio_sandbox.server.pages.records import RecordContent
from attio_sandbox.server.pages.secrets import Hide, hiding
from attio_sandbox.server.pages.tables import Tables
from attio_sandbox.server.pages.traffic import TOKEN_VARIABLE, News, Traffic
from attio_sandbox.storage import WorkspaceFileError
from attio_sandbox.workspace import Workspace

_FOLDER = Path(__file__).parent / "templates"
_HEADERS = {
    # One style sheet and one script, both files of ours: nothing in a page can run or load.
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_HIDE: ContextVar[Hide] = ContextVar("_HIDE", default=str)  # of the page that is being made


class Site:
    """An ASGI app with the pages of some workspaces; `workspaces` gives those of the moment."""

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]]) -> None:
        """Prepare the templates and routes."""
        self._workspaces = workspaces
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=_without_secrets,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        pages: list[BaseRoute] = []
        for target, kind in KINDS.items():
            path = f"/{target}/{{slug}}"
            pages += [
                Route(path, self._page(partial(_table, target=target))),
                Route(f"{path}/board", self._page(partial(_board, target=target))),
                Route(f"{path}/attributes", self._page(partial(_attributes, target=target))),
            ]
            if not kind.has_parents:
                record = self._page(partial(_record, target=target))
                pages.append(Route(f"{path}/{{record_id}}", record))
        pages += [
            Route("/search", self._page(_search)),
            Route("/webhooks", self._page(_webhooks)),
            Route("/webhooks/news", self._page(partial(_webhooks, is_news=True))),
            Route("/requests", self._page(_requests)),
            Route("/requests/news", self._page(partial(_requests, is_news=True))),
            Route("/", self._page(_overview)),
        ]
        overview = self._page(_overview)
        # No redirects to a path with a slash, or without: they would name the host that a
        # request gives, before anybody has looked at who asks.
        inner = Router(pages, redirect_slashes=False)
        routes: list[BaseRoute] = [
            Route("/", overview),
            Route("/browse", overview),
            Route("/browse/page.css", partial(_file, "page.css", "text/css")),
            Route("/browse/page.js", partial(_file, "page.js", "text/javascript")),
            Route("/browse/@{workspace}", overview),
            Mount("/browse/@{workspace}", inner),
            Mount("/browse", inner),
        ]
        self.app = Starlette(routes=routes, exception_handlers={404: self._missing})
        self.app.router.redirect_slashes = False

    def _page(self, read: Callable[[PageContent, Request], dict[str, Any]]) -> Any:
        async def answer(request: Request) -> Response:
            workspace = self._find(request.path_params.get("workspace"))
            if workspace is None:
                return self._missing(request)
            if not may_look(request, workspace):
                return self._locked()
            try:
                return await run_in_threadpool(self._shown, read, request, workspace)
            except WorkspaceFileError as error:
                return Response(f"{error}\n", 503, _HEADERS, "text/plain; charset=utf-8")

        return answer

    def _shown(
        self,
        read: Callable[[PageContent, Request], dict[str, Any]],
        request: Request,
        workspace: Workspace,
    ) -> Response:
        hide = hiding(chain.from_iterable(each.access.secrets() for each in self._workspaces()))
        _HIDE.set(hide)
        content = PageContent(workspace, hide)
        try:
            found = read(content, request)
        except ValueError as error:  # what the API answers with a 404
            found = {"template": "missing.html", "status": 404, "reason": str(error), "here": ""}
        frame = self._frame(request, workspace)
        if found.pop("is_news", False):
            return self._render(**found, **frame)
        return self._render(**found, **frame, collections=content.collections())

    def _frame(self, request: Request, workspace: Workspace) -> dict[str, Any]:
        """What all pages show: the workspace, where its pages are, and others to look at."""
        held = self._workspaces()
        base = "/browse" if held and workspace is held[0] else f"/browse/@{workspace.workspace_id}"
        return {
            "workspace": workspace,
            "base": Markup(base),
            "quoted": _quoted,
            "kinds": KINDS,
            "token_variable": TOKEN_VARIABLE,
            "origin": _origin(request),
            "others": [each for each in held if each is not workspace and may_look(request, each)],
        }

    def _find(self, key: str | None) -> Workspace | None:
        held = self._workspaces()
        if key is None:
            return held[0] if held else None
        return next((each for each in held if each.workspace_id == key), None)

    def _render(self, template: str, status: int = 200, **values: Any) -> Response:
        text = self._templates.get_template(template).render(**values)
        # A lone surrogate cannot be sent; it is shown as a question mark.
        body = text.encode("utf-8", "replace")
        return Response(body, status, _HEADERS, "text/html; charset=utf-8")

    def _missing(self, request: Request, error: Exception | None = None) -> Response:
        body = (
            b"<!doctype html><title>Not found</title><p>There is no such page. <a href=/>Home</a>"
        )
        return Response(body, 404, _HEADERS, "text/html; charset=utf-8")

    def _locked(self) -> Response:
        headers = {**_HEADERS, "www-authenticate": 'Basic realm="Attio sandbox", charset="UTF-8"'}
        said = "This page needs the access token of the workspace, as user name or as password.\n"
        return Response(said, 401, headers, "text/plain; charset=utf-8")


def _without_secrets(value: Any) -> Any:
    """What a template shows of a value; markup is of the templates, or a part of a link."""
    return _HIDE.get()(value) if type(value) is str else value


def _quoted(text: str) -> Markup:
    return Markup(quote(text, safe=""))


def _origin(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _file(name: str, kind: str, request: Request) -> Response:
    # Asked for anew each time: after an upgrade an old script would meet new pages.
    headers = {"x-content-type-options": "nosniff", "cache-control": "no-cache"}
    return Response((_FOLDER / name).read_bytes(), 200, headers, f"{kind}; charset=utf-8")


def _overview(content: PageContent, request: Request) -> dict[str, Any]:
    held = sum(each["count"] for each in content.collections()["objects"])
    return {
        "template": "overview.html",
        "members": content.members(),
        "here": "overview",
        "is_empty": held == 0,
    }


def _table(content: PageContent, request: Request, *, target: Target) -> dict[str, Any]:
    slug = request.path_params["slug"]
    query = TableQuery.read(request.query_params.multi_items())
    found = Tables(content, target, slug, query).table()
    return {"template": "table.html", "here": f"{target}/{slug}", **found}


def _board(content: PageContent, request: Request, *, target: Target) -> dict[str, Any]:
    slug = request.path_params["slug"]
    query = TableQuery.read(request.query_params.multi_items())
    tables = Tables(content, target, slug, query)
    group = request.query_params.get("group", "")
    if not group:
        group = tables.lanes[0]["api_slug"] if tables.lanes else "status"
    return {"template": "board.html", "here": f"{target}/{slug}", **tables.board(group)}


def _attributes(content: PageContent, request: Request, *, target: Target) -> dict[str, Any]:
    slug = request.path_params["slug"]
    return {
        "template": "attributes.html",
        "kind": KINDS[target],
        "target": target,
        "slug": slug,
        "title": content.name(target, slug),
        "here": f"{target}/{slug}",
        "attributes": content.choices(target, slug),
        "boards": Tables(content, target, slug, TableQuery()).lanes,
    }


def _record(content: PageContent, request: Request, *, target: Target) -> dict[str, Any]:
    slug, key = request.path_params["slug"], request.path_params["record_id"]
    return {
        "template": "record.html",
        "target": target,
        "slug": slug,
        "here": f"{target}/{slug}",
        "title": content.name(target, slug),
        "record": RecordContent(content, target, slug, key).shown(),
    }


def _search(content: PageContent, request: Request) -> dict[str, Any]:
    text = request.query_params.get("q", "").strip()[:MAX_SEARCH]
    try:
        found = content.search(text)
    except ValueError:  # what Attio takes in no text, as a null character, is in none either
        found = []
    return {"template": "search.html", "here": "search", "text": text, "found": found}


def _webhooks(content: PageContent, request: Request, *, is_news: bool = False) -> dict[str, Any]:
    traffic = Traffic(content, _origin(request))
    news = traffic.deliveries(request.query_params.get("after", "") if is_news else "")
    if is_news:
        return _news("deliveries", news)
    return {
        "template": "webhooks.html",
        "here": "webhooks",
        "webhooks": traffic.webhooks(),
        "news": news,
    }


def _requests(content: PageContent, request: Request, *, is_news: bool = False) -> dict[str, Any]:
    traffic = Traffic(content, _origin(request))
    news = traffic.requests(request.query_params.get("after", "") if is_news else "")
    if is_news:
        return _news("requests", news)
    return {"template": "requests.html", "here": "requests", "news": news}


def _news(what: str, news: News) -> dict[str, Any]:
    return {"template": "news.html", "is_news": True, "what": what, "news": news}
