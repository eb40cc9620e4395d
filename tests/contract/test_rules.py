"""The rules of every platform: their ids, sources and texts."""

import re
from collections import Counter
from datetime import date
from urllib.parse import urlsplit

import pytest

from letmepost.domain.content import PostContent, ThreadPart
from letmepost.domain.rules import Rule, violations
from letmepost.http.errors import rule_page
from letmepost.platforms import discover
from letmepost.platforms.contract import Platform
from tests.cases import for_each
from tests.doubles.targets import on
from tests.platforms.minimal.example import PLATFORM as EXAMPLE

_PLATFORMS = {**discover(), EXAMPLE.name: EXAMPLE}
_RULES = [(platform, rule) for platform in _PLATFORMS.values() for rule in platform.rules]

each_rule = for_each(_RULES)


def test_there_are_platforms_and_each_has_rules() -> None:
    assert _PLATFORMS
    assert all(platform.rules for platform in _PLATFORMS.values())


def test_no_two_rules_share_an_id_or_a_page() -> None:
    for spelled in ([rule.id for _, rule in _RULES], [rule_page(rule.id) for _, rule in _RULES]):
        assert [name for name, count in Counter(spelled).items() if count > 1] == []


@each_rule
def test_rule_id_has_platform_subject_and_property(platform: Platform, rule: Rule) -> None:
    assert re.fullmatch(rf"{platform.name}\.[a-z_]+\.[a-z0-9_]+", rule.id)


@each_rule
def test_rule_has_a_source_and_the_date_of_its_check(platform: Platform, rule: Rule) -> None:
    source = urlsplit(rule.source.url)
    assert (source.scheme, bool(source.netloc), "." in source.netloc) == ("https", True, True)
    assert date(2026, 1, 1) <= rule.source.checked_on <= date(2027, 12, 31)


@each_rule
def test_rule_is_described_in_sentences(platform: Platform, rule: Rule) -> None:
    for sentence in (rule.summary, rule.remediation):
        assert sentence[0].isupper()
        assert sentence.endswith(".")


@each_rule
def test_rule_can_check_an_empty_post(platform: Platform, rule: Rule) -> None:
    """Its violations have the id of the rule."""
    assert {violation.rule for violation in rule.check(on(platform, PostContent()))} <= {rule.id}


@pytest.mark.parametrize("platform", _PLATFORMS.values(), ids=_PLATFORMS)
@pytest.mark.parametrize("blank", [" \n", "\u200b", "\u2060\u3000", "\u2800", "\u3164", "\u115f\u1160", "\uffa0"])
def test_invisible_text_is_rejected_like_missing_text(platform: Platform, blank: str) -> None:
    def broken(text: str) -> list[tuple[str, str]]:
        content = PostContent(text=text, thread=(ThreadPart(text=text),), first_comment=text)
        return [(found.rule, found.field) for found in violations(on(platform, content), platform.rules)]

    fields = {re.split(r"[.\[]", field)[0] for _, field in broken("")}
    fields.discard("options")  # some platforms require an option
    required = "text" if "text" in fields else "media"  # some platforms have no posts of a text alone
    assert fields == {required, "thread", "firstComment"}, "a blank one is rejected, or the platform has none"
    assert broken(blank) == broken("")


def test_folder_has_the_name_of_the_platform() -> None:
    assert {name: platform.name for name, platform in _PLATFORMS.items()} == {name: name for name in _PLATFORMS}
