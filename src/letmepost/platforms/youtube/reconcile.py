"""Finds out what became of a call without a reply.

YouTube has no idempotency keys. The session of an upload can be asked if it is complete. After the session has ended,
the video is searched in the list of the channel's uploads, which shows it after a few minutes at the latest.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

from letmepost.domain.accounts import AccountFacts
from letmepost.domain.flow import Absent, Call, Flow, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.journal import may_ask_at
from letmepost.domain.retry import Next
from letmepost.domain.text import as_compared
from letmepost.platforms._kit.drafts import COMMENT_STEP, POST_STEP
from letmepost.platforms._kit.fields import moment_in, object_in, text_in
from letmepost.platforms._kit.flows import fetch
from letmepost.platforms._kit.reconciliation import found_as, reconcile_by
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.youtube.api import (
    PAGE_SIZE,
    captions_in,
    items_in,
    list_captions,
    list_comments,
    list_playlist,
    read_id,
    read_video,
)
from letmepost.platforms.youtube.channel import UPLOADS
from letmepost.platforms.youtube.extras import PLAYLIST_STEP
from letmepost.platforms.youtube.options import YouTubeOptions
from letmepost.platforms.youtube.refusals import NOT_LISTED_YET
from letmepost.platforms.youtube.replies import explain
from letmepost.platforms.youtube.settings import YouTubeSettings
from letmepost.platforms.youtube.upload import has_ended, probe_after, stored_bytes

VISIBILITY_DELAY_S = 5.0
"""A session knows immediately if it is complete. Lists are read again later (`_LISTED_AFTER_S`)."""
_LISTED_AFTER_S = 600.0
"""When a list shows everything that was sent. YouTube documents no time: an assumption."""
_CLOCKS_APART = timedelta(seconds=60)
_SIZE_MAX_DIGITS = 15

Resource: TypeAlias = Mapping[str, Any]


def reconcile(post: ReadyPost, intent: Intent, settings: YouTubeSettings) -> Flow[Reconciled]:
    """Return what became of a call without a reply.

    Raises:
        PlatformFailure: YouTube cannot report it now, or not to this account; try again later.
    """
    return (yield from reconcile_by(_look_up(post, intent, settings), later={Next.TRY_AGAIN, Next.HOLD}))


def _look_up(post: ReadyPost, intent: Intent, settings: YouTubeSettings) -> Flow[Reconciled]:
    call, snippet = intent.call, object_in(intent.call.json or {}, "snippet")
    if call.step == POST_STEP:
        return (yield from _ask_session(post, intent, settings))
    if call.step == COMMENT_STEP:
        text = object_in(object_in(snippet, "topLevelComment"), "snippet")["textOriginal"]
        is_it = partial(_is_comment, text=text, channel_id=post.account.platform_account_id)
        return (yield from _find(list_comments(settings, snippet["videoId"]), is_it, intent))
    if call.step == PLAYLIST_STEP:
        video_id = object_in(snippet, "resourceId")["videoId"]
        listing = list_playlist(settings, snippet["playlistId"], ("videoId", video_id))
        return (yield from _find(listing, lambda item: _video_in(item) == video_id, intent))
    track = captions_in(call)
    return (yield from _find(list_captions(settings, track["videoId"]), partial(_is_track, sent=track), intent))


def _ask_session(post: ReadyPost, intent: Intent, settings: YouTubeSettings) -> Flow[Reconciled]:
    """Ask the session if the video is complete. It was created only if the session has, or had, every byte."""
    probe, total_bytes = probe_after(intent.call)
    reply = yield probe
    stored = stored_bytes(reply, total_bytes)
    if reply.ok and read_id(reply) is not None:
        return Found(reply)
    if reply.ok or has_ended(reply):
        return (yield from _find_upload(post, intent, settings, total_bytes))
    if stored is not None and stored < total_bytes:
        return Absent()
    raise explain(probe, reply)


def _find_upload(post: ReadyPost, intent: Intent, settings: YouTubeSettings, total_bytes: int) -> Flow[Reconciled]:
    """Look for a video with the same size and title that was uploaded since the request.

    Another title does not exclude a video, because YouTube may change texts. YouTube shows the size of a video after it
    has processed it.
    """
    account, title = post.account, YouTubeOptions.model_validate(post.content.options).title or ""
    uploads = yield from _read(list_playlist(settings, account.data.get(UPLOADS) or _uploads_of(account)))
    ids = [video_id for item in uploads.items if (video_id := _video_in(item)) is not None]
    if not ids:
        _check_is_shown(uploads, intent)
        return Absent()
    videos = yield from _read(read_video(settings, ",".join(ids), "snippet,status,fileDetails"))
    recent = [video for video in videos.items if _is_since(video, intent)]
    possible = [video for video in recent if _size_in(video) in {None, total_bytes}]
    matches = [video for video in possible if _size_in(video) == total_bytes and _has_title(video, title)]
    if len(matches) == len(possible) == 1:
        return found_as(200, videos.read_at, data=matches[0])
    if len(matches) < 2:
        _check_is_shown(videos, intent)
    is_whole = len(videos.items) == len(ids) and (len(ids) < PAGE_SIZE or len(recent) < len(ids))
    if not possible and is_whole:
        return Absent()
    return Unknown("The channel has videos that may be this post, and YouTube does not show which one it is.")


def _uploads_of(account: AccountFacts) -> str:
    """Return the id of the list of a channel's uploads. It differs from the channel's id only in its second letter."""
    return f"UU{account.platform_account_id[2:]}"


def _find(call: Call, is_it: Callable[[Resource], bool], intent: Intent) -> Flow[Reconciled]:
    """Look for an addition to a video in a list."""
    listed = yield from _read(call)
    found = next((item for item in listed.items if is_it(item) and text_in(item, "id") is not None), None)
    if found is None:
        _check_is_shown(listed, intent)
        return Absent()
    return found_as(200, listed.read_at, data=found)


@dataclass(frozen=True, slots=True)
class _Listed:
    items: Sequence[Resource]
    read_at: datetime


def _read(call: Call) -> Flow[_Listed]:
    def read(reply: Reply) -> _Listed | None:
        items = items_in(reply)
        return None if items is None else _Listed(items, reply.received_at)

    return (yield from fetch(call, read, explain))


def _check_is_shown(listed: _Listed, intent: Intent) -> None:
    """Raise `PlatformFailure` if a list may not show the result of the call yet."""
    complete_at = may_ask_at(intent, _LISTED_AFTER_S)
    if listed.read_at < complete_at:
        raise NOT_LISTED_YET(retry_at=complete_at)


def _video_in(item: Resource) -> str | None:
    return text_in(object_in(item, "contentDetails"), "videoId")


def _has_title(resource: Resource, title: str) -> bool:
    return as_compared(text_in(object_in(resource, "snippet"), "title") or "") == as_compared(title)


def _is_since(video: Resource, intent: Intent) -> bool:
    """Return True if a video was published after the request was sent, or may have been."""
    published_at = moment_in(object_in(video, "snippet"), "publishedAt")
    return published_at is None or published_at >= intent.started_at - _CLOCKS_APART


def _size_in(video: Resource) -> int | None:
    """Return the size of the uploaded file, which only the channel can read; None if YouTube does not show it."""
    size = text_in(object_in(video, "fileDetails"), "fileSize") or ""
    return int(size) if size.isascii() and size.isdigit() and len(size) <= _SIZE_MAX_DIGITS else None


def _is_comment(thread: Resource, text: str, channel_id: str) -> bool:
    shown = object_in(object_in(object_in(thread, "snippet"), "topLevelComment"), "snippet")
    written = text_in(shown, "textOriginal") or text_in(shown, "textDisplay") or ""
    author = text_in(object_in(shown, "authorChannelId"), "value")
    return author == channel_id and as_compared(written) == as_compared(text)


def _is_track(track: Resource, sent: Resource) -> bool:
    shown = object_in(track, "snippet")
    return (shown.get("language"), shown.get("name") or "") == (sent["language"], sent["name"])
