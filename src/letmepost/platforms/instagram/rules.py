"""Instagram's limits, each with its source. The options' schema defines their form, the rules define their limits."""

from collections.abc import Callable, Iterator
from functools import partial

from letmepost.domain.lengths import UTF16
from letmepost.domain.limits import (
    CommentNotBlank,
    CountLimit,
    SinglePart,
    TextLimit,
    first_comment,
    post_text,
    rules_of,
)
from letmepost.domain.limits.counts import Counts
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms._meta.comments import comment_granted
from letmepost.platforms.instagram.media_rules import MEDIA_LIMITS
from letmepost.platforms.instagram.option_rules import OPTION_LIMITS
from letmepost.platforms.instagram.options import InstagramOptions
from letmepost.platforms.instagram.sources import COMMENTS, MEDIA, PUBLISHING
from letmepost.platforms.instagram.text import count_hashtags, count_links, count_mentions
from letmepost.platforms.instagram.video_rules import VIDEO_LIMITS


def _in_text(count: Callable[[str], int]) -> Counts:
    return lambda target: [("text", count(target.content.text))]


def _in_comment(count: Callable[[str], int]) -> Counts:
    return lambda target: [(named.path, count(named.text)) for named in first_comment(target)]


def _comment_on_story(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    if target.options.kind == "story" and target.content.first_comment is not None:
        yield Finding(field="firstComment", message="A story on Instagram cannot have a first comment.")


def _shouted_comment(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    if (target.content.first_comment or "").isupper():
        message = "The first comment is all in capital letters, which Instagram rejects."
        yield Finding(field="firstComment.text", message=message)


TEXT_MAX, *_ = TextLimit(
    "instagram.text.max_graphemes", limit=2200, measure=UTF16, texts=post_text, source=MEDIA
).rules("Instagram")
_comment_count = partial(CountLimit, subject="first comment", fix="Keep", source=COMMENTS)

RULES = rules_of(
    "Instagram",
    (
        TEXT_MAX,
        CountLimit(
            "instagram.hashtags.count_max",
            things="hashtags",
            counts=_in_text(count_hashtags),
            limit=30,
            fix="Keep",
            source=MEDIA,
        ),
        CountLimit(
            "instagram.mentions.count_max",
            things="mentions",
            counts=_in_text(count_mentions),
            limit=20,
            fix="Keep",
            source=MEDIA,
        ),
        SinglePart("instagram.thread.supported", source=PUBLISHING),
        Rule(
            id="instagram.first_comment.story_supported",
            summary="A story has no comments.",
            remediation="Remove `firstComment`, or set `onUnsupported` to `omit`.",
            source=COMMENTS,
            find=_comment_on_story,
            capability=True,
        ),
        comment_granted(
            "instagram.first_comment.permission",
            permission="`instagram_business_manage_comments`, or with Facebook Login `instagram_manage_comments`",
            missing="the permission for comments",
            source=COMMENTS,
        ),
        CommentNotBlank("instagram.first_comment.non_empty", source=COMMENTS),
        TextLimit(
            "instagram.first_comment.max_graphemes",
            limit=300,
            measure=UTF16,
            texts=first_comment,
            noun="first comment",
            source=COMMENTS,
        ),
        _comment_count(
            "instagram.first_comment.hashtags_count_max",
            things="hashtags",
            counts=_in_comment(count_hashtags),
            limit=4,
        ),
        _comment_count(
            "instagram.first_comment.links_count_max", things="links", counts=_in_comment(count_links), limit=1
        ),
        Rule(
            id="instagram.first_comment.capitals",
            summary="A first comment is not all in capital letters.",
            remediation="Write the first comment with small letters.",
            source=COMMENTS,
            find=_shouted_comment,
        ),
        *MEDIA_LIMITS,
        *VIDEO_LIMITS,
        *OPTION_LIMITS,
    ),
)
