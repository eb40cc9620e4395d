"""What came of each fault, a line each, and the total."""

from collections import Counter
from dataclasses import dataclass, field

_EXAMPLES = 5
_HEAD = (
    f"{'fault':<28} {'posts':>6} {'refused':>7} {'published':>9} {'unconfirmed':>11} {'failed':>6}"
    f" {'lost':>5} {'doubled':>7} {'stuck':>5} {'recovered':>9}"
)


@dataclass(kw_only=True)
class Line:
    """One fault. `lost`, `doubled`, `stuck` and `unconfirmed` say what is wrong with which post.

    Args:
        unconfirmed: only where the platform could have been asked; on the other one it is the honest answer.
        refused: posts that were never acknowledged, and are nowhere.
        recovered_s: from the end of the fault until every post had its end.
    """

    name: str
    posts: int = 0
    refused: int = 0
    recovered_s: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    unconfirmed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def wrongs(self) -> list[str]:
        """Everything that must not be."""
        kinds = {"lost": self.lost, "doubled": self.doubled, "stuck": self.stuck, "unconfirmed": self.unconfirmed}
        return [f"{kind}: {found}" for kind, all_found in kinds.items() for found in all_found]

    def __str__(self) -> str:
        failed = self.ends["failed"] + self.ends["rejected"]
        wrong = f"{len(self.lost):>5} {len(self.doubled):>7} {len(self.stuck):>5}"
        numbers = (
            f"{self.name:<28} {self.posts:>6} {self.refused:>7} {self.ends['published']:>9}"
            f" {self.ends['unconfirmed']:>11} {failed:>6} {wrong} {self.recovered_s:>7.1f} s"
        )
        wrongs = [f"    {found}" for found in self.wrongs[:_EXAMPLES]]
        return "\n".join([numbers, *(f"    {note}" for note in self.notes), *wrongs])


@dataclass
class Report:
    """A whole run."""

    seed: int
    lines: list[Line] = field(default_factory=list)

    @property
    def wrongs(self) -> list[str]:
        """Everything that must not be; empty when the promise was kept."""
        return [f"{line.name}: {found}" for line in self.lines for found in line.wrongs]

    @property
    def total(self) -> Line:
        """All faults together; recovering is what took longest."""
        total = Line(name="total", recovered_s=max((line.recovered_s for line in self.lines), default=0.0))
        for line in self.lines:
            total.posts += line.posts
            total.refused += line.refused
            total.ends += line.ends
            for name in ("lost", "doubled", "stuck", "unconfirmed"):
                getattr(total, name).extend(getattr(line, name))
        return total

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}", _HEAD, *map(str, self.lines), str(self.total)])
