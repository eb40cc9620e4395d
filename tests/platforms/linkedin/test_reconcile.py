"""Reconciling a post or a comment without a reply."""

from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Absent, Call, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.linkedin.reconcile import reconcile
from letmepost.platforms.linkedin.rest import create_comment, create_post
from tests.doubles.hostile import assert_ends_for_any_reply
from tests.platforms.linkedin.transcripts import (
    AWAY,
    CREATED,
    MEMBER,
    NOW,
    PAGE,
    SETTINGS,
    SHARE,
    ready,
    refusal,
    response,
)

ACTIVE = response(200, {"active": True})
DUPLICATE = refusal(422, None, f"Content is a duplicate of {SHARE}", inner="DUPLICATE_POST")
IMAGE = {"media": {"id": "urn:li:image:D1"}}
NEWLY = int(NOW.timestamp() * 1000)


def creation(author: str = MEMBER, content: dict[str, Any] | None = None) -> Call:
    body: dict[str, Any] = {"author": author, "commentary": "hello"}
    return create_post(SETTINGS, body if content is None else {**body, "content": content})


def asked(call: Call, *replies: Reply | Exception, minutes_ago: float = 2) -> Transcript[Reconciled]:
    intent = Intent(call, NOW - timedelta(minutes=minutes_ago))
    return play(reconcile(ready(), intent, SETTINGS), *replies)


def listed(**changes: Any) -> Reply:
    post = {"id": SHARE, "commentary": "hello", "createdAt": NEWLY, "content": IMAGE, **changes}
    return response(200, {"elements": [post]})


COMMENT = create_comment(SETTINGS, SHARE, MEMBER, "more")


def test_refused_repeat_names_the_post() -> None:
    call = creation()
    transcript = asked(call, ACTIVE, DUPLICATE)
    found = transcript.value()
    assert transcript.calls[-1] == call
    assert isinstance(found, Found)
    assert (found.reply.status, found.reply.headers["x-restli-id"]) == (201, SHARE)


def test_accepted_repeat_is_the_post() -> None:
    assert asked(creation(), ACTIVE, CREATED).value() == Found(CREATED)


@pytest.mark.parametrize(
    "content",
    [None, IMAGE, {"multiImage": {"images": []}}, {"article": {"source": "https://example.com", "title": "A"}}],
)
def test_post_is_repeated_when_linkedin_detects_repeats(content: dict[str, Any] | None) -> None:
    assert isinstance(asked(creation(content=content), ACTIVE, DUPLICATE).value(), Found)


@pytest.mark.parametrize("content", [{"media": {"id": "urn:li:document:D1"}}, {"poll": {}}])
def test_post_is_not_repeated_when_linkedin_may_not_detect_it(content: dict[str, Any]) -> None:
    transcript = asked(creation(content=content), ACTIVE)
    assert isinstance(transcript.value(), Unknown)
    assert len(transcript.calls) == 1


def test_nothing_is_repeated_after_ten_minutes() -> None:
    assert isinstance(asked(creation(), ACTIVE, minutes_ago=10.1).value(), Unknown)
    assert isinstance(asked(creation(), ACTIVE, DUPLICATE, minutes_ago=10).value(), Found)


@pytest.mark.parametrize("reply", [refusal(401, "REVOKED_ACCESS_TOKEN"), refusal(403, "ACCESS_DENIED")])
def test_repeat_refused_for_another_reason_leaves_the_post_unknown(reply: Reply) -> None:
    assert isinstance(asked(creation(), ACTIVE, reply).value(), Unknown)


@pytest.mark.parametrize("reply", [AWAY, response(500), response(503), refusal(409, "CONFLICT")])
def test_repeat_without_a_reply_is_repeated_when_it_must_have_arrived(reply: Reply | Exception) -> None:
    """LinkedIn detects the second repeat like the first: not knowing is worse."""
    error = asked(creation(), ACTIVE, reply).error
    assert isinstance(error, PlatformFailure)
    assert error.kind is FailureKind.UNAVAILABLE
    assert error.retry_at == NOW + timedelta(seconds=15 + 30 + 30)


def test_repeat_without_a_valid_token_reports_the_token() -> None:
    dead = PlatformFailure(FailureKind.AUTH_FAILED, "Connect the account again.")
    assert isinstance(asked(creation(), ACTIVE, dead).value(), Unknown)


def test_duplicate_of_an_unknown_post_leaves_the_post_unknown() -> None:
    assert isinstance(asked(creation(), ACTIVE, refusal(422, "DUPLICATE_POST")).value(), Unknown)


@pytest.mark.parametrize("call", [creation(), creation(PAGE), COMMENT])
@pytest.mark.parametrize("reply", [AWAY, response(429), response(503)])
def test_unavailable_platform_is_asked_again_later(call: Call, reply: Reply | Exception) -> None:
    error = asked(call, reply).error
    assert isinstance(error, PlatformFailure)
    assert error.kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}


def test_rate_limited_repeat_is_made_later() -> None:
    error = asked(creation(), ACTIVE, response(429)).error
    assert isinstance(error, PlatformFailure)
    assert error.kind is FailureKind.RATE_LIMITED


def test_post_of_a_page_is_read() -> None:
    transcript = asked(creation(PAGE, IMAGE), listed())
    found = transcript.value()
    assert isinstance(found, Found)
    assert found.reply.headers == {"x-restli-id": SHARE}
    [call] = transcript.calls
    assert dict(call.query)["author"] == PAGE


@pytest.mark.parametrize(
    "reply",
    [
        listed(commentary="other"),
        listed(content={"media": {"id": "urn:li:image:D2"}}),
        listed(content=None),
        listed(content="image"),
        listed(content={"multiImage": 7}),
        listed(content={"multiImage": {"images": ["a", 7]}}),
        listed(content={"media": 7}),
        listed(createdAt=NEWLY - 3_600_000),
        listed(createdAt="now"),
        listed(id="urn:li:image:1"),
        response(200, {"elements": []}),
        response(403),
    ],
)
def test_unlisted_post_of_a_page_is_repeated(reply: Reply) -> None:
    transcript = asked(creation(PAGE, IMAGE), reply, ACTIVE, DUPLICATE)
    assert isinstance(transcript.value(), Found)
    assert len(transcript.calls) == 3


def test_comment_is_searched_for() -> None:
    found = {"$URN": "urn:li:comment:(x,1)", "actor": MEMBER, "message": {"text": "more"}}
    value = asked(COMMENT, response(200, {"elements": [found]})).value()
    assert isinstance(value, Found)
    assert value.reply.headers == {"x-restli-id": "urn:li:comment:(x,1)"}


@pytest.mark.parametrize(
    "reply",
    [
        response(403),
        response(200, {"elements": [{"actor": MEMBER, "message": {"text": "x"}}]}),
        response(200, {"elements": [{"actor": MEMBER, "message": {"text": "more"}}]}),
    ],
)
def test_missing_comment_is_unknown_and_not_absent(reply: Reply) -> None:
    assert isinstance(asked(COMMENT, reply).value(), Unknown)


@pytest.mark.parametrize(
    ("call", "replies"),
    [
        (creation(), [ACTIVE, DUPLICATE]),
        (creation(PAGE, IMAGE), [response(403), ACTIVE, DUPLICATE]),
        (COMMENT, [response(403)]),
    ],
)
def test_reconciling_ends_for_any_reply(call: Call, replies: list[Reply]) -> None:
    intent = Intent(call, NOW)
    assert_ends_for_any_reply(lambda: reconcile(ready(), intent, SETTINGS), replies)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 409, 422, 500])
@pytest.mark.parametrize("author", [MEMBER, PAGE])
def test_nothing_is_reported_as_absent(author: str, status: int) -> None:
    """The engine would send an absent post again, and LinkedIn guarantees no absence."""
    transcript = asked(creation(author), *[response(status)] * 3)
    assert not isinstance(transcript.result, Absent)
