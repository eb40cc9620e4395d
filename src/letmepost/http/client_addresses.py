"""The address that a request comes from, behind any number of proxies."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

UNKNOWN = "unknown"
"""Every client without an IP address, as on a Unix socket."""

_PORT = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[0-9.]+))(?::[0-9]{1,5})?")
_IPV6_CLIENT_BITS = 64  # a network gives each customer at least as many: RFC 6177


def client_address(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """Return the address of the client, as one name for all that the client can choose from.

    Each proxy appends the address of its caller to `X-Forwarded-For`. The list is therefore read from its end, for as
    long as the addresses belong to trusted proxies. Everything before may be made up.

    Args:
        peer: the other end of the connection.
        forwarded: the values of every `X-Forwarded-For` header, in their order.
        trusted: the networks of the proxies.
    """
    address = _read(peer or "")
    if address is None:
        return UNKNOWN
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and any(address in network for network in trusted):
        before = _read(hops.pop())
        if before is None:
            break
        address = before
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _IPV6_CLIENT_BITS), strict=False))
    return str(address)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, without a port and a zone; None if the text is none."""
    found = _PORT.fullmatch(text.strip())
    plain = (found["v6"] or found["v4"]) if found else text.strip()
    try:
        address = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
