"""The routes of the page, and how they are rendered: escaped, without scripts, for reading only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router

from attio_sandbox.server.pages.content import PAGE, PageContent, Target
from attio_sandbox.server.pages.guard import may_look
from attio_sandbox.server.pages.secrets import Hide, hiding
from attio_sandbox.storage import WorkspaceFileError
from attio_sandbox.workspace import Workspace

_FOLDER = Path(__file__).parent / "templates"
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
MAX_SEARCH = 256
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
        pages = [
            Route("/objects/{slug}", self._page(_records)),
            Route("/objects/{slug}/attributes", self._page(partial(_attributes, target="objects"))),
            Route("/objects/{slug}/{record_id}", self._page(_record)),
            Route("/lists/{slug}", self._page(_entries)),
            Route("/lists/{slug}/attributes", self._page(partial(_attributes, target="lists"))),
            Route("/webhooks", self._page(_webhooks)),
            Route("/requests", self._page(_requests)),
            Route("/", self._page(_overview)),
        ]
        overview = self._page(_overview)
        # No redirects to a path with a slash, or without: they would name the host that a
        # request gives, before anybody has looked at who asks.
        inner = Router(pages, redirect_slashes=False)
        routes: list[BaseRoute] = [
            Route("/", overview),
            Route("/browse", overview),
            Route("/browse/page.css", _style),
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
        return self._render(
            **found, **self._frame(request, workspace), collections=content.collections()
        )

    def _frame(self, request: Request, workspace: Workspace) -> dict[str, Any]:
        """What all pages show: the workspace, where its pages are, and others to look at."""
        held = self._workspaces()
        base = "/browse" if held and workspace is held[0] else f"/browse/@{workspace.workspace_id}"
        return {
            "workspace": workspace,
            "base": Markup(base),
            "quoted": _quoted,
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


def _style(request: Request) -> Response:
    body = (_FOLDER / "page.css").read_bytes()
    return Response(body, 200, {"x-content-type-options": "nosniff"}, "text/css; charset=utf-8")


def _overview(content: PageContent, request: Request) -> dict[str, Any]:
    return {"template": "overview.html", "members": content.members(), "here": "overview"}


def _records(content: PageContent, request: Request) -> dict[str, Any]:
    slug = request.path_params["slug"]
    search = request.query_params.get("q", "").strip()[:MAX_SEARCH]
    number = _number(request)
    found = content.records(slug, search, number)
    return {
        "template": "records.html",
        "slug": slug,
        "search": search,
        "here": f"objects/{slug}",
        "paging": _paging(request.path_params, search, number, found),
        **found,
    }


def _entries(content: PageContent, request: Request) -> dict[str, Any]:
    slug = request.path_params["slug"]
    number = _number(request)
    found = content.entries(slug, number)
    paging = _paging(request.path_params, "", number, found)
    here = f"lists/{slug}"
    return {"template": "entries.html", "slug": slug, "here": here, "paging": paging, **found}


def _attributes(content: PageContent, request: Request, *, target: Target) -> dict[str, Any]:
    slug = request.path_params["slug"]
    return {
        "template": "attributes.html",
        "target": target,
        "slug": slug,
        "here": f"{target}/{slug}",
        "attributes": content.choices(target, slug),
    }


def _record(content: PageContent, request: Request) -> dict[str, Any]:
    slug, key = request.path_params["slug"], request.path_params["record_id"]
    record = content.record(slug, key)
    return {"template": "record.html", "slug": slug, "here": f"objects/{slug}", "record": record}


def _webhooks(content: PageContent, request: Request) -> dict[str, Any]:
    return {
        "template": "webhooks.html",
        "here": "webhooks",
        "webhooks": content.webhooks(),
        "deliveries": content.deliveries(),
    }


def _requests(content: PageContent, request: Request) -> dict[str, Any]:
    return {"template": "requests.html", "here": "requests", "requests": content.requests()}


def _number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return 1
    return max(int(text), 1)


def _paging(names: Any, search: str, number: int, found: dict[str, Any]) -> dict[str, Any]:
    def link(page: int) -> str:
        return "?" + urlencode({**({"q": search} if search else {}), "page": page})

    first = (number - 1) * PAGE + 1
    return {
        "number": number,
        "first": first,
        "last": first + len(found["rows"]) - 1,
        "before": link(number - 1) if number > 1 else None,
        "after": link(number + 1) if found["has_more"] else None,
    }
