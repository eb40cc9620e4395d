"""Decides what a reply means that is not the expected success: by the error that it names, or else by its status."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from letmepost.domain.flow import Call, Effect, Reply
from letmepost.domain.refusals import PlatformRefusal
from letmepost.platforms._kit.refusals import IN_DOUBT, RATE_LIMITED, REFUSED, UNAVAILABLE

_TIMED_OUT = 408


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """What the errors and statuses of a platform mean.

    Args:
        by_error: by the status, and the platform's name of the error.
        by_status: for errors without a name in `by_error`. It takes precedence over the fields below.
        unauthorized: for 401.
        rate_limited: for 429.
        redirected: for 3xx, if only a proxy or a firewall redirects; None if a redirect decides nothing.
        refused: for any other 4xx, which shows that nothing was executed.
        undecided: the statuses of 4xx that do not show that.
        in_doubt: for anything else, if the call publishes.
        unavailable: for anything else.
    """

    by_error: Mapping[tuple[int, str], PlatformRefusal] = field(default_factory=dict)
    by_status: Mapping[int, PlatformRefusal] = field(default_factory=dict)
    unauthorized: PlatformRefusal
    rate_limited: PlatformRefusal = RATE_LIMITED
    redirected: PlatformRefusal | None = None
    refused: PlatformRefusal = REFUSED
    undecided: frozenset[int] = frozenset({_TIMED_OUT})
    in_doubt: PlatformRefusal = IN_DOUBT
    unavailable: PlatformRefusal = UNAVAILABLE

    def find(self, call: Call, reply: Reply, *names: str | None) -> PlatformRefusal:
        """Return what a reply means, including a success without the expected content.

        Args:
            names: the platform's names of the error, the most specific first.
        """
        found = (self.by_error.get((reply.status, name)) for name in names if name is not None)
        named = next((refusal for refusal in found if refusal is not None), None)
        return named or self._by_status(reply.status) or self.without_result(call)

    def without_result(self, call: Call) -> PlatformRefusal:
        """Return what a reply means that does not show whether the call was executed."""
        return self.in_doubt if call.effect is Effect.PUBLISH else self.unavailable

    def _by_status(self, status: int) -> PlatformRefusal | None:
        decided = {401: self.unauthorized, 429: self.rate_limited, **self.by_status}
        if status in decided:
            return decided[status]
        if 300 <= status < 400:
            return self.redirected
        return self.refused if 400 <= status < 500 and status not in self.undecided else None
