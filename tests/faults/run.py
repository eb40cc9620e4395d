"""Plays the faults, and reports their results."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tests.faults import kills, networks, rivals, servers, stops
from tests.faults.audit import audit
from tests.faults.lineup import haste
from tests.faults.report import Line, Report
from tests.faults.scenes import Scale, Scene
from tests.faults.shapes import performers
from tests.faults.stage import open_stage
from tests.faults.tenants import Callers

FAULTS: Mapping[str, Callable[[Scene], Awaitable[None]]] = MappingProxyType(
    {
        "killed-workers": kills.kill_workers,
        "stopped-workers": stops.stop_workers,
        "stopped-past-timeout": stops.stop_workers_past_timeout,
        "killed-apis": servers.kill_apis,
        "lost-valkey": servers.lose_valkey,
        "flushed-valkey": servers.flush_valkey,
        "crashed-postgres": servers.crash_postgres,
        "platforms-away": networks.take_platforms_away,
        "platforms-unavailable": networks.answer_unavailable,
        "lost-answers": networks.lose_answers,
        "wrong-clocks": rivals.set_clocks_wrong,
        "repeated-requests": rivals.repeat_requests,
        "expired-tokens": rivals.let_tokens_expire,
        "many-claimants": rivals.wake_all_at_once,
    }
)
LONG = Scale(kills=1000, at_each=13, load_s=12.0, away_s=30.0, rounds=2, tenants=6, accounts_each=4)
SHORT = Scale(kills=7, at_each=0, load_s=1.5, away_s=3.0, rounds=1, tenants=2, accounts_each=2, is_hurried=True)
WORKERS = 4
WAITING = {"stopped-workers", "stopped-past-timeout", "expired-tokens"}


async def run(names: Sequence[str], scale: Scale, seed: int, directory: Path, tell: Callable[[str], None]) -> Report:
    """Play the named faults on one deployment. Each is judged by its own posts.

    Args:
        tell: called with each line of progress.
    """
    chance = random.Random(seed)  # noqa: S311 - the same faults for the same seed
    async with open_stage(directory, seed, workers=WORKERS) as stage:
        callers = Callers(stage, seed)
        tenants = await asyncio.gather(
            *(callers.make_tenant(list(performers()), scale.accounts_each) for _ in range(scale.tenants))
        )
        tell(f"{scale.tenants} tenants with {scale.accounts_each} accounts on each of {', '.join(performers())}")
        scenes = [
            Scene(name=name, stage=stage, callers=callers, tenants=tenants, scale=scale, chance=chance, tell=tell)
            for name in names
        ]
        return Report(seed, haste(performers()), await (_play_hurriedly if scale.is_hurried else _play_in_turn)(scenes))


async def _play_in_turn(scenes: Sequence[Scene]) -> list[Line]:
    """Play and judge one scene after another."""
    lines = []
    for scene in scenes:
        await _play(scene)
        lines.append(await audit(scene))
        scene.tell(str(lines[-1]))
    return lines


async def _play_hurriedly(scenes: Sequence[Scene]) -> list[Line]:
    """Play the scenes that mostly wait together with the others, and judge them all at the end."""
    beside = [asyncio.create_task(_play(scene)) for scene in scenes if scene.name in WAITING]
    for scene in scenes:
        if scene.name not in WAITING:
            await _play(scene)
    await asyncio.gather(*beside)
    return await asyncio.gather(*(audit(scene) for scene in scenes))


async def _play(scene: Scene) -> None:
    scene.tell(f"{scene.name}…")
    await FAULTS[scene.name](scene)
