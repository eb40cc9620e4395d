"""Creates an account of a seed in a simulated network, with its posts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import AnyHttpUrl
from pydantic.alias_generators import to_camel

from letmepost.domain.errors import EmulatorError, PlatformFailure
from letmepost.gateways.sender import Sender
from letmepost.platforms.connecting import ConnectedAccount, Credential
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import State
from letmepost.sandbox.scenario_state import ScenarioState
from letmepost.sandbox.seeding.local_network import LocalNetwork, SeedClock
from letmepost.sandbox.seeding.media import open_media
from letmepost.sandbox.seeding.posts import facts_of, ready_post
from letmepost.sandbox.seeding.publishing import publish
from letmepost.sandbox.seeding.seed import HEALTHY, SeedAccount, SeedPost
from letmepost.sandbox.seeding.signing_in import SignedIn, SigningIn

_CREATED_BEFORE = timedelta(minutes=10)
"""How long before the start of the clock an account with posts is created: networks process videos for minutes."""


@dataclass(frozen=True, slots=True)
class Planted:
    """What was created: the accounts as JSON, and the changes of the stored bytes of the simulator."""

    accounts: list[Mapping[str, Any]]
    files: Mapping[str, bytes | None]


async def plant(
    platform: Platform, wanted: SeedAccount, state: State, *, root: str, start: datetime, number: int
) -> Planted:
    """Create an account with its posts.

    Args:
        state: of the simulator.
        root: the URL of the simulator.
        start: when the clock of the world starts.
        number: of the account among those of the network. Tokens and ids derive from it.

    Raises:
        EmulatorError: the network does not accept it.
    """
    clock = SeedClock(start - _CREATED_BEFORE if wanted.posts else start, f"{platform.name} {number}")
    network = LocalNetwork(platform.simulator, state, root, clock)
    settings = platform.simulator.settings(AnyHttpUrl(root))
    signing_in = SigningIn(
        platform=platform, wanted=wanted, state=state, settings=settings, network=network, clock=clock
    )
    try:
        signed_in = await signing_in.run()
        for index, post in enumerate(wanted.posts):
            await _publish(post, f"posts[{index}]", signed_in[0].account, signing_in)
    except ValueError as problem:
        raise EmulatorError(f"{platform.title}: {problem}") from None
    except PlatformFailure as failure:
        raise EmulatorError(f"{platform.title} refused to connect the account. {failure.message}") from None
    return Planted([_describe(one, platform, wanted.scenario) for one in signed_in], network.files)


async def _publish(post: SeedPost, path: str, account: ConnectedAccount, given: SigningIn) -> None:
    """Publish a post as in the scenario `ok`: that of the account begins with the clock of the world.

    Raises:
        ValueError: the network does not accept it.
    """
    healthy = ScenarioState(given.state, HEALTHY)
    network = LocalNetwork(given.platform.simulator, healthy, given.network.root, given.clock)
    sender = Sender(
        http=network,
        platform=given.platform.signing_for(given.settings),
        clock=given.clock,
        credentials=_Fixed(account.credential),
        open_media=open_media,
    )
    try:
        ready = ready_post(post, account, given.platform, given.settings, given.clock)
        await publish(ready, given.platform, given.settings, sender, given.clock)
    except (ValueError, PlatformFailure) as problem:
        raise ValueError(f"{path}: {problem}") from None
    given.network.files.update(network.files)


def _describe(signed_in: SignedIn, platform: Platform, scenario: str) -> dict[str, Any]:
    """Return an account as JSON, with everything that a client can sign in with.

    Its id is the one that the network shows, which is not always the one that identifies it among all servers.
    """
    authors = platform.authors(facts_of(signed_in.account))
    account, expires_at = signed_in.account, signed_in.account.credential.expires_at
    secrets = {to_camel(name): text for name, text in account.credential.secrets.items()}
    return {
        "id": account.platform_account_id if account.platform_account_id in authors else next(iter(authors)),
        "handle": account.handle,
        "name": account.display_name,
        "scenario": scenario,
        "token": signed_in.token,
        "credentials": {**signed_in.typed, **secrets},
        "expiresAt": None if expires_at is None else expires_at.isoformat(),
    }


@dataclass(frozen=True, slots=True)
class _Fixed:
    """A credential that is not refreshed."""

    credential: Credential

    async def current(self) -> Credential:
        return self.credential

    async def refresh(self, _dead: Credential) -> None:
        """Return None: the reply stays as it is."""
