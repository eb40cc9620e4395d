import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.signing import signature_headers, signing_secret

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'
NOW = datetime(2021, 2, 25, 15, 2, 10, tzinfo=UTC)


def headers(*secrets: str, body: bytes = BODY, now: datetime = NOW) -> dict[str, str]:
    return dict(
        signature_headers(
            event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
            event_type="post.published",
            delivery_id="dlv_1",
            body=body,
            secrets=secrets,
            now=now,
        )
    )


def test_signature_matches_the_vector_of_standard_webhooks() -> None:
    """Source: github.com/standard-webhooks/standard-webhooks, libraries/python/tests/test_webhooks.py."""
    sent = headers(SECRET)
    assert sent["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    assert sent["webhook-timestamp"] == "1614265330"
    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_letmepost_signature_uses_the_literal_secret() -> None:
    """`t=<unix>,v1=<hex HMAC-SHA256(secret, t + "." + body)>`, with the secret as text."""
    expected = hmac.new(SECRET.encode(), b"1614265330." + BODY, hashlib.sha256).hexdigest()
    assert headers(SECRET)["X-Letmepost-Signature"] == f"t=1614265330,v1={expected}"


def test_headers_name_the_event_and_the_delivery() -> None:
    """The headers that end with `-Id` are those that the clients of letmepost.dev read."""
    sent = headers(SECRET)
    assert sent["X-Letmepost-Event"] == "post.published"
    assert sent["X-Letmepost-Event-Id"] == sent["webhook-id"]
    assert sent["X-Letmepost-Delivery"] == sent["X-Letmepost-Delivery-Id"] == "dlv_1"


def test_every_secret_of_a_rotation_signs() -> None:
    """A receiver with the old or the new secret finds its signature in the list."""
    new = signing_secret(bytes(range(32)))
    both, old_only, new_only = headers(SECRET, new), headers(SECRET), headers(new)
    assert both["webhook-signature"].split(" ") == [
        old_only["webhook-signature"],
        new_only["webhook-signature"],
    ]
    t, *signatures = both["X-Letmepost-Signature"].split(",")
    assert t == "t=1614265330"
    assert [f"{t},{signature}" for signature in signatures] == [
        old_only["X-Letmepost-Signature"],
        new_only["X-Letmepost-Signature"],
    ]


@given(st.binary(), st.integers(0, 10))
def test_signature_is_valid_for_one_body_and_one_time(body: bytes, seconds: int) -> None:
    """A captured delivery cannot be sent later as a new one."""
    now = NOW + timedelta(seconds=seconds)
    unchanged = (body, now) == (BODY, NOW)
    for name in ("webhook-signature", "X-Letmepost-Signature"):
        assert (headers(SECRET, body=body, now=now)[name] == headers(SECRET)[name]) == unchanged


def test_both_formats_use_the_same_whole_second_in_any_time_zone() -> None:
    now = NOW.replace(microsecond=999_999).astimezone(timezone(timedelta(hours=-8)))
    assert headers(SECRET, now=now) == headers(SECRET)


@given(st.binary(min_size=32, max_size=48))
def test_secret_is_a_prefix_and_32_bytes_in_base64(entropy: bytes) -> None:
    prefix, _, rest = signing_secret(entropy).partition("_")
    assert prefix == "whsec"
    assert base64.b64decode(rest, validate=True) == entropy[:32]


def test_secret_rejects_too_little_randomness() -> None:
    """A short secret would work, but could be guessed."""
    with pytest.raises(ValueError, match="32 random bytes"):
        signing_secret(bytes(31))
