"""The report of an import: what became of each row, so that another run continues where this one ended."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

RowStatus = Literal["sent", "accepted", "failed"]


class UnreadableReport(ValueError):
    """A report that cannot be read or written. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a row.

    Attributes:
        status: `sent` if the response was not recorded.
        at: when this was recorded.
    """

    key: str
    line: int
    status: RowStatus
    at: datetime
    outcome: Mapping[str, Any] = field(default_factory=dict)


class Report:
    """A file with one line of JSON for each thing that happened. Lines are only added.

    Args:
        scope: the organization and the mode. Entries of other ones are ignored.
    """

    def __init__(self, path: Path, scope: str) -> None:
        self.path = path
        self._scope = scope
        self._complete_bytes = 0
        self._entries = {entry.key: entry for entry in self._read()}

    def entry(self, key: str) -> Entry | None:
        """Return the newest entry of a row; None if it was never sent."""
        return self._entries.get(key)

    def add(self, entries: Iterable[Entry]) -> None:
        """Write entries, so that they survive a crash.

        Raises:
            UnreadableReport: the file cannot be written.
        """
        lines = []
        for entry in entries:
            self._entries[entry.key] = entry
            fixed = {"scope": self._scope, "line": entry.line, "key": entry.key, "status": entry.status}
            lines.append(json.dumps({**fixed, "at": entry.at.isoformat(), **entry.outcome}, ensure_ascii=False) + "\n")
        try:
            with self.path.open("ab") as file:
                file.truncate(self._complete_bytes)  # a crash can have cut off the last line
                self._complete_bytes += file.write("".join(lines).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UnreadableReport(
                f"Cannot write {self.path}: {error.strerror}. Choose a file with --report."
            ) from None

    def _read(self) -> Iterable[Entry]:
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise UnreadableReport(f"Cannot read {self.path}: {error.strerror}.") from None
        self._complete_bytes = content.rfind(b"\n") + 1
        for number, line in enumerate(content[: self._complete_bytes].splitlines(), 1):
            try:
                found = json.loads(line)
                if found.pop("scope") == self._scope:
                    at = datetime.fromisoformat(found.pop("at"))
                    yield Entry(found.pop("key"), found.pop("line"), found.pop("status"), at, found)
            except (ValueError, KeyError, TypeError, AttributeError):
                raise UnreadableReport(
                    f"{self.path}, line {number}: not an entry of an import. Choose another file with --report."
                ) from None
