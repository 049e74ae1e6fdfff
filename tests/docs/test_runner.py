"""The page runner notices every way in which a page can be wrong."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.docs.markdown import blocks
from tests.docs.test_pages import LEFTOVERS, run_page


def page_of(folder: Path, *parts: str) -> Path:
    """A page made of code blocks; a part that begins with a comment or fence stands as it is."""
    whole = [
        textwrap.dedent(part)
        if part.lstrip().startswith(("<!--", "```"))
        else f"```python\n{textwrap.dedent(part)}\n```"
        for part in parts
    ]
    page = folder / "page.md"
    page.write_text("# A page\n\n" + "\n\n".join(whole) + "\n", encoding="utf-8")
    return page


def problems(folder: Path, *parts: str) -> str:
    done = run_page(page_of(folder, *parts), folder)
    assert done.returncode in (0, 1)
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


TRUE = {
    "value": "1 + 1  # -> 2",
    "text": "'a'  # -> 'a'",
    "none": "None  # -> None",
    "printed": "print('ada')  # -> ada",
    "assignment": "x = [1, 2]  # -> [1, 2]",
    "any text": "'abc'  # -> 'a...c'",
    "several lines": "for n in range(3):\n    print(n)\n# -> 0\n# -> 1\n# -> 2",
    "inside a block": "if True:\n    len('abc')  # -> 3",
    "several-line call": "print(\n    'ada',\n)  # -> ada",
    "error": "[][0]  # raises IndexError: list index ...",
    "error by its base": "{}['a']  # raises LookupError",
    "await": "import asyncio\nawait asyncio.sleep(0, 'x')  # -> 'x'",
    "async for": (
        "async def count():\n    yield 1\n\nasync for n in count():\n    print(n)\n# -> 1"
    ),
}


@pytest.mark.parametrize("code", TRUE.values(), ids=TRUE.keys())
def test_true_claims_pass(code: str, tmp_path: Path) -> None:
    assert problems(tmp_path, code) == ""


FALSE = {
    "value": "1 + 1  # -> 3",
    "nothing printed": "pass\n# -> ada",
    "printed": "print('ada')  # -> grace",
    "too little": "for n in range(3):\n    print(n)\n# -> 0\n# -> 1",
    "assignment": "x = 1  # -> 2",
    "second run": "for n in range(2):\n    n  # -> 0",
    "no error": "1  # raises ValueError",
    "another error": "[][0]  # raises ValueError",
    "another message": "[][0]  # raises IndexError: no such item",
    "never reached": "def f():\n    1  # -> 1",
    "await": "import asyncio\nawait asyncio.sleep(0, 'x')  # -> 'y'",
}


@pytest.mark.parametrize("code", FALSE.values(), ids=FALSE.keys())
def test_false_claims_fail_and_name_the_line(code: str, tmp_path: Path) -> None:
    assert "line " in problems(tmp_path, code)


def test_a_claim_names_the_line_of_the_page(tmp_path: Path) -> None:
    assert "line 5:" in problems(tmp_path, "x = 1\nx  # -> 2")


def test_a_claim_about_nothing_is_an_error(tmp_path: Path) -> None:
    done = run_page(page_of(tmp_path, "class A:  # -> 3\n    pass"), tmp_path)
    assert done.returncode == 1
    assert "nothing to check" in done.stderr


def test_a_block_that_fails_shows_the_line_of_the_page(tmp_path: Path) -> None:
    done = run_page(page_of(tmp_path, "x = 1\nx / 0"), tmp_path)
    assert done.returncode == 1
    assert 'page.md", line 5' in done.stderr


def test_blocks_share_one_namespace_and_one_loop(tmp_path: Path) -> None:
    first = "import asyncio\nloop = asyncio.get_running_loop()\nawait asyncio.sleep(0)"
    second = "await asyncio.sleep(0)\nasyncio.get_running_loop() is loop  # -> True"
    assert problems(tmp_path, first, second) == ""


def test_classes_of_a_page_can_be_pickled(tmp_path: Path) -> None:
    code = "import pickle\nclass A: pass\npickle.loads(pickle.dumps(A)) is A  # -> True"
    assert problems(tmp_path, code) == ""


def test_a_page_has_no_network(tmp_path: Path) -> None:
    code = """
        import socket
        socket.create_connection(("example.com", 443))  # raises gaierror: tests stay...
        socket.create_connection(("192.0.2.1", 443))  # raises ConnectionRefusedError
    """
    assert problems(tmp_path, code) == ""


def test_a_warning_fails_the_page(tmp_path: Path) -> None:
    done = run_page(page_of(tmp_path, "import warnings\nwarnings.warn('old')"), tmp_path)
    assert done.returncode == 1


@pytest.mark.parametrize(
    "code",
    ["async def f(): pass\nf()", "import socket\nsocket.socket()"],
    ids=["coroutine never awaited", "open socket"],
)
def test_what_a_page_leaves_behind_is_noticed(code: str, tmp_path: Path) -> None:
    assert LEFTOVERS.search(run_page(page_of(tmp_path, code), tmp_path).stderr)


def test_a_block_marked_not_run_is_not_run(tmp_path: Path) -> None:
    page = "<!-- not run: needs a network -->\n```bash\npip install attio-orm\n```"
    assert problems(tmp_path, page) == ""


def test_an_unmarked_foreign_command_fails(tmp_path: Path) -> None:
    assert "is not run: curl" in problems(tmp_path, "```bash\ncurl example.com\n```")


def test_files_and_the_output_of_commands(tmp_path: Path) -> None:
    page = """
        <!-- file: app.py -->
        ```python
        import sys
        print(sys.argv[1])
        print("one", "two")
        ```

        ```console
        $ python app.py ada
        ada
        one...
        ```
    """
    assert problems(tmp_path, page) == ""
    assert "the page says" in problems(tmp_path, page.replace("one...", "three"))


def test_a_command_that_fails_is_noticed(tmp_path: Path) -> None:
    assert "exit code 1" in problems(tmp_path, "```console\n$ python -c 'import nothing'\n```")


def test_python_that_defines_tests_must_be_a_file(tmp_path: Path) -> None:
    assert "file: test_NAME.py" in problems(tmp_path, "def test_a():\n    assert False")


def test_a_test_file_is_run(tmp_path: Path) -> None:
    page = """
        <!-- file: test_app.py -->
        ```python
        def test_sum():
            assert 1 + 1 == 2
        ```
    """
    assert problems(tmp_path, page) == ""
    assert "1 failed" in problems(tmp_path, page.replace("== 2", "== 3"))


def test_every_test_file_is_run_as_it_was_when_it_was_shown(tmp_path: Path) -> None:
    page = """
        <!-- file: sums.py -->
        ```python
        TWO = 2
        ```

        <!-- file: test_one.py -->
        ```python
        from sums import TWO

        def test_two():
            assert TWO == 2
        ```

        <!-- file: test_two.py -->
        ```python
        def test_one():
            assert 1 == 1
        ```

        <!-- file: sums.py -->
        ```python
        TWO = 6 // 2
        ```

        <!-- file: test_three.py -->
        ```python
        from sums import TWO

        def test_three():
            assert TWO == 3
        ```

        ```bash
        pytest test_three.py
        ```
    """
    assert problems(tmp_path, page) == ""
    assert "1 failed, 1 passed" in problems(tmp_path, page.replace("TWO == 2", "TWO == 3"))
    assert "1 failed" in problems(tmp_path, page.replace("TWO == 3", "TWO == 2"))


def test_blocks_in_lists_and_long_fences() -> None:
    page = "- item\n\n  ```python\n  x = 1\n  ```\n\n````text\n```\n````\n"
    found = blocks(page)
    assert [(block.language, block.text, block.line) for block in found] == [
        ("python", "x = 1\n", 4),
        ("text", "```\n", 8),
    ]


def test_a_block_that_is_never_closed() -> None:
    with pytest.raises(ValueError, match="line 3 is never closed"):
        blocks("# A page\n\n```python\nx = 1\n")
