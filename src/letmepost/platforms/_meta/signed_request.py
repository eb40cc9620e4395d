"""What Meta posts to an app's callbacks when a person removes the app's permission, or requests deletion of their data.

Source: https://developers.facebook.com/docs/facebook-login/guides/advanced/existing-system and
https://developers.facebook.com/docs/development/create-an-app/app-dashboard/data-deletion-callback
(checked 2026-11-21).
"""

import base64
import binascii
import json
from hashlib import sha256
from hmac import compare_digest, digest
from urllib.parse import parse_qsl

from letmepost.platforms._kit.settings import AppSettings
from letmepost.platforms.connecting import Callback


def withdrawn(callback: Callback, app: AppSettings) -> tuple[str]:
    """Return the app's id of the person who withdraws their consent, from a form with a `signed_request`.

    Raises:
        ValueError: the app's secret did not sign it, or the app has none.
    """
    secret, form = app.secret(), dict(parse_qsl(callback.body.decode("utf-8", "replace")))
    person_id = user_of(form.get("signed_request", ""), secret) if secret else None
    if person_id is None:
        raise ValueError("no signed_request of this app's secret")
    return (person_id,)


def user_of(signed_request: str, app_secret: str) -> str | None:
    """Return the app's id of the person in a `signed_request`, or None if the app's secret did not sign it.

    It has two parts in base64 without padding: the signature, and the payload. The signature covers the encoded
    payload.
    """
    signature, _, payload = signed_request.partition(".")
    try:
        given, value = _decoded(signature), json.loads(_decoded(payload))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not compare_digest(given, digest(app_secret.encode(), payload.encode(), sha256)):
        return None
    if not isinstance(value, dict) or value.get("algorithm") != "HMAC-SHA256":
        return None
    user_id = value.get("user_id")
    is_id = isinstance(user_id, str | int) and not isinstance(user_id, bool)
    return str(user_id) if is_id and str(user_id) else None


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
