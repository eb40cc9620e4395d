from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.content import MediaFacts, MediaItem, MediaKind, OnUnsupported, PostContent, ThreadPart
from letmepost.domain.rules import Finding, PostTarget, Rule, RuleSource, preflight, violations
from letmepost.domain.violations import Violation
from tests.doubles.targets import ACCOUNT, NOW, target


def rule(
    rule_id: str, find: Callable[[PostContent], Iterable[Finding]], *, capability: bool = False, **more: Any
) -> Rule:
    return Rule(
        id=rule_id,
        summary="A text is short.",
        remediation="Shorten it.",
        source=RuleSource(url="https://example.com/limits", checked_on=date(2026, 11, 21)),
        find=lambda target: find(target.content),
        limit=3,
        unit="letters",
        capability=capability,
        **more,
    )


def long_texts(content: PostContent) -> Iterable[Finding]:
    return [
        Finding(field=path, message=f"{path} is long.", actual=len(text))
        for path, text in content.texts()
        if len(text) > 3
    ]


def first_comment(content: PostContent) -> Iterable[Finding]:
    if content.first_comment is not None:
        yield Finding(field="firstComment", message="No comments here.")


def whole_thread(content: PostContent) -> Iterable[Finding]:
    if content.thread:
        yield Finding(field="thread", message="No threads here.")


SHORT = rule("example.text.short", long_texts)
NO_COMMENT = rule("example.first_comment.supported", first_comment, capability=True)
NO_THREADS = rule("example.thread.supported", whole_thread, capability=True)


def names(found: Iterable[Violation]) -> list[tuple[str, str]]:
    return [(violation.rule, violation.field) for violation in found]


def test_violation_has_the_rule_the_field_the_value_and_the_remediation() -> None:
    assert list(SHORT.check(target(PostContent(text="hello")))) == [
        Violation(
            rule="example.text.short",
            field="text",
            message="text is long.",
            remediation="Shorten it.",
            limit=3,
            actual=5,
            unit="letters",
        )
    ]


def test_every_violation_is_collected_in_rule_order() -> None:
    """Otherwise, a caller would need one request for each mistake."""
    content = PostContent(text="hello", first_comment="hello", thread=(ThreadPart(text="hi"),))
    assert names(violations(target(content), [NO_THREADS, SHORT, NO_COMMENT])) == [
        ("example.thread.supported", "thread"),
        ("example.text.short", "text"),
        ("example.text.short", "firstComment.text"),
        ("example.first_comment.supported", "firstComment"),
    ]


def test_valid_content_has_no_violations() -> None:
    assert violations(target(PostContent(text="hi")), [SHORT, NO_COMMENT]) == []


PICTURE = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text="a cat", title="Cat")
FILM = MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=2))
OMIT = OnUnsupported.OMIT


def videos(content: PostContent) -> Iterable[Finding]:
    return [
        Finding(field=path, message="No videos here.") for path, item in content.items() if item.kind is MediaKind.VIDEO
    ]


def alt_texts(content: PostContent) -> Iterable[Finding]:
    return [
        Finding(field=f"{path}.altText", message="No alt text here.")
        for path, item in content.items()
        if item.alt_text is not None
    ]


NO_VIDEO = rule("example.media.kind_supported", videos, capability=True)
NO_ALT_TEXT = rule("example.media.alt_text_supported", alt_texts, capability=True)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PostContent(text="hi", media=(PICTURE, FILM)), (NO_VIDEO, "media[1]")),
        (PostContent(text="hi", first_comment="yo"), (NO_COMMENT, "firstComment")),
        (PostContent(text="hi", thread=(ThreadPart(text="a"),)), (NO_THREADS, "thread")),
        (PostContent(text="hi", media=(PICTURE,)), (NO_ALT_TEXT, "media[0].altText")),
    ],
)
def test_unsupported_content_is_a_violation_by_default(content: PostContent, found: tuple[Rule, str]) -> None:
    checked = preflight(target(content), [found[0]])
    assert checked.content == content
    assert names(checked.violations) == [(found[0].id, found[1])]
    assert checked.warnings == ()


def test_unsupported_item_is_omitted_with_a_warning_when_requested() -> None:
    content = PostContent(text="hi", media=(FILM, PICTURE, FILM), on_unsupported=OMIT)
    checked = preflight(target(content), [NO_VIDEO])
    assert checked.content == replace(content, media=(PICTURE,))
    assert checked.violations == ()
    assert names(checked.warnings) == [(NO_VIDEO.id, "media[0]"), (NO_VIDEO.id, "media[2]")]
    assert [warning.message for warning in checked.warnings] == [
        "`media[0]` was omitted. No videos here.",
        "`media[2]` was omitted. No videos here.",
    ]


def test_omitted_alt_text_leaves_its_image() -> None:
    checked = preflight(target(PostContent(media=(PICTURE,), on_unsupported=OMIT)), [NO_ALT_TEXT])
    assert checked.content.media == (replace(PICTURE, alt_text=None),)
    assert names(checked.warnings) == [(NO_ALT_TEXT.id, "media[0].altText")]


def test_omitted_thread_has_one_warning_for_everything_inside_it() -> None:
    content = PostContent(text="hi", thread=(ThreadPart(text="a", media=(FILM,)),), on_unsupported=OMIT)
    checked = preflight(target(content), [NO_VIDEO, NO_THREADS])
    assert (checked.content.thread, checked.violations) == ((), ())
    assert names(checked.warnings) == [(NO_THREADS.id, "thread")]


def test_omitted_content_breaks_no_other_rule() -> None:
    """The comment is also too long, but it is not sent."""
    content = PostContent(text="hi", first_comment="hello", on_unsupported=OMIT)
    checked = preflight(target(content), [SHORT, NO_COMMENT])
    assert (checked.content.first_comment, checked.violations) == (None, ())


def test_violation_has_the_field_of_the_request_when_items_before_it_were_omitted() -> None:
    no_titles = rule(
        "example.media.untitled",
        lambda content: [Finding(field=f"{path}.title", message="No titles.") for path, _ in content.items()],
    )
    parts = (ThreadPart(text="", media=(FILM,)), ThreadPart(text="hello", media=(FILM, PICTURE)))
    content = PostContent(text="hi", media=(FILM, PICTURE), thread=parts, on_unsupported=OMIT)
    checked = preflight(target(content), [NO_VIDEO, SHORT, no_titles])
    assert names(checked.violations) == [
        (SHORT.id, "thread[1].text"),
        (no_titles.id, "media[1].title"),
        (no_titles.id, "thread[1].media[1].title"),
    ]


@pytest.mark.parametrize("mode", OnUnsupported)
def test_content_over_a_limit_is_a_violation_in_both_modes(mode: OnUnsupported) -> None:
    """Only unsupported content is omitted: a text that is too long must not be lost."""
    checked = preflight(target(PostContent(text="hello", on_unsupported=mode)), [SHORT])
    assert names(checked.violations) == [(SHORT.id, "text")]
    assert (checked.content.text, checked.warnings) == ("hello", ())


PNG_FACTS = MediaFacts(content_type="image/png", size_bytes=1)


@pytest.mark.parametrize("mode", OnUnsupported)
def test_kind_mismatch_is_a_violation_even_of_an_omitted_item(
    mode: OnUnsupported,
) -> None:
    content = PostContent(text="hi", media=(PICTURE, replace(FILM, facts=PNG_FACTS)), on_unsupported=mode)
    first = preflight(target(content), [NO_VIDEO]).violations[0]
    assert (first.rule, first.field, first.actual) == ("media.kind_mismatch", "media[1].kind", "image")
    assert first.message == "`media[1].kind` is `video`, but the file is image/png (`image`)."


def test_kind_mismatch_in_a_thread_is_a_violation() -> None:
    content = PostContent(text="hi", thread=(ThreadPart(text="a", media=(replace(FILM, facts=PNG_FACTS),)),))
    assert names(violations(target(content), [])) == [("media.kind_mismatch", "thread[0].media[0].kind")]


def test_kind_is_not_checked_before_the_bytes_are_known() -> None:
    assert violations(target(PostContent(text="hi", media=(FILM, replace(PICTURE, facts=PNG_FACTS)))), []) == []


OF_ACCOUNT = rule("example.text.of_account", long_texts, facts_valid_for=timedelta(hours=24))


def confirmed(ago: timedelta | None) -> PostTarget[Any]:
    at = None if ago is None else NOW - ago
    content = PostContent(text="hi", thread=(ThreadPart(text="hello"),))
    return target(content, account=replace(ACCOUNT, confirmed_at=at))


@pytest.mark.parametrize("ago", [timedelta(), timedelta(hours=24), timedelta(days=-1)])
def test_recent_facts_about_the_account_reject_a_post(ago: timedelta) -> None:
    checked = preflight(confirmed(ago), [OF_ACCOUNT])
    assert names(checked.violations) == [(OF_ACCOUNT.id, "thread[0].text")]
    assert checked.warnings == ()
    assert names(violations(confirmed(ago), [OF_ACCOUNT])) == names(checked.violations)


@pytest.mark.parametrize("ago", [timedelta(hours=24, seconds=1), timedelta(days=365), None])
def test_outdated_facts_about_the_account_only_warn(ago: timedelta | None) -> None:
    checked = preflight(confirmed(ago), [SHORT, OF_ACCOUNT])
    assert names(checked.violations) == [(SHORT.id, "thread[0].text")]
    [warning] = checked.warnings
    assert (warning.rule, warning.field) == (OF_ACCOUNT.id, "thread[0].text")
    assert warning.message == (
        "thread[0].text is long. The post is accepted, because this was not confirmed in the last 24 hours."
    )
    assert violations(confirmed(ago), [OF_ACCOUNT]) == []


def test_warning_has_the_field_of_the_request_when_items_before_it_were_omitted() -> None:
    content = PostContent(thread=(ThreadPart(text="", media=(FILM,)), ThreadPart(text="hello")), on_unsupported=OMIT)
    checked = preflight(target(content), [NO_VIDEO, OF_ACCOUNT])
    assert names(checked.warnings) == [(NO_VIDEO.id, "thread[0].media[0]"), (OF_ACCOUNT.id, "thread[1].text")]


def test_unsupported_item_is_kept_when_the_facts_about_the_account_are_outdated() -> None:
    no_video = replace(NO_VIDEO, facts_valid_for=timedelta(hours=1))
    checked = preflight(target(PostContent(text="hi", media=(FILM,), on_unsupported=OMIT)), [no_video])
    assert checked.content.media == (FILM,)
    assert "was omitted" not in checked.warnings[0].message
