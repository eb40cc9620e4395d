"""How servers with containers differ from healthy ones: what the scenarios of Threads and Instagram share."""

from dataclasses import dataclass
from datetime import timedelta

from letmepost.platforms._kit.simulator.scenarios import CommonScenario, WriteAttempt
from letmepost.platforms._meta.simulator.graph import Refused, wrong_parameter

PROCESSING_S = 1.0
SLOW_PROCESSING_S = 8.0
LAG_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerScenario(CommonScenario):
    """The differences from a healthy server, which is the default.

    Args:
        access_lifetime, token_age: of a long-lived token when it is issued.
        processing_s: how long a container is processed; None means that none becomes ready.
        lag_s: how long a new container is unknown to the server that publishes it.
    """

    access_lifetime: timedelta = timedelta(days=60)
    token_age: timedelta = timedelta()
    processing_s: float | None = PROCESSING_S
    lag_s: float = 0.0


def unavailable(_attempt: WriteAttempt) -> Refused:
    """Return the refusal of a server that is down for a moment."""
    return Refused("Service temporarily unavailable", code=2, status=503, is_transient=True)


def failed(_attempt: WriteAttempt) -> Refused:
    """Return the refusal of a server that does not know what happened."""
    return Refused("An unknown error occurred", code=1, status=500, is_transient=True)


def rejected(attempt: WriteAttempt) -> Refused | None:
    """Refuse the container. A post that is not accepted never has one to publish."""
    return None if attempt.shows_post else wrong_parameter("Refused by this sandbox account.")


def duplicate(_attempt: WriteAttempt) -> Refused:
    """Return the refusal of a post that repeats a recent one."""
    return Refused("Duplicate status message", code=506)
