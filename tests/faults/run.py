"""Plays the faults, and tells what came of them."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from tests.faults import kills, networks, rivals, servers, stops
from tests.faults.audit import audit
from tests.faults.platforms import UNASKED
from tests.faults.report import Report
from tests.faults.roles import platforms
from tests.faults.scenes import Scale, Scene
from tests.faults.stage import open_stage
from tests.faults.tenants import Callers

FAULTS: Mapping[str, Callable[[Scene], Awaitable[None]]] = MappingProxyType(
    {
        "killed-workers": kills.kill_workers,
        "stopped-workers": stops.stop_workers,
        "killed-apis": servers.kill_apis,
        "lost-valkey": servers.lose_valkey,
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
LONG = Scale(kills=1000, at_each=160, load_s=15.0, away_s=30.0, rounds=3, tenants=6, accounts_each=10)
SHORT = Scale(kills=7, at_each=1, load_s=1.5, away_s=3.0, rounds=1, tenants=3, accounts_each=4)
WORKERS = 4


async def run(names: Sequence[str], scale: Scale, seed: int, directory: Path, tell: Callable[[str], None]) -> Report:
    """Play the named faults one after another on one deployment; each is judged by the posts it met.

    Args:
        tell: takes a line of progress.
    """
    report, chance = Report(seed), random.Random(seed)  # noqa: S311 - the same faults for the same seed
    async with open_stage(directory, seed, workers=WORKERS) as stage:
        callers = Callers(stage, seed)
        tenants = [await callers.make_tenant(list(platforms()), scale.accounts_each) for _ in range(scale.tenants)]
        tell(f"{scale.tenants} tenants with {scale.accounts_each} accounts on each of {', '.join(platforms())}")
        for name in names:
            scene = Scene(
                name=name, stage=stage, callers=callers, tenants=tenants, scale=scale, chance=chance, tell=tell
            )
            await FAULTS[name](scene)
            line = await audit(scene, UNASKED.name)
            report.lines.append(line)
            tell(str(line))
    return report
