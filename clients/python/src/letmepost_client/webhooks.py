"""Verification of webhook requests.

event = letmepost_client.webhooks.verify(request.body, request.headers, secret)
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from hashlib import sha256

from pydantic import ValidationError

from letmepost_client.errors import InvalidSignature
from letmepost_client.models.events import Event
from letmepost_client.timing import Timing

_PREFIX = "whsec_"


def verify(
    body: bytes, headers: Mapping[str, str], secret: str, *, tolerance_s: float = 300, timing: Timing | None = None
) -> Event:
    """Check the signature of a webhook request; return its event.

    An event may be delivered more than once: ignore an `id` that you have processed before.

    Args:
        body: the body as it was received. JSON that was parsed and written again has other bytes.
        headers: the headers of the request. Their names may be in any case.
        secret: the endpoint's signing secret, `whsec_…`. While a secret is rotated, the request has a signature of
            each, and either secret is accepted.
        tolerance_s: how old the request may be, and how far ahead its clock may be, in seconds.

    Raises:
        InvalidSignature: the request is forged, damaged or too old. Respond with 400.
        ValueError: the secret is not a signing secret.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, checked
    2026-11-29.
    """
    key = _key_of(secret)
    given = {name.lower(): value for name, value in headers.items()}
    event_id, sent_at = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (event_id and sent_at.isascii() and sent_at.isdigit()):
        raise InvalidSignature("The headers webhook-id and webhook-timestamp are missing or invalid.")
    expected = hmac.digest(key, f"{event_id}.{sent_at}.".encode() + body, sha256)
    signatures = given.get("webhook-signature", "").split()
    # Every signature is compared, so that the time does not depend on which one matches.
    matches = [_matches(signature, expected) for signature in signatures]
    if not any(matches):
        raise InvalidSignature("No signature in webhook-signature matches. Check the signing secret of the endpoint.")
    if abs((timing or Timing()).unix_time() - int(sent_at)) > tolerance_s:
        raise InvalidSignature(f"webhook-timestamp differs from the current time by more than {tolerance_s:g} s.")
    try:
        return Event.model_validate_json(body)
    except ValidationError as error:
        raise InvalidSignature("The body is signed, but it is not an event of this API.") from error


def _key_of(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("The signing secret is not `whsec_` followed by base64.") from None


def _matches(signature: str, expected: bytes) -> bool:
    version, _, encoded = signature.partition(",")
    try:
        sent = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    return version == "v1" and hmac.compare_digest(sent, expected)
