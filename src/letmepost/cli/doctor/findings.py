"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How it is. Only what is broken makes the command fail."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, and what to do about it. Never holds a secret."""

    check: str
    state: State
    message: str
    remedy: str | None = None


def ok(check: str, message: str) -> Finding:
    """It is as it should be."""
    return Finding(check, State.OK, message)


def warning(check: str, message: str, remedy: str) -> Finding:
    """It works, and may not be what was meant."""
    return Finding(check, State.WARNING, message, remedy)


def broken(check: str, message: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(check, State.BROKEN, message, remedy)
