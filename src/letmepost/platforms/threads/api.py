"""The calls of the Threads API that this platform makes.

A post is made in two steps: a container, which nobody sees, and then its publishing. A container can be published once,
and expires after a day. Sources: https://developers.facebook.com/docs/threads/posts and
https://developers.facebook.com/docs/threads/troubleshooting (checked 2026-11-21).
"""

from collections.abc import Mapping
from datetime import datetime

from pydantic import AnyHttpUrl

from letmepost.domain.flow import Call, Effect
from letmepost.platforms.threads.settings import ThreadsSettings

REFRESH_PATH = "/refresh_access_token"
_VERSION = "v1.0"
_CONTAINER_VALID_FOR_S = 23 * 3600.0
"""An hour less than it lives, so that what is answered from the journal is never about to die."""
_RECENT_COUNT = 100
"""As many as a list has at most: what is looked for must not be hidden by what has been published since."""


def base(url: AnyHttpUrl | str) -> str:
    """A host's address as a path is appended to it."""
    return str(url).rstrip("/")


def make_container(settings: ThreadsSettings, user_id: str, form: Mapping[str, str], *, step: str) -> Call:
    """Prepare a post, or one medium of a carousel. An orphan does no harm: it expires."""
    return Call(
        method="POST",
        url=f"{_api(settings)}/{user_id}/threads",
        form=form,
        effect=Effect.PREPARE,
        step=step,
        valid_for_s=_CONTAINER_VALID_FOR_S,
    )


def publish_container(settings: ThreadsSettings, user_id: str, container_id: str, *, step: str) -> Call:
    """Let followers see a container."""
    return Call(
        method="POST",
        url=f"{_api(settings)}/{user_id}/threads_publish",
        form={"creation_id": container_id},
        effect=Effect.PUBLISH,
        step=step,
    )


def read_container(settings: ThreadsSettings, container_id: str) -> Call:
    """How far a container is."""
    return _read(settings, container_id, fields="id,status,error_message")


def read_post(settings: ThreadsSettings, post_id: str) -> Call:
    """Where a post is seen."""
    return _read(settings, post_id, fields="id,permalink")


def list_recent(settings: ThreadsSettings, user_id: str, since: datetime, *, replies: bool) -> Call:
    """The account's posts since then, or its replies: newest first."""
    return _read(
        settings,
        f"{user_id}/{'replies' if replies else 'threads'}",
        fields="id,text,timestamp,media_type",
        since=str(int(since.timestamp())),
        limit=str(_RECENT_COUNT),
    )


def read_quota(settings: ThreadsSettings, user_id: str, *, replies: bool) -> Call:
    """How many posts, or replies, the account has left of those that a day allows."""
    kind = "reply_" if replies else ""
    return _read(settings, f"{user_id}/threads_publishing_limit", fields=f"{kind}quota_usage,{kind}config")


def read_me(settings: ThreadsSettings) -> Call:
    """Whose token it is."""
    return _read(settings, "me", fields="id,username,name,threads_profile_picture_url")


def debug_token(settings: ThreadsSettings, token: str) -> Call:
    """What a token may do."""
    return _read(settings, "debug_token", input_token=token)


def delete_post(settings: ThreadsSettings, post_id: str) -> Call:
    """Delete one of the account's posts."""
    return Call(method="DELETE", url=f"{_api(settings)}/{post_id}", effect=Effect.PREPARE, step=f"delete-{post_id}")


def _read(settings: ThreadsSettings, path: str, **query: str) -> Call:
    return Call(method="GET", url=f"{_api(settings)}/{path}", query=tuple(query.items()), timeout_s=10.0)


def _api(settings: ThreadsSettings) -> str:
    return f"{base(settings.api_url)}/{_VERSION}"
