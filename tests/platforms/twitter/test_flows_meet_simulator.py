"""The flows against the simulator. Both are written from the same specification, independently of each other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind, LimitScope, NoReply
from letmepost.domain.flow import Call, Effect, Extra, Found, Intent, Live, Part, Reconciled, Unknown
from letmepost.domain.playback import first_calls
from letmepost.platforms.contract import ConnectedAccount, ConsentRequest, Grant, ReadyPost
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.connect import OAUTH
from tests.doubles.simulated import facts, failed
from tests.platforms.twitter.transcripts import gif, image
from tests.platforms.twitter.world import World

PICTURE = image(size_bytes=1000)
MOVING = gif(size_bytes=9_000_000)
DESCRIBED = replace(image(2, content_type="image/png", size_bytes=1000), alt_text="A cat")
POLL = {"poll": {"options": ["yes", "no"], "durationMinutes": 60}}


def look(world: World, post: ReadyPost, call: Call, started_at: Any) -> Reconciled:
    found: Reconciled = world.run(PLATFORM.reconcile(post, Intent(call, started_at), world.settings))
    return found


def lost_create(world: World, account: ConnectedAccount, **content: Any) -> tuple[ReadyPost, Call]:
    """Return a post whose create was executed without a response."""
    post = world.ready(account, **content)
    with pytest.raises(NoReply):
        world.publish_ready(post)
    [*_, create] = [call for call in world.seen if isinstance(call, Call)]
    assert create.effect is Effect.PUBLISH
    return post, create


def test_account_is_connected_by_its_consent() -> None:
    world = World()
    account = world.connect()
    assert account.handle is not None
    assert account.handle.startswith("sandbox_")
    assert set(account.scopes) == {"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"}
    world.run(PLATFORM.check(facts(account), world.settings))


def consent(world: World, choice: str) -> dict[str, str]:
    """Choose on the consent page, and return the parameters of its redirect. The verifier is 43 times the letter v."""
    request = ConsentRequest(
        redirect_uri="https://me.test/cb?a=1", state="s&t", code_challenge="7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
    )
    url = urlsplit(OAUTH.consent_url(request, world.settings))
    query = (*parse_qsl(url.query), ("choice", choice))
    reply = world.ask("GET", url.path.removeprefix("/org_1/twitter"), query=query)
    assert reply.status == 302
    return dict(parse_qsl(urlsplit(reply.headers["location"]).query))


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


@pytest.mark.parametrize(
    "content",
    [
        {"text": "Grüße 🎉 https://example.org/a?b=1. example.com <b> & #Über @someone $AAPL"},
        {"text": "故" * 140},
        {"text": "", "media": (PICTURE,)},
        {"text": "four", "media": (PICTURE, DESCRIBED, PICTURE, DESCRIBED)},
        {"text": "moving", "media": (MOVING,)},
        {"text": "poll", "options": POLL},
        {"text": "said", "options": {"replySettings": "following", "madeWithAi": True}},
    ],
)
def test_post_is_accepted_and_visible(content: dict[str, Any]) -> None:
    world = World()
    [live] = world.publish(world.connect(), **content)
    assert isinstance(live, Live)
    [seen] = PLATFORM.simulator.posts(world.state)
    assert (seen.uri, seen.text) == (live.uri, content["text"])
    assert len(seen.record["media_keys"]) == len(content.get("media", ()))


def test_alt_text_reaches_the_media_item() -> None:
    world = World()
    world.publish(world.connect(), media=(DESCRIBED,))
    [item] = [value for key, value in world.state.items() if key.startswith("media/")]
    assert item["alt_text"] == "A cat"


def test_thread_and_its_comment_are_visible_in_order() -> None:
    world = World()
    said = world.publish(
        world.connect(),
        text="one",
        media=(PICTURE,),
        thread=(ThreadPart(text="two", media=(MOVING,)), ThreadPart(text="three")),
        first_comment="comment",
    )
    assert [type(one) for one in said] == [Part, Part, Part, Live, Extra]
    assert world.visible() == ["one", "two", "three", "comment"]
    posts = PLATFORM.simulator.posts(world.state)
    assert [post.reply_to for post in posts] == [None, posts[0].uri, posts[1].uri, posts[0].uri]


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
    world.credential = first.credential
    [mention] = world.publish(first, f"hello @{second.handle}!")
    assert isinstance(mention, Live)
    world.credential = second.credential
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


def test_deleted_post_is_gone_and_can_be_deleted_again() -> None:
    world = World()
    account = world.connect()
    [live] = world.publish(account)
    assert isinstance(live, Live)
    for _ in range(2):
        world.run(PLATFORM.unpublish(facts(account), [live.uri], world.settings))  # type: ignore[misc]  # it can
    assert world.visible() == []


@pytest.mark.parametrize(
    "content",
    [
        {"text": "hello"},
        {"text": "see example.com & <https://example.org/A?b=1>, 🎉"},
        {"text": "picture", "media": (PICTURE, DESCRIBED)},
        {"text": "", "media": (MOVING,)},
    ],
)
def test_lost_post_is_found(content: dict[str, Any]) -> None:
    world = World()
    account = world.connect("timeout_after_publish")
    started_at = world.now
    post, create = lost_create(world, account, **content)
    world.now += timedelta(seconds=PLATFORM.visibility_delay_s)
    found = look(world, post, create, started_at)
    assert isinstance(found, Found)
    assert create.step is not None
    world.journal[create.step] = found.reply
    [live] = [world.run(PLATFORM.publish(post, world.settings)), *world.seen][-1:]
    assert isinstance(live, Live)
    assert [seen.uri for seen in PLATFORM.simulator.posts(world.state)] == [live.uri]


PLAIN = ("a", "Über", "故", "🎉", "&", "<b>", "&amp;", "&copy;", "\n", "  ", "@ann", "#tag", ".", "e\u0301")
LINKED = ("example.com", "Example.COM/", "https://a.com/?x=1&copy=2#y", "http://a.com/B_(c)", "https://t.co/abc")


@given(
    st.lists(st.sampled_from(PLAIN + LINKED), min_size=1, max_size=6), st.booleans(), st.sampled_from(["", " ", "é"])
)
def test_every_kind_of_post_is_recognized(pieces: list[str], has_media: bool, glue: str) -> None:  # noqa: FBT001 - drawn
    text = f"x {glue.join(pieces)}"
    world = World()
    account = world.connect("timeout_after_publish")
    started_at = world.now
    post, create = lost_create(world, account, text=text, media=(PICTURE,) if has_media else ())
    world.now += timedelta(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(look(world, post, create, started_at), Found)
    other = replace(create, json={**(create.json or {}), "text": f"{text} or not"})
    assert isinstance(look(world, post, other, started_at), Unknown)


def test_lost_continuation_is_found_under_its_parent() -> None:
    world = World()
    account = world.connect()
    [first] = world.publish(account, "two")
    assert isinstance(first, Live)
    key = f"account/{account.platform_account_id}"
    world.state[key] = {**world.state[key], "scenario": "timeout_after_publish"}
    started_at = world.now
    post, create = lost_create(world, account, text="two", options={"replyToTweetId": first.uri.rpartition("/")[2]})
    world.now += timedelta(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(look(world, post, create, started_at), Found)


def test_lost_post_is_found_among_later_posts() -> None:
    world = World()
    account = world.connect("timeout_after_publish")
    started_at = world.now
    post, create = lost_create(world, account)
    world.now += timedelta(seconds=PLATFORM.visibility_delay_s)
    for number in range(25):
        world.publish(account, f"later {number}")
    world.now += timedelta(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(look(world, post, create, started_at), Found)


@pytest.mark.parametrize("seconds", [-8, 8])
def test_lost_post_is_found_when_clocks_differ(seconds: float) -> None:
    world = World()
    account = world.connect("timeout_after_publish")
    started_at = world.now + timedelta(seconds=seconds)
    post, create = lost_create(world, account)
    world.now += timedelta(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(look(world, post, create, started_at), Found)


@pytest.mark.parametrize("scenario", ["unavailable", "flaky"])
def test_post_that_was_not_executed_stays_unknown(scenario: str) -> None:
    world = World()
    account = world.connect(scenario)
    post = world.ready(account)
    assert failed(lambda: world.publish_ready(post)).kind is FailureKind.IN_DOUBT
    [*_, create] = [call for call in world.seen if isinstance(call, Call)]
    world.now += timedelta(seconds=PLATFORM.visibility_delay_s)
    assert isinstance(look(world, post, create, world.now), Unknown)


@pytest.mark.parametrize(
    ("scenario", "kind"),
    [
        ("rate_limited", FailureKind.RATE_LIMITED),
        ("daily_limit", FailureKind.QUOTA_EXHAUSTED),
        ("out_of_credits", FailureKind.QUOTA_EXHAUSTED),
        ("auth_revoked", FailureKind.AUTH_FAILED),
        ("rejected", FailureKind.REJECTED),
        ("duplicate", FailureKind.DUPLICATE),
        ("unavailable", FailureKind.IN_DOUBT),
        ("flaky", FailureKind.IN_DOUBT),
    ],
)
def test_scenario_has_its_outcome(scenario: str, kind: FailureKind) -> None:
    world = World()
    account = world.connect(scenario)
    failure = failed(lambda: world.publish(account))
    assert failure.kind is kind
    assert (failure.retry_at is not None) == (kind in {FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED})
    assert (failure.scope is LimitScope.APP) == (scenario == "out_of_credits")
    assert world.visible() == []


@pytest.mark.parametrize("scenario", ["rate_limited", "flaky", "unavailable", "slow"])
def test_temporary_scenario_ends(scenario: str) -> None:
    world = World()
    account = world.connect(scenario)
    for _ in range({"rate_limited": 2, "flaky": 1, "unavailable": 1, "slow": 0}[scenario]):
        failed(lambda: world.publish(account))
    world.now += timedelta(seconds=9)
    world.publish(account)
    assert world.visible() == ["hello"]


def test_uploads_to_an_unavailable_server_can_be_repeated() -> None:
    world = World()
    account = world.connect("unavailable")
    assert failed(lambda: world.publish(account, media=(PICTURE,))).kind is FailureKind.UNAVAILABLE


def test_gif_that_is_never_ready_keeps_the_flow_waiting() -> None:
    world = World()
    post = world.ready(world.connect("processing_forever"), media=(MOVING,))
    for _ in range(3):
        assert world.run(PLATFORM.publish(post, world.settings)) is not None
    assert world.visible() == []


def test_expired_media_are_uploaded_again() -> None:
    world = World()
    account = world.connect("rate_limited")
    post = world.ready(account, media=(PICTURE,))
    for _ in range(2):
        failed(lambda: world.run(PLATFORM.publish(post, world.settings)))
    world.now += timedelta(hours=25)
    world.credential = world.run(PLATFORM.refresh(facts(account), world.settings))
    world.run(PLATFORM.publish(post, world.settings))
    assert world.visible() == ["hello"]


def test_expired_token_is_detected_and_can_be_refreshed_once() -> None:
    world = World()
    account = world.connect("token_expiring")
    world.now += timedelta(seconds=6)
    post = world.ready(account)
    [create] = first_calls(PLATFORM.publish(post, world.settings))
    assert PLATFORM.needs_refresh(world.send(create))
    old = world.credential
    fresh = world.run(PLATFORM.refresh(facts(account), world.settings))
    assert failed(lambda: world.run(PLATFORM.refresh(facts(account), world.settings))).kind is FailureKind.AUTH_FAILED
    assert old is not None
    assert fresh.secrets["refresh_token"] != old.secrets["refresh_token"]
    world.credential = fresh
    world.publish_ready(post)
    assert world.visible() == ["hello"]


def test_permission_of_a_disconnected_account_is_over() -> None:
    world = World()
    account = world.connect()
    for _ in range(2):
        world.run(PLATFORM.disconnect(facts(account), world.settings))
    assert failed(lambda: world.run(PLATFORM.check(facts(account), world.settings))).kind is FailureKind.AUTH_FAILED
    assert failed(lambda: world.run(PLATFORM.refresh(facts(account), world.settings))).kind is FailureKind.AUTH_FAILED
