"""Markdown to plain text and back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox.resources.notes.markdown import from_plaintext, normalise, to_plaintext

TEXTS = st.text(st.sampled_from("ab*_~=[]()!#-+1.>\\` \n\té"), max_size=40)


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("# Title\n\n## Sub\n### Third", "Title\nSub\nThird"),
        ("#### Fourth", "Fourth"),
        ("#no heading", "#no heading"),
        ("- a\n* b\n+ c\n  - d", "a\nb\nc\nd"),
        ("1. a\n2) b\n10. c", "a\nb\nc"),
        ("**b** __b__ *i* _i_ ~~s~~ ==h==", "b b i i s h"),
        ("***both*** ___both___", "both both"),
        ("**bold *and* more**", "bold and more"),
        ("[text](https://a.test/x_(y)?z=1) end", "text end"),
        ("[**bold** text](https://a.test)", "bold text"),
        ("before ![image](https://a.test/i.png) after", "before  after"),
        ("2 * 3 * 4, a_b_c, x == y == z, ~a~", "2 * 3 * 4, a_b_c, x == y == z, ~a~"),
        ("****x****", "****x****"),
        (r"\*not\* \[a\](b) \\ \q", r"*not* [a](b) \ \q"),
        ("**open *and** shut*", "open *and shut*"),
        ("[no](a b) [no]( ) [x]", "[no](a b) [no]( ) [x]"),
        ("a\r\nb\rc\n\n\nd", "a\nb\nc\nd"),
        ("", ""),
    ],
)
def test_plain_text(markdown: str, plain: str) -> None:
    assert to_plaintext(markdown) == plain


@pytest.mark.parametrize(
    ("markdown", "normal"),
    [
        ("* a\n+ b\n2) c", "- a\n- b\n2. c"),
        ("__b__ _i_ ___x___", "**b** *i* ***x***"),
        ("##### Fifth", "### Fifth"),
        ("a ![i](https://a.test) b", "a  b"),
        ("# T\n\n \nx", "# T\n\n\nx"),
        # As italics with stars this would read otherwise, so that it stays.
        ("_a._b_ c_", "_a._b_ c_"),
    ],
)
def test_normal_form(markdown: str, normal: str) -> None:
    assert normalise(markdown) == normal


@pytest.mark.parametrize(
    ("plain", "markdown"),
    [
        ("# no heading\n- no item\n1. no number", "\\# no heading\n\\- no item\n1\\. no number"),
        ("*a* and **b**", r"\*a\* and \*\*b\*\*"),
        ("a_b_c 2 * 3", "a_b_c 2 * 3"),
        ("[a](b)", r"\[a\](b)"),
    ],
)
def test_plain_text_is_escaped_where_it_must_be(plain: str, markdown: str) -> None:
    assert from_plaintext(plain) == markdown


@given(TEXTS)
def test_plain_text_comes_back_without_its_blank_lines(text: str) -> None:
    lines = [line for line in text.split("\n") if line.strip()]
    assert to_plaintext(from_plaintext(text)) == "\n".join(lines)


@given(TEXTS)
def test_the_normal_form_reads_the_same_and_is_its_own(text: str) -> None:
    normal = normalise(text)
    assert to_plaintext(normal) == to_plaintext(text)
    assert normalise(normal) == normal


@pytest.mark.parametrize(
    "piece", ["* a *", "[a](", "[a](()", "_a ", "**a__b", "[", "#", "- ", "\\"]
)
def test_a_long_text_takes_time_as_its_length(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        started = time.process_time()
        normalise(to_plaintext(text))
        from_plaintext(text)
        return time.process_time() - started

    seconds(1_000)
    # Were it the square, the second would take a hundred times as long.
    assert seconds(200_000) < 40 * max(seconds(20_000), 0.002)
