"""Phone numbers: from what people write to E.164, and the country of a number."""

from __future__ import annotations

import re
from functools import cache
from types import ModuleType
from typing import NamedTuple

from attio_sandbox.values.countries import CALLING_CODES, COUNTRIES, KEEPS_TRUNK_ZERO

_NOISE = re.compile(r"[\s().\-/\u00a0]+")
_DIGITS = re.compile(r"\+?\d+", re.ASCII)
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
# The first country of a code keeps it: the table begins with the largest of those that share one.
_COUNTRIES_BY_CODE: dict[str, str] = {}
for _country, _code in CALLING_CODES.items():
    _COUNTRIES_BY_CODE.setdefault(_code, _country)


class Phone(NamedTuple):
    """A number in E.164 form, and its country where that is known."""

    number: str
    country: str | None


def clean_phone(text: str) -> str:
    """Give `text` without the spaces, dots, dashes and parentheses that people write."""
    return _NOISE.sub("", text)


def read_phone(text: str, country: str | None) -> Phone | None:
    """Give the number that `text` writes, or None where it is not one.

    `country` is whose local numbers it may be; without it, `text` must start with `+`. The
    phonenumbers library knows the lengths and the local forms of each country where the extra
    `sandbox` is installed, else `plain_phone` goes by calling codes alone.
    """
    number = clean_phone(text)
    if _DIGITS.fullmatch(number) is None or not (country or number.startswith("+")):
        return None
    library = _library()
    found = plain_phone(number, country) if library is None else _parsed(number, country, library)
    if found is None or country is None or not _shares_code(found.number, country):
        return found
    return found._replace(country=country)


def plain_phone(number: str, country: str | None) -> Phone | None:
    """Read a number of digits and perhaps a `+`, by the table of calling codes."""
    if not number.startswith("+"):
        code = CALLING_CODES.get(country or "")
        if code is None:
            return None
        national = number if country in KEEPS_TRUNK_ZERO else number.lstrip("0")
        number = f"+{code}{national}"
    return Phone(number, _country_of(number[1:])) if _E164.fullmatch(number) else None


def _parsed(number: str, country: str | None, library: ModuleType) -> Phone | None:
    try:
        parsed = library.parse(number, country)
    except library.NumberParseException:
        return None
    # Valid, not possible alone: Attio takes no number that the plan of its country does not have
    # (facts.md 16), which many made-up ones are.
    if not library.is_valid_number(parsed):
        return None
    text = str(library.format_number(parsed, library.PhoneNumberFormat.E164))
    if _E164.fullmatch(text) is None:
        return None
    region = library.region_code_for_number(parsed)
    return Phone(text, region if region in COUNTRIES else _country_of(text[1:]))


def _country_of(digits: str) -> str | None:
    """Give the country of an international number by its calling code (`1` is the US)."""
    prefixes = (digits[:size] for size in (4, 3, 2, 1))  # 1268 is Antigua, and no number of the US
    return next((_COUNTRIES_BY_CODE[p] for p in prefixes if p in _COUNTRIES_BY_CODE), None)


def _shares_code(number: str, country: str) -> bool:
    """Tell whether a number may be of `country`, as several share one calling code."""
    return number[1:].startswith(CALLING_CODES.get(country, "?"))


@cache
def _library() -> ModuleType | None:
    # Imported at first use: it brings tables of every country.
    try:
        import phonenumbers
    except ImportError:
        return None
    return phonenumbers
