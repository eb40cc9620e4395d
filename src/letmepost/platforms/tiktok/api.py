"""The calls of TikTok's Content Posting API, Login Kit and Display API (v2) that this platform makes.

https://developers.tiktok.com/docs/en/content-posting-api-get-started (checked 2026-11-28). Success is `error.code`
`ok`, whatever the status is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, MediaRange
from letmepost.platforms._kit.calls import base_url, facts_of
from letmepost.platforms.tiktok.settings import TikTokSettings

TOKEN_PATH = "/v2/oauth/token/"  # noqa: S105 - a path
REVOKE_PATH = "/v2/oauth/revoke/"
VIDEO_INIT_PATH = "/v2/post/publish/video/init/"
INBOX_INIT_PATH = "/v2/post/publish/inbox/video/init/"
PHOTO_INIT_PATH = "/v2/post/publish/content/init/"
STATUS_PATH = "/v2/post/publish/status/fetch/"
CREATOR_PATH = "/v2/post/publish/creator_info/query/"
CREATOR_STEP = "creator"
SESSION_STEP = "session"
_LISTED_MAX = 20
_PART_TIMEOUT_S = 120.0
"""Besides the bytes: after the last part, TikTok checks the whole file before it responds."""


@dataclass(frozen=True, slots=True)
class Session:
    """An upload that TikTok has accepted. The video is published when TikTok has its last byte.

    Args:
        upload_url: it contains the permission to send the bytes, for an hour.
    """

    publish_id: str
    upload_url: str = field(repr=False)


def request_tokens(settings: TikTokSettings, form: Mapping[str, str], *, auth: Auth = Auth.ACCOUNT) -> Call:
    """Return a token request of the app. TikTok's name for the client id is `client_key`."""
    return _app_call(settings, TOKEN_PATH, form, auth)


def revoke_token(settings: TikTokSettings) -> Call:
    """Return the revocation of an account's access token. `sign` adds the token."""
    return _app_call(settings, REVOKE_PATH, {}, Auth.ACCOUNT)


def read_user(settings: TikTokSettings, *, with_profile: bool) -> Call:
    """Return a read of the account that a token belongs to.

    Args:
        with_profile: True to read the username, for which the scope `user.info.profile` must be granted: TikTok rejects
            the whole call otherwise.
    """
    fields = "open_id,union_id,avatar_url,display_name"
    query = (("fields", f"{fields},username" if with_profile else fields),)
    return Call(method="GET", url=f"{base_url(settings.api_url)}/v2/user/info/", query=query)


def read_creator(settings: TikTokSettings) -> Call:
    """Return a read of what the account may do."""
    return _post(settings, CREATOR_PATH, {})


def prepare_creator(settings: TikTokSettings) -> Call:
    """Return a read of what the account may do, before a post. It is recorded: only the first run must decide by it."""
    return _post(settings, CREATOR_PATH, {}, effect=Effect.PREPARE, step=CREATOR_STEP)


def begin_video(settings: TikTokSettings, body: Mapping[str, Any], *, is_inbox: bool) -> Call:
    """Return the start of a video upload. Nothing is published before TikTok has the last byte."""
    path = INBOX_INIT_PATH if is_inbox else VIDEO_INIT_PATH
    return _post(settings, path, body, effect=Effect.PREPARE, step=SESSION_STEP)


def send_part(session: Session, item: MediaItem, first_byte: int, length_bytes: int) -> Call:
    """Return the upload of a part of a video. The URL contains the permission, so the call has no token."""
    facts = facts_of(item)
    last_byte = first_byte + length_bytes - 1
    return Call(
        method="PUT",
        url=session.upload_url,
        headers={
            "Content-Type": facts.content_type,
            "Content-Range": f"bytes {first_byte}-{last_byte}/{facts.size_bytes}",
        },
        body=MediaRange(item.media_id, first_byte, length_bytes),
        effect=Effect.WRITE,
        auth=Auth.NONE,
        timeout_s=_PART_TIMEOUT_S,
        reference=session.publish_id,
    )


def publish_photos(settings: TikTokSettings, body: Mapping[str, Any], *, step: str) -> Call:
    """Return a call that publishes photos: TikTok then fetches them itself."""
    return _post(settings, PHOTO_INIT_PATH, body, effect=Effect.PUBLISH, step=step)


def read_status(settings: TikTokSettings, publish_id: str) -> Call:
    """Return a read of the status of a post."""
    return _post(settings, STATUS_PATH, {"publish_id": publish_id})


def list_videos(settings: TikTokSettings) -> Call:
    """Return a read of the account's latest public posts, newest first."""
    query = (("fields", "id,create_time,title,video_description,share_url"),)
    return _post(settings, "/v2/video/list/", {"max_count": _LISTED_MAX}, query=query)


def _post(
    settings: TikTokSettings, path: str, body: Mapping[str, Any], *, effect: Effect = Effect.READ, **more: Any
) -> Call:
    return Call(
        method="POST",
        url=f"{base_url(settings.api_url)}{path}",
        headers={"Content-Type": "application/json; charset=UTF-8"},
        json=body,
        effect=effect,
        **more,
    )


def _app_call(settings: TikTokSettings, path: str, form: Mapping[str, str], auth: Auth) -> Call:
    app = {"client_key": settings.client_id or "", "client_secret": settings.secret()}
    url = f"{base_url(settings.api_url)}{path}"
    return Call(method="POST", url=url, form={**app, **form}, effect=Effect.WRITE, auth=auth)
