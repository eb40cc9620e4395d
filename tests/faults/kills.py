"""Workers that are killed where it hurts, and wherever they happen to be."""

import signal
from collections import Counter
from functools import partial

from tests.doubles.waiting import eventually
from tests.faults.children import Spec
from tests.faults.failpoints import WORKERS
from tests.faults.scenes import Scene

RANDOM = "random"
_PASSES_MAX = 3
_SHARES = 10  # told one by one
_WITHIN_S = 1800.0


async def kill_workers(scene: Scene) -> None:
    """Every worker dies, each of its own death; the next is forked at once."""
    deaths, died = _planned(scene), Counter[str]()
    total = len(deaths)

    def next_spec() -> Spec:
        return _doomed(scene, deaths.pop()) if deaths else scene.stage.worker_spec()

    def mourn(spec: Spec, code: int) -> None:
        if "death" in spec and code == -signal.SIGKILL:
            died[spec["death"]] += 1

    for place in scene.stage.worker_places:
        place.make_spec, place.mourn = next_spec, mourn
        place.signal()
    async with scene.load(16.0):
        for share in range(1, _SHARES + 1):
            await eventually(partial(_is_reached, died, total * share // _SHARES), within_s=_WITHIN_S)
            scene.tell(f"{died.total()} of {total} kills")
    for place in scene.stage.worker_places:
        place.make_spec = scene.stage.worker_spec
    told = ", ".join(f"{count} {death}" for death, count in sorted(died.items()))
    scene.notes.append(f"{died.total()} kills: {told}")


async def _is_reached(died: Counter[str], count: int) -> bool:
    return died.total() >= count


def _planned(scene: Scene) -> list[str]:
    deaths = [str(failpoint) for failpoint in WORKERS for _ in range(scene.scale.at_each)]
    deaths += [RANDOM] * (scene.scale.kills - len(deaths))
    scene.chance.shuffle(deaths)
    return deaths


def _doomed(scene: Scene, death: str) -> Spec:
    if death == RANDOM:
        return scene.stage.worker_spec(death=death, dies_after_s=scene.chance.uniform(0.1, 1.5))
    passes = scene.chance.randint(1, _PASSES_MAX)
    return scene.stage.worker_spec(death=death, failpoint=death, passes=passes, signal=signal.SIGKILL)
