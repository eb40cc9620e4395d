"""Workers that stand still for longer than their leases, and then go on as if nothing had happened."""

import asyncio
import signal

from letmepost.domain.journal import CONNECTING_MAX_S
from tests.faults.children import Child, Spec
from tests.faults.failpoints import WORKERS, Failpoint
from tests.faults.roles import CALL_S, platforms
from tests.faults.scenes import Scene
from tests.faults.stage import LEASE_S

_STOPS_WITHIN_S = 20.0
# A lease outlives the call that it covers, and is found to be over by the next claim.
_PAST_LEASE_S = CONNECTING_MAX_S + CALL_S + LEASE_S + 1.0
_GOES_ON_S = 2.0


async def stop_workers(scene: Scene) -> None:
    """Stop one worker at each failpoint of each platform, let the others take over, and wake the stopped ones."""
    stopped = 0
    for _ in range(scene.scale.rounds):
        async with scene.load(4.0), scene.stage.more_workers(*_specs(scene)) as children:
            found = await asyncio.gather(*(_has_stopped(child) for child in children))
            stopped += sum(found)
            scene.tell(f"{sum(found)} of {len(children)} workers stand still")
            await asyncio.sleep(_PAST_LEASE_S)
            for child in children:
                child.signal(signal.SIGCONT)
            await asyncio.sleep(_GOES_ON_S)
    scene.notes.append(f"{stopped} workers stood still for {_PAST_LEASE_S:g} s")


def _specs(scene: Scene) -> list[Spec]:
    around_call = (Failpoint.AFTER_INTENT, Failpoint.AFTER_SEND, Failpoint.AFTER_REPLY)
    where: list[tuple[Failpoint, str | None]] = [(point, name) for point in around_call for name in platforms()]
    where += [(point, None) for point in WORKERS if point not in around_call]
    return [
        scene.stage.worker_spec(failpoint=point, platform=name, passes=1, signal=signal.SIGSTOP)
        for point, name in where
    ]


async def _has_stopped(child: Child) -> bool:
    try:
        await asyncio.wait_for(child.stopped.wait(), _STOPS_WITHIN_S)
    except TimeoutError:
        return False
    return True
