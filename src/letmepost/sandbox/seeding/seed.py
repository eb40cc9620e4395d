"""What a seed contains: the clock, and the accounts of the simulated networks with their posts and faults."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel

from letmepost.platforms.contract import Platform
from letmepost.sandbox.faults import Fault

HEALTHY = "ok"
"""The scenario in which everything works. Every network has it."""
_ACCOUNTS_MAX = 1000
_POSTS_MAX = 1000


def _known_platforms(info: ValidationInfo) -> Mapping[str, Platform]:
    platforms: Mapping[str, Platform] = (info.context or {})["platforms"]
    return platforms


def _network(name: str, info: ValidationInfo) -> str:
    """Return the name of the platform that a name or an alias means."""
    platforms = _known_platforms(info)
    found = next((one.name for one in platforms.values() if name in {one.name, *one.aliases}), None)
    if found is None:
        raise ValueError(f"there is no network {name!r}. Networks: {', '.join(platforms)}")
    return found


def check_scenario(scenario: str, platform: Platform) -> None:
    """Raise ValueError if a platform does not have a scenario."""
    known = platform.simulator.scenarios
    if scenario not in known:
        raise ValueError(f"there is no scenario {scenario!r}. Scenarios: {', '.join(known)}")


NetworkName = Annotated[str, AfterValidator(_network)]


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, validate_by_alias=True, hide_input_in_errors=True
    )


class SeedPost(_Part):
    """A post that an account has already published.

    Args:
        image: the alt text of a picture of the emulator's own.
        video: True to attach a video of the emulator's own.
        options: the options of the network, as in `POST /v1/posts`.
    """

    text: str = ""
    image: str | None = None
    video: bool = False
    options: Mapping[str, Any] = Field(default_factory=dict)


class SeedAccount(_Part):
    """An account.

    Args:
        scenario: how the network behaves toward the account.
        consent: the choice on the network's consent page that connects the account, such as one with two pages.
        handle, name: None for made-up ones.
        token: the access token, or on a network without OAuth the password. None for a made-up one that expires as on
            the real network.
    """

    network: NetworkName
    scenario: str = HEALTHY
    consent: str | None = None
    handle: str | None = None
    name: str | None = Field(default=None, min_length=1, max_length=100)
    token: str | None = Field(default=None, min_length=4, max_length=500, pattern=r"^[\x21-\x7e]+$")
    posts: tuple[SeedPost, ...] = Field(default=(), max_length=_POSTS_MAX)

    @model_validator(mode="after")
    def _fits_network(self, info: ValidationInfo) -> Self:
        check_scenario(self.scenario, _known_platforms(info)[self.network])
        if self.consent is not None and self.scenario != HEALTHY:
            raise ValueError(f"an account that is connected by `consent` has the scenario {HEALTHY!r}")
        return self


class SeedFault(Fault):
    """A fault of a network from the start."""

    network: NetworkName

    @model_validator(mode="after")
    def _fits_network(self, info: ValidationInfo) -> Self:
        if self.scenario is not None:
            check_scenario(self.scenario, _known_platforms(info)[self.network])
        return self

    def without_network(self) -> Fault:
        """Return the fault as the network has it."""
        return Fault.model_validate(self.model_dump(exclude={"network"}))


class SeedClockStart(_Part):
    """The clock. `start` is None for the real time."""

    start: AwareDatetime | None = None
    frozen: bool = False


class Seed(_Part):
    """The content of a seed file."""

    clock: SeedClockStart = SeedClockStart()
    accounts: tuple[SeedAccount, ...] = Field(default=(), max_length=_ACCOUNTS_MAX)
    faults: tuple[SeedFault, ...] = ()

    def start(self, now: datetime) -> datetime:
        """Return the time at which the clock starts."""
        return self.clock.start or now


def default_seed(platforms: Mapping[str, Platform]) -> Seed:
    """Return the seed without a file: one healthy account on each network."""
    accounts = [{"network": name} for name in platforms]
    return Seed.model_validate({"accounts": accounts}, context={"platforms": platforms})
