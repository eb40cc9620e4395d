"""What TikTok posts to an app's webhook URL. Source: fact sheet section 2.7.

https://developers.tiktok.com/doc/webhooks-verification describes the signature (read 2026-11-21).
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from letmepost.platforms._kit.simulator.oauth.grants import App


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A request to a webhook URL. Header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes


def webhook(app: App, event: str, open_id: str, content: Mapping[str, Any], now: datetime) -> Webhook:
    """Return the signed request that reports an event.

    Args:
        event: its name, such as `post.publish.complete` or `authorization.removed`.
        open_id: the account that it is about.
        content: its details, which the body contains as a JSON text.
    """
    body = json.dumps(
        {
            "client_key": app.client_id,
            "event": event,
            "create_time": int(now.timestamp()),
            "user_openid": open_id,
            "content": json.dumps(content, separators=(",", ":")),
        },
        separators=(",", ":"),
    ).encode()
    headers = {"content-type": "application/json", "tiktok-signature": signature(app, body, now)}
    return Webhook(headers=headers, body=body)


def signature(app: App, body: bytes, now: datetime) -> str:
    """Return the value of `TikTok-Signature` for a body that is sent now."""
    sent_at = int(now.timestamp())
    digest = hmac.new(app.client_secret.encode(), f"{sent_at}.".encode() + body, sha256).hexdigest()
    return f"t={sent_at},s={digest}"
