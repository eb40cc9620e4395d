"""What a refusal means: one row per row of the protocol's table of errors."""

from datetime import UTC, datetime, timedelta

import pytest

from letmepost.domain.budgets import midnight_pacific
from letmepost.domain.errors import FailureKind, LimitScope
from letmepost.domain.flow import Call, Effect, Reply
from letmepost.platforms.youtube import PLATFORM
from letmepost.platforms.youtube.api import (
    add_captions,
    add_to_playlist,
    comment,
    delete_video,
    exchange_token,
    list_comments,
    read_channel,
    read_video,
    set_thumbnail,
)
from letmepost.platforms.youtube.options import YouTubeCaptions, YouTubeOptions
from letmepost.platforms.youtube.replies import explain, needs_refresh
from letmepost.platforms.youtube.upload import Session, open_session
from tests.doubles.media import image, video
from tests.platforms.youtube.transcripts import NOW, SESSION, SETTINGS, incomplete, refused, replied

OPTIONS = YouTubeOptions.model_validate({"title": "a", "madeForKids": False})
UPLOAD = Session(url=SESSION, item=video(), settings=SETTINGS, check_time=lambda _now: None, is_new=True).upload()
OPEN = open_session(SETTINGS, video(), OPTIONS, "")
LAST = UPLOAD.part(0)
PART = UPLOAD.part(0, 1)
READ = read_video(SETTINGS, "dQw4w9WgXcQ", "status")
ME = read_channel(SETTINGS)
DELETE = delete_video(SETTINGS, "dQw4w9WgXcQ")
THUMBNAIL = set_thumbnail(SETTINGS, "dQw4w9WgXcQ", image(), step="thumbnail")
PLAYLIST = add_to_playlist(SETTINGS, "PL1", "dQw4w9WgXcQ", step="playlist")
CAPTIONS = add_captions(SETTINGS, "dQw4w9WgXcQ", YouTubeCaptions(language="en", text="a"), "b", step="captions-1")
COMMENT = comment(SETTINGS, "dQw4w9WgXcQ", "hello", step="comment")
TOKEN = exchange_token(SETTINGS, {"grant_type": "refresh_token"})

A, R, L, E, U, Q = (
    FailureKind.AUTH_FAILED,
    FailureKind.REJECTED,
    FailureKind.RATE_LIMITED,
    FailureKind.QUOTA_EXHAUSTED,
    FailureKind.UNAVAILABLE,
    FailureKind.IN_DOUBT,
)
A_DAY = "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service"
SEARCHES = "Quota exceeded for quota metric 'Search Queries' and limit 'Search Queries per day' of service"
DETAILS = {
    "error": {
        "code": 429,
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit": "defaultVideoInsertPerDayPerProject"}}
        ],
    }
}
HTML = replied(503, b"<html>Service Unavailable</html>")
UNAUTHENTICATED = {"error": {"code": 401, "message": "Invalid Credentials", "status": "UNAUTHENTICATED"}}
NO_SCOPE = {
    "error": {"code": 403, "status": "PERMISSION_DENIED", "details": [{"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}
}


def oauth_error(status: int, name: str) -> Reply:
    return replied(status, {"error": name, "error_description": "Bad Request"})


@pytest.mark.parametrize(
    ("call", "response", "kind", "rule"),
    [
        *((TOKEN, oauth_error(400, name), R, None) for name in ("invalid_request", "redirect_uri_mismatch")),
        (READ, refused(401, "authError", "Invalid Credentials"), A, None),
        (READ, replied(401, UNAUTHENTICATED), A, None),
        (OPEN, replied(401, b"Unauthorized"), A, None),
        (OPEN, refused(401, "youtubeSignupRequired"), A, "youtube.channel.missing"),
        (DELETE, refused(403, "insufficientPermissions"), A, "youtube.permission.missing"),
        (DELETE, replied(403, NO_SCOPE), A, "youtube.permission.missing"),
        *(
            (OPEN, refused(403, name), A, "youtube.channel.unusable")
            for name in (
                "accountDelegationForbidden",
                "authenticatedUserNotChannel",
                "authenticatedUserAccountClosed",
                "authenticatedUserAccountSuspended",
                "channelClosed",
                "channelSuspended",
            )
        ),
        (THUMBNAIL, refused(403, "forbidden", domain="youtube.thumbnail"), R, None),
        (DELETE, refused(403, "forbidden"), R, None),
        (COMMENT, refused(403, "commentsDisabled", domain="youtube.commentThread"), R, None),
        *(
            (OPEN, refused(403, f"forbidden{name}Setting"), R, "youtube.status.forbidden")
            for name in ("Privacy", "License", "Embed")
        ),
        (OPEN, refused(403, "quotaExceeded", domain="youtube.quota"), E, "youtube.quota.units"),
        (READ, refused(403, "dailyLimitExceeded", domain="usageLimits"), E, "youtube.quota.units"),
        (OPEN, refused(429, "rateLimitExceeded", A_DAY), E, "youtube.quota.uploads"),
        (OPEN, replied(429, DETAILS), E, "youtube.quota.uploads"),
        (READ, refused(429, "rateLimitExceeded", SEARCHES), E, "youtube.quota.units"),
        *(
            (READ, refused(status, name, "Queries per minute per user"), L, None)
            for status in (403, 429)
            for name in ("rateLimitExceeded", "userRateLimitExceeded")
        ),
        (THUMBNAIL, refused(429, "uploadRateLimitExceeded"), L, None),
        (OPEN, replied(429, b"Too Many Requests"), L, None),
        (OPEN, refused(400, "uploadLimitExceeded"), E, "youtube.quota.channel"),
        (OPEN, refused(400, "invalidTitle"), R, "youtube.title.invalid"),
        (OPEN, refused(400, "invalidDescription"), R, "youtube.text.invalid"),
        (OPEN, refused(400, "invalidTags"), R, "youtube.tags.invalid"),
        (OPEN, refused(400, "invalidCategoryId"), R, "youtube.category.invalid"),
        (OPEN, refused(400, "invalidPublishAt"), R, "youtube.publish_at.invalid"),
        *(
            (OPEN, refused(400, name), R, None)
            for name in (
                "invalidFilename",
                "invalidRecordingDetails",
                "invalidVideoGameRating",
                "invalidVideoMetadata",
                "defaultLanguageNotSet",
                "mediaBodyRequired",
                "missingRequiredParameter",
                "unexpectedParameter",
            )
        ),
        *(
            (THUMBNAIL, refused(400, name), R, None)
            for name in ("invalidImage", "imageFormatUnsupported", "imageTooTall", "imageTooWide", "failedPrecondition")
        ),
        (READ, refused(404, "videoNotFound"), R, None),
        (PLAYLIST, refused(404, "playlistNotFound"), R, None),
        (CAPTIONS, refused(409, "captionExists"), R, None),
        *((CAPTIONS, refused(400, name), R, None) for name in ("contentRequired", "nameTooLong")),
        (COMMENT, refused(400, "commentTextTooLong"), R, None),
        *((PART, replied(status, b"Not Found"), U, None) for status in (404, 410)),
        *((LAST, replied(status, b"Not Found"), Q, None) for status in (404, 410)),
        *(
            (OPEN, refused(status, name), U, None)
            for status, name in ((500, "internalError"), (503, "backendError"), (502, None), (504, None))
        ),
        (OPEN, HTML, U, None),
        (PART, HTML, U, None),
        (LAST, HTML, Q, None),
        (LAST, replied(500), Q, None),
        (LAST, replied(408), Q, None),
        (LAST, incomplete(4999), Q, None),
        (PART, incomplete(4999), U, None),
        (LAST, replied(400, b"Failed to parse Content-Range header."), R, None),
        (OPEN, replied(200), U, None),
        (LAST, replied(200, {}), Q, None),
        (COMMENT, replied(200, {}), Q, None),
        (ME, replied(200, {"a": 1}), U, None),
    ],
)
def test_error_has_its_kind_and_rule(call: Call, response: Reply, kind: FailureKind, rule: str | None) -> None:
    failure = explain(call, response)
    assert (failure.kind, failure.rule) == (kind, rule)
    assert failure.message


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        (OPEN, "youtube.upload"),
        (LAST, "youtube.upload"),
        (THUMBNAIL, "youtube.upload"),
        (READ, "youtube.readonly"),
        (DELETE, "youtube.force-ssl"),
        (COMMENT, "youtube.force-ssl"),
        (PLAYLIST, "youtube.force-ssl"),
        (CAPTIONS, "youtube.force-ssl"),
        (list_comments(SETTINGS, "dQw4w9WgXcQ"), "youtube.force-ssl"),
    ],
)
def test_missing_permission_is_named(call: Call, scope: str) -> None:
    assert f"https://www.googleapis.com/auth/{scope}" in explain(call, refused(403, "insufficientPermissions")).message


@pytest.mark.parametrize(
    ("response", "scope"),
    [
        (refused(403, "quotaExceeded"), LimitScope.APP),
        (refused(429, "rateLimitExceeded", A_DAY), LimitScope.APP),
        (refused(400, "uploadLimitExceeded"), LimitScope.ACCOUNT),
        (refused(429, "userRateLimitExceeded"), LimitScope.ACCOUNT),
    ],
)
def test_limit_holds_back_the_project_or_the_channel(response: Reply, scope: LimitScope) -> None:
    assert explain(OPEN, response).scope is scope


def test_limit_of_a_channel_is_tried_again_after_a_day() -> None:
    assert explain(OPEN, refused(400, "uploadLimitExceeded")).retry_at == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("used_up_at", "resets_at"),
    [
        (datetime(2026, 11, 29, 10, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC)),
        (datetime(2026, 10, 31, 12, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)),
        (datetime(2026, 11, 1, 12, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),
        (datetime(2026, 3, 8, 12, tzinfo=UTC), datetime(2026, 3, 9, 7, tzinfo=UTC)),
    ],
)
def test_quota_of_the_project_resets_at_midnight_pacific_time(used_up_at: datetime, resets_at: datetime) -> None:
    assert PLATFORM.resets is midnight_pacific
    assert midnight_pacific(used_up_at) == resets_at
    assert explain(OPEN, refused(403, "quotaExceeded")).retry_at is None


@pytest.mark.parametrize(("headers", "seconds"), [({}, 30), ({"retry_after": "7"}, 7)])
def test_rate_limit_states_when_to_retry(headers: dict[str, str], seconds: int) -> None:
    failure = explain(READ, refused(429, "userRateLimitExceeded", **headers))
    assert failure.retry_at == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (refused(401, "authError"), True),
        (replied(401, b"Unauthorized"), True),
        (refused(401, "youtubeSignupRequired"), False),
        (oauth_error(401, "invalid_client"), False),
        (refused(403, "insufficientPermissions"), False),
        (replied(200), False),
    ],
)
def test_only_an_expired_token_needs_a_refresh(reply: Reply, *, expected: bool) -> None:
    assert needs_refresh(reply) is expected


@pytest.mark.parametrize("equals", ["=", "%3D", "%3d", "\\u003d"])
def test_secrets_in_a_refusal_are_not_shown(equals: str) -> None:
    message = f"Bad session ?upload_id{equals}AEnB2Us3cret-x of ya29.a0_bc-d.e and 1//0gREFRESH-token_x"
    failure = explain(LAST, refused(400, "badRequest", message))
    assert "Bad session" in failure.message
    for secret in ("AEnB2Us3cret", "a0_bc", "0gREFRESH"):
        assert secret not in f"{failure.message} {failure.response}"


def test_reason_is_in_the_response_for_callers() -> None:
    failure = explain(THUMBNAIL, refused(403, "forbidden", domain="youtube.thumbnail"))
    assert failure.response is not None
    assert (failure.response["status"], failure.response["code"]) == (403, "forbidden")


def test_only_the_last_part_publishes() -> None:
    assert (PART.effect, LAST.effect, OPEN.effect) == (Effect.WRITE, Effect.PUBLISH, Effect.PREPARE)
