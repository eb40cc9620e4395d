"""Reads the rows of a CSV file, as spreadsheets write it."""

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

COLUMNS = ("id", "to", "text", "at", "zone", "media", "alt", "thread", "first_comment", "draft")
"""A column with a dot in its name, such as `linkedin.visibility`, is an option of a platform."""

_OPTION = re.compile(r"[^.]+\.[^.]+")
_DELIMITERS = ",;\t"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class InvalidTable(ValueError):
    """A file that is not a table of posts. The message has the line where the problem is."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file.

    Attributes:
        line: where it begins, from 1.
        key: its idempotency key, which is the same in each run.
        cells: the cells that are not empty, by the name of their column.
    """

    line: int
    key: str
    cells: Mapping[str, str]


def read_table(path: Path) -> list[Row]:
    """Return the rows that are not empty. The delimiter is a comma, a semicolon or a tab.

    The key of a row is derived from the name of the file and the cell `id`, or from all cells if there is no id. So
    rows may be moved, added and removed between two runs. A row without an id that is changed is another row.

    Raises:
        InvalidTable: the file cannot be read, or its columns are wrong.
    """
    lines = list(_split(_read(path)))
    if not lines:
        raise InvalidTable(f"{path} is empty. The first line names the columns: {', '.join(COLUMNS)}.")
    names = _names(*lines[0])
    seen: Counter[str] = Counter()
    rows = []
    for line, values in lines[1:]:
        cells = _cells(names, line, values)
        if not cells:
            continue
        identity = cells["id"] if "id" in cells else json.dumps(cells, sort_keys=True)
        seen[identity] += 1
        if "id" in cells and seen[identity] > 1:
            raise InvalidTable(f"Line {line}: the id {identity} is already used above.")
        rows.append(Row(line, _key(path.name, "id" in cells, identity, seen[identity]), cells))
    return rows


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InvalidTable(f"Cannot read {path}: {error.strerror}.") from None
    if content.startswith(_UTF_16):
        raise InvalidTable(f"{path} is not UTF-8. Save it as CSV UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidTable(f"Line {line}: {path} is not UTF-8. Save it as CSV UTF-8.") from None


def _split(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of the line on which it begins."""
    lines = text.splitlines(keepends=True)
    skipped = 1 if lines and lines[0].lower().startswith("sep=") else 0  # Excel's own way to name the delimiter
    first = lines[skipped] if len(lines) > skipped else ""
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(lines[skipped:], delimiter=delimiter, strict=True)
    begins = skipped + 1
    try:
        for record in reader:
            yield begins, record
            begins = skipped + reader.line_num + 1
    except csv.Error as error:
        raise InvalidTable(f"Line {begins}: {error}. Check the quotation marks.") from None


def _names(line: int, header: Sequence[str]) -> list[str]:
    names = [name.strip().lower().replace(" ", "_") if "." not in name else name.strip() for name in header]
    for name, count in Counter(filter(None, names)).items():
        if count > 1:
            raise InvalidTable(f"Line {line}: duplicate column {name}.")
        if name not in COLUMNS and not _OPTION.fullmatch(name):
            similar = get_close_matches(name, COLUMNS, n=1)
            advice = f"Did you mean {similar[0]}?" if similar else f"The columns are {', '.join(COLUMNS)}."
            raise InvalidTable(f"Line {line}: unknown column {name}. {advice}")
    if "to" not in names:
        raise InvalidTable(f"Line {line}: there is no column `to`. The first line names the columns.")
    return names


def _cells(names: Sequence[str], line: int, values: Sequence[str]) -> dict[str, str]:
    cells = {name: value.strip() for name, value in zip(names, values, strict=False) if value.strip()}
    if "" in cells or any(value.strip() for value in values[len(names) :]):
        raise InvalidTable(f"Line {line}: there are more cells than columns. Put a text with a delimiter in quotes.")
    return cells


def _key(*parts: object) -> str:
    return f"import-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]}"
