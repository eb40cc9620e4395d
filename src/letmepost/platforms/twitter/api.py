"""The calls of X's API v2 that this platform makes.

https://docs.x.com/x-api (openapi.json 2.167, read 2026-11-21). Its vocabulary was renamed there in August 2026
(`post.fields` for `tweet.fields`, `referenced_posts` for `referenced_tweets`) and nowhere else yet: old names are sent,
both are read.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Call, Effect, MediaRange, Reply, Upload
from letmepost.platforms._kit.calls import base_url, facts_of, form_file
from letmepost.platforms._kit.fields import id_in, object_in
from letmepost.platforms.twitter.settings import TwitterSettings

TOKEN_PATH = "/oauth2/token"  # noqa: S105 - a path
REVOKE_PATH = "/oauth2/revoke"
MEDIA_PATH = "/media/"

SEGMENTS_MAX = 1000
"""https://docs.x.com/x-api/media/append-media-upload (`segment_index`: 0 to 999; read 2026-11-21)."""

_MEDIA_VALID_FOR_S = 23 * 3600.0
"""A media item that no post uses expires after 24 hours."""
_UPLOAD_TIMEOUT_S = 60.0  # besides the bytes: the server checks a file before it responds
TIMELINE_MAX = 100
"""Posts read at a time, as many as an account may create in 15 minutes: X bills 0.005 USD for each returned post."""


def root(settings: TwitterSettings) -> str:
    """Return the address of the API, in the version that the deployment uses."""
    return f"{base_url(settings.api_url)}/{settings.api_version}"


def read_id(reply: Reply) -> str | None:
    """Return the id of what a call has created, or None if the reply has none."""
    return id_in(object_in(reply.data(), "data"))


def create_post(api: str, body: Mapping[str, Any], *, step: str) -> Call:
    """Return a call that publishes a post. A repetition creates a second post, unless X rejects it as a duplicate."""
    return Call(method="POST", url=f"{api}/tweets", json=body, effect=Effect.PUBLISH, step=step)


def is_create(call: Call) -> bool:
    """Return True if the call creates a post."""
    return call.method == "POST" and call.url.endswith("/tweets")


def delete_post(api: str, post_id: str) -> Call:
    """Return a deletion of one of the account's own posts."""
    return Call(method="DELETE", url=f"{api}/tweets/{post_id}", effect=Effect.WRITE)


def own_user(api: str) -> Call:
    """Return a read of the account that a token belongs to. Billed: 0.010 USD per user and day."""
    fields = "profile_image_url,verified_type,subscription_type,protected"
    return Call(method="GET", url=f"{api}/users/me", query=(("user.fields", fields),))


def own_posts(api: str, user_id: str, since: datetime, until: datetime) -> Call:
    """Return a read of the account's posts and replies in a period, newest first."""
    query = (
        ("max_results", str(TIMELINE_MAX)),
        ("exclude", "retweets"),
        ("start_time", _to_the_second(since)),
        ("end_time", _to_the_second(until)),
        ("tweet.fields", "created_at,text,entities,attachments,referenced_tweets"),
    )
    return Call(method="GET", url=f"{api}/users/{user_id}/tweets", query=query)


def _to_the_second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def upload_image(api: str, item: MediaItem, *, step: str) -> Call:
    """Return an upload of an image in one piece. The category comes first: X reads the form in its order."""
    fields = (("media_category", "tweet_image"), ("media", form_file(item)))
    return _upload(f"{api}/media/upload", step, multipart=fields)


def initialize_upload(api: str, item: MediaItem, category: str, *, step: str) -> Call:
    """Return the start of an upload in segments, of a GIF (`tweet_gif`) or a video (`tweet_video`)."""
    facts = facts_of(item)
    body = {"media_type": facts.content_type, "total_bytes": facts.size_bytes, "media_category": category}
    return _upload(f"{api}/media/upload/initialize", step, json=body)


def append_segments(api: str, media_id: str, item: MediaItem, segment_bytes: int, *, step: str) -> Upload:
    """Return the upload of all segments. X cannot be asked for its offset; the same index again replaces a segment."""

    def send(first_byte: int, length_bytes: int) -> Call:
        index = first_byte // segment_bytes
        file = form_file(item, MediaRange(item.media_id, first_byte, length_bytes))
        return Call(
            method="POST",
            url=f"{api}/media/upload/{media_id}/append",
            multipart=(("segment_index", str(index)), ("media", file)),
            effect=Effect.WRITE,
            timeout_s=_UPLOAD_TIMEOUT_S,
        )

    media = MediaRange(item.media_id, 0, facts_of(item).size_bytes)
    return Upload(step=step, media=media, chunk_bytes=segment_bytes, send=send)


def finalize_upload(api: str, media_id: str, *, step: str) -> Call:
    """Return the end of an upload in segments. X may then process them for a while."""
    return _upload(f"{api}/media/upload/{media_id}/finalize", step)


def upload_status(api: str, media_id: str) -> Call:
    """Return a read of the processing status."""
    query = (("command", "STATUS"), ("media_id", media_id))
    return Call(method="GET", url=f"{api}/media/upload", query=query)


def describe_media(api: str, media_id: str, alt_text: str, *, step: str) -> Call:
    """Return a call that sets the alt text of a media item, before a post uses it."""
    body = {"id": media_id, "metadata": {"alt_text": {"text": alt_text}}}
    return _upload(f"{api}/media/metadata", step, json=body)


def _upload(url: str, step: str, **content: Any) -> Call:
    return Call(
        method="POST",
        url=url,
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=_MEDIA_VALID_FOR_S,
        timeout_s=_UPLOAD_TIMEOUT_S,
        **content,
    )
