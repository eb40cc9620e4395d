"""What a post needs before its first record: who is mentioned, what it replies to, and its media's bytes."""

from collections.abc import Iterable, Mapping

from letmepost.domain.content import MediaFacts
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Flow, Warn
from letmepost.platforms.bluesky.identity import resolve_handle
from letmepost.platforms.bluesky.options import PostReference
from letmepost.platforms.bluesky.records import Blobs, Draft, Parents, Place, Upload, read_place
from letmepost.platforms.bluesky.replies import explain
from letmepost.platforms.bluesky.richtext import mentioned_handles
from letmepost.platforms.bluesky.xrpc import error_name, get_record, upload_blob
from letmepost.platforms.contract import ReadyPost


def warn_of_animations(thread: Iterable[Draft]) -> Flow[None]:
    """Warn that an animated image (GIF, WebP or APNG) becomes a still one."""
    media = [upload.item.facts for draft in thread for upload in draft.uploads()]
    if any(facts is not None and _is_animated(facts) for facts in media):
        yield Warn("bluesky.media.gif_static", "Bluesky shows an animated image as a still image.")


def _is_animated(facts: MediaFacts) -> bool:
    """Return whether an image has several frames. A GIF whose frames are not counted may have."""
    return facts.content_type == "image/gif" if facts.frame_count is None else facts.frame_count > 1


def resolve_mentions(post: ReadyPost) -> Flow[Mapping[str, str]]:
    """Handle → DID of everybody mentioned, each asked about once.

    The account's own server is asked: nothing can be published without it anyway, so no other has to be up.
    """
    handles = [handle for _, text in post.content.texts() for handle in mentioned_handles(text)]
    dids = {}
    for handle in dict.fromkeys(handles):
        did = yield from resolve_handle(post.account.data["pds"], handle)
        if did is None:
            yield Warn("bluesky.mention.unresolved", f"Nobody is called @{handle}: it stays plain text.")
        else:
            dids[handle] = did
    return dids


def upload_media(post: ReadyPost, uploads: Iterable[Upload]) -> Flow[Blobs]:
    """Send the bytes of every medium; the server's names for them."""
    blobs = {}
    for upload in uploads:
        call = upload_blob(post.account.data["pds"], upload.item, step=upload.step)
        reply = yield call
        blob = reply.data().get("blob")
        if not reply.ok or not isinstance(blob, dict):
            raise explain(call, reply)
        blobs[upload.step] = blob
    return blobs


def find_parents(post: ReadyPost, target: PostReference) -> Flow[Parents]:
    """The post to reply to, and the root of its thread, which only its own record knows."""
    call = get_record(post.account.data["pds"], *target.uri.removeprefix("at://").split("/"))
    reply = yield call
    if error_name(reply) == "RecordNotFound":
        raise PlatformFailure(
            FailureKind.REJECTED,
            "The post to reply to does not exist.",
            rule="bluesky.reply_to.not_found",
            remediation="Check `replyTo.uri`: the post may have been deleted.",
        )
    value = reply.data().get("value")
    if not reply.ok or not isinstance(value, dict):
        raise explain(call, reply)
    parent = Place(target.uri, target.cid)
    reference = value.get("reply")
    root = read_place(reference.get("root")) if isinstance(reference, dict) else None
    return Parents(root or parent, parent)
