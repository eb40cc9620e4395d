"""What the worker's slots are filled with."""

from collections.abc import Callable

from letmepost.services.publishing.publish import Publishing
from letmepost.services.webhooks.deliveries import Deliveries
from letmepost.storage.publishing.claims import Claim
from letmepost.storage.webhooks.deliveries import Delivery


class PostSource:
    """Ready posts. `announced` is called after each: its events wait for the relay."""

    def __init__(self, publishing: Publishing, announced: Callable[[], None]) -> None:
        self._publishing = publishing
        self._announced = announced

    async def claim(self, limit: int) -> list[Claim]:
        return await self._publishing.claim(limit)

    async def due_in_s(self) -> float | None:
        return await self._publishing.next_ready_in_s()

    async def carry_out(self, work: Claim) -> None:
        await self._publishing.publish(work)
        self._announced()

    async def hand_back(self, work: Claim) -> None:
        await self._publishing.hand_back(work)


class DeliverySource:
    """Due webhook deliveries, and before them the events that have not been announced yet."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    async def claim(self, limit: int) -> list[Delivery]:
        while await self._deliveries.announce():
            pass
        return await self._deliveries.claim(limit)

    async def due_in_s(self) -> float | None:
        return await self._deliveries.next_due_in_s()

    async def carry_out(self, work: Delivery) -> None:
        await self._deliveries.send(work)

    async def hand_back(self, work: Delivery) -> None:
        """Its lease runs out, and it is sent again: at least once is the promise."""
