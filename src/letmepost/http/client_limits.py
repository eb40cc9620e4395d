"""Limits per client address, for requests that could guess a secret without an API key."""

import hmac
import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from fastapi import Request

from letmepost.domain import refusals
from letmepost.gateways.rate_limits import RateLimits

OPERATOR_FAILURES_PER_MINUTE = 10
SIGN_INS_PER_MINUTE = 30

Network: TypeAlias = IPv4Network | IPv6Network

UNKNOWN = "unknown"
"""Every client without an IP address, as on a Unix socket."""

_API_KEY_PREFIX = "lmp_"
_PORT = re.compile(r"(?:\[(?P<v6>[^\]]+)\]|(?P<v4>[0-9.]+))(?::[0-9]{1,5})?")
_IPV6_CLIENT_BITS = 64  # a customer gets at least a /64: RFC 6177


class ClientLimits:
    """Counts attempts per client address, across all API processes. Without Redis, nothing is limited."""

    def __init__(self, limits: RateLimits, trusted_proxies: Sequence[Network]) -> None:
        self._limits = limits
        self._trusted_proxies = trusted_proxies

    def client_of(self, request: Request) -> str:
        """Return the address that a request comes from."""
        peer = None if request.client is None else request.client.host
        return client_address(peer, request.headers.getlist("x-forwarded-for"), self._trusted_proxies)

    async def check_operator_token(self, client: str, given: str, token: str) -> None:
        """Raise unless the given token is the operator's.

        The limit applies to the right token as well. Otherwise the response to each further guess would reveal whether
        it is right.

        Raises:
            Unauthenticated: the token is wrong.
            RateLimited: the client has sent too many wrong tokens this minute.
        """
        is_right = hmac.compare_digest(given.encode(), token.encode())
        count = self._limits.look if is_right else self._limits.take
        allowance = await count(f"operator:{client}", OPERATOR_FAILURES_PER_MINUTE)
        if allowance.is_exceeded:
            raise refusals.keys.OPERATOR_TOKEN_ATTEMPTS_MAX(
                limit=OPERATOR_FAILURES_PER_MINUTE, retry_after_s=allowance.reset_s
            )
        if not is_right:
            is_key = given.startswith(_API_KEY_PREFIX)
            raise refusals.keys.OPERATOR_TOKEN_TENANT_KEY() if is_key else refusals.keys.OPERATOR_TOKEN_INVALID()

    async def count_sign_in(self, client: str) -> None:
        """Count an attempt to sign in on a hosted page.

        Raises:
            RateLimited: the client has made too many attempts this minute.
        """
        allowance = await self._limits.take(f"sign-in:{client}", SIGN_INS_PER_MINUTE)
        if allowance.is_exceeded:
            raise refusals.connect.SIGN_INS_MAX(
                where=f"from your address: at most {SIGN_INS_PER_MINUTE} a minute are accepted",
                advice=f"Wait {allowance.reset_s} s, then try again.",
                retry_after_s=allowance.reset_s,
            )


def client_address(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> str:
    """Return the address of the client. All addresses of one IPv6 network count as one client.

    Each proxy appends the address of its caller to `X-Forwarded-For`. The list is therefore read from its end, while
    the addresses belong to trusted proxies. A client can forge everything before them.

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
    """Return an address without its port and zone; None if the text is not an address."""
    found = _PORT.fullmatch(text.strip())
    plain = (found["v6"] or found["v4"]) if found else text.strip()
    try:
        address = ip_address(plain.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
