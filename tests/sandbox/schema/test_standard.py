"""The objects that each workspace starts with."""

from __future__ import annotations

import pytest

from tests.sandbox.client import Client
from tests.sandbox.helpers import attributes

FACTS = {
    "people": """
        record_id:text:U:RO name:personal-name email_addresses:email-address:M:U description:text
        company:record-reference job_title:text avatar_url:text:RO phone_numbers:phone-number:M
        primary_location:location angellist:text facebook:text instagram:text linkedin:text
        twitter:text twitter_follower_count:number:RO first_calendar_interaction:interaction:RO
        last_calendar_interaction:interaction:RO next_calendar_interaction:interaction:RO
        first_email_interaction:interaction:RO last_email_interaction:interaction:RO
        first_interaction:interaction:RO last_interaction:interaction:RO
        next_interaction:interaction:RO strongest_connection_strength_legacy:number:RO
        strongest_connection_strength:select:RO strongest_connection_user:actor-reference:RO
        associated_deals:record-reference:M associated_users:record-reference:M
        created_at:timestamp:RO created_by:actor-reference:RO
    """,
    "companies": """
        record_id:text:U:RO domains:domain:M:U name:text description:text team:record-reference:M
        categories:select:M primary_location:location logo_url:text:RO angellist:text facebook:text
        instagram:text linkedin:text twitter:text twitter_follower_count:number:RO
        estimated_arr_usd:select funding_raised_usd:currency foundation_date:date
        employee_range:select first_calendar_interaction:interaction:RO
        last_calendar_interaction:interaction:RO next_calendar_interaction:interaction:RO
        first_email_interaction:interaction:RO last_email_interaction:interaction:RO
        first_interaction:interaction:RO last_interaction:interaction:RO
        next_interaction:interaction:RO strongest_connection_strength_legacy:number:RO
        strongest_connection_strength:select:RO strongest_connection_user:actor-reference:RO
        associated_deals:record-reference:M associated_workspaces:record-reference:M
        created_at:timestamp:RO created_by:actor-reference:RO
    """,
    "deals": """
        record_id:text:U:RO name:text:R stage:status:R owner:actor-reference:R value:currency
        associated_people:record-reference:M associated_company:record-reference
        created_at:timestamp:RO created_by:actor-reference:RO
    """,
    "users": """
        record_id:text:U:RO person:record-reference primary_email_address:email-address:U:R
        user_id:text:U:R workspace:record-reference:M created_at:timestamp:RO
        created_by:actor-reference:RO
    """,
    "workspaces": """
        record_id:text:U:RO workspace_id:text:U:R name:text users:record-reference:M
        company:record-reference avatar_url:text created_at:timestamp:RO
        created_by:actor-reference:RO
    """,
}


@pytest.mark.parametrize("slug", FACTS)
def test_standard_objects_have_the_attributes_of_the_docs_in_order(api: Client, slug: str) -> None:
    found: list[str] = []
    for attribute in api.data("GET", attributes(slug)):
        flags = [("is_multiselect", "M"), ("is_unique", "U"), ("is_required", "R")]
        marks = [mark for name, mark in flags if attribute[name]]
        marks += [] if attribute["is_writable"] else ["RO"]
        found.append(":".join([attribute["api_slug"], attribute["type"], *marks]))
        assert attribute["is_system_attribute"] is True
    assert found == FACTS[slug].split()


def test_created_by_has_the_dynamic_default(api: Client) -> None:
    found = api.data("GET", f"{attributes('people')}/created_by")
    assert found["default_value"] == {"type": "dynamic", "template": "current-user"}
    assert found["is_default_value_enabled"] is True
