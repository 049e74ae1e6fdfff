"""``attio-orm doctor``: what is wrong with a connection, and what tests left in a workspace."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from typing import Final

from msgspec import to_builtins

from attio_orm.cli.shared_options import (
    DONE,
    NOTHING_OR_DIFFERENT,
    REFUSED,
    add_shared_options,
    failed,
    place,
    print_json,
    terminal,
)
from attio_orm.cli.terminal import Terminal, wrapped
from attio_orm.connecting import open_connection
from attio_orm.connection.health import Health
from attio_orm.connection.settings import Settings
from attio_orm.errors import AttioError

HELP: str = "check the token and the connection, or find what tests left"
DESCRIPTION: str = (
    "Asks Attio who the token is, and tells what is wrong: a token that is revoked, a clock that "
    "goes wrong, packages of extras that are not installed. With --leftovers it lists what tests "
    "against a real workspace left there when they were killed. It changes nothing."
)
EXAMPLE: str = "attio-orm doctor --leftovers t-"

MOST_SKEW: Final = 60.0  # seconds; signatures of webhooks and caches by time suffer beyond
_SECONDS: Final = 10.0  # so long for the one request that tells who the token is
_NARROW: Final = 60  # columns: from here down a label has a line of its own
_EXTRA: Final = re.compile(r"([\w.-]+).*;\s*extra == ['\"]([\w-]+)['\"]")
_NOT_FOR_PROGRAMS: Final = frozenset({"all", "dev", "test"})


def add_options(parser: ArgumentParser) -> None:
    """Teach a parser the options of the command."""
    parser.add_argument(
        "--leftovers",
        metavar="PREFIX",
        help="list what killed tests left, by what its names begin with, in the workspace of "
        "$ATTIO_TEST_API_KEY (or of --profile)",
    )
    add_shared_options(parser)


def run(options: Namespace) -> int:
    """Print what was found; gives the exit status."""
    try:
        return _check(options) if options.leftovers is None else _list_leftovers(options)
    except AttioError as error:
        return failed(error, options)


# -- the connection -------------------------------------------------------------------------------


def _check(options: Namespace) -> int:
    given = place(options)
    if "profile" in given:
        settings = Settings.from_profile(given.pop("profile"))
        given = {**settings.chosen, **given}
    given |= {"timeout": _SECONDS, "max_attempts": 1}
    with open_connection(**given) as connection:
        connection.api.self_.get()  # raises what health() only words: the exit status goes by it
        health = connection.health(_SECONDS)
        base = connection.base
    missing = _missing_packages()
    is_skewed = health.clock_skew is not None and abs(health.clock_skew) > MOST_SKEW
    if options.json:
        told = to_builtins(health)
        for name in ("scopes", "missing_scopes"):
            told[name] = sorted(told[name]) if told[name] is not None else None
        print_json({"url": base, "health": told, "missing_packages": missing})
    else:
        _print_health(terminal(options), base, health, missing, is_skewed, options.quiet)
    if health.active is False:
        return REFUSED
    return NOTHING_OR_DIFFERENT if is_skewed or not health.ok else DONE


def _print_health(
    screen: Terminal,
    base: str,
    health: Health,
    missing: dict[str, list[str]],
    is_skewed: bool,
    is_quiet: bool,
) -> None:
    lines = [
        ("address", f"{base} answered in {(health.latency or 0) * 1000:.0f} ms", True),
        ("workspace", health.workspace or "not told", True),
        ("token", health.error or "is good", health.ok),
        ("scopes", ", ".join(sorted(health.scopes or ())) or "not told", True),
        ("clock", _clock(health.clock_skew), not is_skewed),
        *(
            ("extra", f"{extra} is not installed ({', '.join(lacking)})", True)
            for extra, lacking in missing.items()
        ),
    ]
    for name, text, is_good in lines:
        if is_quiet and is_good:
            continue
        label = screen.style(f"{name:<9}", "green" if is_good else "red")
        if screen.width < _NARROW:
            screen.line(label.rstrip())
            for line in wrapped(screen.shown(text), screen.width - 2):
                screen.line(f"  {line}")
        else:
            first, *rest = wrapped(screen.shown(text), screen.width - 11)
            screen.line(f"{label}  {first}")
            for line in rest:
                screen.line(f"{'':<11}{line}")


def _clock(skew: float | None) -> str:
    if skew is None:
        return "not told"
    if abs(skew) < 2:  # Attio tells whole seconds
        return "agrees with Attio's"
    side = "ahead of" if skew > 0 else "behind"
    advice = ": set it, or let the system keep it (NTP)" if abs(skew) > MOST_SKEW else ""
    return f"{abs(skew):,.0f} s {side} Attio's{advice}"


def _missing_packages() -> dict[str, list[str]]:
    """Of each extra that is not whole the packages that are not installed."""
    from importlib import metadata  # for its import time: the help of all commands is here

    found: dict[str, list[str]] = {}
    for each in metadata.requires("attio-orm") or ():
        needed = _EXTRA.match(each)
        if needed is None or needed[2] in _NOT_FOR_PROGRAMS:
            continue
        package, extra = needed.groups()
        try:
            metadata.distribution(package)
        except metadata.PackageNotFoundError:
            found.setdefault(extra, []).append(package)
    return found


# -- what tests left ------------------------------------------------------------------------------


def _list_leftovers(options: Namespace) -> int:
    from attio_orm.testing import leftovers  # brings the sandbox, which takes a while to import

    found = leftovers(options.leftovers, **place(options))
    if options.json:
        print_json({"leftovers": to_builtins(found)})
        return NOTHING_OR_DIFFERENT if found else DONE
    screen = terminal(options)
    if options.quiet:
        for each in found:
            screen.line(each.path)
        return NOTHING_OR_DIFFERENT if found else DONE
    if not found:
        screen.line(f"Nothing is left whose name begins with {options.leftovers!r}.")
        return DONE
    for each in found:
        for line in wrapped(screen.shown(f"{each.kind}  {each.name}"), screen.width, hanging="  "):
            screen.line(screen.style(line, "bold"))
        screen.line(f"  {each.path}")  # whole: it is copied
    screen.line()
    advice = (
        f"{len(found):,} left by tests. Nothing was deleted. To delete one, see that it is yours, "
        "then connection.request("
    )
    for line in wrapped(f'{advice}"DELETE", path).', screen.width):
        screen.line(line)
    return NOTHING_OR_DIFFERENT
