"""YouTube's limits, each with its source. The options' schema defines their form, the rules define their limits."""

from collections.abc import Callable, Iterator

from letmepost.domain.limits import SinglePart, rules_of
from letmepost.domain.rules import Finding, PostTarget, Rule, RuleSource
from letmepost.platforms.youtube.media_rules import MEDIA_LIMITS
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.scopes import GRANTED, MANAGE, MAY_UPLOAD, is_granted
from letmepost.platforms.youtube.sources import CAPTIONS, COMMENTS, INSERT, PLAYLISTS, VIDEOS
from letmepost.platforms.youtube.text_rules import TEXT_LIMITS


def _undeclared(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    if target.options.made_for_kids is None:
        message = "The post does not declare whether the video is made for children."
        yield Finding(field="options.madeForKids", message=message)


def _public_until_then(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    options = target.options
    if options.publish_at is not None and options.visibility != "private":
        message = f"The privacy is {options.privacy}. A video with `publishAt` is private until that time."
        yield Finding(field="options.privacy", actual=options.privacy, message=message)


def _past(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    publish_at = target.options.publish_at
    if publish_at is not None and publish_at <= target.now:
        message = f"{publish_at.isoformat()} is in the past: YouTube would publish the video immediately."
        yield Finding(field="options.publishAt", actual=publish_at.isoformat(), message=message)


def _unseen_comment(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    if target.content.first_comment is not None and target.options.visibility == "private":
        yield Finding(field="firstComment", message="The video is private, so viewers cannot see a first comment.")


def _comment_for_children(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    if target.content.first_comment is not None and target.options.made_for_kids:
        yield Finding(field="firstComment", message="YouTube has no comments on videos that are made for kids.")


def _granted(
    rule_id: str,
    noun: str,
    field: str,
    scopes: str,
    source: RuleSource,
    is_used: Callable[[PostTarget[YouTubeOptions]], bool],
) -> Rule:
    """Return the rule that a feature requires a permission, which a person can refuse. `field`: what needs it."""

    def find(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
        if is_used(target) and not is_granted(target.account.data.get(GRANTED, ()), scopes):
            message = f"The account's owner has not granted {scopes}."
            yield Finding(field=field, message=message)

    return Rule(
        id=rule_id,
        summary=f"{noun} requires the permission {scopes}.",
        remediation="Connect the account again and grant every permission.",
        source=source,
        find=find,
    )


RULES = rules_of(
    "YouTube",
    (
        *MEDIA_LIMITS,
        *TEXT_LIMITS,
        SinglePart("youtube.thread.supported", source=INSERT),
        Rule(
            id="youtube.made_for_kids.required",
            summary="A video is declared to be made for children, or not to be: US law (COPPA) requires it.",
            remediation="Send `options.madeForKids` with `true` or `false`.",
            source=VIDEOS,
            find=_undeclared,
        ),
        Rule(
            id="youtube.publish_at.private",
            summary="A video with `publishAt` is private until that time.",
            remediation="Remove `options.privacy`, or remove `options.publishAt`.",
            source=VIDEOS,
            find=_public_until_then,
        ),
        Rule(
            id="youtube.publish_at.future",
            summary="The time in `publishAt` is in the future: YouTube publishes a video with a past time immediately.",
            remediation="Send a later time, or remove `options.publishAt`.",
            source=VIDEOS,
            find=_past,
        ),
        Rule(
            id="youtube.first_comment.visible",
            summary="A first comment requires a video that is public or unlisted.",
            remediation="Remove `firstComment`, or publish the video as `public` or `unlisted`.",
            source=COMMENTS,
            find=_unseen_comment,
        ),
        Rule(
            id="youtube.first_comment.made_for_kids",
            summary="A video that is made for kids has no comments.",
            remediation="Remove `firstComment`.",
            source=COMMENTS,
            find=_comment_for_children,
        ),
        _granted("youtube.upload.permission", "A post", "options", MAY_UPLOAD, INSERT, lambda _target: True),
        _granted(
            "youtube.first_comment.permission",
            "A first comment",
            "firstComment",
            MANAGE,
            COMMENTS,
            lambda target: target.content.first_comment is not None,
        ),
        _granted(
            "youtube.playlist.permission",
            "A playlist",
            "options.playlistId",
            MANAGE,
            PLAYLISTS,
            lambda target: target.options.playlist_id is not None,
        ),
        _granted(
            "youtube.captions.permission",
            "A caption track",
            "options.captions",
            MANAGE,
            CAPTIONS,
            lambda target: bool(target.options.captions),
        ),
    ),
)
