"""What ``tests/typing/check_docs.py`` makes of a page; the checkers run with ``tox -e types``."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.typing.check_docs import PAGES, Outside, modules_of


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("x = await f(1)", "x = awaited( f(1))"),
        ("print(await f(await g()), 'ä')", "print(awaited( f(awaited( g()))), 'ä')"),
        ("'ä'; await f()", "'ä'; awaited( f())"),
        ("async with a() as x, b(): await x", "with entered(a()) as x, entered(b()): awaited( x)"),
        ("async for x in y:\n    print(x)", "for x in each_of(y):\n    print(x)"),
        ("[x async for x in y() if x]", "[x for x in each_of(y()) if x]"),
        ("async def f():\n    await g()", "async def f():\n    await g()"),
    ],
)  # fmt: skip
def test_what_only_async_functions_may_do_becomes_a_call(written: str, made: str) -> None:
    assert Outside(written).written() == made
    ast.parse(made)


PAGE = """# Title

```python
x = await f()  # -> 1
g(
    3
)  # raises TypeError
```

```console
$ ls
```

<!-- file: test_it.py -->
```python
def test_it() -> None: ...
```

```python
y = x
```
"""


def test_a_page_is_a_module_with_the_same_lines(tmp_path: Path) -> None:
    page = tmp_path / "a-page.md"
    page.write_text(PAGE, encoding="utf-8")
    modules, refused = modules_of(page)

    assert list(modules) == ["page_a_page", "test_it"]
    shown = PAGE.splitlines()
    lines = modules["page_a_page"].splitlines()
    assert lines[0] == "from page_helpers import awaited"
    assert lines[4:7] == shown[4:7]
    assert lines[-1] == shown[len(lines) - 1] == "y = x"
    assert refused == {("page_a_page", number) for number in (5, 6, 7)}
    assert modules["test_it"].splitlines()[-1] == shown[15]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_can_be_written(page: Path) -> None:
    for text in modules_of(page)[0].values():
        ast.parse(text)
