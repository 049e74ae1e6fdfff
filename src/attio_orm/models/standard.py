"""The models that ship: Attio's five standard objects.

See https://docs.attio.com/docs/standard-objects/standard-objects-overview.
"""

from __future__ import annotations

from typing import ClassVar

from attio_orm.attributes import (
    Actor,
    Currency,
    Date,
    Domains,
    EmailAddress,
    EmailAddresses,
    Interaction,
    Location,
    Many,
    Maybe,
    MultiSelect,
    Number,
    PersonalName,
    PhoneNumbers,
    Select,
    Status,
    Text,
)
from attio_orm.models.deals import DealManagers, Outcomes
from attio_orm.models.model import Model
from attio_orm.pickles import public_in


class Contacted(Model, abstract=True):
    """What Attio notes of the contact with people and companies. Read-only."""

    first_calendar_interaction: Interaction
    last_calendar_interaction: Interaction
    next_calendar_interaction: Interaction
    first_email_interaction: Interaction
    last_email_interaction: Interaction
    first_interaction: Interaction
    last_interaction: Interaction
    next_interaction: Interaction
    strongest_connection_strength_legacy: Number = Number(read_only=True)
    strongest_connection_strength: Select = Select(read_only=True)
    strongest_connection_user: Actor = Actor(read_only=True)


class Person(Contacted, shipped=True):
    """People. See https://docs.attio.com/docs/standard-objects/standard-objects-people."""

    name: PersonalName
    email_addresses: EmailAddresses = EmailAddresses(unique=True)
    description: Text
    company: Maybe[Company]
    job_title: Text
    avatar_url: Text = Text(read_only=True)
    phone_numbers: PhoneNumbers
    primary_location: Location
    angellist: Text
    facebook: Text
    instagram: Text
    linkedin: Text
    twitter: Text
    twitter_follower_count: Number = Number(read_only=True)
    associated_deals: Many[Deal]
    associated_users: Many[User]
    created_by: Actor = Actor(read_only=True)


class Company(Contacted, shipped=True):
    """Companies. See https://docs.attio.com/docs/standard-objects/standard-objects-companies."""

    domains: Domains = Domains(unique=True)
    name: Text
    description: Text
    team: Many[Person]
    categories: MultiSelect
    primary_location: Location
    logo_url: Text = Text(read_only=True)
    angellist: Text
    facebook: Text
    instagram: Text
    linkedin: Text
    twitter: Text
    twitter_follower_count: Number = Number(read_only=True)
    estimated_arr_usd: Select
    funding_raised_usd: Currency
    foundation_date: Date
    employee_range: Select
    associated_deals: Many[Deal]
    associated_workspaces: Many[Workspace]
    created_by: Actor = Actor(read_only=True)


class Deal(Outcomes, Model, shipped=True):
    """Deals. See https://docs.attio.com/docs/standard-objects/standard-objects-deals.

    ``class Deal(attio_orm.Deal, won={"Closed Won"}, lost={"Closed Lost"})`` says which stages
    ``objects.won()``, ``lost()`` and ``open()`` go by.
    """

    objects: ClassVar = DealManagers()
    _keywords = (*Model._keywords, "won", "lost")

    name: Text = Text(required=True)
    stage: Status[str] = Status(required=True)  # no titles: each workspace has its own
    owner: Actor = Actor(required=True)
    value: Currency
    associated_people: Many[Person]
    associated_company: Maybe[Company]
    created_by: Actor = Actor(read_only=True)


class User(Model, shipped=True):
    """Users of your product.

    See https://docs.attio.com/docs/standard-objects/standard-objects-users.
    """

    person: Maybe[Person]
    primary_email_address: EmailAddress = EmailAddress(required=True, unique=True)
    user_id: Text = Text(required=True, unique=True)
    workspace: Many[Workspace]
    created_by: Actor = Actor(read_only=True)


class Workspace(Model, shipped=True):
    """Workspaces of your product.

    See https://docs.attio.com/docs/standard-objects/standard-objects-workspaces.
    """

    workspace_id: Text = Text(required=True, unique=True)
    name: Text
    users: Many[User]
    company: Maybe[Company]
    avatar_url: Text  # writable, unlike that of a person, which Attio finds by itself
    created_by: Actor = Actor(read_only=True)


# Under the name that users import them by they are pickled, and shown in tracebacks; only now, as
# annotations are looked up in the module of their class.
for _model in (Person, Company, Deal, User, Workspace):
    public_in("attio_orm", _model, _model.DoesNotExist, _model.MultipleObjectsReturned)
