"""The webhook signatures of the server, and the verification of the client."""

from datetime import UTC, datetime

import pytest
from letmepost_client import Timing, webhooks

from letmepost.domain.signing import signature_headers, signing_secret

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
OLD, NEW = signing_secret(bytes(32)), signing_secret(bytes(range(32)))


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_client_accepts_each_secret_during_a_rotation(secret: str) -> None:
    body = b'{"id":"evt_1","type":"post.published","data":{"sequence":1}}'
    headers = signature_headers(
        event_id="evt_1", event_type="post.published", delivery_id="dlv_1", body=body, secrets=[NEW, OLD], now=NOW
    )
    event = webhooks.verify(body, headers, secret, timing=Timing(unix_time=NOW.timestamp))
    assert event.id == "evt_1"
