"""Workers that are killed at critical places, and at random."""

import signal
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path

from tests.doubles.waiting import eventually
from tests.faults.children import Spec
from tests.faults.failpoints import WORKERS, Death, Failpoint, read_death
from tests.faults.scenes import Scene
from tests.faults.shapes import may_go_on, performers

RANDOM = Death()
_SHARES = 10  # reported one by one
_WITHIN_S = 1800.0


async def kill_workers(scene: Scene) -> None:
    """Kill every worker at one of several places. The next is forked immediately."""
    deaths, places = _planned(scene), scene.stage.worker_places
    total = len(deaths)
    for number, place in enumerate(places):
        killer = _Killer(scene, deaths, max(len(deaths) // len(places), 1), scene.stage.directory / f"death-{number}")
        place.make_spec, place.count_death = killer.next_spec, killer.count_death
        place.signal()
    async with scene.load(8.0):
        for share in range(1, _SHARES + 1):
            await eventually(partial(_is_reached, scene, total * share // _SHARES), within_s=_WITHIN_S)
            scene.tell(f"{scene.kills.total()} of {total} kills")
    for place in places:
        place.make_spec = scene.stage.worker_spec
    scene.notes.append(f"{total} kills: {_summary(scene)}")


@dataclass(eq=False)
class _Killer:
    """Kills one worker after another at one place.

    Args:
        deaths: the remaining deaths, for all places.
        choice: the maximum number of deaths that a worker may have.
    """

    scene: Scene
    deaths: list[Death]
    choice: int
    death_file: Path
    _own: list[Death] = field(default_factory=list)

    def next_spec(self) -> Spec:
        """Return the next worker. It is killed at the first of its places that it passes, one per platform."""
        scene = self.scene
        first = self.deaths[-1:]
        if not first:
            return scene.stage.worker_spec()
        if first == [RANDOM]:
            self._take(first)
            return scene.stage.worker_spec(is_doomed=True, dies_after_s=scene.chance.uniform(0.1, 1.5))
        by_platform = {death.platform: death for death in self.deaths if death != RANDOM}
        self._take(list(by_platform.values())[: self.choice])
        scene.wanted += self._own
        deaths = [asdict(death) for death in self._own]
        return scene.stage.worker_spec(is_doomed=True, deaths=deaths, death_file=str(self.death_file))

    def count_death(self, spec: Spec, code: int) -> None:
        """Count the death that happened, and return the others."""
        died = read_death(self.death_file) or RANDOM
        for death in self._own:
            if death != RANDOM:
                self.scene.wanted.remove(death)
        if "is_doomed" in spec and code == -signal.SIGKILL and died in self._own:
            self._own.remove(died)
            self.scene.kills[died] += 1
        self.deaths += self._own
        self._own.clear()
        self.scene.chance.shuffle(self.deaths)

    def _take(self, deaths: list[Death]) -> None:
        for death in deaths:
            self.deaths.remove(death)
        self._own[:] = deaths


async def _is_reached(scene: Scene, count: int) -> bool:
    return scene.kills.total() >= count


def _planned(scene: Scene) -> list[Death]:
    deaths = _kinds() * scene.scale.at_each or _one_of_each(scene)
    deaths += [RANDOM] * (scene.scale.kills - len(deaths))
    scene.chance.shuffle(deaths)
    return deaths


def _kinds() -> list[Death]:
    """Return each failpoint on each platform, and each place after the first step."""
    later = [Death(point, name, is_later=True) for point in _INSIDE for name in performers() if may_go_on(name)]
    # Before the record, the published step makes no difference: twice on each platform, to have as many of each.
    points = (*WORKERS, Failpoint.BEFORE_RECORD)
    return [Death(point, name) for point in points for name in performers()] + later


def _one_of_each(scene: Scene) -> list[Death]:
    points = cycle(scene.chance.sample(WORKERS, len(WORKERS)))
    names = scene.chance.sample(performers(), len(performers()))
    return [
        Death(point, name, point in _INSIDE and may_go_on(name) and scene.chance.random() < 0.5)
        for name, point in zip(names, points, strict=False)
    ]


def _summary(scene: Scene) -> str:
    counts = dict.fromkeys((*WORKERS, None), 0)
    for death, count in scene.kills.items():
        counts[death.failpoint] += count
    later = sum(count for death, count in scene.kills.items() if death.is_later)
    shown = ", ".join(f"{count} {point or 'random'}" for point, count in counts.items())
    return f"{shown}; {later} of them past the post itself"


_INSIDE = tuple(point for point in WORKERS if point is not Failpoint.BEFORE_RECORD)
