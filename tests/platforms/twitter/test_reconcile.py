"""Reconciling a create without a reply."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.playback import Transcript, first_calls, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.twitter import PLATFORM
from letmepost.platforms.twitter.api import create_post
from letmepost.platforms.twitter.publish import publish
from letmepost.platforms.twitter.reconcile import reconcile
from tests.platforms.twitter.transcripts import (
    API,
    NOW,
    SETTINGS,
    USER_ID,
    created,
    ready,
    recorded,
    replied,
)

POST = ready("hello https://example.com/a")
[CREATE] = first_calls(publish(POST, SETTINGS))


def ask(*replies: Reply, call: Any = CREATE, post: ReadyPost = POST) -> Transcript[Reconciled]:
    return play(reconcile(post, Intent(call, NOW), SETTINGS), *replies)


def shown(text: str, **more: Any) -> dict[str, Any]:
    return {"id": "11", "text": text, "created_at": "2026-11-21T10:00:00.000Z", **more}


def outcome(sent: dict[str, Any], *entries: dict[str, Any]) -> Reconciled:
    """Return the result for a timeline if `sent` was the lost create's body."""
    call = create_post(f"{API}/2", sent, step="post")
    return ask(replied(200, {"data": list(entries), "meta": {"result_count": len(entries)}}), call=call).value()


def test_posts_of_the_period_are_read_once() -> None:
    """Later posts must not hide the lost one, and are not paid for."""
    [call] = ask().calls
    assert call.url == f"{API}/2/users/{USER_ID}/tweets"
    assert dict(call.query) == {
        "max_results": "100",
        "exclude": "retweets",
        "start_time": "2026-11-21T09:59:50Z",
        "end_time": "2026-11-21T10:00:45Z",
        "tweet.fields": "created_at,text,entities,attachments,referenced_tweets",
    }
    assert PLATFORM.visibility_delay_s == 120.0


def test_found_post_is_returned_like_a_create() -> None:
    found = ask(recorded("timeline")).value()
    assert isinstance(found, Found)
    assert json.loads(found.reply.body)["data"]["id"] == "1445880548472328193"
    assert play(publish(POST, SETTINGS), found.reply).error is None


def test_missing_post_is_unknown_and_not_sent_again() -> None:
    assert isinstance(ask(recorded("timeline_empty")).value(), Unknown)


REPLY = {"text": "yes", "reply": {"in_reply_to_tweet_id": "7"}}
MEDIA = {"text": "", "media": {"media_ids": ["21", "22"]}}
MEDIA_URL = {"url": "https://t.co/m", "expanded_url": "https://x.com/i/status/11/photo/1", "media_key": "3_21"}
ANSWERED = [{"type": "replied_to", "id": "7"}]


@pytest.mark.parametrize(
    ("sent", "entry"),
    [
        ({"text": "hello"}, shown("hello")),
        ({"text": " a  <b> & c\n"}, shown("a &lt;b&gt; &amp; c")),
        ({"text": "Cafe\u0301"}, shown("Café")),
        (
            {"text": "see Example.com/ and https://a.com/B"},
            shown(
                "see https://t.co/1 and https://t.co/2",
                entities={
                    "urls": [
                        {"url": "https://t.co/1", "expanded_url": "http://example.com"},
                        {"url": "https://t.co/2", "expanded_url": "https://a.com/B"},
                    ]
                },
            ),
        ),
        (REPLY, shown("yes", referenced_tweets=ANSWERED)),
        (REPLY, shown("@ann @bob yes", referenced_posts=ANSWERED)),
        (MEDIA, shown("https://t.co/m", entities={"urls": [MEDIA_URL]}, attachments={"media_keys": ["3_22", "3_21"]})),
    ],
)
def test_post_is_recognized_in_the_form_that_x_returns(sent: dict[str, Any], entry: dict[str, Any]) -> None:
    assert isinstance(outcome(sent, entry), Found)


@pytest.mark.parametrize(
    ("sent", "entry"),
    [
        ({"text": "hello"}, shown("hello there")),
        ({"text": "hello"}, shown("@ann hello you")),
        ({"text": "hello"}, shown("hello", referenced_tweets=ANSWERED)),
        ({"text": "hello"}, shown("hello", attachments={"media_keys": ["3_21"]})),
        ({"text": "hello"}, {**shown("hello"), "created_at": "2026-11-21T09:59:49.000Z"}),
        ({"text": "hello"}, {**shown("hello"), "created_at": "2026-11-21T10:00:00"}),
        ({"text": "hello"}, {**shown("hello"), "created_at": None}),
        ({"text": "hello"}, {"id": "11", "created_at": "2026-11-21T10:00:00Z"}),
        ({"text": "hello"}, {**shown("hello"), "id": 11}),
        (REPLY, shown("yes")),
        (REPLY, shown("yes", referenced_tweets=[{"type": "replied_to", "id": "8"}])),
        (MEDIA, shown("", attachments={"media_keys": ["3_21"]})),
        (MEDIA, shown("")),
    ],
)
def test_other_post_is_not_recognized(sent: dict[str, Any], entry: dict[str, Any]) -> None:
    assert isinstance(outcome(sent, entry), Unknown)


def test_older_of_two_matches_is_returned() -> None:
    found = outcome({"text": "hello"}, {**shown("hello"), "id": "12"}, shown("hello"))
    assert isinstance(found, Found)
    assert json.loads(found.reply.body)["data"]["id"] == "11"


def test_parts_and_comments_are_searched_under_their_parents() -> None:
    post = ready("one", thread=(ThreadPart(text="two"),))
    _, second = play(publish(post, SETTINGS), created("7")).calls
    entry = shown("two", referenced_tweets=ANSWERED)
    assert isinstance(ask(replied(200, {"data": [entry]}), call=second, post=post).value(), Found)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (replied(429, {}), FailureKind.RATE_LIMITED),
        (replied(503, {}), FailureKind.UNAVAILABLE),
        (replied(402, {}), FailureKind.QUOTA_EXHAUSTED),
        (recorded("unauthorized"), FailureKind.AUTH_FAILED),
        (replied(200, {}), FailureKind.UNAVAILABLE),
        (replied(200, {"data": {}}), FailureKind.UNAVAILABLE),
    ],
)
def test_timeline_is_read_again_after_a_temporary_failure(reply: Reply, kind: FailureKind) -> None:
    error = ask(reply).error
    assert isinstance(error, PlatformFailure)
    assert error.kind is kind


def test_permanently_refused_timeline_leaves_the_post_unknown() -> None:
    assert isinstance(ask(replied(403, {"detail": "No.", "type": "about:blank"})).value(), Unknown)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["text", "created_at", "entities", "urls", "url", "attachments", "media_keys", "type", "id"]
            )
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=3))
def test_any_timeline_is_read(entries: list[Any]) -> None:
    given_at = [
        {**entry, "created_at": "2026-11-21T10:00:00Z"} if isinstance(entry, dict) else entry for entry in entries
    ]
    result = ask(replace(recorded("timeline"), body=json.dumps({"data": given_at}).encode())).value()
    assert isinstance(result, Found | Unknown)
