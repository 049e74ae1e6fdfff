"""The standard objects: their attributes in the order of the API, options, pairs; activities."""

from __future__ import annotations

from typing import NamedTuple

# As a real workspace had them, in its order (facts.md 16).
CATEGORIES = (
    "3D Printing", "Accounting", "Aerospace & Defense", "Agriculture", "Airlines",
    "Alternative Medicine", "Animation", "Apparel & Footwear", "Architecture", "Arts",
    "Arts & Crafts", "Asset Management", "Audio", "Automation", "Automotive", "B2B", "B2C",
    "Banking & Mortgages", "Beverages", "Biotechnology", "Broadcasting", "Building Materials",
    "Business Supplies", "Chemicals", "Civil Engineering", "Cloud Services", "Communications",
    "Computer Hardware", "Construction", "Construction Contractors & Services",
    "Consulting & Professional Services", "Consumer Discretionary", "Consumer Electronics",
    "Consumer Goods", "Consumer Staples", "Corporate & Business", "Cosmetics", "Design",
    "E-commerce", "E-Commerce & Marketplaces", "E-Learning", "Education", "Electrical", "Energy",
    "Energy & Utilities", "Enterprise", "Entertainment & Recreation", "Events", "Eyewear",
    "Facilities", "Family Services", "Finance", "Financial Services", "Fine Art", "Firearms",
    "Fishery", "Food", "Food Production", "Forums", "Fundraising", "Gambling & Casinos",
    "Government", "Ground Transportation", "Health & Wellness", "Health Care", "Higher Education",
    "Home & Furniture", "Home Improvement", "Human Resources", "Import & Export",
    "Industrials & Manufacturing", "Information Technology & Services", "Insurance",
    "International Relations", "International Trade", "Internet", "Investment",
    "Investment Banking", "Investment Management", "ISP", "Jewelry Watches & Luxury Goods",
    "Judiciary", "Law Enforcement", "Legal Services", "Libraries", "Machinery", "Maritime",
    "Market Research", "Marketing & Advertising", "Marketplace", "Mechanical Engineering", "Media",
    "Medicine", "Military", "Mining & Metals", "Mobile", "Movies & TV", "Museums", "Music",
    "Nanotechnology", "Networking", "Non-Profit & Philanthropy", "Oil & Gas", "Outsourcing",
    "Packaging & Containers", "Paper Goods", "Payments", "Performing Arts", "Pharmaceuticals",
    "Pharmacy", "Photography", "Plastics", "Plumbing", "Political Organization", "Pornography",
    "Primary & Secondary Education", "Printing", "Public Relations", "Publishing", "Ranching",
    "Real Estate", "Religion", "Renewables & Environment", "Restaurants", "Retail", "SAAS",
    "Sanitization Services", "Scientific & Academic Research", "Security", "Services",
    "Shipbuilding", "Shipping & Logistics", "Society", "Sporting Goods", "Sports & Fitness",
    "Stores", "Talent Agencies", "Technology", "Telecommunications", "Textiles", "Tobacco",
    "Tools", "Translation", "Transportation", "Travel & Leisure", "Utilities", "Venture Capital",
    "Veterinary", "Video Games", "Warehousing", "Web Services & Apps", "Wholesale",
)  # fmt: skip
# Attio does not publish the default options of these; the sets are plausible, not captured.
EMPLOYEE_RANGES = (
    "1-10", "11-50", "51-250", "251-1K", "1K-5K", "5K-10K", "10K-50K", "50K-100K", "100K+",
)  # fmt: skip
ARR_RANGES = (
    "$0-$1M", "$1M-$10M", "$10M-$50M", "$50M-$100M", "$100M-$250M", "$250M-$500M", "$500M-$1B",
    "$1B-$10B", "$10B+",
)  # fmt: skip
STRENGTHS = ("Very weak", "Weak", "Good", "Strong", "Very strong")
STAGES = ("Lead", "In Progress", "Won 🎉", "Lost")


class StandardAttribute(NamedTuple):
    """One attribute of a standard object. `target` is the object referred to."""

    slug: str
    type: str
    title: str
    flags: str = ""
    target: str | None = None
    options: tuple[str, ...] = ()
    description: str | None = None

    def has(self, flag: str) -> bool:
        """Tell whether a flag is set: m multi, u unique, r required, x not writable."""
        return flag in self.flags


class StandardObject(NamedTuple):
    """One standard object."""

    slug: str
    singular: str
    plural: str
    attributes: tuple[StandardAttribute, ...]


_A = StandardAttribute
_RECORD_ID = _A("record_id", "text", "Record ID", "ux")
_CREATED = (
    _A("created_at", "timestamp", "Created at", "x"),
    _A("created_by", "actor-reference", "Created by", "x"),
)
_SOCIAL = tuple(
    _A(slug, "text", title)
    for slug, title in (
        ("angellist", "AngelList"),
        ("facebook", "Facebook"),
        ("instagram", "Instagram"),
        ("linkedin", "LinkedIn"),
        ("twitter", "Twitter"),
    )
)
_FOLLOWERS = _A("twitter_follower_count", "number", "Twitter follower count", "x")
_INTERACTIONS = tuple(
    _A(f"{which}_{kind}interaction", "interaction", f"{which.title()} {title}interaction", "x")
    for which, kind, title in (
        ("first", "calendar_", "calendar "),
        ("last", "calendar_", "calendar "),
        ("next", "calendar_", "calendar "),
        ("first", "email_", "email "),
        ("last", "email_", "email "),
        ("first", "", ""),
        ("last", "", ""),
        ("next", "", ""),
    )
)
# Written by Attio alone: here they stay empty.
_CONNECTION = (
    _A("strongest_connection_strength_legacy", "number", "Connection strength (legacy)", "x"),
    _A("strongest_connection_strength", "select", "Connection strength", "x", None, STRENGTHS),
    _A("strongest_connection_user", "actor-reference", "Strongest connection", "x"),
)


def _associated(target: str, noun: str, own: str) -> StandardAttribute:
    """Give the reference of people and companies to what names them, as Attio describes it."""
    return _A(
        f"associated_{target}",
        "record-reference",
        f"Associated {target}",
        "m",
        target,
        description=f"{noun} records associated with a {own} record",
    )


CUSTOM_ATTRIBUTES = (_RECORD_ID, *_CREATED)
# Nobody says which attributes an activity begins with (facts.md 2.4): the fewest it can have.
ACTIVITY_ATTRIBUTES = CUSTOM_ATTRIBUTES
LIST_ATTRIBUTES = _CREATED

# In the order of the API (facts.md 11). In Attio deals, users and workspaces are off at first, and
# no endpoint switches them on: here they are on.
STANDARD_OBJECTS = (
    StandardObject(
        "people",
        "Person",
        "People",
        (
            _RECORD_ID,
            _A("name", "personal-name", "Name"),
            _A("email_addresses", "email-address", "Email addresses", "mu"),
            _A("description", "text", "Description"),
            _A("company", "record-reference", "Company", "", "companies"),
            _A("job_title", "text", "Job title"),
            _A("avatar_url", "text", "Avatar URL", "x"),
            _A("phone_numbers", "phone-number", "Phone numbers", "m"),
            _A("primary_location", "location", "Primary location"),
            *_SOCIAL,
            _FOLLOWERS,
            *_INTERACTIONS,
            *_CONNECTION,
            _associated("deals", "Deal", "Person"),
            _associated("users", "User", "Person"),
            *_CREATED,
        ),
    ),
    StandardObject(
        "companies",
        "Company",
        "Companies",
        (
            _RECORD_ID,
            _A("domains", "domain", "Domains", "mu"),
            _A("name", "text", "Name"),
            _A("description", "text", "Description"),
            _A("team", "record-reference", "Team", "m", "people"),
            _A("categories", "select", "Categories", "m", None, CATEGORIES),
            _A("primary_location", "location", "Primary location"),
            _A("logo_url", "text", "Logo URL", "x"),
            *_SOCIAL,
            _FOLLOWERS,
            _A("estimated_arr_usd", "select", "Estimated ARR", "", None, ARR_RANGES),
            _A("funding_raised_usd", "currency", "Funding raised"),
            _A("foundation_date", "date", "Foundation date"),
            _A("employee_range", "select", "Employee range", "", None, EMPLOYEE_RANGES),
            *_INTERACTIONS,
            *_CONNECTION,
            _associated("deals", "Deal", "Company"),
            _A("associated_workspaces", "record-reference", "Workspaces", "m", "workspaces"),
            *_CREATED,
        ),
    ),
    StandardObject(
        "deals",
        "Deal",
        "Deals",
        (
            _RECORD_ID,
            _A("name", "text", "Deal name", "r"),
            _A("stage", "status", "Deal stage", "r", None, STAGES),
            _A("owner", "actor-reference", "Deal owner", "r"),
            _A("value", "currency", "Deal value"),
            _A("associated_people", "record-reference", "Associated people", "m", "people"),
            _A("associated_company", "record-reference", "Associated company", "", "companies"),
            *_CREATED,
        ),
    ),
    StandardObject(
        "users",
        "User",
        "Users",
        (
            _RECORD_ID,
            _A("person", "record-reference", "Person", "", "people"),
            _A("primary_email_address", "email-address", "Primary email address", "ru"),
            _A("user_id", "text", "User ID", "ru"),
            _A("workspace", "record-reference", "Workspace", "m", "workspaces"),
            *_CREATED,
        ),
    ),
    StandardObject(
        "workspaces",
        "Workspace",
        "Workspaces",
        (
            _RECORD_ID,
            _A("workspace_id", "text", "Workspace ID", "ru"),
            _A("name", "text", "Name"),
            _A("users", "record-reference", "Users", "m", "users"),
            _A("company", "record-reference", "Company", "", "companies"),
            _A("avatar_url", "text", "Avatar URL"),
            *_CREATED,
        ),
    ),
)

# Both sides of a relationship change together (facts.md 4.1, record-reference).
PAIRS = (
    (("people", "company"), ("companies", "team")),
    (("people", "associated_deals"), ("deals", "associated_people")),
    (("companies", "associated_deals"), ("deals", "associated_company")),
    (("users", "person"), ("people", "associated_users")),
    (("users", "workspace"), ("workspaces", "users")),
    (("workspaces", "company"), ("companies", "associated_workspaces")),
)

# What an activity may extend, and the one that Attio brings (facts.md 2.4). That it extends calls
# is the likelier reading of its name.
ACTIVITY_BASES = ("activities", "interactions", "calls", "emails")
PHONE_CALLS = ("phone_calls", "Phone call", "Phone calls", "calls")
