"""The format of the server: errors, the parts of resources, and pages. Source: fact sheet sections 0 and 6."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from letmepost.platforms._kit.simulator import wire
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply, State

_CANONICAL = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ALREADY_EXISTS",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_JSON = {"content-type": "application/json; charset=UTF-8"}
_PAGE_TOKEN = "CAEQ"  # noqa: S105 - the start of the name of a page, which is no secret


class YouTubeError(wire.Refusal):
    """A refusal of the API.

    Args:
        domain: errors of the domain `global` also have the canonical status of Google's APIs.
        details: the `google.rpc.ErrorInfo` of an error, if there is one.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        location: Mapping[str, str] | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        error = {
            "code": status,
            "message": message,
            "errors": [{"message": message, "domain": domain, "reason": reason, **(location or {})}],
            **({"status": _CANONICAL[status]} if domain == "global" and status in _CANONICAL else {}),
            **(
                {}
                if details is None
                else {"details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", **details}]}
            ),
        }
        super().__init__(status, {"error": error}, headers=_JSON)


class UploadError(wire.Refusal):
    """A refusal of the server that receives the bytes of videos. It is not JSON."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, {})
        self._reply = SimulatedReply(
            status=status, headers={"content-type": "text/html; charset=UTF-8"}, body=text.encode()
        )


def invalid(reason: str, message: str, *, location: str | None = None) -> YouTubeError:
    """Return the refusal of an invalid request. `location`: the field of the body that is invalid."""
    where = None if location is None else {"location": location, "locationType": "other"}
    return YouTubeError(400, reason, message, domain="youtube.video" if location else "global", location=where)


def missing(name: str) -> YouTubeError:
    """Return the refusal of a call without a required parameter."""
    where = {"location": name, "locationType": "parameter"}
    return YouTubeError(400, "missingRequiredParameter", f"Missing required parameter: {name}", location=where)


def not_found(reason: str, message: str, *, domain: str = "youtube.video") -> YouTubeError:
    """Return the refusal of an object that does not exist, or that the caller may not know of."""
    return YouTubeError(404, reason, message, domain=domain)


def forbidden(message: str, *, reason: str = "forbidden", domain: str = "youtube.common") -> YouTubeError:
    """Return the refusal of what the caller may not do."""
    return YouTubeError(403, reason, message, domain=domain)


def json_object(call: SimulatedCall) -> dict[str, Any]:
    """Return the body of a call. An absent body is an empty object.

    Raises:
        YouTubeError: it is not a JSON object.
    """
    found = wire.json_object(call) if call.body else {}
    if found is None:
        raise invalid("parseError", "Invalid JSON payload received. Expected an object.")
    return found


def object_in(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return an object in a body; an empty one if it is absent.

    Raises:
        YouTubeError: the field has another type.
    """
    found = value.get(name, {})
    if not isinstance(found, dict):
        raise invalid("badRequest", f"Invalid value at '{name}'.")
    return found


def parts_in(call: SimulatedCall, known: Collection[str]) -> tuple[str, ...]:
    """Return the parts of a resource that a call names.

    Raises:
        YouTubeError: it names none, or an unknown one.
    """
    names = tuple(filter(None, (name.strip() for name in dict(call.query).get("part", "").split(","))))
    if not names:
        raise missing("part")
    unknown = [name for name in names if name not in known]
    if unknown:
        where = {"location": "part", "locationType": "parameter"}
        raise YouTubeError(400, "unknownPart", f"'{unknown[0]}'", location=where)
    return names


def resource(kind: str, parts: Mapping[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    """Return a resource with the parts that are wanted. `parts` contains its id, which is always returned."""
    shown = {name: value for name, value in parts.items() if name == "id" or name in wanted}
    return with_etag({"kind": f"youtube#{kind}", **shown})


def page(
    call: SimulatedCall, kind: str, rows: Sequence[Mapping[str, Any]], *, default: int, most: int
) -> SimulatedReply:
    """Return a page of a list. Without rows, the page has no `items`.

    Raises:
        YouTubeError: the query selects no valid page.
    """
    query = dict(call.query)
    size, token = query.get("maxResults", str(default)), query.get("pageToken", f"{_PAGE_TOKEN}0")
    if not size.isdecimal() or int(size) > most:
        where = {"location": "maxResults", "locationType": "parameter"}
        message = f"Invalid value '{size}'. Values must be within the range: [0, {most}]"
        raise YouTubeError(400, "invalidParameter", message, location=where)
    start = token.removeprefix(_PAGE_TOKEN)
    if not start.isdecimal():
        where = {"location": "pageToken", "locationType": "parameter"}
        raise YouTubeError(400, "invalidPageToken", "The request specifies an invalid page token.", location=where)
    end = int(start) + int(size)
    following = {"nextPageToken": f"{_PAGE_TOKEN}{end}"} if end < len(rows) and int(size) else {}
    items = list(rows[int(start) : end])
    info = {"totalResults": len(rows), "resultsPerPage": int(size)}
    shown = {"kind": f"youtube#{kind}", **following, "pageInfo": info, **({"items": items} if items else {})}
    return json_reply(with_etag(shown))


def json_reply(
    value: Mapping[str, Any], *, status: int = 200, delay_s: float = 0.0, dropped: bool = False
) -> SimulatedReply:
    """Return a response with a resource."""
    return wire.json_reply(value, status=status, headers=_JSON, delay_s=delay_s, dropped=dropped)


def with_etag(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource with its entity tag, which changes when the resource does."""
    return {**value, "etag": sha256(repr(value).encode("utf-8", "replace")).hexdigest()[:27]}


def format_time(moment: float) -> str:
    """Return a time as the API sends it."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_time(text: object) -> datetime | None:
    """Return a time in the format of RFC 3339, or None if it is not one."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) and "T" in text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def next_number(state: State) -> int:
    """Return the next number of the sequence that all objects share."""
    number: int = state.get("meta/last", 0) + 1
    state["meta/last"] = number
    return number
