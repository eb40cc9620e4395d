"""Prepares a post before its first record: resolves mentions, uploads media, and finds the post to reply to."""

from collections.abc import Iterable, Mapping

from letmepost.domain.content import MediaFacts
from letmepost.domain.flow import Flow, Warn
from letmepost.platforms.bluesky.identity import resolve_handle
from letmepost.platforms.bluesky.options import BlueskyPostReference
from letmepost.platforms.bluesky.records import Blobs, Draft, Parents, Place, Upload, read_place
from letmepost.platforms.bluesky.refusals import GIF_STATIC, MENTION_UNRESOLVED, REPLY_TO_NOT_FOUND
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.richtext import mentioned_handles
from letmepost.platforms.bluesky.xrpc import error_name, get_record, upload_blob
from letmepost.platforms.contract import ReadyPost


def warn_about_animations(thread: Iterable[Draft]) -> Flow[None]:
    """Warn that an animated image (GIF, WebP or APNG) becomes a still image."""
    media = [upload.item.facts for draft in thread for upload in draft.uploads()]
    if any(facts is not None and _is_animated(facts) for facts in media):
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


def upload_media(post: ReadyPost, uploads: Iterable[Upload]) -> Flow[Blobs]:
    """Upload every media item, and return the server's references to them by step."""
    blobs = {}
    for upload in uploads:
        call = upload_blob(post.account.data["pds"], upload.item, step=upload.step)
        reply = yield call
        blob = reply.data().get("blob")
        if not reply.ok or not isinstance(blob, dict):
            raise explain(call, reply)
        blobs[upload.step] = blob
    return blobs


def find_parents(post: ReadyPost, target: BlueskyPostReference) -> Flow[Parents]:
    """Return the post to reply to and the root of its thread, which only its own record contains."""
    call = get_record(post.account.data["pds"], *target.uri.removeprefix("at://").split("/"))
    reply = yield call
    if error_name(reply) == "RecordNotFound":
        raise REPLY_TO_NOT_FOUND()
    value = reply.data().get("value")
    if not reply.ok or not isinstance(value, dict):
        raise explain(call, reply)
    parent = Place(target.uri, target.cid)
    reference = value.get("reply")
    root = read_place(reference.get("root")) if isinstance(reference, dict) else None
    return Parents(root or parent, parent)
