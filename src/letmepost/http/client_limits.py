"""Limits per client address, where a secret could be guessed without an API key."""

import hmac
from collections.abc import Sequence

from fastapi import Request

from letmepost.domain.errors import RateLimited, Unauthenticated
from letmepost.gateways.rate_limits import RateLimits
from letmepost.http.client_addresses import Network, client_address

OPERATOR_FAILURES_PER_MINUTE = 10
SIGN_INS_PER_MINUTE = 30


class ClientLimits:
    """Counts attempts per client address, in all API processes together. Without Redis, nothing is limited."""

    def __init__(self, limits: RateLimits, trusted_proxies: Sequence[Network]) -> None:
        self._limits = limits
        self._trusted_proxies = trusted_proxies

    def client_of(self, request: Request) -> str:
        """Return the address that a request comes from."""
        peer = None if request.client is None else request.client.host
        return client_address(peer, request.headers.getlist("x-forwarded-for"), self._trusted_proxies)

    async def check_operator_token(self, client: str, given: str, token: str) -> None:
        """Raise unless the given token is the operator's.

        The limit holds for the right token as well. Otherwise the answer to each further guess would tell whether it is
        the right one.

        Raises:
            Unauthenticated: the token is wrong.
            RateLimited: the client has sent too many wrong tokens this minute.
        """
        is_right = hmac.compare_digest(given.encode(), token.encode())
        count = self._limits.look if is_right else self._limits.take
        allowance = await count(f"operator:{client}", OPERATOR_FAILURES_PER_MINUTE)
        if allowance.is_exceeded:
            raise RateLimited(
                allowance.reset_s,
                f"More than {OPERATOR_FAILURES_PER_MINUTE} wrong operator tokens came from your address this minute.",
                rule="operator_token.attempts_max",
            )
        if not is_right:
            raise Unauthenticated

    async def count_sign_in(self, client: str) -> None:
        """Count an attempt to sign in on a hosted page.

        Raises:
            RateLimited: the client has made too many attempts this minute.
        """
        allowance = await self._limits.take(f"sign-in:{client}", SIGN_INS_PER_MINUTE)
        if allowance.is_exceeded:
            raise RateLimited(
                allowance.reset_s,
                f"More than {SIGN_INS_PER_MINUTE} sign-ins came from your address this minute.",
                rule="connect.sign_ins_max",
            )
