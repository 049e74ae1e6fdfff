"""Functions whose source is written when they are needed, as ``dataclasses`` writes ``__init__``.

Their source is known to ``linecache``, so that tracebacks and debuggers show it.
"""

from __future__ import annotations

import linecache
import weakref
from collections.abc import Iterable
from itertools import count
from typing import Any

_numbers = count(1)


def compiled(
    name: str, source: str, names: dict[str, Any], kind: str, columns: Iterable[str]
) -> Any:
    """The function of this name that a source defines; ``names`` are its global ones.

    Its ``kind`` and ``columns`` stand in tracebacks in place of a file.
    """
    # numbered: the same ones may have another source, as they are of other types
    file = f"<{kind} {next(_numbers)} of {', '.join(columns)}>"
    exec(compile(source, file, "exec"), names)
    function = names.pop(name)  # not among its own names, which would keep it for ever
    lines = source.splitlines(keepends=True)
    # without a time of change linecache does not look for the file on the disk, and keeps this
    linecache.cache[file] = len(source), None, lines, file
    weakref.finalize(function, linecache.cache.pop, file, None).atexit = False
    return function
