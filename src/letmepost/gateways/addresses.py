"""Which addresses may be called: the lock between a tenant's URL and our own network."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TypeAlias

from letmepost.gateways.address_ranges import METADATA_NAMES, Address, Reach, is_private_name, reach_of
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
        if not self._may_be_called(destination):
            raise AddressRefused(f"{origin.host} is not a public host that this server may call.")
        return destination

    async def addresses(self, host: str, port: int) -> list[str]:
        """Look a name up; return its addresses if every one of them may be called.

        A name without an address and one with a forbidden address are the same error, which may be tried again:
        otherwise a caller could find out which names exist in our own network.

        Raises:
            NameUnresolved: the name has no address, or one that may not be called.
        """
        found = await self._addresses_of(host)
        if not found or not await self._may_all_be_called(port, found):
            raise NameUnresolved(f"The name {host} does not resolve to a public address.")
        return [str(address) for address in found]

    async def check(self, url: str) -> None:
        """Tells at once whether a URL could be called, for those who store it to call it later.

        Raises:
            AddressRefused: it is malformed or forbidden.
            NameUnresolved: as `addresses`.
        """
        destination = self.admit(url)
        if destination.address is None:
            await self.addresses(destination.origin.host, destination.origin.port)

    def _may_be_called(self, destination: Destination) -> bool:
        origin = destination.origin
        if any((never.host, never.port) == (origin.host, origin.port) for never in self._policy.never_origins):
            return False
        if destination.address is not None:
            return self._is_allowed(destination.address)
        return origin.host not in METADATA_NAMES and (self._policy.allow_private or not is_private_name(origin.host))

    def _is_allowed(self, address: Address) -> bool:
        reach = reach_of(address)
        return reach is Reach.PUBLIC or (reach is Reach.PRIVATE and self._policy.allow_private)

    async def _may_all_be_called(self, port: int, found: Sequence[Address]) -> bool:
        if self._policy.only_origins is not None:
            return True
        if not all(self._is_allowed(address) for address in found):
            return False
        for never in self._policy.never_origins:
            if never.port == port and not set(found).isdisjoint(await self._addresses_of(never.host)):
                return False
        return True

    async def _addresses_of(self, host: str) -> list[Address]:
        try:
            return [ip_address(text) for text in await self._lookup(host)]
        except (OSError, ValueError):
            return []


def _is_web_port(port: int) -> bool:
    """Whether HTTP may live there: no mail, name or file service, which a forged request could talk to."""
    return port in {80, 443} or port >= 1024
