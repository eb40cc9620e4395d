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
    """Return the result of a check that found no problem."""
    return CheckResult(check, CheckState.OK, message)


def warning(check: str, message: str, remedy: str) -> CheckResult:
    """Return the result of a check that found something that works, but may be unintended."""
    return CheckResult(check, CheckState.WARNING, message, remedy)


def broken(check: str, message: str, remedy: str) -> CheckResult:
    """Return the result of a check that found something that does not work."""
    return CheckResult(check, CheckState.BROKEN, message, remedy)
