"""How late a post is."""

from collections.abc import Sequence

from letmepost.domain.lateness import Delay, Lateness
from letmepost.http.schemas.base import View


class LatenessWaitView(View):
    """A reason for which a post has waited, and the total time."""

    reason: Delay
    ms: int


class LatenessView(View):
    """How late a post is, or was when it was published or given up. It is the sum of the waits, longest first."""

    ms: int
    waits: Sequence[LatenessWaitView]

    @classmethod
    def of(cls, lateness: Lateness) -> "LatenessView":
        """Show a lateness."""
        delays = lateness.by_delay
        waits = [LatenessWaitView(reason=delay, ms=ms) for delay, ms in delays.items()]
        return cls(ms=sum(delays.values()), waits=waits)
