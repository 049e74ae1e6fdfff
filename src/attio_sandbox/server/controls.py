"""The controls of a test-suite in any language, under `/__sandbox__/`: what the fixtures have."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from attio_sandbox.bodies import is_map, is_number, kind_of
from attio_sandbox.errors import Refusal, invalid
from attio_sandbox.requests import Reply, json_reply
from attio_sandbox.requests.replies import Recorded
from attio_sandbox.resources.access.tokens import given_token
from attio_sandbox.seed_files import Planted, SeedFile
from attio_sandbox.storage import SnapshotError
from attio_sandbox.workspace import Workspace

PREFIX = "/__sandbox__"
# A snapshot is larger than any body of Attio's.
SNAPSHOT_LIMIT = 256 * 2**20
# What a clock may be set to: dates that all of Attio's formats, and all clients, can hold.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_NOTHING = Reply(204, {}, b"")

Answer = Callable[[Workspace, bytes], Reply]


def is_control(path: str) -> bool:
    """Tell whether a path is one of the controls."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def is_restore(method: str, path: str) -> bool:
    """Tell whether a request brings a snapshot, which may be large."""
    return method == "PUT" and path == f"{PREFIX}/restore"


class Controls:
    """Answers the controls of the workspaces that are served.

    They are not requests of Attio's API: they are in no log, and meet no fault and no limit.
    """

    def __init__(self, workspaces: Callable[[], Sequence[Workspace]]) -> None:
        self._workspaces = workspaces

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answer one request, of the workspace whose token it carries."""
        try:
            return self._answer(method, path, headers, body)
        except Refusal as refusal:
            return json_reply(refusal.body(), refusal.status)
        except (SnapshotError, ValueError) as error:
            # What the workspace's own methods refuse, in their words.
            return json_reply(invalid(str(error)).body(), 400)

    def _answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        name = path.removeprefix(PREFIX).strip("/")
        methods = ["GET"] if name == "health" else list(_CONTROLS.get(name, ()))
        if not methods:
            raise Refusal(
                404, "not_found", f'There is no control "{path}". The sandbox has {_listed()}.'
            )
        allowed = {"allow": ", ".join([*methods, "OPTIONS"])}
        if method == "OPTIONS":
            return Reply(204, allowed, b"")
        verb = "GET" if method == "HEAD" else method
        if verb not in methods:
            refusal = Refusal(
                405, "not_found", f"{path} takes {' and '.join(methods)}, not {method}."
            )
            reply = json_reply(refusal.body(), 405)
            reply.headers.update(allowed)
            return reply
        if name == "health":  # before the token: it needs none
            return _healthy(self._workspaces())
        return _CONTROLS[name][verb](self._workspace(headers), body)

    def _workspace(self, headers: Mapping[str, str]) -> Workspace:
        given = (given_token(headers) or "").encode("utf-8", "replace")
        for workspace in self._workspaces():
            if hmac.compare_digest(workspace.token.encode(), given):
                return workspace
        raise Refusal(
            401,
            "unauthorized",
            "The controls of the sandbox take the token that the workspace was served with, as "
            '"Authorization: Bearer <token>". This one is missing or is another.',
            kind="auth_error",
        )


def _listed() -> str:
    known = [*_CONTROLS.items(), ("health", ("GET",))]
    return ", ".join(f"{' and '.join(verbs)} {PREFIX}/{name}" for name, verbs in known)


def _healthy(workspaces: Sequence[Workspace]) -> Reply:
    # That the server answers, and its databases; nothing of what they hold: everybody may ask.
    for workspace in workspaces:
        workspace.count("people")
    return _json({"status": "ok"})


def _reset(workspace: Workspace, body: bytes) -> Reply:
    _decode(body, ())
    workspace.reset()
    return _json({"token": workspace.token})


def _seed(workspace: Workspace, body: bytes) -> Reply:
    given = _decode(body, ("name", "define", "records", "entries"))
    if "name" in given:
        name = given["name"]
        if len(given) > 1 or name not in ("crm", "empty"):
            raise invalid(
                'A seed is {"name": "crm"}, {"name": "empty"}, or what to add: {"records": [...]} '
                'with "define" and "entries".'
            )
        workspace.seed(name)
        return _json({"records": []})
    if not given:
        raise invalid('A seed has a "name", or "records", "entries" or "define".')
    # The bytes, not what was decoded: problems are named by their line.
    planted = workspace.seed(SeedFile(body, "of the request"))
    return _json({"records": [_planted(each) for each in planted]})


def _planted(made: Planted) -> dict[str, Any]:
    kind, key = ("object", "record_id") if made.target == "objects" else ("list", "entry_id")
    return {kind: made.slug, "$id": made.name, key: made.id}


def _snapshot(workspace: Workspace, body: bytes) -> Reply:
    image = workspace.snapshot()
    headers = {"content-type": "application/octet-stream", "content-length": str(len(image))}
    return Reply(200, headers, image)


def _restore(workspace: Workspace, body: bytes) -> Reply:
    workspace.restore(body)
    return _NOTHING


def _add_fault(workspace: Workspace, body: bytes) -> Reply:
    given = _decode(body, ("fault", "times", "retry_after", "match", "seconds", "reply", "status"))
    _check_kinds(
        given,
        fault="whole number|text",
        times="whole number",
        retry_after="whole number|text",
        match="text",
        seconds="number",
        status="whole number",
    )
    if "reply" in given:
        wrong = [each for each in ("fault", "retry_after", "seconds") if each in given]
        if wrong:
            raise invalid(f'A "reply" is sent as it is: leave out {", ".join(map(repr, wrong))}.')
        workspace.faults.reply_next(given.pop("reply"), **given)
        return _NOTHING
    if "fault" not in given or "status" in given:
        raise invalid(
            'A fault is {"fault": 503}, or a name as "drop_before"; "reply" with a "status" is an '
            "answer of your own."
        )
    workspace.faults.fail_next(given.pop("fault"), **given)
    return _NOTHING


def _heal(workspace: Workspace, body: bytes) -> Reply:
    workspace.faults.heal()
    return _NOTHING


def _now(workspace: Workspace) -> Reply:
    return _json({"now": workspace.clock.now().isoformat().replace("+00:00", "Z")})


def _read_clock(workspace: Workspace, body: bytes) -> Reply:
    return _now(workspace)


def _set_clock(workspace: Workspace, body: bytes) -> Reply:
    given = _decode(body, ("now", "advance"))
    if len(given) != 1:
        raise invalid('The clock takes {"now": "2026-01-31T12:00:00Z"} or {"advance": 3600}.')
    _check_kinds(given, advance="number", now="text")
    if "now" in given:
        workspace.clock.set(_within(_moment(given["now"])))
        return _now(workspace)
    seconds = given["advance"]
    if seconds < 0:
        raise invalid(
            f'The clock advances by seconds from 0 on, not {seconds!r}. Set it back with "now".'
        )
    try:
        step = timedelta(seconds=seconds)
        _within(workspace.clock.now() + step)
    except OverflowError:
        raise _outside() from None
    workspace.clock.move(step)
    return _now(workspace)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid(
            f"{text[:60]!r} is not a moment: give it with its zone, as 2026-01-31T12:00:00Z."
        )
    return moment


def _within(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise _outside()
    return moment


def _outside() -> Refusal:
    return invalid("The clock of the sandbox goes from the year 1970 to the year 2999.")


def _read_requests(workspace: Workspace, body: bytes) -> Reply:
    return _json({"requests": [_recorded(each) for each in list(workspace.requests)]})


def _recorded(request: Recorded) -> dict[str, Any]:
    return {
        "method": request.method,
        "path": request.path,
        "params": dict(request.params),
        "json": request.json,
        "status": request.status,
        "at": None if request.at is None else request.at.isoformat().replace("+00:00", "Z"),
    }


def _forget_requests(workspace: Workspace, body: bytes) -> Reply:
    workspace.requests.clear()
    return _NOTHING


def _decode(body: bytes, known: Sequence[str]) -> dict[str, Any]:
    """Give the members of a body, which may be empty; raises the 400 of one that is not known."""
    try:
        found: Any = msgspec.json.decode(body) if body.strip() else {}
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise invalid(f"The body is not valid JSON: {error}") from error
    if not is_map(found):
        raise invalid(f"The body is an object, not {kind_of(found)}.")
    for name in found:
        if name not in known:
            takes = ", ".join(map(repr, known)) or "no members"
            raise invalid(f"{name!r} is not known here: the body takes {takes}.")
    # What is null is as good as left out, but the answer that is to be given.
    return {name: each for name, each in found.items() if each is not None or name == "reply"}


def _check_kinds(given: Mapping[str, Any], **kinds: str) -> None:
    """Raise the 400 of a member that is of none of its kinds, as "text" or "text|number"."""
    for name, wanted in kinds.items():
        if name in given and not any(_KINDS[kind](given[name]) for kind in wanted.split("|")):
            names = wanted.replace("|", " or a ")
            raise invalid(f"{name!r} is a {names}, and this is of the kind {kind_of(given[name])}.")


_KINDS: dict[str, Callable[[Any], bool]] = {
    "whole number": lambda found: is_number(found) and isinstance(found, int),
    "number": is_number,
    "text": lambda found: isinstance(found, str),
}


def _json(found: Any) -> Reply:
    return json_reply(msgspec.json.encode(found))


_CONTROLS: dict[str, dict[str, Answer]] = {
    "reset": {"POST": _reset},
    "seed": {"POST": _seed},
    "snapshot": {"GET": _snapshot},
    "restore": {"PUT": _restore},
    "faults": {"POST": _add_fault, "DELETE": _heal},
    "clock": {"GET": _read_clock, "POST": _set_clock},
    "requests": {"GET": _read_requests, "DELETE": _forget_requests},
}
