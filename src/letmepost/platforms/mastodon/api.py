"""The calls of Mastodon's API that this platform makes.

https://docs.joinmastodon.org/methods/statuses/, /methods/media/, /methods/apps/, /methods/oauth/ and
/methods/accounts/ (checked 2026-11-29).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from letmepost.domain.content import MediaItem
from letmepost.domain.flow import Auth, Call, Effect, MediaRange, Reply
from letmepost.domain.flow import Upload as Parts
from letmepost.platforms._kit.calls import facts_of, form_file
from letmepost.platforms._kit.drafts import Upload
from letmepost.platforms._kit.fields import text_in

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
REVOKE_PATH = "/oauth/revoke"
PAGE_MAX = 40
"""The most statuses that a server lists at a time."""

_STATUSES_PATH = "/api/v1/statuses"
_MEDIA_VALID_FOR_S = 23 * 3600.0
"""An hour less than servers keep a media item that no status uses."""
_CREATE_TIMEOUT_S = 30.0
_UPLOAD_TIMEOUT_S = 60.0  # besides the bytes: small servers make thumbnails before they respond
_READ_TIMEOUT_S = 10.0
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""Digits on Mastodon, letters too on compatible servers."""
_URL_MAX_CHARS = 2048


def id_in(entity: Mapping[str, Any]) -> str | None:
    """Return the id of an entity, or None if it has no valid one."""
    found = text_in(entity, "id")
    return found if found is not None and _ID.fullmatch(found) else None


def read_id(reply: Reply) -> str | None:
    """Return the id of the entity in a reply, or None if it has no valid one."""
    return id_in(reply.data())


def url_in(entity: Mapping[str, Any]) -> str | None:
    """Return the address of a status for browsers, or None if it has no valid one."""
    found = text_in(entity, "url") or ""
    return found if found.startswith(("https://", "http://")) and len(found) <= _URL_MAX_CHARS else None


def read_rows(reply: Reply) -> list[Mapping[str, Any]] | None:
    """Return the entities in a reply that is a list, or None if it is anything else."""
    try:
        found = json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else None


def create_status(base: str, body: Mapping[str, Any], *, step: str, entropy: bytes) -> Call:
    """Return a call that publishes a status.

    Its key is the same in every attempt of the revision. For an hour, the server returns the first status for a
    repetition of the key. That is not relied on: compatible servers may ignore the key, and a slow server stores it
    after its proxy has reported an error (https://github.com/mastodon/mastodon/issues/21840).
    """
    key = sha256(entropy + step.encode()).hexdigest()[:40]
    return Call(
        method="POST",
        url=f"{base}{_STATUSES_PATH}",
        headers={"Idempotency-Key": key},
        json=body,
        effect=Effect.PUBLISH,
        step=step,
        timeout_s=_CREATE_TIMEOUT_S,
    )


def is_create(call: Call) -> bool:
    """Return True if the call creates a status."""
    return call.method == "POST" and call.url.endswith(_STATUSES_PATH)


def is_upload(call: Call) -> bool:
    """Return True if the call sends or reads a media item."""
    return "/media" in call.url


def read_status(base: str, status_id: str) -> Call:
    """Return a read of one status."""
    return _read(f"{base}{_STATUSES_PATH}/{status_id}")


def delete_status(base: str, status_id: str) -> Call:
    """Return a deletion of one of the account's own statuses."""
    return Call(method="DELETE", url=f"{base}{_STATUSES_PATH}/{status_id}", effect=Effect.WRITE)


def list_statuses(base: str, account_id: str, older_than: str | None) -> Call:
    """Return a read of the account's own statuses with replies, newest first."""
    query = {"limit": str(PAGE_MAX), "exclude_reblogs": "true"}
    if older_than is not None:
        query["max_id"] = older_than
    return _read(f"{base}/api/v1/accounts/{account_id}/statuses", **query)


def upload_media(base: str, upload: Upload) -> Call:
    """Return an upload of an image with its alt text."""
    call = _upload(base, upload)
    return replace(call, effect=Effect.PREPARE, step=upload.step, valid_for_s=_MEDIA_VALID_FOR_S)


def upload_video(base: str, upload: Upload) -> Parts:
    """Return an upload of a video with its alt text. Mastodon receives it in one piece."""
    call = _upload(base, upload)
    media = MediaRange(upload.item.media_id, 0, facts_of(upload.item).size_bytes)
    return Parts(step=upload.step, media=media, chunk_bytes=media.length_bytes, send=lambda _first, _length: call)


def _upload(base: str, upload: Upload) -> Call:
    item = upload.item
    described = (("description", item.alt_text),) if item.alt_text else ()
    return Call(
        method="POST",
        url=f"{base}/api/v2/media",
        multipart=(*described, ("file", form_file(item))),
        effect=Effect.WRITE,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )


def set_thumbnail(base: str, media_id: str, thumbnail: MediaItem, *, step: str) -> Call:
    """Return an upload of the thumbnail of a video that no status uses yet."""
    return Call(
        method="PUT",
        url=f"{base}/api/v1/media/{media_id}",
        multipart=(("thumbnail", form_file(thumbnail)),),
        effect=Effect.PREPARE,
        step=step,
        timeout_s=_UPLOAD_TIMEOUT_S,
    )


def read_media(base: str, media_id: str) -> Call:
    """Return a read of a media item that no status uses yet."""
    return _read(f"{base}/api/v1/media/{media_id}")


def own_account(base: str) -> Call:
    """Return a read of the account that a token belongs to."""
    return _read(f"{base}/api/v1/accounts/verify_credentials")


def read_instance(base: str, version: int) -> Call:
    """Return a read of a server's description. It is signed, because some servers return nothing to strangers."""
    return _read(f"{base}/api/v{version}/instance")


def register_app(base: str, form: Mapping[str, str]) -> Call:
    """Return the registration of an app. Each one creates another app."""
    return Call(method="POST", url=f"{base}/api/v1/apps", form=form, effect=Effect.WRITE, auth=Auth.NONE)


def revoke_token(base: str) -> Call:
    """Return a revocation of the account's token. `sign` adds the token and the app."""
    return Call(method="POST", url=f"{base}{REVOKE_PATH}", form={}, effect=Effect.WRITE)


def _read(url: str, **query: str) -> Call:
    return Call(method="GET", url=url, query=tuple(query.items()), timeout_s=_READ_TIMEOUT_S)
