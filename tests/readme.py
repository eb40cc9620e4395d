"""The blocks of code in the README and in the pages of the site, which tests execute or check."""

import re
from pathlib import Path
from textwrap import dedent

from letmepost.http.docs.build.sources import write_sources

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
START = "make dev"
ELSEWHERE = {
    "adding-a-platform.md": "tests/platforms/minimal/test_guide.py",
    "emulator.md": "tests/counterparts/test_emulator.py",
}
"""The pages with a test of their own."""


def site_pages(place: Path) -> list[Path]:
    """Write the pages of the site below a folder, with generated parts; return those without a test of their own."""
    place.mkdir(parents=True, exist_ok=True)
    return [place / "docs" / file for _, file in write_sources(ROOT, place) if file not in ELSEWHERE]


def pages_with(language: str) -> list[Path]:
    """Return the pages of docs/ that have blocks of a language, and no test of their own."""
    pages = sorted((ROOT / "docs").rglob("*.md"))
    return [page for page in pages if page.name not in ELSEWHERE and code_blocks(page, language)]


def code_blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language on a page, also those in tabs."""
    pattern = rf"^( *)```{language}\n(.*?)^\1```"
    found = re.findall(pattern, page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [dedent(block) for _, block in found]


def shell_blocks(page: Path) -> list[str]:
    """Return the blocks of shell commands on a page."""
    return code_blocks(page, "sh")


def hosting_block() -> str:
    """Return the README's block of commands that requires Docker. `tests/image` executes it."""
    [block] = [block for block in shell_blocks(README) if "docker" in block]
    return block


def start_block() -> str:
    """Return the README's block that starts the service on this machine."""
    [block] = [block for block in shell_blocks(README) if block.startswith(START)]
    return block


def api_blocks() -> list[str]:
    """Return the README's other blocks. They call the API, so each must work as written."""
    return [block for block in shell_blocks(README) if block not in {hosting_block(), start_block()}]
