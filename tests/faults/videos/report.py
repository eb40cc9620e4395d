"""Judges what became of the videos of a run, and reports it by platform."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.videos.shots import Shot

_HEAD = (
    f"{'platform':<10} {'videos':>6} {'published':>9} {'unconfirmed':>11} {'kills':>5} {'lost':>5} {'doubled':>7}"
    f" {'resent':>6} {'largest':>9} {'rate':>9}"
)
_FORM_BYTES = 1024
"""The boundaries and other fields of a form around a part, at most."""
_PART_MIN_BYTES = 256 * 1024
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one video.

    Args:
        seen: how many posts show exactly its bytes.
        received_bytes: how many bytes the platform received for it, in all calls.
        part_bytes: the size of the largest request.
    """

    platform: str
    size_bytes: int
    shot: Shot | None
    kills: int
    status: str
    error: str | None
    seen: int
    received_bytes: int
    part_bytes: int
    seconds: float
    may_be_unconfirmed: bool

    @property
    def resent_bytes(self) -> int:
        """Return how many bytes were sent again, without the forms around the parts."""
        forms = _FORM_BYTES * (self.size_bytes // _PART_MIN_BYTES + 16)
        return max(0, self.received_bytes - self.size_bytes - forms)

    def wrongs(self) -> Iterator[str]:
        """Yield what is wrong."""
        if self.seen > 1:
            yield f"doubled: {self.seen} posts"
        if self.status == "unconfirmed" and self.may_be_unconfirmed:
            return
        if self.status != "published":
            yield f"lost: {self.status}: {self.error}"
        elif self.seen == 0:
            yield "lost: published, and no post shows exactly its bytes"
        if self.resent_bytes > self.part_bytes:
            yield f"resent: {self.resent_bytes} bytes; the largest part has {self.part_bytes}"
        if self.shot is not None and not self.shot.is_lost and self.kills != 1:
            yield f"proves nothing: {self.kills} workers were killed"

    def __str__(self) -> str:
        fault = "no fault"
        if self.shot is not None:
            fault = "lost last response" if self.shot.is_lost else f"killed at byte {self.shot.at_byte}"
        wrongs = "".join(f"\n    {wrong}" for wrong in self.wrongs())
        size, resent = self.size_bytes / MIB, self.resent_bytes / MIB
        return (
            f"{self.platform:<10} {size:7.1f} MiB, {fault}: {self.status} after {self.seconds:.1f} s,"
            f" {resent:.1f} MiB sent again{wrongs}"
        )


@dataclass
class VideoReport:
    """The outcomes of a run."""

    seed: int
    outcomes: list[Outcome] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Add an outcome."""
        self.outcomes.append(outcome)

    @property
    def wrongs(self) -> list[str]:
        """Return everything that is wrong."""
        return [f"{one.platform}: {wrong}" for one in self.outcomes for wrong in one.wrongs()]

    def __str__(self) -> str:
        names = sorted({one.platform for one in self.outcomes})
        rows = [self._row(name, [one for one in self.outcomes if one.platform == name]) for name in names]
        return "\n".join([f"seed {self.seed}", "", _HEAD, *rows, self._row("total", self.outcomes), "", *self.wrongs])

    @staticmethod
    def _row(name: str, outcomes: list[Outcome]) -> str:
        wrongs = [wrong for one in outcomes for wrong in one.wrongs()]
        statuses = [one.status for one in outcomes]
        big = max(outcomes, key=lambda one: one.size_bytes)
        return (
            f"{name:<10} {len(outcomes):>6} {statuses.count('published'):>9} {statuses.count('unconfirmed'):>11}"
            f" {sum(one.kills for one in outcomes):>5} {sum(wrong.startswith('lost') for wrong in wrongs):>5}"
            f" {sum(wrong.startswith('doubled') for wrong in wrongs):>7}"
            f" {sum(wrong.startswith('resent') for wrong in wrongs):>6}"
            f" {big.size_bytes // MIB:>5} MiB {big.size_bytes / MIB / big.seconds:>3.0f} MiB/s"
        )
