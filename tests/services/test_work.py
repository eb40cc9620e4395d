"""The rights of a unit of work, in PostgreSQL."""

from uuid import UUID

import pytest
from sqlalchemy import text

from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.database import APPLICATION_ROLE, DEPLOYMENT, LOOKUP_ROLE, Tenant
from tests.storage.support import Owner


async def rights_of(work: Work) -> tuple[str, Tenant]:
    """Return the role and the tenant that PostgreSQL enforces."""
    query = "SELECT current_user, current_setting('letmepost.organization'), current_setting('letmepost.mode')"
    [(role, organization_id, mode)] = await work.connection.execute(text(query))
    return role, Tenant(UUID(organization_id), mode)


@pytest.fixture
def units(owner: Owner) -> UnitsOfWork:
    return owner.units


async def test_operator_work_has_the_rows_of_a_tenant_only_inside_the_block(units: UnitsOfWork, owner: Owner) -> None:
    async with units.begin(DEPLOYMENT) as work:
        async with work.acting_for(owner.tenant) as tenant_work:
            assert await tenant_work.profiles.find(owner.profile_id) is not None
        assert await rights_of(work) == (APPLICATION_ROLE, DEPLOYMENT)
        assert await work.connection.scalar(text("SELECT count(*) FROM profiles")) == 0


async def test_operator_work_crosses_tenants_only_inside_the_block(units: UnitsOfWork, owner: Owner) -> None:
    async with units.begin(DEPLOYMENT) as work:
        async with work.across_tenants() as deployment:
            assert (await rights_of(work))[0] == LOOKUP_ROLE
            [row] = await deployment.organizations.list_page(before=None, limit=10)
            assert row.id == owner.tenant.organization_id
        assert await rights_of(work) == (APPLICATION_ROLE, DEPLOYMENT)
        assert await work.connection.scalar(text("SELECT count(*) FROM organizations")) == 0


async def test_work_of_a_tenant_cannot_cross_tenants(units: UnitsOfWork, owner: Owner) -> None:
    async with units.begin(owner.tenant) as work:
        with pytest.raises(LookupError):
            async with work.across_tenants():
                pass
        assert await rights_of(work) == (APPLICATION_ROLE, owner.tenant)
