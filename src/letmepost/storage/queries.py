"""Parts of queries that several repositories share."""

from collections.abc import Sequence
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Integer, Select, Subquery, Table, and_, bindparam, true

from letmepost.storage.database import Tenant

T = TypeVar("T")
Condition: TypeAlias = tuple[str, Any]
"""A condition of a statement for the driver, and its value. `{}` stands for the number of its parameter."""


def one_of(expression: str, values: Sequence[Any]) -> Condition:
    """Return the condition that the expression has one of the values.

    A single value is compared with `=`: only then does an index on the column and the id return the rows in the order
    of their ids.
    """
    if len(values) == 1:
        return f"{expression} = ${{}}", values[0]
    return f"{expression} = ANY(${{}})", list(values)


def numbered(conditions: Sequence[str], first: int) -> str:
    """Return conditions as the end of a WHERE clause, with parameters numbered from `first`."""
    return "".join(f" AND {condition.format(number)}" for number, condition in enumerate(conditions, first))


def equals_if_given(column: Column[T], value: T | None) -> ColumnElement[bool]:
    """Return the condition `column = value`; no condition if the value is None."""
    return true() if value is None else column == value


def below_if_given(column: Column[T], value: T | None) -> ColumnElement[bool]:
    """Return the condition `column < value`; no condition if the value is None."""
    return true() if value is None else column < value


def is_row(table: Table, tenant: Tenant, row_id: UUID) -> ColumnElement[bool]:
    """Return the condition that selects the row of the tenant with this id."""
    return and_(table.c.organization_id == tenant.organization_id, table.c.mode == tenant.mode, table.c.id == row_id)


def newest_rows(matching: Select[Any], by: Column[Any], limit: int) -> Subquery:
    """Return the newest rows that match, as a subquery from which joins start.

    PostgreSQL cannot know that row-level security lets every joined row pass. It expects next to none, and would join
    every matching row before it sorts, unless the page is selected first. The limit is part of the statement's text,
    because a cached plan with a parameter assumes a tenth of all rows.
    """
    shown = bindparam("page_size", limit, Integer, literal_execute=True)
    return matching.order_by(by.desc()).limit(shown).subquery("page")
