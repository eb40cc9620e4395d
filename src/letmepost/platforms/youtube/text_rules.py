"""YouTube's limits on texts: the title, the description, the tags, the captions and the first comment."""

import re
from collections.abc import Iterator

from letmepost.domain.lengths import CHARACTERS, UTF8_BYTES
from letmepost.domain.limits import (
    CommentNotBlank,
    CountLimit,
    NamedText,
    NotBlank,
    TextLimit,
    Texts,
    first_comment,
    option_text,
    post_text,
)
from letmepost.domain.rules import Finding, PostTarget, Rule
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.sources import CAPTIONS, COMMENTS, VIDEOS

_CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f"
_FORBIDDEN = re.compile(rf"[<>{_CONTROL}]")
_FORBIDDEN_IN_TITLE = re.compile(rf"[<>\t\r\n{_CONTROL}]")
_SEPARATORS = re.compile(r'[,"\t\r\n]')

_title = option_text("title", "The title", lambda options: options.title)


def _tags(target: PostTarget[YouTubeOptions]) -> Iterator[NamedText]:
    for index, tag in enumerate(target.options.tags):
        yield NamedText(f"options.tags[{index}]", f"Tag {index + 1}", tag)


def _track_names(target: PostTarget[YouTubeOptions]) -> Iterator[NamedText]:
    for index, track in enumerate(target.options.captions):
        yield NamedText(f"options.captions[{index}].name", f"The name of captions[{index}]", track.name)


def tags_length(tags: tuple[str, ...]) -> int:
    """Return the length of tags as YouTube counts it: with commas between, and quotes around tags with a space."""
    return sum(len(tag) + 2 * (" " in tag) for tag in tags) + max(0, len(tags) - 1)


def _tags_lengths(target: PostTarget[YouTubeOptions]) -> Iterator[tuple[str, int]]:
    if target.options.tags:
        yield "options.tags", tags_length(target.options.tags)


def _forbidden(
    rule_id: str,
    noun: str,
    texts: Texts,
    pattern: re.Pattern[str],
    characters: str,
    why: str = "which YouTube rejects",
) -> Rule:
    """Return the rule that texts contain no character of a pattern. It names the first one, and its position."""

    def find(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
        for named in texts(target):
            found = pattern.search(named.text)
            if found is not None:
                shown = f"`{found[0]}`" if found[0].isprintable() else f"U+{ord(found[0]):04X}"
                message = f"{named.name} contains {shown} as character {found.start() + 1}, {why}."
                yield Finding(field=named.path, actual=found[0], message=message)

    return Rule(
        id=rule_id,
        summary=f"A {noun} contains no {characters}.",
        remediation="Remove the character, or replace it.",
        source=VIDEOS,
        find=find,
    )


def _no_title(target: PostTarget[YouTubeOptions]) -> Iterator[Finding]:
    if target.options.title is None:
        yield Finding(field="options.title", message="The post has no title. Every video has one.")


TEXT_LIMITS = (
    Rule(
        id="youtube.title.required",
        summary="A video has a title. It is not derived from the text, which is the description.",
        remediation="Send the title as `options.title`.",
        source=VIDEOS,
        find=_no_title,
    ),
    TextLimit(
        "youtube.title.max_characters",
        texts=_title,
        noun="title",
        limit=100,
        measure=CHARACTERS,
        is_required=True,
        source=VIDEOS,
    ),
    _forbidden(
        "youtube.title.characters", "title", _title, _FORBIDDEN_IN_TITLE, "`<`, `>`, line breaks or control characters"
    ),
    TextLimit("youtube.text.max_bytes", texts=post_text, limit=5000, measure=UTF8_BYTES, source=VIDEOS),
    _forbidden("youtube.text.characters", "description", post_text, _FORBIDDEN, "`<`, `>` or control characters"),
    CountLimit(
        "youtube.tags.max_characters",
        subject="list of tags",
        things="characters, with commas between tags and quotes around tags that contain a space",
        unit="characters",
        fix="Shorten the tags to",
        counts=_tags_lengths,
        limit=500,
        source=VIDEOS,
    ),
    _forbidden("youtube.tags.characters", "tag", _tags, _FORBIDDEN, "`<`, `>` or control characters"),
    _forbidden(
        "youtube.tags.separators",
        "tag",
        _tags,
        _SEPARATORS,
        "commas, quotes or line breaks",
        "at which YouTube splits tags",
    ),
    NotBlank("youtube.tags.non_empty", texts=_tags, noun="tag", instead="or remove it", source=VIDEOS),
    TextLimit(
        "youtube.captions.name_max_characters",
        texts=_track_names,
        noun="name of captions",
        limit=150,
        measure=CHARACTERS,
        source=CAPTIONS,
    ),
    TextLimit(
        "youtube.first_comment.max_characters",
        texts=first_comment,
        noun="first comment",
        limit=10_000,
        measure=CHARACTERS,
        source=COMMENTS,
    ),
    CommentNotBlank("youtube.first_comment.non_empty", source=COMMENTS),
)
