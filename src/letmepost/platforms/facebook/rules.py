"""Facebook's limits, each with its source. The options' schema defines their form, the rules define their limits."""

from collections.abc import Callable, Iterator
from functools import partial

from letmepost.domain.content import MediaKind
from letmepost.domain.lengths import CHARACTERS, UTF16
from letmepost.domain.limits import (
    MEDIA,
    AltTextLimit,
    CommentNotBlank,
    Exclusive,
    KindsSupported,
    MediaCount,
    MediaLimit,
    NotEmpty,
    SinglePart,
    TextLimit,
    first_comment,
    option,
    post_text,
    rules_of,
)
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms._meta.comments import comment_granted
from letmepost.platforms.facebook.options import FacebookOptions
from letmepost.platforms.facebook.sources import COMMENTS, PHOTOS, POSTS, STORIES
from letmepost.platforms.facebook.video_rules import VIDEO_LIMITS

_KINDS = (MediaKind.IMAGE, MediaKind.VIDEO)
_LINK = option("a link card", "link", lambda options: options.link)
# No page of Meta states this number. Its API refuses longer texts with "Name parameter too long" (observed by public
# clients), and counts in a unit that is not documented: the strictest one is used.
_text = partial(TextLimit, limit=63_206, measure=UTF16)


def _in_story(
    rule_id: str, field: str, thing: str, is_in: Callable[[PostTarget[FacebookOptions]], bool], remediation: str
) -> Rule:
    """Return the rule that a story does not have something."""

    def find(target: PostTarget[FacebookOptions]) -> Iterator[Finding]:
        if target.options.is_story and is_in(target):
            yield Finding(field=field, message=f"A story on Facebook has no {thing}.")

    return Rule(id=rule_id, summary=f"A story has no {thing}.", remediation=remediation, source=STORIES, find=find)


def _story_media(target: PostTarget[FacebookOptions]) -> Iterator[Finding]:
    count = len(target.content.media)
    if target.options.is_story and count != 1:
        message = f"The story has {count} media items. A story on Facebook has exactly 1."
        yield Finding(field="media", actual=count, message=message)


RULES = rules_of(
    "Facebook",
    (
        _text("facebook.text.max_graphemes", texts=post_text, source=POSTS),
        _text("facebook.first_comment.max_utf16_units", texts=first_comment, noun="first comment", source=COMMENTS),
        NotEmpty(
            "facebook.text.required",
            others=("media", "a link"),
            has_other=lambda target: target.options.link is not None,
            source=POSTS,
        ),
        CommentNotBlank("facebook.first_comment.non_empty", source=COMMENTS),
        SinglePart("facebook.thread.supported", source=POSTS),
        comment_granted(
            "facebook.first_comment.permission",
            permission="`pages_manage_engagement`",
            missing="the permission `pages_manage_engagement` for comments",
            source=COMMENTS,
        ),
        KindsSupported("facebook.media.kind_supported", _KINDS, source=PHOTOS),
        # The number is not documented; it is the one of the documented ids of letmepost.
        MediaCount("facebook.media.count_max", limit=10, source=POSTS),
        MediaLimit(
            "facebook.media.",
            kinds=_KINDS,
            types=("image/jpeg", "image/png", "image/gif", "video/mp4", "video/quicktime"),
            source=PHOTOS,
        ),
        MediaLimit("facebook.media.image_", max_bytes=10_000_000, max_frames=1, source=PHOTOS),
        # No page states this number: it is the limit of Meta's other networks.
        AltTextLimit("facebook.media.alt_text_max_characters", limit=1000, measure=CHARACTERS, source=PHOTOS),
        *VIDEO_LIMITS,
        Exclusive("facebook.link.media_exclusive", (MEDIA, _LINK), source=POSTS),
        Rule(
            id="facebook.story.media_count",
            summary="A story has exactly one media item.",
            remediation="Attach one media item, and publish each one as a story of its own.",
            limit=1,
            unit="items",
            source=STORIES,
            find=_story_media,
        ),
        _in_story(
            "facebook.story.text_supported",
            "text",
            "text",
            lambda target: bool(target.content.text),
            "Remove the text, or omit `kind`.",
        ),
        _in_story(
            "facebook.story.first_comment_supported",
            "firstComment",
            "first comment",
            lambda target: target.content.first_comment is not None,
            "Remove `firstComment`, or omit `kind`.",
        ),
    ),
)
