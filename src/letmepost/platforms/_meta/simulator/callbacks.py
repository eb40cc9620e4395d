"""What Meta posts to an app's deauthorize and deletion callbacks.

Source: fact sheet section M4, after
https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback, checked 2026-11-21.
"""

import base64
import hmac
import json
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode

from letmepost.platforms._kit.simulator.oauth.grants import App


def callback_body(app: App, user_id: str, now: datetime) -> bytes:
    """Return the form that Meta posts when a person removes the app, or requests the deletion of their data."""
    payload = {"algorithm": "HMAC-SHA256", "issued_at": int(now.timestamp()), "user_id": user_id}
    text = _encoded(json.dumps(payload).encode())
    signature = _encoded(hmac.digest(app.client_secret.encode(), text.encode(), sha256))
    return urlencode({"signed_request": f"{signature}.{text}"}).encode()


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
