"""Rules about files: they find nothing before the facts are known."""

from dataclasses import replace

import pytest

from letmepost.domain.content import MediaFacts, MediaItem, PostContent
from letmepost.domain.rules import violations
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from tests.doubles import media
from tests.doubles.targets import CONFIRMED, on

PLATFORMS = discover()
ITEMS = (media.image(), media.video(), media.document())


def broken_rules(platform: Platform, item: MediaItem, facts: MediaFacts | None) -> set[str]:
    """Return the ids of the rules that a post with this media item breaks."""
    content = PostContent(text="Look", media=(replace(item, facts=facts),))
    return {violation.rule for violation in violations(on(platform, content, CONFIRMED), platform.rules)}


@pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS)
@pytest.mark.parametrize("item", ITEMS, ids=lambda item: str(item.kind))
def test_unknown_facts_break_no_rule_and_a_huge_file_does(platform: Platform, item: MediaItem) -> None:
    """A file by URL is checked by the same rules again when its bytes have arrived."""
    assert item.facts is not None
    without = broken_rules(platform, item, None)
    ordinary = MediaFacts(content_type=item.facts.content_type, size_bytes=100_000)
    assert broken_rules(platform, item, ordinary) == without, "a rule treats an unknown fact as wrong"
    if not without:
        huge = replace(ordinary, size_bytes=10**15, width_px=10**6, height_px=10**6)
        assert broken_rules(platform, item, huge), "no rule limits the size"
