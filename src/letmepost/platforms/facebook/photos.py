"""Photos that no one sees yet: staged for a post or a story, and deleted if it is rejected.

https://developers.facebook.com/docs/graph-api/reference/page/photos (checked 2026-11-28). The photo is fetched during
the call. Its id makes a post recognizable: one photo is part of one post.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Effect, Flow, Reply
from letmepost.domain.ids import Prefix, format_id
from letmepost.platforms._kit.drafts import Draft, Upload
from letmepost.platforms._kit.fields import text_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms._meta.calls import create, delete, read
from letmepost.platforms._meta.graph import read_id
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.facebook.replies import PHOTO_STEP, explain
from letmepost.platforms.facebook.settings import FacebookSettings

_FETCHED_WITHIN_S = 60.0
_VALID_FOR_S = 23 * 3600.0
"""An unpublished photo is deleted after about a day (not documented)."""


def stage(post: ReadyPost, draft: Draft, settings: FacebookSettings) -> Flow[list[str]]:
    """Return the ids of the draft's photos, which are not visible.

    Raises:
        PlatformFailure: Facebook does not accept one of them. The others are deleted if it never will.
    """
    staged: list[str] = []
    for upload in draft.uploads(PHOTO_STEP):
        try:
            staged.append((yield from _stage(post, upload, settings)))
        except PlatformFailure as failure:
            yield from discard(staged, failure, settings)
            raise
    return staged


def discard(photo_ids: Sequence[str], failure: PlatformFailure, settings: FacebookSettings) -> Flow[None]:
    """Delete staged photos if the failure is final and the post was not published. A deletion may fail."""
    for photo_id in photo_ids if failure.kind is FailureKind.REJECTED else ():
        with suppress(PlatformFailure):
            yield delete(settings, photo_id)


def read_story_id(photo_id: str, settings: FacebookSettings) -> Flow[tuple[str | None, Reply]]:
    """Return the id of the post that shows a photo, or None while it is unpublished, and the reply that states it.

    Raises:
        PlatformFailure: Facebook did not return the photo.
    """
    call = read(settings, photo_id, fields="page_story_id,created_time")
    reply = yield from fetch(call, lambda reply: reply if read_id(reply) == photo_id else None, explain)
    return text_in(reply.data(), "page_story_id"), reply


def _stage(post: ReadyPost, upload: Upload, settings: FacebookSettings) -> Flow[str]:
    item = upload.item
    form = {
        "url": post.media_urls[format_id(Prefix.MEDIA, item.media_id)],
        "published": "false",
        **({"alt_text_custom": item.alt_text} if item.alt_text else {}),
    }
    path = f"{post.account.platform_account_id}/photos"
    call = create(settings, path, form, effect=Effect.PREPARE, step=upload.step)
    return (yield from fetch(replace(call, timeout_s=_FETCHED_WITHIN_S, valid_for_s=_VALID_FOR_S), read_id, explain))
