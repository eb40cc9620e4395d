"""Prepares a post before its first record: resolves mentions, uploads media, and finds the post to reply to."""

from collections.abc import Iterable, Mapping

from letmepost.domain.content import MediaFacts
from letmepost.domain.flow import Flow, Warn
from letmepost.platforms._kit.calls import facts_of
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.fields import object_in
from letmepost.platforms._kit.flows import fetch, find
from letmepost.platforms.bluesky.identity import resolve_handle
from letmepost.platforms.bluesky.media_rules import is_video
from letmepost.platforms.bluesky.options import BlueskyPostReference
from letmepost.platforms.bluesky.records import Blobs, Parents, Place, read_place
from letmepost.platforms.bluesky.refusals import (
    GIF_STATIC,
    MENTION_UNRESOLVED,
    REPLY_TO_NOT_FOUND,
    VIDEO_IRREGULAR,
    VIDEO_UNCONFIRMED,
)
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.richtext import mentioned_handles
from letmepost.platforms.bluesky.settings import BlueskySettings
from letmepost.platforms.bluesky.video import upload_video
from letmepost.platforms.bluesky.xrpc import get_record, is_missing, upload_blob
from letmepost.platforms.contract import ReadyPost


def warn_about_animations(uploads: Iterable[Upload]) -> Flow[None]:
    """Warn that an animated image (GIF, WebP or APNG) becomes a still image."""
    if any(upload.item.facts is not None and _is_animated(upload.item.facts) for upload in uploads):
        yield Warn(GIF_STATIC.id, GIF_STATIC.describe())


def _is_animated(facts: MediaFacts) -> bool:
    """Return True if an image has several frames. A GIF without a frame count may have several."""
    return facts.content_type == "image/gif" if facts.frame_count is None else facts.frame_count > 1


def resolve_mentions(post: ReadyPost) -> Flow[Mapping[str, str]]:
    """Return the DID of every mentioned handle. Each handle is resolved once.

    The account's own server resolves them: nothing can be published without it, so no other server has to be available.
    """
    handles = [handle for _, text in post.content.texts() for handle in mentioned_handles(text)]
    dids = {}
    for handle in dict.fromkeys(handles):
        did = yield from resolve_handle(post.account.data["pds"], handle)
        if did is None:
            yield Warn(MENTION_UNRESOLVED.id, MENTION_UNRESOLVED.describe(handle=handle))
        else:
            dids[handle] = did
    return dids


def warn_about_unconfirmed(uploads: Iterable[Upload], settings: BlueskySettings) -> Flow[None]:
    """Warn that no one reports whether a video can be played that only the account's own server has received."""
    videos = [facts_of(upload.item) for upload in uploads if is_video(upload.item)]
    if settings.video_upload == "server" and videos:
        yield Warn(VIDEO_UNCONFIRMED.id, VIDEO_UNCONFIRMED.describe())
        if any(facts.has_variable_frame_rate for facts in videos):
            yield Warn(VIDEO_IRREGULAR.id, VIDEO_IRREGULAR.describe())


def upload_media(post: ReadyPost, settings: BlueskySettings, uploads: Iterable[Upload]) -> Flow[Blobs]:
    """Upload every media item, and return the server's references to them by step."""
    blobs = {}
    for upload in uploads:
        if is_video(upload.item):
            blobs[upload.step] = yield from upload_video(post, upload, settings)
            continue
        call = upload_blob(post.account.data["pds"], upload.item, step=upload.step)
        blobs[upload.step] = yield from fetch(call, lambda reply: object_in(reply.data(), "blob") or None, explain)
    return blobs


def find_parents(post: ReadyPost, target: BlueskyPostReference) -> Flow[Parents]:
    """Return the post to reply to and the root of its thread, which only its own record contains."""
    call = get_record(post.account.data["pds"], *target.uri.removeprefix("at://").split("/"))
    value = yield from find(call, lambda reply: object_in(reply.data(), "value") or None, is_missing, explain)
    if value is None:
        raise REPLY_TO_NOT_FOUND()
    parent = Place(target.uri, target.cid)
    root = read_place(object_in(object_in(value, "reply"), "root"))
    return Parents(root or parent, parent)
