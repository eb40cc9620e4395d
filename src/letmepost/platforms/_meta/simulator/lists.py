"""Lists, page by page."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from letmepost.platforms._meta.simulator.graph import Parameters, json_reply, select, wrong_parameter
from letmepost.platforms.simulation import SimulatedCall, SimulatedReply

_LISTED = 25
_LISTED_MAX = 100


def listed(call: SimulatedCall, rows: Sequence[Mapping[str, Any]]) -> SimulatedReply:
    """Return one page of a list: `paging.next` is missing on the last one."""
    given = Parameters.of(call)
    limit, start = given.get("limit") or str(_LISTED), _position(given.get("after"))
    if not limit.isdigit() or not int(limit):
        raise wrong_parameter("(#100) Param limit must be a positive number.")
    end = start + min(int(limit), _LISTED_MAX)
    page = [select(row, given.get("fields") or "id,name") for row in rows[start:end]]
    if not page:
        return json_reply({"data": []})
    paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": _cursor(end)}}
    if end < len(rows):
        paging["next"] = f"{call.root}{call.path}?{urlencode({**given.values, 'after': _cursor(end)})}"
    return json_reply({"data": page, "paging": paging})


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"at {position}".encode()).decode()


def _position(cursor: str | None) -> int:
    if cursor is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("at "))
    except ValueError:
        raise wrong_parameter("(#100) Invalid cursor.") from None
