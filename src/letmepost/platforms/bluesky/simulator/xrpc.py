"""The envelope of XRPC: parameters and JSON in, JSON out, refusals with a status and a name."""

import json
from collections.abc import Mapping
from typing import Any

from letmepost.platforms._kit.simulator.wire import Refusal, content_type
from letmepost.platforms.bluesky.simulator.schema import Check, Invalid
from letmepost.platforms.simulation import SimulatedCall

JSON_MAX_BYTES = 1_000_000
"""Fact sheet section 2, after packages/pds/src/api/com/atproto/repo of bluesky-social/atproto, 2026-11-21."""


class XRPCError(Refusal):
    """A refusal in the words of the server."""

    def __init__(
        self,
        status: int,
        name: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__(status, {"error": name, "message": message}, headers=headers, delay_s=delay_s)


def invalid_request(message: str) -> XRPCError:
    """Return the refusal of an invalid request or content."""
    return XRPCError(400, "InvalidRequest", message)


def payload_too_large() -> XRPCError:
    """Return the refusal of more bytes than the route accepts."""
    return XRPCError(413, "PayloadTooLarge", "request entity too large")


def internal_error() -> XRPCError:
    """Return an internal error of the server. Its text is always masked."""
    return XRPCError(500, "InternalServerError", "Internal Server Error")


def json_input(call: SimulatedCall, check: Check) -> Mapping[str, Any]:
    """Return the body as a JSON object of the required shape."""
    if len(call.body) > JSON_MAX_BYTES:
        raise payload_too_large()
    if content_type(call) != "application/json":
        raise invalid_request(f"Wrong request encoding (Content-Type): {content_type(call)}")
    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError):
        raise invalid_request("The request body is not JSON") from None
    try:
        check(value, "$")
    except Invalid as invalid:
        raise invalid_request(str(invalid)) from None
    body: Mapping[str, Any] = value
    return body


def parameter(call: SimulatedCall, name: str) -> str:
    """Return a required query parameter."""
    value = optional_parameter(call, name)
    if value is None:
        raise invalid_request(f'Missing required key "{name}" at $')
    return value


def optional_parameter(call: SimulatedCall, name: str) -> str | None:
    """Return a query parameter, or None if it was not sent."""
    return dict(call.query).get(name)
