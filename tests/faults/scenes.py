"""A scene: one fault, its posts, and its random numbers."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from letmepost.domain.ids import Prefix, parse_id
from letmepost.gateways.clock import SystemClock
from tests.faults.failpoints import Death
from tests.faults.shapes import LATER, Shape, shapes_of
from tests.faults.stage import Stage
from tests.faults.tenants import Account, Callers, Order, Tenant

CALLERS = 6
UNDER_WAY_MAX = 100
_AIMED = 0.8
UNSETTLED = """
    SELECT count(*) FROM posts WHERE id = ANY($1::uuid[])
    AND (status IN ('draft', 'queued', 'publishing', 'retrying', 'held') OR lease_token IS NOT NULL
         OR ready_at IS NOT NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The amount of everything: minutes for a release, seconds for daily runs.

    Args:
        kills: of workers, at failpoints and at random together.
        at_each: at each failpoint of each platform; 0 for once at each failpoint and once on each platform.
        load_s: how long posts are submitted while something is broken.
        away_s: how long a platform is unavailable.
        rounds: how often slow scenes are repeated.
        accounts_each: accounts of a tenant, on each platform.
        is_hurried: True if scenes that mostly wait run together with the others, and all are judged at the end.
    """

    kills: int
    at_each: int
    load_s: float
    away_s: float
    rounds: int
    tenants: int
    accounts_each: int
    is_hurried: bool = False


@dataclass(eq=False, kw_only=True)
class Scene:
    """The resources of a fault.

    Args:
        kills: the workers that have died.
        wanted: where workers should die next. More posts are submitted there.
        flaws: why this scene proves nothing, because its fault did not happen.
    """

    name: str
    stage: Stage
    callers: Callers
    tenants: Sequence[Tenant]
    scale: Scale
    chance: random.Random
    tell: Callable[[str], None]
    orders: list[Order] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flaws: list[str] = field(default_factory=list)
    kills: Counter[Death] = field(default_factory=Counter)
    wanted: list[Death] = field(default_factory=list)
    began_at: datetime = field(default_factory=lambda: SystemClock().now())

    @property
    def accounts(self) -> list[Account]:
        """Return every account of every tenant."""
        return [account for tenant in self.tenants for account in tenant.accounts]

    def order(self, account: Account | None = None, due_at: datetime | None = None) -> Order:
        """Return a new post, of a random account and for immediate publishing by default."""
        chosen, shapes = self._choose() if account is None else (account, shapes_of(account.platform))
        text = f"{self.name} {len(self.orders):05} {self.chance.getrandbits(48):012x}".replace(" ", "-")
        made = Order(chosen, text, self.chance.choice(shapes), due_at)
        self.orders.append(made)
        return made

    def _choose(self) -> tuple[Account, Sequence[Shape]]:
        aimed = [death for death in self.wanted if death.platform is not None]
        if not aimed or self.chance.random() > _AIMED:
            account = self.chance.choice(self.accounts)
            return account, shapes_of(account.platform)
        death = self.chance.choice(aimed)
        account = self.chance.choice([one for one in self.accounts if one.platform == death.platform])
        shapes = shapes_of(account.platform)
        return account, [shape for shape in shapes if shape in LATER] if death.is_later else shapes

    @asynccontextmanager
    async def load(self, per_s: float = 12.0) -> AsyncIterator[None]:
        """Submit posts during the context, some immediate and some scheduled. At its end, all have been answered.

        Args:
            per_s: the maximum rate. A slow machine gets fewer.
        """
        ended = asyncio.Event()
        posting = [asyncio.create_task(self._post_until(ended, per_s / CALLERS)) for _ in range(CALLERS)]
        try:
            yield
        finally:
            ended.set()
            await asyncio.gather(*posting)

    async def under_load(self) -> None:
        """Submit posts for as long as the scale specifies."""
        async with self.load():
            await asyncio.sleep(self.scale.load_s)

    async def unsettled(self) -> int:
        """Return the number of accepted posts that are not settled."""
        ids = [parse_id(Prefix.POST, order.post_id) for order in self.orders if order.post_id]
        found: int = (await self.stage.query(UNSETTLED, ids))[0]["count"]
        return found

    async def _post_until(self, ended: asyncio.Event, per_s: float) -> None:
        while not ended.is_set():
            await asyncio.sleep(self.chance.expovariate(per_s))
            if self.chance.random() < 0.2 and await self._is_flooded():
                continue
            due_at = soon(self.chance.uniform(2.5, 5.0)) if self.chance.random() < 0.4 else None
            await self.callers.submit(self.order(due_at=due_at))

    async def _is_flooded(self) -> bool:
        """Return True if more posts would only wait. An unavailable database counts as having room."""
        try:
            return await self.unsettled() > UNDER_WAY_MAX
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False


def soon(seconds: float) -> datetime:
    """Return the time in this many seconds."""
    return SystemClock().now() + timedelta(seconds=seconds)
