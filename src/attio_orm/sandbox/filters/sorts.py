"""Sorts: from Attio's JSON to ORDER BY terms. Records without a value come last, always."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attio_orm.sandbox.errors import filter_error
from attio_orm.sandbox.filters.compiler import Compiler
from attio_orm.sandbox.schema import Attribute
from attio_orm.sandbox.values.registry import TYPES


def order_sql(compiler: Compiler, sorts: Sequence[Mapping[str, Any]], values: list[Any]) -> str:
    """Give the terms of ORDER BY for `records r`, adding their parameters to `values`.

    Without sorts it is `created_at`, oldest first. The id breaks the last ties, so that the
    order is total. Text sorts without case, options in the order they were made.
    """
    terms: list[str] = []
    direction = "ASC"
    for sort in sorts or ({"attribute": "created_at", "direction": "asc"},):
        direction = sort["direction"].upper()
        if "path" in sort:
            hops, _, attribute = compiler.hops(sort["path"])
        else:
            hops, attribute = (), compiler.find(compiler.object, sort["attribute"])
        column = _column(compiler, attribute, sort.get("field"))
        if attribute.is_system and attribute.slug in ("record_id", "created_at"):
            if not hops:
                terms.append(f"{column.format('r')} {direction}")
                continue
            attribute_num = None
        else:
            attribute_num = attribute.num
        terms.append(f"{_expression(hops, attribute_num, column, values)} {direction} NULLS LAST")
    return ", ".join([*terms, f"r.id {direction}"])


def _column(compiler: Compiler, attribute: Attribute, field: str | None) -> str:
    """Give the expression sorted by, with `{}` for the table."""
    name = field or TYPES[attribute.type].default
    if name is None:
        raise filter_error(
            f'Error in sort. Attribute "{attribute.slug}" ({attribute.type}) needs a field.'
        )
    found = compiler.properties(attribute).get(name)
    if found is None or not found.is_sortable or attribute.slug == "created_by":
        raise filter_error(
            f'Error in sort. Attribute "{attribute.slug}" cannot be sorted by field "{name}".'
        )
    # Only the default property is kept casefolded.
    folds = found.column.startswith("s") and found.operand not in ("id", "since")
    return f"fold({{}}.{found.column})" if folds else f"{{}}.{found.column}"


def _expression(hops: Sequence[int], attribute: int | None, column: str, values: list[Any]) -> str:
    """Give the first value, in stored order, of an attribute that `hops` lead to."""
    steps = [*hops] if attribute is None else [*hops, attribute]
    joins = ["cells c0"]
    for index, step in enumerate(steps[1:], 1):
        joins.append(f"cells c{index} ON c{index}.record = c{index - 1}.number")
        joins[-1] += f" AND c{index}.attribute = ?"
        values.append(step)
    last = f"c{len(steps) - 1}"
    if attribute is None:
        joins.append(f"records t ON t.num = {last}.number")
        last = "t"
    values.append(steps[0])
    order = ", ".join(f"c{index}.position" for index in range(len(steps)))
    return (
        f"(SELECT nullif({column.format(last)}, '') FROM {' JOIN '.join(joins)}"
        f" WHERE c0.record = r.num AND c0.attribute = ? ORDER BY {order} LIMIT 1)"
    )
