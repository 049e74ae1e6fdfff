"""Base addresses: what is taken, what is refused, and that no secret of one is ever shown."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm.errors import ValidationError
from attio_orm.transport.urls import base_address, host_of, is_this_machine

SECRET = "f00dcafe"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.attio.com",
        "https://api.attio.com/",
        "https://api.attio.com/v2",
        "https://api.attio.com/v2/",
        "https://api.attio.com//v2//",
        " https://api.attio.com/v2\n",
    ],
)
def test_the_version_at_the_end_is_left_out(url: str) -> None:
    assert base_address(url) == "https://api.attio.com"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://localhost:8787/attio/v2", "http://localhost:8787/attio"),
        ("https://gateway.example/v2/attio", "https://gateway.example/v2/attio"),
        ("https://gateway.example/v22", "https://gateway.example/v22"),
        ("https://v2", "https://v2"),
        ("HTTPS://api.attio.com", "HTTPS://api.attio.com"),
        ("http://[::1]:8787/v2", "http://[::1]:8787"),
    ],
)
def test_nothing_else_is_left_out(url: str, base: str) -> None:
    assert base_address(url) == base


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"https://{SECRET}@api.attio.com", "user name or password"),
        (f"https://{SECRET}:@api.attio.com/v2", "user name or password"),
        (f"https://me:{SECRET}@api.attio.com:443/v2", "user name or password"),
        (f"https://:{SECRET}@api.attio.com", "user name or password"),
        (f"https://api.attio.com?token={SECRET}", "query or fragment"),
        (f"https://api.attio.com/v2?access_token={SECRET}", "query or fragment"),
        (f"https://api.attio.com/v2#{SECRET}", "query or fragment"),
        (f"https://api.attio.com?x@{SECRET}", "query or fragment"),
        (f"https://api.attio.com/x@{SECRET}?y", "query or fragment"),
        (f"https://me:{SECRET}/@api.attio.com", "not one that can be called"),
        (f"https://{SECRET}:5/@api.attio.com?", "query or fragment"),
    ],
)
def test_a_secret_inside_is_refused_and_not_shown(url: str, what: str) -> None:
    with pytest.raises(ValidationError, match=what) as caught:
        base_address(url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        None,
        5,
        b"https://api.attio.com",
        "",
        "api.attio.com",
        "https://a b",
        "https://a\nb",
        "http://",
    ],
)
def test_what_is_not_an_address(url: Any) -> None:
    with pytest.raises(ValidationError, match=r"https://api\.attio\.com"):
        base_address(url)


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://api.attio.com/v2", "api.attio.com"),
        (f"https://me:{SECRET}@h:80/x", "h:80"),
        (f"http://h?{SECRET}", "h"),
        (SECRET, "***"),
        (f"https://me:{SECRET}/x@h", "***"),
        (f"https://h#{SECRET}", "h"),
    ],
)
def test_the_host_alone(address: str, host: str) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("LOCALHOST:8787", True),
        ("sandbox.localhost", True),
        ("127.0.0.1:80", True),
        ("127.8.9.1", True),
        ("0.0.0.0:8787", True),
        ("[::1]:8787", True),
        ("[::ffff:127.0.0.1]", True),
        ("api.attio.com", False),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("192.168.1.5:8787", False),
        ("[2001:db8::1]", False),
        ("127.0.0.1.example", False),
    ],
)
def test_this_machine(host: str, here: bool) -> None:
    assert is_this_machine(f"http://{host}") is here
