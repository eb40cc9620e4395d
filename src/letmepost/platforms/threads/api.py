"""The calls of the Threads API that this platform makes.

A post is created in two steps: an invisible container, which is then published. A container can be published once, and
expires after a day. Sources: https://developers.facebook.com/docs/threads/posts and
https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21).
"""

from collections.abc import Mapping
from datetime import datetime

from letmepost.domain.flow import Call, Effect
from letmepost.platforms._kit.calls import base_url
from letmepost.platforms.threads.settings import ThreadsSettings

_CONTAINER_VALID_FOR_S = 23 * 3600.0
"""An hour less than its lifetime, so that a container from the journal is not about to expire."""
_RECENT_COUNT = 100
"""The maximum of a list: later posts must not hide the one that is searched for."""


def make_container(settings: ThreadsSettings, user_id: str, form: Mapping[str, str], *, step: str) -> Call:
    """Return a call that creates a container, of a post or of one item of a carousel. Unused containers expire."""
    return Call(
        method="POST",
        url=f"{_api(settings)}/{user_id}/threads",
        form=form,
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=_CONTAINER_VALID_FOR_S,
    )


def publish_container(settings: ThreadsSettings, user_id: str, container_id: str, *, step: str) -> Call:
    """Return a call that publishes a container."""
    return Call(
        method="POST",
        url=f"{_api(settings)}/{user_id}/threads_publish",
        form={"creation_id": container_id},
        effect=Effect.PUBLISH,
        step=step,
    )


def read_container(settings: ThreadsSettings, container_id: str) -> Call:
    """Return a read of a container's status."""
    return _read(settings, container_id, fields="id,status,error_message")


def read_post(settings: ThreadsSettings, post_id: str) -> Call:
    """Return a read of a post's URL."""
    return _read(settings, post_id, fields="id,permalink")


def list_recent(settings: ThreadsSettings, user_id: str, since: datetime, *, replies: bool) -> Call:
    """Return a read of the account's posts, or its replies, since a moment, newest first."""
    return _read(
        settings,
        f"{user_id}/{'replies' if replies else 'threads'}",
        fields="id,text,timestamp,media_type",
        since=str(int(since.timestamp())),
        limit=str(_RECENT_COUNT),
    )


def read_quota(settings: ThreadsSettings, user_id: str, *, replies: bool) -> Call:
    """Return a read of the posts, or replies, that the account has published in 24 hours, and of the limit."""
    kind = "reply_" if replies else ""
    return _read(settings, f"{user_id}/threads_publishing_limit", fields=f"{kind}quota_usage,{kind}config")


def read_me(settings: ThreadsSettings) -> Call:
    """Return a read of the account that a token belongs to."""
    return _read(settings, "me", fields="id,username,name,threads_profile_picture_url")


def debug_token(settings: ThreadsSettings, token: str) -> Call:
    """Return a read of a token's scopes."""
    return _read(settings, "debug_token", input_token=token)


def delete_post(settings: ThreadsSettings, post_id: str) -> Call:
    """Return a deletion of one of the account's posts."""
    return Call(method="DELETE", url=f"{_api(settings)}/{post_id}", effect=Effect.WRITE)


def _read(settings: ThreadsSettings, path: str, **query: str) -> Call:
    return Call(method="GET", url=f"{_api(settings)}/{path}", query=tuple(query.items()), timeout_s=10.0)


def _api(settings: ThreadsSettings) -> str:
    return f"{base_url(settings.api_url)}/{settings.api_version}"
