"""How many records a filter takes and what their money adds up to, as a whole or by an option."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from attio_sandbox.filters.conditions import Junction, node_sql
from attio_sandbox.filters.queries import Query
from attio_sandbox.records.documents import decode_document
from attio_sandbox.schema import Attribute
from attio_sandbox.storage import Database
from attio_sandbox.values.base import members

# Money is looked up record by record: a second or so for as many as this.
MOST_ADDED = 200_000
# Numbers with a fraction below this have their four decimals exactly in 64 bits.
_EXACT_BELOW = 900_000_000_000
_PART = 1_000_000
# Whole numbers in two parts, and fractions apart, each as integers: SQLite adds these up exactly,
# and neither overflows before there are billions of them.
_IS_LARGE = f"(typeof(m.number) = 'real' AND abs(m.number) >= {_EXACT_BELOW})"
_NUMBER = f"CASE WHEN {_IS_LARGE} THEN 0 ELSE m.number END"
_SUMS = (
    f"sum(CAST(n AS INTEGER) / {_PART}), sum(CAST(n AS INTEGER) % {_PART}),"
    " sum(CAST(round((n - CAST(n AS INTEGER)) * 10000) AS INTEGER)), sum(is_large)"
)


class Sum(NamedTuple):
    """What the values of one attribute in one currency add up to, exactly."""

    attribute: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Group:
    """The records of one option, or without one: how many, and their sums."""

    option: str | None
    count: int
    sums: list[Sum]


@dataclass(frozen=True, slots=True)
class Totals:
    """All that a filter takes, and the same by option where that was asked for.

    There are no sums where `is_too_many`: more records than are added up.
    """

    count: int
    sums: list[Sum]
    groups: list[Group]
    is_too_many: bool


# By the number of the option, the slug of the attribute, and the currency.
_Amounts = defaultdict[tuple[int | None, str, str], Decimal]
# A condition on `cells m` with its parameters.
_Condition = tuple[str, list[Any]]


def add_up(
    database: Database, query: Query, filter_: Mapping[str, Any], by: Attribute | None
) -> Totals:
    """Count the records that a filter takes and add their money up, in the database.

    `by` is a status, or a select of one value. Raises `filter_error` where Attio would.
    """
    collection, node = query.collection, query.compile(filter_)
    values: list[Any] = [collection.num]
    found = f"SELECT r.num FROM records r WHERE r.object = ? AND {node_sql(node, values)}"
    chosen: _Condition = (f" AND m.record IN ({found})", values)
    if node == Junction("AND", ()):
        chosen = "", []  # all of them: nothing to look up
    count: int = database.row(f"SELECT count(*) FROM ({found})", values)[0]
    is_too_many = count > MOST_ADDED
    amounts: _Amounts = defaultdict(Decimal)
    if not is_too_many:
        for attribute in collection.active:
            if attribute.type == "currency":
                _add_money(database, attribute, by, chosen, amounts)
    groups: list[Group] = []
    if by is not None:
        more, parameters = chosen
        sql = f"SELECT m.number, count(*) FROM cells m WHERE m.attribute = ?{more} GROUP BY 1"
        counts: dict[int | None, int] = dict(database.rows(sql, [by.num, *parameters]))
        groups = [
            Group(each.id, counts[each.num], _sums(amounts, each.num))
            for each in by.options
            if each.num in counts
        ]
        rest = count - sum(counts.values())
        if rest:
            groups.append(Group(None, rest, _sums(amounts, None)))
    return Totals(count, _sums(amounts), groups, is_too_many)


def _sums(amounts: _Amounts, *options: int | None) -> list[Sum]:
    """Give the sums of an option, else of all, each attribute's and each currency's apart."""
    merged: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for (option, attribute, currency), amount in amounts.items():
        if not options or option in options:
            merged[attribute, currency] += amount
    return [Sum(*key, merged[key]) for key in merged]


def _add_money(
    database: Database,
    attribute: Attribute,
    by: Attribute | None,
    chosen: _Condition,
    amounts: _Amounts,
) -> None:
    more, parameters = chosen
    option, join, values = "NULL", "", [attribute.num, *parameters]
    if by is not None:
        option, values = "o.number", [by.num, *values]
        join = " LEFT JOIN cells o ON o.record = m.record AND o.attribute = ?"
    where = f"FROM cells m{join} WHERE m.attribute = ?{more}"
    # One pass for nearly all; what it leaves out is looked for only where there is some.
    lacks_currency = has_large = False
    for num, currency, high, low, fraction, large in database.rows(
        f"SELECT option, currency, {_SUMS} FROM (SELECT {option} AS option, m.s3 AS currency,"
        f" {_NUMBER} AS n, {_IS_LARGE} AS is_large {where}) GROUP BY 1, 2 ORDER BY 1, 2",
        values,
    ):
        if currency is None:
            lacks_currency = True
            continue
        has_large = has_large or bool(large)
        amount = Decimal(high) * _PART + low + Decimal(fraction) / 10_000
        amounts[num, attribute.slug, currency] += amount
    if has_large:
        sql = f"SELECT {option}, m.s3, m.number {where} AND m.s3 IS NOT NULL AND {_IS_LARGE}"
        for num, currency, number in database.rows(sql, values):
            amounts[num, attribute.slug, currency] += Decimal(repr(number))
    if lacks_currency:  # files of older versions: there it stands in the documents alone
        document = "(SELECT doc FROM records WHERE num = m.record)"
        sql = f"SELECT {option}, {document} {where} AND m.s3 IS NULL"
        for num, found in database.rows(sql, values):
            for _, _, body in decode_document(found).get(attribute.num, ()):
                assert isinstance(body, str)
                value = members(body)
                key = (num, attribute.slug, str(value["currency_code"]))
                amounts[key] += Decimal(repr(value["currency_value"]))
