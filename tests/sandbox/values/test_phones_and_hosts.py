"""Phone numbers and root domains, with the extra `sandbox` and by the plain rules without it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attio_sandbox.values import hosts, phones
from attio_sandbox.values.hosts import plain_root_domain, read_host, root_domain
from attio_sandbox.values.phones import plain_phone, read_phone
from tests.sandbox.client import Client, own, plain


@pytest.fixture(autouse=True)
def forget_libraries() -> Iterator[None]:
    _forget()
    yield
    _forget()


def _forget() -> None:
    hosts._registered_domain.cache_clear()
    phones._library.cache_clear()


@pytest.fixture(params=["with the libraries", "without them"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run a test with the extra installed and without it; tells whether it is there."""
    if request.param == "with the libraries":
        pytest.importorskip("phonenumbers")
        pytest.importorskip("publicsuffixlist")
        return True
    for name in ("phonenumbers", "publicsuffixlist"):
        monkeypatch.setitem(sys.modules, name, None)
    return False


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("text", "country", "number", "known"),
    [
        ("+19725550123", None, "+19725550123", "US"),
        ("+1 (604) 555-0123", "CA", "+16045550123", "CA"),
        ("972.555.0123", "US", "+19725550123", "US"),
        ("07400 123456", "GB", "+447400123456", "GB"),
        ("06 1234 5678", "IT", "+390612345678", "IT"),
        ("+44 7400 123456", "US", "+447400123456", "GB"),
        ("+80012345678", None, "+80012345678", None),
    ],
)
def test_numbers_that_both_ways_read_alike(
    text: str, country: str | None, number: str, known: str | None
) -> None:
    assert read_phone(text, country) == (number, known)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("", None), ("+", None), ("0", "US"), ("9725550123", None), ("+1972call", None),
        ("call me", "US"), ("+0123456789", None), ("+1", None), ("+" + "1" * 16, None),
        ("1", "GB"), ("+19725550123 ext. 5", None), ("++19725550123", None), ("12345678", "UM"),
        ("\u0661\u0662\u0663\u0664\u0665\u0666\u0667", "EG"),
    ],
)  # fmt: skip
def test_what_is_no_number(text: str, country: str | None) -> None:
    assert read_phone(text, country) is None


def test_the_library_knows_lengths_and_regions_that_the_table_does_not(either: bool) -> None:
    assert read_phone("+16045550123", None) == ("+16045550123", "CA" if either else "US")
    assert (read_phone("+1972555", None) is None) is either
    # Possible, and in no numbering plan: by their length alone they are numbers.
    for text in ("+11234567890", "+15558675309"):
        assert (read_phone(text, None) is None) is either


@given(st.text(alphabet="+0123456789 -().x"), st.sampled_from([None, "US", "GB", "IT", "DE"]))
def test_a_number_reads_as_itself_again(text: str, country: str | None) -> None:
    found = read_phone(text, country)
    if found is not None:
        assert found.number[0] == "+"
        assert 7 <= len(found.number) - 1 <= 15
        assert read_phone(found.number, country) == found


@given(st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z"))
def test_the_plain_rule_keeps_an_international_number(number: str) -> None:
    found = plain_phone(number, None)
    assert found is not None
    assert found.number == number


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(
    ("host", "root"),
    [
        ("acme.test", "acme.test"), ("shop.eu.acme.test", "acme.test"), ("a.b.com", "b.com"),
        ("www.acme.co.uk", "acme.co.uk"), ("acme.co.uk", "acme.co.uk"), ("co.uk", "co.uk"),
        ("me.github.io", "github.io"), ("m\u00fcnchen.de", "m\u00fcnchen.de"),
        ("www.xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
    ],
)  # fmt: skip
def test_roots_that_both_ways_read_alike(host: str, root: str) -> None:
    assert root_domain(host) == root


def test_the_list_knows_suffixes_that_the_table_does_not(either: bool) -> None:
    assert root_domain("www.city.kawasaki.jp") == ("city.kawasaki.jp" if either else "kawasaki.jp")
    assert root_domain("a.acme.k12.ca.us") == ("acme.k12.ca.us" if either else "ca.us")


_NAMES = st.from_regex(r"\A[a-z][a-z0-9]{0,8}(\.[a-z][a-z0-9]{0,8}){1,4}\Z")


@given(_NAMES)
def test_a_root_ends_its_host_and_is_its_own_root(host: str) -> None:
    assert read_host(f"https://me@{host.upper()}:8080/x?y#z") == host
    for root in (root_domain(host), plain_root_domain(host)):
        assert f".{host}".endswith(f".{root}")
        assert "." in root
    assert root_domain(root_domain(host)) == root_domain(host)


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize("host", ["1.2.3.4", "https://127.0.0.1:80/x", "a.1", "a.\u0661"])
def test_ip_addresses_are_no_domains(api: Client, host: str) -> None:
    assert read_host(host) is None
    assert api.try_create("companies", domains=[host]).code == "400 validation_type"
    sender = f"ada@{host}"
    assert api.try_create("people", email_addresses=[sender]).code == "400 validation_type"
    assert read_host("1.2.3.4a") == "1.2.3.4a"


def test_values_hold_what_was_read(api: Client) -> None:
    number = {"original_phone_number": "07400 123456", "country_code": "GB"}
    values = api.create("people", phone_numbers=[number], email_addresses=["a@x.acme.co.uk"])
    values = values["values"]
    assert own(values["phone_numbers"]) == [number | {"phone_number": "+447400123456"}]
    assert own(values["email_addresses"])[0]["email_root_domain"] == "acme.co.uk"
    assert len(api.query("people", {"phone_numbers": "+44 7400 123456"})) == 1
    assert plain(api.query("people")[0]["values"]["phone_numbers"]) == ["+447400123456"]
