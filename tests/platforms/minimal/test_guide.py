"""docs/adding-a-platform.md shows the files of the example."""

import re

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Effect
from tests.platforms.minimal.guide import FOLDER, GUIDE, files, shown, updated

TEXT = GUIDE.read_text(encoding="utf-8")
PROSE = re.sub(r"^```.*?^```\n", "", TEXT, flags=re.DOTALL | re.MULTILINE)
ROOT = FOLDER.parents[2]


def test_guide_shows_every_file_byte_for_byte() -> None:
    assert sorted(shown(TEXT)) == sorted(files().items()), "run: python -m tests.platforms.minimal.guide"


def test_guide_has_no_other_code() -> None:
    assert TEXT.count("\n```") == 2 * len(files())


def test_old_text_of_a_file_is_replaced() -> None:
    assert updated(TEXT.replace("_LIST_MAX = 100", "_LIST_MAX = 99")) == TEXT


def test_prose_is_short() -> None:
    assert len(PROSE.splitlines()) < 250


def test_guide_explains_every_effect_and_kind_of_failure() -> None:
    for value in (*(effect.name for effect in Effect), *FailureKind):
        assert f"`{value}`" in PROSE, value


def test_files_that_the_guide_names_exist() -> None:
    platforms = ROOT / "src/letmepost/platforms"
    for name in re.findall(r"`([\w/]+\.py)`", PROSE):
        places = (ROOT, ROOT / "src/letmepost", platforms, FOLDER / "example")
        assert any((place / name).is_file() for place in places), name
