"""Prints lines of benchmarks."""

from collections.abc import Sequence


def show(name: str, values_s: Sequence[float]) -> None:
    """Print a line: the median, the 99th percentile, and the maximum, in milliseconds."""
    half, most, worst = (_at(values_s, share) for share in (0.5, 0.99, 1))
    print(f"  {name:42} p50 {half:8.1f}   p99 {most:8.1f}   max {worst:8.1f} ms")


def _at(values_s: Sequence[float], share: float) -> float:
    ordered = sorted(values_s)
    return 1000 * ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def show_row(name: str, cells: Sequence[str]) -> None:
    """Print a line of a table: a name, and columns that are aligned on the right."""
    print(f"  {name:10}" + "".join(f"{cell:>20}" for cell in cells))
