"""A platform's simulator as a network, and a driver that runs flows against it."""

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

import pytest

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.errors import PlatformFailure
from letmepost.platforms.connecting import ConnectedAccount
from letmepost.platforms.contract import Platform
from letmepost.platforms.simulation import SimulatedCall, SimulatedPost, SimulatedReply

T = TypeVar("T")


class TextState(MutableMapping[str, Any]):
    """A state that stores JSON text, so that changes in place are lost, and values that are not JSON fail."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def __getitem__(self, key: str) -> Any:
        return json.loads(self.texts[key])

    def __setitem__(self, key: str, value: object) -> None:
        self.texts[key] = json.dumps(value, allow_nan=False)

    def __delitem__(self, key: str) -> None:
        del self.texts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.texts))

    def __len__(self) -> int:
        return len(self.texts)


@dataclass
class SimulatedNetwork:
    """A simulator with a clock that only a test moves, and the same entropy in every run.

    `files` are the stored bytes, by name.
    """

    platform: Platform
    state: TextState = field(default_factory=TextState)
    files: dict[str, bytes] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    draws: int = 0

    @property
    def root(self) -> str:
        return f"http://sandbox.test:8090/org_1/{self.platform.name}"

    def entropy(self) -> bytes:
        self.draws += 1
        return sha256(str(self.draws).encode()).digest()

    def advance(self, **units: float) -> None:
        self.now += timedelta(**units)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        *,
        query: tuple[tuple[str, str], ...] = (),
    ) -> SimulatedReply:
        """Return the simulator's response to a request."""
        call = SimulatedCall(
            method=method,
            root=self.root,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in (headers or {}).items()},
            body=body,
            now=self.now,
            entropy=self.entropy(),
        )
        reply = self.platform.simulator.answer(self.state, call)
        for name, content in reply.stored.items():
            self.files.pop(name, None)
            if content is not None:
                self.files[name] = content
        return reply

    def create_account(self, scenario: str = "ok") -> Mapping[str, str]:
        """Return the credentials of a new account with this scenario."""
        return self.platform.simulator.create_account(self.state, scenario, self.now, self.entropy())

    def posts(self) -> list[SimulatedPost]:
        return self.platform.simulator.posts(self.state)

    def visible(self) -> list[str]:
        """Return the texts of the visible posts."""
        return [post.text for post in self.posts()]


def facts(account: ConnectedAccount) -> AccountFacts:
    """Return the facts of an account that flows receive."""
    return AccountFacts(
        platform_account_id=account.platform_account_id,
        handle=account.handle,
        data=account.data,
        preferences=account.preferences,
    )


def failed(run: Callable[[], object]) -> PlatformFailure:
    """Return the failure that `run` raises."""
    with pytest.raises(PlatformFailure) as caught:
        run()
    return caught.value
