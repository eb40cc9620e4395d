"""What the tables share: the metadata with its naming convention, and the columns of tenancy."""

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
    """A `timestamptz` column."""
    kind = TIMESTAMP(timezone=True)
    if default_now:
        return Column(name, kind, nullable=False, server_default=func.now())
    return Column(name, kind, nullable=nullable)


def tenant() -> Iterator[Column[Any]]:
    """The columns that say whose a row is and in which world: every policy compares them."""
    yield Column("organization_id", Uuid, nullable=False)
    yield Column("mode", Text, nullable=False)


def known_mode() -> CheckConstraint:
    """There are two worlds."""
    return CheckConstraint("mode IN ('test', 'live')", name="known_mode")


def belongs_to(column: str, table: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """A reference inside a tenant: it includes the organization, because foreign keys bypass row-level security."""
    return ForeignKeyConstraint(
        ["organization_id", column], [f"{table}.organization_id", f"{table}.id"], ondelete=ondelete
    )


def of_organization() -> ForeignKeyConstraint:
    """Rows go with their organization."""
    return ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE")
