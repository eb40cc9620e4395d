"""How a test account's server differs from a healthy one. Source of the errors: fact sheet section 6."""

from collections.abc import Mapping
from types import MappingProxyType

from letmepost.platforms._kit.simulator.scenarios import RATE_LIMITED_FOR_S, CommonScenario, common_scenarios
from letmepost.platforms._kit.simulator.wire import Refusal


class ExampleError(Refusal):
    """A refusal of the API."""

    def __init__(self, status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, {"error": {"code": code, "message": message}}, headers=headers)


def duplicate() -> ExampleError:
    """Return the refusal of a post that repeats a recent one."""
    return ExampleError(409, "duplicate", "You have just posted this.")


SCENARIOS: Mapping[str, CommonScenario] = MappingProxyType(
    common_scenarios(
        CommonScenario,
        rate_limited=lambda _attempt: ExampleError(
            429, "rate_limited", "Too many requests.", headers={"retry-after": str(RATE_LIMITED_FOR_S)}
        ),
        unavailable=lambda _attempt: ExampleError(503, "unavailable", "Try again later."),
        failed=lambda _attempt: ExampleError(500, "failed", "Internal error."),
        rejected=lambda _attempt: ExampleError(422, "content_rejected", "Refused by this account."),
        duplicate=lambda _attempt: duplicate(),
    )
)
