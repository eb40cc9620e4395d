"""The publish flow, step by step, and the reconciliation of a create without a reply."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.content import ThreadPart
from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import (
    Absent,
    Auth,
    Effect,
    Forget,
    Found,
    Intent,
    Live,
    Part,
    Pause,
    Reconciled,
    Reply,
    Unknown,
    Upload,
)
from letmepost.domain.playback import first_calls, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.mastodon import PLATFORM
from letmepost.platforms.mastodon.api import create_status
from letmepost.platforms.mastodon.instance import limits_of
from letmepost.platforms.mastodon.matching import plain_text
from letmepost.platforms.mastodon.publish import publish
from letmepost.platforms.mastodon.read_back import is_there
from letmepost.platforms.mastodon.reconcile import reconcile
from letmepost.platforms.mastodon.session import check
from letmepost.platforms.mastodon.unpublish import unpublish
from tests.platforms.mastodon.transcripts import (
    ACCOUNT,
    ACCOUNT_ID,
    BASE,
    FROZEN,
    NOW,
    SERVER,
    SETTINGS,
    assert_ends_for_any_reply,
    created,
    image,
    page,
    ready,
    refusal,
    refused,
    replied,
    shown,
    uploaded,
    video,
)

OPTIONS = {
    "visibility": "unlisted",
    "spoilerText": "Careful",
    "sensitive": True,
    "language": "en",
    "replyToId": "5",
    "quotedStatusId": "6",
    "poll": {"options": ["Yes", "No"], "durationS": 600, "multiple": True, "hideTotals": True},
}


def bodies(post: ReadyPost, *replies: Reply) -> list[Any]:
    return [call.json for call in play(publish(post, SETTINGS), *replies).calls if call.effect is Effect.PUBLISH]


def test_options_become_fields() -> None:
    [body] = bodies(ready(options=OPTIONS), created())
    assert body == {
        "status": "hello",
        "visibility": "unlisted",
        "spoiler_text": "Careful",
        "sensitive": True,
        "language": "en",
        "in_reply_to_id": "5",
        "quoted_status_id": "6",
        "poll": {"options": ["Yes", "No"], "expires_in": 600, "multiple": True, "hide_totals": True},
    }


def test_post_without_options_leaves_the_choice_to_the_account() -> None:
    assert bodies(ready(), created()) == [{"status": "hello"}]


def test_every_part_is_as_hidden_as_the_first_post() -> None:
    post = ready(thread=(ThreadPart(text="two"),), first_comment="comment", options=OPTIONS)
    _, second, comment = bodies(post, created(1), created(2), created(3))
    shared = {"visibility": "unlisted", "spoiler_text": "Careful", "sensitive": True, "language": "en"}
    assert second == {"status": "two", "in_reply_to_id": "1", **shared}
    assert comment == {"status": "comment", "in_reply_to_id": "1", **shared}


def test_each_part_has_a_key_of_its_own_that_is_stable_for_the_revision() -> None:
    def keys(post: ReadyPost) -> list[str]:
        calls = play(publish(post, SETTINGS), created(1), created(2), created(3)).calls
        return [call.headers["Idempotency-Key"] for call in calls]

    post = ready(thread=(ThreadPart(text="hello"),), first_comment="hello")
    assert len(set(keys(post))) == 3
    assert keys(post) == keys(post)
    assert not set(keys(post)) & set(keys(replace(post, frozen=replace(FROZEN, entropy=bytes(32)))))


def test_media_of_the_whole_thread_are_uploaded_first_with_their_alt_texts() -> None:
    post = ready(media=(image(1),), thread=(ThreadPart(text="two", media=(image(2, alt_text=None),)),))
    transcript = play(publish(post, SETTINGS), uploaded(7), uploaded(8), created(1), created(2))
    assert [call.url for call in transcript.calls] == [f"{BASE}/api/v2/media"] * 2 + [f"{BASE}/api/v1/statuses"] * 2
    names = [[name for name, _ in call.multipart or ()] for call in transcript.calls[:2]]
    assert names == [["description", "file"], ["file"]]
    assert [(call.json or {}).get("media_ids") for call in transcript.calls[2:]] == [["7"], ["8"]]
    assert [type(one) for one in transcript.instructions if not hasattr(one, "url")] == []
    assert [one for one in transcript.instructions if isinstance(one, Part | Live)] == [
        Part(index=0, uri="1", url=f"{BASE}/@alice/1"),
        Part(index=1, uri="2", url=f"{BASE}/@alice/2"),
        Live(uri="1", url=f"{BASE}/@alice/1"),
    ]


PROCESSING = uploaded(7, 202)
VIDEO = ready(media=(video(),))


def test_video_is_uploaded_in_one_piece_with_its_alt_text() -> None:
    described = replace(video(), alt_text="A cat")
    transcript = play(publish(ready(media=(described,)), SETTINGS), uploaded(7), created())
    upload, *_ = transcript.instructions
    assert isinstance(upload, Upload)
    assert (upload.step, upload.part_count, upload.media.length_bytes) == ("media-1", 1, 5000)
    call = upload.part(0)
    assert (call.method, call.url, call.effect) == ("POST", f"{BASE}/api/v2/media", Effect.WRITE)
    assert [name for name, _ in call.multipart or ()] == ["description", "file"]
    [create] = transcript.calls
    assert (create.json or {})["media_ids"] == ["7"]


@pytest.mark.parametrize("reply", [replied(200, {"url": None}), replied(200, {"id": 7})])
def test_video_without_an_id_is_uploaded_later(reply: Reply) -> None:
    assert refusal(play(publish(VIDEO, SETTINGS), reply)).kind is FailureKind.UNAVAILABLE


def test_refused_video_has_the_reason_of_the_server() -> None:
    failure = refusal(play(publish(VIDEO, SETTINGS), refused(422, "Validation failed: File is invalid")))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "mastodon.media.refused")
    assert "File is invalid" in failure.message
    assert "H.264" in (failure.remediation or "")


def test_lost_video_is_uploaded_again() -> None:
    lost = [uploaded(7), refused(422), refused(404)]
    again = play(publish(VIDEO, SETTINGS), *lost, replied(200, []), uploaded(8), created())
    assert again.error is None
    assert len([said for said in again.instructions if isinstance(said, Upload)]) == 2


@pytest.mark.parametrize("reply", [uploaded(7, 206), replied(200, {"id": "7", "url": None})])
def test_processing_media_item_is_waited_for(reply: Reply) -> None:
    transcript = play(publish(VIDEO, SETTINGS), PROCESSING, reply)
    assert transcript.instructions[-1] == Pause("media-1-processing", 3.0, 1800.0)


def test_processed_media_item_is_published() -> None:
    assert play(publish(VIDEO, SETTINGS), PROCESSING, uploaded(7), created()).error is None


def test_media_item_that_cannot_be_processed_is_rejected() -> None:
    failure = refusal(play(publish(VIDEO, SETTINGS), PROCESSING, refused(422)))
    assert (failure.kind, failure.rule) == (FailureKind.REJECTED, "mastodon.media.processing_failed")


def test_missing_media_item_does_not_end_the_wait_with_an_error() -> None:
    """A status that an earlier run has published may use it. The create shows that."""
    transcript = play(publish(VIDEO, SETTINGS), PROCESSING, refused(404), created())
    assert transcript.error is None
    assert isinstance(transcript.instructions[-1], Live)


def test_page_of_a_proxy_is_no_missing_media_item() -> None:
    assert refusal(play(publish(VIDEO, SETTINGS), PROCESSING, page(404))).kind is FailureKind.UNAVAILABLE


IMAGE = ready(media=(image(),))
NOT_READY = refused(422, "Dateien, die noch nicht verarbeitet wurden, können nicht angehängt werden.")


def test_create_is_repeated_when_media_are_ready_whatever_the_language_of_the_refusal() -> None:
    transcript = play(publish(IMAGE, SETTINGS), uploaded(), NOT_READY, uploaded(7, 206))
    assert transcript.instructions[-1] == Pause("post-processing", 3.0, 1800.0)


def test_refusal_of_a_post_with_ready_media_is_a_rejection() -> None:
    failure = refusal(play(publish(IMAGE, SETTINGS), uploaded(), refused(422, "Too long."), uploaded()))
    assert (failure.kind, failure.message) == (FailureKind.REJECTED, "Mastodon rejected the request: Too long.")


def test_lost_media_item_is_uploaded_again_only_if_the_timeline_does_not_show_the_post() -> None:
    lost = [uploaded(7), refused(422), refused(404)]
    seen = replied(200, [shown(media_attachments=[{"id": "7"}])])
    found = play(publish(IMAGE, SETTINGS), *lost, seen)
    assert found.instructions[-1] == Live(uri="11", url=f"{BASE}/@alice/11")
    again = play(publish(IMAGE, SETTINGS), *lost, replied(200, []), uploaded(8), created())
    assert Forget("media-1") in again.instructions
    assert [(call.json or {})["media_ids"] for call in again.calls if call.json] == [["7"], ["8"]]
    assert len({call.headers["Idempotency-Key"] for call in again.calls if call.json}) == 1
    unread = play(publish(IMAGE, SETTINGS), *lost, refused(503))
    assert refusal(unread).kind is FailureKind.UNAVAILABLE


def test_flows_end_for_any_reply() -> None:
    thread = ready(media=(video(),), thread=(ThreadPart(text="two"),), first_comment="comment")
    replies = [PROCESSING, uploaded(7), created(1), created(2), created(3)]
    assert_ends_for_any_reply(lambda: publish(thread, SETTINGS), replies)
    assert_ends_for_any_reply(lambda: publish(IMAGE, SETTINGS), [uploaded(7), refused(422), refused(404)])
    assert_ends_for_any_reply(lambda: reconcile(POST, Intent(CREATE, NOW), SETTINGS), [])
    assert_ends_for_any_reply(lambda: is_there(ACCOUNT, "1", SETTINGS), [refused(404)])
    assert_ends_for_any_reply(lambda: unpublish(ACCOUNT, ["1", "2"], SETTINGS), [created()])
    assert_ends_for_any_reply(lambda: check(ACCOUNT, SETTINGS), [replied(200, {"id": ACCOUNT_ID})])


POST = ready()
[CREATE] = first_calls(publish(POST, SETTINGS))


def outcome(sent: dict[str, Any], *entries: dict[str, Any]) -> Reconciled:
    """Return the result for a timeline if `sent` was the lost create's body."""
    call = create_status(BASE, sent, step="post", entropy=b"")
    return play(reconcile(POST, Intent(call, NOW), SETTINGS), replied(200, list(entries))).value()


def test_own_timeline_is_read_with_replies_and_without_boosts() -> None:
    [call] = play(reconcile(POST, Intent(CREATE, NOW), SETTINGS)).calls
    assert call.url == f"{BASE}/api/v1/accounts/{ACCOUNT_ID}/statuses"
    assert dict(call.query) == {"limit": "40", "exclude_reblogs": "true"}
    assert PLATFORM.visibility_delay_s == 60.0


def test_found_status_is_returned_like_a_create() -> None:
    found = outcome({"status": "hello"}, shown())
    assert isinstance(found, Found)
    assert play(publish(POST, SETTINGS), found.reply).instructions[-1] == Live(uri="11", url=f"{BASE}/@alice/11")


MENTION = (
    '<p><span class="h-card"><a href="https://o.example/@me" class="u-url mention">@<span>me</span></a></span> hi</p>'
)
URL = (
    '<p>see <a href="https://example.com/a/long/path/to/a/page?b=c&amp;d=1"><span class="invisible">https://</span>'
    '<span class="ellipsis">example.com/a/long/path/to/a/p</span><span class="invisible">age?b=c&amp;d=1</span></a></p>'
)
QUOTE = '<p class="quote-inline">RE: <a href="https://o.example/1">o.example/1</a></p><p>hello</p>'
NESTED = '<div class="quote-inline"><div>RE: <div>x</div></div></div><p>hello</p>'


@pytest.mark.parametrize(
    ("sent", "entry"),
    [
        ({"status": "hello"}, shown()),
        ({"status": "a <b> & 'c'"}, shown("<p>a &lt;b&gt; &amp; &#39;c&#39;</p>")),
        ({"status": "one\ntwo\n\n\nthree "}, shown("<p>one<br />two</p><p>three</p>")),
        ({"status": "Cafe\u0301"}, shown("<p>Café</p>")),
        ({"status": "@me@o.example hi"}, shown(MENTION)),
        ({"status": "@me@o.example hi"}, shown("<p>@me@o.example hi</p>")),
        ({"status": "@me@o.example\nhi"}, shown("<p>@me@o.example<br />hi</p>")),
        ({"status": "@me@o.example\n\nhi"}, shown("<p>@me@o.example</p><p>hi</p>")),
        ({"status": "see https://example.com/a/long/path/to/a/page?b=c&d=1"}, shown(URL)),
        ({"status": "hello", "quoted_status_id": "1"}, shown(QUOTE)),
        ({"status": "hello"}, shown(NESTED)),
        ({"status": "*hello* _you_"}, shown("<p><em>hello</em> <em>you</em></p>")),
        ({"status": "hello"}, shown("<p>something else</p>", text="hello")),
        ({"status": "hello", "spoiler_text": "Careful"}, shown(spoiler_text="Careful")),
        ({"status": "hello", "in_reply_to_id": "5"}, shown(in_reply_to_id="5")),
        ({"status": "new text", "media_ids": ["7", "8"]}, shown(media_attachments=[{"id": "8"}, {"id": "7"}])),
        ({"status": "hello", "poll": {"options": ["a b"]}}, shown(poll={"options": [{"title": "a b"}]})),
    ],
)
def test_status_is_recognized_in_the_form_that_servers_return(sent: dict[str, Any], entry: dict[str, Any]) -> None:
    assert isinstance(outcome(sent, entry), Found)


@pytest.mark.parametrize(
    ("sent", "entry"),
    [
        ({"status": "hello"}, shown("<p>hello there</p>")),
        ({"status": "🎉"}, shown("<p>🔥</p>")),
        ({"status": "@me@o.example\nhi"}, shown("<p>@me@o.examplehi</p>")),
        ({"status": "hello"}, shown(in_reply_to_id="5")),
        ({"status": "hello", "in_reply_to_id": "5"}, shown()),
        ({"status": "hello", "in_reply_to_id": "5"}, shown(in_reply_to_id="6")),
        ({"status": "hello"}, shown(spoiler_text="Careful")),
        ({"status": "hello"}, shown(media_attachments=[{"id": "7"}])),
        ({"status": "hello", "media_ids": ["7"]}, shown()),
        ({"status": "hello", "media_ids": ["7"]}, shown(media_attachments=[{"id": "8"}])),
        ({"status": "hello", "poll": {"options": ["a"]}}, shown()),
        ({"status": "hello"}, shown(reblog={"id": "1"})),
        ({"status": "hello"}, shown(created_at="2026-11-29T09:59:29.000Z")),
        ({"status": "hello"}, shown(created_at="2026-11-29T10:00:00")),
        ({"status": "hello"}, shown(created_at=None)),
        ({"status": "hello"}, shown(id="a/b")),
        ({"status": "hello"}, shown(None)),  # type: ignore[arg-type]  # a hostile server
    ],
)
def test_other_status_is_not_taken_for_the_lost_one(sent: dict[str, Any], entry: dict[str, Any]) -> None:
    assert outcome(sent, entry) == Absent()


def test_status_closest_to_the_attempt_is_taken() -> None:
    entries = [
        shown(id="13", created_at="2026-11-29T10:00:20Z"),
        shown(id="12"),
        shown(id="11", created_at="2026-11-29T09:59:45Z"),
    ]
    found = outcome({"status": "hello"}, *entries)
    assert isinstance(found, Found)
    assert found.reply.data()["id"] == "12"


def test_direct_post_that_is_not_listed_is_unknown() -> None:
    assert isinstance(outcome({"status": "hello", "visibility": "direct"}), Unknown)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (refused(429), FailureKind.RATE_LIMITED),
        (page(502), FailureKind.UNAVAILABLE),
        (page(200), FailureKind.UNAVAILABLE),
        (replied(200, {"id": "1"}), FailureKind.UNAVAILABLE),
        (refused(401), FailureKind.AUTH_FAILED),
        (refused(410), Unknown),
        (PlatformFailure(FailureKind.UNAVAILABLE, "away"), FailureKind.UNAVAILABLE),
    ],
)
def test_unread_timeline_is_not_an_absent_post(reply: Reply | Exception, expected: Any) -> None:
    transcript = play(reconcile(POST, Intent(CREATE, NOW), SETTINGS), reply)
    if isinstance(expected, FailureKind):
        assert refusal(transcript).kind is expected
    else:
        assert isinstance(transcript.value(), expected)


def pages(count: int, age: Callable[[int], timedelta]) -> list[Reply]:
    return [
        replied(
            200,
            [
                shown("<p>other</p>", id=str(10_000 - 40 * number - place), created_at=(NOW + age(number)).isoformat())
                for place in range(40)
            ],
        )
        for number in range(count)
    ]


def test_older_pages_are_read_until_the_time_of_the_attempt() -> None:
    replies = pages(3, lambda number: timedelta(seconds=20 - 30 * number))
    transcript = play(reconcile(POST, Intent(CREATE, NOW), SETTINGS), *replies)
    assert [dict(call.query).get("max_id") for call in transcript.calls] == [None, "9961", "9921"]
    assert transcript.value() == Absent()


def test_post_among_too_many_later_ones_is_unknown() -> None:
    replies = pages(11, lambda _number: timedelta(minutes=1))
    transcript = play(reconcile(POST, Intent(CREATE, NOW), SETTINGS), *replies)
    assert len(transcript.calls) == 10
    assert isinstance(transcript.value(), Unknown)


@pytest.mark.parametrize(
    "content", ["<p>" * 20_000, "<a " * 20_000, "<" + "a" * 100_000, "&" * 100_000, "<!--" * 20_000, "\x00<p"]
)
def test_hostile_html_is_read(content: str) -> None:
    plain_text(content)
    assert outcome({"status": "hello"}, shown(content)) == Absent()


def test_deletion_that_the_server_refuses_is_reported() -> None:
    assert refusal(play(unpublish(ACCOUNT, ["1"], SETTINGS), page(404))).kind is FailureKind.UNAVAILABLE
    assert refusal(play(unpublish(ACCOUNT, ["1"], SETTINGS), refused(429))).kind is FailureKind.RATE_LIMITED
    transcript = play(unpublish(ACCOUNT, ["1", "2"], SETTINGS), refused(404), created())
    assert [call.url.rpartition("/")[2] for call in transcript.calls] == ["2", "1"]
    assert transcript.error is None


def test_missing_post_is_gone_only_if_the_token_is_accepted() -> None:
    own = replied(200, {"id": ACCOUNT_ID})
    assert play(is_there(ACCOUNT, "1", SETTINGS), refused(404), own).value() is False
    assert refusal(play(is_there(ACCOUNT, "1", SETTINGS), refused(404), refused(401))).kind is FailureKind.AUTH_FAILED
    assert refusal(play(check(ACCOUNT, SETTINGS), replied(200, {"id": "110"}))).kind is FailureKind.UNAVAILABLE


def test_check_returns_the_current_limits_of_the_server() -> None:
    known = replace(ACCOUNT, data={**ACCOUNT.data, "limits": {"characters": 500}, "version": "4.4.0"})
    own, document = (
        replied(200, {"id": ACCOUNT_ID}),
        {"version": "4.5.0", "configuration": {"statuses": {"max_characters": 700}}},
    )
    transcript = play(check(known, SETTINGS), own, replied(200, document))
    data = transcript.value()
    assert (data["server"], data["version"], limits_of(data).characters) == (SERVER, "4.5.0", 700)
    assert {call.auth for call in transcript.calls} == {Auth.ACCOUNT}


def test_check_that_cannot_read_the_limits_does_not_replace_them() -> None:
    own, unread = replied(200, {"id": ACCOUNT_ID}), page(502)
    assert refusal(play(check(ACCOUNT, SETTINGS), own, unread, unread)).kind is FailureKind.UNAVAILABLE


def test_intent_can_be_stored() -> None:
    assert json.loads(json.dumps(CREATE.json)) == CREATE.json
