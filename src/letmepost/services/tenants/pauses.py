"""Pauses and resumes publishing. Use cases take a unit of work of the deployment."""

from collections.abc import Collection
from uuid import UUID

from letmepost.domain import refusals
from letmepost.domain.errors import InvalidShape, RequestError
from letmepost.domain.ids import Prefix
from letmepost.services.events import post_event
from letmepost.services.shapes import shortened
from letmepost.services.work import UnitsOfWork, Work
from letmepost.storage.tenants.pauses import EveryTenantPauses, PauseRow, PauseSelector


async def pause(work: Work, scope: PauseSelector, reason: str | None, platforms: Collection[str]) -> bool:
    """Hold posts in the scope that become due, unless they are being sent; return False if it is already paused.

    Args:
        platforms: the names of the platforms that exist.

    Raises:
        InvalidRequest: the platform does not exist, or an account is given without its organization.
        NotFound: the organization does not exist, or has no such account.
    """
    if scope.platform is not None and scope.platform not in platforms:
        known = ", ".join(platforms)
        raise InvalidShape(
            [refusals.requests.PLATFORM_UNKNOWN(field="platform", given=shortened(scope.platform), known=known)]
        )
    if scope.account_id is not None and scope.organization_id is None:
        raise refusals.tenants.PAUSE_NEEDS_ORGANIZATION(field="organizationId")
    async with work.across_tenants() as deployment:
        if not await deployment.pauses.is_known(scope):
            raise _unknown(scope)
        return await deployment.pauses.add(scope, reason, work.now())


async def resume(work: Work, scope: PauseSelector) -> int:
    """End a pause and queue the posts that it held; return their number. Posts that another pause holds stay held.

    Raises:
        NotFound: there is no pause of exactly this scope.
    """
    async with work.across_tenants() as deployment:
        if not await deployment.pauses.remove(scope):
            raise refusals.tenants.NOT_PAUSED()
        tenants = await deployment.pauses.list_holding(scope.organization_id)
    released = 0
    for tenant in tenants:
        async with work.acting_for(tenant) as tenant_work:
            released += await _release(tenant_work)
    return released


async def list_all(work: Work) -> list[PauseRow]:
    """Return every pause, oldest first."""
    async with work.across_tenants() as deployment:
        return await deployment.pauses.list_all()


class ForgottenPauses:
    """Queues posts that are held by a pause that no longer exists.

    Two pauses that end at the same time may each leave a post to the other one.
    """

    def __init__(self, units: UnitsOfWork, found: EveryTenantPauses) -> None:
        self._units = units
        self._found = found

    async def sweep(self) -> None:
        """Queue every such post."""
        for tenant in await self._found.list_paused():
            async with self._units.begin(tenant) as work:
                await _release(work)


async def _release(work: Work) -> int:
    posts = await work.posts.release_paused(work.now())
    if posts:
        await work.emit(*(post_event(work.clock, "post.queued", post) for post in posts))
        work.wake_workers()
    return len(posts)


def _unknown(scope: PauseSelector) -> RequestError:
    if scope.account_id is not None:
        return refusals.requests.not_found(Prefix.ACCOUNT, scope.account_id)
    return refusals.requests.not_found(Prefix.ORGANIZATION, scope.organization_id or UUID(int=0))
