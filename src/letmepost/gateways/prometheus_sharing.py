"""Shares the metrics of several processes: prometheus_client's multiprocess mode, with files in a directory.

The mode is described in https://prometheus.github.io/client_python/multiprocess/ (2026-11-29). The library names files
by pid, and keeps those of dead processes. Here they are named by number, so that a replacement continues them.
"""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import Metric, ProcessCollector, values
from prometheus_client.multiprocess import MultiProcessCollector

from letmepost.gateways.metrics import SharedMetrics


def count_together(shared: SharedMetrics) -> None:
    """Store all metrics that this process creates from now on in the shared directory."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(shared.directory)  # the library reads it for each metric
    values.ValueClass = values.MultiProcessValue(lambda: shared.number)  # type: ignore[no-untyped-call]  # untyped
    (shared.directory / f"{shared.number}.pid").write_text(str(os.getpid()), encoding="ascii")


class EveryProcess:
    """The sums of all counters and histograms, and the memory, time and files of each process by its number."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._sums = MultiProcessCollector(None, str(directory))  # type: ignore[no-untyped-call]  # untyped

    def collect(self) -> Iterator[Metric]:
        """Read the files of every process."""
        yield from self._sums.collect()  # type: ignore[no-untyped-call]  # untyped
        found: dict[str, Metric] = {}
        for file in sorted(self._directory.glob("*.pid")):
            for family in _resources(file.read_text(encoding="ascii")):
                merged = found.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    merged.add_sample(sample.name, {"process": file.stem}, sample.value)
        yield from found.values()


class Families:
    """Metrics that were read already."""

    def __init__(self, *families: Metric) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        """Return the metrics."""
        return self._families


def _resources(pid: str) -> Iterable[Metric]:
    """Return the `process_…` metrics of a process; none if it has ended."""
    return ProcessCollector(pid=lambda: pid, registry=None).collect()
