"""Converts a post to records.

Lexicons: https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky (read 2026-11-21).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from letmepost.domain.content import MediaItem, PostContent
from letmepost.platforms._kit.drafts import Draft, Upload
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms.bluesky.media_rules import is_video
from letmepost.platforms.bluesky.options import BlueskyLinkCard, BlueskyOptions, BlueskyThreadgate
from letmepost.platforms.bluesky.richtext import rich_text
from letmepost.platforms.bluesky.xrpc import POST, THREADGATE

Json: TypeAlias = Mapping[str, Any]
Blobs: TypeAlias = Mapping[str, Json]
"""The blob of each upload step exactly as the server returned it. Any other form is rejected."""

_BLOB_NAME = "blob"
_THUMBNAIL_STEP = "thumb"
_AUDIENCES = {"followers": "followerRule", "following": "followingRule", "mentioned": "mentionRule"}


@dataclass(frozen=True, slots=True)
class Place:
    """The URI and version of an existing record."""

    uri: str
    cid: str

    def reference(self) -> Json:
        """Return the reference to the record in other records."""
        return {"uri": self.uri, "cid": self.cid}


def read_place(value: Json) -> Place | None:
    """Return the place that a reply or another record contains, or None without one."""
    uri, cid = text_in(value, "uri"), text_in(value, "cid")
    return None if uri is None or cid is None else Place(uri, cid)


@dataclass(frozen=True, slots=True)
class Parents:
    """The post to reply to, and the first post of that conversation."""

    root: Place
    parent: Place


def uploads_of(draft: Draft, content: PostContent) -> tuple[Upload, ...]:
    """Return every upload of a post."""
    uploads = draft.uploads(_BLOB_NAME)
    thumbnail = content.option_media.get("linkCard.thumbnail") if draft.is_first else None
    return uploads if thumbnail is None else (*uploads, Upload(_THUMBNAIL_STEP, thumbnail))


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
    if (embed := _embed(draft, options, blobs)) is not None:
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


def _embed(draft: Draft, options: BlueskyOptions, blobs: Blobs) -> Json | None:
    """Return what a post shows. Link card and quote belong to the first post."""
    if draft.media:
        media: Json | None = _video(draft, blobs) if is_video(draft.media[0]) else _images(draft, blobs)
    else:
        media = _external(options.link_card, blobs) if draft.is_first else None
    if options.quote is None or not draft.is_first:
        return media
    quote = {"$type": "app.bsky.embed.record", "record": options.quote.model_dump()}
    if media is None:
        return quote
    return {"$type": "app.bsky.embed.recordWithMedia", "record": quote, "media": media}


def _images(draft: Draft, blobs: Blobs) -> Json:
    images = [_image(upload.item, blobs[upload.step]) for upload in draft.uploads(_BLOB_NAME)]
    return {"$type": "app.bsky.embed.images", "images": images}


def _image(item: MediaItem, blob: Json) -> Json:
    return {"image": blob, "alt": item.alt_text or "", **_aspect_ratio(item)}


def _video(draft: Draft, blobs: Blobs) -> Json:
    [upload] = draft.uploads(_BLOB_NAME)
    alt = {"alt": upload.item.alt_text} if upload.item.alt_text else {}
    return {"$type": "app.bsky.embed.video", "video": blobs[upload.step], **alt, **_aspect_ratio(upload.item)}


def _aspect_ratio(item: MediaItem) -> Json:
    if item.facts is None or not item.facts.width_px or not item.facts.height_px:
        return {}
    return {"aspectRatio": {"width": item.facts.width_px, "height": item.facts.height_px}}


def _external(card: BlueskyLinkCard | None, blobs: Blobs) -> Json | None:
    if card is None:
        return None
    external: dict[str, Any] = {"uri": card.url, "title": card.title, "description": card.description}
    if _THUMBNAIL_STEP in blobs:
        external["thumb"] = blobs[_THUMBNAIL_STEP]
    return {"$type": "app.bsky.embed.external", "external": external}
