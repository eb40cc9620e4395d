"""TikTok's webhooks: the signature, and what they report."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import digest

import pytest
from pydantic import SecretStr

from letmepost.platforms.connecting import Callback, Notice
from letmepost.platforms.tiktok.settings import TikTokSettings
from letmepost.platforms.tiktok.webhooks import notified

SENT_AT = datetime.fromtimestamp(1_700_000_001, UTC)
SETTINGS = TikTokSettings(client_id="ck", client_secret=SecretStr("secret"))
BODY = (
    b'{"client_key":"ck","event":"post.publish.complete","create_time":1700000000,"user_openid":"oid","content":'
    b'"{\\"publish_id\\":\\"v_pub_file~v2-1.1\\",\\"publish_type\\":\\"DIRECT_PUBLISH\\"}"}'
)
SIGNATURE = "1e1984ec2520550b0dd9e24d7fad8a0db55ea169dae02bde2120c7684bb55bd2"


def callback(body: bytes = BODY, signature: str | None = None, *, late: timedelta = timedelta()) -> Callback:
    signed = digest(b"secret", b"1700000001." + body, sha256).hex() if signature is None else signature
    headers = {"tiktok-signature": f"t=1700000001,s={signed}"}
    return Callback(headers=headers, body=body, received_at=SENT_AT + late)


def event(name: str, **content: object) -> bytes:
    return json.dumps({"event": name, "user_openid": "oid", "content": json.dumps(content)}).encode()


def test_webhook_with_the_documented_signature_is_read() -> None:
    [notice] = notified(callback(signature=SIGNATURE), SETTINGS)
    assert notice == Notice(owner_id="oid", finished="v_pub_file~v2-1.1")


@pytest.mark.parametrize(
    ("body", "notice"),
    [
        (event("post.publish.publicly_available", publish_id="p", post_id="1"), Notice(owner_id="oid", finished="p")),
        (event("post.publish.inbox_delivered", publish_id="p"), Notice(owner_id="oid")),
        (event("post.publish.failed", publish_id="p", reason="internal"), Notice(owner_id="oid")),
        (event("authorization.removed", reason=1), Notice(owner_id="oid", is_withdrawn=True)),
        (event("something.new"), Notice(owner_id="oid")),
    ],
)
def test_event_is_reported_to_its_account(body: bytes, notice: Notice) -> None:
    assert notified(callback(body), SETTINGS) == (notice,)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event": "x"}', b'{"user_openid": "oid"}'])
def test_signed_webhook_without_an_event_reports_nothing(body: bytes) -> None:
    assert notified(callback(body), SETTINGS) == ()


@pytest.mark.parametrize("late", [timedelta(seconds=299), timedelta(seconds=-299)])
def test_clocks_may_differ_by_five_minutes(late: timedelta) -> None:
    assert notified(callback(late=late), SETTINGS)


@pytest.mark.parametrize(
    "wrong",
    [
        callback(signature="0" * 64),
        callback(signature=""),
        callback(signature="é"),
        callback(late=timedelta(seconds=301)),
        callback(late=timedelta(seconds=-301)),
        Callback(headers={}, body=BODY, received_at=SENT_AT),
        Callback(headers={"tiktok-signature": "garbage"}, body=BODY, received_at=SENT_AT),
    ],
)
def test_unsigned_or_old_webhook_is_refused(wrong: Callback) -> None:
    with pytest.raises(ValueError, match="webhook"):
        notified(wrong, SETTINGS)


def test_webhook_is_refused_without_a_secret() -> None:
    with pytest.raises(ValueError, match="webhook"):
        notified(callback(), TikTokSettings())
