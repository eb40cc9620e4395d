"""Converts a post to records.

Lexicons: https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky (read 2026-11-21).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from letmepost.domain.content import MediaItem, PostContent, ThreadPart
from letmepost.platforms.bluesky.options import BlueskyLinkCard, BlueskyOptions, BlueskyThreadgate
from letmepost.platforms.bluesky.richtext import rich_text
from letmepost.platforms.bluesky.xrpc import POST, THREADGATE

Json: TypeAlias = Mapping[str, Any]
Blobs: TypeAlias = Mapping[str, Json]
"""The blob of each upload step exactly as the server returned it. Any other form is rejected."""

_AUDIENCES = {"followers": "followerRule", "following": "followingRule", "mentioned": "mentionRule"}


@dataclass(frozen=True, slots=True)
class Place:
    """The URI and version of an existing record."""

    uri: str
    cid: str

    def reference(self) -> Json:
        """Return the reference to the record in other records."""
        return {"uri": self.uri, "cid": self.cid}


def read_place(value: object) -> Place | None:
    """Return the place that a reply or another record contains, or None without one."""
    if not isinstance(value, dict):
        return None
    uri, cid = value.get("uri"), value.get("cid")
    return Place(uri, cid) if isinstance(uri, str) and isinstance(cid, str) and uri and cid else None


@dataclass(frozen=True, slots=True)
class Parents:
    """The post to reply to, and the first post of that conversation."""

    root: Place
    parent: Place


@dataclass(frozen=True, slots=True)
class Upload:
    """A media item that must be uploaded before the record that shows it."""

    step: str
    item: MediaItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One post before it is put. `index` is its place in the series; its key and its date follow from it."""

    index: int
    step: str
    text: str
    images: tuple[Upload, ...] = ()
    thumbnail: Upload | None = None
    link_card: BlueskyLinkCard | None = None
    quote: Json | None = None

    def uploads(self) -> tuple[Upload, ...]:
        """Return every upload of the post."""
        return self.images if self.thumbnail is None else (*self.images, self.thumbnail)


def draft_thread(content: PostContent, options: BlueskyOptions) -> list[Draft]:
    """Return the drafts of the post and its continuations, in order."""
    numbered = _numbered([content, *content.thread])
    thumbnail = content.option_media.get("linkCard.thumbnail")
    first = Draft(
        index=0,
        step="post",
        text=content.text,
        images=next(numbered),
        thumbnail=None if thumbnail is None else Upload("thumb", thumbnail),
        link_card=options.link_card,
        quote=None if options.quote is None else options.quote.model_dump(),
    )
    rest = [
        Draft(index=index, step=f"thread-{index}", text=part.text, images=images)
        for index, (part, images) in enumerate(zip(content.thread, numbered, strict=True), start=1)
    ]
    return [first, *rest]


def draft_comment(content: PostContent) -> Draft | None:
    """Return the draft of the first comment, which follows the thread in the series."""
    if content.first_comment is None:
        return None
    return Draft(index=len(content.thread) + 1, step="comment", text=content.first_comment)


def _numbered(posts: Sequence[PostContent | ThreadPart]) -> Iterator[tuple[Upload, ...]]:
    count = 0
    for post in posts:
        yield tuple(Upload(f"blob-{count + place}", item) for place, item in enumerate(post.media, start=1))
        count += len(post.media)


def post_record(
    draft: Draft,
    *,
    created_at: str,
    options: BlueskyOptions,
    dids: Mapping[str, str],
    blobs: Blobs,
    parents: Parents | None,
) -> Json:
    """Return an `app.bsky.feed.post`."""
    rich = rich_text(draft.text, dids, shorten_links=options.shorten_links)
    record: dict[str, Any] = {"$type": POST, "text": rich.text, "createdAt": created_at}
    if options.langs:
        record["langs"] = list(options.langs)
    if rich.facets:
        record["facets"] = rich.facets
    if (embed := _embed(draft, blobs)) is not None:
        record["embed"] = embed
    if parents is not None:
        record["reply"] = {"root": parents.root.reference(), "parent": parents.parent.reference()}
    if options.labels:
        values = [{"val": label} for label in options.labels]
        record["labels"] = {"$type": "com.atproto.label.defs#selfLabels", "values": values}
    return record


def threadgate_record(threadgate: BlueskyThreadgate, *, post_uri: str, created_at: str) -> Json:
    """Return an `app.bsky.feed.threadgate`, put under the key of its post. Without any rule, no one can reply."""
    allow = [] if threadgate.allow == ("nobody",) else [_audience(word) for word in threadgate.allow]
    return {"$type": THREADGATE, "post": post_uri, "allow": allow, "createdAt": created_at}


def _audience(word: str) -> Json:
    if word in _AUDIENCES:
        return {"$type": f"{THREADGATE}#{_AUDIENCES[word]}"}
    return {"$type": f"{THREADGATE}#listRule", "list": word}


def _embed(draft: Draft, blobs: Blobs) -> Json | None:
    media = _images(draft.images, blobs) if draft.images else _external(draft, blobs)
    if draft.quote is None:
        return media
    quote = {"$type": "app.bsky.embed.record", "record": draft.quote}
    if media is None:
        return quote
    return {"$type": "app.bsky.embed.recordWithMedia", "record": quote, "media": media}


def _images(uploads: Sequence[Upload], blobs: Blobs) -> Json:
    images = [_image(upload.item, blobs[upload.step]) for upload in uploads]
    return {"$type": "app.bsky.embed.images", "images": images}


def _image(item: MediaItem, blob: Json) -> Json:
    image: dict[str, Any] = {"image": blob, "alt": item.alt_text or ""}
    if item.facts is not None and item.facts.width_px and item.facts.height_px:
        image["aspectRatio"] = {"width": item.facts.width_px, "height": item.facts.height_px}
    return image


def _external(draft: Draft, blobs: Blobs) -> Json | None:
    card = draft.link_card
    if card is None:
        return None
    external: dict[str, Any] = {"uri": card.url, "title": card.title, "description": card.description}
    if draft.thumbnail is not None:
        external["thumb"] = blobs[draft.thumbnail.step]
    return {"$type": "app.bsky.embed.external", "external": external}
