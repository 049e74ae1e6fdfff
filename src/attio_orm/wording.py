"""How messages show values and names: cut short, close matches, lines of a terminal's width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

WIDTH = 80  # of a terminal
READ_ANEW = "What was made a moment ago is found after connection.schema.forget()."
DECLARE = "Attio does not tell which attributes an activity has: declare it on the class."


def to_find(place: str) -> str:
    """What to do where an object, a list or an activity does not have an attribute."""
    return DECLARE if place.startswith("activities/") else READ_ANEW


"""What refusals of names and titles say, as the workspace may have them by now."""
_SHOWN = 60

# Letters, marks and signs that nobody sees, which Python counts as printable: joiners and fillers,
# variation selectors, the empty pattern of Braille.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def show(value: object) -> str:
    """The value as an error message shows it: its repr, cut short."""
    try:
        text = repr(value)
    except Exception:  # a message about a bad value must not fail because its repr does
        text = f"<{type(value).__name__}>"
    text = _UNSEEN.sub(lambda found: ascii(found[0])[1:-1], text)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def unseen(text: str) -> int | None:
    """Where the first character stands that nobody sees, a plain space aside; ``None`` for none."""
    if text.isascii() and text.isprintable():  # as nearly all are
        return None
    return next(
        (at for at, char in enumerate(text) if not char.isprintable() or _UNSEEN.match(char)), None
    )


def close_matches(
    wrong: str, candidates: Iterable[str], *, most: int = 3, cutoff: float = 0.6
) -> list[str]:
    """The candidates that ``wrong`` may have been meant for, the closest first.

    Where none is spelt like it, those that have it as a part: ``email`` for ``email_addresses``.
    """
    from difflib import get_close_matches  # only here, as it takes a while to import

    known = list(dict.fromkeys(candidates))
    close = get_close_matches(wrong, known, n=most, cutoff=cutoff)
    return close or [name for name in known if wrong in name.split("_")][:most]


def did_you_mean(wrong: str, candidates: Iterable[str], shown: Callable[[str], str] = repr) -> str:
    """``Did you mean 'a' or 'b'? `` for names close to ``wrong``, else an empty text."""
    return meant(close_matches(wrong, candidates), shown)


def meant(close: Iterable[str], shown: Callable[[str], str] = repr) -> str:
    """The same for the close matches themselves; ``shown`` says how each is written."""
    names = " or ".join(map(shown, close))
    return f"Did you mean {names}? " if names else ""


def with_article(noun: str) -> str:
    """A noun with "a" or "an" before it."""
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def quoted(name: str) -> str:
    """A name of the workspace as messages show it: in double quotes."""
    return f'"{name}"'


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of a terminal's width; ``indent`` begins each but the first."""
    import textwrap  # only here: it compiles regular expressions when it is imported

    return "\n".join(textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False))
