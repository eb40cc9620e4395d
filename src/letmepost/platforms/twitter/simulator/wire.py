"""The formats of X's servers: JSON, forms, multipart forms, and the refusals of each host.

Source: fact sheet section 6, after https://docs.x.com/x-api/fundamentals/response-codes-and-errors and live responses,
checked 2026-11-21.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from letmepost.platforms.contract import SimulatedCall, SimulatedReply

PROBLEMS = "https://api.x.com/2/problems"
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?', re.IGNORECASE)
_NAME = re.compile(rb'name="([^"]*)"')


class RefusedError(Exception):
    """A refusal: its status and JSON."""

    def __init__(self, status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body.get("detail") or body.get("error_description"))
        self.status = status
        self.body = body
        self.headers = dict(headers or {})

    def reply(self, headers: Mapping[str, str]) -> SimulatedReply:
        """Return the refusal as a response."""
        return json_reply(self.status, self.body, {**headers, **self.headers})


def json_reply(status: int, value: Mapping[str, Any], headers: Mapping[str, str]) -> SimulatedReply:
    """Return a JSON response."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return SimulatedReply(
        status=status, headers={"content-type": "application/json; charset=utf-8", **headers}, body=body
    )


def forbidden(detail: str = "You are not permitted to perform this action.") -> RefusedError:
    """Return a 403 in X's usual form, without a type."""
    return RefusedError(403, {"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403})


def unauthorized() -> RefusedError:
    """Return the refusal of an invalid or missing token."""
    body = {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    return RefusedError(401, body)


def too_many(headers: Mapping[str, str]) -> RefusedError:
    """Return the refusal of a used-up limit. The headers state which one, and until when."""
    detail = "Too Many Requests"
    return RefusedError(429, {"title": detail, "detail": detail, "type": "about:blank", "status": 429}, headers)


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
    try:
        value = json.loads(call.body)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or "application/json" not in call.headers.get("content-type", ""):
        raise invalid("The request body is not a JSON object")
    return value


def read_multipart(call: SimulatedCall) -> list[tuple[str, bytes]]:
    """Return the fields of a multipart form, in their order."""
    content_type = call.headers.get("content-type", "")
    boundary = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or boundary is None:
        raise invalid("The request body is not a multipart form")
    parts = (b"\r\n" + call.body).split(b"\r\n--" + boundary[1].encode())
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise invalid("The multipart form has no end")
    fields = []
    for part in parts[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            raise invalid("A part of the multipart form has no name")
        fields.append((name[1].decode(errors="replace"), content))
    return fields
