"""Finds words that this project replaces by plain ones, in files and in the messages of new commits.

`python -m tests.lint.words` prints each of them and exits with 1 if there are any. CONTRIBUTING.md explains the rule.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("src", "clients/python", "tests", "docs", "migrations", "README.md", "CHANGELOG.md")
PLAIN = {
    "anew": "again",
    "learnt": "learned, or: known",
    "whoever": "anyone who, or: the person who",
    "somebody": "someone, or: a person",
    "nobody": "no one, or: no caller",
    "lest": "so that … not",
    "be had": "be fetched, or: be read",
    "of ours": "our, or: own",
    "bears the": "has the, or: uses the",
    "a medium": "a media item",
    "stands there": "is present",
    "for ever": "forever, or: permanently",
    "that_is_none": "a name in plain words",
}
"""What to write instead of each word."""

_SELF = Path(__file__).parent.relative_to(ROOT)
"""This folder contains the words."""
_GENERATED = {"__pycache__", "built", "node_modules"}
"""Folders of files that are not sources."""
_SEPARATOR = r"(?:[\s_]|#)+"
"""Words may be part of a name, or be on two lines of a comment."""
_WORDS = "|".join(_SEPARATOR.join(word.split(" ")) for word in PLAIN)
_PATTERN = re.compile(rf"(?<![a-z0-9])(?:{_WORDS})(?![a-z0-9])", re.IGNORECASE)
_VALUE = re.compile(r"([\"'`])nobody\1")
"""A value of Bluesky, and the name of a Unix account."""


def find_words(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the text of each such word."""
    exempt = {found.start() + 1 for found in _VALUE.finditer(text)}
    for found in _PATTERN.finditer(text):
        if found.start() not in exempt:
            yield text.count("\n", 0, found.start()) + 1, re.sub(_SEPARATOR, " ", found[0])


def check_files(root: Path) -> Iterator[str]:
    """Yield a finding for each word in a text file of the places that are checked."""
    for path in sorted(path for place in PLACES for path in _files(root / place)):
        name = path.relative_to(root)
        if _SELF in name.parents or _GENERATED & set(name.parts):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for line, word in find_words(text):
            yield f"{name}:{line}: {_advice(word)}"


def check_messages(root: Path) -> Iterator[str]:
    """Yield a finding for each word in the message of a commit after the one that added this file.

    There are no findings without Git, outside a repository, and for commits that a shallow clone does not contain.
    """
    added = _git(root, "log", "--diff-filter=A", "--format=%H", "--", str(_SELF / Path(__file__).name)).split()
    if not added:
        return
    log = _git(root, "log", "-z", "--ancestry-path", "--format=%h%n%B", f"{added[-1]}..HEAD")
    for entry in filter(None, log.split("\0")):
        commit, _, message = entry.partition("\n")
        for line, word in find_words(message):
            yield f"commit {commit}, line {line} of the message: {_advice(word)}"


def _files(place: Path) -> Iterator[Path]:
    yield from [place] if place.is_file() else filter(Path.is_file, place.rglob("*"))


def _advice(word: str) -> str:
    plain = {name.replace("_", " "): advice for name, advice in PLAIN.items()}[word.lower()]
    return f'"{word}": write {plain}'


def _git(root: Path, *words: str) -> str:
    """Return what Git prints, or nothing if it fails."""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607 - Git of the machine
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def main(root: Path = ROOT) -> int:
    """Print every finding; return the exit code."""
    findings = [*check_files(root), *check_messages(root)]
    print(*findings, sep="\n", end="\n" if findings else "")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
