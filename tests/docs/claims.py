"""What a page says its code gives, and whether it did.

``len(people)  # -> 500``           the value's repr, or what was printed
``person.id = "x"  # raises ReadOnlyAttributeError: ...``
lines ``# -> ...`` right under a statement: everything that it printed

``...`` in a claim stands for any text.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Claim:
    """One claim of a page, and what came of it."""

    line: int
    gives: str | None = None
    raises: str | None = None
    ran: bool = False
    shown: list[Any] = field(default_factory=list[Any])


class Claims:
    """All claims of one page. ``failures`` is empty when the page told the truth."""

    def __init__(self) -> None:
        self.all: list[Claim] = []
        self._failures: list[str] = []

    def compile(self, source: str, name: str, line: int) -> Any:
        """Code for a block that begins at ``line`` of the page, with its claims built in."""
        tree = ast.parse(source, name)
        claims = _Weaver(source, line, self.all).weave(tree)
        ast.increment_lineno(tree, line - 1)
        unplaced = [f"line {found.line}" for found in claims]
        if unplaced:
            raise ValueError(f"{name}: nothing to check for the claim at {', '.join(unplaced)}")
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        return compile(tree, name, "exec", flags, dont_inherit=True)

    def check(self, number: int) -> _Check:
        return _Check(self.all[number], self._failures)

    def shown(self, number: int, value: object) -> None:
        self.all[number].shown.append(value)

    def failures(self) -> list[str]:
        """What was not as the page says, claims that were never reached included."""
        missed = [f"line {claim.line}: never reached" for claim in self.all if not claim.ran]
        return self._failures + missed


class _Check:
    """Watches one run of a statement."""

    def __init__(self, claim: Claim, failures: list[str]) -> None:
        self._claim = claim
        self._failures = failures
        self._printed = io.StringIO()
        self._outer = sys.stdout

    def __enter__(self) -> None:
        self._outer = sys.stdout
        self._claim.shown.clear()
        sys.stdout = self._printed

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        sys.stdout = self._outer
        printed = self._printed.getvalue()
        sys.stdout.write(printed)
        claim = self._claim
        claim.ran = True
        if claim.raises is not None:
            return self._judge_error(claim.raises, error)
        if error is None and claim.gives is not None:
            value = claim.shown[-1] if claim.shown else None
            actual = printed.rstrip("\n") if value is None and printed else repr(value)
            if not claim.shown:
                actual = printed.rstrip("\n")
            if not matches(claim.gives, actual):
                self._fail(claim.gives, actual)
        return False

    def _judge_error(self, expected: str, error: BaseException | None) -> bool:
        if error is None:
            self._fail(f"{expected} raised", "no error")
            return False
        if not isinstance(error, Exception):
            return False
        name, _, text = expected.partition(":")
        names = {cls.__name__ for cls in type(error).__mro__}
        right = name.strip().rpartition(".")[2] in names
        if not right or (text and not matches(text.strip(), str(error))):
            self._fail(f"{expected} raised", f"{type(error).__name__}: {error}")
        return True

    def _fail(self, expected: str, actual: str) -> None:
        self._failures.append(
            f"line {self._claim.line}:\n  the page says: {expected}\n  it was:        {actual}"
        )


class _Weaver:
    """Wraps each statement that a claim belongs to in a ``with`` that checks it."""

    def __init__(self, source: str, first_line: int, claims: list[Claim]) -> None:
        self._claims = claims
        self._offset = first_line - 1
        self._beside: dict[int, tuple[str, str]] = {}
        self._under: dict[tuple[int, int], list[str]] = {}
        self._read(source)

    def _read(self, source: str) -> None:
        last: tuple[int, int] | None = None
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            found = re.fullmatch(r"# (->|raises)(?: (.*))?", token.string.rstrip())
            if token.type != tokenize.COMMENT or found is None:
                continue
            line, column = token.start
            kind, text = found[1], found[2] or ""
            if token.line[:column].strip():
                self._beside[line] = (kind, text)
            elif kind == "raises":
                raise ValueError(f"line {line + self._offset}: write '# raises' beside the code")
            elif last and last[0] + len(self._under[last]) == line and last[1] == column:
                self._under[last].append(text)
            else:
                last = (line, column)
                self._under[last] = [text]

    def weave(self, tree: ast.Module) -> list[Claim]:
        """Build the claims into ``tree``; gives those that belong to no statement."""
        tree.body = self._statements(tree.body)
        lines = list(self._beside) + [line for line, _ in self._under]
        return [Claim(line + self._offset) for line in sorted(lines)]

    def _statements(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        woven: list[ast.stmt] = []
        for statement in statements:
            self._inside(statement)
            claim = self._claim_of(statement)
            woven.append(statement if claim is None else self._wrap(statement, claim))
        return woven

    def _inside(self, node: ast.AST) -> None:
        for name in ("body", "orelse", "finalbody"):
            inner = getattr(node, name, None)
            if isinstance(inner, list) and inner:
                setattr(node, name, self._statements(inner))
        for name in ("handlers", "cases"):
            for part in getattr(node, name, ()):
                self._inside(part)

    def _claim_of(self, statement: ast.stmt) -> int | None:
        end = statement.end_lineno or statement.lineno
        below = self._under.pop((end + 1, statement.col_offset), None)
        simple = not hasattr(statement, "body")
        beside = self._beside.pop(end, None) if simple else None
        if beside is None and below is None:
            return None
        claim = Claim(end + self._offset)
        if beside is not None and beside[0] == "raises":
            claim.raises = beside[1]
        elif beside is not None:
            claim.gives = beside[1]
        if below is not None:
            claim.gives = "\n".join([*([claim.gives] if claim.gives else []), *below])
        self._claims.append(claim)
        return len(self._claims) - 1

    def _wrap(self, statement: ast.stmt, number: int) -> ast.stmt:
        body = [statement]
        if isinstance(statement, ast.Expr):
            statement.value = _call("__shown__", number, statement.value)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            value = ast.parse(ast.unparse(target), mode="eval").body
            body.append(ast.Expr(_call("__shown__", number, value)))
        watched = ast.With(items=[ast.withitem(_call("__check__", number))], body=body)
        return ast.fix_missing_locations(ast.copy_location(watched, statement))


def _call(name: str, number: int, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), [ast.Constant(number), *arguments], [])


def matches(expected: str, actual: str) -> bool:
    """Whether ``actual`` is what the page says; ``...`` stands for any text."""
    pattern = ".*".join(re.escape(part) for part in expected.split("..."))
    trimmed = "\n".join(line.rstrip() for line in actual.splitlines())
    return re.fullmatch(pattern, trimmed, re.DOTALL) is not None
