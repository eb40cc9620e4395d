"""The envelope of Rest.li: headers in, JSON out, refusals with a status, a code and a number.

Source: fact sheet sections 6 and 10.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from letmepost.platforms._kit.simulator.wire import Refusal, json_object, json_reply
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply

JSON = {"content-type": "application/json"}


class RestliError(Refusal):
    """A refusal in the words of the API. `inner` is the code of the wrong input, `field` its path."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        number: int = 100,
        inner: str | None = None,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        value: dict[str, Any] = {"status": status, "serviceErrorCode": number, "code": code, "message": message}
        if inner is not None:
            error = {"code": inner, "description": message, "input": {"inputPath": {"fieldPath": field or "/"}}}
            value |= {
                "errorDetailType": "com.linkedin.common.error.BadRequest",
                "errorDetails": {"inputErrors": [error]},
            }
        super().__init__(status, value, headers={**JSON, **(headers or {})})


def invalid(inner: str, field: str, message: str) -> RestliError:
    """Return the refusal of a wrong field."""
    return RestliError(422, "UNPROCESSABLE_ENTITY", message, inner=inner, field=field)


def denied(what: str) -> RestliError:
    """Return the refusal of what the token does not permit."""
    return RestliError(403, "ACCESS_DENIED", f"Not enough permissions to access: {what}")


def not_found() -> RestliError:
    """Return the refusal of what does not exist."""
    return RestliError(404, "RESOURCE_NOT_FOUND", "Could not find entity", number=0)


def success(
    value: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    delay_s: float = 0.0,
    dropped: bool = False,
) -> SimulatedReply:
    """Return a response; without a value, its body is empty."""
    if value is None:
        return SimulatedReply(status=status, headers=headers or {}, delay_s=delay_s, dropped=dropped)
    return json_reply(value, status=status, headers={**JSON, **(headers or {})}, delay_s=delay_s, dropped=dropped)


def json_body(call: SimulatedCall) -> Mapping[str, Any]:
    """Return the body as a JSON object."""
    value = json_object(call)
    if value is None:
        raise RestliError(400, "ILLEGAL_ARGUMENT", "Unable to parse the request body")
    return value


def digits(entropy: bytes, purpose: str) -> str:
    """Return nineteen digits that look random, and depend only on the entropy and the purpose."""
    number = int.from_bytes(sha256(purpose.encode() + entropy).digest()[:8])
    return str(7_000_000_000_000_000_000 + number % 10**18)
