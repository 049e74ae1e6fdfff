"""Texts, names, e-mail addresses, domains and phone numbers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given

from attio_orm.errors import ValidationError
from attio_orm.types.base import codec_for
from attio_orm.values import Domain, EmailAddress, PersonalName, PhoneNumber
from attio_orm.wording import show
from tests.types.specs import SPEC, read, round_trip
from tests.types.strategies import EMAIL, HOST, LINE

TEXT, NAME, EMAILS = codec_for("text"), codec_for("personal-name"), codec_for("email-address")
DOMAIN, PHONE = codec_for("domain"), codec_for("phone-number")


def test_text_is_taken_as_it_is() -> None:
    class Title(str):
        pass

    for value in ("", "  two\nlines ", "🎉", Title("x")):
        assert TEXT.coerce(value, SPEC) == TEXT.filter_value(None, value, SPEC) == value
        assert type(TEXT.coerce(value, SPEC)) is str


def test_text_beyond_10_mb_is_refused() -> None:
    assert TEXT.coerce("x" * 10_000_000, SPEC)
    with pytest.raises(ValidationError, match="10 MB"):
        TEXT.coerce("é" * 5_300_000, SPEC)


def test_error_messages_show_values_shortened() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    assert show("x" * 200) == "'" + "x" * 56 + "..."
    assert show(Odd()) == "<Odd>"


# -- names -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "first", "last", "full"),
    [
        ("Byron, Ada", "Ada", "Byron", "Ada Byron"),
        ("Ada Byron", "Ada Byron", "", "Ada Byron"),
        ("Byron, Ada, Countess", "Ada, Countess", "Byron", "Ada, Countess Byron"),
        ("Byron,", "", "Byron", "Byron"),
        (PersonalName("Ada", "Byron"), "Ada", "Byron", "Ada Byron"),
        (PersonalName("Ada", "Byron", "Countess Ada"), "Ada", "Byron", "Countess Ada"),
        (PersonalName(full_name="Ada Byron"), "Ada Byron", "", "Ada Byron"),
        ({"first_name": "Ada", "last_name": "Byron"}, "Ada", "Byron", "Ada Byron"),
        ({"first_name": "Ada", "last_name": None, "full_name": "Ada B"}, "Ada", "", "Ada B"),
    ],
)
def test_names_are_written_with_all_three_parts(
    value: Any, first: str, last: str, full: str
) -> None:
    mine, back = round_trip("personal-name", value)
    assert NAME.write(mine) == {"first_name": first, "last_name": last, "full_name": full}
    assert (back.first_name, back.last_name, back.full_name) == (first, last, full)
    assert mine == back == full
    assert type(mine.full_name) is str


@pytest.mark.parametrize("wrong", ["", " ", " , ", PersonalName(), {}, 7, {"first_name": 7}])
def test_what_is_no_name_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"PersonalName\(|a name has"):
        NAME.coerce(wrong, SPEC)


def test_names_differ_by_their_parts_though_their_texts_are_equal() -> None:
    one, two = PersonalName("Ada King", "Noel"), PersonalName("Ada", "King Noel")
    assert one == two == "Ada King Noel"
    assert hash(one) == hash("Ada King Noel")
    assert NAME.key(one) != NAME.key(two)


def test_names_with_missing_parts_are_read() -> None:
    assert read(NAME, first_name="Ada", last_name=None, full_name=None) == "Ada"
    assert read(NAME, last_name="Byron").full_name == "Byron"
    assert read(NAME, full_name="Ada Byron").first_name == ""


def test_names_in_filters() -> None:
    ada = PersonalName("Ada", "Byron")
    assert NAME.filter_value(None, ada, SPEC) == "Ada Byron"
    assert NAME.filter_value("last_name", ada, SPEC) == "Byron"
    assert NAME.filter_value("last_name", "Byr", SPEC) == "Byr"
    assert NAME.filter_value(None, "Byron, Ada", SPEC) == "Ada Byron"


@pytest.mark.parametrize("prop", [None, "full_name", "first_name", "last_name"])
def test_a_comma_inside_a_part_parts_nothing_in_filters(prop: str | None) -> None:
    king = PersonalName("Martin Luther", "King, Jr.")
    assert NAME.filter_value(prop, king, SPEC) == getattr(king, prop or "full_name")


@given(LINE, LINE)
def test_a_name_is_a_text_everywhere(first: str, last: str) -> None:
    name = PersonalName(first, last)
    assert {f"{first} {last}": 1}[name] == 1
    assert f"{name}" == str(name) == f"{first} {last}"
    assert repr(name).startswith("PersonalName(")


# -- e-mail addresses ------------------------------------------------------------------------------


@given(EMAIL)
def test_email_addresses_are_the_same_whatever_their_case(text: str) -> None:
    mine, back = round_trip("email-address", f" {text} ")
    assert mine == back == text.lower()
    assert EMAILS.key(EMAILS.coerce(text.upper(), SPEC)) == EMAILS.key(mine)
    assert EMAILS.write(mine) == mine.original_email_address == text
    assert f"{mine.email_local_specifier}@{mine.email_domain}" == text.lower()
    assert mine.email_root_domain is None
    assert (back.email_local_specifier, back.email_domain) == tuple(text.lower().split("@"))
    assert back.email_domain.endswith(back.email_root_domain)
    assert EMAILS.filter_value(None, text.upper(), SPEC) == text.lower()


@pytest.mark.parametrize(
    "wrong",
    [
        "ada", "@x.com", "ada@", "ada@x", "a b@x.com", "ada@x..com", ".ada@x.com", "a@b@x.com",
        "Ada <ada@x.com>", "ada@x.com, bob@x.com", "ada@-x.com", f"{'a' * 320}@x.com", "", 7,
    ],
)  # fmt: skip
def test_what_is_no_email_address_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="e-mail address"):
        EMAILS.coerce(wrong, SPEC)


def test_an_email_address_without_its_normal_form_is_read() -> None:
    assert read(EMAILS, original_email_address="Ada@X.com") == "Ada@X.com"
    assert read(EMAILS, email_address="ada@x.com").original_email_address == "ada@x.com"
    assert read(EMAILS, email_address="ada@x.com").email_domain == "x.com"


# -- domains ---------------------------------------------------------------------------------------


@given(HOST)
def test_of_a_url_the_host_is_taken(host: str) -> None:
    for text in (host, f"HTTPS://{host.upper()}/a?b=c#d", f"{host}/x", f"http://me:pw@{host}:8080"):
        mine, back = round_trip("domain", text)
        assert mine == back == mine.domain == host
        assert mine.root_domain is None
        assert host.endswith(back.root_domain)
    assert DOMAIN.filter_value(None, f"https://{host}/about", SPEC) == host
    assert DOMAIN.filter_value("root_domain", "ACME.", SPEC) == "acme."


@pytest.mark.parametrize(
    "wrong", ["", "acme", "a b.com", "-a.com", "https://", 7, "a..com", "x." * 130]
)
def test_what_is_no_domain_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match="domain"):
        DOMAIN.coerce(wrong, SPEC)


def test_an_internationalised_domain_is_accepted() -> None:
    assert DOMAIN.coerce("https://Bücher.example/", SPEC) == "bücher.example"
    assert Domain("ACME.com.") == "acme.com"


# -- phone numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["+44 20 7946 0000", "+44 (20) 7946-0000", "+44.20.7946.0000"])
def test_phone_numbers_are_the_same_however_they_are_written(text: str) -> None:
    for value in (text, PhoneNumber(text), PhoneNumber(text, country_code="gb")):
        mine = PHONE.coerce(value, SPEC)
        assert mine == mine.phone_number == "+442079460000"
        assert PHONE.write(mine) == PHONE.key(mine) == "+442079460000"
        assert mine.original_phone_number == text
    assert PHONE.filter_value(None, text, SPEC) == "+442079460000"
    assert mine.country_code == "GB"


def test_a_national_number_is_written_with_its_country() -> None:
    value = PhoneNumber("020 7946 0000", country_code="GB")
    mine, back = round_trip("phone-number", value)
    written = {"original_phone_number": "020 7946 0000", "country_code": "GB"}
    assert PHONE.write(mine) == PHONE.dump(mine) == written
    assert PHONE.coerce(written, SPEC) == mine
    assert back.original_phone_number == mine
    assert PHONE.key(mine) == PHONE.key(PhoneNumber("(020) 79460000", country_code="GB"))
    assert PHONE.key(mine) != PHONE.key(PhoneNumber("020 7946 0000", country_code="FR"))


@pytest.mark.parametrize(
    "national", ["020 7946 0000", PhoneNumber("020 7946 0000"), "0044 20 7946"]
)
def test_a_national_number_without_its_country_is_refused_with_advice(national: str) -> None:
    with pytest.raises(ValidationError, match=r"which country.*country_code=\"GB\""):
        PHONE.coerce(national, SPEC)


@pytest.mark.parametrize(
    "wrong",
    ["", "+", "+0123456789", "+44abc", "+1234567890123456", "call me", 442079460000, {}, "+123456"],
)
def test_what_is_no_phone_number_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError, match=r"country|digits"):
        PHONE.coerce(wrong, SPEC)


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(ValidationError, match="not a valid country code"):
        PHONE.coerce(PhoneNumber("020 7946", country_code="UK"), SPEC)
    with pytest.raises(ValidationError, match="not a valid country code"):
        PHONE.filter_value("country_code", "United Kingdom", SPEC)
    assert PHONE.filter_value("country_code", "gb", SPEC) == "GB"
    assert PHONE.filter_value(None, "7946", SPEC) == "7946"


def test_a_phone_number_is_read_under_both_of_its_names() -> None:
    assert read(PHONE, phone_number="+19725550123") == "+19725550123"
    documented = read(PHONE, normalized_phone_number="+19725550123", country_code="US")
    assert documented == documented.original_phone_number == "+19725550123"
    assert documented.country_code == "US"
    assert read(PHONE, original_phone_number="972 555") == "972 555"


def test_reprs_name_the_type() -> None:
    assert repr(EmailAddress("Ada@X.com")) == "EmailAddress('ada@x.com')"
    assert repr(Domain("x.com")) == "Domain('x.com')"


# -- what nobody sees ------------------------------------------------------------------------------

UNSEEN = "\u200b\u200d\ufeff\u00ad\u2060\u202a\u202c\u180e\u3164\u115f\ufe0f\u034f\u2800"
FORMS = {
    "email-address": "ada{}@lovelace.dev",
    "domain": "love{}lace.dev",
    "phone-number": "+44 20{} 7946 0000",
    "actor-reference": "ada{}@lovelace.dev",
}


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
@pytest.mark.parametrize("kind", FORMS)
def test_invisible_characters_are_refused_and_shown(kind: str, unseen: str) -> None:
    codec, form = codec_for(kind), FORMS[kind]
    assert codec.coerce(form.format(""), SPEC)
    shown = rf"'.*{re.escape(ascii(unseen)[1:-1])}.*' is not a valid .* invisible"
    for text in (form.format(unseen), unseen + form.format(""), form.format("") + unseen):
        with pytest.raises(ValidationError, match=shown):
            codec.coerce(text, SPEC)
        with pytest.raises(ValidationError, match=shown):
            codec.filter_value(codec.lookups.default, text, SPEC)


@pytest.mark.parametrize("text", ["क्\u200dष", "👩\u200d💻", "Won 🎉\ufe0f", "co\u00adoperate"])
def test_in_words_they_may_mean_something(text: str) -> None:
    assert TEXT.coerce(text, SPEC) == text
    assert NAME.coerce(text, SPEC) == text
    assert codec_for("select").coerce(text, SPEC) == text


def test_spaces_of_any_kind_part_the_digits_of_a_phone_number() -> None:
    assert PHONE.coerce("\u00a0+44\u00a020\u202f7946\u20090000", SPEC) == "+442079460000"
    assert PHONE.filter_value(None, "+44\u00a020", SPEC) == "+4420"


@pytest.mark.parametrize(
    "text",
    [
        "+1 202 555 0123 ext. 45", "+1 202 555 0123 ext 45", "+12025550123x45",
        "+1-202-555-0123 x 45", "+1 (202) 555-0123, extension 45", "+12025550123;ext=45",
        "+12025550123,,45", "+12025550123#45", "+12025550123 Ext.45", "202 555 0123 extn 45",
    ],
)  # fmt: skip
def test_extensions_of_phone_numbers_are_explained(text: str) -> None:
    with pytest.raises(
        ValidationError, match=r"without extensions\. Give '.*0123', and keep the '45' in another"
    ):
        PHONE.coerce(text, SPEC)


@pytest.mark.parametrize("text", ["+44 20 7946 0000, 020 7946 0001", "+44abcx12", "x45", "ext. 45"])
def test_what_is_no_extension_is_not_called_one(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a valid phone number") as caught:
        PHONE.coerce(text, SPEC)
    assert "extension" not in str(caught.value)
