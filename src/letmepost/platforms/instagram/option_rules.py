"""Instagram's limits on its options, and on what they can be combined with."""

from collections.abc import Iterator

from letmepost.domain.limits import POLL, AnswerCount, AnswerNotBlank, CountLimit, Exclusive, option, option_count
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.domain.text import is_blank
from letmepost.platforms.instagram.options import InstagramOptions
from letmepost.platforms.instagram.sources import ADD_ONS, MEDIA, PUBLISHING
from letmepost.platforms.instagram.video_rules import is_in_video

PAGE_LOGIN = "facebook_login"

_COMMENT_PROMPT = option("a comment prompt", "commentPrompt", lambda options: options.comment_prompt or None)


def _story_media(target: PostTarget[InstagramOptions]) -> Iterator[tuple[str, int]]:
    if target.options.kind == "story":
        yield "media", len(target.content.media)


def _story_text(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    if target.options.kind == "story" and not is_blank(target.content.text):
        message = "The post has a text, and a story on Instagram has none."
        yield Finding(field="text", actual=len(target.content.text), message=message)


def _story_options(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    options = target.options
    if options.kind != "story":
        return
    given = {
        "collaborators": options.collaborators,
        "locationId": options.location_id,
        "poll": options.poll,
        "commentPrompt": options.comment_prompt,
    }
    for name, value in given.items():
        if value:
            yield Finding(field=f"options.{name}", message=f"A story on Instagram cannot have `{name}`.")


def _tags_without_position(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    for index, tag in enumerate(target.options.user_tags):
        given = (tag.x is not None) + (tag.y is not None)
        if given == 1 or (given == 0 and target.options.kind != "story" and not is_in_video(target.content, tag)):
            message = f"The tag of {tag.username} has no complete position."
            yield Finding(field=f"options.userTags[{index}]", message=message)


def _tags_of_no_media(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    count = len(target.content.media)
    for index, tag in enumerate(target.options.user_tags):
        if tag.media_index >= count:
            message = f"`mediaIndex` is {tag.media_index}, and the post has {count} media items."
            yield Finding(field=f"options.userTags[{index}].mediaIndex", actual=tag.media_index, message=message)


def _add_ons(target: PostTarget[InstagramOptions]) -> Iterator[str]:
    yield from ("poll",) if target.options.poll is not None else ()
    yield from ("commentPrompt",) if target.options.comment_prompt else ()


def _add_on_without_text(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    if is_blank(target.content.text):
        for name in _add_ons(target):
            yield Finding(field=f"options.{name}", message=f"`{name}` is set, and the post has no text.")


def _add_on_without_page(target: PostTarget[InstagramOptions]) -> Iterator[Finding]:
    if target.account.data.get("login", PAGE_LOGIN) != PAGE_LOGIN:
        for name in _add_ons(target):
            message = f"The account is connected with Instagram Login, which has no `{name}`."
            yield Finding(field=f"options.{name}", message=message)


TAG_POSITION = Rule(
    id="instagram.user_tags.position_required",
    summary="A tag has a position in the image: `x` and `y`. In a story, it may have none. In a video, it has none.",
    remediation="Send both `x` and `y`, each from 0 to 1.",
    source=MEDIA,
    find=_tags_without_position,
)
OPTION_LIMITS = (
    CountLimit(
        "instagram.story.media_count_max",
        things="media items",
        subject="story",
        counts=_story_media,
        limit=1,
        fix="Attach",
        source=PUBLISHING,
    ),
    Rule(
        id="instagram.story.text_supported",
        summary="A story has no text.",
        remediation="Send an empty `text` for this target, and write the text into the image or the video.",
        source=MEDIA,
        find=_story_text,
    ),
    Rule(
        id="instagram.story.options_supported",
        summary="A story has no collaborators, location, poll or comment prompt.",
        remediation="Omit the option, or publish to the feed.",
        source=MEDIA,
        find=_story_options,
    ),
    CountLimit(
        "instagram.collaborators.count_max",
        things="collaborators",
        counts=option_count("collaborators", lambda options: len(options.collaborators)),
        limit=3,
        fix="Invite",
        source=MEDIA,
    ),
    TAG_POSITION,
    Rule(
        id="instagram.user_tags.media_index",
        summary="A tag is in one of the post's media items.",
        remediation="Send the index of one of the post's media items, counted from 0.",
        source=MEDIA,
        find=_tags_of_no_media,
    ),
    AnswerCount("instagram.poll.options_count_max", limit=4, source=ADD_ONS),
    AnswerNotBlank("instagram.poll.option_non_empty", source=ADD_ONS),
    Exclusive("instagram.poll.comment_prompt_exclusive", (POLL, _COMMENT_PROMPT), source=ADD_ONS),
    Rule(
        id="instagram.caption_add_on.text_required",
        summary="A poll or a comment prompt needs a text, which asks the question.",
        remediation="Write the question as the text of the post.",
        source=ADD_ONS,
        find=_add_on_without_text,
    ),
    Rule(
        id="instagram.caption_add_on.login",
        summary="Polls and comment prompts need an account that was connected with Facebook Login.",
        remediation="Omit the option, or connect the account again with Facebook Login.",
        source=ADD_ONS,
        find=_add_on_without_page,
    ),
)
