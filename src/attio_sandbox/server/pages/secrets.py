"""Secrets of the workspaces, which no page shows: tokens, those of apps and webhooks, codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

import msgspec

HIDDEN = "…"
Hide = Callable[[str], str]

# A shorter one, as people choose them, may be a part of words that have nothing to do with it.
_LONG = 16
_NAME = r"(?:[\w-]*(?:token|secret|password)|api[_-]?key|authorization)"
_PARAMETER = re.compile(rf"{_NAME}|code", re.IGNORECASE)
_TEXT = r'"(?:\\.|[^"\\])*"?'
_MEMBER = re.compile(rf'("{_NAME}":\s*){_TEXT}', re.IGNORECASE)
_CODE = re.compile(rf'("code":\s*){_TEXT}')


def hiding(secrets: Iterable[str]) -> Hide:
    """Give what replaces these secrets in a text, also where they are escaped as in JSON or URLs.

    Secrets of less than 16 characters are replaced where they stand alone.
    """
    # Longest first below, as one secret may be the beginning of another.
    forms: set[str] = set()
    for secret in filter(None, secrets):
        escaped = msgspec.json.encode(secret).decode()[1:-1]
        forms.update((secret, escaped, quote(secret, safe=""), quote_plus(secret)))
    if not forms:
        return lambda text: text
    parts = [
        re.escape(form) if len(form) >= _LONG else rf"(?<!\w){re.escape(form)}(?!\w)"
        for form in sorted(forms, key=len, reverse=True)
    ]
    pattern = re.compile("|".join(parts))
    return lambda text: pattern.sub(HIDDEN, text)


def is_secret(parameter: str) -> bool:
    """Tell whether a query parameter of this name holds a secret."""
    return _PARAMETER.fullmatch(parameter) is not None


def without_secret_members(text: str, *, is_request: bool) -> str:
    """Give JSON text without the strings whose names say that they are secret.

    The `code` of a request is one of OAuth; that of an answer says what is wrong.
    """
    text = _MEMBER.sub(rf'\1"{HIDDEN}"', text)
    return _CODE.sub(rf'\1"{HIDDEN}"', text) if is_request else text
