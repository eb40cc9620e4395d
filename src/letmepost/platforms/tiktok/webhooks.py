"""What TikTok reports about accounts and posts, in signed webhooks. An app has one URL for all of them.

https://developers.tiktok.com/doc/webhooks-verification (checked 2026-11-28). They are repeated for up to 72 hours.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

from letmepost.platforms._kit.fields import text_in
from letmepost.platforms.connecting import Callback, Notice
from letmepost.platforms.tiktok.settings import TikTokSettings

_CLOCKS_APART = timedelta(seconds=300)
_WITHDRAWN = "authorization.removed"
_FINISHED = frozenset({"post.publish.complete", "post.publish.publicly_available"})


def notified(callback: Callback, settings: TikTokSettings) -> tuple[Notice, ...]:
    """Return what a webhook reports.

    A draft in the inbox that its creator publishes keeps its id, and may become several posts: the first one counts.

    Raises:
        ValueError: TikTok did not sign it with the app's secret, or it is more than five minutes old.
    """
    _check_signature(callback, settings.secret())
    event = _object(callback.body)
    owner_id, name = text_in(event, "user_openid"), text_in(event, "event")
    if owner_id is None or name is None:
        return ()
    content = _object((text_in(event, "content") or "").encode())
    finished = text_in(content, "publish_id") if name in _FINISHED else None
    return (Notice(owner_id=owner_id, finished=finished, is_withdrawn=name == _WITHDRAWN),)


def _check_signature(callback: Callback, secret: str) -> None:
    given = dict(part.partition("=")[::2] for part in callback.headers.get("tiktok-signature", "").split(","))
    sent_at, signature = given.get("t", ""), given.get("s", "")
    expected = digest(secret.encode(), sent_at.encode() + b"." + callback.body, sha256).hex()
    if not secret or not compare_digest(expected.encode(), signature.encode()):
        raise ValueError("the webhook is not signed with the app's secret")
    if abs(callback.received_at.timestamp() - float(sent_at)) > _CLOCKS_APART.total_seconds():
        raise ValueError("the webhook is too old")


def _object(text: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
