"""Converts a post to the posts that are sent to X."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from letmepost.domain.content import MediaItem, PostContent, ThreadPart
from letmepost.platforms.twitter.options import TwitterOptions

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A media item that must be uploaded before the post that shows it. `number` counts through the thread, from 1."""

    number: int
    item: MediaItem

    @property
    def step(self) -> str:
        """Return the name of the step that creates the media item. The later steps of an upload start with it."""
        return f"media-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One post before it is created. `extra` contains the fields that the options add to its body."""

    index: int
    step: str
    text: str
    uploads: tuple[Upload, ...] = ()
    extra: Json = field(default_factory=dict)

    def body(self, media_ids: Mapping[int, str], parent: str | None) -> Json:
        """Return the body of the create call. The text is always sent, even if it is empty.

        Args:
            media_ids: X's id of each upload, by its number.
            parent: the id of the post to reply to.
        """
        body: dict[str, Any] = {"text": self.text, **self.extra}
        if self.uploads:
            body["media"] = {"media_ids": [media_ids[upload.number] for upload in self.uploads]}
        if parent is not None:
            body["reply"] = {"in_reply_to_tweet_id": parent}
        return body


def draft_thread(content: PostContent, options: TwitterOptions) -> list[Draft]:
    """Return the drafts of the post and its continuations, in order."""
    numbered = _numbered([content, *content.thread])
    label = {"made_with_ai": True} if options.made_with_ai else {}
    extra = {**label, **_first_post_fields(options)}
    first = Draft(index=0, step="post", text=content.text, uploads=next(numbered), extra=extra)
    rest = [
        Draft(index=index, step=f"thread-{index}", text=part.text, uploads=uploads, extra=label)
        for index, (part, uploads) in enumerate(zip(content.thread, numbered, strict=True), start=1)
    ]
    return [first, *rest]


def draft_comment(content: PostContent) -> Draft | None:
    """Return the draft of the first comment, if there is one."""
    if content.first_comment is None:
        return None
    return Draft(index=len(content.thread) + 1, step="comment", text=content.first_comment)


def _first_post_fields(options: TwitterOptions) -> Json:
    extra: dict[str, Any] = {}
    if options.quote_tweet_id is not None:
        extra["quote_tweet_id"] = options.quote_tweet_id
    if options.reply_settings != "everyone":
        extra["reply_settings"] = options.reply_settings
    if options.poll is not None:
        extra["poll"] = {"options": list(options.poll.options), "duration_minutes": options.poll.duration_minutes}
    return extra


def _numbered(posts: Sequence[PostContent | ThreadPart]) -> Iterator[tuple[Upload, ...]]:
    count = 0
    for post in posts:
        yield tuple(Upload(count + place, item) for place, item in enumerate(post.media, start=1))
        count += len(post.media)
