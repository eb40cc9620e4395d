"""Checks, a day after a post was published, that it is still visible on the platform."""

from datetime import timedelta

import structlog

from letmepost.domain.errors import LetmepostError, PlatformFailure
from letmepost.gateways.drive import drive
from letmepost.gateways.throttles import Throttles
from letmepost.services.accounts.tokens import account_sender
from letmepost.services.events import post_event
from letmepost.services.platform_access import Access, Worlds
from letmepost.services.platform_clock import platform_clock
from letmepost.services.publishing import throttling
from letmepost.services.sweeps import Sweep
from letmepost.services.work import UnitsOfWork
from letmepost.storage.accounts.accounts import AccountRow
from letmepost.storage.database import Tenant
from letmepost.storage.posts.posts import PostRow
from letmepost.storage.posts.read_backs import EveryTenantReadBacks, FoundPost

READ_BACK_AFTER = timedelta(hours=24)
"""From publication to the check."""

_AGAIN_AFTER = timedelta(hours=1)
"""The delay of the next check if the platform did not respond, or its rate limit is reserved for publishing."""

_GIVEN_UP_AFTER = timedelta(days=3)
"""From publication to the last check."""

log = structlog.get_logger()


class ReadBacks:
    """Reads back the published posts of every tenant, each once. Any number of workers may run it."""

    def __init__(
        self,
        *,
        units: UnitsOfWork,
        found: EveryTenantReadBacks,
        worlds: Worlds,
        throttles: Throttles,
    ) -> None:
        self._units = units
        self._clock = units.clock
        self._found = found
        self._worlds = worlds
        self._throttles = throttles
        self._sweep = Sweep[FoundPost]("read backs", self._read_back)

    async def sweep(self, limit: int) -> None:
        """Read back posts that are due, up to `limit` at the same time."""
        await self._sweep.run(lambda most: self._found.list_due(self._clock.now(), most), limit)

    async def _read_back(self, found: FoundPost) -> None:
        now, tenant = self._clock.now(), found.tenant
        async with self._units.begin(tenant) as work:
            post = await work.read_backs.take(found.post_id, now, now + _AGAIN_AFTER)
            if post is None:
                return
            account = await work.accounts.find(post.account_id)
            ahead = (await platform_clock(work)).ahead
        access = None if account is None or not account.is_usable else self._access(tenant, account)
        if access is None or account is None or _is_settled(post):
            await self._record(tenant, post, is_there=True)
            return
        names = throttling.names(tenant, account, ahead, access.platform.server(account.facts))
        if self._throttles.is_low(names) or self._throttles.find(names) is not None:
            return
        is_there = await self._ask(tenant, account, access, post)
        if is_there is not None:
            await self._record(tenant, post, is_there=is_there)
        elif post.published_at is None or now - post.published_at > _GIVEN_UP_AFTER:
            await self._record(tenant, post, is_there=True)

    def _access(self, tenant: Tenant, account: AccountRow) -> Access | None:
        """Return access to the platform; None if it cannot be checked."""
        try:
            access = self._worlds.access(account.platform, tenant.mode, tenant.organization_id)
        except LetmepostError:
            return None
        return None if access.platform.is_there is None else access

    async def _ask(self, tenant: Tenant, account: AccountRow, access: Access, post: PostRow) -> bool | None:
        """Return True if the post is still visible; None if the platform did not respond."""
        if access.platform.is_there is None or post.uri is None:
            return True
        sender = await account_sender(self._units, access, tenant, account)
        try:
            return await drive(access.platform.is_there(account.facts, post.uri, access.settings), sender)
        except PlatformFailure as failure:
            log.info("read_back.unanswered", post_id=str(post.id), kind=failure.kind, error=failure.message)
            return None

    async def _record(self, tenant: Tenant, post: PostRow, *, is_there: bool) -> None:
        """End the checks. Report a post that is gone, unless it was unpublished in the meantime."""
        async with self._units.begin(tenant) as work:
            [locked] = await work.post_editor.lock([post.id])
            if is_there or _is_settled(locked.post):
                await work.post_editor.change(post.id, {"read_back_at": None})
                return
            now = work.now()
            removed = {"read_back_at": None, "removed_at": now, "updated_at": now}
            await work.emit(post_event(work.clock, "post.removed", await work.post_editor.change(post.id, removed)))


def _is_settled(post: PostRow) -> bool:
    """Return True if it is known already that the post is gone."""
    return post.unpublished_at is not None or post.removed_at is not None
