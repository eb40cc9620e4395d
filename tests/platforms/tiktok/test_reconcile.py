"""What became of a call without a reply."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from letmepost.domain.errors import FailureKind, PlatformFailure
from letmepost.domain.flow import Absent, Call, Found, Intent, Reconciled, Reply, Unknown
from letmepost.domain.playback import Transcript, play
from letmepost.platforms.contract import ReadyPost
from letmepost.platforms.tiktok import api
from letmepost.platforms.tiktok.reconcile import reconcile
from tests.doubles.media import image, video
from tests.platforms.tiktok.transcripts import (
    ACCOUNT,
    NOW,
    POST_ID,
    PUBLISH_ID,
    SETTINGS,
    UPLOAD_URL,
    done,
    ready,
    refusal,
    refused,
    replied,
    status,
)

SIZE = 80_000_000
LAST = api.send_part(api.Session(PUBLISH_ID, UPLOAD_URL), video(size_bytes=SIZE), 70_000_000, 10_000_000)
PHOTOS = api.publish_photos(SETTINGS, {}, step="post")
LATER = NOW + timedelta(hours=2)
UNKNOWN_ID = refused(400, "invalid_publish_id")


def run(call: Call, post: ReadyPost, *replies: Reply | Exception) -> Transcript[Reconciled]:
    return play(reconcile(post, Intent(call, NOW), SETTINGS), *replies)


def clip(**options: Any) -> ReadyPost:
    return ready("hello", video(size_bytes=SIZE), **options)


def photos(text: str = "hello", **options: Any) -> ReadyPost:
    return ready(text, image(), **options)


def row(text: str = "hello", seconds: int = 5, **more: Any) -> dict[str, Any]:
    at = int((NOW + timedelta(seconds=seconds)).timestamp())
    return {"id": str(POST_ID), "create_time": at, "title": "", "video_description": text, **more}


def listed(*rows: dict[str, Any], late: bool = False) -> Reply:
    return done({"videos": [*rows], "has_more": False}, LATER if late else NOW)


@pytest.mark.parametrize(
    "found",
    [
        status("PROCESSING_UPLOAD", uploaded_bytes=SIZE),
        status("PROCESSING_UPLOAD", uploaded_bytes=SIZE - 1),
        status("PUBLISH_COMPLETE"),
        status("SEND_TO_USER_INBOX"),
        status("SOMETHING_NEW"),
    ],
)
def test_upload_with_its_last_byte_is_accepted(found: Reply) -> None:
    result = run(LAST, clip(), found).value()
    assert isinstance(result, Found)
    assert result.reply.status == 201


@pytest.mark.parametrize(
    "found",
    [
        status("PROCESSING_UPLOAD", uploaded_bytes=70_000_000),
        status("PROCESSING_UPLOAD"),
        status("FAILED", fail_reason="internal", uploaded_bytes=SIZE),
    ],
)
def test_upload_without_its_last_byte_or_refused_in_processing_published_nothing(found: Reply) -> None:
    assert run(LAST, clip(), found).value() == Absent()


def test_upload_that_tiktok_does_not_know_is_searched_on_the_list() -> None:
    result = run(LAST, clip(), UNKNOWN_ID, listed(row())).value()
    assert isinstance(result, Found)
    assert result.reply.data() == {"post_id": str(POST_ID)}


@pytest.mark.parametrize("failure", [refused(503, "internal_error"), refused(429, "rate_limit_exceeded"), replied(200)])
@pytest.mark.parametrize("call", [LAST, PHOTOS])
def test_look_up_is_repeated_later_if_tiktok_cannot_report_it(call: Call, failure: Reply) -> None:
    assert refusal(run(call, photos(), failure)).kind in {FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED}


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("hello", row()),
        ("hello", row(" hello\n")),
        ("hello", row(seconds=-60)),
        ("hello", row("", title="hello")),
        ("x" * 2200, row("x" * 150)),
        ("", row("")),
    ],
)
def test_photos_with_the_same_text_and_time_are_found(text: str, entry: dict[str, Any]) -> None:
    assert isinstance(run(PHOTOS, photos(text), listed(entry)).value(), Found)


@pytest.mark.parametrize("entry", [row("hello you"), row(seconds=-61), row(id=None), row(create_time=None), row("he")])
def test_other_posts_are_not_taken_for_the_photos(entry: dict[str, Any]) -> None:
    assert isinstance(run(PHOTOS, photos(), listed(entry, late=True)).value(), Unknown)


def test_first_post_with_the_text_is_taken() -> None:
    result = run(PHOTOS, photos(), listed(row(seconds=90, id="2"), row(seconds=5, id="1"))).value()
    assert isinstance(result, Found)
    assert result.reply.data() == {"post_id": "1"}


def test_photos_are_searched_for_an_hour() -> None:
    assert refusal(run(PHOTOS, photos(), listed())).kind is FailureKind.UNAVAILABLE
    assert isinstance(run(PHOTOS, photos(), listed(late=True)).value(), Unknown)


@pytest.mark.parametrize(
    "post",
    [
        photos(privacy="SELF_ONLY"),
        photos(privacy="MUTUAL_FOLLOW_FRIENDS"),
        photos(mode="inbox"),
        photos(account=replace(ACCOUNT, data={"canList": False})),
    ],
)
def test_photos_that_the_list_cannot_show_stay_unknown_without_a_call(post: ReadyPost) -> None:
    transcript = run(PHOTOS, post)
    assert (type(transcript.value()), transcript.calls) == (Unknown, [])


def test_list_that_may_not_be_read_leaves_the_outcome_unknown() -> None:
    assert isinstance(run(PHOTOS, photos(), refused(401, "scope_not_authorized")).value(), Unknown)


def test_read_without_a_reply_is_repeated_later() -> None:
    away = PlatformFailure(FailureKind.UNAVAILABLE, "The server did not respond.")
    assert run(LAST, clip(), away).error is away
