"""Parts of all tables: the metadata with its naming convention, and the columns of the tenant."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import TIMESTAMP, CheckConstraint, Column, ForeignKeyConstraint, MetaData, Text, Uuid, func

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def moment(name: str, *, nullable: bool = True, default_now: bool = False) -> Column[Any]:
    """Return a `timestamptz` column."""
    kind = TIMESTAMP(timezone=True)
    if default_now:
        return Column(name, kind, nullable=False, server_default=func.now())
    return Column(name, kind, nullable=nullable)


def tenant() -> Iterator[Column[Any]]:
    """Yield the columns of a row's tenant, which every policy compares."""
    yield Column("organization_id", Uuid, nullable=False)
    yield Column("mode", Text, nullable=False)


def known_mode() -> CheckConstraint:
    """Return the constraint on modes."""
    return CheckConstraint("mode IN ('test', 'live')", name="known_mode")


def belongs_to(column: str, table: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Return a reference inside a tenant. It includes the organization: foreign keys bypass row-level security."""
    return ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], ondelete=ondelete
    )


def of_organization() -> ForeignKeyConstraint:
    """Return the reference with which rows are deleted with their organization."""
    return ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE")
