"""Concurrency: workers, callers and runs of one account at the same time; and workers with different clocks."""

import asyncio
from functools import partial

from tests.faults.children import Spec
from tests.faults.knobs import Knobs
from tests.faults.lineup import EXPIRING
from tests.faults.scenes import Scene, soon
from tests.faults.tenants import Order

_AHEAD_S = 5.0
_TOKEN_LIVES_S = 5.0
_WAITING = 8
_DUPLICATES = 200


async def set_clocks_wrong(scene: Scene) -> None:
    """Set half of the workers' clocks 5 s ahead, half 5 s behind; also kill workers, and lose responses."""
    stage = scene.stage
    for index, place in enumerate(stage.worker_places):
        ahead_s = _AHEAD_S if index % 2 else -_AHEAD_S
        place.make_spec = partial(_mortal, scene, ahead_s)
        place.signal()
    await stage.turn(Knobs(lost=0.1))
    await scene.under_load()
    await stage.turn(Knobs())
    for place in stage.worker_places:
        place.make_spec = stage.worker_spec
        place.signal()


def _mortal(scene: Scene, ahead_s: float) -> Spec:
    return scene.stage.worker_spec(ahead_s=ahead_s, dies_after_s=scene.chance.uniform(1.0, 4.0))


async def repeat_requests(scene: Scene) -> None:
    """Send one request with one key from 200 callers to two APIs at the same time."""
    for _ in range(scene.scale.rounds):
        first = scene.order()
        copies = [Order(first.account, first.text, first.shape) for _ in range(_DUPLICATES - 1)]
        scene.orders += copies
        await asyncio.gather(*(scene.callers.submit(order) for order in [first, *copies]))


async def let_tokens_expire(scene: Scene) -> None:
    """Let eight posts of an account wait while its token expires, and another while the next tokens do."""
    accounts = [
        await scene.callers.connect(tenant, platform, "token_expiring")
        for tenant in scene.tenants[: scene.scale.rounds]
        for platform in EXPIRING
    ]
    for account in accounts:
        waiting = [soon(_TOKEN_LIVES_S * lives + 5.0) for lives in (*[1] * _WAITING, 3)]
        await asyncio.gather(*(scene.callers.submit(scene.order(account, due_at)) for due_at in waiting))


async def wake_all_at_once(scene: Scene) -> None:
    """Let five idle workers look for the same posts, which become due at the same time."""
    async with scene.stage.more_workers(scene.stage.worker_spec()):
        for _ in range(scene.scale.rounds):
            due_at = soon(3.0 + 0.15 * len(scene.accounts))
            await asyncio.gather(*(scene.callers.submit(scene.order(account, due_at)) for account in scene.accounts))
