"""The Markdown files from which the site is built."""

import re
import shutil
from pathlib import Path

from letmepost.http.docs.build.networks import network_page
from letmepost.platforms import discover

_UPWARD_LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]+)[^)]*\)")
_NAV_ENTRY = re.compile(r"^ +- ([^:\n]+): ([\w/-]+\.md)$", re.MULTILINE)


def write_sources(project: Path, place: Path) -> list[tuple[str, str]]:
    """Write the generator's input to an empty folder; return the title and the file of each page, in reading order."""
    docs = place / "docs"
    shutil.copytree(project / "docs", docs, ignore=shutil.ignore_patterns("theme"))
    shutil.copytree(project / "docs/theme", place / "theme")
    shutil.copy(project / "CHANGELOG.md", docs / "changelog.md")
    for page in docs.rglob("*.md"):
        page.write_text(_within_site(page), encoding="utf-8")
    entries = []
    for name, platform in discover().items():
        page = docs / f"networks/{name}.md"
        page.write_text(network_page(platform, page.read_text(encoding="utf-8")), encoding="utf-8")
        entries.append(f"      - {platform.title}: networks/{name}.md")
    configuration = (project / "mkdocs.yml").read_text(encoding="utf-8")
    configuration = re.sub(r"Networks: \[\].*", "\n".join(["Networks:", *entries]), configuration)
    (place / "mkdocs.yml").write_text(configuration, encoding="utf-8")
    return [(title, file) for title, file in _NAV_ENTRY.findall(configuration)]


def _within_site(page: Path) -> str:
    """Return the text of a page. Links to files of the source tree that are not part of the site become plain text."""

    def keep_or_unlink(found: re.Match[str]) -> str:
        return found[0] if (page.parent / found[2]).is_file() else found[1]

    text = page.read_text(encoding="utf-8").replace("(../CHANGELOG.md)", "(changelog.md)")
    return _UPWARD_LINK.sub(keep_or_unlink, text)
