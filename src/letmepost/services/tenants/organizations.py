"""The operator's use cases for organizations. Each takes a unit of work of the deployment."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.api_keys import EVERY_SCOPE, Mode
from letmepost.domain.ids import Prefix, format_id
from letmepost.domain.quotas import QuotaLimits
from letmepost.services.tenants import profiles
from letmepost.services.tenants.new_keys import KeyRequest, MintedKey, facts_of, make_key
from letmepost.services.work import Work
from letmepost.storage.database import Tenant
from letmepost.storage.tenants.api_keys import ApiKeyRow
from letmepost.storage.tenants.audit import Action
from letmepost.storage.tenants.organizations import OrganizationRow


async def create(work: Work, name: str) -> OrganizationRow:
    """Create an organization with its default profile."""
    async with work.acting_for(Tenant(work.new_id(), Mode.LIVE)) as tenant_work:
        row = await tenant_work.organization.create(name)
        await tenant_work.profiles.create(tenant_work.new_id(), "Default", is_default=True)
        await _record(tenant_work, Action.ORGANIZATION_CREATED, name=name)
    return row


async def get(work: Work, organization_id: UUID) -> OrganizationRow:
    """Return an organization.

    Raises:
        NotFound: the organization does not exist.
    """
    async with work.acting_for(Tenant(organization_id, Mode.LIVE)) as tenant_work:
        return _found(organization_id, await tenant_work.organization.find())


async def list_page(work: Work, *, before: UUID | None = None, limit: int) -> list[OrganizationRow]:
    """Return organizations, newest first, below `before`."""
    async with work.across_tenants() as deployment:
        return await deployment.organizations.list_page(before=before, limit=limit)


async def change(work: Work, organization_id: UUID, values: Mapping[str, Any]) -> OrganizationRow:
    """Change the given columns of `OrganizationRow`. A changed quota counts from zero.

    Raises:
        NotFound: the organization does not exist.
    """
    async with work.acting_for(Tenant(organization_id, Mode.LIVE)) as tenant_work:
        row = _found(organization_id, await tenant_work.organization.change(values))
        await _record(tenant_work, Action.ORGANIZATION_CHANGED, **values)
    if values.keys() & QuotaLimits.__dataclass_fields__.keys():
        # While there was no quota, nothing was counted.
        for mode in Mode:
            async with work.acting_for(Tenant(organization_id, mode)) as tenant_work:
                await tenant_work.organization.reset_counters()
    return row


async def delete(work: Work, organization_id: UUID) -> UUID:
    """Delete an organization: hide it, revoke its keys, cancel its waiting posts and erase its credentials.

    The worker removes its rows and files later. Its audit log stays.

    Raises:
        NotFound: the organization does not exist.
    """
    async with work.acting_for(Tenant(organization_id, Mode.LIVE)) as tenant_work:
        row = _found(organization_id, await tenant_work.organization.change({"deleted_at": tenant_work.now()}))
        await tenant_work.api_keys.revoke_all(tenant_work.now())
        await _record(tenant_work, Action.ORGANIZATION_DELETED, name=row.name)
    for mode in Mode:
        async with work.acting_for(Tenant(organization_id, mode)) as tenant_work:
            await tenant_work.removal.stop(tenant_work.now())
    return organization_id


async def mint_key(work: Work, organization_id: UUID, wanted: KeyRequest) -> MintedKey:
    """Create a key of an organization.

    Raises:
        NotFound: the organization does not exist.
        InvalidRequest: the organization has no such profile.
    """
    async with work.acting_for(Tenant(organization_id, wanted.mode)) as tenant_work:
        if not await tenant_work.organization.hold():
            raise refusals.requests.not_found(Prefix.ORGANIZATION, organization_id)
        if wanted.profile_id is not None:
            await profiles.find_named(tenant_work, wanted.profile_id)
        minted = make_key(tenant_work, wanted, wanted.scopes or EVERY_SCOPE, wanted.profile_id)
        await tenant_work.api_keys.create(minted.row, minted.key)
        await tenant_work.record(Action.KEY_MINTED, format_id(Prefix.API_KEY, minted.row.id), **facts_of(minted.row))
    return minted


async def list_keys(work: Work, organization_id: UUID) -> list[ApiKeyRow]:
    """Return the keys of an organization, newest first.

    Raises:
        NotFound: the organization does not exist.
    """
    async with work.acting_for(Tenant(organization_id, Mode.LIVE)) as tenant_work:
        _found(organization_id, await tenant_work.organization.find())
        return await tenant_work.api_keys.list_page(mode=None, profile_id=None)


async def revoke_key(work: Work, organization_id: UUID, key_id: UUID) -> ApiKeyRow:
    """Revoke a key of an organization; return the key as it is then.

    Raises:
        NotFound: the organization does not exist, or has no such key.
    """
    async with work.acting_for(Tenant(organization_id, Mode.LIVE)) as tenant_work:
        _found(organization_id, await tenant_work.organization.find())
        await tenant_work.api_keys.revoke(key_id, tenant_work.now())
        row = await tenant_work.api_keys.find(key_id)
        if row is None:
            raise refusals.requests.not_found(Prefix.API_KEY, key_id)
        await tenant_work.record(Action.KEY_REVOKED, format_id(Prefix.API_KEY, key_id), **facts_of(row))
    return row


async def _record(tenant_work: Work, action: Action, **detail: Any) -> None:
    await tenant_work.record(action, format_id(Prefix.ORGANIZATION, tenant_work.tenant.organization_id), **detail)


def _found(organization_id: UUID, row: OrganizationRow | None) -> OrganizationRow:
    if row is None:
        raise refusals.requests.not_found(Prefix.ORGANIZATION, organization_id)
    return row
