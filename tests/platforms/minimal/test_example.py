"""The example platform against its simulator."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from letmepost.domain.content import MediaItem, MediaKind, PostContent, ThreadPart
from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Absent, Found, Intent, Live, Unknown
from letmepost.domain.playback import first_calls
from letmepost.domain.rules import violations
from tests.doubles.media import image
from tests.doubles.simulated import failed
from tests.doubles.targets import on
from tests.platforms.client import Client
from tests.platforms.minimal.example import PLATFORM

VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
"""The challenge of the verifier (RFC 7636 section 4.2)."""


def connected(scenario: str = "ok") -> Client:
    client = Client(PLATFORM)
    client.connect(scenario)
    return client


def live(client: Client, text: str = "hello", **content: Any) -> Live:
    [announced] = client.publish(client.account, text, **content)
    assert isinstance(announced, Live)
    return announced


def test_account_is_connected_by_its_consent() -> None:
    client = Client(PLATFORM)
    returned = client.consent("allow", code_challenge=CHALLENGE)
    assert returned["state"] == "s&t"
    [account] = client.exchange(returned["code"], code_verifier=VERIFIER)
    assert account.handle == f"sandbox_{account.platform_account_id}"
    assert account.scopes == ("profile", "posts")
    client.check()


def test_code_is_accepted_once_and_only_with_its_verifier() -> None:
    client = Client(PLATFORM)
    code = client.consent("allow", code_challenge=CHALLENGE)["code"]
    wrong = failed(lambda: client.exchange(code, code_verifier="w" * 43))
    code = client.consent("allow", code_challenge=CHALLENGE)["code"]
    client.exchange(code, code_verifier=VERIFIER)
    used = failed(lambda: client.exchange(code, code_verifier=VERIFIER))
    assert (wrong.kind, used.kind) == (FailureKind.AUTH_FAILED, FailureKind.AUTH_FAILED)


def test_denied_consent_returns_an_error() -> None:
    assert Client(PLATFORM).consent("deny") == {"error": "access_denied", "state": "s&t"}


def test_account_without_the_scope_must_be_reconnected() -> None:
    client = Client(PLATFORM)
    [account] = client.exchange(
        client.consent("without_posts", code_challenge=CHALLENGE)["code"], code_verifier=VERIFIER
    )
    assert PLATFORM.oauth is not None
    assert PLATFORM.oauth.missing(account.scopes) == ("publish",)
    assert failed(lambda: client.publish(account)).kind is FailureKind.AUTH_FAILED


def test_text_is_published_as_it_is() -> None:
    client = connected()
    announced = live(client, "Grüße 🎉", options={"audience": "followers"})
    [post] = client.posts()
    assert (post.uri, post.text, post.record["audience"]) == (announced.uri, "Grüße 🎉", "followers")
    assert announced.url == f"{client.root}/posts/{announced.uri}"


def test_image_is_published_with_its_alt_text() -> None:
    client = connected()
    live(client, "", media=(image(content_type="image/png", alt_text="A cat"),))
    [post] = client.posts()
    [shown] = post.record["images"]
    assert f"image/{shown['id']}" in client.state
    assert shown["alt_text"] == "A cat"


@pytest.mark.parametrize("media", [(), (image(),)], ids=["text", "image"])
def test_post_with_a_lost_response_is_found(media: tuple[MediaItem, ...]) -> None:
    client = connected("timeout_after_publish")
    post = client.ready(client.account, "hello", media=media)
    intent = client.lose(post)
    client.advance(seconds=PLATFORM.visibility_delay_s)
    found = client.look_for(post, intent)
    assert isinstance(found, Found)
    client.record(intent.call.step, found.reply)
    [announced] = client.finish(post)
    assert isinstance(announced, Live)
    assert [seen.uri for seen in client.posts()] == [announced.uri], "the flow continues with this reply"


def test_post_that_was_not_executed_is_absent() -> None:
    client = connected()
    live(client, "another")
    client.advance(seconds=60)
    post = client.ready(client.account, "hello")
    [create] = first_calls(PLATFORM.publish(post, client.settings))
    assert client.look_for(post, Intent(create, client.now)) == Absent()


def test_absence_is_not_concluded_from_a_part_of_the_list() -> None:
    client = connected()
    for number in range(101):
        live(client, str(number))
    client.advance(seconds=PLATFORM.visibility_delay_s)
    post = client.ready(client.account, "hello")
    [create] = first_calls(PLATFORM.publish(post, client.settings))
    assert isinstance(client.look_for(post, Intent(create, client.now - timedelta(seconds=10))), Unknown)


def test_look_up_that_is_refused_permanently_is_unknown() -> None:
    client = connected("timeout_after_publish")
    post = client.ready(client.account, "hello")
    intent = client.lose(post)
    for key in [key for key in client.state if key.startswith("oauth/token/")]:
        del client.state[key]
    assert isinstance(client.look_for(post, intent), Unknown)


def test_unpublished_post_is_gone_and_can_be_unpublished_again() -> None:
    client = connected()
    uri = live(client).uri
    live(client, "stays")
    for _ in range(2):
        client.unpublish(uri)
        assert client.visible() == ["stays"]


def test_expired_token_is_refreshed() -> None:
    client = connected("token_expiring")
    client.advance(minutes=1)
    assert failed(client.check).kind is FailureKind.AUTH_FAILED
    [call] = first_calls(PLATFORM.check(client.ready(client.account, "a").account, client.settings))
    assert PLATFORM.needs_refresh(client.send(call))
    client.refresh()
    client.check()


def test_revoked_account_fails_its_check_and_its_refresh() -> None:
    client = connected("auth_revoked")
    assert failed(client.check).kind is FailureKind.AUTH_FAILED
    assert failed(client.refresh).kind is FailureKind.AUTH_FAILED


@pytest.mark.parametrize(
    ("scenario", "kind", "rule"),
    [
        ("rate_limited", FailureKind.RATE_LIMITED, None),
        ("rejected", FailureKind.REJECTED, "example.content.rejected"),
        ("duplicate", FailureKind.DUPLICATE, "example.content.duplicate"),
        ("unavailable", FailureKind.IN_DOUBT, None),
        ("flaky", FailureKind.IN_DOUBT, None),
        ("auth_revoked", FailureKind.AUTH_FAILED, None),
    ],
)
def test_failure_has_the_documented_kind(scenario: str, kind: FailureKind, rule: str | None) -> None:
    client = connected(scenario)
    failure = failed(lambda: live(client, "hello"))
    assert (failure.kind, failure.rule) == (kind, rule)
    assert (failure.retry_at is not None) is (kind is FailureKind.RATE_LIMITED)
    assert client.visible() == []


def test_repeated_content_is_a_duplicate_for_a_minute() -> None:
    client = connected()
    live(client, "hello")
    assert failed(lambda: live(client, "hello")).kind is FailureKind.DUPLICATE
    client.advance(seconds=60)
    live(client, "hello")
    assert client.visible() == ["hello", "hello"]


@pytest.mark.parametrize(
    ("valid", "invalid", "rule"),
    [
        ({"text": "🎉" * 300}, {"text": "🎉" * 301}, "text.max_characters"),
        ({"text": "", "media": (image(),)}, {"text": " \n"}, "text.required"),
        (
            {"text": "", "media": (image(size_bytes=2_000_000),)},
            {"text": "", "media": (image(size_bytes=2_000_001),)},
            "media.image_size_max",
        ),
        ({"media": (image(),)}, {"media": (image(), image(2))}, "media.count_max"),
        (
            {"media": (image(alt_text="🎉" * 500),)},
            {"media": (image(alt_text="🎉" * 501),)},
            "media.alt_text_max_characters",
        ),
    ],
)
def test_preflight_and_simulator_have_the_same_limits(
    valid: dict[str, Any], invalid: dict[str, Any], rule: str
) -> None:
    client = connected()
    assert broken(**valid) == []
    live(client, **valid)
    assert broken(**invalid) == [f"example.{rule}"]
    assert failed(lambda: live(client, **invalid)).kind is FailureKind.REJECTED


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ({"thread": (ThreadPart(text="b"),)}, "thread.supported"),
        ({"first_comment": "b"}, "first_comment.supported"),
        ({"media": (MediaItem(kind=MediaKind.VIDEO, media_id=UUID(int=2)),)}, "media.kind_supported"),
    ],
)
def test_unsupported_content_is_rejected(content: dict[str, Any], rule: str) -> None:
    assert broken(text="a", **content) == [f"example.{rule}"]


def broken(**content: Any) -> list[str]:
    return [found.rule for found in violations(on(PLATFORM, PostContent(**content)), PLATFORM.rules)]
