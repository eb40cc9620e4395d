"""The formats of X's servers: JSON, multipart forms, and refusals.

Source: fact sheet section 6, after https://docs.x.com/x-api/fundamentals/response-codes-and-errors and live responses,
checked 2026-11-21.
"""

from collections.abc import Mapping
from typing import Any

from letmepost.platforms._kit.simulator.wire import Refusal, json_object, multipart_of
from letmepost.platforms.simulation import SimulatedCall

PROBLEMS = "https://api.x.com/2/problems"


class RefusedError(Refusal):
    """A refusal: its status and JSON."""


def forbidden(detail: str = "You are not permitted to perform this action.") -> RefusedError:
    """Return a 403 in X's usual form, without a type."""
    return RefusedError(403, {"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403})


def missing(parameter: str, value: str) -> RefusedError:
    """Return the refusal of something that does not exist (any more)."""
    error = {"parameter": parameter, "value": value, "title": "Not Found Error", "detail": f"Could not find {value}."}
    return RefusedError(404, {"errors": [{**error, "type": f"{PROBLEMS}/resource-not-found"}]})


def unauthorized() -> RefusedError:
    """Return the refusal of an invalid or missing token."""
    body = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    return RefusedError(401, body)


def too_many(headers: Mapping[str, str]) -> RefusedError:
    """Return the refusal of a used-up limit. The headers state which one, and until when."""
    detail = "Too Many Requests"
    return RefusedError(429, {"title": detail, "detail": detail, "type": "about:blank", "status": 429}, headers=headers)


def unavailable(status: int = 503) -> RefusedError:
    """Return an error of the server."""
    title = {500: "Internal Server Error", 503: "Service Unavailable"}[status]
    return RefusedError(status, {"title": title, "detail": title, "type": "about:blank", "status": status})


def invalid(message: str, **parameters: list[str]) -> RefusedError:
    """Return a 400: the request is invalid."""
    error = {"parameters": parameters, "message": message}
    detail = "One or more parameters to your request was invalid."
    body = {"errors": [error], "title": "Invalid Request", "detail": detail, "type": f"{PROBLEMS}/invalid-request"}
    return RefusedError(400, body)


def read_json(call: SimulatedCall) -> dict[str, Any]:
    """Return the body as a JSON object."""
    value = json_object(call)
    if value is None or "application/json" not in call.headers.get("content-type", ""):
        raise invalid("The request body is not a JSON object")
    return value


def read_multipart(call: SimulatedCall) -> list[tuple[str, bytes]]:
    """Return the fields of a multipart form, in their order."""
    fields = multipart_of(call)
    if fields is None:
        raise invalid("The request body is not a complete multipart form")
    return fields
