"""The flows against the simulator. Both are written from the same documentation, independently of each other."""

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind
from letmepost.domain.flow import Call, Found, Live, Warn
from letmepost.domain.received import Checksum
from letmepost.domain.sandbox_pages import post_path
from letmepost.platforms.mastodon import PLATFORM
from letmepost.platforms.mastodon.connect import OAUTH
from tests.doubles.client import CALLBACK, SERVER
from tests.doubles.media import STARTS, image, video
from tests.doubles.simulated import facts, failed
from tests.platforms.mastodon.world import World

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


def consent(world: World, choice: str) -> dict[str, str]:
    return world.consent(choice, code_challenge=CHALLENGE)


def test_person_consents_and_their_account_is_connected_with_the_limits_of_its_server() -> None:
    world = World()
    code = consent(world, "allow")["code"]
    [account] = world.exchange(code, code_verifier=VERIFIER)
    assert account.platform_account_id.startswith(f"{SERVER}/")
    assert (account.handle or "").endswith(f"@{SERVER}")
    assert account.scopes == ("read:accounts", "read:statuses", "write:statuses", "write:media")
    assert OAUTH.missing(account.scopes) == ()
    assert (account.credential.expires_at, account.token_expires_at) == (None, None)
    assert account.data["server"] == SERVER
    assert (account.data["limits"]["characters"], account.data["limits"]["quotes"]) == (500, True)
    assert failed(lambda: world.exchange(code, code_verifier=VERIFIER)).kind is FailureKind.AUTH_FAILED


def test_denied_consent_returns_an_error() -> None:
    returned = consent(World(), "deny")
    assert (returned["error"], returned["state"]) == ("access_denied", "s&t")


@pytest.mark.parametrize("change", [{"code_verifier": "w" * 43}, {"redirect_uri": "https://o.example"}, {"code": "x"}])
def test_code_is_rejected_with_another_verifier_or_uri(change: dict[str, str]) -> None:
    world = World()
    given = {"code": consent(world, "allow")["code"], "code_verifier": VERIFIER, "redirect_uri": CALLBACK, **change}
    assert failed(lambda: world.exchange(**given)).kind is FailureKind.AUTH_FAILED


def test_app_that_the_server_deleted_is_reported() -> None:
    world = World()
    code = consent(world, "allow")["code"]
    world.forget("app", "oauth/app")
    failure = failed(lambda: world.exchange(code, code_verifier=VERIFIER))
    assert (failure.kind, (failure.response or {})["code"]) == (FailureKind.UNAVAILABLE, "invalid_client")


def test_disconnected_account_has_no_token_any_more() -> None:
    world = World()
    account = world.connect()
    world.run(PLATFORM.check(facts(account), world.settings))
    assert world.run(PLATFORM.refresh(facts(account), world.settings)).secrets == {}
    for _ in range(2):
        world.run(PLATFORM.disconnect(facts(account), world.settings))
    assert failed(lambda: world.run(PLATFORM.check(facts(account), world.settings))).kind is FailureKind.AUTH_FAILED


def test_create_is_repeated_with_the_same_key() -> None:
    world = World()
    post = world.ready(world.connect("unavailable"), first_comment="comment")
    assert world.work(post) == "published"
    keys = [(call.step, call.headers["Idempotency-Key"]) for call in world.seen if isinstance(call, Call) and call.json]
    assert len(keys) > len(set(keys)) == 2
    assert [step for step, _ in dict.fromkeys(keys)] == ["post", "comment"]
    assert world.visible() == ["hello", "comment"]


def test_post_appears_as_the_author_that_the_account_has() -> None:
    world = World()
    account = world.connect()
    [live] = world.publish(account)
    [post] = world.posts()
    assert PLATFORM.authors(facts(account)) == (post.account_id,)
    assert isinstance(live, Live)
    assert live.url == f"{world.root}{post_path(post.uri)}"


def test_lost_post_is_found_among_later_posts() -> None:
    world = World()
    post = world.ready(world.connect("timeout_after_publish"))
    intent = world.lose(post)
    for number in range(100):
        world.advance(seconds=7)
        world.call("POST", "/api/v1/statuses", {"status": f"later {number}"})
    found = world.look_for(post, intent)
    assert isinstance(found, Found)
    assert found.reply.data()["id"] == world.posts()[0].uri


def test_media_item_of_an_unseen_post_is_not_uploaded_again() -> None:
    """After the unseen publish, the server reports the media item as missing: it is attached."""
    world = World()
    post = world.ready(world.connect(), media=(image(),))
    world.finish(post)
    del world.journal.steps["post"]
    world.forget("idempotency")
    world.announced.clear()
    [live] = world.finish(post)
    assert isinstance(live, Live)
    assert [one.uri for one in world.posts()] == [live.uri]


def test_expired_media_item_is_uploaded_again() -> None:
    world = World()
    post = world.ready(world.connect(), media=(image(),))
    world.finish(replace(post, content=replace(post.content, text="")))
    world.forget("idempotency", "media", "status")
    del world.journal.steps["post"]
    world.finish(post)
    [visible] = world.posts()
    assert (visible.text, len(visible.record["media"])) == ("hello", 1)


def test_refused_media_that_are_all_there_are_a_rejection() -> None:
    world = World()
    failure = failed(lambda: world.publish(world.connect(), "a" * 501, media=(image(),)))
    assert failure.kind is FailureKind.REJECTED
    assert "Text character limit of 500 exceeded" in failure.message


def test_post_can_reply_and_quote() -> None:
    world = World()
    account = world.connect()
    [first] = world.publish(account, "first")
    assert isinstance(first, Live)
    world.publish(account, "second", options={"replyToId": first.uri, "quotedStatusId": first.uri})
    second = world.posts()[1]
    assert (second.reply_to, second.record["quoted"]) == (first.uri, first.uri)


@pytest.mark.parametrize("options", [{"replyToId": "5"}])
def test_reply_to_a_missing_post_is_rejected(options: dict[str, Any]) -> None:
    world = World()
    failure = failed(lambda: world.publish(world.connect(), options=options))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "mastodon.reference.not_found")


def test_first_comment_that_the_server_rejects_is_a_warning() -> None:
    world = World()
    said = world.publish(world.connect(), first_comment="a" * 501)
    assert [type(one) for one in said] == [Live, Warn]
    assert world.visible() == ["hello"]


def test_rate_limit_states_when_it_resets() -> None:
    world = World()
    account = world.connect("rate_limited")
    world.advance(seconds=61.5)
    failure = failed(lambda: world.publish(account))
    assert failure.retry_at is not None
    assert timedelta() < failure.retry_at - world.now <= timedelta(minutes=5)


def test_limits_of_a_large_server_are_kept_with_the_account() -> None:
    world = World()
    account = world.connect("large_limits")
    assert account.data["limits"]["characters"] == 5000
    world.publish(account, "a" * 5000)
    assert len(world.visible()[0]) == 5000


@pytest.mark.parametrize("scenario", ["ok", "slow", "upload_stops"])
def test_video_arrives_whole_whatever_happens_to_its_upload(scenario: str) -> None:
    world = World()
    film = video(size_bytes=100_000)
    assert world.work(world.ready(world.connect(scenario), media=(film,))) == "published"
    [post] = world.posts()
    content = STARTS["video/mp4"].ljust(100_000, b"\n")
    assert post.record["video"] == {"sizeBytes": 100_000, "checksum": str(Checksum.of(content))}


def test_video_that_expired_before_its_post_is_uploaded_again() -> None:
    world = World()
    post = world.ready(world.connect("rate_limited"), media=(video(),))
    failed(lambda: world.finish(post))
    world.advance(hours=25)
    assert world.work(post) == "published"
    assert world.visible() == ["hello"]
