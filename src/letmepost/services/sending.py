"""The sender of one try: signs for its account, streams its media, and never outlives its lease."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from letmepost.domain.flow import Call
from letmepost.domain.journal import CONNECTING_MAX_S
from letmepost.gateways.sender import Sender
from letmepost.platforms.contract import Credential
from letmepost.services.tokens import AccountCredentials
from letmepost.services.tools import Tools
from letmepost.services.world_time import WorldClock
from letmepost.services.worlds import Access
from letmepost.storage.accounts import AccountRow
from letmepost.storage.claims import Claim


def sender(
    tools: Tools, claim: Claim, access: Access, time: WorldClock, account: AccountRow, credential: Credential | None
) -> Sender:
    """Sends what a try wants sent, as its account and at its platform's time."""
    tenant = claim.tenant

    async def open_media(media_id: UUID, first_byte: int, length_bytes: int) -> AsyncIterator[bytes]:
        return await tools.library.open_range(tenant, media_id, first_byte, length_bytes)

    return Sender(
        http=access.http,
        platform=access.platform,
        clock=time,
        credentials=AccountCredentials(
            database=tools.database,
            keyring=tools.keyring,
            clock=tools.clock,
            access=access,
            tenant=tenant,
            account=account,
            known=credential,
        ),
        open_media=open_media,
        may_send=may_send(tools, claim),
        metrics=access.metrics,
    )


def may_send(tools: Tools, claim: Claim) -> Callable[[Call], Awaitable[float]]:
    """Until when a call may begin for the lease to outlive it; raises `LostLeaseError` when it cannot be made to."""

    async def ensure(call: Call) -> float:
        ends_s = await tools.leases.ensure(claim.token, CONNECTING_MAX_S + call.timeout_s)
        return ends_s - call.timeout_s

    return ensure
