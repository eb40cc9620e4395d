"""Verification of webhook requests."""

import base64
import hmac
import json

import pytest

from letmepost_client import InvalidSignature, Timing, webhooks
from letmepost_client.models import Event

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
NOW = 1_796_115_600
BODY = json.dumps(
    {
        "id": "evt_1",
        "type": "post.published",
        "createdAt": "2026-12-01T09:00:00.000Z",
        "organizationId": "org_1",
        "data": {"sequence": 7, "postId": "post_1", "platform": "bluesky", "sentBy": "a newer server"},
    }
).encode()


def signature(secret: str = SECRET, body: bytes = BODY, event_id: str = "evt_1", at: str = str(NOW)) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.digest(key, f"{event_id}.{at}.".encode() + body, "sha256")).decode()


def headers(**changes: str) -> dict[str, str]:
    given = {"webhook_id": "evt_1", "webhook_timestamp": str(NOW), "webhook_signature": signature(), **changes}
    return {name.replace("_", "-"): value for name, value in given.items()}


def verify(given: dict[str, str], body: bytes = BODY, now: float = NOW) -> Event:
    return webhooks.verify(body, given, SECRET, timing=Timing(unix_time=lambda: now))


def test_signed_request_is_an_event() -> None:
    event = verify(headers())
    assert (event.id, event.type, event.data.sequence, event.data.post_id) == ("evt_1", "post.published", 7, "post_1")
    assert event.data.model_extra == {"sentBy": "a newer server"}


def test_signature_of_another_sender_is_accepted() -> None:
    """Svix's example: https://docs.svix.com/receiving/verifying-payloads/how-manual."""
    body = b'{"event_type":"ping","data":{"success":true}}'
    given = {
        "webhook-id": "msg_loFOjxBNrRLzqYUf",
        "webhook-timestamp": "1731705121",
        "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
    }
    secret = "whsec_plJ3nmyCDGBKInavdOK15jsl"
    # The signature is valid, but Svix's events have other fields.
    with pytest.raises(InvalidSignature, match="is signed, but it is not an event"):
        webhooks.verify(body, given, secret, timing=Timing(unix_time=lambda: 1731705121))


def test_names_of_headers_may_be_in_any_case() -> None:
    assert verify({name.title(): value for name, value in headers().items()}).id == "evt_1"


@pytest.mark.parametrize(
    "signatures", [f"{signature(OTHER)} {signature()}", f"{signature()} {signature(OTHER)}", f"v1a,xyz {signature()}"]
)
def test_one_of_several_signatures_is_enough(signatures: str) -> None:
    assert verify(headers(webhook_signature=signatures)).id == "evt_1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"webhook_signature": signature(OTHER)}, "No signature"),
        ({"webhook_signature": signature().replace("v1,", "v2,")}, "No signature"),
        ({"webhook_signature": "v1,not base64!"}, "No signature"),
        ({"webhook_signature": "v1,ü"}, "No signature"),
        ({"webhook_signature": ""}, "No signature"),
        ({"webhook_id": "evt_2"}, "No signature"),
        ({"webhook_timestamp": str(NOW + 1)}, "No signature"),
        ({"webhook_id": ""}, "missing or invalid"),
        ({"webhook_timestamp": "now"}, "missing or invalid"),
        ({"webhook_timestamp": "\u0661"}, "missing or invalid"),
    ],
)
def test_changed_headers_are_rejected(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(InvalidSignature, match=reason):
        verify(headers(**changes))


def test_changed_body_is_rejected() -> None:
    with pytest.raises(InvalidSignature, match="No signature"):
        verify(headers(), BODY + b" ")


@pytest.mark.parametrize(("age_s", "is_accepted"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_request_is_rejected_when_its_time_is_too_far_away(age_s: int, *, is_accepted: bool) -> None:
    if is_accepted:
        assert verify(headers(), now=NOW + age_s).id == "evt_1"
    else:
        with pytest.raises(InvalidSignature, match="by more than 300 s"):
            verify(headers(), now=NOW + age_s)


def test_secret_of_another_kind_is_rejected() -> None:
    with pytest.raises(ValueError, match="is not `whsec_` followed by base64"):
        webhooks.verify(BODY, headers(), "lmp_test_key")
