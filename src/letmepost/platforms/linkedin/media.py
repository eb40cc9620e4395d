"""Uploads a post's media before the post.

https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api and …/documents-api (checked
2026-11-22). Whether an image or a document is ready can be read only for pages, so it is not read: a post that is sent
too early is refused, and sent again.
"""

from collections.abc import Iterable

from letmepost.domain.content import MediaKind
from letmepost.domain.flow import Call, Flow, Forget, Reply
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.fields import object_in, text_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms.linkedin.contents import Assets
from letmepost.platforms.linkedin.refusals import UPLOAD_HOST
from letmepost.platforms.linkedin.replies import explain, has_expired_url
from letmepost.platforms.linkedin.rest import begin_upload, is_upload_url, send_bytes
from letmepost.platforms.linkedin.settings import LinkedInSettings
from letmepost.platforms.linkedin.videos import send_video

_NOUNS = {MediaKind.IMAGE: "image", MediaKind.DOCUMENT: "document"}


def upload_media(owner: str, items: Iterable[Upload], captions: str | None, settings: LinkedInSettings) -> Flow[Assets]:
    """Upload every media item. It belongs to `owner`, which must be the post's author.

    Args:
        captions: those of the video, if there is one.

    Raises:
        PlatformFailure: LinkedIn refused a media item.
    """
    assets = {}
    for upload in items:
        if upload.item.kind is MediaKind.VIDEO:
            assets[upload.step] = yield from send_video(owner, upload, captions, settings)
        else:
            assets[upload.step] = yield from _send_whole(owner, upload, settings)
    return assets


def _send_whole(owner: str, upload: Upload, settings: LinkedInSettings) -> Flow[str]:
    """Upload a media item in one piece, and return its URN."""
    urn, call, reply = yield from _send(owner, upload, settings)
    if has_expired_url(reply):
        yield Forget(upload.step)
        urn, call, reply = yield from _send(owner, upload, settings)
    if not reply.ok:
        raise explain(call, reply)
    return urn


def _send(owner: str, upload: Upload, settings: LinkedInSettings) -> Flow[tuple[str, Call, Reply]]:
    url, urn = yield from _begin(owner, upload, settings)
    call = send_bytes(url, upload.item, step=f"{upload.step}-bytes")
    reply = yield call
    return urn, call, reply


def _begin(owner: str, upload: Upload, settings: LinkedInSettings) -> Flow[tuple[str, str]]:
    noun = _NOUNS[upload.item.kind]
    call = begin_upload(settings, f"{noun}s", owner, step=upload.step)
    url, urn = yield from fetch(call, lambda reply: _upload_url(reply, noun), explain)
    if not is_upload_url(url, settings):
        raise UPLOAD_HOST()
    return url, urn


def _upload_url(reply: Reply, noun: str) -> tuple[str, str] | None:
    """Return the URL that receives the bytes, and the URN of the media item."""
    value = object_in(reply.data(), "value")
    url, urn = text_in(value, "uploadUrl"), text_in(value, noun)
    return None if url is None or urn is None else (url, urn)
