"""Platforms that are away, busy, or lose their answers."""

import asyncio

from tests.faults.knobs import Knobs
from tests.faults.scenes import Scene


async def take_platforms_away(scene: Scene) -> None:
    """Connections break before anything is executed, and then are refused."""
    async with scene.load(4.0):
        await scene.stage.turn(Knobs(away=True))
        await asyncio.sleep(scene.scale.away_s / 2)
        await scene.stage.stop_sandbox()
        await asyncio.sleep(scene.scale.away_s / 2)
        await scene.stage.start_sandbox()


async def answer_unavailable(scene: Scene) -> None:
    """One request in ten is answered 503."""
    await scene.stage.turn(Knobs(unavailable=0.1))
    await scene.under_load()
    await scene.stage.turn(Knobs())


async def lose_answers(scene: Scene) -> None:
    """One request in five is executed, and its answer lost."""
    await scene.stage.turn(Knobs(lost=0.2))
    await scene.under_load()
    await scene.stage.turn(Knobs())
