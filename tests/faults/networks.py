"""Platforms that are unavailable, overloaded, or lose their responses."""

import asyncio

from tests.faults.knobs import Knobs
from tests.faults.scenes import Scene


async def take_platforms_away(scene: Scene) -> None:
    """Break connections before anything is executed, then refuse them."""
    async with scene.load(4.0):
        await scene.stage.turn(Knobs(away=True))
        await asyncio.sleep(scene.scale.away_s / 2)
        await scene.stage.stop_sandbox()
        await asyncio.sleep(scene.scale.away_s / 2)
        await scene.stage.start_sandbox()


async def answer_unavailable(scene: Scene) -> None:
    """Answer one request in ten with 503."""
    await scene.stage.turn(Knobs(unavailable=0.1))
    await scene.under_load()
    await scene.stage.turn(Knobs())


async def lose_answers(scene: Scene) -> None:
    """Execute one request in five, but lose its response."""
    await scene.stage.turn(Knobs(lost=0.2))
    await scene.under_load()
    await scene.stage.turn(Knobs())
