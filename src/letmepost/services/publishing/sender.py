"""The sender of one try: signs for its account, streams its media, and never outlives its lease."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from uuid import UUID

from letmepost.domain.flow import Call
from letmepost.domain.journal import CONNECTING_MAX_S, Step, begins_within_s
from letmepost.gateways.sender import Sender
from letmepost.services.accounts.tokens import AccountCredentials
from letmepost.services.platform_access import Access
from letmepost.services.platform_clock import PlatformClock
from letmepost.services.publishing.dependencies import Tools
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.publishing.runs import Loaded


def sender(
    tools: Tools, claim: Claim, access: Access, time: PlatformClock, loaded: Loaded, steps: Mapping[str, Step]
) -> Sender:
    """Sends what a try wants sent, as its account and at its platform's time. `steps`: the journal of the try."""
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
            account=loaded.account,
            known=loaded.credential,
        ),
        open_media=open_media,
        may_send=may_send(tools, claim, time, steps),
        metrics=access.metrics,
    )


def may_send(
    tools: Tools, claim: Claim, time: PlatformClock, steps: Mapping[str, Step]
) -> Callable[[Call], Awaitable[float]]:
    """Until when a call may begin for the lease to outlive it; raises `LostLeaseError` when it cannot be made to.

    A call that cannot be repeated begins soon after its intent, too: that is when doubts are counted from.
    """

    async def ensure(call: Call) -> float:
        ends_s = await tools.leases.ensure(claim.token, CONNECTING_MAX_S + call.timeout_s)
        step = steps.get(call.step or "")
        if call.idempotent or step is None or step.intent is None:
            return ends_s - call.timeout_s
        return min(ends_s - call.timeout_s, time.monotonic_s() + begins_within_s(step.intent, time.now()))

    return ensure
