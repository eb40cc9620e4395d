"""The ranges of IP addresses, and the names of private networks."""

from collections.abc import Iterable
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address


class Reach(Enum):
    """The reach of an address: the public internet, a private network, or nothing that serves HTTP."""

    PUBLIC = "public"
    PRIVATE = "private"
    NEVER = "never"


# After https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry, with the metadata
# services of clouds added. Listed here because `ipaddress.is_global` differs between versions of Python; a test
# compares the tables with it.
_PRIVATE_V4 = tuple(map(IPv4Network, ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_NEVER_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # "this network"; Linux treats 0.0.0.0 as loopback
            "169.254.0.0/16",  # link-local: the metadata service of most clouds is 169.254.169.254
            "192.0.0.0/24",  # protocol assignments; Oracle's metadata service
            "192.0.2.0/24",  # documentation, with the next two
            "198.51.100.0/24",
            "203.0.113.0/24",
            "192.88.99.0/24",  # 6to4 relays
            "198.18.0.0/15",  # benchmarks
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
            "168.63.129.16/32",  # Azure's host, in public space
            "100.100.100.200/32",  # Alibaba's metadata service, in carrier space
        ),
    )
)
_PRIVATE_V6 = (IPv6Network("::1/128"), IPv6Network("fc00::/7"))
_METADATA_V6 = tuple(
    map(
        IPv6Network,
        (
            "fd00:ec2::23/128",  # AWS, with the next
            "fd00:ec2::254/128",
            "fd00:42::42/128",  # Scaleway
            "fd00:c1::a9fe:a9fe/128",  # Oracle
            "fd20:ce::254/128",  # Google
        ),
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_NEVER_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
            "2001:db8::/32",  # documentation, with the next
            "3fff::/20",
            "2002::/16",  # 6to4: an IPv4 address behind a relay
        ),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


METADATA_NAMES = frozenset({"metadata.google.internal", "metadata.goog", "instance-data.ec2.internal"})
"""Names of metadata services. https://cloud.google.com/compute/docs/metadata/querying-metadata (checked 2026-11-28)."""

_PRIVATE_SUFFIXES = ("localhost", "localdomain", "local", "internal", "home.arpa")
"""Domains that exist only in private networks. https://www.iana.org/assignments/special-use-domain-names (checked
2026-11-28) lists most of them; ICANN reserved `internal` for private use in 2024."""


def is_private_name(host: str) -> bool:
    """Return True if a lower-case host name can only exist in a private network. Needs no look-up."""
    return "." not in host or host.endswith(tuple(f".{suffix}" for suffix in _PRIVATE_SUFFIXES))


def reach_of(address: Address) -> Reach:
    """Return the reach of an address. For a wrapped IPv4 address (mapped, NAT64), that of the IPv4 address."""
    if isinstance(address, IPv4Address):
        return _reach(address, never=_NEVER_V4, private=_PRIVATE_V4)
    if address.ipv4_mapped is not None:
        return reach_of(address.ipv4_mapped)
    if address in _NAT64:
        return reach_of(IPv4Address(int(address) & 0xFFFF_FFFF))
    reach = _reach(address, never=(*_METADATA_V6, *_NEVER_V6), private=_PRIVATE_V6)
    return Reach.NEVER if reach is Reach.PUBLIC and address not in _GLOBAL_V6 else reach


def _reach(
    address: Address, *, never: Iterable[IPv4Network | IPv6Network], private: Iterable[IPv4Network | IPv6Network]
) -> Reach:
    if any(address in network for network in never):
        return Reach.NEVER
    return Reach.PRIVATE if any(address in network for network in private) else Reach.PUBLIC
