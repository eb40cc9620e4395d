"""The formats of the server: errors, ids, times, and parameters from a query, a form, a multipart form or JSON."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from letmepost.platforms._kit.simulator.wire import FORM, Refusal, content_type, json_object, multipart_of
from letmepost.platforms.simulation import SimulatedCall, State

_TRUE = frozenset({True, "true", "1", "on"})


class Refused(Refusal):
    """A refusal in the words of the server."""

    def __init__(
        self, status: int, error: str, description: str | None = None, *, headers: Mapping[str, str] | None = None
    ) -> None:
        described = {} if description is None else {"error_description": description}
        super().__init__(status, {"error": error, **described}, headers=headers)


def invalid(reason: str) -> Refused:
    """Return the refusal of a record that is not valid."""
    return Refused(422, f"Validation failed: {reason}")


def not_found() -> Refused:
    """Return the refusal of an id that does not exist, or that the account may not see."""
    return Refused(404, "Record not found")


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a call. Names in brackets are nested: `poll[options][]`, `media_ids[]`."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, call: SimulatedCall) -> "Parameters":
        """Return the parameters of the query and the body."""
        fields: list[tuple[str, str | bytes]] = [*call.query]
        nested: Mapping[str, Any] = {}
        kind = content_type(call)
        if kind == "application/json" and call.body:
            nested = _json(call)
        elif kind == "multipart/form-data":
            fields += _multipart(call)
        elif kind == FORM:
            fields += parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
        return cls({**_nested(fields), **nested})

    def text(self, name: str) -> str | None:
        """Return a parameter as text, or None if it was not sent or is empty."""
        value = self.values.get(name)
        return None if isinstance(value, list | dict) or value in {None, ""} else str(value)

    def number(self, name: str) -> int | None:
        """Return a parameter that is a whole number of at most 19 digits, or None."""
        text = self.text(name) or ""
        return int(text) if text.isdecimal() and len(text) < 20 else None

    def texts(self, name: str) -> list[str]:
        """Return a parameter that is a list."""
        value = self.values.get(name)
        return [str(one) for one in value] if isinstance(value, list) else []

    def flag(self, name: str) -> bool:
        """Return a parameter that is true or false. Rails accepts several forms of true."""
        value = self.values.get(name)
        return not isinstance(value, list | dict) and value in _TRUE

    def nested(self, name: str) -> "Parameters | None":
        """Return the parameters inside a parameter, or None if it was not sent."""
        value = self.values.get(name)
        return Parameters(value) if isinstance(value, dict) else None


def next_id(state: State, now: datetime) -> str:
    """Return the next id, which contains the time: ids sort as they were issued."""
    number = max(int(now.timestamp() * 1000) << 16, int(state.get("meta/last_id", 0)) + 1)
    state["meta/last_id"] = number
    return str(number)


def iso(seconds: float) -> str:
    """Return a time as Mastodon writes it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _nested(fields: Iterable[tuple[str, str | bytes]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in fields:
        *outer, last = re.findall(r"[^\[\]]+", name) or [""]
        holder = found
        try:
            for key in outer:
                holder = holder.setdefault(key, {})
            if name.endswith("[]"):
                holder.setdefault(last, []).append(value)
            else:
                holder[last] = value
        except (AttributeError, TypeError):  # `a=1&a[b]=2`
            raise Refused(400, f"expected {name} to have one type") from None
    return found


def _json(call: SimulatedCall) -> dict[str, Any]:
    found = json_object(call)
    if found is None:
        raise Refused(400, "There was a problem in the JSON you submitted")
    return found


def _multipart(call: SimulatedCall) -> list[tuple[str, str | bytes]]:
    """Return the fields of a multipart form. Only the field `file` has bytes."""
    fields = multipart_of(call)
    if fields is None:
        raise Refused(400, "Bad Request")
    return [(name, content if name == "file" else content.decode("utf-8", "replace")) for name, content in fields]
