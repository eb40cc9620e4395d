"""Who calls a tool."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from letmepost_client import AsyncClient

KeyMode: TypeAlias = Literal["test", "live"]

_PREFIXES: tuple[tuple[str, KeyMode], ...] = (("lmp_test_", "test"), ("lmp_live_", "live"))
"""How an API key begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The client that tools use for one caller.

    Attributes:
        mode: the mode of the caller's API key. Every result states it.
        has_api_tools: True if the caller also gets a tool for each operation of the API.
    """

    client: AsyncClient
    mode: KeyMode
    has_api_tools: bool


def mode_of(api_key: str) -> KeyMode:
    """Return the mode of an API key. The API accepts a key only with its own prefix.

    Raises:
        ValueError: it is not an API key. The message does not contain it.
    """
    for prefix, mode in _PREFIXES:
        if api_key.startswith(prefix):
            return mode
    raise ValueError("An API key starts with `lmp_test_` or `lmp_live_`.")
