"""The README and the other documents agree with the code and with each other."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import pytest

from letmepost import __version__
from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from tests.counterparts.packages import CLIENTS, SERVERS
from tests.doubles.targets import on
from tests.readme import README, api_blocks, hosting_block, start_block

ROOT = README.parent
TEXT = README.read_text(encoding="utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINES_MAX = 120
LIVE_ACCOUNTS: Mapping[str, str] = {}
"""Evidence of a post on the real platform. Without any, no document may claim one."""


def _media(kind: MediaKind) -> PostContent:
    return PostContent(text="Some text", media=(MediaItem(kind=kind, media_id=UUID(int=1)),))


CONTENTS = {
    "text": ("text", PostContent(text="Some text")),
    "images": ("media[0]", _media(MediaKind.IMAGE)),
    "video": ("media[0]", _media(MediaKind.VIDEO)),
    "thread": ("thread", PostContent(text="1", thread=(ThreadPart(text="2"),))),
    "first comment": ("firstComment", PostContent(text="1", first_comment="2")),
}
"""A post with each feature, and the field that a capability rule names if the platform lacks it."""


def _lacks(platform: Platform, field: str, content: PostContent) -> bool:
    capabilities = (rule for rule in platform.rules if rule.capability)
    return any(found.field == field for rule in capabilities for found in rule.check(on(platform, content)))


def expected_row(platform: Platform) -> str:
    """Return the row of the README's table for a platform."""
    has = {name: not _lacks(platform, field, content) for name, (field, content) in CONTENTS.items()}
    has |= {"poll": "poll" in platform.options.model_fields, "unpublish": platform.unpublish is not None}
    against = ["simulator"]
    against += ["independent client"] if platform.name in CLIENTS else []
    against += ["independent server"] if platform.name in SERVERS else []
    against += ["live account"] if platform.name in LIVE_ACCOUNTS else []
    cells = [platform.title, *("yes" if value else "no" for value in has.values()), ", ".join(against)]
    return f"| {' | '.join(cells)} |"


def test_readme_is_short() -> None:
    assert len(TEXT.splitlines()) <= LINES_MAX


def test_table_of_platforms_is_that_of_the_code() -> None:
    [table] = re.findall(r"^\| platform .*\n(?:\|.*\n)+", TEXT, re.MULTILINE)
    header, _, *rows = table.splitlines()
    assert header == f"| platform | {' | '.join([*CONTENTS, 'poll', 'unpublish', 'verified against'])} |"
    assert rows == sorted((expected_row(platform) for platform in discover().values()), key=str.casefold)


@pytest.mark.parametrize(("kind", "packages"), [("client", CLIENTS), ("server", SERVERS)])
def test_readme_names_the_independent_software_that_tests_run(kind: str, packages: Mapping[str, Sequence[str]]) -> None:
    [stated] = re.findall(rf"^- \*Independent {kind}\*: (.*?)(?=^- |\n\n)", TEXT, re.MULTILINE | re.DOTALL)
    names = {name for names in packages.values() for name in names}
    assert set(re.findall(r"`([^` ]+)`", stated)) == names
    assert packages.keys() <= discover().keys()


def test_independent_software_is_installed_in_a_fixed_version() -> None:
    python = (ROOT / "requirements/counterparts.txt").read_text(encoding="utf-8")
    folders = (ROOT / "tests/counterparts/node", ROOT / "tests/pds/server")
    node = "".join((folder / "package.json").read_text(encoding="utf-8") for folder in folders)
    for name in (name for packages in (CLIENTS, SERVERS) for names in packages.values() for name in names):
        assert re.search(rf"^{re.escape(name)}==", python, re.MULTILINE) or re.search(rf'"{name}": "\d', node), name


def test_every_command_of_the_readme_is_executed_by_a_test() -> None:
    """`tests/processes` executes the first command and those that call the API, and `tests/image` the others."""
    blocks = [start_block(), hosting_block(), *api_blocks()]
    assert re.findall(r"^```.*\n", TEXT, re.MULTILINE) == ["```sh\n", "```\n"] * len(blocks), "all are shell commands"
    assert all("$API/" in block for block in api_blocks())


def test_readme_has_the_totals_of_the_last_fault_run() -> None:
    table = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    [total] = re.findall(r"^total +(.*)$", table, re.MULTILINE)
    posts, _refused, _published, unconfirmed, _failed, lost, doubled, stuck, *_ = total.split()
    stated = " ".join(TEXT.split())
    outcome = f"{lost} were lost, {doubled} doubled and {stuck} stuck; {unconfirmed} were reported as unconfirmed"
    assert f"Of {int(posts):,} posts, {outcome}" in stated
    [kills] = re.findall(r"^killed-workers.*\n +(\d+) kills", table, re.MULTILINE)
    assert f"killed workers {int(kills):,} times" in stated


def test_changelog_has_an_entry_for_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[{re.escape(__version__)}\] - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_a_document_lead_to_files_and_headings(document: Path) -> None:
    prose = re.sub(r"^```.*?^```|`[^`\n]+`", "", document.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if "://" in link or re.fullmatch(
            r"/docs/(?:reference|statuses|permissions|(?:errors|preflight)(?:/[\w-]+)?)", link
        ):
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        assert not anchor or anchor in _anchors(target), link


def _anchors(document: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_picture_is_complete_and_for_light_and_dark_screens() -> None:
    picture = (ROOT / "docs/overview.svg").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in picture
    assert not re.findall(r"(?:href|src|url\(|@import)", picture), "it loads nothing"
