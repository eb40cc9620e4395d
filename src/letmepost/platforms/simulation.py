"""The interface of simulators: stateful servers that speak the real protocol of a platform."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import AnyHttpUrl

from letmepost.domain.received import Received
from letmepost.platforms.connecting import PlatformSettings

State: TypeAlias = MutableMapping[str, Any]
"""The state of a simulator for one organization: JSON values under string keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCall:
    """A request to a simulator, with the time and randomness for its response.

    `path` is relative to the simulator's root (`/xrpc/…`); `root` is the root's URL for the caller. Header names are in
    lower case. `entropy` has at least 32 random bytes.

    Args:
        host: the last folder of `root`, if it stands for one of several hosts of the platform.
        body: empty if the body is too large to be kept in memory. Uploads read `received` instead.
        streamed: what is known of a body that arrived in pieces; None if `body` contains it.
    """

    method: str
    root: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    streamed: Received | None = None
    now: datetime
    entropy: bytes
    host: str = ""

    @property
    def network_root(self) -> str:
        """Return the root of the simulator, of all its hosts."""
        return self.root.removesuffix(f"/{self.host}")

    @property
    def received(self) -> Received:
        """Return what is known of the body."""
        return self.streamed or Received.of(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReply:
    """The response of a simulator.

    `dropped`: the request is executed, but the response is lost. `delay_s`: how long the server holds the connection
    open before it responds.

    Args:
        stored: the bytes of files to store from now on, by names that are unique in the state; None deletes them.
        files: the names of stored bytes that follow `body` in the response.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    dropped: bool = False
    delay_s: float = 0.0
    stored: Mapping[str, bytes | None] = field(default_factory=dict)
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedMedia:
    """A media item of a visible post.

    Args:
        kind: `image`, `video` or `document`.
        description: its alt text or title; None if it has none.
        parts: the names of its stored bytes, in their order; empty if they are not kept.
        size_bytes, checksum: of its bytes, with the checksum in hexadecimal digits; None if the network fetches them.
    """

    kind: str
    description: str | None = None
    parts: Sequence[str] = ()
    size_bytes: int | None = None
    checksum: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedPost:
    """One visible post of a simulated account, as its followers see it. Lists of posts end with the newest."""

    uri: str
    account_id: str
    text: str
    created_at: str
    reply_to: str | None = None
    media: Sequence[SimulatedMedia] = ()
    record: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedProfile:
    """A simulated account, as its followers see it.

    Args:
        account_id: the `account_id` of its posts.
        handle: its name in addresses, without `@`; None if it has none.
        name: the name that is shown; None if it has none.
        scenario: None if another account decides how the network behaves.
    """

    account_id: str
    handle: str | None = None
    name: str | None = None
    scenario: str | None = None


def no_profiles(_state: State) -> list[SimulatedProfile]:
    """Return no profile, for a simulator that shows the ids of accounts only."""
    return []


def keep_names(_state: State, _account_id: str, _handle: str | None, _name: str | None) -> None:
    """Raise ValueError: the accounts of this simulator cannot be renamed."""
    raise ValueError("its handle and name cannot be chosen")


def keep_token(_state: State, _issued: str, _wanted: str) -> None:
    """Raise ValueError: the tokens of this simulator cannot be chosen."""
    raise ValueError("its token cannot be chosen")


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A stateful simulator of the platform's real protocol, as pure as a flow.

    Args:
        answer: changes the state and returns the response.
        create_account: creates an account that behaves as `scenario` states, and returns the input that connects it, as
            a caller of `POST …/complete` would send it. With OAuth that is `{"code": …}`, of a consent for this
            settings' app without a challenge, valid for any redirect URI. With `OAuth.servers`, the code is valid for
            every app that was registered at the simulator.
        posts: returns what followers would see.
        profiles: returns the accounts that can publish. An entry of the state with a scenario has its name in the field
            `scenario`; what scenarios count is under `attempts/…` and `lost/…`.
        rename: gives the account with this `account_id` a handle, a name, or both; raises ValueError if it cannot.
        replace_token: replaces an issued access token, or the password of `create_account`, with a chosen text that
            does not expire; raises ValueError if it cannot.
        color: of the network on its pages, `#rrggbb`. Only decoration has it, so any contrast will do.
        scenarios: what each scenario does, by the names that `create_account` accepts.
        settings: returns platform settings that point every host at the simulator's base URL.
    """

    answer: Callable[[State, SimulatedCall], SimulatedReply]
    create_account: Callable[[State, str, datetime, bytes], Mapping[str, str]]
    posts: Callable[[State], list[SimulatedPost]]
    scenarios: Mapping[str, str]
    settings: Callable[[AnyHttpUrl], PlatformSettings]
    profiles: Callable[[State], list[SimulatedProfile]] = no_profiles
    rename: Callable[[State, str, str | None, str | None], None] = keep_names
    replace_token: Callable[[State, str, str], None] = keep_token
    color: str = "#545d68"
