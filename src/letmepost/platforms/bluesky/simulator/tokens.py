"""Session tokens in the form of JWTs, signed with the secret of the simulated world."""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, TypedDict

from letmepost.platforms._kit.simulator.wire import bearer_token
from letmepost.platforms.bluesky.simulator.xrpc import XRPCError
from letmepost.platforms.simulation import SimulatedCall, State

ACCESS = "com.atproto.appPass"
REFRESH = "com.atproto.refresh"
SERVICE = "service"
"""Of a token for another service. A real one has no scope, and the signature of the account itself."""
_TYPES = {ACCESS: "at+jwt", REFRESH: "refresh+jwt", SERVICE: "JWT"}


class Claims(TypedDict):
    """The content of a token. Times are Unix seconds."""

    scope: str
    sub: str
    iat: int
    exp: int
    jti: str


def mint(state: State, *, scope: str, did: str, jti: str, now: datetime, expires_at: datetime) -> str:
    """Return a signed token."""
    claims = Claims(scope=scope, sub=did, iat=int(now.timestamp()), exp=int(expires_at.timestamp()), jti=jti)
    return _signed(state, claims)


class ServiceClaims(Claims):
    """The content of a token for another service: the server that accepts it, and the only method that it allows."""

    aud: str
    lxm: str


def mint_for_service(
    state: State, *, did: str, audience: str, method: str, jti: str, now: datetime, expires_at: int
) -> str:
    """Return a signed token for another service."""
    claims = ServiceClaims(
        scope=SERVICE, sub=did, iat=int(now.timestamp()), exp=expires_at, jti=jti, aud=audience, lxm=method
    )
    return _signed(state, claims)


def bearer(state: State, call: SimulatedCall, scope: str) -> Claims:
    """Return the claims of the call's token, expired or not.

    Raises:
        XRPCError: AuthMissing without one; InvalidToken if it was not issued here or has another scope.
    """
    token = bearer_token(call)
    if not token:
        raise XRPCError(401, "AuthMissing", "Authentication Required")
    claims = _read(state, token)
    if claims["scope"] != scope:
        raise XRPCError(400, "InvalidToken", "Bad token scope")
    return claims


def refuse_expired(claims: Claims, now: datetime) -> None:
    """Raise ExpiredToken if the token has expired. The status is 400, not 401."""
    if now.timestamp() >= claims["exp"]:
        raise XRPCError(400, "ExpiredToken", "Token has expired")


def _signed(state: State, claims: Claims) -> str:
    head = f"{_encode({'typ': _TYPES[claims['scope']], 'alg': 'HS256'})}.{_encode(claims)}"
    return f"{head}.{_signature(state, head)}"


def _read(state: State, token: str) -> Claims:
    head, _, signature = token.rpartition(".")
    if head.count(".") != 1:
        raise XRPCError(400, "InvalidToken", "Malformed token")
    if "meta" not in state or not hmac.compare_digest(_signature(state, head).encode(), signature.encode()):
        raise XRPCError(400, "InvalidToken", "Token could not be verified")
    payload = head.partition(".")[2]
    claims: Claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _signature(state: State, head: str) -> str:
    return _base64(hmac.digest(bytes.fromhex(state["meta"]["secret"]), head.encode(), sha256))


def _encode(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
