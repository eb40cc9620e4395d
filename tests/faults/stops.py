"""Workers that stop for longer than their leases, and then continue as if nothing had happened."""

import asyncio
import signal
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from letmepost.domain.journal import CONNECTING_MAX_S
from tests.faults.children import Child, Spec
from tests.faults.failpoints import WORKERS, Death, Failpoint, read_death
from tests.faults.lineup import CALL_S
from tests.faults.roles import JOB_TIMEOUT_S
from tests.faults.scenes import Scene
from tests.faults.stage import LEASE_S

_STOPS = (
    *map(Death, WORKERS),
    *(Death(point, is_later=True) for point in (Failpoint.AFTER_INTENT, Failpoint.AFTER_SEND, Failpoint.AFTER_REPLY)),
)
_STOPS_WITHIN_S = 20.0
# A lease outlasts the call that it covers, and its expiry is detected by the next claim.
_PAST_LEASE_S = CONNECTING_MAX_S + CALL_S + LEASE_S + 1.0
_PAST_TIMEOUT_S = JOB_TIMEOUT_S + 5.0
_GOES_ON_S = 2.0


async def stop_workers(scene: Scene) -> None:
    """Stop workers at each failpoint for longer than their leases, let the others take over, and continue them."""
    await _stop_for(scene, _PAST_LEASE_S)


async def stop_workers_past_timeout(scene: Scene) -> None:
    """Stop workers for longer than the timeout of arq's jobs, which have expired when their workers continue."""
    log = scene.stage.directory / "worker-past-timeout.log"
    await _stop_for(scene, _PAST_TIMEOUT_S, log=str(log))
    timeouts = scene.stage.count_logged("publish failed, TimeoutError", log)
    scene.notes.append(f"{timeouts} jobs timed out")
    if not timeouts:
        scene.flaws.append("no job timed out")


async def _stop_for(scene: Scene, seconds: float, **more: str) -> None:
    stood = Counter[str]()
    for _ in range(scene.scale.rounds):
        death_files = [scene.stage.directory / f"{scene.name}-{number}" for number in range(len(_STOPS))]
        specs = [{**_spec(scene, death, path), **more} for death, path in zip(_STOPS, death_files, strict=True)]
        async with scene.load(6.0), scene.stage.more_workers(*specs) as children:
            found = await asyncio.gather(*(_has_stopped(child) for child in children))
            scene.tell(f"{sum(found)} of {len(children)} workers stand still")
            stood.update(str(death.platform) for path in death_files if (death := read_death(path)) is not None)
            await asyncio.sleep(seconds)
            for child in children:
                child.signal(signal.SIGCONT)
            await asyncio.sleep(_GOES_ON_S)
    shown = ", ".join(f"{count} on {platform}" for platform, count in sorted(stood.items()))
    scene.notes.append(f"{stood.total()} workers were stopped for {seconds:g} s: {shown}")


def _spec(scene: Scene, death: Death, death_file: Path) -> Spec:
    return scene.stage.worker_spec(deaths=[asdict(death)], death_file=str(death_file), signal=signal.SIGSTOP)


async def _has_stopped(child: Child) -> bool:
    try:
        await asyncio.wait_for(child.stopped.wait(), _STOPS_WITHIN_S)
    except TimeoutError:
        return False
    return True
