"""Generates a row for every table, so that a new table is tested without being named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import TIMESTAMP, Boolean, Column, Date, Integer, LargeBinary, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import TypeEngine

from letmepost.domain.api_keys import Mode
from letmepost.storage.database import Tenant
from letmepost.storage.tables import metadata

TABLES = [table for table in metadata.sorted_tables if table.name != "deployment"]
"""The tables of tenants. Tables that others refer to come first."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Estate:
    """One row of every table, all of one tenant."""

    tenant: Tenant
    rows: dict[str, Row] = field(default_factory=dict)


def make_estate(mode: Mode = Mode.TEST, organization_id: UUID | None = None) -> Estate:
    """Return the rows of a new organization, or of the other mode of an existing one."""
    estate = Estate(Tenant(organization_id or uuid4(), mode))
    for table in TABLES:
        estate.rows[table.name] = make_row(table, estate)
    return estate


def make_row(table: Table, estate: Estate) -> dict[str, Any]:
    """Return a row that refers to the tenant's own rows and has only required values."""
    row = {column.name: _value(column, estate) for column in table.columns if _is_needed(column)}
    for constraint in table.foreign_key_constraints:
        referred = estate.rows[constraint.referred_table.name]
        row |= {key.parent.name: referred[key.column.name] for key in constraint.elements}
    if table.name == "organizations":
        row["id"] = estate.tenant.organization_id
    return row


def of_tenant(table: Table) -> str:
    """Return the column of a row's organization."""
    return "id" if table.name == "organizations" else "organization_id"


def identity(table: Table, row: Row) -> Row:
    """Return the primary key of the row."""
    return {column.name: row[column.name] for column in table.primary_key.columns}


def _is_needed(column: Column[Any]) -> bool:
    if column.name in {"organization_id", "mode"} or _is_unique(column):
        return True
    return not column.nullable and column.server_default is None and column.identity is None


def _is_unique(column: Column[Any]) -> bool:
    unique = [constraint for constraint in column.table.constraints if isinstance(constraint, UniqueConstraint)]
    return any(column.name in constraint.columns for constraint in unique)


_VALUES: Sequence[tuple[type[TypeEngine[Any]], Callable[[], Any]]] = (
    (Uuid, uuid4),
    (Text, lambda: f"text {uuid4()}"),
    (LargeBinary, lambda: uuid4().bytes),
    (Boolean, lambda: False),
    (Integer, lambda: uuid4().int % 2**31),
    (Date, lambda: date(2026, 11, 21)),
    (TIMESTAMP, lambda: datetime(2026, 11, 21, tzinfo=UTC)),
    (JSONB, dict),
    (ARRAY, list),
)


def _value(column: Column[Any], estate: Estate) -> Any:
    if column.name == "organization_id":
        return estate.tenant.organization_id
    if column.name == "mode":
        return estate.tenant.mode
    return next(make for kind, make in _VALUES if isinstance(column.type, kind))()
