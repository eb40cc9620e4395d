"""Which addresses may be called: the lock between a tenant's URL and our own network."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeAlias

from letmepost.gateways.address_ranges import Address, Reach, reach_of
from letmepost.gateways.destinations import (
    AddressRefused,
    Destination,
    NameUnresolved,
    Origin,
    read_origin,
    read_url,
)

__all__ = ["AddressGuard", "AddressPolicy", "AddressRefused", "Lookup", "Origin", "read_origin"]

Lookup: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""The addresses of a name. Raises OSError when it has none or nobody could be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """Which addresses may be called; by default the public internet, over TLS.

    Args:
        allow_private: loopback and private networks too, for development; metadata services never.
        allow_http: without TLS too.
        only_origins: nothing but these, wherever they are: the test world's sandbox.
        never_origins: not these, nor a name that leads to them: the live world and the sandbox.
    """

    allow_private: bool = False
    allow_http: bool = False
    only_origins: frozenset[Origin] | None = None
    never_origins: frozenset[Origin] = frozenset()


class AddressGuard:
    """Says whether a URL may be called, and by which addresses.

    A name is looked up once for a connection, and the connection goes to the addresses that were judged: a
    name that changes its answer in between gains nothing.
    """

    def __init__(self, policy: AddressPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    def admit(self, url: str) -> Destination:
        """What the URL says, if the policy allows it as far as can be told without a look-up.

        Raises:
            AddressRefused: the URL is malformed, or its scheme, port, origin or address is forbidden.
        """
        destination = read_url(url)
        origin = destination.origin
        if self._policy.only_origins is not None:
            if origin not in self._policy.only_origins:
                raise AddressRefused(f"{origin} is outside the sandbox.")
            return destination
        if origin.scheme == "http" and not self._policy.allow_http:
            raise AddressRefused(f"{origin} is not https.")
        if not _is_web_port(origin.port):
            raise AddressRefused(f"{origin} has a port that belongs to another service.")
        if any((never.host, never.port) == (origin.host, origin.port) for never in self._policy.never_origins):
            raise AddressRefused(f"{origin} is the sandbox.")
        if destination.address is not None:
            self._judge(origin.host, [destination.address])
        return destination

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a name, looked up now; every one of them may be called.

        Raises:
            AddressRefused: at least one of them may not be called.
            NameUnresolved: the look-up failed. The message is the same, so that it does not show which names exist.
        """
        try:
            found = [ip_address(text) for text in await self._lookup(host)]
        except (OSError, ValueError) as error:
            raise NameUnresolved(_no_address(host)) from error
        if not found:
            raise NameUnresolved(_no_address(host))
        if self._policy.only_origins is None:
            self._judge(host, found)
            await self._refuse_sandbox(host, port, found)
        return [str(address) for address in found]

    async def check(self, url: str) -> None:
        """Tells at once whether a URL could be called, for those who store it to call it later.

        Raises:
            AddressRefused: it is malformed or forbidden.
            NameUnresolved: its name could not be looked up.
        """
        destination = self.admit(url)
        if destination.address is None:
            await self.addresses(destination.origin.host, destination.origin.port)

    def _judge(self, host: str, addresses: Iterable[Address]) -> None:
        allowed = {Reach.PUBLIC, Reach.PRIVATE} if self._policy.allow_private else {Reach.PUBLIC}
        if not all(reach_of(address) in allowed for address in addresses):
            raise AddressRefused(_no_address(host))

    async def _refuse_sandbox(self, host: str, port: int, found: Sequence[Address]) -> None:
        for never in self._policy.never_origins:
            if never.port == port and not set(found).isdisjoint(await self._addresses_of(never.host)):
                raise AddressRefused(_no_address(host))

    async def _addresses_of(self, host: str) -> list[Address]:
        try:
            return [ip_address(text) for text in await self._lookup(host)]
        except (OSError, ValueError):
            return []  # a sandbox that cannot be found cannot be reached either


def _no_address(host: str) -> str:
    return f"{host} leads to no address on the public internet."


def _is_web_port(port: int) -> bool:
    """Whether HTTP may live there: no mail, name or file service, which a forged request could talk to."""
    return port in {80, 443} or port >= 1024
