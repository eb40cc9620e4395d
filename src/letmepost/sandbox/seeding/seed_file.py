"""Reads seed files: TOML or JSON."""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from letmepost.domain.errors import EmulatorError
from letmepost.platforms.contract import Platform
from letmepost.sandbox.control import problem_at
from letmepost.sandbox.seeding.seed import Seed

_HEADER = re.compile(r"\s*(\[\[?)([A-Za-z0-9_. -]+)\]")
_KEY = re.compile(r"\s*\"?([A-Za-z0-9_-]+)\"?\s*=")


def read_seed(path: Path, platforms: Mapping[str, Platform]) -> Seed:
    """Return the seed in a file.

    Raises:
        EmulatorError: the file cannot be read, or its content is not a seed. The message has the file and the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EmulatorError(f"Cannot read {path}: {getattr(error, 'strerror', None) or error}.") from None
    try:
        return Seed.model_validate(_parse(path, text), context={"platforms": platforms})
    except ValidationError as invalid:
        first = invalid.errors(include_url=False, include_input=False)[0]
        line = _line_of(first["loc"], text) if path.suffix == ".toml" else None
        raise EmulatorError(f"{path}{'' if line is None else f', line {line}'}: {problem_at(first)}") from None


def _parse(path: Path, text: str) -> Any:
    try:
        if path.suffix == ".toml":
            return tomllib.loads(text)
        if path.suffix == ".json":
            return json.loads(text)
    except ValueError as error:  # both parsers state the line
        raise EmulatorError(f"{path}: {error}") from None
    raise EmulatorError(f"{path}: a seed file is TOML or JSON. Its name ends with .toml or .json.")


def _line_of(location: Sequence[str | int], text: str) -> int | None:
    """Return the line of a field of a TOML file, or else of the innermost table around it; None if there is none.

    `tomllib` does not keep lines. Fields in inline tables have the line of the whole.
    """
    lines = _lines_by_path(text)
    prefixes = (tuple(location[:length]) for length in range(len(location), 0, -1))
    return next((lines[prefix] for prefix in prefixes if prefix in lines), None)


def _lines_by_path(text: str) -> Mapping[tuple[str | int, ...], int]:
    """Return the lines of the tables and keys of a TOML file, by their paths."""
    lines: dict[tuple[str | int, ...], int] = {}
    last: dict[tuple[str | int, ...], int] = {}  # the last index of each array of tables

    def path_of(names: Sequence[str]) -> tuple[str | int, ...]:
        path: tuple[str | int, ...] = ()
        for name in names:
            path = (*path, name)
            path = (*path, last[path]) if path in last else path
        return path

    table: tuple[str | int, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            *above, name = header[2].replace(" ", "").split(".")
            table = path_of([*above, name])
            if header[1] == "[[":
                array = (*path_of(above), name)
                last[array] = last.get(array, -1) + 1
                table = (*array, last[array])
            lines[table] = number
        elif key := _KEY.match(line):
            lines[*table, key[1]] = number
    return lines
