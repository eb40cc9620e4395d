"""The results of the checks of `letmepost doctor`."""

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    """The state of what was checked. The command fails only if something is `BROKEN`."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found, and how to fix it. Never contains a secret."""

    check: str
    state: CheckState
    message: str
    remedy: str | None = None


def ok(check: str, message: str) -> CheckResult:
    """It is as it should be."""
    return CheckResult(check, CheckState.OK, message)


def warning(check: str, message: str, remedy: str) -> CheckResult:
    """It works, and may not be what was meant."""
    return CheckResult(check, CheckState.WARNING, message, remedy)


def broken(check: str, message: str, remedy: str) -> CheckResult:
    """It does not work."""
    return CheckResult(check, CheckState.BROKEN, message, remedy)
