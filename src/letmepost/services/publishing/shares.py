"""How much of a worker one tenant, or one platform, may have at a time."""

from collections import Counter
from collections.abc import Callable, Iterable
from uuid import UUID

from letmepost.storage.publishing.claims import Candidate, Claim


class Shares:
    """Three quarters of a worker at most: neither a backlog nor a platform that hangs ever fills all of it."""

    def __init__(self, slots: int) -> None:
        self._most = max(1, slots * 3 // 4)
        self._taken: Counter[UUID | str] = Counter()

    def taking(self) -> Callable[[Candidate], bool]:
        """What says whether one more candidate may be taken, given those that it said yes to before."""
        wanted = self._taken.copy()

        def may_take(candidate: Candidate) -> bool:
            names = (candidate.organization_id, candidate.platform)
            if any(wanted[name] >= self._most for name in names):
                return False
            wanted.update(names)
            return True

        return may_take

    def begin(self, claims: Iterable[Claim]) -> None:
        """These are being worked on."""
        for claim in claims:
            self._taken.update((claim.tenant.organization_id, claim.platform))

    def end(self, claim: Claim) -> None:
        """This one no more."""
        self._taken.subtract((claim.tenant.organization_id, claim.platform))
        self._taken += Counter()  # forgets whoever has nothing left
