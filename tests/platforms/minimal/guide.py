"""Copies the files of the example to the guide: `python -m tests.platforms.minimal.guide`."""

import re
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path(__file__).parent
GUIDE = FOLDER.parents[2] / "docs/adding-a-platform.md"

_SECTION = re.compile(
    r"^(### `([\w./]+)`\n(?:(?!#|```).*\n)*```\w+\n)((?:(?!```$).*\n)*)",
    re.MULTILINE,
)
"""A heading with the name of a file, and the text and the code block below it."""


def files() -> Mapping[str, str]:
    """Return the text of every file of the example, by its name in the guide."""
    example = FOLDER / "example"
    paths = {path.relative_to(example).as_posix(): path for path in example.rglob("*.py")}
    paths["fact_sheet.md"] = FOLDER / "fact_sheet.md"
    return {name: path.read_text(encoding="utf-8") for name, path in paths.items()}


def shown(guide: str) -> list[tuple[str, str]]:
    """Return the name and the text of every file in the guide, in their order."""
    return [(found[2], found[3]) for found in _SECTION.finditer(guide)]


def updated(guide: str) -> str:
    """Return the guide with the current files."""
    current = files()
    return _SECTION.sub(lambda found: f"{found[1]}{current[found[2]]}", guide)


if __name__ == "__main__":
    GUIDE.write_text(updated(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
