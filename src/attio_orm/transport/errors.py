"""The checks of answers: what is not plainly good is empty, unreadable, or one of Attio's errors.

See https://docs.attio.com/rest-api/guides/rate-limiting and the error responses of each endpoint.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import msgspec

from attio_orm.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    OutcomeUnknownError,
    QueryTooComplexError,
    RateLimitError,
    ServerError,
    UniquenessConflictError,
    WriteConflictError,
)
from attio_orm.guards import is_mapping
from attio_orm.transport import problems
from attio_orm.transport.decoding import AnotherAnswer, decode_json
from attio_orm.transport.exchange import Exchange
from attio_orm.transport.requests import Request, WireResponse
from attio_orm.transport.tokens import Token
from attio_orm.transport.urls import host_of

BY_STATUS: Mapping[int, type[APIError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    413: InvalidRequestError,
    422: BadRequestError,
    429: RateLimitError,
}

HINTS_BY_CODE: Mapping[str, str] = {
    "validation_type": "Correct what is named here; the request was not carried out.",
    "value_not_found": (
        "Check the spelling of the attribute, option, status or reference; options and statuses "
        "are made in Attio's settings or through connection.schema."
    ),
    "missing_value": "Give a value for each required attribute.",
    "immutable_value": "This value cannot change after creation; make a new record or entry.",
    "filter_error": "Correct the filter or the sort; explain() shows what is sent.",
    "unknown_filter_attribute_slug": (
        "Check the attribute's slug; connection.schema lists those of the workspace."
    ),
    "uniqueness_conflict": (
        "Use another value, change the record that has it, or use upsert() to update that record."
    ),
    "multiple_match_results": "Match by an attribute that is unique, or merge the duplicates.",
    "matching_attribute_definition_not_unique": (
        "Match by an attribute that is unique in the workspace, such as domains or email_addresses."
    ),
    "system_edit_unauthorized": "What belongs to Attio's system cannot be changed in the API.",
    "formula_edit_unauthorized": "Attio computes this attribute; write what it is computed from.",
    "duplicate_values": "Send each value once.",
    "multiple_values_for_single_value_attribute": (
        "The attribute holds one value at a time; end each value before the next begins."
    ),
    "standard_object_disabled": "Activate the object in Attio's settings first.",
    "particle_gate_violation": "A rule of the workspace refuses this; do not send it again.",
    "limit_reached": "Send fewer linked records or assignees, or delete what is not needed.",
    "self_merge": "Give two different records to merge.",
    "merge_in_progress": "Wait until the merge has ended, then try again.",
    "concurrent_write_conflict": (
        "This attempt wrote nothing: others were changing the record at the same moment. Read it "
        "again, then send the change again."
    ),
    "slug_conflict": "Choose another slug or title, or use the one that exists.",
    "billing_error": "The workspace's plan does not include this; see its billing settings.",
    "invalid_grant": (
        "A code is good once, for a few minutes, and for the app and the address that asked for "
        "it. Begin again with authorization_url()."
    ),
    "invalid_client": "Check client_id and client_secret: the app's page at build.attio.com.",
    "quota_exceeded": "The workspace has used up its quota; see its billing settings.",
}

HINTS_BY_STATUS: Mapping[int, str] = {
    401: "Check the API key (ATTIO_API_KEY): it is missing, mistyped or revoked.",
    403: "Grant the missing scope to the API key in Attio's settings, under Developers.",
    404: "Check the id or slug, and that the object is activated in Attio's settings.",
    409: "Something of that name exists already; use it, or choose another name.",
    413: "Attio takes no content of this size: shorten it, or split it; nothing was written.",
    408: (
        "The server gave up waiting for the request. Check the network, then try again; before a "
        "write, read whether it was carried out."
    ),
    429: "Send fewer requests at once, or try again later.",
}

MOST_PROBLEMS = 5
"""How many of Attio's ``validation_errors`` a message spells out."""

REQUEST_IDS = ("x-attio-execution-id", "x-request-id", "request-id")
"""The headers that name a request for Attio's support: today's, and what others used to call it."""

SCORE = "x-attio-record-query-score"
"""The header of a query's answer that says what the query counts against the limit of scores."""

_TOO_COMPLEX = re.compile(r"too complex|query complexity", re.IGNORECASE)

# Attio names the attribute of a conflict in the message alone, and never the other record.
_CONFLICT_BY_ID = re.compile(
    r'^The value "(?P<value>.*)" provided for attribute with \S+ "(?P<attribute>[^"]+)"', re.S
)
_CONFLICT_BY_SLUG = re.compile(r'^A value provided for attribute with \S+ "(?P<attribute>[^"]+)"')


def result_of(exchange: Exchange, base: str) -> Any:
    """What an answer stands for that is not plainly good: nothing, or the error it raises.

    ``base`` is the address, for messages.
    """
    request, response = exchange.request, exchange.response
    assert response is not None
    if not 200 <= response.status < 300:
        raise error_from(response, request, attempts=exchange.attempts, token=exchange.token)
    # the delete of a call recording is a 204; to any other no body is as good an answer as {}
    if response.status == 204 or (request.method == "DELETE" and not response.body.strip()):
        return {}
    try:
        return request.decode(response.body)
    except (msgspec.DecodeError, ValueError) as failure:
        what = "JSON that cannot be read" if response.body.strip() else "an empty body"
        if isinstance(failure, AnotherAnswer):
            what = str(failure)
            if request.purpose == "write":
                exchange.is_final = True  # not sent again: nobody knows what it has done
        else:
            what = f"{what} ({failure})"
        if _is_web_page(response):
            # a proxy's log-in page or a wrong address: asking again brings the same page
            exchange.is_final = True
            what = "a web page instead of JSON"
        host = host_of(base) or base
        message = (
            f"{request.method} {request.path}: {host} answered with {what}. Is {host} the API's "
            f"address? Check it, and what stands in between, such as a proxy."
        )
        if isinstance(failure, AnotherAnswer) and request.purpose == "write":
            message += " Whether the write was carried out is not known: read before you repeat it."
        if exchange.token is not None:
            message = exchange.token.redact(message)
        # without its frames, whose local variables are the answer
        unusable = InvalidResponseError(message)
        unusable.request_id = request_id_of(response, exchange.token)
        raise unusable from failure.with_traceback(None)


def _is_web_page(response: WireResponse) -> bool:
    kind = response.headers.get("content-type", "")
    return kind.startswith(("text/html", "application/xhtml")) or (
        response.body[:64].lstrip().startswith(b"<")
    )


def error_from(
    response: WireResponse, request: Request, *, attempts: int = 1, token: Token | None = None
) -> APIError:
    """The exception of an error answer, by its status, then its code.

    Reads what Attio really sends, leniently: unknown codes, ``statusCode`` for ``status_code``,
    bodies that are not JSON. ``token`` is hidden wherever the answer repeats it.
    """
    body = _body(response, token)
    # the second names are those of OAuth (RFC 6749, section 5.2)
    code = _string(body.get("code")) or _string(body.get("error"))
    said = _string(body.get("message")) or _string(body.get("error_description"))
    found = problems.listed(body.get("validation_errors"))
    details = problems.details(said, found)
    redact = token.redact if token else str
    kind = _kind(response.status, code, said)
    where = problems.place_in_filter(code, body.get("path"))
    error = kind(
        redact(_message(response, request, code, said, details, where, attempts)),
        status=response.status,
        code=code,
        type=_string(body.get("type")),
        errors=found,
        method=request.method,
        path=redact(request.path),
        request_id=request_id_of(response, token),
    )
    if isinstance(error, BadRequestError):
        error.problems = problems.problems(code, said, details)
    if isinstance(error, RateLimitError):
        error.retry_after = retry_after(response)
    if isinstance(error, UniquenessConflictError):
        error.attribute, error.value = _conflict(said or "")
    return error


def request_id_of(response: WireResponse, token: Token | None) -> str | None:
    """The name that Attio gave the request, for its support; ``None`` where there is none."""
    found = next(filter(None, map(response.headers.get, REQUEST_IDS)), None)
    # a proxy may make it of anything, the token included
    return token.redact(found) if found and token else found or None


def score_of(response: WireResponse) -> float | None:
    """What a query counts against the limit of scores; ``None`` for other requests.

    See https://docs.attio.com/rest-api/guides/rate-limiting.
    """
    text = response.headers.get(SCORE, "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,15})?", text) else None


def outcome_unknown(request: Request, cause: Exception) -> OutcomeUnknownError:
    """What a write raises that may or may not have been carried out."""
    # its first sentence; what it advises ("try again") is what is not to be done here
    happened = str(cause).removeprefix(f"{request.method} {request.path}: ").partition(". ")[0]
    if request.method == "POST":
        advice = (
            "What it creates may or may not exist, so it was not sent again. Look for it first, by "
            "its name or by a unique attribute, as settle(matching=...) of an instance does; where "
            "the object has a unique attribute, upsert() creates without this risk."
        )
    else:
        advice = (
            "Others may have changed it since, so it was not sent again. Read it first, and send "
            "again what is not there."
        )
    unknown = OutcomeUnknownError(
        f"{request.method} {request.path} was sent, and it is not known whether Attio carried it "
        f"out: {happened.rstrip('.')}. {advice}"
    )
    unknown.request_id = getattr(cause, "request_id", None)
    return unknown


def note_unknown(request: Request, stop: BaseException) -> None:
    """Say of a write that was called off on its way that nobody knows what became of it."""
    if request.purpose != "write" or isinstance(stop, Exception | GeneratorExit):
        return
    note = (
        f"{request.method} {request.path} was under way: it is not known whether Attio carried it "
        f"out. Read what it writes before you send it again."
    )
    if note not in getattr(stop, "__notes__", ()):  # in an attempt that was not the first one
        stop.add_note(note)


def retry_after(response: WireResponse) -> float | None:
    """The seconds of ``Retry-After``, given as seconds or as an HTTP date; else ``None``.

    A date counts from the answer's own ``Date``, so that a wrong local clock does no harm. What
    lies in the past, zero included, or is unreadable is ``None``: the caller's own wait applies.
    """
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", text):
        seconds = float(text)
    else:
        until = _timestamp(text)
        if until is None:
            return None
        sent = _timestamp(response.headers.get("date", ""))
        if sent is None:
            sent = time.time()
        seconds = until - sent
    return seconds if seconds > 0 else None


def _timestamp(text: str) -> float | None:
    from email.utils import parsedate_to_datetime  # only here, as it takes a while to import

    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:  # "-0000": UTC, by RFC 5322
            moment = moment.replace(tzinfo=UTC)
        return moment.timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _body(response: WireResponse, token: Token | None) -> Mapping[str, Any]:
    try:
        body = decode_json(response.body)
    except msgspec.DecodeError:
        body = None
    if not is_mapping(body):
        return {}
    return token.redact(body) if token else body


def _string(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _kind(status: int, code: str | None, said: str | None) -> type[APIError]:
    if status >= 500:
        return ServerError
    if status == 400 and code == "uniqueness_conflict":  # of records; webhooks and slugs give 409
        return UniquenessConflictError
    if _is_too_complex(status, code, said):
        return QueryTooComplexError
    if status == 409 and code == "concurrent_write_conflict":
        return WriteConflictError
    return BY_STATUS.get(status, APIError)


def _is_too_complex(status: int, code: str | None, said: str | None) -> bool:
    """Whether Attio says that a query asks too much: repeating it never helps."""
    # Neither its status nor its code is documented. Names and values stand in quotes: an option
    # "Complex sale" that is not there says nothing of the query. A slug stands without quotes.
    if code == problems.UNKNOWN_FILTER_ATTRIBUTE:
        return False
    text = re.sub(r'"[^"]*"', "", f"{code} {said}").replace("_", " ")
    return status in (400, 429) and _TOO_COMPLEX.search(text) is not None


def _message(
    response: WireResponse,
    request: Request,
    code: str | None,
    said: str | None,
    details: Sequence[problems.Detail],
    where: str | None,
    attempts: int,
) -> str:
    status = response.status
    parts = [f"{request.method} {request.path}: Attio answered {status}"]
    if code:
        parts[0] += f" ({code})"
    if attempts > 1:
        parts[0] += f" to the last of {attempts} attempts"
    parts[0] += f": {said}" if said else "."
    if 300 <= status < 400:
        parts.append("Redirects are not followed: is this the API's address?")
    elif said is None and b"<" in response.body[:200]:
        parts.append("The answer is a web page, not JSON: is this the API's address?")
    if where is not None:
        parts.append(f"It stands at {where} of the {problems.part_of_query(where)}.")
    shown = details[:MOST_PROBLEMS]
    # Attio's own message is generic then ("Body payload validation error."): these are the detail
    parts += [f"{each.place}: {each.message}" for each in shown]
    if len(details) > len(shown):
        parts.append(f"{len(details) - len(shown)} more are in .errors.")
    hint = HINTS_BY_CODE.get(code or "") or HINTS_BY_STATUS.get(status)
    if code == "filter_error" and request.path == "/v2/sql":
        hint = "Correct the statement."
    if status == 413:
        hint = HINTS_BY_STATUS[413]
    if status >= 500:
        hint = "This is a failure of Attio's; try again later."
    if status == 501:  # the sandbox without an extra: waiting changes nothing
        hint = "The server cannot do this as it is; sending it again does not help."
    if status == 429 and (seconds := retry_after(response)) is not None:
        hint = f"Wait the {seconds:,.0f} seconds that it asks for (retry_after), then try again."
    if _is_too_complex(status, code, said):
        hint = "Use fewer conditions and sorts; sending it again does not help."
    parts.append(hint or "Look the status and code up in https://docs.attio.com/rest-api.")
    return " ".join(part if part.endswith((".", "?", "!")) else part + "." for part in parts)


def _conflict(said: str) -> tuple[str | None, Any]:
    """The attribute (its slug or id) and the value of a conflict, where the message names them."""
    match = _CONFLICT_BY_ID.match(said)
    if match:
        return match["attribute"], _value(match["value"])
    match = _CONFLICT_BY_SLUG.match(said)
    return (match["attribute"], None) if match else (None, None)


def _value(text: str) -> Any:
    for candidate in (text, text.replace('\\"', '"')):  # JSON inside quotes, its own escaped or not
        try:
            parts = decode_json(candidate.encode())
        except msgspec.DecodeError:
            continue
        if is_mapping(parts):
            return next(iter(parts.values())) if len(parts) == 1 else parts
    return text
