"""Webhook signatures in two formats: Standard Webhooks, and `X-Letmepost-Signature`.

Sources: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md (read 2026-11-21) for
`webhook-signature`; the `X-Letmepost-Signature` form is letmepost.dev's.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of secrets, not one
SECRET_BYTES = 32


def signing_secret(entropy: bytes) -> str:
    """Return `whsec_` and 32 random bytes in base64."""
    if len(entropy) < SECRET_BYTES:
        raise ValueError(f"a signing secret takes {SECRET_BYTES} random bytes, got {len(entropy)}")
    return SECRET_PREFIX + base64.b64encode(entropy[:SECRET_BYTES]).decode()


def signature_headers(
    *, event_id: str, event_type: str, delivery_id: str, body: bytes, secrets: Sequence[str], now: datetime
) -> Mapping[str, str]:
    """Return the headers of one delivery attempt. During the overlap of a rotation, every valid secret signs.

    `X-Letmepost-Event-Id` and `X-Letmepost-Delivery-Id` are the names that the clients of letmepost.dev read.
    """
    seconds = int(now.timestamp())
    letmepost = ",".join(f"v1={_letmepost(secret, seconds, body)}" for secret in secrets)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{_standard(secret, event_id, seconds, body)}" for secret in secrets),
        "X-Letmepost-Signature": f"t={seconds},{letmepost}",
        "X-Letmepost-Event": event_type,
        "X-Letmepost-Event-Id": event_id,
        "X-Letmepost-Delivery": delivery_id,
        "X-Letmepost-Delivery-Id": delivery_id,
    }


def _standard(secret: str, event_id: str, seconds: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.digest(key, f"{event_id}.{seconds}.".encode() + body, sha256)).decode()


def _letmepost(secret: str, seconds: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, sha256).hexdigest()
