"""Reports the results of each fault in a line, then the total, by platform."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.faults.failpoints import WORKERS, Death

_EXAMPLES = 5
_HEAD = (
    f"{'fault':<28} {'posts':>6} {'refused':>7} {'published':>9} {'unconfirmed':>11} {'failed':>6}"
    f" {'lost':>5} {'doubled':>7} {'stuck':>5} {'recovered':>9}"
)
_POINTS = "/".join(WORKERS)
_PLATFORM_HEAD = (
    f"{'platform':<10} {'posts':>6} {'published':>9} {'unconfirmed':>11} {'left out':>8} {'failed':>6}"
    f" {'lost':>5} {'doubled':>7} {'stuck':>5} {'kills':>5}  {_POINTS}"
)


@dataclass(kw_only=True)
class Line:
    """The result of one fault.

    Args:
        counts: numbers of posts, by platform: `posts`, their results, `refused` (never acknowledged or published),
            `left out` (their first comment), and those with each kind of error.
        wrongs: the errors of each post. `unclear` is an outcome that could have been found out.
        recovered_s: from the end of the fault until every post was settled.
    """

    name: str
    recovered_s: float = 0.0
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    wrongs: list[str] = field(default_factory=list)
    kills: Counter[Death] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def count(self, platform: str, what: str) -> None:
        """Count a post with this result."""
        self.counts.setdefault(platform, Counter())[what] += 1

    def note(self, platform: str, kind: str, what: str) -> None:
        """Record an error of a post."""
        self.count(platform, kind)
        self.wrongs.append(f"{kind}: {what}")

    def __str__(self) -> str:
        all_counts = _sum(self.counts.values())
        numbers = (
            f"{self.name:<28} {all_counts['posts']:>6} {all_counts['refused']:>7} {all_counts['published']:>9}"
            f" {all_counts['unconfirmed']:>11} {_failed(all_counts):>6} {_wrong(all_counts)} {self.recovered_s:>7.1f} s"
        )
        wrongs = [f"    {found}" for found in self.wrongs[:_EXAMPLES]]
        return "\n".join([numbers, *(f"    {note}" for note in self.notes), *wrongs])


@dataclass
class Report:
    """The results of a run. `heading`: the differences from the deployed platforms."""

    seed: int
    heading: str
    lines: list[Line] = field(default_factory=list)

    @property
    def wrongs(self) -> list[str]:
        """Return all errors; empty if there is none."""
        return [f"{line.name}: {found}" for line in self.lines for found in line.wrongs]

    @property
    def total(self) -> Line:
        """Return the total of all faults, with the longest recovery."""
        total = Line(name="total", recovered_s=max((line.recovered_s for line in self.lines), default=0.0))
        for line in self.lines:
            total.kills += line.kills
            for platform, counts in line.counts.items():
                total.counts[platform] = total.counts.get(platform, Counter()) + counts
        return total

    def __str__(self) -> str:
        total = self.total
        platforms = [_of_platform(name, counts, total.kills) for name, counts in sorted(total.counts.items())]
        lines = [*map(str, self.lines), str(total)]
        return "\n".join([f"seed {self.seed}", self.heading, "", _HEAD, *lines, "", _PLATFORM_HEAD, *platforms])


def _of_platform(name: str, counts: Counter[str], kills: Counter[Death]) -> str:
    here = {death: count for death, count in kills.items() if death.platform == name}
    at = [sum(count for death, count in here.items() if death.failpoint is point) for point in WORKERS]
    return (
        f"{name:<10} {counts['posts']:>6} {counts['published']:>9} {counts['unconfirmed']:>11}"
        f" {counts['left out']:>8} {_failed(counts):>6} {_wrong(counts)} {sum(at):>5}  {'/'.join(map(str, at))}"
    )


def _sum(counts: Iterable[Counter[str]]) -> Counter[str]:
    return sum(counts, Counter[str]())


def _failed(counts: Counter[str]) -> int:
    return counts["failed"] + counts["rejected"]


def _wrong(counts: Counter[str]) -> str:
    return f"{counts['lost']:>5} {counts['doubled']:>7} {counts['stuck']:>5}"
