"""Which addresses may be called: protects the private network from the URLs of tenants."""

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
"""Returns the addresses of a name. Raises OSError if there are none, or no name server answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """The addresses that may be called. By default, the public internet over TLS.

    Args:
        allow_private: also loopback and private networks, for development, but no metadata services.
        allow_http: also without TLS.
        only_origins: only these, wherever they are: the sandbox of the test mode.
        never_origins: not these, and no name that resolves to them: the live mode must not call the sandbox.
    """

    allow_private: bool = False
    allow_http: bool = False
    only_origins: frozenset[Origin] | None = None
    never_origins: frozenset[Origin] = frozenset()


class AddressGuard:
    """Checks that a URL may be called, and resolves its addresses.

    A name is resolved once per connection, and the connection uses the checked addresses. So a name cannot resolve to
    other addresses in between.
    """

    def __init__(self, policy: AddressPolicy, lookup: Lookup) -> None:
        self._policy = policy
        self._lookup = lookup

    def admit(self, url: str) -> Destination:
        """Return the parts of a URL, after all checks that need no look-up.

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
        """Return the addresses of a name, if all of them may be called.

        A missing address and a forbidden address raise the same error, which may be retried. Otherwise, callers could
        find out which names exist in the private network.

        Raises:
            NameUnresolved: the name has no address, or one that may not be called.
        """
        found = await self._addresses_of(host)
        if not found or not await self._may_all_be_called(port, found):
            raise NameUnresolved(f"The name {host} does not resolve to a public address.")
        return [str(address) for address in found]

    async def check(self, url: str) -> None:
        """Check that a URL can be called, before it is stored to be called later.

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
    """Return True if HTTP may use the port: not a port of mail, name or file services, which could be attacked."""
    return port in {80, 443} or port >= 1024
