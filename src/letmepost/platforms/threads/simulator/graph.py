"""How the server speaks: JSON, and refusals in the envelope of the Graph API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from letmepost.platforms.contract import SimulatedCall, SimulatedReply


class Refused(Exception):
    """A refusal, as the server words it."""

    def __init__(
        self,
        message: str,
        *,
        code: int,
        subcode: int | None = None,
        status: int = 400,
        is_transient: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.envelope = {
            "message": message,
            "type": "OAuthException",
            "code": code,
            **({} if subcode is None else {"error_subcode": subcode}),
            "is_transient": is_transient,
            "fbtrace_id": "AxSandboxTraceId",
        }

    def reply(self) -> SimulatedReply:
        """The refusal on the wire."""
        return answered({"error": self.envelope}, status=self.status)


class ConsentRefused(Exception):
    """A refusal of the endpoints of OAuth, which have an envelope of their own."""

    def reply(self) -> SimulatedReply:
        """The refusal on the wire."""
        return answered({"error_type": "OAuthException", "code": 400, "error_message": str(self)}, status=400)


def wrong_parameter(message: str) -> Refused:
    """A parameter is missing, or not what it should be."""
    return Refused(message, code=100)


def not_found() -> Refused:
    """What an id names does not exist, or not yet."""
    return Refused("The requested resource does not exist", code=24, subcode=4279009)


def answered(value: Mapping[str, Any], *, status: int = 200) -> SimulatedReply:
    """A reply with JSON."""
    return SimulatedReply(
        status=status,
        headers={"content-type": "application/json; charset=UTF-8"},
        body=json.dumps(value, separators=(",", ":")).encode(),
    )


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a call brings, in its query or as a form; the same name twice counts once."""

    values: Mapping[str, str]

    @classmethod
    def of(cls, call: SimulatedCall) -> "Parameters":
        """Read a call."""
        content_type = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        form = (
            parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
            if content_type == "application/x-www-form-urlencoded"
            else []
        )
        return cls(dict([*call.query, *form]))

    def get(self, name: str) -> str | None:
        """A parameter, None when it was not sent or is empty."""
        return self.values.get(name) or None

    def need(self, name: str) -> str:
        """A parameter without which nothing is done."""
        value = self.get(name)
        if value is None:
            raise wrong_parameter(f"Param {name} is required.")
        return value


def shown(value: Mapping[str, Any], parameters: Parameters) -> SimulatedReply:
    """The fields that a call asks for, and the id, as far as they are there."""
    wanted = {"id", *(parameters.get("fields") or "").split(",")}
    return answered({name: value[name] for name in value if name in wanted})
