"""The posts that a post becomes, before they are sent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from letmepost.domain.content import MediaItem, PostContent, ThreadPart
from letmepost.platforms.twitter.options import TwitterOptions

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upload:
    """A medium that has to be at X before the post that shows it. `number` counts through the thread, from 1."""

    number: int
    item: MediaItem

    @property
    def step(self) -> str:
        """The name of the call that makes the medium; those that complete it begin with it."""
        return f"media-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One post before it is created; `extra` is what the options add to its body."""

    index: int
    step: str
    text: str
    uploads: tuple[Upload, ...] = ()
    extra: Json = field(default_factory=dict)

    def body(self, media_ids: Mapping[int, str], parent: str | None) -> Json:
        """As the API takes it. `media_ids`: upload number → X's id. The text is always sent, be it empty."""
        body: dict[str, Any] = {"text": self.text, **self.extra}
        if self.uploads:
            body["media"] = {"media_ids": [media_ids[upload.number] for upload in self.uploads]}
        if parent is not None:
            body["reply"] = {"in_reply_to_tweet_id": parent}
        return body


def draft_thread(content: PostContent, options: TwitterOptions) -> list[Draft]:
    """The post and its continuations, in order."""
    numbered = _numbered([content, *content.thread])
    label = {"made_with_ai": True} if options.made_with_ai else {}
    extra = {**label, **_of_the_first(options)}
    first = Draft(index=0, step="post", text=content.text, uploads=next(numbered), extra=extra)
    rest = [
        Draft(index=index, step=f"thread-{index}", text=part.text, uploads=uploads, extra=label)
        for index, (part, uploads) in enumerate(zip(content.thread, numbered, strict=True), start=1)
    ]
    return [first, *rest]


def draft_comment(content: PostContent) -> Draft | None:
    """The first comment."""
    if content.first_comment is None:
        return None
    return Draft(index=len(content.thread) + 1, step="comment", text=content.first_comment)


def _of_the_first(options: TwitterOptions) -> Json:
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
