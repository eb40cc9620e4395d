"""The API, Valkey and PostgreSQL, each taken away under load."""

import asyncio
import signal
from collections import Counter
from dataclasses import asdict
from functools import partial

from redis.asyncio import Redis

from letmepost.worker.dispatcher import STARTS_WITHIN_S
from tests.doubles.waiting import eventually
from tests.faults.children import Spec
from tests.faults.failpoints import Death, Failpoint
from tests.faults.scenes import Scene, soon

_PASSES_MAX = 6
_ALL_WITHIN_S = 60.0
_LOST_JOBS = '"event": "jobs.lost"'
_FLUSHED_S = 2.0
_NOTICED_WITHIN_S = STARTS_WITHIN_S + 1.0
_API_POINTS = (Failpoint.AFTER_ACCEPT, Failpoint.BEFORE_ANSWER)


async def kill_apis(scene: Scene) -> None:
    """Kill both APIs repeatedly: between commit and response, and at random times."""
    died, stage = Counter[str](), scene.stage

    def doomed(url: str) -> Spec:
        if scene.chance.random() < 0.2:
            return stage.api_spec(url, death="random", dies_after_s=scene.chance.uniform(1.0, 3.0))
        point, passes = scene.chance.choice(_API_POINTS), scene.chance.randint(1, _PASSES_MAX)
        return stage.api_spec(url, death=point, deaths=[asdict(Death(point))], passes=passes)

    def count_death(spec: Spec, code: int) -> None:
        if "death" in spec and code == -signal.SIGKILL:
            died[spec["death"]] += 1

    async def have_all_died() -> bool:
        return died.keys() >= {*_API_POINTS}

    for url, place in zip(stage.apis, stage.api_places, strict=True):
        place.make_spec, place.count_death = partial(doomed, url), count_death
        place.signal()
    async with scene.load():
        await asyncio.sleep(scene.scale.load_s)
        await eventually(have_all_died, within_s=_ALL_WITHIN_S)
        for url, place in zip(stage.apis, stage.api_places, strict=True):
            place.make_spec = partial(stage.api_spec, url)
            place.count_death = lambda _spec, _code: None
            place.signal()
    shown = ", ".join(f"{count} {death}" for death, count in sorted(died.items()))
    scene.notes.append(f"{died.total()} kills: {shown}")


async def lose_valkey(scene: Scene) -> None:
    """Flush Valkey, then kill it and start it empty."""
    async with scene.load():
        for _ in range(scene.scale.rounds):
            await asyncio.sleep(scene.scale.load_s / 4)
            async with Redis.from_url(scene.stage.valkey.url) as redis:
                await redis.flushall()
            await asyncio.sleep(scene.scale.load_s / 4)
            await scene.stage.restart_valkey()
        await asyncio.sleep(scene.scale.load_s / 4)


async def flush_valkey(scene: Scene) -> None:
    """Flush Valkey repeatedly while posts become due. One flush proves nothing: jobs wait only milliseconds."""
    lost, flushes, loop = scene.stage.count_logged(_LOST_JOBS), 0, asyncio.get_running_loop()
    for place in scene.stage.worker_places:
        place.make_spec = partial(scene.stage.worker_spec, is_queue_slow=True)
        place.signal()
    async with Redis.from_url(scene.stage.valkey.url) as redis:
        for _ in range(scene.scale.rounds):
            ahead_s = 3.0 + 0.15 * len(scene.accounts)
            due_s, due_at = loop.time() + ahead_s, soon(ahead_s)
            orders = [scene.order(account, due_at) for account in scene.accounts]
            await asyncio.gather(*(scene.callers.submit(order) for order in orders))
            await asyncio.sleep(due_s - _FLUSHED_S / 2 - loop.time())
            while loop.time() < due_s + _FLUSHED_S / 2:
                await redis.flushall()
                flushes += 1
    await asyncio.sleep(_NOTICED_WITHIN_S)
    for place in scene.stage.worker_places:
        place.make_spec = scene.stage.worker_spec
        place.signal()
    lost = scene.stage.count_logged(_LOST_JOBS) - lost
    scene.notes.append(f"{flushes} flushes; workers enqueued lost jobs again {lost} times")
    if not lost:
        scene.flaws.append("no job was lost")


async def crash_postgres(scene: Scene) -> None:
    """Stop PostgreSQL while everything runs, and let it recover."""
    async with scene.load():
        for _ in range(scene.scale.rounds):
            await asyncio.sleep(scene.scale.load_s / 2)
            await scene.stage.restart_postgres()
        await asyncio.sleep(scene.scale.load_s / 2)
