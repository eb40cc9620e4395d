from collections.abc import Callable, Iterable
from datetime import date
from uuid import UUID

from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.rules import Finding, Rule, Violation, preflight, violations


def rule(rule_id: str, find: Callable[[PostContent], Iterable[Finding]], *, capability: bool = False) -> Rule:
    return Rule(
        id=rule_id,
        summary="A text is short.",
        remediation="Shorten it.",
        source_url="https://example.com/limits",
        checked_on=date(2026, 11, 21),
        find=find,
        limit=3,
        unit="letters",
        capability=capability,
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


def thread(content: PostContent) -> Iterable[Finding]:
    for index in range(len(content.thread)):
        yield Finding(field=f"thread[{index}]", message="No threads here.")


SHORT = rule("example.text.short", long_texts)
NO_COMMENT = rule("example.first_comment.unsupported", first_comment, capability=True)
NO_THREAD = rule("example.thread.unsupported", thread, capability=True)


def names(found: Iterable[Violation]) -> list[tuple[str, str]]:
    return [(violation.rule, violation.field) for violation in found]


def test_a_violation_says_what_rule_where_how_much_and_what_to_do() -> None:
    assert list(SHORT.check(PostContent(text="hello"))) == [
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
    """A caller who mends one thing at a time needs as many requests as there are mistakes."""
    content = PostContent(text="hello", first_comment="hello", thread=(ThreadPart(text="hi"),))
    assert names(violations(content, [NO_THREAD, SHORT, NO_COMMENT])) == [
        ("example.thread.unsupported", "thread[0]"),
        ("example.text.short", "text"),
        ("example.text.short", "firstComment.text"),
        ("example.first_comment.unsupported", "firstComment"),
    ]


def test_content_that_keeps_every_rule_has_no_violations() -> None:
    assert violations(PostContent(text="hi"), [SHORT, NO_COMMENT]) == []


def test_a_missing_capability_asked_for_on_the_target_is_a_violation() -> None:
    content = PostContent(text="hi", first_comment="yo", inherited=frozenset({"text"}))
    checked = preflight(content, [NO_COMMENT])
    assert checked.content == content
    assert names(checked.violations) == [("example.first_comment.unsupported", "firstComment")]
    assert checked.warnings == ()


def test_a_missing_capability_from_the_defaults_is_a_warning_and_is_left_out() -> None:
    content = PostContent(text="hi", first_comment="yo", inherited=frozenset({"firstComment"}))
    checked = preflight(content, [NO_COMMENT])
    assert checked.content.first_comment is None
    assert checked.content.text == "hi"
    assert checked.violations == ()
    assert names(checked.warnings) == [("example.first_comment.unsupported", "firstComment")]


def test_what_was_left_out_breaks_no_other_rule() -> None:
    """The comment is too long as well, but nobody will send it."""
    content = PostContent(text="hi", first_comment="hello", inherited=frozenset({"firstComment"}))
    assert preflight(content, [SHORT, NO_COMMENT]).violations == ()


def test_a_finding_inside_a_list_leaves_out_the_whole_list() -> None:
    parts = (ThreadPart(text="a"), ThreadPart(text="b"))
    checked = preflight(PostContent(thread=parts, inherited=frozenset({"thread"})), [NO_THREAD])
    assert checked.content.thread == ()
    assert [warning.field for warning in checked.warnings] == ["thread[0]", "thread[1]"]


def test_a_missing_capability_of_a_part_is_a_violation_wherever_it_came_from() -> None:
    """To leave out the pictures because their alt text cannot be sent would publish something else."""
    no_alt_text = rule(
        "example.media.alt_text.unsupported",
        lambda content: [Finding(field=f"{path}.altText", message="No alt text here.") for path, _ in content.items()],
        capability=True,
    )
    picture = MediaItem(kind=MediaKind.IMAGE, media_id=UUID(int=1), alt_text="a cat")
    checked = preflight(PostContent(media=(picture,), inherited=frozenset({"media"})), [no_alt_text])
    assert names(checked.violations) == [("example.media.alt_text.unsupported", "media[0].altText")]
    assert checked.content.media == (picture,)
    assert checked.warnings == ()


def test_an_inherited_field_that_breaks_a_limit_is_a_violation() -> None:
    """Only what a platform cannot do at all is dropped: a text that is too long must not vanish."""
    content = PostContent(text="hello", inherited=frozenset({"text"}))
    checked = preflight(content, [SHORT])
    assert names(checked.violations) == [("example.text.short", "text")]
    assert checked.content.text == "hello"
    assert checked.warnings == ()


def test_each_field_is_judged_by_where_it_came_from() -> None:
    content = PostContent(
        thread=(ThreadPart(text="a"),), first_comment="yo", inherited=frozenset({"firstComment", "text"})
    )
    checked = preflight(content, [NO_COMMENT, NO_THREAD])
    assert names(checked.violations) == [("example.thread.unsupported", "thread[0]")]
    assert names(checked.warnings) == [("example.first_comment.unsupported", "firstComment")]


def test_rules_may_come_from_an_iterator() -> None:
    content = PostContent(text="hello", first_comment="yo", inherited=frozenset({"firstComment"}))
    checked = preflight(content, iter([SHORT, NO_COMMENT]))
    assert len(checked.violations) == len(checked.warnings) == 1
