"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import MediaItem
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Found, Live, Unknown
from letmepost.domain.received import Checksum
from letmepost.gateways.step_calls import InDoubtError
from letmepost.platforms.connecting import Grant
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.connect import OAUTH
from tests.doubles.media import STARTS
from tests.doubles.simulated import facts, failed
from tests.platforms.twitter.transcripts import gif, image, video
from tests.platforms.twitter.world import World

PICTURE = image(size_bytes=1000)
DESCRIBED = replace(image(2, content_type="image/png", size_bytes=1000), alt_text="A cat")


def test_account_is_connected_by_its_consent() -> None:
    world = World()
    account = world.connect()
    assert account.handle is not None
    assert account.handle.startswith("sandbox_")
    assert set(account.scopes) == {"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"}
    world.run(PLATFORM.check(facts(account), world.settings))


def consent(world: World, choice: str) -> dict[str, str]:
    """Choose on the consent page, and return the parameters of its redirect. The verifier is 43 times the letter v."""
    challenge = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
    return world.consent(choice, redirect_uri="https://me.test/cb?a=1", code_challenge=challenge)


def test_consent_page_leads_to_an_account_with_a_verified_code() -> None:
    world = World()
    back = consent(world, "allow")
    assert (back["a"], back["state"]) == ("1", "s&t")
    grant = Grant(code=back["code"], redirect_uri="https://me.test/cb?a=1", code_verifier="v" * 43)
    [account] = world.run(OAUTH.accounts(grant, world.settings))
    assert "media.write" in account.scopes
    again = failed(lambda: world.run(OAUTH.accounts(grant, world.settings)))
    assert again.kind is FailureKind.AUTH_FAILED


@pytest.mark.parametrize(
    "change", [{"code_verifier": "w" * 43}, {"redirect_uri": "https://me.test/other"}, {"code": "other"}]
)
def test_code_is_rejected_with_other_app_uri_or_verifier(change: dict[str, Any]) -> None:
    world = World()
    code = consent(world, "allow")["code"]
    grant = replace(Grant(code=code, redirect_uri="https://me.test/cb?a=1", code_verifier="v" * 43), **change)
    assert failed(lambda: world.run(OAUTH.accounts(grant, world.settings))).kind is FailureKind.AUTH_FAILED


def test_code_is_rejected_after_half_a_minute() -> None:
    world = World()
    grant = Grant(code=consent(world, "allow")["code"], redirect_uri="https://me.test/cb?a=1", code_verifier="v" * 43)
    world.now += timedelta(seconds=31)
    assert failed(lambda: world.run(OAUTH.accounts(grant, world.settings))).kind is FailureKind.AUTH_FAILED


def test_denied_consent_returns_an_error() -> None:
    assert consent(World(), "deny") == {"a": "1", "state": "s&t", "error": "access_denied"}


def test_missing_media_permission_requires_a_reconnect() -> None:
    world = World()
    code = consent(world, "without_media")["code"]
    grant = Grant(code=code, redirect_uri="https://me.test/cb?a=1", code_verifier="v" * 43)
    [account] = world.run(OAUTH.accounts(grant, world.settings))
    world.credential = account.credential
    world.publish(account)
    failure = failed(lambda: world.publish(account, media=(PICTURE,)))
    assert failure.kind is FailureKind.AUTH_FAILED
    assert "media" in failure.message


def test_alt_text_reaches_the_media_item() -> None:
    world = World()
    world.publish(world.connect(), media=(DESCRIBED,))
    [item] = [value for key, value in world.state.items() if key.startswith("media/")]
    assert item["alt_text"] == "A cat"


def test_reply_is_accepted_to_oneself_and_to_mentions_only() -> None:
    world = World()
    first = world.connect()
    [live] = world.publish(first, "a stranger's")
    assert isinstance(live, Live)
    stranger = live.uri.rpartition("/")[2]
    world.publish(first, "own response", options={"replyToTweetId": stranger})
    second = world.connect()
    failure = failed(lambda: world.publish(second, "hey", options={"replyToTweetId": stranger}))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "twitter.reply.not_allowed")
    world.use(first)
    [mention] = world.publish(first, f"hello @{second.handle}!")
    assert isinstance(mention, Live)
    world.use(second)
    world.publish(second, "hey", options={"replyToTweetId": mention.uri.rpartition("/")[2]})
    assert world.visible()[-1] == "hey"
    gone = failed(lambda: world.publish(second, "hey", options={"replyToTweetId": "1"}))
    assert gone.kind is FailureKind.REJECTED


def test_quote_is_rejected_for_self_serve_apps() -> None:
    world = World()
    account = world.connect()
    failure = failed(lambda: world.publish(account, options={"quoteTweetId": "1"}))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "twitter.quote.not_allowed")


def test_same_text_again_is_a_duplicate() -> None:
    world = World()
    account = world.connect()
    world.publish(account)
    assert failed(lambda: world.publish(account)).kind is FailureKind.DUPLICATE
    assert world.visible() == ["hello"]


PLAIN = ("a", "Über", "故", "🎉", "&", "<b>", "&amp;", "&copy;", "\n", "  ", "@ann", "#tag", ".", "e\u0301")
LINKED = ("example.com", "Example.COM/", "https://a.com/?x=1&copy=2#y", "http://a.com/B_(c)", "https://t.co/abc")


@given(
    st.lists(st.sampled_from(PLAIN + LINKED), min_size=1, max_size=6), st.booleans(), st.sampled_from(["", " ", "é"])
)
def test_every_kind_of_post_is_recognized(pieces: list[str], has_media: bool, glue: str) -> None:  # noqa: FBT001 - drawn
    text = f"x {glue.join(pieces)}"
    world = World()
    post = world.ready(world.connect("timeout_after_publish"), text, media=(PICTURE,) if has_media else ())
    intent = world.lose(post)
    world.advance(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(world.look_for(post, intent), Found)
    other = replace(intent.call, json={**(intent.call.json or {}), "text": f"{text} or not"})
    assert isinstance(world.look_for(post, replace(intent, call=other)), Unknown)


def test_lost_continuation_is_found_under_its_parent() -> None:
    world = World()
    account = world.connect()
    [first] = world.publish(account, "two")
    assert isinstance(first, Live)
    key = f"account/{account.platform_account_id}"
    world.state[key] = {**world.state[key], "scenario": "timeout_after_publish"}
    post = world.ready(account, "two", options={"replyToTweetId": first.uri.rpartition("/")[2]})
    intent = world.lose(post)
    world.advance(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(world.look_for(post, intent), Found)


def test_lost_post_is_found_among_later_posts() -> None:
    world = World()
    account = world.connect("timeout_after_publish")
    post = world.ready(account)
    intent = world.lose(post)
    world.advance(seconds=PLATFORM.visibility_delay_s)
    for number in range(25):
        world.publish(account, f"later {number}")
    world.advance(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(world.look_for(post, intent), Found)


@pytest.mark.parametrize("seconds", [-8, 8])
def test_lost_post_is_found_when_clocks_differ(seconds: float) -> None:
    world = World()
    post = world.ready(world.connect("timeout_after_publish"))
    intent = world.lose(post)
    world.advance(seconds=PLATFORM.visibility_delay_s)
    moved = replace(intent, started_at=intent.started_at + timedelta(seconds=seconds))
    assert isinstance(world.look_for(post, moved), Found)


@pytest.mark.parametrize(("scenario", "failures"), [("rate_limited", 2), ("flaky", 1), ("unavailable", 1), ("slow", 0)])
def test_temporary_scenario_ends(scenario: str, failures: int) -> None:
    world = World()
    account = world.connect(scenario)
    for _ in range(failures):
        with pytest.raises((PlatformFailure, InDoubtError)):
            world.publish(account)
    world.advance(seconds=9)
    world.publish(account)
    assert world.visible() == ["hello"]


def test_uploads_to_an_unavailable_server_can_be_repeated() -> None:
    world = World()
    account = world.connect("unavailable")
    assert failed(lambda: world.publish(account, media=(PICTURE,))).kind is FailureKind.UNAVAILABLE


def test_expired_media_are_uploaded_again() -> None:
    world = World()
    post = world.ready(world.connect("rate_limited"), media=(PICTURE,))
    for _ in range(2):
        failed(lambda: world.finish(post))
    world.advance(hours=25)
    world.finish(post)
    assert world.visible() == ["hello"]


def test_refresh_token_is_valid_once() -> None:
    world = World()
    account = world.connect()
    fresh = world.run(PLATFORM.refresh(facts(account), world.settings))
    assert fresh.secrets["refresh_token"] != account.credential.secrets["refresh_token"]
    assert failed(lambda: world.run(PLATFORM.refresh(facts(account), world.settings))).kind is FailureKind.AUTH_FAILED


@pytest.mark.parametrize(
    "media", [(PICTURE, DESCRIBED, PICTURE, DESCRIBED), (gif(size_bytes=9_000_000),), (video(size_bytes=1000),)]
)
def test_post_shows_every_media_item(media: tuple[MediaItem, ...]) -> None:
    world = World()
    world.publish(world.connect(), media=media)
    [post] = world.posts()
    assert len(post.record["media_keys"]) == len(media)


@pytest.mark.parametrize("scenario", ["ok", "small_segments", "upload_stops", "upload_lost"])
def test_video_arrives_whole_whatever_happens_to_its_upload(scenario: str) -> None:
    world = World()
    film = video(size_bytes=1_500_000)
    assert world.work(world.ready(world.connect(scenario), media=(film,))) == "published"
    [post] = world.posts()
    content = STARTS["video/mp4"].ljust(1_500_000, b"\n")
    assert post.record["video"] == {"sizeBytes": 1_500_000, "checksum": str(Checksum.of(content))}


def test_long_video_is_published_with_a_subscription() -> None:
    world = World()
    account = world.connect("subscriber")
    assert account.data == {"subscription": "Premium"}
    world.publish(account, media=(video(duration_s=600.0),))
    assert world.visible() == ["hello"]


def test_permission_of_a_disconnected_account_is_over() -> None:
    world = World()
    account = world.connect()
    for _ in range(2):
        world.run(PLATFORM.disconnect(facts(account), world.settings))
    assert failed(lambda: world.run(PLATFORM.check(facts(account), world.settings))).kind is FailureKind.AUTH_FAILED
    assert failed(lambda: world.run(PLATFORM.refresh(facts(account), world.settings))).kind is FailureKind.AUTH_FAILED
