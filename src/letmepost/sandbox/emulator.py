"""The stand-alone emulator: worlds that start from a seed, and a description of what clients need."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, SecretStr
from pydantic.alias_generators import to_camel

from letmepost.domain.errors import EmulatorError
from letmepost.domain.sandbox_pages import TIMELINE_PATH, account_path
from letmepost.platforms.contract import Platform
from letmepost.sandbox.calls.recent import RecentCalls
from letmepost.sandbox.clock import SimulatedClock
from letmepost.sandbox.faults import Faults
from letmepost.sandbox.seeding.planting import plant
from letmepost.sandbox.seeding.seed import Seed, SeedAccount
from letmepost.sandbox.store import Store
from letmepost.sandbox.worlds import WorldStates

MAIN_WORLD = "main"
"""The world that the emulator prepares. Every other name is a world of its own, which is empty until its reset."""
_ACCOUNTS = "emulator"  # kept like a platform's state, under a name that no platform has


class Emulator:
    """Fills worlds from the seed, and describes them."""

    def __init__(
        self,
        platforms: Mapping[str, Platform],
        store: Store,
        worlds: WorldStates,
        clock: SimulatedClock,
        faults: Faults,
        calls: RecentCalls,
        seed: Seed,
        now: Callable[[], datetime],
    ) -> None:
        """`now` returns the real time."""
        self.platforms = platforms
        self._store = store
        self._worlds = worlds
        self._clock = clock
        self._faults = faults
        self._calls = calls
        self._seed = seed
        self._now = now
        self._ports: Mapping[str, int] = {}
        self._turn = asyncio.Lock()  # one world is filled at a time

    async def start(self, base_url: str, ports: Mapping[str, int]) -> dict[str, Any]:
        """Fill the main world, unless a file contains it from an earlier run. Return its description.

        Args:
            base_url: the URL of the emulator.
            ports: the port of its own for each network, by the network's name. A network can have none.

        Raises:
            EmulatorError: a network does not accept what the seed contains.
        """
        self._ports = ports
        if MAIN_WORLD not in await self._worlds.names():
            await self.reset(MAIN_WORLD, base_url)
        else:
            self._set_faults(MAIN_WORLD)
        return await self.describe(MAIN_WORLD, base_url)

    def root_at(self, port: int) -> str | None:
        """Return the path of the network that has this port; None if none has it."""
        return next((f"/{MAIN_WORLD}/{name}" for name, own in self._ports.items() if own == port), None)

    async def reset(self, world: str, base_url: str) -> None:
        """Delete everything in a world, and fill it from the seed.

        Raises:
            EmulatorError: a network does not accept what the seed contains.
        """
        async with self._turn:
            await self._worlds.reset(world)
            self._calls.clear(world)
            self._set_faults(world)
            start = self._seed.start(self._now())
            await self._clock.set_time(world, start, frozen=self._seed.clock.frozen)
            for index, account in enumerate(self._seed.accounts):
                try:
                    await self._plant(world, account, base_url, start)
                except EmulatorError as error:
                    raise EmulatorError(f"accounts[{index}]: {error}") from None

    async def add_account(self, world: str, account: SeedAccount, base_url: str) -> Sequence[Mapping[str, Any]]:
        """Create an account, and return the description of those that it connects.

        Raises:
            EmulatorError: the network does not accept it.
        """
        async with self._turn:
            planted = await self._plant(world, account, base_url, await self._clock.now(world))
        return [_with_page(account.network, one, f"{base_url}/{world}") for one in planted]

    async def describe(self, world: str, base_url: str) -> dict[str, Any]:
        """Return what a client of a world needs: the address, the app and the accounts of each network."""
        async with self._worlds.visit(world, _ACCOUNTS) as state:
            accounts = {name: state.get(f"accounts/{name}", []) for name in self.platforms}
        root = f"{base_url}/{world}"
        return {
            "world": world,
            "now": (await self._clock.now(world)).isoformat(),
            "frozen": await self._clock.is_frozen(world),
            "pageUrl": f"{root}{TIMELINE_PATH}",
            "controlUrl": f"{base_url}/control/{world}",
            "networks": {
                name: {
                    "title": platform.title,
                    "url": self._url(world, name, base_url),
                    "pageUrl": f"{root}/{name}{TIMELINE_PATH}",
                    "app": _app(platform, f"{root}/{name}"),
                    "scenarios": dict(platform.simulator.scenarios),
                    "accounts": [_with_page(name, one, root) for one in accounts[name]],
                }
                for name, platform in self.platforms.items()
            },
        }

    def _url(self, world: str, network: str, base_url: str) -> str:
        """Return the address of a network for clients."""
        if world != MAIN_WORLD or network not in self._ports:
            return f"{base_url}/{world}/{network}"
        base = urlsplit(base_url)
        host = base.netloc.removesuffix(f":{base.port}")
        return f"{base.scheme}://{host}:{self._ports[network]}"

    async def _plant(
        self, world: str, account: SeedAccount, base_url: str, start: datetime
    ) -> Sequence[Mapping[str, Any]]:
        platform = self.platforms[account.network]
        async with self._worlds.visit(world, _ACCOUNTS) as accounts:
            number = accounts.get(f"count/{platform.name}", 0)
            accounts[f"count/{platform.name}"] = number + 1
        async with self._worlds.visit(world, platform.name) as state:
            root = f"{base_url}/{world}/{platform.name}"
            planted = await plant(platform, account, state, root=root, start=start, number=number)
            # Before the state that names them is committed.
            await self._store.save_files(world, platform.name, planted.files)
        key = f"accounts/{platform.name}"
        async with self._worlds.visit(world, _ACCOUNTS) as accounts:
            accounts[key] = [*accounts.get(key, []), *planted.accounts]
        return planted.accounts

    def _set_faults(self, world: str) -> None:
        self._faults.clear(world)
        for fault in self._seed.faults:
            self._faults.add(world, fault.network, fault.without_network())


def _with_page(network: str, account: Mapping[str, Any], root: str) -> Mapping[str, Any]:
    return {**account, "pageUrl": f"{root}/{network}{account_path(account['id'])}"}


def _app(platform: Platform, root: str) -> dict[str, str]:
    """Return the credentials of the app that the simulator knows; empty if it needs none."""
    settings = platform.simulator.settings(AnyHttpUrl(root))
    found = {to_camel(name): getattr(settings, name) for name in settings.credentials()}
    return {name: one.get_secret_value() if isinstance(one, SecretStr) else str(one) for name, one in found.items()}
