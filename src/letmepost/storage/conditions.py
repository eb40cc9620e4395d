"""Conditions that many statements share."""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Table, and_, true

from letmepost.storage.database import Tenant

T = TypeVar("T")


def equals_if_given(column: Column[T], value: T | None) -> ColumnElement[bool]:
    """`column = value`; nothing for None."""
    return true() if value is None else column == value


def below_if_given(column: Column[T], value: T | None) -> ColumnElement[bool]:
    """`column < value`; nothing for None."""
    return true() if value is None else column < value


def is_row(table: Table, tenant: Tenant, row_id: UUID) -> ColumnElement[bool]:
    """The tenant's own row with this id."""
    return and_(table.c.organization_id == tenant.organization_id, table.c.mode == tenant.mode, table.c.id == row_id)
