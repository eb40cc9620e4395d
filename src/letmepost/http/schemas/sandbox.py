"""Test accounts and what their followers see."""

from collections.abc import Mapping, Sequence
from typing import Any

from letmepost.http.schemas.base import Body, View


class CreateSandboxAccount(Body):
    """A simulated account, and how it behaves."""

    platform: str
    scenario: str = "ok"


class SandboxPosts(View):
    """What followers of simulated accounts would see, oldest first."""

    data: Sequence[Mapping[str, Any]]
