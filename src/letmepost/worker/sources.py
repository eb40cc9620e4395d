"""The work that the dispatchers claim: posts, and webhook deliveries."""

from collections.abc import Callable

from letmepost.services.publishing.publish import Publishing
from letmepost.services.webhooks.deliveries import Deliveries
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.webhooks.deliveries import Delivery


class PostSource:
    """Ready posts. `published` is called after each, so that the relay announces its events."""

    def __init__(self, publishing: Publishing, published: Callable[[], None]) -> None:
        self._publishing = publishing
        self._published = published

    async def claim(self, limit: int) -> list[Claim]:
        return await self._publishing.claim(limit)

    async def due_in_s(self) -> float | None:
        return await self._publishing.next_ready_in_s()

    def id_of(self, work: Claim) -> str:
        return str(work.post_id)

    async def carry_out(self, work: Claim) -> None:
        await self._publishing.publish(work)
        self._published()

    def finish_soon(self) -> None:
        self._publishing.stop_uploads()

    async def hand_back(self, work: Claim) -> None:
        await self._publishing.hand_back(work)


class DeliverySource:
    """Due webhook deliveries. Before each claim, the event relay announces committed events."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    async def claim(self, limit: int) -> list[Delivery]:
        while await self._deliveries.announce():
            pass
        return await self._deliveries.claim(limit)

    async def due_in_s(self) -> float | None:
        return await self._deliveries.next_due_in_s()

    def id_of(self, work: Delivery) -> str:
        return str(work.id)

    async def carry_out(self, work: Delivery) -> None:
        await self._deliveries.send(work)

    def finish_soon(self) -> None:
        """Change nothing: a delivery takes seconds."""

    async def hand_back(self, work: Delivery) -> None:
        """Let the lease expire. The delivery is then sent again, which at-least-once delivery allows."""
