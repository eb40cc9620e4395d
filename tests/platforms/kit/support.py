"""Calls, replies and failures of an example platform."""

from datetime import UTC, datetime

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms._kit.meanings import Meanings
from letmepost.platforms._kit.refusals import auth_failed

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
READ = Call(method="GET", url="https://api.example/me")
_MEANINGS = Meanings(unauthorized=auth_failed(message="Sign in."))


def publishing(step: str) -> Call:
    return Call(method="POST", url="https://api.example/posts", effect=Effect.PUBLISH, step=step)


def reply(status: int = 200, body: bytes = b"") -> Reply:
    return Reply(status=status, body=body, received_at=NOW)


def explain(call: Call, reply: Reply) -> PlatformFailure:
    return _MEANINGS.find(call, reply)(network="Example", reason="No.")


def kind_of(error: Exception | None) -> FailureKind:
    assert isinstance(error, PlatformFailure)
    return error.kind
